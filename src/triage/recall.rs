//! What a scout remembers of records, so that those that do not matter need not be read twice: [`Recall`], [`Passage`].

use super::bits::Bit;
use super::rising::Rising;
use crate::decode::Record;
use crate::origin::Timestamp;
use crate::tcp::Flow;
use std::ops::Range;

/// Of many records, one behind the other, the bits of their flows and their lengths. It is one piece of memory, so that the system has it back when
/// it is not needed any more.
#[derive(Clone, Debug, Default)]
pub struct Recall {
    /// Of each record the bit above its length; behind a length that is [`Recall::LONG`] stands the length itself.
    words: Vec<u32>,
}

/// Some records, one behind the other, and where they are remembered.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    words: Range<usize>,
    /// Whether records are remembered, and not only their times.
    is_whole: bool,
    records: u64,
    times: Rising,
}

/// Where a record is that must be looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// How many records of its passage are before it.
    pub place: u32,
    /// Their captured bytes.
    pub before: u64,
    /// Its own captured bytes.
    pub len: u32,
}

impl Recall {
    /// Bits of a word that hold a length: what remains beside the bit of a flow.
    const LEN_BITS: u32 = u32::BITS - Bit::BITS;
    const LONG: u32 = (1 << Self::LEN_BITS) - 1;

    /// Remembers the record that has passed, an ordinary segment of `flow`; `None` for any other, which must be looked at again.
    #[inline]
    pub(super) fn note(&mut self, flow: Option<Flow>, record: &Record<'_>) {
        // The first bit stands for none: flows that have it are looked at again, and so are the sampled.
        let bit = match flow {
            Some(flow) if !flow.is_sampled() => Bit::of(flow).index() << Self::LEN_BITS,
            _ => 0,
        };
        match u32::try_from(record.bytes.len()) {
            Ok(len) if len < Self::LONG => self.words.push(bit | len),
            len => self
                .words
                .extend([bit | Self::LONG, len.unwrap_or(u32::MAX)]),
        }
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        self.words.len() * size_of::<u32>()
    }

    /// The records of a passage, each with the bit of its flow; `None` where that must be looked at again.
    pub(super) fn iter(&self, passage: &Passage) -> impl Iterator<Item = (Option<Bit>, Again)> {
        let words = self.words.get(passage.words.clone()).unwrap_or_default();
        let mut words = words.iter();
        let mut next = Again {
            place: 0,
            before: 0,
            len: 0,
        };
        std::iter::from_fn(move || {
            let word = *words.next()?;
            next.len = match word & Self::LONG {
                Self::LONG => *words.next()?,
                len => len,
            };
            let this = next;
            next.place += 1;
            next.before += u64::from(next.len);
            Some((Bit::new(word >> Self::LEN_BITS), this))
        })
    }
}

impl Passage {
    /// No record yet, behind all that is remembered; of times alone where not `is_whole`.
    pub(super) fn begin(recall: &Recall, is_whole: bool) -> Self {
        Self {
            words: recall.words.len()..recall.words.len(),
            is_whole,
            ..Self::default()
        }
    }

    /// Takes a record's time, whether or not the record is remembered.
    #[inline]
    pub(super) fn pass(&mut self, time: Timestamp) {
        self.records += 1;
        self.times.pass(time);
    }

    /// Ends it before what will be remembered next.
    pub(super) fn end(&mut self, recall: &Recall) {
        self.words.end = recall.words.len();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::RecordId;

    fn flow(n: u32) -> Flow {
        Flow::between_v4((n, 40_000), (0x0a00_0001, 443))
    }

    fn record(bytes: &[u8]) -> Record<'_> {
        Record {
            id: RecordId::default(),
            time: Timestamp::default(),
            link: LinkType::ETHERNET,
            bytes,
            original_len: 5_000,
        }
    }

    #[test]
    fn flows_and_lengths_come_out_as_they_went_in() {
        let sampled = (0..100_000).find(|n| flow(*n).is_sampled());
        let flows = [None, Some(1), Some(2), sampled, Some(3)];
        let lens = [60, 0, 2_046, 2_047, 5_000];
        let mut recall = Recall::default();
        recall.note(None, &record(&[]));
        let mut passage = Passage::begin(&recall, true);
        let bytes = [0; 5_000];
        for (n, len) in flows.into_iter().zip(lens) {
            let bytes = bytes.get(..len).unwrap_or_default();
            recall.note(n.map(flow), &record(bytes));
        }
        passage.end(&recall);
        recall.note(None, &record(&[]));
        let bit = |n| Some(Bit::of(flow(n)));
        let again = |place, before, len| Again { place, before, len };
        assert_eq!(
            recall.iter(&passage).collect::<Vec<_>>(),
            [
                (None, again(0, 0, 60)),
                (bit(1), again(1, 60, 0)),
                (bit(2), again(2, 60, 2_046)),
                (None, again(3, 2_106, 2_047)),
                (bit(3), again(4, 4_153, 5_000)),
            ]
        );
    }
}
