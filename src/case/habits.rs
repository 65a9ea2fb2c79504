//! [`Habits`]: what a service did over the whole capture, in a few numbers, for findings across connections. Rules never see it.

use crate::origin::Timestamp;
use std::net::SocketAddr;

/// What one service did, with and without resets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Its address and port.
    pub service: SocketAddr,
    /// Silences after which it closed by FIN on its own account, no request waiting, in nanoseconds.
    pub closed: Samples,
    /// Silences after which a request was still answered, in nanoseconds.
    pub survived: Samples,
    /// How its handshakes went.
    pub handshakes: Handshakes,
}

/// How the handshakes of a service went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handshakes {
    /// Clients that completed theirs, as they saw it.
    pub completed: u64,
    /// SYNs that were refused.
    pub refused: u64,
    /// SYNs that were sent again since nothing had answered.
    pub asked_again: u64,
    /// Handshakes whose SYN,ACK was repeated although the client had acknowledged it.
    pub unheeded: u64,
    /// Resets to a client of which the service had seen no more than the handshake.
    pub disowned: u64,
    /// The first sign of a full queue: asked again, unheeded or disowned.
    pub pressed_from: Option<Timestamp>,
    /// The last such sign.
    pub pressed_until: Option<Timestamp>,
    /// The last refusal.
    pub last_refused: Option<Timestamp>,
    /// The first SYN,ACK after the last refusal.
    pub answered_after: Option<Timestamp>,
}

/// Times that were measured again and again: how many, the extremes, and evenly chosen ones of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples {
    /// How many.
    pub count: u64,
    /// The shortest, in nanoseconds; 0 without any.
    pub shortest: i64,
    /// The longest, in nanoseconds; 0 without any.
    pub longest: i64,
    kept: Vec<i64>,
    stride: u64,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            count: 0,
            shortest: 0,
            longest: 0,
            kept: Vec::new(),
            stride: 1,
        }
    }
}

impl Samples {
    /// Measurements kept at most: of more, every second, fourth, ... is kept.
    pub const KEPT: usize = 64;

    /// Adds a measurement.
    pub fn add(&mut self, nanos: i64) {
        self.shortest = if self.count == 0 {
            nanos
        } else {
            self.shortest.min(nanos)
        };
        self.longest = self.longest.max(nanos);
        if self.count.is_multiple_of(self.stride) {
            if self.kept.len() >= Self::KEPT {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.stride *= 2;
            }
            if self.count.is_multiple_of(self.stride) {
                self.kept.push(nanos);
            }
        }
        self.count += 1;
    }

    /// Those that were kept, the shortest first.
    pub fn sorted(&self) -> Vec<i64> {
        let mut sorted = self.kept.clone();
        sorted.sort_unstable();
        sorted
    }

    /// The middle one of those that were kept.
    pub fn median(&self) -> Option<i64> {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied()
    }

    /// Whether nothing was measured.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Handshakes {
    /// Notes a sign of a full queue.
    pub fn press(&mut self, time: Timestamp) {
        self.pressed_from.get_or_insert(time);
        self.pressed_until = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_stay_few_and_keep_their_extremes() {
        let mut samples = Samples::default();
        for nanos in 1..=1000 {
            samples.add(nanos);
        }
        assert_eq!(
            (samples.count, samples.shortest, samples.longest),
            (1000, 1, 1000)
        );
        assert!(samples.sorted().len() <= Samples::KEPT);
        let median = samples.median().unwrap();
        assert!((450..=550).contains(&median), "{median}");
    }
}
