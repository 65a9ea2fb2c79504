//! Every bound of tracking, its default, and what is lost when it is reached.

use crate::origin::SECOND;

/// Bounds of a [`Tracker`](super::Tracker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Segments at the beginning during which the cases of others may know of every connection. Behind them only those connections count
    /// among the habits of services and hosts that were reset, or whose [`Flow`](crate::tcp::Flow) is sampled: so what a verdict knows of its
    /// neighbours does not depend on how much of the rest was looked at.
    pub head: u64,
    /// Bytes of records held at once of connections that were not reset so far, where a capture is read once. Past it those go first that have ended,
    /// then those that have been idle for long: should one of them be reset, only what follows is known of it.
    pub held: usize,
    /// Connections followed at once among those that others may know of, and as many among the rest. Past it the one that has been finished longest is forgotten, or, where none is finished, the
    /// one that has been idle longest: should it go on, it is taken for one whose beginning was not captured.
    pub connections: usize,
    /// Finished connections kept, for stragglers and the reuse of their addresses. Past it the one that has been finished longest is
    /// forgotten, unless a case of it is still open: nothing is lost but the tie of a later straggler to it.
    pub finished: usize,
    /// Cases open at once. Past it the oldest settles at once, without what would have followed, and says so.
    pub open_cases: usize,
    /// Services and hosts whose habits are remembered. Past it the one met first is forgotten.
    pub habits: usize,
    /// Nanoseconds of capture time that a case waits after the latest reset of its connection.
    pub case_wait: i64,
    /// Segments that a case waits for at most.
    pub case_segments: usize,
    /// Segments kept of the end of a connection's story, beside its first ones. What lies between is counted only.
    pub timeline: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 32_768,
            held: 64 << 20,
            connections: 65_536,
            finished: 4_096,
            open_cases: 16_384,
            habits: 16_384,
            case_wait: 2 * SECOND,
            case_segments: 16,
            timeline: 32,
        }
    }
}
