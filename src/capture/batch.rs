//! [`Batch`]: many records in one buffer, so that a packet costs no allocation and no system call.

use super::walk::Keep;
use crate::decode::{LinkType, Record};
use crate::origin::{RecordId, Timestamp};

/// Consecutive records of one source, with the bytes they lie in. Owned, so it may cross threads; reused, so it allocates once.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(super) source: u16,
    pub(super) bytes: Vec<u8>,
    pub(super) index: Vec<Entry>,
}

/// Where one record lies in a batch's bytes, and what its header said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) time: Timestamp,
    pub(super) start: usize,
    pub(super) len: u32,
    pub(super) original_len: u32,
    pub(super) link: LinkType,
    /// The interface that captured it, from 0 in the order in which the source describes them; `None` where it describes none.
    pub(super) interface: Option<u16>,
}

impl Entry {
    /// The record of which `frame` are the bytes.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: what is not looked at need not be put together then"
    )]
    pub(super) fn record<'a>(&self, source: u16, frame: &'a [u8]) -> Record<'a> {
        Record {
            id: RecordId::new(source, self.number).through(self.interface),
            time: self.time,
            link: self.link,
            bytes: frame,
            original_len: self.original_len,
        }
    }
}

impl Keep for Vec<Entry> {
    #[inline]
    fn keep(&mut self, entry: Entry, _: &[u8]) {
        self.push(entry);
    }

    fn has_any(&self) -> bool {
        !self.is_empty()
    }
}

impl Batch {
    /// An empty batch; the first fill gives it its buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties it, and keeps its buffer. What is pushed from then on counts as records of `source`, an index from 0.
    pub fn start(&mut self, source: u16) {
        self.source = source;
        self.bytes.clear();
        self.index.clear();
    }

    /// Adds a copy of a record, for sources that are handed one at a time. Call [`Batch::start`] before the first; its source stands for the
    /// record's own.
    pub fn push(&mut self, record: &Record<'_>) {
        // A record has at most as many bytes as its lengths can state.
        let most = u32::MAX as usize;
        let bytes = record.bytes.get(..most).unwrap_or(record.bytes);
        self.index.push(Entry {
            number: record.id.number(),
            time: record.time,
            start: self.bytes.len(),
            len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            original_len: record.original_len,
            link: record.link,
            interface: record.id.interface(),
        });
        self.bytes.extend_from_slice(bytes);
    }

    /// The records, in the order of the capture.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.index.iter().map(|entry| self.at(entry))
    }

    /// The record at `place`, from 0. `None` behind the last.
    pub fn record(&self, place: usize) -> Option<Record<'_>> {
        self.index.get(place).map(|entry| self.at(entry))
    }

    /// Which interface captured the record at `place`, from 0 in the order in which the source describes them. `None` behind the last.
    pub fn interface(&self, place: usize) -> Option<u32> {
        let entry = self.index.get(place)?;
        Some(entry.interface.map_or(0, u32::from))
    }

    fn at(&self, entry: &Entry) -> Record<'_> {
        // Every entry was made from a slice of these bytes, so the empty record stands for what cannot be.
        let frame = self
            .bytes
            .get(entry.start..)
            .and_then(|rest| rest.get(..entry.len as usize))
            .unwrap_or(&[]);
        entry.record(self.source, frame)
    }

    /// Bytes of its records.
    pub fn size(&self) -> u64 {
        self.index.iter().map(|entry| u64::from(entry.len)).sum()
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it holds no record.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_are_pushed_come_out_again() {
        let mut batch = Batch::new();
        batch.start(3);
        for (number, bytes) in [(7, &b"abc"[..]), (8, b""), (9, b"defg")] {
            batch.push(&Record {
                id: RecordId::new(0, number),
                time: Timestamp::from_nanos(5),
                link: LinkType(1),
                bytes,
                original_len: 60,
            });
        }
        let seen: Vec<_> = batch
            .records()
            .map(|record| {
                (
                    record.id.source(),
                    record.id.number(),
                    record.bytes.to_vec(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (3, 7, b"abc".to_vec()),
                (3, 8, vec![]),
                (3, 9, b"defg".to_vec())
            ]
        );
    }
}
