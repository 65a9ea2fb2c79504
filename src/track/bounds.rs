//! What is forgotten, in which order, when there is too much of it.

use super::table::{Rank, Slot};
use super::{Limits, Tracker};

impl Tracker {
    pub(super) fn rank(&mut self, slot: Slot) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let rank = match (connection.is_known, connection.is_finished()) {
            _ if !connection.open_cases.is_empty() => Rank::Awaited,
            (false, _) => Rank::Apart,
            (true, true) => Rank::Finished,
            (true, false) => Rank::Live,
        };
        self.table.touch(slot, rank);
    }

    /// Forgets what there is too much of. Connections with an open case are bounded by the number of those, and stay.
    pub(super) fn forget_some(&mut self) {
        if self.table.len(Rank::Finished) > self.limits.finished
            && let Some(slot) = self.table.oldest(Rank::Finished)
        {
            self.table.remove(slot);
        }
        self.forget_one();
    }

    /// Forgets a connection where there are too many. Whether there were.
    pub(super) fn forget_one(&mut self) -> bool {
        let (finished, live) = (self.table.len(Rank::Finished), self.table.len(Rank::Live));
        let crowded = match finished + live > self.limits.connections {
            true if finished > 0 => Some(Rank::Finished),
            true => Some(Rank::Live),
            false if self.table.len(Rank::Apart) > self.limits.connections => Some(Rank::Apart),
            false => None,
        };
        let Some(slot) = crowded.and_then(|rank| self.table.oldest(rank)) else {
            return false;
        };
        self.counts.forgotten += 1;
        self.table.remove(slot);
        true
    }

    /// Follows a quarter fewer connections from now on than are followed now, though never fewer than [`Limits::FEWEST`]; forgets the rest.
    pub fn tighten(&mut self) {
        let known = self.table.len(Rank::Finished) + self.table.len(Rank::Live);
        let most = known.max(self.table.len(Rank::Apart));
        self.limits.connections = (most / 4 * 3)
            .max(Limits::FEWEST)
            .min(self.limits.connections);
        while self.forget_one() {}
    }

    /// How much is kept at the moment.
    pub fn kept(&self) -> Kept {
        Kept {
            connections: [Rank::Finished, Rank::Live, Rank::Apart, Rank::Awaited]
                .map(|rank| self.table.len(rank))
                .iter()
                .sum::<usize>()
                + self.attempts.count(),
            open_cases: self.open_cases(),
        }
    }
}

/// What a tracker keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Connections.
    pub connections: usize,
    /// Resets whose case has not settled.
    pub open_cases: usize,
}
