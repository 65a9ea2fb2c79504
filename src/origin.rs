//! When and where a thing was seen: [`Timestamp`] and [`RecordId`].
//!
//! Every room may use this one; it uses none.

use std::fmt;
use std::num::NonZeroU64;
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

    /// Later than any other.
    pub const NEVER: Self = Self(i64::MAX);

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
/// Compared by when they were met: the numbers of one source say nothing about when those of another came. Packed, as a connection holds
/// dozens of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Place in the capture as a whole, and the interface below it.
    met: NonZeroU64,
    /// The source, and the number within it below.
    stands: u64,
}

impl RecordId {
    /// Record `number`, from 1, of the source of this index, from 0. Its place in the capture as a whole is its number until
    /// [told otherwise](RecordId::at).
    #[inline]
    pub const fn new(source: u16, number: u64) -> Self {
        Self {
            met: met(number, NO_INTERFACE),
            stands: (source as u64) << NUMBER_BITS | number & MOST_NUMBER,
        }
    }

    /// The same record, at that place in the capture as a whole, from 1: sources that make one capture share the count.
    #[must_use]
    #[inline]
    pub const fn at(self, order: u64) -> Self {
        let met = met(order, self.met.get() & NO_INTERFACE);
        Self { met, ..self }
    }

    /// The same record, captured at that interface: its index in a pcapng file's section, from 0, or the number that the kernel of a cooked
    /// capture has for it. 65,535 cannot be told from none.
    #[must_use]
    #[inline]
    pub fn through(self, interface: Option<u16>) -> Self {
        let met = met(self.order(), interface.map_or(NO_INTERFACE, u64::from));
        Self { met, ..self }
    }

    /// Place in the capture as a whole, from 1.
    #[inline]
    pub const fn order(self) -> u64 {
        self.met.get() >> INTERFACE_BITS
    }

    /// Index of the source, from 0, in the order in which sources were given.
    #[inline]
    pub const fn source(self) -> u16 {
        (self.stands >> NUMBER_BITS) as u16
    }

    /// Number of the record within its source, from 1.
    #[inline]
    pub const fn number(self) -> u64 {
        self.stands & MOST_NUMBER
    }

    /// How many records behind `before` it stands, where it came from the same source through the same interface, and none of another source
    /// came in between. `None`: it does not.
    #[inline]
    pub const fn steps_from(self, before: Self) -> Option<u64> {
        let steps = self.stands.wrapping_sub(before.stands);
        let met = self.met.get().wrapping_sub(before.met.get());
        if steps <= MOST_NUMBER && met == steps << INTERFACE_BITS {
            return Some(steps);
        }
        None
    }

    /// All of it in two words, for [`RecordId::of_words`].
    #[inline]
    pub const fn words(self) -> [u64; 2] {
        [self.met.get(), self.stands]
    }

    /// The one of which these are the [words](RecordId::words).
    #[inline]
    pub const fn of_words([met, stands]: [u64; 2]) -> Self {
        let met = self::met(met >> INTERFACE_BITS, met & NO_INTERFACE);
        Self { met, stands }
    }

    /// The interface that it came through; `None` where only one is known.
    pub fn interface(self) -> Option<u16> {
        let interface = self.met.get() & NO_INTERFACE;
        u16::try_from(interface)
            .ok()
            .filter(|_| interface != NO_INTERFACE)
    }
}

impl Default for RecordId {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source(), self.number())
    }
}

const fn met(order: u64, interface: u64) -> NonZeroU64 {
    match NonZeroU64::new(order << INTERFACE_BITS | interface) {
        Some(met) => met,
        None => NonZeroU64::MIN,
    }
}

const INTERFACE_BITS: u32 = 16;
const NO_INTERFACE: u64 = 0xffff;
/// More records than any capture has: 256 trillion.
const NUMBER_BITS: u32 = 48;
const MOST_NUMBER: u64 = (1 << NUMBER_BITS) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_keep_what_they_are_told_and_compare_by_when_they_were_met() {
        let id = RecordId::new(3, 70_000).at(5).through(Some(2));
        assert_eq!(
            (id.source(), id.number(), id.order(), id.interface()),
            (3, 70_000, 5, Some(2))
        );
        assert_eq!(id.through(None).interface(), None);
        assert!(RecordId::new(9, 1).at(4) < id && id < RecordId::new(0, 1).at(6));
    }

    #[test]
    fn steps_are_told_of_one_source_and_one_interface_with_nothing_between() {
        let at = |source, number, order, interface| {
            RecordId::new(source, number).at(order).through(interface)
        };
        let before = at(3, 70_000, 90_000, Some(2));
        assert_eq!(at(3, 70_007, 90_007, Some(2)).steps_from(before), Some(7));
        assert_eq!(before.steps_from(before), Some(0));
        for other in [
            at(3, 70_007, 90_008, Some(2)),
            at(3, 70_007, 90_007, Some(3)),
            at(3, 70_007, 90_007, None),
            at(2, 70_007, 90_007, Some(2)),
            at(4, 70_007, 90_007, Some(2)),
            at(3, 69_999, 89_999, Some(2)),
        ] {
            assert_eq!(other.steps_from(before), None, "{other:?}");
        }
    }
}
