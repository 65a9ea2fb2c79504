//! How many came when, in a few numbers: [`Ticks`] while reading, a common [`Grid`] for the report.

use super::kind::Kind;
use crate::origin::{MILLISECOND, SECOND};
use crate::report::{Rate, Seconds, Time};

/// Counts over equal spans that grow as needed.
#[derive(Clone, Debug, Default)]
pub struct Ticks {
    /// Index into [`SPANS`].
    level: usize,
    /// Number of the first span since the epoch.
    first: i64,
    counts: Vec<u64>,
}

impl Ticks {
    /// Counts `count` at a time.
    pub fn add(&mut self, time: Time, count: u64) {
        if self.counts.is_empty() {
            self.first = self.place(time);
            self.counts.push(count);
            return;
        }
        // Most resets fall into a span that is counted already.
        let at = self.place(time).checked_sub(self.first);
        let known = at.and_then(|at| usize::try_from(at).ok());
        if let Some(counter) = known.and_then(|at| self.counts.get_mut(at)) {
            *counter += count;
            return;
        }
        loop {
            let place = self.place(time);
            let first = place.min(self.first);
            let last = place.max(self.last());
            let spans = last.saturating_sub(first).saturating_add(1);
            if spans <= MOST || self.level + 1 >= SPANS.len() {
                let before = usize::try_from(self.first - first).unwrap_or(0).min(ROOM);
                self.counts.splice(0..0, std::iter::repeat_n(0, before));
                self.first = first;
                let at = usize::try_from(place - first).unwrap_or(0).min(ROOM);
                if at >= self.counts.len() {
                    self.counts.resize(at + 1, 0);
                }
                if let Some(counter) = self.counts.get_mut(at) {
                    *counter += count;
                }
                return;
            }
            self.widen();
        }
    }

    /// Counts all that `other` has counted.
    pub fn absorb(&mut self, other: &Self) {
        for (start, count) in other.spans() {
            self.add(start, count);
        }
    }

    /// The beginning and the count of each span that has any.
    fn spans(&self) -> impl Iterator<Item = (Time, u64)> {
        let span = span_of(self.level);
        let starts = (self.first..).map(move |place| Time::from_nanos(place.saturating_mul(span)));
        starts
            .zip(self.counts.iter().copied())
            .filter(|(_, count)| *count > 0)
    }

    fn place(&self, time: Time) -> i64 {
        time.nanos().div_euclid(span_of(self.level))
    }

    fn last(&self) -> i64 {
        let len = i64::try_from(self.counts.len()).unwrap_or(1);
        self.first + len - 1
    }

    /// Goes to the next longer span, which holds a whole number of these.
    fn widen(&mut self) {
        let old: Vec<(Time, u64)> = self.spans().collect();
        self.level += 1;
        self.counts.clear();
        for (start, count) in old {
            self.add(start, count);
        }
    }
}

/// The spans that all incidents of a report share, so that their counts can be laid over each other.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    level: usize,
    first: i64,
    spans: usize,
}

impl Grid {
    /// The finest that covers all kinds with few spans.
    pub fn over(kinds: &[Kind]) -> Self {
        let first = kinds
            .iter()
            .map(|kind| kind.first)
            .min()
            .unwrap_or_default();
        let last = kinds.iter().map(|kind| kind.last).max().unwrap_or_default();
        let coarsest = kinds.iter().map(|kind| kind.ticks.level).max().unwrap_or(0);
        let mut level = coarsest;
        loop {
            let span = span_of(level);
            let begin = first.nanos().div_euclid(span);
            let spans = last.nanos().div_euclid(span) - begin + 1;
            if spans <= SHOWN || level + 1 >= SPANS.len() {
                return Self {
                    level,
                    first: begin,
                    spans: usize::try_from(spans).unwrap_or(1).min(ROOM),
                };
            }
            level += 1;
        }
    }

    /// One kind's counts on this grid.
    pub fn rate(&self, ticks: &Ticks) -> Rate {
        let span = span_of(self.level);
        let mut counts = vec![0; self.spans];
        for (start, count) in ticks.spans() {
            let place = start.nanos().div_euclid(span) - self.first;
            let place = usize::try_from(place)
                .unwrap_or(0)
                .min(self.spans.saturating_sub(1));
            if let Some(counter) = counts.get_mut(place) {
                *counter += count;
            }
        }
        Rate {
            start: Time::from_nanos(self.first.saturating_mul(span)),
            span: Seconds::from_nanos(span),
            counts,
        }
    }
}

fn span_of(level: usize) -> i64 {
    SPANS.get(level).copied().unwrap_or(i64::MAX)
}

/// Spans while reading.
const MOST: i64 = 240;
/// Spans in a report.
const SHOWN: i64 = 60;
/// No vector grows beyond, whatever the clocks of a capture say.
const ROOM: usize = 4096;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Each holds a whole number of the one before, and all are round to a reader.
const SPANS: [i64; 19] = [
    MILLISECOND,
    2 * MILLISECOND,
    10 * MILLISECOND,
    20 * MILLISECOND,
    100 * MILLISECOND,
    200 * MILLISECOND,
    SECOND,
    2 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    6 * HOUR,
    24 * HOUR,
    240 * HOUR,
    240_000 * HOUR,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_widen_and_lose_nothing() {
        let mut ticks = Ticks::default();
        for millis in (0..1_000_000).step_by(100) {
            ticks.add(Time::from_nanos(millis * MILLISECOND), 1);
        }
        ticks.add(Time::from_nanos(-5 * SECOND), 3);
        assert_eq!(ticks.counts.iter().sum::<u64>(), 10_003);
        assert!(ticks.counts.len() <= 240);
    }

    #[test]
    fn every_span_holds_whole_ones_of_the_shorter() {
        for pair in SPANS.windows(2) {
            assert_eq!(pair[1] % pair[0], 0, "{pair:?}");
        }
    }
}
