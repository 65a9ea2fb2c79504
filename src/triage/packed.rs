//! Records in few bytes: [`Packed`].
//!
//! The headers of one direction of a connection are nearly equal from segment to segment: numbers grow, checksums differ. So of each header only
//! the bytes are kept that differ from the one before, with a bit for each byte that says which. What comes out is what went in, byte for byte.

use crate::decode::{LinkType, Record};
use crate::origin::{RecordId, Timestamp};

/// Records, one behind the other.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    bytes: Vec<u8>,
    last: State,
}

/// What the next record is told against.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    id: RecordId,
    time: Timestamp,
    link: u16,
    /// The latest headers, one of each direction.
    headers: [Header; 2],
}

#[derive(Clone, Copy, Debug)]
struct Header {
    bytes: [u8; LONGEST],
    len: u8,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            bytes: [0; LONGEST],
            len: 0,
        }
    }
}

/// What was left out of a record's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes of payload had been captured.
    pub captured: u32,
    /// The last of them.
    pub tail: [u8; 5],
}

impl Packed {
    /// Adds a record, of which the first `header` bytes are like those of the last one from the same side. It is put together in `out`, whatever
    /// that held.
    pub fn push(
        &mut self,
        record: &Record<'_>,
        header: usize,
        side: bool,
        cut: Option<Cut>,
        out: &mut Vec<u8>,
    ) {
        let (header, behind) = record
            .bytes
            .split_at_checked(header)
            .unwrap_or((&[], record.bytes));
        let last = &mut self.last;
        let plain = record.id.source() == last.id.source()
            && record.id.interface() == last.id.interface()
            && record.link.0 == last.link;
        let known = &mut last.headers[usize::from(side)];
        let alike = usize::from(known.len) == header.len() && !header.is_empty();
        let step = |now: u64, before: u64| zigzag(now.wrapping_sub(before).cast_signed());
        let order = step(record.id.order(), last.id.order());
        let number = step(record.id.number(), last.id.number());
        out.clear();
        out.push(
            [
                (plain, PLAIN),
                (side, SIDE),
                (cut.is_some(), CUT),
                (alike, ALIKE),
                (order == number, ONCE),
            ]
            .into_iter()
            .fold(0, |kind, (is, bit)| kind | (u8::from(is) * bit)),
        );
        if !plain {
            out.extend(record.id.source().to_le_bytes());
            out.extend(record.id.interface().unwrap_or(u16::MAX).to_le_bytes());
            out.extend(record.link.0.to_le_bytes());
        }
        write(out, order);
        if order != number {
            write(out, number);
        }
        let nanos = record.time.nanos().wrapping_sub(last.time.nanos());
        write(out, zigzag(nanos));
        write(out, record.original_len.into());
        write(out, header.len() as u64);
        write(out, behind.len() as u64);
        if let Some(cut) = cut {
            write(out, cut.captured.into());
            out.extend(cut.tail);
        }
        if alike {
            known.tell(header, out);
        } else {
            out.extend_from_slice(header);
            if !header.is_empty() {
                known.learn(header);
            }
        }
        out.extend_from_slice(behind);
        last.id = record.id;
        last.time = record.time;
        last.link = record.link.0;
        self.make_room(out.len());
        self.bytes.extend_from_slice(out);
    }

    /// Gives the records, in their order.
    pub fn each(&self, mut give: impl FnMut(&Record<'_>, Option<Cut>)) {
        let mut reader = Reader {
            rest: &self.bytes,
            last: State::default(),
            record: Vec::new(),
        };
        // The end is where nothing can be read any more.
        while reader.next(&mut give).is_some() {}
    }

    /// Whether the record with that id was added last.
    pub fn ends_with(&self, id: RecordId) -> bool {
        !self.bytes.is_empty() && self.last.id == id
    }

    /// Bytes that it takes beside itself.
    pub const fn room(&self) -> usize {
        self.bytes.capacity()
    }

    /// Forgets everything, and keeps at most `spare` bytes of room.
    pub fn clear(&mut self, spare: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(spare);
        self.last = State::default();
    }

    /// Grows by a quarter at a time: there are many of these, and most stay small.
    fn make_room(&mut self, more: usize) {
        let (len, room) = (self.bytes.len(), self.bytes.capacity());
        if room - len < more {
            self.bytes.reserve_exact(more.max(room / 4));
        }
    }
}

impl Header {
    /// Writes which bytes of `header` differ, and these, and learns it.
    fn tell(&mut self, header: &[u8], out: &mut Vec<u8>) {
        let known = self.bytes.get_mut(..header.len()).unwrap_or_default();
        let bits = out.len();
        out.resize(bits + header.len().div_ceil(8), 0);
        for (eight, (known, header)) in known.chunks_mut(8).zip(header.chunks(8)).enumerate() {
            if known == header {
                continue;
            }
            let mut differ = 0;
            for (bit, (known, now)) in known.iter_mut().zip(header).enumerate() {
                if *known != *now {
                    differ |= 1 << bit;
                    out.push(*now);
                    *known = *now;
                }
            }
            if let Some(byte) = out.get_mut(bits + eight) {
                *byte = differ;
            }
        }
    }

    fn learn(&mut self, header: &[u8]) {
        self.len = 0;
        if let Some(room) = self.bytes.get_mut(..header.len()) {
            room.copy_from_slice(header);
            self.len = u8::try_from(header.len()).unwrap_or(0);
        }
    }
}

/// Reads what was packed.
struct Reader<'a> {
    rest: &'a [u8],
    last: State,
    record: Vec<u8>,
}

impl Reader<'_> {
    fn next(&mut self, give: &mut impl FnMut(&Record<'_>, Option<Cut>)) -> Option<()> {
        let [kind] = self.array()?;
        let (mut source, mut interface) = (self.last.id.source(), self.last.id.interface());
        if kind & PLAIN == 0 {
            source = u16::from_le_bytes(self.array()?);
            interface = Some(u16::from_le_bytes(self.array()?)).filter(|place| *place != u16::MAX);
            self.last.link = u16::from_le_bytes(self.array()?);
        }
        let order = self.step()?;
        let number = if kind & ONCE == 0 {
            self.step()?
        } else {
            order
        };
        let order = self.last.id.order().wrapping_add_signed(order);
        let number = self.last.id.number().wrapping_add_signed(number);
        let nanos = self.last.time.nanos().wrapping_add(self.step()?);
        self.last.id = RecordId::new(source, number).at(order).through(interface);
        self.last.time = Timestamp::from_nanos(nanos);
        let original_len = u32::try_from(self.number()?).ok()?;
        let header = usize::try_from(self.number()?).ok()?;
        let behind = usize::try_from(self.number()?).ok()?;
        let cut = match kind & CUT {
            0 => None,
            _ => Some(Cut {
                captured: u32::try_from(self.number()?).ok()?,
                tail: self.array()?,
            }),
        };
        self.record.clear();
        let side = usize::from(kind & SIDE != 0);
        if kind & ALIKE == 0 {
            let bytes = self.take(header)?;
            if header > 0 {
                self.last.headers[side].learn(bytes);
            }
            self.record.extend_from_slice(bytes);
        } else {
            let differ = self.take(header.div_ceil(8))?;
            for place in 0..header {
                let bit = differ.get(place / 8)? >> (place % 8) & 1;
                if bit == 1 {
                    let [byte] = self.array()?;
                    *self.last.headers[side].bytes.get_mut(place)? = byte;
                }
            }
            let known = self.last.headers[side].bytes.get(..header)?;
            self.record.extend_from_slice(known);
        }
        let behind = self.take(behind)?;
        self.record.extend_from_slice(behind);
        let record = Record {
            id: self.last.id,
            time: self.last.time,
            link: LinkType(self.last.link),
            bytes: &self.record,
            original_len,
        };
        give(&record, cut);
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.array()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn step(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }
}

/// Writes a number, seven bits a byte, the lowest first.
fn write(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// Small numbers of either sign as small ones without.
const fn zigzag(step: i64) -> u64 {
    (step << 1 ^ step >> 63).cast_unsigned()
}

/// The source, the interface and the link type are those of the record before.
const PLAIN: u8 = 1;
/// From which of two sides.
const SIDE: u8 = 2;
/// Payload was left out.
const CUT: u8 = 4;
/// The header is told by what differs.
const ALIKE: u8 = 8;
/// The number in the source has grown as the place in the capture has.
const ONCE: u8 = 16;
/// Longer headers are kept as they are: link, IPv6 and TCP with the usual options fit.
const LONGEST: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Told = (RecordId, i64, u16, Vec<u8>, u32, usize, bool, Option<Cut>);

    fn told() -> impl Strategy<Value = Told> {
        let id = (
            0_u16..3,
            0_u64..1 << 48,
            0_u64..1 << 40,
            any::<Option<u8>>(),
        );
        let id = id.prop_map(|(source, number, order, interface)| {
            RecordId::new(source, number)
                .at(order)
                .through(interface.map(u16::from))
        });
        let bytes = prop::collection::vec(0_u8..4, 0..200);
        let cut = any::<Option<(u32, [u8; 5])>>()
            .prop_map(|cut| cut.map(|(captured, tail)| Cut { captured, tail }));
        (
            id,
            any::<i64>(),
            0_u16..3,
            bytes,
            any::<u32>(),
            0_usize..120,
            any::<bool>(),
            cut,
        )
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(told in prop::collection::vec(told(), 0..12)) {
            let mut packed = Packed::default();
            for (id, nanos, link, bytes, original_len, header, side, cut) in &told {
                let record = Record {
                    id: *id,
                    time: Timestamp::from_nanos(*nanos),
                    link: LinkType(*link),
                    bytes,
                    original_len: *original_len,
                };
                packed.push(&record, *header, *side, *cut, &mut Vec::new());
            }
            let mut left = told.iter();
            packed.each(|record, cut| {
                let (id, nanos, link, bytes, original_len, _, _, expected) = left.next().unwrap();
                assert_eq!(record.id, *id);
                assert_eq!(record.id.interface(), id.interface());
                assert_eq!(record.time.nanos(), *nanos);
                assert_eq!(record.link.0, *link);
                assert_eq!(record.bytes, bytes);
                assert_eq!(record.original_len, *original_len);
                assert_eq!(cut, *expected);
            });
            prop_assert!(left.next().is_none());
        }
    }
}
