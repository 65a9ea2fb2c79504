//! [`Batch`]: many records in one buffer, so that a packet costs no allocation and no system call.

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
}

impl Batch {
    /// An empty batch; the first fill gives it its buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The records, in the order of the capture.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        self.index.iter().map(|entry| self.at(entry))
    }

    /// The record at `place`, from 0. `None` behind the last.
    pub fn record(&self, place: usize) -> Option<Record<'_>> {
        self.index.get(place).map(|entry| self.at(entry))
    }

    fn at(&self, entry: &Entry) -> Record<'_> {
        Record {
            id: RecordId {
                order: entry.number,
                source: self.source,
                number: entry.number,
            },
            time: entry.time,
            link: entry.link,
            // Every entry was made from a slice of these bytes, so the empty record stands for what cannot be.
            bytes: self
                .bytes
                .get(entry.start..)
                .and_then(|rest| rest.get(..entry.len as usize))
                .unwrap_or(&[]),
            original_len: entry.original_len,
        }
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
