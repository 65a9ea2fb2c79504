//! Whether time only rises from record to record: [`Rising`].

use crate::decode::{Look, Record};
use crate::origin::Timestamp;

/// The times of records, one behind the other, in short.
#[derive(Clone, Copy, Debug)]
pub struct Rising {
    /// The first one's; `None` without records.
    first: Option<Timestamp>,
    /// The latest of all.
    latest: Timestamp,
    /// By how many nanoseconds one was earlier than one before it, at most.
    back: i64,
}

impl Default for Rising {
    /// Those of no record.
    fn default() -> Self {
        Self {
            first: None,
            latest: Timestamp::from_nanos(i64::MIN),
            back: 0,
        }
    }
}

impl Rising {
    /// Takes the next record's time. Whether one before was later.
    #[inline]
    pub fn pass(&mut self, time: Timestamp) -> bool {
        if time < self.latest {
            self.back = self.back.max(self.latest - time);
            return true;
        }
        self.latest = time;
        if self.first.is_none() {
            self.first = Some(time);
        }
        false
    }

    /// The first one's time and the latest.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.first?, self.latest))
    }

    /// The first and the last one's time; `None` without records, and where one was earlier than one before it.
    #[inline]
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        self.span().filter(|_| self.back == 0)
    }

    /// The first one's time and the latest, where none was earlier than one before it by more than `back` nanoseconds, and by how many it was at most.
    pub fn nearly(&self, back: i64) -> Option<((Timestamp, Timestamp), i64)> {
        let span = self.span().filter(|_| self.back <= back)?;
        Some((span, self.back))
    }

    /// The first record's time, whether or not time fell; `None` without records.
    pub const fn first(&self) -> Option<Timestamp> {
        self.first
    }

    /// The latest time, whether or not time fell; `None` without records.
    pub fn latest(&self) -> Option<Timestamp> {
        self.span().map(|(_, latest)| latest)
    }
}

impl Look for Rising {
    fn look(&mut self, record: &Record<'_>) {
        self.pass(record.time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_fall_have_no_first() {
        let at = Timestamp::from_nanos;
        let mut rising = Rising::default();
        assert_eq!((rising.times(), rising.latest()), (None, None));
        for time in [3, 3, 5] {
            assert!(!rising.pass(at(time)));
        }
        assert_eq!(rising.times(), Some((at(3), at(5))));
        assert!(rising.pass(at(4)));
        assert_eq!((rising.times(), rising.latest()), (None, Some(at(5))));
        assert_eq!(rising.first(), Some(at(3)));
        assert_eq!(rising.nearly(1), Some(((at(3), at(5)), 1)));
        assert_eq!(rising.nearly(0), None);
    }
}
