//! Records in few bytes: [`Packing`] writes them, [`unpack`] reads them.
//!
//! The headers of one direction of a connection are nearly equal from segment to segment: numbers grow. So of each word of eight bytes only
//! those are kept that differ from the one before, from the first to the last, with a byte that says which. What comes out is what went in, byte
//! for byte, but for checksums and addresses of the link that nobody asks for.

use crate::decode::{LinkType, Record};
use crate::origin::{RecordId, Timestamp};

/// What the next record of a log is told against.
#[derive(Clone, Debug, Default)]
pub struct Packing {
    id: RecordId,
    time: Timestamp,
    link: u16,
    /// The latest headers, one of each direction.
    headers: [Words; 2],
}

/// A record to be packed.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// The record.
    pub record: Record<'a>,
    /// How many of its bytes are like those of the last one from the same side, [`longest`] at most, and these in words.
    pub header: usize,
    pub words: &'a Words,
    /// The bytes that are kept behind them.
    pub behind: &'a [u8],
    /// From which of two sides it comes.
    pub side: bool,
    /// What was left out of its payload.
    pub cut: Option<Cut>,
    /// Whether the beginning of its payload is kept elsewhere.
    pub is_apart: bool,
}

/// What was left out of a record's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many bytes of payload had been captured.
    pub captured: u32,
    /// The last of them.
    pub tail: [u8; 5],
}

/// A record that was read.
#[derive(Clone, Copy, Debug)]
pub struct Unpacked<'a> {
    pub record: Record<'a>,
    pub cut: Option<Cut>,
    /// The side from which it comes, if the beginning of its payload is kept elsewhere.
    pub apart: Option<bool>,
}

impl Packing {
    /// Reads what the next record from `side` is told against.
    #[inline]
    pub fn approach(&self, side: bool) -> u64 {
        let [first, .., last] = &self.headers[usize::from(side)];
        self.id.order() ^ first ^ last
    }

    /// Whether the record with that id was packed last.
    pub fn ends_with(&self, id: RecordId) -> bool {
        self.id == id
    }

    /// Writes a record to `out`, whatever that held, but for the bytes behind its header, which must follow.
    pub fn pack(&mut self, parcel: &Parcel<'_>, out: &mut Bench) {
        let record = &parcel.record;
        let behind = parcel.behind;
        let (order, number) = record.id.steps_from(self.id);
        let nanos = record
            .time
            .nanos()
            .wrapping_sub(self.time.nanos())
            .cast_unsigned();
        let is_near = order == number && order < 1 << 24 && nanos < 1 << 32;
        let is_plain = record.id.came_as(self.id) && record.link.0 == self.link;
        let captured = parcel.cut.map_or(0, |cut| cut.captured);
        let sizes = [record.original_len, captured, size(behind.len())];
        let is_whole = record.original_len == whole_len(parcel.header, parcel.cut, behind.len());
        let is_wide = sizes.iter().any(|size| *size > u32::from(u16::MAX));
        out.len = HEAD;
        if is_near {
            let [steps @ .., _] = (order << 32 | nanos).to_le_bytes();
            out.put(steps);
        } else {
            out.put(order.to_le_bytes());
            out.put(number.to_le_bytes());
            out.put(nanos.to_le_bytes());
        }
        if !is_plain {
            out.put(record.id.source().to_le_bytes());
            out.put(record.id.interface().unwrap_or(u16::MAX).to_le_bytes());
            out.put(record.link.0.to_le_bytes());
        }
        if !is_whole {
            out.put_size(record.original_len, is_wide);
        }
        if !behind.is_empty() {
            out.put_size(size(behind.len()), is_wide);
        }
        if let Some(cut) = parcel.cut {
            out.put_size(captured, is_wide);
            out.put(cut.tail);
        }
        let known = &mut self.headers[usize::from(parcel.side)];
        let differ = tell(known, parcel.words, out);
        let bit = |is: bool, bit: u64| if is { bit } else { 0 };
        let kind = bit(parcel.side, SIDE)
            | bit(is_plain, PLAIN)
            | bit(is_near, NEAR)
            | bit(parcel.cut.is_some(), CUT)
            | bit(is_whole, WHOLE)
            | bit(is_wide, WIDE)
            | bit(parcel.is_apart, APART)
            | bit(!behind.is_empty(), BEHIND);
        out.put_head(differ | (parcel.header as u64) << WORDS | kind);
        self.id = record.id;
        self.time = record.time;
        self.link = record.link.0;
    }
}

/// The length of a frame of which nothing was missing, where its payload begins behind its header.
fn whole_len(header: usize, cut: Option<Cut>, behind: usize) -> u32 {
    size(header).wrapping_add(cut.map_or(size(behind), |cut| cut.captured))
}

/// A number of bytes of a record, whose lengths take four.
#[inline]
fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// How many bytes of a record can be told in words, at most: with Ethernet, IPv4 and TCP with the usual options fit.
#[inline]
pub fn longest(link: LinkType) -> usize {
    unread(link) + size_of::<Words>()
}

/// The first bytes of a record of which nothing is kept: Ethernet's addresses tell nothing of a segment.
#[inline]
fn unread(link: LinkType) -> usize {
    if link == LinkType::ETHERNET { 12 } else { 0 }
}

/// A record's first bytes in words, without the checksums of TCP and of IP at these places.
#[inline]
pub fn words(record: &Record<'_>, len: usize, without: Option<(usize, Option<usize>)>) -> Words {
    let unread = unread(record.link);
    let mut bytes = [0; size_of::<Words>()];
    let kept = record.bytes.get(unread..len).unwrap_or_default();
    if let Some(room) = bytes.get_mut(..kept.len()) {
        room.copy_from_slice(kept);
    }
    let mut clear = |place: usize| {
        if let Some(sum) = place
            .checked_sub(unread)
            .and_then(|place| bytes.get_mut(place..place + 2))
        {
            sum.fill(0);
        }
    };
    if let Some((tcp, ip)) = without {
        clear(tcp);
        ip.into_iter().for_each(clear);
    }
    let mut words = Words::default();
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// Writes what differs of each word, and learns it. A bit for each word says whether something did.
#[inline]
fn tell(known: &mut Words, now: &Words, out: &mut Bench) -> u64 {
    let mut differ = 0;
    for (place, (known, now)) in known.iter_mut().zip(now).enumerate() {
        let difference = *known ^ *now;
        if difference != 0 {
            out.put_difference(difference);
            differ |= 1 << place;
            *known = *now;
        }
    }
    differ
}

/// Where a record is put together.
#[derive(Clone, Debug)]
pub struct Bench {
    bytes: [u8; MOST],
    len: usize,
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            bytes: [0; MOST],
            len: 0,
        }
    }
}

impl Bench {
    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + N) {
            room.copy_from_slice(&bytes);
            self.len += N;
        }
    }

    #[inline]
    fn put_size(&mut self, size: u32, is_wide: bool) {
        if is_wide {
            self.put(size.to_le_bytes());
        } else {
            let [low, high, ..] = size.to_le_bytes();
            self.put([low, high]);
        }
    }

    /// Writes a word that is not zero without the zeros at its ends, and before it how many bytes stand where.
    #[inline]
    fn put_difference(&mut self, word: u64) {
        let from = word.trailing_zeros() / 8;
        let to = 8 - word.leading_zeros() / 8;
        if let Some([kind, room @ ..]) = self.bytes.get_mut(self.len..self.len + 9) {
            [*kind, ..] = (from << 4 | (to - from)).to_le_bytes();
            // All eight: what is beyond is overwritten by what follows.
            room.copy_from_slice(&(word >> (8 * from)).to_le_bytes());
            self.len += 1 + (to - from) as usize;
        }
    }

    fn put_head(&mut self, head: u64) {
        let len = std::mem::take(&mut self.len);
        let [head @ .., _, _, _, _, _] = head.to_le_bytes();
        self.put(head);
        self.len = len;
    }
}

/// Reads records that were packed one behind the other; each is put together in `room`.
pub fn unpack(bytes: &[u8], mut give: impl FnMut(Unpacked<'_>)) {
    let mut reader = Reader {
        rest: bytes,
        last: Packing::default(),
        room: Vec::new(),
    };
    // The end is where nothing can be read any more.
    while reader.next(&mut give).is_some() {}
}

struct Reader<'a> {
    rest: &'a [u8],
    last: Packing,
    room: Vec<u8>,
}

impl Reader<'_> {
    fn next(&mut self, give: &mut impl FnMut(Unpacked<'_>)) -> Option<()> {
        let head = self.number::<HEAD>()?;
        let is = |bit| head & bit != 0;
        let [order, number, nanos] = if is(NEAR) {
            let steps = self.number::<7>()?;
            [steps >> 32, steps >> 32, steps & u64::from(u32::MAX)]
        } else {
            [
                self.number::<8>()?,
                self.number::<8>()?,
                self.number::<8>()?,
            ]
        };
        let last = self.last.id;
        let (mut source, mut interface) = (last.source(), last.interface());
        if !is(PLAIN) {
            source = u16::from_le_bytes(self.array()?);
            interface = Some(u16::from_le_bytes(self.array()?)).filter(|place| *place != u16::MAX);
            self.last.link = u16::from_le_bytes(self.array()?);
        }
        let original_len = if is(WHOLE) {
            None
        } else {
            Some(self.size(is(WIDE))?)
        };
        let behind = if is(BEHIND) { self.size(is(WIDE))? } else { 0 } as usize;
        let cut = if is(CUT) {
            let captured = self.size(is(WIDE))?;
            let tail = self.array()?;
            Some(Cut { captured, tail })
        } else {
            None
        };
        let header = (head >> WORDS & 0x7f) as usize;
        let side = is(SIDE);
        self.learn(side, head)?;
        self.room.clear();
        self.room
            .resize(unread(LinkType(self.last.link)).min(header), 0);
        for word in self.last.headers[usize::from(side)] {
            self.room.extend(word.to_le_bytes());
        }
        self.room.truncate(header);
        let (behind_bytes, rest) = self.rest.split_at_checked(behind)?;
        self.room.extend_from_slice(behind_bytes);
        self.rest = rest;
        self.last.id = RecordId::new(source, last.number().wrapping_add(number))
            .at(last.order().wrapping_add(order))
            .through(interface);
        let nanos = self.last.time.nanos().wrapping_add(nanos.cast_signed());
        self.last.time = Timestamp::from_nanos(nanos);
        give(Unpacked {
            record: Record {
                id: self.last.id,
                time: self.last.time,
                link: LinkType(self.last.link),
                bytes: &self.room,
                original_len: original_len.unwrap_or_else(|| whole_len(header, cut, behind)),
            },
            cut,
            apart: is(APART).then_some(side),
        });
        Some(())
    }

    /// Reads what differs in the words of a header.
    fn learn(&mut self, side: bool, differ: u64) -> Option<()> {
        for place in (0..WORDS).filter(|place| differ >> place & 1 == 1) {
            let [kind] = self.array()?;
            let (from, len) = (kind >> 4, usize::from(kind & 0x0f));
            let (taken, rest) = self.rest.split_at_checked(len)?;
            self.rest = rest;
            let mut bytes = [0; 8];
            bytes.get_mut(..len)?.copy_from_slice(taken);
            let word = self.last.headers[usize::from(side)].get_mut(place)?;
            *word ^= u64::from_le_bytes(bytes) << (8 * from);
        }
        Some(())
    }

    fn size(&mut self, is_wide: bool) -> Option<u32> {
        Some(if is_wide {
            u32::from_le_bytes(self.array()?)
        } else {
            u16::from_le_bytes(self.array()?).into()
        })
    }

    fn number<const N: usize>(&mut self) -> Option<u64> {
        let bytes: [u8; N] = self.array()?;
        let mut number = [0; 8];
        number.get_mut(..N)?.copy_from_slice(&bytes);
        Some(u64::from_le_bytes(number))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }
}

/// The words of a header.
pub type Words = [u64; WORDS];
/// Words of a header, a bit each in a record's head. Above these stand the header's length in seven bits, and what follows it.
const WORDS: usize = 8;
/// Bytes of a record's head.
const HEAD: usize = 3;
/// From which of two sides.
const SIDE: u64 = 1 << 16;
/// The source, the interface and the link type are those of the record before.
const PLAIN: u64 = 1 << 17;
/// Its place, its number and its time are shortly behind those of the record before.
const NEAR: u64 = 1 << 18;
/// Payload was left out.
const CUT: u64 = 1 << 19;
/// The frame was captured to its end.
const WHOLE: u64 = 1 << 20;
/// Sizes take four bytes, not two.
const WIDE: u64 = 1 << 21;
/// The beginning of the payload is kept elsewhere.
const APART: u64 = 1 << 22;
/// There are bytes behind the header.
const BEHIND: u64 = 1 << 23;
/// Bytes of a record before those behind its header, at most: head, three steps, source and link, three sizes, tail, and a byte more for each
/// word of the header.
const MOST: usize = HEAD + 24 + 6 + 12 + 5 + size_of::<Words>() + WORDS;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Told = (
        RecordId,
        i64,
        u16,
        Vec<u8>,
        u32,
        usize,
        [bool; 2],
        Option<Cut>,
    );

    fn told() -> impl Strategy<Value = Told> {
        let numbers = prop_oneof![
            (0_u64..1 << 48, 0_u64..1 << 40),
            (0_u64..99).prop_map(|n| (n, n))
        ];
        let id = (0_u16..3, numbers, any::<Option<u8>>());
        let id = id.prop_map(|(source, (number, order), interface)| {
            RecordId::new(source, number)
                .at(order)
                .through(interface.map(u16::from))
        });
        let cut = any::<Option<(u32, [u8; 5])>>()
            .prop_map(|cut| cut.map(|(captured, tail)| Cut { captured, tail }));
        (
            id,
            prop_oneof![any::<i64>(), 0_i64..1_000],
            0_u16..3,
            prop::collection::vec(0_u8..4, 0..200),
            prop_oneof![any::<u32>(), 0_u32..200],
            0..=size_of::<Words>() + 12,
            any::<[bool; 2]>(),
            cut,
        )
    }

    fn record((id, nanos, link, bytes, original_len, ..): &Told) -> Record<'_> {
        Record {
            id: *id,
            time: Timestamp::from_nanos(*nanos),
            link: LinkType(*link),
            bytes,
            original_len: *original_len,
        }
    }

    fn header((_, _, link, bytes, _, header, ..): &Told) -> usize {
        *header.min(&longest(LinkType(*link))).min(&bytes.len())
    }

    fn parcel<'a>(told: &'a Told, words: &'a Words) -> Parcel<'a> {
        let record = record(told);
        let (.., [side, is_apart], cut) = told;
        let header = header(told);
        Parcel {
            record,
            header,
            words,
            behind: record.bytes.get(header..).unwrap_or_default(),
            side: *side,
            cut: *cut,
            is_apart: *is_apart,
        }
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(told in prop::collection::vec(told(), 0..12)) {
            let mut packing = Packing::default();
            let (mut bench, mut log) = (Bench::default(), Vec::new());
            for told in &told {
                let words = words(&record(told), header(told), None);
                let parcel = parcel(told, &words);
                packing.pack(&parcel, &mut bench);
                log.extend_from_slice(bench.bytes());
                log.extend_from_slice(parcel.behind);
            }
            let mut left = told.iter();
            unpack(&log, |Unpacked { record: seen, cut, apart }| {
                let told = left.next().unwrap();
                let expected = record(told);
                assert_eq!(seen.id, expected.id);
                assert_eq!(seen.id.interface(), expected.id.interface());
                assert_eq!(seen.time, expected.time);
                assert_eq!(seen.link, expected.link);
                assert_eq!(seen.bytes.len(), expected.bytes.len());
                let from = unread(seen.link).min(header(told));
                assert_eq!(seen.bytes[from..], expected.bytes[from..]);
                assert_eq!(seen.original_len, expected.original_len);
                assert_eq!(cut, told.7);
                assert_eq!(apart, told.6[1].then_some(told.6[0]));
            });
            prop_assert!(left.next().is_none());
        }
    }

    #[test]
    fn what_nobody_asks_for_is_left_out() {
        let id = RecordId::new(0, 1);
        let told = (id, 7, 1, vec![9; 60], 60, 60, [false; 2], None);
        let mut bench = Bench::default();
        let words = words(&record(&told), 60, Some((51, Some(30))));
        Packing::default().pack(&parcel(&told, &words), &mut bench);
        unpack(bench.bytes(), |Unpacked { record, .. }| {
            let zeros = (0..60).filter(|at| record.bytes[*at] == 0);
            assert!(zeros.eq((0..12).chain([30, 31, 51, 52])));
        });
    }
}
