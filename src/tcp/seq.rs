//! Positions in sequence space, the only place that knows about wrap-around (RFC 9293 3.4).

use std::ops::Add;

/// A position in sequence space. Ordered only relative to another within 2^31, so it has no `Ord`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SeqNumber(u32);

impl SeqNumber {
    /// The position as it stands in a header.
    pub const fn new(value: u32) -> Self {
        Self(value)
    }

    /// The position as it stands in a header.
    pub const fn value(self) -> u32 {
        self.0
    }

    /// Whether this position comes before `other`.
    pub const fn precedes(self, other: Self) -> bool {
        self.offset_from(other) < 0
    }

    /// Bytes from `earlier` up to this position, around the wrap: 0..=2^32-1.
    pub const fn distance_from(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Bytes from `other` to this position, negative when this one comes first: -2^31..2^31.
    pub const fn offset_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// The later of two positions.
    #[must_use]
    pub const fn later(self, other: Self) -> Self {
        if self.precedes(other) { other } else { self }
    }

    /// Whether this position lies in the `len` bytes that begin at `start`.
    pub const fn is_within(self, start: Self, len: u32) -> bool {
        self.distance_from(start) < len
    }
}

impl Add<u32> for SeqNumber {
    type Output = Self;

    fn add(self, bytes: u32) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_holds_across_the_wrap() {
        let last = SeqNumber::new(u32::MAX);
        assert!(last.precedes(last + 1));
        assert_eq!((last + 1).value(), 0);
        assert_eq!((last + 11).distance_from(last), 11);
        assert_eq!(last.offset_from(last + 11), -11);
        assert_eq!(last.later(last + 1), last + 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn order_survives_shifting_both_numbers(a: u32, step in 1..(1_u32 << 31), shift: u32) {
            let (first, second) = (SeqNumber::new(a), SeqNumber::new(a) + step);
            prop_assert!(first.precedes(second));
            prop_assert!((first + shift).precedes(second + shift));
            prop_assert!(!(second + shift).precedes(first + shift) || step == 1 << 31);
            prop_assert_eq!((second + shift).distance_from(first + shift), step);
        }

        #[test]
        fn a_window_holds_exactly_its_length(start: u32, len in 1..1_u32 << 30, at: u32) {
            let inside = SeqNumber::new(start) + at % len;
            prop_assert!(inside.is_within(SeqNumber::new(start), len));
            prop_assert!(!(SeqNumber::new(start) + len).is_within(SeqNumber::new(start), len));
        }
    }
}
