//! Connections of which nothing was seen but a SYN and perhaps its refusal: [`Attempts`].
//!
//! A scan leaves them by the million, and nearly all of a [`Connection`](super::connection::Connection) would stay empty. As soon as anything
//! else comes, an attempt becomes one.

use crate::case::ConnectionId;
use crate::origin::SECOND;
use crate::tcp::{Extent, Flags, Flow, Header, Segment};
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

/// A SYN, and the reset that refused it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Who asked whom.
    pub id: ConnectionId,
    /// The SYN.
    pub syn: Header,
    /// The refusal; `None` while there is none.
    pub reset: Option<Header>,
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
    places: HashMap<Flow, u32, RandomState>,
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

/// The places of attempts, and the moves by which they came. Those that have moved on since are passed over.
#[derive(Debug, Default)]
struct Queue {
    places: VecDeque<(u32, u64)>,
    len: usize,
}

impl Attempt {
    /// The attempt that `segment` begins, if all that it could mean to a connection is that it was sent.
    pub fn of(segment: &Segment<'_>) -> Option<Self> {
        let header = &segment.header;
        let plain = header.flags.opens()
            && header.payload_len == 0
            && header.ip.extent == Extent::Said
            && segment.encapsulation.is_bare();
        plain.then(|| Self {
            id: ConnectionId {
                client: segment.from,
                server: segment.to,
                encapsulation: segment.encapsulation,
                roles_known: true,
            },
            syn: *header,
            reset: None,
        })
    }

    /// Whether `segment` is its refusal, the first, and of the form that a host without a listener sends: nothing about it needs a connection to
    /// be judged.
    pub fn is_refused_by(&self, segment: &Segment<'_>) -> bool {
        let header = &segment.header;
        let waited = header.time - self.syn.time;
        self.reset.is_none()
            && segment.from == self.id.server
            && header.flags == Flags::RST | Flags::ACK
            && header.seq.value() == 0
            && header.ack == self.syn.seq_end()
            && header.window == 0
            && header.payload_len == 0
            && header.options.len == 0
            && header.options.complete
            && header.ip.extent == Extent::Said
            && (0..=LONGEST_WAIT).contains(&waited)
    }

    /// The SYN as the segment that it was.
    pub const fn opening(&self) -> Segment<'static> {
        self.segment(self.syn, self.id.client, self.id.server)
    }

    /// An answer to it as the segment that it was.
    pub const fn answer(&self, header: Header) -> Segment<'static> {
        self.segment(header, self.id.server, self.id.client)
    }

    const fn segment(&self, header: Header, from: SocketAddr, to: SocketAddr) -> Segment<'static> {
        Segment {
            from,
            to,
            encapsulation: self.id.encapsulation,
            header,
            payload: &[],
            captured: 0,
            tail: None,
        }
    }
}

impl Attempts {
    /// How many are at `stage`.
    pub fn len(&self, stage: Stage) -> usize {
        self.queues[stage as usize].len
    }

    /// The attempt that `segment` belongs to, and its place.
    pub fn find(&self, segment: &Segment<'_>) -> Option<(u32, &Attempt)> {
        if self.places.is_empty() {
            return None;
        }
        let place = *self.places.get(&segment.flow())?;
        let attempt = &self.entry(place)?.attempt;
        let id = &attempt.id;
        let ends = (segment.from, segment.to);
        let same = ends == (id.client, id.server) || ends == (id.server, id.client);
        (same && segment.encapsulation.is_bare()).then_some((place, attempt))
    }

    /// The place of the attempt between these two.
    pub fn find_between(&self, one: SocketAddr, other: SocketAddr, flow: Flow) -> Option<u32> {
        let place = *self.places.get(&flow)?;
        let id = &self.entry(place)?.attempt.id;
        let same = (one, other) == (id.client, id.server) || (other, one) == (id.client, id.server);
        same.then_some(place)
    }

    /// Adds one of that flow. `false`: another attempt has the number of its flow.
    pub fn begin(&mut self, attempt: Attempt, flow: Flow) -> bool {
        if self.places.contains_key(&flow) {
            return false;
        }
        let entry = Entry {
            attempt,
            flow,
            stage: Stage::Asked,
            moved: None,
        };
        let place = if let Some(place) = self.free.pop() {
            self.entries[place as usize] = entry;
            place
        } else {
            let Ok(place) = u32::try_from(self.entries.len()) else {
                return false;
            };
            self.entries.push(entry);
            place
        };
        self.places.insert(flow, place);
        self.enter(place, Stage::Asked);
        true
    }

    /// Notes that the attempt at `place` was refused.
    pub fn refuse(&mut self, place: u32, reset: Header) {
        if let Some(entry) = self.entries.get_mut(place as usize) {
            entry.attempt.reset = Some(reset);
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
        self.places.remove(&flow);
        self.free.push(place);
        let entry = self.entries.get(place as usize)?;
        Some((&entry.attempt, entry.stage))
    }

    /// The attempt that has been at `stage` for longest, and its place.
    pub fn oldest(&mut self, stage: Stage) -> Option<(u32, &Attempt)> {
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
            }
        }
    }
}

/// An answer to a SYN that comes later is judged with all that is known of its path; see the longest wait of
/// [`Form`](crate::case::facts::Form).
const LONGEST_WAIT: i64 = SECOND;
/// Places that a queue may hold in vain before it is swept; chosen.
const FEW: usize = 1_024;
