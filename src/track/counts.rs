//! [`Counts`]: what was met.

use super::Copies;
use crate::origin::RecordId;

/// What was tracked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Segments observed, copies included.
    pub segments: u64,
    /// Connections met; each reuse of two addresses counts anew.
    pub connections: u64,
    /// Resets, each of which gave a case.
    pub resets: u64,
    /// Second copies of packets, left out of the story.
    pub copies: Copies,
    /// Segments that bear more than their receiver's maximum segment size.
    pub oversized: Met,
    /// Segments in packets that say no length of their own: handed to an interface to be cut into packets.
    pub unsized_packets: Met,
    /// Segments with a wrong checksum from an endpoint that sends none with a right one: computed later, by its interface.
    pub unfinished: Met,
    /// Segments with a wrong checksum from an endpoint that sends others with a right one.
    pub damaged: Met,
    /// Connections forgotten because there were too many.
    pub forgotten: u64,
    /// Cases settled early because too many were open.
    pub crowded: u64,
}

/// How often something was met, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// How often.
    pub count: u64,
    /// Where first; `None` when never.
    pub first: Option<RecordId>,
}

impl Met {
    pub(super) fn note(&mut self, record: RecordId) {
        self.count += 1;
        self.first.get_or_insert(record);
    }
}
