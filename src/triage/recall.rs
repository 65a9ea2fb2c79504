//! What a scout remembers of records, so that those that do not matter need not be read twice: [`Recall`].

use super::bits::Pair;
use super::rising::Rising;
use super::{Marks, Sketch};
use crate::decode::Record;
use crate::origin::Timestamp;
use crate::tcp::Flow;

/// Of some records, one behind the other, their times and, where it [is whole](Recall::is_whole), the bits of their flows and their lengths.
#[derive(Debug, Default)]
pub struct Recall {
    /// Of each record the bits above its length; behind a length that is [`Recall::LONG`] stands the length itself.
    words: Vec<u64>,
    is_whole: bool,
    records: u64,
    times: Rising,
    /// Where the words stand of those that were late, and of the ones before them.
    late: Vec<usize>,
    /// Behind where the latest length stands that takes a word of its own.
    long: usize,
}

/// Which of some records must be looked at again: a few bytes for each.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Of each its step, the bytes between the one before and this one, and those that it takes.
    told: Box<[u8]>,
    count: u64,
}

/// Where a record is that must be looked at again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// How many of the records are before it.
    pub place: u64,
    /// The bytes that they take where they stand.
    pub before: u64,
    /// Those that it takes itself.
    pub len: u64,
}

impl Chosen {
    /// Those of `records`, which stand in their order.
    fn of(records: impl Iterator<Item = Again>, room: &mut Vec<u8>) -> Self {
        room.clear();
        let mut count = 0;
        let (mut place, mut end) = (0, 0);
        for one in records {
            for number in [one.place - place, one.before - end, one.len] {
                push_number(room, number);
            }
            (place, end) = (one.place, one.before + one.len);
            count += 1;
        }
        Self {
            told: room.as_slice().into(),
            count,
        }
    }

    /// How many they are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Bytes that it takes.
    pub const fn size(&self) -> usize {
        self.told.len()
    }

    /// Each of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Again> {
        let mut told = self.told.iter();
        let (mut place, mut end) = (0, 0);
        std::iter::from_fn(move || {
            place += next_number(&mut told)?;
            let before = end + next_number(&mut told)?;
            let len = next_number(&mut told)?;
            end = before + len;
            Some(Again { place, before, len })
        })
    }
}

/// Adds a number in as many bytes as it has sevens of bits, the lowest first (LEB128).
fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return bytes.push(low & 0x7f);
        }
        bytes.push(low | 0x80);
    }
}

/// Reads the next one.
fn next_number<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl Recall {
    /// Bits of a word that hold a length: what remains beside those of a flow.
    const LEN_BITS: u32 = u64::BITS - Pair::BITS;
    const LONG: u64 = (1 << Self::LEN_BITS) - 1;

    /// Forgets everything, and keeps its memory; from now on only times are remembered where not `is_whole`.
    pub(super) fn begin(&mut self, is_whole: bool) {
        self.words.clear();
        self.late.clear();
        *self = Self {
            words: std::mem::take(&mut self.words),
            late: std::mem::take(&mut self.late),
            is_whole,
            ..Self::default()
        };
    }

    /// Takes a record's time, whether or not the record is remembered.
    #[inline]
    pub(super) fn pass(&mut self, time: Timestamp) {
        self.records += 1;
        if self.times.pass(time) {
            self.is_late();
        }
    }

    /// Notes that the record is late that is remembered next: it must be looked at again, and so must the one before it. By these it shows when time
    /// fell.
    #[cold]
    fn is_late(&mut self) {
        let next = self.words.len();
        let before = if self.long == next { 2 } else { 1 };
        self.late.extend(next.checked_sub(before));
        self.late.push(next);
    }

    /// Remembers the record that has passed, an ordinary segment of `flow`; `None` for any other, which must be looked at again.
    #[inline]
    pub(super) fn note(&mut self, flow: Option<Flow>, record: &Record<'_>) {
        // Zeros stand for none, and for the sampled.
        let bits = match flow {
            Some(flow) if !flow.is_sampled() => Pair::of(flow).told() << Self::LEN_BITS,
            _ => 0,
        };
        let len = record.bytes.len() as u64;
        if len < Self::LONG {
            self.words.push(bits | len);
        } else {
            self.words.extend([bits | Self::LONG, len]);
            self.long = self.words.len();
        }
    }

    /// Takes it that nothing follows.
    pub(super) fn end(&mut self) {
        for place in self.late.drain(..) {
            if let Some(word) = self.words.get_mut(place) {
                *word &= Self::LONG;
            }
        }
    }

    /// Bytes that it takes.
    pub const fn size(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    /// Whether records are remembered, and not only their times.
    #[inline]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// How many records have passed.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// The times of all that have passed.
    pub const fn times(&self) -> &Rising {
        &self.times
    }

    /// The records that must be looked at again: those of marked and of sampled flows, and what is no ordinary segment. The flows of the others
    /// are counted. A record takes `span` bytes where it stands if so many were captured; `room` is scratch. `None`: not enough is remembered.
    pub fn choose(
        &self,
        marks: &Marks,
        sketch: &mut Sketch,
        span: impl Fn(u64) -> u64,
        room: &mut Vec<u8>,
    ) -> Option<Chosen> {
        if !self.is_whole {
            return None;
        }
        let mut words = self.words.iter();
        let mut next = Again::default();
        let records = std::iter::from_fn(|| {
            loop {
                let word = *words.next()?;
                let mut this = next;
                this.len = span(match word & Self::LONG {
                    Self::LONG => *words.next()?,
                    len => len,
                });
                next.place += 1;
                next.before += this.len;
                match Pair::new(word >> Self::LEN_BITS) {
                    Some(pair) if !marks.has_pair(pair) => sketch.add_pair(pair),
                    _ => return Some(this),
                }
            }
        });
        Some(Chosen::of(records, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::RecordId;

    fn flow(n: u32) -> Flow {
        Flow::between_v4((n, 40_000), (0x0a00_0001, 443))
    }

    fn note(recall: &mut Recall, flow: Option<Flow>, len: usize) {
        note_at(0, recall, flow, len);
    }

    fn note_at(time: i64, recall: &mut Recall, flow: Option<Flow>, len: usize) {
        recall.pass(Timestamp::from_nanos(time));
        recall.note(
            flow,
            &Record {
                id: RecordId::default(),
                time: Timestamp::default(),
                link: LinkType::ETHERNET,
                bytes: &vec![0; len],
                original_len: 5_000_000,
            },
        );
    }

    #[test]
    fn those_of_reset_and_sampled_flows_and_odd_ones_are_chosen_where_they_are() {
        let sampled = (0..100_000).map(flow).find(|flow| flow.is_sampled());
        let records = [
            (Some(flow(1)), 60),
            (None, 0),
            (Some(flow(2)), 5_000_000),
            (Some(flow(3)), 70),
            (sampled, 4_194_303),
            (Some(flow(2)), 127),
            (Some(flow(2)), 128),
        ];
        let mut recall = Recall::default();
        recall.begin(true);
        for (flow, len) in records {
            note(&mut recall, flow, len);
        }
        let (mut marks, mut sketch) = (Marks::new(), Sketch::new());
        marks.set(flow(2));
        let span = |len| len + 3;
        let room = &mut Vec::new();
        let chosen = recall.choose(&marks, &mut sketch, span, room).unwrap();
        let again = |place, before, len| Again { place, before, len };
        assert_eq!(
            chosen.iter().collect::<Vec<_>>(),
            [
                again(1, 63, 3),
                again(2, 66, 5_000_003),
                again(4, 5_000_142, 4_194_306),
                again(5, 9_194_448, 130),
                again(6, 9_194_578, 131),
            ]
        );
        assert_eq!((chosen.count(), recall.records()), (5, 7));
        assert_eq!(sketch.estimate_with(None), 2, "those that are not");
    }

    #[test]
    fn those_that_are_late_are_chosen_and_the_ones_before_them() {
        let chosen = |times: &[i64]| {
            let mut recall = Recall::default();
            recall.begin(true);
            for time in times {
                let len = if *time == 7 { 5_000_000 } else { 10 };
                note_at(*time, &mut recall, Some(flow(1)), len);
            }
            recall.end();
            let chosen = recall
                .choose(
                    &Marks::new(),
                    &mut Sketch::new(),
                    |len| len,
                    &mut Vec::new(),
                )
                .unwrap();
            chosen.iter().map(|one| one.place).collect::<Vec<_>>()
        };
        assert_eq!(chosen(&[1, 2, 5, 3, 4, 5, 7, 6]), [2, 3, 4, 6, 7]);
        assert_eq!(chosen(&[2, 1, 2]), [0, 1]);
    }

    #[test]
    fn of_times_alone_nothing_is_chosen() {
        let mut recall = Recall::default();
        recall.begin(true);
        note(&mut recall, None, 9);
        recall.begin(false);
        recall.pass(Timestamp::from_nanos(7));
        let chosen = recall.choose(
            &Marks::new(),
            &mut Sketch::new(),
            |len| len,
            &mut Vec::new(),
        );
        assert!(chosen.is_none());
        assert_eq!((recall.records(), recall.size()), (1, 0));
    }
}
