//! An interface's clock: from ticks to nanoseconds, for every resolution that `if_tsresol` can state.

use crate::origin::{SECOND, Timestamp};

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    tick: Tick,
    /// Nanoseconds to add.
    offset: i64,
}

/// Length of one tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tick {
    /// So many nanoseconds.
    Nanos(u64),
    /// A nanosecond divided by so much.
    PartOfNano(u64),
    /// 2^-n seconds.
    Binary(u8),
    /// So short that 2^64 of them are no nanosecond.
    Nothing,
}

impl Clock {
    /// `resolution` as the option has it: the exponent, of two when the upper bit is set, else of ten; microseconds without it. `offset` in
    /// seconds.
    pub(super) fn new(resolution: Option<u8>, offset: i64) -> Self {
        let resolution = resolution.unwrap_or(MICROSECONDS);
        let exponent = resolution & 0x7f;
        let ten_to = |power: u8| 10_u64.checked_pow(u32::from(power));
        let tick = if resolution & 0x80 != 0 {
            Tick::Binary(exponent)
        } else if let Some(power) = NANOSECONDS.checked_sub(exponent) {
            ten_to(power).map_or(Tick::Nothing, Tick::Nanos)
        } else {
            ten_to(exponent - NANOSECONDS).map_or(Tick::Nothing, Tick::PartOfNano)
        };
        Self {
            tick,
            offset: offset.saturating_mul(SECOND),
        }
    }

    /// The time after `ticks`; the end of the range for what lies beyond it.
    pub(super) fn time(self, ticks: u64) -> Timestamp {
        let nanos = match self.tick {
            Tick::Nanos(nanos) => ticks.saturating_mul(nanos),
            Tick::PartOfNano(parts) => ticks / parts,
            Tick::Binary(exponent) => {
                let scaled = u128::from(ticks) * u128::from(SECOND.unsigned_abs());
                u64::try_from(scaled >> exponent).unwrap_or(u64::MAX)
            }
            Tick::Nothing => 0,
        };
        // Added before it is made to fit, so that a negative offset can bring a large count back into the range.
        let time = i128::from(nanos) + i128::from(self.offset);
        let end = if time < 0 { i64::MIN } else { i64::MAX };
        Timestamp::from_nanos(i64::try_from(time).unwrap_or(end))
    }
}

const MICROSECONDS: u8 = 6;
const NANOSECONDS: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(resolution: u8, ticks: u64) -> i64 {
        Clock::new(Some(resolution), 0).time(ticks).nanos()
    }

    #[test]
    fn resolutions_are_powers_of_ten_or_of_two() {
        assert_eq!(nanos(0, 3), 3 * SECOND);
        assert_eq!(nanos(3, 1_500), 1_500_000_000);
        assert_eq!(nanos(6, 1_500_000), 1_500_000_000);
        assert_eq!(nanos(9, 1_500_000_001), 1_500_000_001);
        assert_eq!(nanos(12, 1_500_000_001_999), 1_500_000_001);
        assert_eq!(nanos(0x80, 3), 3 * SECOND);
        assert_eq!(nanos(0x8a, 1_536), 1_500_000_000);
        assert_eq!(nanos(0xa0, (1 << 33) | (1 << 31)), 2_500_000_000);
        assert_eq!(nanos(0xbf, 3 << 62), 1_500_000_000);
    }

    #[test]
    fn without_a_resolution_ticks_are_microseconds() {
        let clock = Clock::new(None, 0);
        assert_eq!(clock.time(7).nanos(), 7_000);
        assert_eq!(clock, Clock::new(Some(6), 0));
    }

    #[test]
    fn offsets_are_seconds_of_either_sign() {
        assert_eq!(Clock::new(None, -2).time(3_000_000).nanos(), SECOND);
        assert_eq!(Clock::new(None, 2).time(3_000_000).nanos(), 5 * SECOND);
        assert_eq!(Clock::new(None, i64::MIN).time(0).nanos(), i64::MIN);
    }

    #[test]
    fn no_ticks_and_no_resolution_overflow() {
        for resolution in 0..=u8::MAX {
            for ticks in [0, 1, 1 << 32, u64::MAX] {
                for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
                    Clock::new(Some(resolution), offset).time(ticks);
                }
            }
        }
        assert_eq!(nanos(0, u64::MAX), i64::MAX);
        assert_eq!(nanos(9, u64::MAX), i64::MAX);
        assert_eq!(nanos(0xff, u64::MAX), 0);
        assert_eq!(nanos(0x7f, u64::MAX), 0);
    }
}
