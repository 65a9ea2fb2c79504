//! Whether time only rises from record to record: [`Rising`].

use crate::origin::Timestamp;

/// The times of records, one behind the other, in short.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rising {
    /// The first one's, and the latest of all.
    span: Option<(Timestamp, Timestamp)>,
    falls: bool,
}

impl Rising {
    /// Takes the next record's time.
    #[inline]
    pub fn pass(&mut self, time: Timestamp) {
        let (first, latest) = self.span.unwrap_or((time, time));
        self.falls |= time < latest;
        self.span = Some((first, latest.max(time)));
    }

    /// The first and the last one's time; `None` without records, and where one was earlier than one before it.
    #[inline]
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        self.span.filter(|_| !self.falls)
    }

    /// The latest time, whether or not time fell; `None` without records.
    pub fn latest(&self) -> Option<Timestamp> {
        self.span.map(|(_, latest)| latest)
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
            rising.pass(at(time));
        }
        assert_eq!(rising.times(), Some((at(3), at(5))));
        rising.pass(at(4));
        assert_eq!((rising.times(), rising.latest()), (None, Some(at(5))));
    }
}
