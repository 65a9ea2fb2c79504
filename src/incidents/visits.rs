//! How regularly a client came: [`Visits`].

use crate::report::Time;

/// How regularly a client came.
#[derive(Clone, Copy, Debug)]
pub struct Visits {
    /// Resets on its connections.
    pub count: u64,
    latest: Time,
    sum: f64,
    squares: f64,
    /// The longest life of one of its connections, in nanoseconds.
    pub longest_life: i64,
}

impl Visits {
    /// One visit.
    pub const fn first(time: Time, life: i64) -> Self {
        Self {
            count: 1,
            latest: time,
            sum: 0.0,
            squares: 0.0,
            longest_life: life,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a period is shown with three digits"
    )]
    /// One more visit.
    pub fn again(&mut self, time: Time, life: i64) {
        let step = time.since(self.latest).nanos() as f64 / 1e9;
        self.count += 1;
        self.latest = time;
        self.sum += step;
        self.squares += step * step;
        self.longest_life = self.longest_life.max(life);
    }

    /// The mean time between visits and its coefficient of variation, in seconds; `None` for too few.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a period is shown with three digits"
    )]
    pub fn period(&self) -> Option<(f64, f64)> {
        let steps = self.count.saturating_sub(1) as f64;
        if self.count < 4 || self.sum <= 0.0 {
            return None;
        }
        let mean = self.sum / steps;
        let variance = (self.squares / steps - mean * mean).max(0.0);
        Some((mean, variance.sqrt() / mean))
    }
}
