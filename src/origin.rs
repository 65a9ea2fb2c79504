//! When and where a thing was seen: [`Timestamp`] and [`RecordId`].
//!
//! Every room may use this one; it uses none.

use std::ops::Sub;

/// Nanoseconds in one second.
pub const SECOND: i64 = 1_000_000_000;
/// Nanoseconds in one millisecond.
pub const MILLISECOND: i64 = 1_000_000;
/// Nanoseconds in one microsecond.
pub const MICROSECOND: i64 = 1_000;

/// Capture time in nanoseconds since the Unix epoch, as the capture recorded it. Never the host's clock.
///
/// The range, from the year 1677 to 2262, covers every time that a capture file of today can state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time that lies `nanos` nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// This time moved by `nanos` nanoseconds, which may be negative; saturates at the ends of the range.
    #[must_use]
    pub const fn plus(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub for Timestamp {
    type Output = i64;

    /// Nanoseconds from `earlier` to this time: negative where a clock stepped back.
    fn sub(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Which record of which source, numbered from 1 as other capture tools number frames, so that a reader can open it there.
///
/// Compared by when they were met: the numbers of one source say nothing about when those of another came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Place in the capture as a whole, from 1, where several sources make one.
    pub order: u64,
    /// Index of the source, from 0, in the order in which sources were given.
    pub source: u16,
    /// Number of the record within its source, from 1.
    pub number: u64,
    /// The interface that it came through: its index in a pcapng file's section, from 0, or the number that the kernel of a cooked capture has for it.
    /// `None` where only one is known.
    pub interface: Option<u16>,
}
