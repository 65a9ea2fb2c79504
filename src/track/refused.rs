//! SYNs and their refusals: attempts, and the connections that some of them become.

use super::Tracker;
use super::attempts::{Attempt, Stage};
use super::belonging::Belonging;
use super::freezing::Since;
use super::neighbours::Neighbours;
use super::resets::Settling;
use super::settled::Settled;
use super::table::{Rank, Slot};
use crate::case::{Answer, Happening, Refusal};
use crate::origin::Timestamp;
use crate::tcp::{Flow, Quoted, Segment, Side};

impl Tracker {
    /// Begins an attempt with `segment`, of that flow. `false`: it says more than that it was sent.
    pub(super) fn begin_attempt(&mut self, segment: &Segment<'_>, flow: Flow) -> bool {
        let begun = Attempt::may_begin_with(segment) && self.attempts.begin(segment, flow);
        if begun && self.attempts.len(Stage::Asked) > self.limits.connections {
            self.counts.forgotten += 1;
            self.forget_oldest(Stage::Asked);
        }
        begun
    }

    /// The attempt that `segment` belongs to and that has taken it, or the connection that such a one has become by it. `None`: there is none, or
    /// `segment` begins anew.
    pub(super) fn attempt_of(&mut self, segment: &Segment<'_>, flow: Flow) -> Option<Belonging> {
        if self.attempts.count() == 0 || segment.encapsulation.has_identity() {
            return None;
        }
        let (place, attempt) = self.attempts.find(segment.from, segment.to, flow)?;
        let start = attempt.syn.record;
        if let Some(refusal) = attempt.refused_by(segment) {
            let id = attempt.id();
            self.attempts.refuse(place, refusal);
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
    pub(super) fn grow_between(&mut self, quoted: &Quoted, flow: Flow) -> Option<Slot> {
        let (from, to) = (quoted.from, quoted.to);
        let (place, _) = self.attempts.find(from, to, flow)?;
        self.grow(place)
    }

    /// Makes a connection of an attempt.
    fn grow(&mut self, place: u32) -> Option<Slot> {
        let (attempt, stage) = self.attempts.remove(place)?;
        let attempt = *attempt;
        let opening = attempt.opening();
        let (id, room) = (attempt.id(), self.limits.timeline);
        let flow = opening.flow();
        let slot = self.table.insert(id, flow, &opening, room, Rank::Apart);
        let connection = self.table.get_mut(slot)?;
        connection.is_known = false;
        connection.is_lasting = false;
        connection.take(Side::Client, &opening, &mut self.happenings);
        // Its neighbours have been told, or are nobody's business.
        self.happenings.clear();
        if let Some(refusal) = attempt.refusal() {
            let refusal = attempt.answer(refusal.header(&attempt.syn));
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
        let refused = refused.and_then(|(_, attempt)| Some(attempt.refusal()?.time.plus(wait)));
        let due = self.pending.next_due();
        due.into_iter().chain(refused).min()
    }

    /// Settles the attempts whose wait ends before `now`.
    pub(super) fn settle_attempts(&mut self, now: Timestamp) {
        while let Some((place, attempt)) = self.attempts.oldest(Stage::Awaited)
            && let Some(refusal) = attempt.refusal()
            && refusal.time.plus(self.limits.case_wait) <= now
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
        let refused = attempt.and_then(|(place, attempt)| Some((place, attempt.refusal()?.record)));
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
        if let Some(refusal) = attempt.refusal() {
            let since = self.lacks.since(refusal.record, how == Settling::Early);
            self.settled
                .push_back(told(attempt, refusal, &since, &self.neighbours));
        }
        if self.attempts.len(Stage::Over) > OVER {
            self.forget_oldest(Stage::Over);
        }
    }

    fn forget_oldest(&mut self, stage: Stage) {
        if let Some((place, _)) = self.attempts.oldest(stage) {
            self.attempts.remove(place);
        }
    }
}

/// Attempts kept whose refusal has settled, for what was late on the way; chosen: whoever asks again from the same port does so sooner.
const OVER: usize = 256;

/// What is told of a refusal: more than itself only where others were not refused.
fn told(attempt: &Attempt, answer: Answer, since: &Since, neighbours: &Neighbours) -> Settled {
    let id = attempt.id();
    let refused = neighbours.refused_alone(&id);
    let refusal = Refusal {
        client: id.client,
        server: id.server,
        syn: attempt.syn,
        answer,
        settled_early: since.settled_early,
        clock_stepped: since.stepped,
        records_dropped: since.dropped_at.is_some_and(|at| at >= attempt.syn.time),
        refused: refused.unwrap_or(0),
        host: neighbours.of_host(&id, Side::Server),
    };
    if refused.is_some() {
        return Settled::Refusal(refusal);
    }
    let mut case = Settled::case_of(&refusal);
    case.neighbourhood = neighbours.around(&case);
    Settled::Case(case)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Neighbourhood, ResetCase};
    use crate::report::report_on;
    use crate::tcp::Layer;
    use crate::testkit::{cases, tell};
    use crate::track::{Limits, tests};

    fn behind_the_head(story: &str) -> Tracker {
        tests::behind_the_head(Limits::default(), story)
    }

    fn settled(mut tracker: Tracker) -> Vec<Settled> {
        tracker.finish();
        tracker.take_settled().into()
    }

    const REFUSED: &str = "0.000  client > server  SYN      seq 0 mss 1460 ts 7/0
         0.010  server > client  RST,ACK  seq 0 ack 1\n";

    #[test]
    fn a_refused_syn_is_told_in_few_words_and_says_the_same() {
        let few = settled(behind_the_head(REFUSED));
        assert!(matches!(few.as_slice(), [Settled::Refusal(_)]));
        same(few, cases(REFUSED));
    }

    #[test]
    fn a_service_that_refuses_again_still_does_nothing_else() {
        let story = format!(
            "{REFUSED}0.020  client B > server  SYN      seq 0
             0.030  server > client B  RST,ACK  seq 0 ack 1"
        );
        let told = settled(behind_the_head(&story));
        let refused: Vec<_> = told
            .iter()
            .map(|one| match one {
                Settled::Refusal(refusal) => refusal.refused,
                Settled::Case(_) => 0,
            })
            .collect();
        assert_eq!(refused, [2, 2]);
    }

    /// Beside what the head knows of the hosts, the reports are equal.
    fn same(settled: Vec<Settled>, expected: Vec<ResetCase>) {
        let told = |mut case: ResetCase| {
            case.neighbourhood = Neighbourhood::default();
            format!("{:#?}", report_on(&case))
        };
        let settled = settled.into_iter().map(|one| told(*one.into_case()));
        let expected = expected.into_iter().map(told);
        assert_eq!(settled.len(), expected.len());
        for (settled, expected) in settled.zip(expected) {
            let differs = settled
                .lines()
                .zip(expected.lines())
                .find(|(one, other)| one != other);
            assert_eq!(differs, None);
        }
    }

    #[test]
    fn whatever_follows_finds_the_whole_connection() {
        for rest in [
            "0.011  server > client  RST,ACK  seq 0 ack 1 ttl 62",
            "0.500  client > server  SYN      seq 0\n0.510  server > client  RST,ACK  seq 0 ack 1",
            "0.500  client > server  SYN      seq 9\n0.510  server > client  RST,ACK  seq 0 ack 10",
            "0.500  client > server  SYN      seq 0\n0.510  server > client  SYN,ACK  seq 5 ack 1",
            "3.000  client > server  SYN      seq 0\n3.010  server > client  RST,ACK  seq 0 ack 1",
            "0.020  client > server  RST      seq 1",
            "0.020  client > server  PSH,ACK  seq 1 ack 1 len 10\n0.021  server > client  RST seq 1",
        ] {
            let story = format!("{REFUSED}{rest}");
            same(settled(behind_the_head(&story)), cases(&story));
        }
    }

    #[test]
    fn a_refusal_behind_a_label_of_its_own_direction_belongs_to_its_syn() {
        let mut tracker = behind_the_head("");
        let told = tell(REFUSED);
        let [syn, refusal] = told.as_slice() else {
            panic!("no two segments");
        };
        tracker.observe(&syn.segment());
        let mut refusal = refusal.segment();
        refusal.encapsulation.push(Layer::Mpls(7));
        tracker.observe(&refusal);
        let settled = settled(tracker);
        let [Settled::Case(case)] = settled.as_slice() else {
            panic!("no case in full: {settled:?}");
        };
        assert!(case.endpoints.client.syn.is_some());
    }

    #[test]
    fn a_service_that_answers_others_is_told_of() {
        let story = format!(
            "{REFUSED}0.020  client B > server  PSH,ACK  seq 1 ack 1 len 9
             0.021  server > client B  RST  seq 1"
        );
        let settled = settled(behind_the_head(&story));
        let [Settled::Case(case), _] = settled.as_slice() else {
            panic!("no case in full: {settled:?}");
        };
        assert_eq!(case.neighbourhood.events.len(), 1);
    }

    #[test]
    fn what_is_no_plain_refusal_is_followed_as_any_connection() {
        for story in [
            "0.0  client > server  SYN  seq 0\n0.1  server > client  RST,ACK  seq 0 ack 1 win 5",
            "0.0  client > server  SYN  seq 0\n0.1  server > client  RST,ACK  seq 7 ack 1",
            "0.0  client > server  SYN  seq 0 len 4\n0.1  server > client  RST,ACK  seq 0 ack 5",
            "0.0  client > server  SYN  seq 0\n2.1  server > client  RST,ACK  seq 0 ack 1",
            "0.0  client > server  SYN  seq 0\n0.1  client > server  RST  seq 1",
        ] {
            let settled = settled(behind_the_head(story));
            assert!(matches!(settled.as_slice(), [Settled::Case(_)]), "{story}");
            same(settled, cases(story));
        }
    }

    #[test]
    fn attempts_without_an_answer_are_bounded() {
        let story = "0.0  client A > server  SYN  seq 0
             0.1  client B > server  SYN  seq 0
             0.2  client C > server  SYN  seq 0";
        let limits = Limits {
            connections: 1,
            ..Limits::default()
        };
        let tracker = tests::behind_the_head(limits, story);
        assert_eq!(tracker.attempts.len(Stage::Asked), 1);
        assert_eq!(tracker.counts().forgotten, 2);
    }
}
