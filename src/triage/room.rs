//! Where the records of a connection wait until it is reset, which most never are: [`Room`].
//!
//! A capture that is read once cannot be asked again. So what a verdict would need of each record is kept, and no more: the facts of its
//! segment, and of its payload the beginning where a verdict may read it.

use super::held::{Held, Whole};
use super::replay::{self, Late};
use super::shelf::Shelf;
use super::sight::{Ends, Sight};
use super::slots::Slots;
use crate::origin::RecordId;
use crate::tcp::Flow;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::hint::black_box;

/// The records of flows that were not reset so far, bounded in bytes: so many, and [`EACH`] more for each flow.
#[derive(Debug)]
pub struct Room {
    places: HashTable<Spot>,
    hasher: RandomState,
    flows: Shelf<Held>,
    free: Vec<Place>,
    slots: Slots,
    /// Flows that have ended in order, the longest ended first.
    ended: VecDeque<(Flow, Place)>,
    most: usize,
    /// Where the search for what to forget goes on.
    hand: usize,
    forgotten: u64,
    /// Bytes that were captured of the latest payload that was cut: as many will be of the next ones.
    snapped: u16,
}

/// Where the flow is held of which this is the tag: nearly always that of one flow alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    tag: u32,
    place: Place,
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
            flows: Shelf::default(),
            free: Vec::new(),
            slots: Slots::default(),
            ended: VecDeque::new(),
            most,
            hand: 0,
            forgotten: 0,
            snapped: u16::MAX,
        }
    }

    /// Whether something must [give way](Room::give_way) before `bytes` more of a record are held beside the facts of its segment.
    #[inline]
    pub fn lacks(&self, bytes: usize) -> bool {
        let growth = self.slots.growth(FACTS + Slots::needed(bytes));
        growth > 0 && self.size() + growth + FLOW > self.most + EACH * self.flows.len()
    }

    /// Holds a plain segment, with what is needed of its payload, [`Prefix::CAPACITY`](crate::tcp::Prefix::CAPACITY) bytes at most. `false`: its
    /// flow's number is held for other ends, and the segment is not.
    #[inline]
    pub fn hold<'a>(
        &mut self,
        place: Option<Place>,
        sight: &Sight,
        id: RecordId,
        payload: impl FnOnce() -> &'a [u8],
    ) -> bool {
        let place = place.unwrap_or_else(|| self.begin(sight.flow, sight.ends));
        let held = self.flows.get_mut(place.0 as usize);
        let Some(held) = held.filter(|held| held.ends == sight.ends) else {
            return false;
        };
        if sight.captured < sight.brief.payload_len() {
            self.snapped = sight.captured;
        }
        if held.add(sight, id, &mut self.slots, payload) {
            self.ended.push_back((sight.flow, place));
        }
        true
    }

    /// Holds a record of another kind.
    pub fn hold_whole(&mut self, flow: Flow, place: Option<Place>, whole: &Whole<'_>) {
        let place = place.unwrap_or_else(|| self.begin(flow, Ends::default()));
        if let Some(held) = self.flows.get_mut(place.0 as usize)
            && held.add_whole(whole, &mut self.slots)
        {
            self.ended.push_back((flow, place));
        }
    }

    /// Where a flow is held. `None`: nothing is held of it.
    #[inline]
    pub fn find(&self, flow: Flow) -> Option<Place> {
        let tag = self.tag(flow);
        let is_there = |spot: &Spot| spot.tag == tag && self.has(flow, spot.place);
        let spot = self.places.find(hash(tag), is_there)?;
        Some(spot.place)
    }

    /// Where each of some flows is held, if it [is](Room::has): not waiting for one before asking for the next, as memory answers many questions
    /// nearly as soon as one.
    #[inline]
    pub fn find_each<const N: usize>(&self, flows: &[Flow; N]) -> [Option<Place>; N] {
        let places = flows.map(|flow| {
            let tag = self.tag(flow);
            let spot = self.places.find(hash(tag), |spot| spot.tag == tag)?;
            Some(spot.place)
        });
        let held = |place: Option<Place>| self.flows.get(place?.0 as usize);
        let touched = places.map(|place| held(place).map_or(0, Held::touch));
        black_box(touched);
        let touched =
            places.map(|place| held(place).map_or(0, |held| self.slots.touch(&held.records)));
        black_box(touched);
        black_box(self.slots.touch_free());
        places
    }

    /// Few bits of a flow's number, so that most others are told from it without looking at what is held of them. Keyed, since whoever sends
    /// segments chooses flows.
    #[inline]
    fn tag(&self, flow: Flow) -> u32 {
        let [a, b, c, d, ..] = self.hasher.hash_one(flow).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// Whether a flow is held there.
    #[inline]
    pub fn has(&self, flow: Flow, place: Place) -> bool {
        let held = self.flows.get(place.0 as usize);
        held.is_some_and(|held| held.flow() == Some(flow))
    }

    fn begin(&mut self, flow: Flow, ends: Ends) -> Place {
        if self.ended.len() > ENDED {
            self.let_go_ended();
        }
        let place = self.free.pop().unwrap_or_else(|| {
            let place = self.flows.push(Held::default());
            Place(u32::try_from(place).unwrap_or(u32::MAX))
        });
        if let Some(held) = self.flows.get_mut(place.0 as usize) {
            held.begin(flow, ends, self.snapped);
        }
        let tag = self.tag(flow);
        let hash_of = |spot: &Spot| hash(spot.tag);
        self.places
            .insert_unique(hash(tag), Spot { tag, place }, hash_of);
        place
    }

    /// Gives the records of a flow, in their order, and forgets them.
    pub fn take(&mut self, flow: Flow, each: impl FnMut(&Late<'_>)) {
        let place = self.find(flow);
        if let Some(held) = place.and_then(|place| self.flows.get(place.0 as usize)) {
            replay::each(held, &self.slots, each);
        }
        self.let_go(flow);
    }

    /// Forgets the records of a flow.
    pub fn let_go(&mut self, flow: Flow) {
        let Some(place) = self.find(flow) else {
            return;
        };
        let tag = self.tag(flow);
        if let Ok(entry) = self
            .places
            .find_entry(hash(tag), |spot| spot.place == place)
        {
            entry.remove();
        }
        if let Some(held) = self.flows.get_mut(place.0 as usize) {
            held.clear(&mut self.slots);
            self.free.push(place);
        }
    }

    /// Forgets the records of some flows.
    pub fn let_go_those(&mut self, are: impl Fn(Flow) -> bool) {
        let flows: Vec<Flow> = self.flows.iter().filter_map(Held::flow).collect();
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
        self.slots.size() + self.flows.len() * FLOW
    }

    /// Forgets a flow that has ended, else one of which no record came for long, unless a long one is met before.
    pub fn give_way(&mut self) -> Yielded {
        while !self.ended.is_empty() {
            if self.let_go_ended() {
                return Yielded::Forgotten;
            }
        }
        // The second round finds whatever the first one has passed by.
        for _ in 0..2 * self.flows.len() {
            self.hand = (self.hand + 1) % self.flows.len();
            let Some(held) = self.flows.get_mut(self.hand) else {
                break;
            };
            let Some(flow) = held.flow() else {
                continue;
            };
            if held.size() >= LONG {
                return Yielded::Long(flow);
            }
            if !std::mem::take(&mut held.is_recent) {
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

/// What a table wants: its first and its last bits tell most tags apart.
#[inline]
const fn hash(tag: u32) -> u64 {
    (tag as u64) << u32::BITS | tag as u64
}

/// Flows that have ended and are kept for stragglers; chosen: seconds of a busy service.
const ENDED: usize = 4_096;
/// Bytes that bookkeeping takes for each flow, with its place in the table, which is half full.
const FLOW: usize = size_of::<Held>() + 2 * (size_of::<Spot>() + 1);
/// Bytes that there may be for each of the flows that are held at once, beside those that there may be for all.
const EACH: usize = 256;
/// A flow of so many bytes takes more than the tracker does for its connection, which then may as well be tracked.
const LONG: usize = 8 << 10;
/// Slots that are needed for the facts of a segment, with a preface.
const FACTS: usize = 2;

#[cfg(test)]
mod tests {
    use super::super::talk::Said;
    use super::*;
    use crate::decode::{LinkType, Record};
    use crate::origin::Timestamp;
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
        room.take(flow, |held| {
            let Late::Record(record, _) = held else {
                unreachable!("no other was held")
            };
            numbers.push(record.id.number());
        });
        numbers
    }

    /// Holds a record, whatever must give way; the long flows that must.
    fn hold(room: &mut Room, flow: Flow, number: u64, said: Option<Said>) -> Vec<Flow> {
        let mut long = Vec::new();
        while room.lacks(100) {
            match room.give_way() {
                Yielded::Nothing => break,
                Yielded::Forgotten => {}
                Yielded::Long(flow) => {
                    room.let_go(flow);
                    long.push(flow);
                }
            }
        }
        let whole = Whole {
            record: record(number, &[7; 100]),
            said,
            payload: None,
        };
        room.hold_whole(flow, room.find(flow), &whole);
        long
    }

    #[test]
    fn records_come_out_as_they_went_in_and_once() {
        let mut room = Room::new(1 << 20);
        for number in 1..=6_u8 {
            let bytes = vec![number; usize::from(number)];
            let flow = flow(u32::from(number % 2));
            let whole = Whole {
                record: record(number.into(), &bytes),
                said: None,
                payload: None,
            };
            assert!(!room.lacks(bytes.len()));
            room.hold_whole(flow, room.find(flow), &whole);
        }
        let mut taken = Vec::new();
        room.take(flow(1), |held| {
            let Late::Record(record, cut) = held else {
                unreachable!("no other was held")
            };
            taken.push((record.id.number(), record.bytes.to_vec(), *cut));
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
        hold(&mut room, flow(1), 1, None);
        hold(&mut room, flow(2), 2, Some(lower));
        hold(&mut room, flow(2), 3, Some(higher));
        let mut n = 9;
        (4..=n).for_each(|n| drop(hold(&mut room, flow(2), n.into(), None)));
        while room.find(flow(2)).is_some() {
            n += 1;
            hold(&mut room, flow(n), n.into(), None);
        }
        assert_eq!(room.forgotten(), 0);
        while room.forgotten() < 20 {
            n += 1;
            hold(&mut room, flow(1), n.into(), None);
            hold(&mut room, flow(n), n.into(), None);
        }
        assert!(room.size() <= 60_000 + EACH * room.flows.len());
        assert!(numbers(&mut room, flow(1)).len() > 1, "it was never idle");
    }

    #[test]
    fn a_long_one_gives_way_before_one_is_forgotten() {
        let mut room = Room::new(60_000);
        for n in 1..=20 {
            hold(&mut room, flow(n), n.into(), None);
        }
        let mut long = Vec::new();
        let mut n = 20;
        while long.is_empty() {
            n += 1;
            long = hold(&mut room, flow(9), n, None);
        }
        assert_eq!((long, room.forgotten()), (vec![flow(9)], 0));
        assert!(
            (1..=20)
                .filter(|n| *n != 9)
                .all(|n| room.find(flow(n)).is_some())
        );
    }
}
