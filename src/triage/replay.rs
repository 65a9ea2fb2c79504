//! What was held of one flow, as it came: [`each`].

use super::held::{Cut, HEAD_OF_ODD, Held, read_head_of_odd};
use super::slot::{Brief, FOLLOWED, Manner, Odd, Preface, Slot, TURN};
use super::slots::{Slots, bytes_of};
use crate::decode::{LinkType, Record};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Encapsulation, Header, Prefix, Segment};

/// What was held.
#[derive(Debug)]
pub enum Late<'a> {
    /// A segment.
    Segment(Segment<'a>),
    /// A record, and what was left out of its payload.
    Record(Record<'a>, Option<Cut>),
}

/// Gives what was held of a flow, in its order.
pub fn each(held: &Held, slots: &Slots, mut give: impl FnMut(&Late<'_>)) {
    let all: Vec<Slot> = slots.read(&held.records).collect();
    let mut latest_turns = [None; 2];
    let mut reader = Reader::new(held, &all);
    while let Some(told) = reader.next() {
        if let Told::Brief(told) = told
            && told.brief.has(TURN)
        {
            latest_turns[usize::from(told.brief.side())] = Some(told.id);
        }
    }
    let mut reader = Reader::new(held, &all);
    while let Some(told) = reader.next() {
        match told {
            Told::Brief(told) => {
                let side = usize::from(told.brief.side());
                let len = usize::from(told.captured).min(Prefix::CAPACITY);
                let payload = if told.brief.has(FOLLOWED) {
                    bytes_of(told.behind.iter().copied(), len)
                } else if latest_turns[side] == Some(told.id) {
                    bytes_of(slots.read(&held.turns[side]), len)
                } else {
                    Vec::new()
                };
                give(&Late::Segment(told.segment(held, &payload)));
            }
            Told::Odd(odd, bytes) => {
                let Some((head, frame)) = bytes.split_first_chunk() else {
                    continue;
                };
                let (original_len, cut) = read_head_of_odd(*head);
                let record = Record {
                    id: odd.id,
                    time: odd.time,
                    link: LinkType(odd.link),
                    bytes: frame,
                    original_len,
                };
                give(&Late::Record(record, cut));
            }
        }
    }
}

const _: () = assert!(HEAD_OF_ODD < size_of::<Slot>());

/// Reads slots one behind the other.
struct Reader<'a> {
    rest: &'a [Slot],
    base: RecordId,
    start: Timestamp,
    manners: [Manner; 2],
    most: u16,
}

enum Told<'a> {
    Brief(Segmented<'a>),
    Odd(Odd, Vec<u8>),
}

/// A brief, and what was said before it.
struct Segmented<'a> {
    id: RecordId,
    time: Timestamp,
    brief: Brief,
    manner: Manner,
    captured: u16,
    preface: Option<Preface>,
    /// The beginning of its payload.
    behind: &'a [Slot],
}

impl<'a> Reader<'a> {
    fn new(held: &Held, rest: &'a [Slot]) -> Self {
        Self {
            rest,
            base: RecordId::default(),
            start: Timestamp::default(),
            manners: Default::default(),
            most: held.most,
        }
    }

    fn next(&mut self) -> Option<Told<'a>> {
        let first = self.slot()?;
        if let Some(odd) = Odd::of_slot(first) {
            (self.base, self.start) = (odd.id, odd.time);
            let len = odd.len as usize;
            let bytes = bytes_of(self.take(Slots::needed(len)).iter().copied(), len);
            return Some(Told::Odd(odd, bytes));
        }
        let (brief, preface) = match Brief::of_slot(first) {
            Some(brief) => (brief, None),
            None => (Brief::of_slot(self.slot()?)?, Some(Preface::of_slot(first))),
        };
        let manner = &mut self.manners[usize::from(brief.side())];
        if let Some(preface) = &preface {
            (self.base, self.start) = (preface.id, preface.time);
            *manner = preface.manner;
        }
        let manner = *manner;
        let (steps, nanos) = brief.steps();
        let base = self.base;
        let usual = brief.payload_len().min(self.most);
        let captured = preface.map_or(usual, |preface| preface.captured);
        let kept = usize::from(captured).min(Prefix::CAPACITY);
        let behind = if brief.has(FOLLOWED) {
            self.take(Slots::needed(kept))
        } else {
            &[]
        };
        Some(Told::Brief(Segmented {
            id: RecordId::new(base.source(), base.number() + steps)
                .at(base.order() + steps)
                .through(base.interface()),
            time: self.start.plus(nanos.cast_signed()),
            brief,
            manner,
            captured,
            preface,
            behind,
        }))
    }

    fn slot(&mut self) -> Option<Slot> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, many: usize) -> &'a [Slot] {
        let (taken, rest) = self.rest.split_at(many.min(self.rest.len()));
        self.rest = rest;
        taken
    }
}

impl Segmented<'_> {
    /// As decoding gave it, with as much of its payload as is left.
    fn segment<'a>(&self, held: &Held, payload: &'a [u8]) -> Segment<'a> {
        let brief = &self.brief;
        let (from, to) = held.ends.from_to(brief.side());
        let stamps = Some(brief.stamps()).filter(|_| self.manner.has_stamps());
        let extras = self
            .preface
            .map(|preface| preface.extras)
            .unwrap_or_default();
        let has_end = self.captured >= 5;
        Segment {
            from,
            to,
            encapsulation: Encapsulation::default(),
            header: Header {
                record: self.id,
                time: self.time,
                ip: self.manner.ip(brief.ip_id()),
                seq: brief.seq(),
                ack: brief.ack(),
                flags: brief.flags(),
                window: brief.window(),
                options: extras.options(stamps),
                payload_len: brief.payload_len().into(),
                checksum: extras.checksum(),
            },
            payload,
            captured: self.captured.into(),
            ends_body: has_end.then(|| brief.ends_body()),
        }
    }
}
