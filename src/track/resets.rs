//! Resets -> open cases -> settled ones.

use super::table::Slot;
use super::{Settled, Tracker, pending, twins};
use crate::case::{Line, ResetCase};
use crate::tcp::{Header, Segment, Side};

impl Tracker {
    /// Opens the case of a reset, with both ends as they were before it.
    pub(super) fn open_case(&mut self, slot: Slot, side: Side, segment: &Segment<'_>) {
        let header = segment.header;
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        self.add_to_open_cases(slot, connection.line_of(side, segment));
        let Some(connection) = self.table.get_mut(slot) else {
            return;
        };
        connection.is_known = true;
        self.twins.add(connection, slot);
        let happening = connection.happening_of(side, &header);
        let id = connection.id;
        let has_shown_bytes = connection.has_shown_bytes();
        let case = connection.freeze(side, segment, self.limits.case_segments);
        connection.take_reset(side, segment);
        if let Some(what) = happening {
            self.neighbours.note(&id, &header, what);
        }
        if has_shown_bytes {
            self.neighbours.ended(&header, slot, side);
        }
        self.counts.resets += 1;
        self.wait_for_more(slot, Box::new(case));
    }

    /// Opens the case of a second copy of a reset: the case of the first, under the copy's own record.
    pub(super) fn open_copy(
        &mut self,
        slot: Slot,
        side: Side,
        segment: &Segment<'_>,
        first: &Header,
    ) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let original = connection
            .open_cases
            .iter()
            .find_map(|serial| {
                self.pending
                    .get(*serial)
                    .filter(|open| open.case.reset.record == first.record)
            })
            .map(|open| open.case.clone());
        let Some(mut case) = original else {
            return self.open_case(slot, side, segment);
        };
        // Judged by what the first copy bore: the path has changed the second.
        case.reset.record = segment.header.record;
        case.reset.time = segment.header.time;
        case.carried = connection.carried_by(side, segment);
        case.copy_of = Some(first.record);
        self.counts.resets += 1;
        self.wait_for_more(slot, case);
    }

    pub(super) fn wait_for_more(&mut self, slot: Slot, case: Box<ResetCase>) {
        if self.open_cases() >= self.limits.open_cases && self.settle_oldest(Settling::Early) {
            self.counts.crowded += 1;
        }
        if let Some(open) = self
            .table
            .get(slot)
            .map(|connection| &connection.open_cases)
            && open.len() >= CASES_OF_ONE
            && let Some(oldest) = open.first().copied()
        {
            self.counts.crowded += 1;
            self.settle(oldest, Settling::Early);
        }
        let until = case.reset.time.plus(self.limits.case_wait);
        self.waits_until(until);
        let serial = self.pending.open(case, slot);
        if let Some(connection) = self.table.get_mut(slot) {
            connection.open_cases.push(serial);
            let before = std::mem::replace(&mut connection.settles_at, until);
            self.pending.wait(slot, before, until);
        }
    }

    pub(super) fn add_to_open_cases(&mut self, slot: Slot, line: Line) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        if connection.open_cases.is_empty() {
            return;
        }
        for serial in connection.open_cases.clone() {
            if self.pending.follow(serial, line) >= self.limits.case_segments {
                self.settle(serial, Settling::Whole);
            }
        }
    }

    pub(super) fn settle_all(&mut self, slot: Slot, how: Settling) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        for serial in connection.open_cases.clone() {
            self.settle(serial, how);
        }
    }

    /// Takes a case out of those that wait, with what its connection and its neighbours can tell by now.
    pub(super) fn settle(&mut self, serial: u64, how: Settling) {
        let Some(pending::OpenCase { mut case, slot }) = self.pending.close(serial) else {
            return;
        };
        let early = how == Settling::Early;
        let since = self.lacks.since(case.reset.record, early);
        if let Some(connection) = self.table.get_mut(slot) {
            connection.open_cases.retain(|open| *open != serial);
            if connection.open_cases.is_empty() {
                self.pending.stop(slot, connection.settles_at);
            }
            connection.complete(&mut case, &since);
        }
        case.neighbourhood = self.neighbours.around(&case);
        if let Some(connection) = self.table.get(slot) {
            case.neighbourhood.twin = self.twins.twin_of(&case, connection, &self.table);
            let endings = self.neighbours.endings_before(case.reset.time);
            case.neighbourhood.other_leg =
                twins::other_leg(&case, connection, endings, &self.table);
        }
        self.settled.push_back(Settled::Case(case));
        self.rank(slot);
    }
}

/// Whether a case settled with all that it waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Settling {
    Whole,
    Early,
}

/// Open cases of one connection: each segment of it is looked at for each of them. Past it its oldest settles at once. Chosen: a reset waits for sixteen
/// segments, and is captured some times.
const CASES_OF_ONE: usize = 256;
