//! The head of a capture, and whom the cases of others may know of behind it.

use super::Tracker;
use super::copies::Recent;
use super::table::Slot;
use crate::tcp::Flow;

impl Tracker {
    /// Tells how many segments the capture has had so far, those included that were not observed: behind its head most connections are nobody's
    /// business but their own.
    /// Whether that head is over.
    pub fn reach(&mut self, segments: u64) -> bool {
        let is_over =
            segments >= self.limits.head || self.counts.connections >= self.limits.head_connections;
        if is_over && !self.head_is_over {
            self.head_is_over = true;
            self.end_head();
        }
        self.head_is_over
    }

    pub(super) fn end_head(&mut self) {
        let everything = self.is_doubled;
        let apart: Vec<Slot> = self
            .table
            .iter_mut()
            .filter(|(_, connection)| !everything && !connection.is_of_note())
            .map(|(slot, connection)| {
                connection.is_known = false;
                slot
            })
            .collect();
        for slot in apart {
            self.rank(slot);
        }
        if !everything {
            let table = &self.table;
            let is_known = |slot| {
                table
                    .get(slot)
                    .is_some_and(|connection| connection.is_known)
            };
            self.twins.retain(is_known);
            self.neighbours.retain_endings(is_known);
            self.recent = Recent::default();
        }
    }

    /// Whether every connection is known to the cases of others: so it is at the head of the capture, and to its end where connections were
    /// captured at the head more than once behind different addresses or tags. What belongs together is seen only where everything is
    /// followed; and that is decided at the head, before anybody leaves out the rest.
    pub const fn knows_all(&self) -> bool {
        !self.head_is_over || self.is_doubled
    }

    /// Forgets those that no case of another may know of, but for those whose flow is to be kept.
    pub fn forget_unless(&mut self, keep: impl Fn(Flow) -> bool) {
        let gone: Vec<Slot> = self
            .table
            .iter_mut()
            .filter(|(_, connection)| !connection.is_known && !keep(connection.id.flow()))
            .map(|(slot, _)| slot)
            .collect();
        for slot in gone {
            self.table.remove(slot);
        }
    }
}
