//! What is held of one flow: [`Held`].

use super::sight::{Ends, Sight};
use super::slot::{Brief, FOLLOWED, Manner, Odd, Preface, TURN};
use super::slots::{Chain, Slots};
use super::talk::{Beginning, Said, Talk};
use crate::decode::Record;
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Flow, Prefix};

/// The records of one flow, and what the next one is told against: two cache lines. Whose it is and whether it is anybody's stand one in
/// each, so that who looks for a flow waits for both lines then, and for those of other flows in the meantime.
#[derive(Clone, Debug, Default)]
#[repr(C, align(64))]
pub struct Held {
    flow: Flow,
    /// The latest preface's, or the latest odd record's.
    base: RecordId,
    start: Timestamp,
    pub(super) records: Chain,
    pub(super) ends: Ends,
    /// How the latest turn of each side began: kept apart since it is soon replaced by the next.
    pub(super) turns: [Chain; 2],
    talk: Talk,
    /// Bytes that are captured of a payload at most, as long as no preface says otherwise.
    pub(super) most: u16,
    /// Whether it is that flow's, and not nobody's.
    is_taken: bool,
    manners: [Manner; 2],
    /// Which end has sent a FIN: one bit each.
    fins: u8,
    /// A record came since it was looked at for being forgotten. Apart from what is only read: that would wait for it to be written.
    pub is_recent: bool,
}

const _: () = assert!(size_of::<Held>() == 128);

/// A record that is held whole, but perhaps for its payload.
#[derive(Clone, Copy, Debug)]
pub struct Whole<'a> {
    pub record: Record<'a>,
    /// What it says of its flow; `None` where that is nothing.
    pub said: Option<Said>,
    /// What is left out of it where its payload is not needed; `None`: nothing.
    pub payload: Option<Payload>,
}

/// The payload of a record that is not plain.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// Where in the record it begins.
    pub from: usize,
    pub cut: Cut,
}

/// What a segment tells of its payload when that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes of payload had been captured.
    pub captured: u32,
    /// Whether they end with a [`LAST_CHUNK`](crate::tcp::LAST_CHUNK).
    pub ends_body: Option<bool>,
}

impl Held {
    /// Becomes that flow's. Of the payloads of plain segments no more than `most` bytes are captured, unless it is told otherwise.
    pub fn begin(&mut self, flow: Flow, ends: Ends, most: u16) {
        *self = Self {
            flow,
            ends,
            most,
            is_taken: true,
            ..Self::default()
        };
    }

    /// Whose it is. `None`: nobody's.
    #[inline]
    pub fn flow(&self) -> Option<Flow> {
        self.is_taken.then_some(self.flow)
    }

    /// Bytes that are held.
    pub const fn size(&self) -> usize {
        self.records.size()
    }

    /// Adds a plain segment, with as much of its payload as is needed. Whether its flow has ended with it.
    #[inline]
    pub fn add<'a>(
        &mut self,
        sight: &Sight,
        id: RecordId,
        slots: &mut Slots,
        payload: impl FnOnce() -> &'a [u8],
    ) -> bool {
        let said = sight.said();
        let beginning = self.talk.goes_on(&said);
        let mark = match beginning {
            _ if sight.captured == 0 => 0,
            Beginning::Needless => 0,
            Beginning::OfTurn if sight.captured >= LONG => TURN,
            Beginning::OfTurn | Beginning::Kept => FOLLOWED,
        };
        let (steps, nanos) = self.place(sight, id).unwrap_or_else(|| {
            self.preface(sight, id, slots);
            (0, 0)
        });
        let brief = sight.brief.placed(steps, nanos).with(mark);
        slots.push(&mut self.records, brief.slot());
        if mark != 0 {
            self.keep(mark, said.side, payload(), slots);
        }
        self.note(&said)
    }

    /// Keeps the beginning of a payload.
    #[inline(never)]
    fn keep(&mut self, mark: u64, side: bool, payload: &[u8], slots: &mut Slots) {
        let kept = payload.get(..Prefix::CAPACITY).unwrap_or(payload);
        if mark == TURN {
            slots.overwrite(&mut self.turns[usize::from(side)], kept);
        } else {
            slots.push_bytes(&mut self.records, kept);
        }
    }

    /// How many records and nanoseconds a segment stands behind the latest preface. `None`: it must have one of its own.
    #[inline]
    fn place(&self, sight: &Sight, id: RecordId) -> Option<(u64, u64)> {
        let side = usize::from(sight.brief.side());
        let is_usual = self.manners[side] == sight.manner
            && sight.extras.is_none()
            && sight.captured == sight.brief.payload_len().min(self.most);
        let steps = id.steps_from(self.base).filter(|_| is_usual)?;
        let nanos = sight.time.nanos().wrapping_sub(self.start.nanos());
        Brief::reaches(steps, nanos.cast_unsigned()).then_some((steps, nanos.cast_unsigned()))
    }

    #[inline(never)]
    fn preface(&mut self, sight: &Sight, id: RecordId, slots: &mut Slots) {
        let preface = Preface {
            id,
            time: sight.time,
            manner: sight.manner,
            captured: sight.captured,
            extras: sight.extras,
        };
        slots.push(&mut self.records, preface.slot());
        self.base = id;
        self.start = sight.time;
        self.manners[usize::from(sight.brief.side())] = sight.manner;
    }

    /// Looks at both its lines, so that they are at hand soon. What it saw means nothing.
    #[inline]
    pub const fn touch(&self) -> u64 {
        self.flow.number() ^ self.is_taken as u64
    }

    /// Adds a record of another kind. Whether its flow has ended with it.
    pub fn add_whole(&mut self, whole: &Whole<'_>, slots: &mut Slots) -> bool {
        let beginning = whole
            .said
            .map_or(Beginning::Kept, |said| self.talk.goes_on(&said));
        let record = &whole.record;
        if self.base != record.id {
            // Else it holds several segments of this flow.
            let (kept, cut) = match whole.payload {
                Some(Payload { from, cut }) if beginning == Beginning::Needless => {
                    (from, Some(cut))
                }
                Some(Payload { from, cut }) => (from + Prefix::CAPACITY, Some(cut)),
                None => (record.bytes.len(), None),
            };
            let kept = record.bytes.get(..kept).unwrap_or(record.bytes);
            let mut bytes = head_of_odd(record.original_len, cut).to_vec();
            bytes.extend_from_slice(kept);
            let odd = Odd {
                id: record.id,
                time: record.time,
                link: record.link.0,
                len: u32::try_from(bytes.len()).unwrap_or(0),
            };
            slots.push(&mut self.records, odd.slot());
            slots.push_bytes(&mut self.records, &bytes);
            self.base = record.id;
            self.start = record.time;
        }
        self.is_recent = true;
        whole.said.is_some_and(|said| self.note(&said))
    }

    /// Whether the flow has ended with what was said.
    #[inline]
    fn note(&mut self, said: &Said) -> bool {
        self.is_recent = true;
        if !said.flags.fin() {
            return false;
        }
        let had_ended = self.fins == BOTH;
        self.fins |= 1 << u8::from(said.side);
        self.fins == BOTH && !had_ended
    }

    /// Is nobody's.
    pub fn clear(&mut self, slots: &mut Slots) {
        slots.take_back(&mut self.records);
        for turn in &mut self.turns {
            slots.take_back(turn);
        }
        self.is_taken = false;
    }
}

/// What stands before the bytes of an odd record.
pub fn head_of_odd(original_len: u32, cut: Option<Cut>) -> [u8; HEAD_OF_ODD] {
    let [l0, l1, l2, l3] = original_len.to_le_bytes();
    let [c0, c1, c2, c3] = cut.map_or(0, |cut| cut.captured).to_le_bytes();
    let kind = match cut.map(|cut| cut.ends_body) {
        None => 0,
        Some(None) => 1,
        Some(Some(false)) => 2,
        Some(Some(true)) => 3,
    };
    [l0, l1, l2, l3, c0, c1, c2, c3, kind]
}

/// The same, read.
pub fn read_head_of_odd(
    [l0, l1, l2, l3, c0, c1, c2, c3, kind]: [u8; HEAD_OF_ODD],
) -> (u32, Option<Cut>) {
    let captured = u32::from_le_bytes([c0, c1, c2, c3]);
    let cut = (kind > 0).then(|| Cut {
        captured,
        ends_body: (kind > 1).then_some(kind > 2),
    });
    (u32::from_le_bytes([l0, l1, l2, l3]), cut)
}

/// Payloads of no fewer bytes are kept apart where they may be replaced: there they take a block at least.
const LONG: u16 = 64;
/// Bytes before those of an odd record.
pub const HEAD_OF_ODD: usize = 9;
/// Both ends have sent a FIN.
const BOTH: u8 = 3;
