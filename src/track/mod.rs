//! Segments -> [`ResetCase`]s. Memory is bounded, and the order of segments alone decides what comes out.
//!
//! The tracker infers what RFC 9293 says two endpoints must be doing, opens a case at each reset, lets it grow by what follows, and
//! hands it over when it settles. It never asks what a reset means.

mod attempts;
mod belonging;
mod bounds;
mod connection;
mod copies;
mod counts;
mod endpoint;
mod freezing;
mod happenings;
mod head;
mod holes;
mod index;
mod key;
mod limits;
mod neighbours;
mod pending;
mod refused;
mod remembered;
mod resets;
mod settled;
mod table;
mod telling;
mod twins;

pub use bounds::Kept;
pub use connection::DISORDERED;
pub use copies::Copies;
pub use counts::{Counts, Met};
pub use limits::Limits;
pub use settled::Settled;

use crate::case::{Habits, Happening, ResetCase};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Flow, Quoted, Segment};
use attempts::Attempts;
use belonging::Belonging;
use copies::Recent;
use freezing::Lacks;
use key::Key;
use neighbours::Neighbours;
use pending::Pending;
use resets::Settling;
use std::collections::VecDeque;
use table::Table;
use twins::Twins;

/// Follows connections. Push segments with [`Tracker::observe`] in the order of the capture, pull settled cases with
/// [`Tracker::next_case`], and call [`Tracker::finish`] at the end.
#[derive(Debug)]
pub struct Tracker {
    limits: Limits,
    table: Table,
    attempts: Attempts,
    pending: Pending,
    neighbours: Neighbours,
    twins: Twins,
    recent: Recent,
    /// The latest record's time.
    now: Option<Timestamp>,
    lacks: Lacks,
    /// No wait of a case ends earlier.
    nothing_due_before: Timestamp,
    settled: VecDeque<Settled>,
    counts: Counts,
    happenings: Vec<Happening>,
    head_is_over: bool,
    /// Whether a connection was found under further addresses or tags at the head of the capture.
    is_doubled: bool,
}

impl Tracker {
    /// A tracker within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            table: Table::new(),
            attempts: Attempts::default(),
            pending: Pending::default(),
            neighbours: Neighbours::new(limits.habits),
            twins: Twins::new(limits.habits),
            recent: Recent::default(),
            now: None,
            lacks: Lacks::default(),
            nothing_due_before: Timestamp::NEVER,
            settled: VecDeque::new(),
            counts: Counts::default(),
            happenings: Vec::new(),
            head_is_over: false,
            is_doubled: false,
        }
    }

    /// Takes the next segment of the capture, or the next of those that are to be followed. Says where the connection that it belongs to
    /// begins in the capture; `None` for one that was forgotten at once.
    pub fn observe(&mut self, segment: &Segment<'_>) -> Option<RecordId> {
        self.observe_of(segment, segment.flow())
    }

    /// The same of a segment whose flow is known.
    pub fn observe_of(&mut self, segment: &Segment<'_>, flow: Flow) -> Option<RecordId> {
        self.pass(segment.header.record, segment.header.time);
        self.observe_late(segment, flow)
    }

    /// The same of a segment that came earlier than others that were observed. That is no loss for a connection of which
    /// [nobody else may know](Limits::head): its segments must only come in their order.
    pub fn observe_late(&mut self, segment: &Segment<'_>, flow: Flow) -> Option<RecordId> {
        let header = &segment.header;
        self.counts.segments += 1;
        let slot = match self.connection_of(segment, flow) {
            Belonging::Connection(slot) => slot,
            Belonging::Attempt(start) => return Some(start),
        };
        let connection = self.table.get_mut(slot)?;
        let start = connection.started.record;
        let side = connection.side_of(segment);
        let is_news = connection.is_news_at(header.time);
        if let Some(first) = connection.copied_by(side, header) {
            if is_news {
                self.counts.copies.note(connection, &first, segment);
            }
            connection.saw_again(&first, segment);
            if header.flags.rst() {
                self.open_copy(slot, side, segment, &first);
            }
        } else {
            if is_news {
                self.recent.add(header, slot);
            }
            if header.flags.rst() {
                self.open_case(slot, side, segment);
            } else {
                self.follow(slot, side, segment, is_news);
            }
        }
        self.rank(slot);
        self.forget_some();
        Some(start)
    }

    /// Notes that the capture lost records until `time` at the latest: what is open then may lack one.
    pub fn note_drops(&mut self, time: Timestamp) {
        self.lacks.dropped_at = self.lacks.dropped_at.max(self.now).max(Some(time));
    }

    /// Takes an ICMP error about a segment: it belongs to the story of that segment's connection, if that is followed. Says where that one
    /// begins, as [`Tracker::observe`] does; `None` when it is not followed.
    pub fn observe_error(&mut self, quoted: &Quoted) -> Option<RecordId> {
        self.pass(quoted.record, quoted.time);
        self.observe_late_error(quoted)
    }

    /// The same of an error that came earlier than what was observed.
    pub fn observe_late_error(&mut self, quoted: &Quoted) -> Option<RecordId> {
        let flow = quoted.flow();
        let key = Key::between(&quoted.from, &quoted.to, &quoted.encapsulation, flow);
        let found = self.table.find(&key);
        let slot = found.or_else(|| self.grow_between(quoted, flow))?;
        let connection = self.table.get_mut(slot)?;
        if connection.icmp.len() < ResetCase::EARLIER {
            connection.icmp.push(*quoted);
        }
        Some(connection.started.record)
    }

    /// Lets a record pass that was captured at `time`, whatever it holds.
    pub fn pass(&mut self, record: RecordId, time: Timestamp) {
        self.advance_to(time);
        if self.now.is_some_and(|now| now - time > DISORDERED) {
            self.lacks.stepped = Some(record);
        }
        self.now = Some(time);
    }

    /// Lets capture time pass, so that cases settle that have waited long enough.
    pub fn advance_to(&mut self, now: Timestamp) {
        if now < self.nothing_due_before {
            return;
        }
        while let Some(at) = self.pending.next_due().filter(|at| *at <= now) {
            self.settle_attempts(at);
            if let Some(slot) = self.pending.stop_waiting() {
                self.settle_all(slot, Settling::Whole);
            }
        }
        self.settle_attempts(now);
        self.nothing_due_before = self.next_due().unwrap_or(Timestamp::NEVER);
    }

    /// Whether a case has settled.
    pub fn has_settled(&self) -> bool {
        !self.settled.is_empty()
    }

    /// How many cases have settled and were not pulled.
    pub fn settled(&self) -> usize {
        self.settled.len()
    }

    /// All settled cases at once.
    pub fn take_settled(&mut self) -> VecDeque<Settled> {
        let next = VecDeque::with_capacity(self.settled.len());
        std::mem::replace(&mut self.settled, next)
    }

    /// The next settled case.
    pub fn next_case(&mut self) -> Option<Box<ResetCase>> {
        self.next_settled().map(Settled::into_case)
    }

    /// The next settled case, in its short form where it has one.
    pub fn next_settled(&mut self) -> Option<Settled> {
        self.settled.pop_front()
    }

    /// Settles what is open: nothing more will come.
    pub fn finish(&mut self) {
        while self.finish_some(usize::MAX) {}
    }

    /// The same, until so many cases wait to be pulled. `false`: nothing is open any more.
    pub fn finish_some(&mut self, many: usize) -> bool {
        while self.settled.len() < many {
            if !self.settle_oldest(Settling::Whole) {
                return false;
            }
        }
        true
    }

    /// What was tracked so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What each service did over the whole capture so far, in the order of their addresses: bounded by [`Limits::habits`].
    pub fn habits(&self) -> Vec<Habits> {
        self.neighbours.habits()
    }
}

#[cfg(test)]
mod tests {
    use super::table::Rank;
    use super::*;
    use crate::origin::SECOND;
    use crate::testkit::tell;

    /// A tracker that follows three connections, after `story`.
    fn after(story: &str) -> Tracker {
        let tracker = Tracker::new(Limits {
            connections: 3,
            ..Limits::default()
        });
        told(tracker, story)
    }

    /// A tracker behind the head of its capture, after `story`.
    pub(super) fn behind_the_head(limits: Limits, story: &str) -> Tracker {
        let mut tracker = Tracker::new(Limits { head: 0, ..limits });
        tracker.reach(0);
        told(tracker, story)
    }

    fn told(mut tracker: Tracker, story: &str) -> Tracker {
        for told in tell(story) {
            tracker.observe(&told.segment());
        }
        tracker
    }

    #[test]
    fn the_finished_are_forgotten_before_the_idle_and_an_open_case_never() {
        let tracker = after(
            "0.000  client A > server    SYN      seq 0
             0.001  server    > client A RST,ACK  seq 0 ack 1
             0.010  client B > server    SYN      seq 0
             0.020  client C > server    SYN      seq 0
             0.021  server    > client C SYN,ACK  seq 0 ack 1
             0.022  client C > server    FIN,ACK  seq 1 ack 1
             0.023  server    > client C FIN,ACK  seq 1 ack 2
             0.024  client C > server    ACK      seq 2 ack 2
             0.030  client D > server    SYN      seq 0
             0.040  client E > server    SYN      seq 0
             0.050  client F > server    SYN      seq 0",
        );
        let ranks = [Rank::Finished, Rank::Live, Rank::Awaited];
        assert_eq!(ranks.map(|rank| tracker.table.len(rank)), [0, 3, 1]);
        assert_eq!(tracker.counts().forgotten, 2);
    }

    #[test]
    fn of_those_that_nobody_else_may_know_of_few_are_kept_once_they_have_ended() {
        let story: Vec<String> = ('A'..='Z')
            .map(|name| {
                let start = i32::from(name as u8);
                format!(
                    "{start}.0  client {name} > server    SYN      seq 0
                     {start}.1  server    > client {name} SYN,ACK  seq 0 ack 1
                     {start}.2  client {name} > server    FIN,ACK  seq 1 ack 1
                     {start}.3  server    > client {name} FIN,ACK  seq 1 ack 2
                     {start}.4  client {name} > server    ACK      seq 2 ack 2"
                )
            })
            .collect();
        let limits = Limits {
            ended: 3,
            ..Limits::default()
        };
        let tracker = behind_the_head(limits, &story.join("\n"));
        assert_eq!(
            [Rank::Ended, Rank::Apart].map(|rank| tracker.table.len(rank)),
            [3, 0]
        );
        assert_eq!(tracker.counts().forgotten, 0, "as of those that are known");
    }

    #[test]
    fn records_lost_while_a_connection_lived_are_a_gap_of_its_cases_alone() {
        let mut tracker = after("0.000  client A > server  SYN  seq 0");
        let lost = tracker.now.unwrap().plus(SECOND);
        tracker.note_drops(lost);
        let later = "0.001  server > client A  RST,ACK  seq 0 ack 1
                     2.000  client B > server  SYN  seq 0
                     2.001  server > client B  RST,ACK  seq 0 ack 1";
        for told in tell(later) {
            tracker.observe(&told.segment());
        }
        tracker.finish();
        let gaps: Vec<bool> = std::iter::from_fn(|| tracker.next_case())
            .map(|case| case.gaps.records_dropped)
            .collect();
        assert_eq!(gaps, [true, false]);
    }
}
