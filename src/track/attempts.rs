//! Connections of which nothing was seen but a SYN and perhaps its refusal: [`Attempts`].
//!
//! A scan leaves them by the million, and nearly all of a [`Connection`](super::connection::Connection) would stay empty. As soon as anything
//! else comes, an attempt becomes one.

use super::index::Index;
use crate::case::{Answer, ConnectionId};
use crate::origin::SECOND;
use crate::tcp::{Encapsulation, Extent, Flow, Header, Segment};
use foldhash::fast::RandomState;
use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::net::SocketAddr;

/// A SYN without any wrapping, and the reset that refused it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    client: SocketAddr,
    server: SocketAddr,
    /// The SYN.
    pub syn: Header,
    refusal: Option<Answer>,
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It has no answer.
    Asked,
    /// It was refused, and what follows is waited for.
    Awaited,
    /// It was refused, and that has been told.
    Over,
}

/// The attempts, in the order in which they came to their stages.
#[derive(Debug, Default)]
pub struct Attempts {
    /// Where the attempt of a flow stands.
    places: Index,
    hasher: RandomState,
    entries: Vec<Entry>,
    free: Vec<u32>,
    queues: [Queue; 3],
    moves: u64,
}

#[derive(Debug)]
struct Entry {
    attempt: Attempt,
    flow: Flow,
    stage: Stage,
    /// Which of all moves brought it to its stage; `None`: it has left.
    moved: Option<u64>,
}

impl Entry {
    #[inline]
    const fn begin(segment: &Segment<'_>, flow: Flow) -> Self {
        Self {
            attempt: Attempt::new(segment.from, segment.to, segment.header),
            flow,
            stage: Stage::Asked,
            moved: None,
        }
    }

    /// Something of each of its cache lines.
    fn look(&self) -> u64 {
        let Attempt {
            client,
            server,
            syn,
            refusal,
        } = &self.attempt;
        let ports = u64::from(client.port() ^ server.port());
        let refused = refusal.map_or(0, |answer| answer.record.number());
        ports ^ syn.record.number() ^ u64::from(syn.options.len) ^ refused ^ self.flow.number()
    }
}

/// The places of attempts, and the moves by which they came. Those that have moved on since are passed over.
#[derive(Debug, Default)]
struct Queue {
    places: VecDeque<(u32, u64)>,
    len: usize,
    /// How many of the next ones to leave have been looked at.
    looked_at: usize,
}

impl Attempt {
    /// Whether all that `segment` could mean to a connection is that it was sent.
    pub fn may_begin_with(segment: &Segment<'_>) -> bool {
        let header = &segment.header;
        header.flags.opens()
            && header.payload_len == 0
            && header.ip.extent == Extent::Said
            && segment.encapsulation.is_bare()
    }

    /// The attempt of `client` to connect to `server` by `syn`.
    pub const fn new(client: SocketAddr, server: SocketAddr, syn: Header) -> Self {
        Self {
            client,
            server,
            syn,
            refusal: None,
        }
    }

    /// Who asked whom.
    pub fn id(&self) -> ConnectionId {
        ConnectionId {
            client: self.client,
            server: self.server,
            encapsulation: Encapsulation::default(),
            roles_known: true,
        }
    }

    /// Whether it is between these two.
    fn is_between(&self, one: SocketAddr, other: SocketAddr) -> bool {
        let (client, server) = (self.client, self.server);
        (one, other) == (client, server) || (other, one) == (client, server)
    }

    /// Its refusal; `None` while there is none.
    pub const fn refusal(&self) -> Option<Answer> {
        self.refusal
    }

    /// What `segment` is as its refusal, the first, and of the form that a host without a listener sends: nothing about it needs a connection to
    /// be judged. `None`: it is none.
    pub fn refused_by(&self, segment: &Segment<'_>) -> Option<Answer> {
        let header = &segment.header;
        let waited = header.time - self.syn.time;
        let may_refuse = self.refusal.is_none()
            && segment.encapsulation.is_bare()
            && segment.from == self.server
            && header.ip.extent == Extent::Said
            && (0..=LONGEST_WAIT).contains(&waited);
        may_refuse.then(|| Answer::to(&self.syn, header)).flatten()
    }

    /// The SYN as the segment that it was.
    pub fn opening(&self) -> Segment<'static> {
        segment(self.syn, self.client, self.server)
    }

    /// An answer to it as the segment that it was.
    pub fn answer(&self, header: Header) -> Segment<'static> {
        segment(header, self.server, self.client)
    }
}

fn segment(header: Header, from: SocketAddr, to: SocketAddr) -> Segment<'static> {
    Segment {
        from,
        to,
        encapsulation: Encapsulation::default(),
        header,
        payload: &[],
        captured: 0,
        ends_body: None,
    }
}

impl Attempts {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// How many are at `stage`.
    pub fn len(&self, stage: Stage) -> usize {
        self.queues[stage as usize].len
    }

    /// The attempt between these two, whose flow it is, and its place.
    pub fn find(&self, one: SocketAddr, other: SocketAddr, flow: Flow) -> Option<(u32, &Attempt)> {
        let place = self.place_of(flow)?;
        let attempt = &self.entry(place)?.attempt;
        attempt.is_between(one, other).then_some((place, attempt))
    }

    fn place_of(&self, flow: Flow) -> Option<u32> {
        let is_it = |place: u32| self.entries[place as usize].flow == flow;
        self.places.find(self.hasher.hash_one(flow), is_it)
    }

    /// Adds the one that `segment`, which is of that flow, [begins](Attempt::may_begin_with). `false`: another attempt has the number of its
    /// flow.
    pub fn begin(&mut self, segment: &Segment<'_>, flow: Flow) -> bool {
        let Ok(next) = u32::try_from(self.entries.len()) else {
            return false;
        };
        if self.place_of(flow).is_some() {
            return false;
        }
        let place = self.free.pop().unwrap_or(next);
        match self.entries.get_mut(place as usize) {
            Some(room) => *room = Entry::begin(segment, flow),
            None => self.entries.push(Entry::begin(segment, flow)),
        }
        let (entries, hasher) = (&self.entries, &self.hasher);
        let hash_of = |place: u32| hasher.hash_one(entries[place as usize].flow);
        self.places.insert(hasher.hash_one(flow), place, hash_of);
        self.enter(place, Stage::Asked);
        true
    }

    /// Notes that the attempt at `place` was [refused](Attempt::refused_by).
    pub fn refuse(&mut self, place: u32, refusal: Answer) {
        if let Some(entry) = self.entries.get_mut(place as usize) {
            entry.attempt.refusal = Some(refusal);
        }
        self.leave(place);
        self.enter(place, Stage::Awaited);
    }

    /// Notes that what has followed on the attempt at `place` is no longer waited for, and gives it; `None`: it was not.
    pub fn settle(&mut self, place: u32) -> Option<&Attempt> {
        (self.entry(place)?.stage == Stage::Awaited).then_some(())?;
        self.leave(place);
        self.enter(place, Stage::Over);
        Some(&self.entry(place)?.attempt)
    }

    /// Forgets the attempt at `place`, and gives it and how far it was.
    pub fn remove(&mut self, place: u32) -> Option<(&Attempt, Stage)> {
        let flow = self.entry(place)?.flow;
        self.leave(place);
        self.places.remove(self.hasher.hash_one(flow), place);
        self.free.push(place);
        let entry = self.entries.get(place as usize)?;
        Some((&entry.attempt, entry.stage))
    }

    /// The attempt that has been at `stage` for longest, and its place.
    pub fn oldest(&mut self, stage: Stage) -> Option<(u32, &Attempt)> {
        self.look_ahead(stage);
        let queue = &mut self.queues[stage as usize].places;
        while let Some((place, moved)) = queue.front() {
            let entry = self.entries.get(*place as usize);
            if let Some(entry) = entry.filter(|entry| entry.moved == Some(*moved)) {
                return Some((*place, &entry.attempt));
            }
            queue.pop_front();
        }
        None
    }

    /// Looks at what will be asked of the next attempts that leave a stage, all at once: they came long ago, and to wait for the memory of each
    /// when its turn comes takes more time than all the work on it.
    fn look_ahead(&mut self, stage: Stage) {
        let queue = &self.queues[stage as usize];
        // Whatever is over was looked at when it came to be so.
        if queue.looked_at > 0 || stage == Stage::Over {
            return;
        }
        let next = || {
            let places = queue.places.iter().take(AHEAD);
            places.filter_map(|(place, _)| Some((*place, self.entries.get(*place as usize)?)))
        };
        let seen = next().fold(0, |seen, (_, entry)| seen ^ entry.look());
        let stands = |(place, entry): &(u32, &Entry)| {
            let hash = self.hasher.hash_one(entry.flow);
            self.places.find(hash, |other| other == *place).is_some()
        };
        black_box((seen, next().filter(stands).count()));
        self.queues[stage as usize].looked_at = AHEAD;
    }

    fn entry(&self, place: u32) -> Option<&Entry> {
        let entry = self.entries.get(place as usize)?;
        entry.moved.is_some().then_some(entry)
    }

    fn enter(&mut self, place: u32, stage: Stage) {
        self.moves += 1;
        let queue = &mut self.queues[stage as usize];
        if queue.places.len() > 2 * queue.len + FEW {
            let entries = &self.entries;
            let is_there = |(place, moved): &(u32, u64)| {
                let entry = entries.get(*place as usize);
                entry.is_some_and(|entry| entry.moved == Some(*moved))
            };
            queue.places.retain(is_there);
        }
        queue.len += 1;
        queue.places.push_back((place, self.moves));
        if let Some(entry) = self.entries.get_mut(place as usize) {
            entry.stage = stage;
            entry.moved = Some(self.moves);
        }
    }

    fn leave(&mut self, place: u32) {
        if let Some(entry) = self.entries.get_mut(place as usize)
            && let Some(moved) = entry.moved.take()
        {
            let queue = &mut self.queues[entry.stage as usize];
            queue.len -= 1;
            if queue.places.front() == Some(&(place, moved)) {
                queue.places.pop_front();
                queue.looked_at = queue.looked_at.saturating_sub(1);
            }
        }
    }
}

/// An answer to a SYN that comes later is judged with all that is known of its path; see the longest wait of
/// [`Form`](crate::case::facts::Form).
const LONGEST_WAIT: i64 = SECOND;
/// Attempts that are looked at before their turn; chosen: as many as a processor waits for at once.
const AHEAD: usize = 16;
/// Places that a queue may hold in vain before it is swept; chosen.
const FEW: usize = 1_024;
