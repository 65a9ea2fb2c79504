//! Where the records of a connection wait until it is reset, which most never are: [`Room`].
//!
//! A capture that is read once cannot be asked again. So what a verdict would need of each record is kept, and no more: its headers, and of its
//! payload the beginning where a verdict may read it, and the last five bytes.

use super::blocks::Blocks;
use super::log::Log;
use super::packed::{Bench, Cut};
use super::shelf::Shelf;
use super::sight::{Parts, Said};
use crate::decode::Record;
use crate::tcp::{Flow, Prefix};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::collections::VecDeque;
use std::hash::BuildHasher;

/// The records of flows that were not reset so far, bounded in bytes: so many, and [`EACH`] more for each flow.
#[derive(Debug)]
pub struct Room {
    /// Places in `logs`, and the flows there: to find one must not wait for its log.
    places: HashTable<(Flow, Place)>,
    hasher: RandomState,
    logs: Shelf<Log>,
    free: Vec<Place>,
    blocks: Blocks,
    /// Flows that have ended in order, the longest ended first.
    ended: VecDeque<(Flow, Place)>,
    most: usize,
    /// Where the search for what to forget goes on.
    hand: usize,
    forgotten: u64,
    bench: Bench,
}

/// How a record's flow goes on with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step<'a> {
    /// What it says; `None` for one that says nothing of its flow's own.
    pub said: Option<&'a Said>,
    /// Its parts; `None` for a record of which nothing may be left out.
    pub parts: Option<&'a Parts>,
}

/// Where a flow is held, until it is not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

/// What gave way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yielded {
    /// Nothing: there was nothing.
    Nothing,
    /// A flow, whose records are forgotten.
    Forgotten,
    /// Nothing yet. Of this flow more is held than it would take to track it.
    Long(Flow),
}

impl Room {
    /// A room for `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            places: HashTable::new(),
            hasher: RandomState::default(),
            logs: Shelf::default(),
            free: Vec::new(),
            blocks: Blocks::default(),
            ended: VecDeque::new(),
            most,
            hand: 0,
            forgotten: 0,
            bench: Bench::default(),
        }
    }

    /// Keeps what is needed of a record of `flow`. `false`: something must [give way](Room::give_way) before.
    #[inline]
    pub fn hold(
        &mut self,
        flow: Flow,
        place: Option<Place>,
        record: &Record<'_>,
        step: Step<'_>,
    ) -> bool {
        // No more than this is kept of an ordinary record, twice where its beginning is kept apart.
        let most = step.parts.map_or(record.bytes.len(), |parts| {
            record
                .bytes
                .len()
                .min(parts.payload.0 as usize + Prefix::CAPACITY)
        });
        let needed = Blocks::needed(most + Log::RECORD) + 1;
        let is_full = needed > self.blocks.spare()
            && self.size() + needed * Blocks::SIZE + LOG > self.most + EACH * self.logs.len();
        if is_full {
            return false;
        }
        let place = place.unwrap_or_else(|| self.begin(flow));
        let Some(log) = self.logs.get_mut(place.0 as usize) else {
            return true;
        };
        if log.add(record, step, &mut self.blocks, &mut self.bench) {
            self.ended.push_back((flow, place));
        }
        true
    }

    /// Where a flow is held. `None`: nothing is held of it.
    #[inline]
    pub fn find(&self, flow: Flow) -> Option<Place> {
        let found = self
            .places
            .find(self.hasher.hash_one(flow), |(of, _)| *of == flow);
        found.map(|(_, place)| *place)
    }

    /// Whether a flow is held there.
    #[inline]
    pub fn has(&self, flow: Flow, place: Place) -> bool {
        let log = self.logs.get(place.0 as usize);
        log.is_some_and(|log| log.flow() == Some(flow))
    }

    /// Reads of what is held there as much as is needed to go on with it, so that it is in the cache by then.
    #[inline]
    pub fn approach(&self, place: Place, side: bool) -> u64 {
        let log = self.logs.get(place.0 as usize);
        log.map_or(0, |log| log.approach(side, &self.blocks))
    }

    fn begin(&mut self, flow: Flow) -> Place {
        let place = self.free.pop().unwrap_or_else(|| {
            let place = self.logs.push(Log::default());
            Place(u32::try_from(place).unwrap_or(u32::MAX))
        });
        if let Some(log) = self.logs.get_mut(place.0 as usize) {
            log.begin(flow);
        }
        let hasher = &self.hasher;
        let hash = hasher.hash_one(flow);
        self.places
            .insert_unique(hash, (flow, place), |(flow, _)| hasher.hash_one(flow));
        if self.ended.len() > ENDED {
            self.let_go_ended();
        }
        place
    }

    /// Gives the records of a flow, in their order, and forgets them.
    pub fn take(&mut self, flow: Flow, each: impl FnMut(&Record<'_>, Option<Cut>)) {
        let Some(place) = self.find(flow) else {
            return;
        };
        if let Some(log) = self.logs.get(place.0 as usize) {
            log.each(&self.blocks, each);
        }
        self.let_go(flow);
    }

    /// Forgets the records of a flow.
    pub fn let_go(&mut self, flow: Flow) {
        let hash = self.hasher.hash_one(flow);
        let Ok(entry) = self.places.find_entry(hash, |(of, _)| *of == flow) else {
            return;
        };
        let ((_, place), _) = entry.remove();
        if let Some(log) = self.logs.get_mut(place.0 as usize) {
            log.clear(&mut self.blocks);
            self.free.push(place);
        }
    }

    /// Forgets the records of some flows.
    pub fn let_go_those(&mut self, are: impl Fn(Flow) -> bool) {
        let flows: Vec<Flow> = self.logs.iter().filter_map(Log::flow).collect();
        flows
            .into_iter()
            .filter(|flow| are(*flow))
            .for_each(|flow| self.let_go(flow));
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self {
            forgotten: self.forgotten,
            ..Self::new(self.most)
        };
    }

    /// Flows that were forgotten because there was no room.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Bytes taken, those of bookkeeping included.
    fn size(&self) -> usize {
        self.blocks.size() + self.logs.len() * LOG
    }

    /// Forgets a flow that has ended, else one of which no record came for long, unless a long one is met before.
    pub fn give_way(&mut self) -> Yielded {
        while !self.ended.is_empty() {
            if self.let_go_ended() {
                return Yielded::Forgotten;
            }
        }
        // The second round finds whatever the first one has passed by.
        for _ in 0..2 * self.logs.len() {
            self.hand = (self.hand + 1) % self.logs.len();
            let Some(log) = self.logs.get_mut(self.hand) else {
                break;
            };
            let Some(flow) = log.flow() else {
                continue;
            };
            if log.len() >= LONG {
                return Yielded::Long(flow);
            }
            if !std::mem::take(&mut log.is_recent) {
                self.forgotten += 1;
                self.let_go(flow);
                return Yielded::Forgotten;
            }
        }
        Yielded::Nothing
    }

    /// Lets the flow go that has ended longest. `false`: it had gone.
    fn let_go_ended(&mut self) -> bool {
        let ended = self.ended.pop_front();
        let held = ended.filter(|(flow, place)| self.has(*flow, *place));
        if let Some((flow, _)) = held {
            self.let_go(flow);
        }
        held.is_some()
    }
}

/// Flows that have ended and are kept for stragglers; chosen: seconds of a busy service.
const ENDED: usize = 8_192;
/// Bytes that bookkeeping takes for each flow: its log and its place in the table, which is half full.
const LOG: usize = size_of::<Log>() + 2 * (size_of::<(Flow, Place)>() + 1);
/// Bytes that there may be for each of the flows that are held at once, beside those that there may be for all.
const EACH: usize = 256;
/// A log of so many bytes takes more than the tracker does for its connection, which then may as well be tracked.
const LONG: usize = 8 << 10;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::{RecordId, Timestamp};
    use crate::tcp::{Flags, SeqNumber};

    fn flow(n: u32) -> Flow {
        Flow::between_v4((n, 40_000), (0x0a00_0001, 443))
    }

    fn record(number: u64, bytes: &[u8]) -> Record<'_> {
        Record {
            id: RecordId::new(0, number),
            time: Timestamp::from_nanos(7),
            link: LinkType(101),
            bytes,
            original_len: 9,
        }
    }

    fn numbers(room: &mut Room, flow: Flow) -> Vec<u64> {
        let mut numbers = Vec::new();
        room.take(flow, |record, _| numbers.push(record.id.number()));
        numbers
    }

    /// Holds a record, whatever must give way; the long flows that must.
    fn hold(room: &mut Room, flow: Flow, number: u64, step: Step<'_>) -> Vec<Flow> {
        let mut long = Vec::new();
        while !room.hold(flow, room.find(flow), &record(number, &[7; 100]), step) {
            match room.give_way() {
                Yielded::Nothing => break,
                Yielded::Forgotten => {}
                Yielded::Long(flow) => {
                    room.let_go(flow);
                    long.push(flow);
                }
            }
        }
        long
    }

    #[test]
    fn records_come_out_as_they_went_in_and_once() {
        let mut room = Room::new(1 << 20);
        for number in 1..=6_u8 {
            let bytes = vec![number; usize::from(number)];
            let flow = flow(u32::from(number % 2));
            let place = room.find(flow);
            assert!(room.hold(flow, place, &record(number.into(), &bytes), Step::default()));
        }
        let mut taken = Vec::new();
        room.take(flow(1), |record, cut| {
            taken.push((record.id.number(), record.bytes.to_vec(), cut));
        });
        assert_eq!(
            taken,
            [1, 3, 5].map(|number: u8| (number.into(), vec![number; number.into()], None))
        );
        assert!(numbers(&mut room, flow(1)).is_empty());
        assert_eq!(numbers(&mut room, flow(0)), [2, 4, 6]);
    }

    #[test]
    fn what_ended_is_forgotten_first_and_then_what_is_idle() {
        let mut room = Room::new(60_000);
        let [lower, higher] = [true, false].map(|side| Said {
            side,
            flags: Flags::from_bits(0x11),
            seq: SeqNumber::new(1),
            ack: SeqNumber::new(1),
            payload_len: 0,
        });
        let fin = |said| Step {
            said: Some(said),
            parts: None,
        };
        hold(&mut room, flow(1), 1, Step::default());
        hold(&mut room, flow(2), 2, fin(&lower));
        hold(&mut room, flow(2), 3, fin(&higher));
        let mut n = 9;
        (4..=n).for_each(|n| drop(hold(&mut room, flow(2), n.into(), Step::default())));
        while room.find(flow(2)).is_some() {
            n += 1;
            hold(&mut room, flow(n), n.into(), Step::default());
        }
        assert_eq!(room.forgotten(), 0);
        while room.forgotten() < 20 {
            n += 1;
            hold(&mut room, flow(1), n.into(), Step::default());
            hold(&mut room, flow(n), n.into(), Step::default());
        }
        assert!(room.size() <= 60_000 + EACH * room.logs.len());
        assert!(numbers(&mut room, flow(1)).len() > 1, "it was never idle");
    }

    #[test]
    fn a_long_one_gives_way_before_one_is_forgotten() {
        let mut room = Room::new(60_000);
        for n in 1..=20 {
            hold(&mut room, flow(n), n.into(), Step::default());
        }
        let mut long = Vec::new();
        let mut n = 20;
        while long.is_empty() {
            n += 1;
            long = hold(&mut room, flow(9), n, Step::default());
        }
        assert_eq!((long, room.forgotten()), (vec![flow(9)], 0));
        assert!(
            (1..=20)
                .filter(|n| *n != 9)
                .all(|n| room.find(flow(n)).is_some())
        );
    }
}
