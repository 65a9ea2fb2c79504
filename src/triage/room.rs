//! Where the records of a connection wait until it is reset, which most never are: [`Room`].
//!
//! A capture that is read once cannot be asked again. So what a verdict would need of each record is kept, and no more: its headers, the first
//! bytes of its payload and the last five. That takes a twentieth of the memory and of the time that tracking takes.

use super::packed::{Cut, Packed};
use crate::decode::Record;
use crate::tcp::{Flow, Prefix};
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};

/// The records of flows that were not reset so far, bounded in bytes.
#[derive(Debug)]
pub struct Room {
    places: HashMap<Flow, usize, RandomState>,
    logs: Vec<Log>,
    free: Vec<usize>,
    /// Flows that have ended in order, the longest ended first.
    ended: VecDeque<(Flow, usize)>,
    /// Bytes taken, those of bookkeeping included.
    taken: usize,
    most: usize,
    /// Where the search for what to forget goes on.
    hand: usize,
    forgotten: u64,
    /// Where records are packed.
    bench: Vec<u8>,
}

/// The records of one flow.
#[derive(Debug, Default)]
struct Log {
    flow: Option<Flow>,
    records: Packed,
    /// Which end has sent a FIN: one bit each.
    fins: u8,
    /// A record came since it was looked at for being forgotten.
    is_recent: bool,
}

/// How a record's flow goes on with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Where its payload begins and ends; `None` for a record of which nothing may be left out.
    pub payload: Option<(usize, usize)>,
    /// Which of the two ends sent it.
    pub side: bool,
    /// Whether it bears a FIN.
    pub fin: bool,
}

impl Room {
    /// A room for `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            places: HashMap::default(),
            logs: Vec::new(),
            free: Vec::new(),
            ended: VecDeque::new(),
            taken: 0,
            most,
            hand: 0,
            forgotten: 0,
            bench: Vec::new(),
        }
    }

    /// Keeps what is needed of a record of `flow`.
    pub fn hold(&mut self, flow: Flow, record: &Record<'_>, step: Step) {
        let place = match self.places.get(&flow) {
            Some(place) => *place,
            None => self.begin(flow),
        };
        let Some(log) = self.logs.get_mut(place) else {
            return;
        };
        let before = log.room();
        log.add(record, step, &mut self.bench);
        log.is_recent = true;
        let had_ended = log.fins == BOTH;
        log.fins |= u8::from(step.fin) << u8::from(step.side);
        self.taken += log.room() - before;
        if log.fins == BOTH && !had_ended {
            self.ended.push_back((flow, place));
        }
        while self.taken > self.most && self.forget_one() {}
    }

    /// Whether something is held of a flow.
    pub fn has(&self, flow: Flow) -> bool {
        self.places.contains_key(&flow)
    }

    fn begin(&mut self, flow: Flow) -> usize {
        let place = self.free.pop().unwrap_or_else(|| {
            self.logs.push(Log::default());
            self.logs.len() - 1
        });
        if let Some(log) = self.logs.get_mut(place) {
            log.flow = Some(flow);
            self.taken += log.room();
        }
        self.places.insert(flow, place);
        if self.ended.len() > ENDED
            && let Some((flow, place)) = self.ended.pop_front()
            && self.places.get(&flow) == Some(&place)
        {
            self.let_go(flow);
        }
        place
    }

    /// Gives the records of a flow, in their order, and forgets them.
    pub fn take(&mut self, flow: Flow, mut each: impl FnMut(&Record<'_>, Option<Cut>)) {
        let Some(place) = self.places.get(&flow).copied() else {
            return;
        };
        if let Some(log) = self.logs.get(place) {
            log.records.each(&mut each);
        }
        self.let_go(flow);
    }

    /// Forgets the records of a flow.
    pub fn let_go(&mut self, flow: Flow) {
        let Some(place) = self.places.remove(&flow) else {
            return;
        };
        if let Some(log) = self.logs.get_mut(place) {
            self.taken -= log.room();
            log.clear();
            self.free.push(place);
        }
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

    /// Forgets a flow that has ended, else one of which no record came for long. `false`: there is none.
    fn forget_one(&mut self) -> bool {
        if let Some((flow, place)) = self.ended.pop_front() {
            if self.places.get(&flow) == Some(&place) {
                self.let_go(flow);
            }
            return true;
        }
        // The second round finds whatever the first one has passed by.
        for _ in 0..2 * self.logs.len() {
            self.hand = (self.hand + 1) % self.logs.len();
            let Some(log) = self.logs.get_mut(self.hand) else {
                return false;
            };
            if let Some(flow) = log.flow
                && !std::mem::take(&mut log.is_recent)
            {
                self.forgotten += 1;
                self.let_go(flow);
                return true;
            }
        }
        false
    }
}

impl Log {
    fn add(&mut self, record: &Record<'_>, step: Step, bench: &mut Vec<u8>) {
        if self.records.ends_with(record.id) {
            return; // It holds several segments of this flow.
        }
        let (bytes, cut) = shortened(record.bytes, step.payload);
        let header = step.payload.map_or(0, |(from, _)| from);
        let record = Record { bytes, ..*record };
        self.records.push(&record, header, step.side, cut, bench);
    }

    const fn room(&self) -> usize {
        self.records.room() + OVERHEAD
    }

    /// Is nobody's, and keeps little memory.
    fn clear(&mut self) {
        self.flow = None;
        self.fins = 0;
        self.is_recent = false;
        self.records.clear(SPARE);
    }
}

/// A record's bytes up to as much of its payload as any verdict reads.
fn shortened(bytes: &[u8], payload: Option<(usize, usize)>) -> (&[u8], Option<Cut>) {
    let all = (bytes, None);
    let Some((from, to)) = payload else {
        return all;
    };
    let cut = || {
        let payload = bytes.get(from..to)?;
        let kept = bytes.get(..from + Prefix::CAPACITY)?;
        let cut = Cut {
            captured: u32::try_from(payload.len()).ok()?,
            tail: *payload.last_chunk()?,
        };
        (payload.len() > Prefix::CAPACITY).then_some((kept, Some(cut)))
    };
    cut().unwrap_or(all)
}

/// Both ends have sent a FIN.
const BOTH: u8 = 3;
/// Flows that have ended and are kept for stragglers; chosen: seconds of a busy service.
const ENDED: usize = 8_192;
/// Bytes that bookkeeping takes for each flow: its log and its place in the map, which is half full.
const OVERHEAD: usize = size_of::<Log>() + 2 * size_of::<(Flow, usize)>();
/// Bytes that an empty log may keep for the next flow.
const SPARE: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::{RecordId, Timestamp};

    fn flow(n: u32) -> Flow {
        Flow::between_v4((n, 40_000), (0x0a00_0001, 443))
    }

    fn record(number: u64, bytes: &[u8]) -> Record<'_> {
        Record {
            id: RecordId::new(0, number),
            time: Timestamp::from_nanos(7),
            link: LinkType::ETHERNET,
            bytes,
            original_len: 9,
        }
    }

    fn numbers(room: &mut Room, flow: Flow) -> Vec<u64> {
        let mut numbers = Vec::new();
        room.take(flow, |record, _| numbers.push(record.id.number()));
        numbers
    }

    #[test]
    fn records_come_out_as_they_went_in_and_once() {
        let mut room = Room::new(1 << 20);
        for number in 1..=6_u8 {
            let bytes = vec![number; usize::from(number)];
            let flow = flow(u32::from(number % 2));
            room.hold(flow, &record(number.into(), &bytes), Step::default());
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
    fn of_a_long_payload_the_beginning_and_the_end_are_kept() {
        let mut bytes = vec![1; 2_000];
        bytes[1_990..1_995].copy_from_slice(b"quits");
        let (kept, cut) = shortened(&bytes, Some((54, 1_995)));
        assert_eq!(kept.len(), 54 + Prefix::CAPACITY);
        let tail = *b"quits";
        assert_eq!(
            cut,
            Some(Cut {
                captured: 1_941,
                tail
            })
        );
        assert_eq!(
            shortened(&bytes[..500], Some((54, 500))),
            (&bytes[..500], None)
        );
    }

    #[test]
    fn what_ended_is_forgotten_first_and_then_what_is_idle() {
        let mut room = Room::new(40_000);
        let bytes = [0; 100];
        let fin = |side| Step {
            side,
            fin: true,
            ..Step::default()
        };
        room.hold(flow(1), &record(1, &bytes), Step::default());
        room.hold(flow(2), &record(2, &bytes), fin(true));
        room.hold(flow(2), &record(3, &bytes), fin(false));
        let mut n = 3;
        while room.places.contains_key(&flow(2)) {
            n += 1;
            room.hold(flow(n), &record(n.into(), &bytes), Step::default());
        }
        assert_eq!(room.forgotten(), 0);
        while room.forgotten() < 20 {
            n += 1;
            room.hold(flow(1), &record(n.into(), &bytes), Step::default());
            room.hold(flow(n), &record(n.into(), &bytes), Step::default());
        }
        assert!(room.taken <= 40_000);
        assert!(numbers(&mut room, flow(1)).len() > 1, "it was never idle");
    }
}
