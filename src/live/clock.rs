//! Capture time where there is no record: the time of the last one, and how long ago it was read.
//!
//! A record is read a little after its time, so this clock is late by as much, and never ahead of a record that is still to come.

use crate::origin::Timestamp;
use std::time::{Duration, Instant, SystemTime};

/// Tells capture time between records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    last: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// Notes the time of a record that was read just now.
    pub fn saw(&mut self, time: Timestamp) {
        self.last = Some((time, now()));
    }

    /// Capture time by now; `None` before the first record.
    pub fn time(&self) -> Option<Timestamp> {
        let (time, read) = self.last?;
        let passed = now().duration_since(read).as_nanos();
        Some(time.plus(i64::try_from(passed).unwrap_or(i64::MAX)))
    }
}

/// Something that is to happen again and again.
#[derive(Clone, Copy, Debug)]
pub struct Every {
    span: Duration,
    last: Instant,
}

impl Every {
    /// Each `span`, the first time after one.
    pub fn new(span: Duration) -> Self {
        Self { span, last: now() }
    }

    /// Whether it is time again.
    pub fn is_due(&mut self) -> bool {
        let now = now();
        let due = now.duration_since(self.last) >= self.span;
        if due {
            self.last = now;
        }
        due
    }
}

/// The time of day on the host's clock, which frames in the kernel's buffer bear.
#[expect(
    clippy::disallowed_methods,
    reason = "until when frames were lost, none of those that came before in the buffer need tell"
)]
pub fn time_of_day() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
}

/// The host's clock, which only ever goes on.
#[expect(
    clippy::disallowed_methods,
    reason = "the only look at a host's clock: how long a watch has lasted, and how long there was no record"
)]
pub fn now() -> Instant {
    Instant::now()
}
