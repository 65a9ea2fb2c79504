//! Every bound of tracking, its default, and what is lost when it is reached.

use crate::origin::SECOND;

/// Bounds of a [`Tracker`](super::Tracker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Segments at the beginning during which the cases of others may know of every connection. Behind them only those connections count
    /// among the habits of services and hosts that were reset, until [some time](Limits::case_wait) after it, or whose
    /// [`Flow`](crate::tcp::Flow) is sampled: so what a verdict knows of its neighbours does not depend on how much of the rest was looked at. Its
    /// size is a price of speed: measured on some 300 captures with 500 resets, a head of 256 instead of 32,768 segments changed no cause and no
    /// confidence, only what findings had one sample more.
    pub head: u64,
    /// Connections with which that beginning ends at the latest.
    pub head_connections: u64,
    /// Bytes of records held at once of connections that were not reset so far, where a capture is read once, and 256 more for each of them. Past it
    /// those go first that have ended, then those with many records are followed as if they had been reset, and of the others those that have been
    /// idle for long are forgotten: should one of them be reset, only what follows is known of it.
    pub held: usize,
    /// Connections followed at once among those that others may know of, and as many among the rest, those with an open case not counted.
    /// Past it the one that has been finished longest is forgotten, or, where none is finished, the one that has been idle longest: should
    /// it go on, it is taken for one whose beginning was not captured.
    pub connections: usize,
    /// Finished connections kept, for stragglers and the reuse of their addresses. Past it the one that has been finished longest is
    /// forgotten: nothing is lost but the tie of a later straggler to it.
    pub finished: usize,
    /// The same of those that others may not know of, most of which will never be reset.
    pub ended: usize,
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

impl Limits {
    /// Bounds for a process that is to stay within `bytes`, itself included, for as long as it runs.
    ///
    /// What is given up first: connections that are finished, then those that have been idle longest; those with an open case never, for open
    /// cases have a bound of their own, past which the oldest settles early. Chosen by what was measured of each: a connection takes 2 to 3
    /// KB after its SYN, some 6 KB with an exchange and 10 KB at most; a case 5 to 15 KB; a service with all its recent events 25 KB.
    #[must_use]
    pub fn within(bytes: u64) -> Self {
        let each = |cost: u64, least: u64, most: usize| {
            usize::try_from((bytes / cost).max(least)).map_or(most, |count| count.min(most))
        };
        let default = Self::default();
        Self {
            held: each(4, 1 << 20, 1 << 30),
            connections: each(16 << 10, Self::FEWEST as u64, 1 << 20),
            finished: each(64 << 10, 256, default.finished),
            ended: each(64 << 10, 256, default.ended),
            open_cases: each(32 << 10, 256, default.open_cases),
            habits: each(64 << 10, 256, default.habits),
            ..default
        }
    }

    /// Connections that are followed in any case.
    pub const FEWEST: usize = 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 8_192,
            head_connections: 2_048,
            held: 36 << 20,
            connections: 65_536,
            finished: 1_024,
            ended: 1_024,
            open_cases: 16_384,
            habits: 8_192,
            case_wait: 2 * SECOND,
            case_segments: 16,
            timeline: 32,
        }
    }
}
