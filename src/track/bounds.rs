//! What is forgotten, in which order, when there is too much of it.

use super::table::{Rank, Slot};
use super::{Limits, Tracker};

impl Tracker {
    pub(super) fn rank(&mut self, slot: Slot) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let is_known = connection.is_known && connection.is_lasting;
        let rank = match (is_known, connection.is_finished()) {
            _ if !connection.open_cases.is_empty() => Rank::Awaited,
            (true, true) => Rank::Finished,
            (true, false) => Rank::Live,
            (false, true) => Rank::Ended,
            (false, false) => Rank::Apart,
        };
        self.table.touch(slot, rank);
    }

    /// Forgets what there is too much of. Connections with an open case are bounded by the number of those, and stay.
    pub(super) fn forget_some(&mut self) {
        for (over, most) in [
            (Rank::Finished, self.limits.finished),
            (Rank::Ended, self.limits.ended),
        ] {
            if self.table.len(over) > most
                && let Some(slot) = self.table.oldest(over)
            {
                self.table.remove(slot);
            }
        }
        self.forget_one();
    }

    /// Forgets a connection where there are too many. Whether there were.
    pub(super) fn forget_one(&mut self) -> bool {
        let most = self.limits.connections;
        let crowded = KINDS
            .into_iter()
            .find(|kind| self.table.len_of(*kind) > most)
            .and_then(|kind| kind.into_iter().find_map(|rank| self.table.oldest(rank)));
        let Some(slot) = crowded else {
            return false;
        };
        self.counts.forgotten += 1;
        self.table.remove(slot);
        true
    }

    /// Follows a quarter fewer connections from now on than are followed now, though never fewer than [`Limits::FEWEST`]; forgets the rest.
    pub fn tighten(&mut self) {
        let most = KINDS.map(|kind| self.table.len_of(kind)).into_iter().max();
        self.limits.connections = (most.unwrap_or(0) / 4 * 3)
            .max(Limits::FEWEST)
            .min(self.limits.connections);
        while self.forget_one() {}
    }

    /// How much is kept at the moment.
    pub fn kept(&self) -> Kept {
        Kept {
            connections: self.table.count() + self.attempts.count(),
            open_cases: self.open_cases(),
        }
    }
}

/// Those that others may know of, and the rest; of each those that go first.
const KINDS: [[Rank; 2]; 2] = [[Rank::Finished, Rank::Live], [Rank::Ended, Rank::Apart]];

/// What a tracker keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Connections.
    pub connections: usize,
    /// Resets whose case has not settled.
    pub open_cases: usize,
}
