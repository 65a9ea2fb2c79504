//! SYNs and their refusals: attempts, and the connections that some of them become.

use super::Tracker;
use super::attempts::{Attempt, Stage};
use super::belonging::Belonging;
use super::freezing::Since;
use super::neighbours::Neighbours;
use super::resets::Settling;
use super::settled::Settled;
use super::table::{Rank, Slot};
use crate::case::{Happening, Refusal};
use crate::origin::Timestamp;
use crate::tcp::{Flow, Header, Quoted, Segment, Side};

impl Tracker {
    /// Begins an attempt with `segment`, of that flow. `false`: it says more than that it was sent.
    pub(super) fn begin_attempt(&mut self, segment: &Segment<'_>, flow: Flow) -> bool {
        let attempt = Attempt::of(segment);
        let begun = attempt.is_some_and(|attempt| self.attempts.begin(attempt, flow));
        if begun && self.attempts.len(Stage::Asked) > self.limits.connections {
            self.counts.forgotten += 1;
            self.forget_oldest(Stage::Asked);
        }
        begun
    }

    /// The attempt that `segment` belongs to and that has taken it, or the connection that such a one has become by it. `None`: there is none, or
    /// `segment` begins anew.
    pub(super) fn attempt_of(&mut self, segment: &Segment<'_>) -> Option<Belonging> {
        let (place, attempt) = self.attempts.find(segment)?;
        let start = attempt.syn.record;
        if attempt.is_refused_by(segment) {
            let id = attempt.id();
            self.attempts.refuse(place, &segment.header);
            self.waits_until(segment.header.time.plus(self.limits.case_wait));
            self.neighbours
                .note(&id, &segment.header, Happening::Refused);
            self.counts.resets += 1;
            if self.open_cases() > self.limits.open_cases {
                self.counts.crowded += 1;
                self.settle_oldest(Settling::Early);
            }
            return Some(Belonging::Attempt(start));
        }
        let header = &segment.header;
        if header.flags.opens() && header.seq != attempt.syn.seq {
            self.settle_attempt(place, Settling::Whole);
            self.attempts.remove(place);
            return None;
        }
        self.grow(place).map(Belonging::Connection)
    }

    /// Lets the attempt that an ICMP error is about become a connection.
    pub(super) fn grow_between(&mut self, quoted: &Quoted) -> Option<Slot> {
        let (from, to) = (quoted.from, quoted.to);
        let place = self.attempts.find_between(from, to, quoted.flow())?;
        self.grow(place)
    }

    /// Makes a connection of an attempt.
    fn grow(&mut self, place: u32) -> Option<Slot> {
        let (attempt, stage) = self.attempts.remove(place)?;
        let attempt = *attempt;
        let opening = attempt.opening();
        let (id, room) = (attempt.id(), self.limits.timeline);
        let slot = self.table.insert(id, &opening, room, Rank::Apart);
        let connection = self.table.get_mut(slot)?;
        connection.is_known = false;
        connection.is_sampled = opening.flow().is_sampled();
        connection.take(Side::Client, &opening, &mut self.happenings);
        // Its neighbours have been told, or are nobody's business.
        self.happenings.clear();
        if let Some(reset) = attempt.reset() {
            let refusal = attempt.answer(reset);
            let case = connection.freeze(Side::Server, &refusal, self.limits.case_segments);
            connection.take_reset(Side::Server, &refusal);
            connection.is_known = true;
            if stage == Stage::Awaited {
                self.wait_for_more(slot, Box::new(case));
            }
        }
        self.rank(slot);
        Some(slot)
    }

    /// Notes that a case waits until then.
    pub(super) fn waits_until(&mut self, until: Timestamp) {
        self.nothing_due_before = self.nothing_due_before.min(until);
    }

    /// When the first wait ends; `None` where nothing waits.
    pub(super) fn next_due(&mut self) -> Option<Timestamp> {
        let wait = self.limits.case_wait;
        let refused = self.attempts.oldest(Stage::Awaited);
        let refused = refused.and_then(|(_, attempt)| Some(attempt.refused_at()?.time.plus(wait)));
        let due = self.pending.next_due();
        due.into_iter().chain(refused).min()
    }

    /// Settles the attempts whose wait ends before `now`.
    pub(super) fn settle_attempts(&mut self, now: Timestamp) {
        while let Some((place, attempt)) = self.attempts.oldest(Stage::Awaited)
            && let Some(refused) = attempt.refused_at()
            && refused.time.plus(self.limits.case_wait) <= now
        {
            self.settle_attempt(place, Settling::Whole);
        }
    }

    /// Settles whatever has been open for longest. `false`: nothing is.
    pub(super) fn settle_oldest(&mut self, how: Settling) -> bool {
        let case = self.pending.oldest();
        let opened = case.and_then(|serial| self.pending.get(serial));
        let opened = opened.map(|open| open.case.reset.record);
        let attempt = self.attempts.oldest(Stage::Awaited);
        let refused =
            attempt.and_then(|(place, attempt)| Some((place, attempt.refused_at()?.record)));
        match (case, refused) {
            (Some(serial), None) => self.settle(serial, how),
            (Some(serial), Some((_, record))) if opened < Some(record) => self.settle(serial, how),
            (_, Some((place, _))) => self.settle_attempt(place, how),
            (None, None) => return false,
        }
        true
    }

    /// How many resets have not settled.
    pub(super) fn open_cases(&self) -> usize {
        self.pending.len() + self.attempts.len(Stage::Awaited)
    }

    fn settle_attempt(&mut self, place: u32, how: Settling) {
        let Some(attempt) = self.attempts.settle(place) else {
            return;
        };
        if let Some(reset) = attempt.reset() {
            let since = self.lacks.since(reset.record, how == Settling::Early);
            self.settled
                .push_back(refused(attempt, reset, &since, &self.neighbours));
        }
        if self.attempts.len(Stage::Over) > self.limits.finished {
            self.forget_oldest(Stage::Over);
        }
    }

    fn forget_oldest(&mut self, stage: Stage) {
        if let Some((place, _)) = self.attempts.oldest(stage) {
            self.attempts.remove(place);
        }
    }
}

/// What is told of a refusal: more than itself only where others were not refused.
fn refused(attempt: &Attempt, reset: Header, since: &Since, neighbours: &Neighbours) -> Settled {
    let id = attempt.id();
    let service = neighbours.of_refusing_service(&id);
    let refusal = Refusal {
        connection: id,
        syn: attempt.syn,
        reset,
        settled_early: since.settled_early,
        clock_stepped: since.stepped,
        records_dropped: since.dropped_at.is_some_and(|at| at >= attempt.syn.time),
        service: service.unwrap_or_default(),
        hosts: neighbours.of_hosts(&id),
    };
    if service.is_some() {
        return Settled::Refusal(refusal);
    }
    let mut case = Settled::case_of(&refusal);
    case.neighbourhood = neighbours.around(&case);
    Settled::Case(case)
}
