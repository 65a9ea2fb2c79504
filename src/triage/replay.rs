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
                let Some((before, frame)) = bytes.split_first_chunk() else {
                    continue;
                };
                let (original_len, cut) = read_head_of_odd(*before);
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
        let (from, to) = held.ends.sent(brief.side());
        let stamps = Some(brief.stamps()).filter(|_| self.manner.has_stamps());
        let extras = self
            .preface
            .map(|preface| preface.extras)
            .unwrap_or_default();
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
            ends_body: brief.ends_body(self.captured),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::room::Room;
    use super::super::sight::Sight;
    use super::*;
    use crate::decode::{Decoded, decode};
    use crate::tcp::Flow;
    use crate::testkit::{WRAPPINGS, frames, pcap, tell};

    const STORY: &str = "0.0 client > server SYN seq 0 mss 1460 scale 7 ts 1/0
         0.1 server > client SYN,ACK seq 0 ack 1 mss 1400 ts 9/1
         0.2 client > server PSH,ACK seq 1 ack 1 ts 2/9 data \"hello\"
         0.3 server > client ACK seq 1 ack 6 ts 10/2
         0.4 server > client PSH,ACK seq 1 ack 6 ttl 7 data \"0\\r\\n\\r\\n\"
         0.5 client > server FIN,ACK seq 6 ack 6 dscp 7";

    /// Segments that only lack a payload that nobody asks for are told as equal.
    fn told(segment: &Segment<'_>, payload: &[u8]) -> String {
        format!(
            "{:?}",
            Segment {
                payload,
                ..*segment
            }
        )
    }

    /// Holds records and takes them again: `(as decoded, as held)` of each, and how many were held as segments.
    fn held_and_taken(records: &[Record<'_>]) -> (Vec<(String, String)>, usize) {
        let mut pairs = Vec::new();
        let mut segments = 0;
        for record in records {
            let mut room = Room::new(1 << 20);
            let Some(sight) = Sight::at(record) else {
                continue;
            };
            let Decoded::Segment(decoded) = decode(record) else {
                unreachable!("a sight is of a segment")
            };
            assert_eq!(sight.flow, decoded.flow());
            if !sight.is_plain || decoded.header.flags.rst() {
                continue;
            }
            let payload = &record.bytes[sight.payload()];
            assert_eq!(payload, decoded.payload);
            room.hold(None, &sight, record.id, || payload);
            room.take(sight.flow, |held| {
                let Late::Segment(segment) = held else {
                    unreachable!("it is plain")
                };
                segments += 1;
                pairs.push((
                    told(&decoded, decoded.payload),
                    told(segment, segment.payload),
                ));
            });
        }
        (pairs, segments)
    }

    #[test]
    fn a_plain_segment_comes_out_as_decoding_gives_it() {
        let mut held = 0;
        for wrapping in WRAPPINGS {
            for (number, frame) in (1..).zip(frames(pcap(&tell(STORY)))) {
                let frame = frame.wrapped(wrapping);
                let mut bytes = vec![frame.bytes.clone()];
                bytes.extend((0..frame.bytes.len()).map(|len| frame.bytes[..len].to_vec()));
                for place in 0..frame.bytes.len().min(80) {
                    for change in [0x01, 0x10, 0x2f, 0x80, 0xff] {
                        let mut changed = frame.bytes.clone();
                        changed[place] ^= change;
                        bytes.push(changed);
                    }
                }
                let record = |bytes| Record {
                    id: RecordId::new(2, number).at(number + 70_000),
                    time: Timestamp::from_nanos(1_700_000_000_000_000_001),
                    link: LinkType(frame.link),
                    bytes,
                    original_len: frame.original_len,
                };
                let records: Vec<_> = bytes.iter().map(|bytes| record(bytes.as_slice())).collect();
                let (pairs, segments) = held_and_taken(&records);
                held += segments;
                for (decoded, taken) in pairs {
                    assert_eq!(decoded, taken, "{}", wrapping.name);
                }
            }
        }
        assert!(held > 1_000, "{held}");
    }

    #[test]
    fn a_conversation_comes_out_as_it_was_but_for_payloads_that_nobody_asks_for() {
        let frames = frames(pcap(&tell(STORY)));
        let mut room = Room::new(1 << 20);
        let mut expected = Vec::new();
        let mut flow = Flow::default();
        // Places far behind each other, times that fall, other interfaces and sources: whatever a preface must say anew.
        let steps = [
            (1, 1, 0, None),
            (2, 2, 9, None),
            (1 << 30, 1 << 30, 5, None),
        ];
        let more = [
            (1 << 41, 7, -5, Some(3)),
            (1 << 41, 8, 1 << 50, Some(3)),
            (1 << 42, 9, 3, None),
        ];
        for (frame, (order, number, nanos, interface)) in
            frames.iter().zip(steps.into_iter().chain(more))
        {
            let record = Record {
                id: RecordId::new(1, number).at(order).through(interface),
                time: Timestamp::from_nanos(nanos),
                link: LinkType(frame.link),
                bytes: &frame.bytes,
                original_len: frame.original_len,
            };
            let sight = Sight::at(&record).filter(|sight| sight.is_plain);
            let (Some(sight), Decoded::Segment(decoded)) = (sight, decode(&record)) else {
                unreachable!("all are plain")
            };
            flow = sight.flow;
            room.hold(room.find(flow), &sight, record.id, || {
                &record.bytes[sight.payload()]
            });
            expected.push(told(&decoded, decoded.payload));
        }
        let mut taken = Vec::new();
        room.take(flow, |held| {
            let Late::Segment(segment) = held else {
                unreachable!("all are plain")
            };
            taken.push(told(segment, segment.payload));
        });
        assert_eq!(taken.len(), 6);
        assert_eq!(expected, taken);
    }
}
