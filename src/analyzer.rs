//! Records in, reports out: [`Analyzer`], the library's front, which alone knows the order of the rooms.
//!
//! It never blocks, never fails and reads no clock. Push records in the order of the capture, poll resets as they settle:
//!
//! 1. [`Analyzer::push`] each record, or [`Analyzer::advance_to`] a time at which there was none;
//! 2. [`Analyzer::next_reset`] until there is none, after each push or as seldom as one likes;
//! 3. at the end [`Analyzer::settle`], poll once more, and [`Analyzer::finish`].

mod followed;

pub use crate::decode::{Bare, bare, headers_len};
pub use crate::triage::Marks;
pub use followed::Followed;

use crate::case::ResetCase;
use crate::case::facts::Facts;
use crate::decode::{Decoded, Record, decode};
use crate::incidents::{Bounds, Incidents, Traits as Sample};
use crate::mask::Mask;
use crate::origin::{RecordId, Timestamp};
use crate::report::{
    CaptureQuality, Doubled, Gist, Incident, Quality, Reference, ResetReport, Seen, Summary,
    Traits, report_masked, report_on, reset_report,
};
use crate::rules::Verdict;
use crate::tcp::Flow;
use crate::track::{DISORDERED, Limits, Met, Tracker};
use crate::triage::{Cut, Desk, Look, Looks, Sifted, Sketch, Survey};
use std::collections::BTreeMap;

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
        Self {
            limits: Limits::within(bytes),
            incidents: Bounds {
                // Each keeps some whole reports, of 15 KB or so.
                incidents: usize::try_from(bytes >> 19).map_or(1024, |count| count.clamp(64, 1024)),
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
    incidents: Incidents,
    quality: Quality,
    desk: Desk,
    head_is_over: bool,
    /// Of records that another gate has looked at.
    absorbed: Survey,
    sketch: Sketch,
    by_cause: BTreeMap<&'static str, u64>,
    by_severity: BTreeMap<&'static str, u64>,
    unselected: u64,
    clock: Clock,
    mask: Option<Mask>,
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
        Self {
            tracker: Tracker::new(config.limits),
            incidents: Incidents::new(config.incidents),
            quality: Quality::default(),
            desk: Desk::new(config.limits.held),
            head_is_over: false,
            absorbed: Survey::default(),
            sketch: Sketch::new(),
            by_cause: BTreeMap::new(),
            by_severity: ["benign", "warning", "error"].map(|word| (word, 0)).into(),
            unselected: 0,
            clock: Clock::default(),
            mask: None,
        }
    }

    /// An analysis of what a mask leaves to see: addresses are masked before a report is made of them, so that filters, Community IDs and
    /// findings are of the masked ones; host names and what applications wrote never come into a report.
    pub fn masked(config: Config, mask: Mask) -> Self {
        Self {
            mask: Some(mask),
            ..Self::new(config)
        }
    }

    /// Takes the next record of the capture.
    pub fn push(&mut self, record: &Record<'_>) {
        let look = Look::at(record);
        if let Some(look) = &look {
            self.desk.count(look.flow);
        }
        self.push_seen(record, look.as_ref());
    }

    /// Takes the next records of the capture, at which somebody has looked already; `record` gives the one at a place, from 0. When he has seen
    /// his last, [`Analyzer::join`] the flows that he has counted.
    pub fn push_all<'a>(
        &mut self,
        looks: &mut Looks,
        record: impl Fn(usize) -> Option<Record<'a>>,
    ) {
        let rises = looks
            .rising
            .filter(|(from, _)| self.clock.latest.is_none_or(|latest| latest <= *from));
        let mut place = 0;
        for some in looks.each_mut().chunks_mut(AT_ONCE) {
            self.desk.approach(some);
            for look in some {
                let Some(record) = record(place) else { return };
                place += 1;
                if rises.is_some() && self.head_is_over {
                    self.push_risen(&record, look.as_ref());
                } else {
                    self.push_seen(&record, look.as_ref());
                }
            }
        }
        if let Some((from, to)) = rises
            && let Some(last) = place.checked_sub(1).and_then(record)
        {
            self.clock.first.get_or_insert(from);
            self.clock.latest = Some(to);
            self.tracker.pass(last.id.at(self.records()), to);
        }
    }

    /// The same of a record before which time has only risen since another: time that only rises passes no other way in the records that are held.
    #[inline]
    fn push_risen(&mut self, record: &Record<'_>, look: Option<&Look>) {
        let mut record = *record;
        record.id = record.id.at(self.records() + 1);
        let (id, time) = (record.id, record.time);
        let tracker = &mut self.tracker;
        let passes = self.desk.passes(&record, look, &mut |record, cut, flow| {
            tracker.pass(id, time);
            take_late(tracker, &decode(record), cut, flow);
        });
        if passes {
            self.take(&decode(&record));
        }
    }

    fn push_seen(&mut self, record: &Record<'_>, look: Option<&Look>) {
        self.end_head();
        let mut record = *record;
        record.id = record.id.at(self.records() + 1);
        self.clock.tick(&record);
        self.tracker.pass(record.id, record.time);
        let tracker = &mut self.tracker;
        let passes = self.desk.passes(&record, look, &mut |record, cut, flow| {
            take_late(tracker, &decode(record), cut, flow);
        });
        if passes {
            self.take(&decode(&record));
        }
    }

    /// Lets the head of the capture end where it does.
    fn end_head(&mut self) {
        if self.head_is_over || !self.tracker.reach(self.desk.survey().segments) {
            return;
        }
        self.head_is_over = true;
        self.desk.end_head();
        if self.tracker.knows_all() {
            self.desk.open();
        } else if self.desk.holds() {
            // What is left out here is held there.
            let desk = &self.desk;
            self.tracker.forget_unless(|flow| desk.follows(flow));
        }
    }

    /// How many connections there were: told by the tracker while it follows them all, else by the flows that were seen.
    fn connections(&self) -> u64 {
        if self.tracker.knows_all() {
            self.tracker.counts().connections
        } else {
            self.desk.sketch().estimate_with(&self.sketch)
        }
    }

    fn records(&self) -> u64 {
        self.desk.survey().records + self.absorbed.records
    }

    /// Takes the next records of the capture, which another gate has looked at already; `record` gives the one at a place, from 0. When that
    /// gate has seen its last, [`Analyzer::join`] what it knows of flows.
    pub fn absorb<'a>(&mut self, sifted: &Sifted, record: impl Fn(usize) -> Option<Record<'a>>) {
        let first = self.records() + 1;
        self.absorbed.add(&sifted.survey);
        let all = 0..usize::try_from(sifted.survey.records).unwrap_or(usize::MAX);
        let mut passed = sifted.passed.iter().copied().peekable();
        match sifted.rising {
            // Time that only rises passes no other way in the records that are left out.
            Some((from, to)) if self.clock.latest.is_none_or(|latest| latest <= from) => {
                for place in passed {
                    if let Some(mut record) = record(place) {
                        record.id = record.id.at(first + place as u64);
                        self.take(&decode(&record));
                    }
                }
                self.clock.first.get_or_insert(from);
                self.clock.latest = Some(to);
                // The next record's time is compared with the last one's here, whether or not that was let pass.
                if let Some(last) = all.last().and_then(&record) {
                    self.tracker.pass(last.id, to);
                }
            }
            _ => {
                for place in all {
                    let goes_on = passed.next_if_eq(&place).is_some();
                    if let Some(record) = record(place) {
                        self.step(&record, first + place as u64, goes_on);
                    }
                }
            }
        }
    }

    /// Takes over the flows that a gate has seen, for the number of connections.
    pub fn join(&mut self, flows: &Sketch) {
        self.sketch.join(flows);
    }

    fn step(&mut self, record: &Record<'_>, order: u64, passes: bool) -> Option<RecordId> {
        let mut record = *record;
        record.id = record.id.at(order);
        self.clock.tick(&record);
        self.tracker.pass(record.id, record.time);
        passes.then(|| self.take(&decode(&record))).flatten()
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

    /// Tells before the first record that flows with a reset will be found out otherwise: then everything matters until
    /// [`Analyzer::expect_only`].
    pub fn hold_nothing(&mut self) {
        self.desk.hold_nothing();
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
            let mut case = self.tracker.next_case()?;
            let mut report = match &mut self.mask {
                Some(mask) => report_masked(&mut case, mask),
                None => report_on(&case),
            };
            if !select(&mut report) {
                self.unselected += 1;
                continue;
            }
            let gist = report.gist();
            self.count(&case, &gist);
            self.incidents
                .add(&gist, &Sample::of(&case), || report.clone());
            return Some(report);
        }
    }

    /// Takes the resets that have settled into incidents and counts, and makes no report of those that represent nothing.
    pub fn fold(&mut self) {
        if self.mask.is_some() {
            while self.next_reset().is_some() {}
            return;
        }
        while let Some(case) = self.tracker.next_case() {
            let facts = Facts::of(&case);
            let verdict = Verdict::on(&facts);
            let gist = Gist::of(&facts, &verdict);
            self.count(&case, &gist);
            self.incidents
                .add(&gist, &Sample::of(&case), || reset_report(&facts, &verdict));
        }
    }

    fn count(&mut self, case: &ResetCase, gist: &Gist) {
        self.quality.note(case);
        *self.by_cause.entry(gist.cause).or_default() += 1;
        *self.by_severity.entry(gist.severity).or_default() += 1;
    }

    /// Ends the analysis. Resets that were not polled are counted, and not given any more.
    pub fn finish(mut self) -> Finished {
        self.settle();
        self.fold();
        self.so_far()
    }

    /// What is known by now of the resets that were polled; the analysis goes on.
    pub fn so_far(&mut self) -> Finished {
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
        let mut habits = self.tracker.habits();
        if let Some(mask) = &mut self.mask {
            for one in &mut habits {
                one.service = mask.socket(one.service);
            }
            habits.sort_unstable_by_key(|one| one.service);
        }
        Finished {
            incidents: self.incidents.clone().finish(&habits),
            capture_quality: self.quality.items(&traits),
            summary: Summary {
                records: survey.records,
                segments: survey.segments,
                connections,
                resets: counts.resets.saturating_sub(self.unselected),
                unselected: self.unselected,
                by_cause: self.by_cause.clone(),
                by_severity: self.by_severity.clone(),
                skipped: survey
                    .skipped
                    .iter()
                    .map(|(skip, count)| (skip.to_string(), *count))
                    .collect(),
            },
        }
    }

    fn take(&mut self, decoded: &Decoded<'_>) -> Option<RecordId> {
        match decoded {
            Decoded::Segment(segment) => self.tracker.observe(segment),
            Decoded::Quoted(quoted) => self.tracker.observe_error(quoted),
            Decoded::Several(parts) => {
                let starts = parts.iter().map(|part| self.take(part));
                starts.fold(None, Option::or)
            }
            Decoded::Skip(_) => None,
        }
    }
}

/// Takes what a record that was held has of the flow for which it was.
fn take_late(tracker: &mut Tracker, decoded: &Decoded<'_>, cut: Option<Cut>, flow: Flow) {
    match decoded {
        Decoded::Segment(segment) if segment.flow() == flow => {
            let mut segment = *segment;
            if let Some(Cut { captured, tail }) = cut {
                segment.captured = captured;
                segment.tail = Some(tail);
            }
            tracker.observe_late(&segment);
        }
        Decoded::Quoted(quoted) => {
            tracker.observe_late_error(quoted);
        }
        Decoded::Several(parts) => parts
            .iter()
            .for_each(|part| take_late(tracker, part, cut, flow)),
        Decoded::Segment(_) | Decoded::Skip(_) => {}
    }
}

fn seen(met: Met) -> Seen {
    Seen {
        count: met.count,
        first: met.first.map(Into::into),
    }
}

impl Clock {
    fn tick(&mut self, record: &Record<'_>) {
        self.first.get_or_insert(record.time);
        let back = self.latest.map_or(0, |latest| latest - record.time);
        if back > 0 && back <= DISORDERED {
            self.disordered.note(record.id.into());
            return; // The latest time stays, so that one late record counts once.
        }
        if back > 0 {
            self.steps_back += 1;
            self.longest_step = self.longest_step.max(back);
            self.first_step.get_or_insert(record.id.into());
        }
        self.latest = Some(record.time);
    }
}

/// Records whose connections are looked for together; chosen: as many as a processor waits for at once.
const AT_ONCE: usize = 16;
