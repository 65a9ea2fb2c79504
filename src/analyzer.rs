//! Records in, reports out: [`Analyzer`], the library's front, which alone knows the order of the rooms.
//!
//! It never blocks, never fails and reads no clock. Push records in the order of the capture, poll resets as they settle:
//!
//! 1. [`Analyzer::push`] each record, or [`Analyzer::advance_to`] a time at which there was none;
//! 2. [`Analyzer::next_reset`] until there is none, after each push or as seldom as one likes;
//! 3. at the end [`Analyzer::settle`], poll once more, and [`Analyzer::finish`].

mod followed;
mod judge;
mod refusals;
mod taking;

pub use crate::decode::{Bare, bare, headers_len};
pub use crate::track::{DISORDERED, Settled};
pub use crate::triage::Marks;
pub use followed::Followed;
pub use judge::{Docket, Judge};

use crate::incidents::{Bounds, Incidents};
use crate::mask::Mask;
use crate::origin::{RecordId, Timestamp};
use crate::report::{
    CaptureQuality, Doubled, Incident, Reference, ResetReport, Seen, Summary, Traits,
};
use crate::track::{Limits, Met, Tracker};
use crate::triage::{Desk, Sketch, Survey};

/// What an analysis may keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Bounds of tracking.
    pub limits: Limits,
    /// Bounds of incidents.
    pub incidents: Bounds,
}

impl Config {
    /// Bounds that keep an analysis within `bytes` of memory, the program itself included.
    #[must_use]
    pub fn within(bytes: u64) -> Self {
        let most = Bounds::default().incidents;
        Self {
            limits: Limits::within(bytes),
            incidents: Bounds {
                // Each keeps some whole reports, of 15 KB or so.
                incidents: usize::try_from(bytes >> 19).map_or(most, |count| count.clamp(64, most)),
                ..Bounds::default()
            },
        }
    }
}

/// How far an analysis is, and how much it keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Records looked at.
    pub records: u64,
    /// TCP segments among them.
    pub segments: u64,
    /// Connections met, of those that are followed.
    pub connections: u64,
    /// Connections forgotten to stay within bounds.
    pub forgotten: u64,
    /// Cases settled early for the same reason.
    pub crowded: u64,
    /// Connections followed now.
    pub followed: usize,
    /// Cases open now.
    pub open_cases: usize,
}

/// What is known when all records have been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Resets folded by what they have in common.
    pub incidents: Vec<Incident>,
    /// What the capture did not show.
    pub capture_quality: Vec<CaptureQuality>,
    /// Counts.
    pub summary: Summary,
}

/// Decodes, tracks, judges and folds. See the module for the order of calls.
#[derive(Debug)]
pub struct Analyzer {
    tracker: Tracker,
    desk: Desk,
    head_is_over: bool,
    /// Of records that another gate has looked at.
    absorbed: Survey,
    sketch: Option<Sketch>,
    judge: Judge,
    config: Config,
    clock: Clock,
}

/// How the records' times went.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    first: Option<Timestamp>,
    latest: Option<Timestamp>,
    disordered: Seen,
    steps_back: u64,
    longest_step: i64,
    first_step: Option<Reference>,
}

impl Analyzer {
    /// An analysis that has seen nothing.
    pub fn new(config: Config) -> Self {
        Self::judged_by(Judge::new(config.incidents, None), config)
    }

    /// An analysis of what a mask leaves to see: addresses are masked before a report is made of them, so that filters, Community IDs and
    /// findings are of the masked ones; host names and what applications wrote never come into a report.
    pub fn masked(config: Config, mask: Mask) -> Self {
        Self::judged_by(Judge::new(config.incidents, Some(mask)), config)
    }

    fn judged_by(judge: Judge, config: Config) -> Self {
        Self {
            tracker: Tracker::new(config.limits),
            desk: Desk::new(config.limits.held),
            head_is_over: false,
            absorbed: Survey::default(),
            sketch: None,
            judge,
            config,
            clock: Clock::default(),
        }
    }

    /// How many connections there were: told by the tracker while it follows them all, else by the flows that were seen.
    fn connections(&self) -> u64 {
        if self.tracker.knows_all() {
            self.tracker.counts().connections
        } else {
            self.desk.sketch().estimate_with(self.sketch.as_ref())
        }
    }

    fn records(&self) -> u64 {
        self.desk.survey().records + self.absorbed.records
    }

    /// When the first record was captured; `None` before it.
    pub const fn started(&self) -> Option<Timestamp> {
        self.clock.first
    }

    /// Whether [`Analyzer::next_reset`] has something to give.
    pub fn has_settled(&self) -> bool {
        self.tracker.has_settled()
    }

    /// Whether what comes next matters whatever connection it belongs to: so it is at the head of a capture, and where connections were captured
    /// under several addresses.
    pub const fn knows_all(&self) -> bool {
        self.tracker.knows_all()
    }

    /// Nanoseconds of capture time that a case waits after the latest reset of its connection.
    pub const fn case_wait(&self) -> i64 {
        self.config.limits.case_wait
    }

    /// Tells before the first record that flows with a reset will be found out otherwise: then everything matters until
    /// [`Analyzer::expect_only`].
    pub fn hold_nothing(&mut self) {
        self.desk.hold_nothing();
    }

    /// Takes that back behind the head of the capture: all of it will be given.
    pub const fn hold_again(&mut self) {
        self.desk.hold_again();
    }

    /// Tells that of all the segments to come only those of these flows, and those that count for others, will be given.
    pub fn expect_only(&mut self, flows: &Marks) {
        self.tracker.forget_unless(|flow| flows.has(flow));
    }

    /// Lets capture time pass where there was no record, so that resets settle.
    pub fn advance_to(&mut self, now: Timestamp) {
        self.tracker.advance_to(now);
    }

    /// Keeps less from now on, since memory is short: connections are forgotten, the finished ones first, then the longest idle.
    pub fn tighten(&mut self) {
        self.tracker.tighten();
    }

    /// How far it is, and how much it keeps.
    pub fn progress(&self) -> Progress {
        let (counts, kept) = (self.tracker.counts(), self.tracker.kept());
        Progress {
            records: self.records(),
            segments: self.desk.survey().segments + self.absorbed.segments,
            connections: self.connections(),
            forgotten: counts.forgotten + self.desk.forgotten(),
            crowded: counts.crowded,
            followed: kept.connections,
            open_cases: kept.open_cases,
        }
    }

    /// Notes that the capture lost records until `time` at the latest, as a live one tells while it goes on: no verdict on what was open then is
    /// certain.
    pub fn note_drops(&mut self, time: Timestamp) {
        self.tracker.note_drops(time);
    }

    /// Settles everything that is open: no record will follow. Poll once more after it.
    pub fn settle(&mut self) {
        self.tracker.finish();
    }

    /// The same, until so many have settled and wait to be polled. `false`: nothing is open any more.
    pub fn settle_some(&mut self, many: usize) -> bool {
        self.tracker.finish_some(many)
    }

    /// The next reset that has settled.
    pub fn next_reset(&mut self) -> Option<ResetReport> {
        self.next_selected(|_| true)
    }

    /// The next reset that has settled and that `select` admits, which may add to it what is known beside the capture. All others are left
    /// out of incidents and counts too; what they show of their services was learnt before, so no verdict depends on it.
    pub fn next_selected(
        &mut self,
        mut select: impl FnMut(&mut ResetReport) -> bool,
    ) -> Option<ResetReport> {
        loop {
            let case = self.tracker.next_case()?;
            if let Some(report) = self.judge.report(case, &mut select) {
                return Some(report);
            }
        }
    }

    /// Takes the resets that have settled into incidents and counts, and makes no report of those that represent nothing.
    pub fn fold(&mut self) {
        while let Some(settled) = self.tracker.next_settled() {
            self.judge.fold(&settled);
        }
    }

    /// How many resets have settled and were not polled.
    pub fn settled(&self) -> usize {
        self.tracker.settled()
    }

    /// The resets that have settled, to be folded by the judge that was [lent](Analyzer::lend_judge).
    pub fn hand_over(&mut self) -> Docket {
        Docket::new(self.tracker.take_settled())
    }

    /// Gives the half of the analysis that judges, so that it can work beside the other: whatever settles from now on must be
    /// [handed over](Analyzer::hand_over) to it, in order, until it is [back](Analyzer::take_back).
    pub fn lend_judge(&mut self) -> Judge {
        let stand_in = Judge::new(self.config.incidents, None);
        std::mem::replace(&mut self.judge, stand_in)
    }

    /// Takes back the judge that was lent.
    pub fn take_back(&mut self, judge: Judge) {
        self.judge = judge;
    }

    /// Ends the analysis. Resets that were not polled are counted, and not given any more.
    pub fn finish(mut self) -> Finished {
        self.end()
    }

    /// The same, and leaves what was kept to be let go of later. Nothing is known of any reset afterwards.
    pub fn end(&mut self) -> Finished {
        self.settle();
        self.fold();
        let nothing = Incidents::new(self.config.incidents);
        let incidents = std::mem::replace(&mut self.judge.incidents, nothing);
        self.finished(incidents)
    }

    /// What is known by now of the resets that were polled; the analysis goes on.
    pub fn so_far(&mut self) -> Finished {
        let incidents = self.judge.incidents.clone();
        self.finished(incidents)
    }

    fn finished(&mut self, incidents: Incidents) -> Finished {
        let counts = self.tracker.counts();
        let mut survey = self.absorbed.clone();
        survey.add(self.desk.survey());
        let connections = self.connections();
        let traits = Traits {
            copies: Doubled {
                all: counts.copies.all,
                routed: counts.copies.routed,
                wrapped: counts.copies.wrapped,
                translated: counts.copies.translated,
                first: counts.copies.first.map(Into::into),
            },
            sampled: if self.tracker.knows_all() {
                0
            } else {
                survey.segments
            },
            forgotten: counts.forgotten + self.desk.forgotten(),
            crowded: counts.crowded,
            oversized: seen(counts.oversized),
            unsized_packets: seen(counts.unsized_packets),
            unfinished: seen(counts.unfinished),
            damaged: seen(counts.damaged),
            disordered: self.clock.disordered,
            steps_back: self.clock.steps_back,
            longest_step: self.clock.longest_step,
            first_step: self.clock.first_step,
        };
        let (incidents, capture_quality) =
            self.judge
                .findings(incidents, self.tracker.habits(), &traits);
        let judge = &self.judge;
        Finished {
            incidents,
            capture_quality,
            summary: Summary {
                records: survey.records,
                segments: survey.segments,
                connections,
                resets: counts.resets.saturating_sub(judge.unselected),
                unselected: judge.unselected,
                by_cause: judge.by_cause.by_word(),
                by_severity: judge.by_severity.by_word(),
                skipped: survey
                    .skipped
                    .iter()
                    .map(|(skip, count)| (skip.to_string(), *count))
                    .collect(),
            },
        }
    }
}

fn seen(met: Met) -> Seen {
    Seen {
        count: met.count,
        first: met.first.map(Into::into),
    }
}

impl Clock {
    fn tick(&mut self, record: RecordId, time: Timestamp) {
        self.first.get_or_insert(time);
        let back = self.latest.map_or(0, |latest| latest - time);
        if back > 0 && back <= DISORDERED {
            self.disordered.note(record.into());
            return; // The latest time stays, so that one late record counts once.
        }
        if back > 0 {
            self.steps_back += 1;
            self.longest_step = self.longest_step.max(back);
            self.first_step.get_or_insert(record.into());
        }
        self.latest = Some(time);
    }
}
