//! The second of two looks, at what follows the head: [`Gate`].

use super::{Marks, Passed, Sketch, Survey};
use crate::decode::{Decoded, Record, Skip, decode, glance, glance_at_once};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Flags, Flow};
use std::sync::Arc;

/// Whose segments pass.
#[derive(Clone, Debug)]
pub enum Following {
    /// Everybody's.
    All,
    /// Those of the marked and of the sampled flows.
    Marked(Arc<Marks>),
}

/// Records of one source, one behind the other, that a gate has looked at: which passed, and what is known of all.
#[derive(Clone, Debug, Default)]
pub struct Sifted {
    /// What those gave that passed.
    pub passed: Passed,
    /// What was counted.
    pub survey: Survey,
    /// When each was captured; of records that a scout remembers no more is known than [`Sifted::times_of_some`] and the two that follow.
    pub times: Vec<Timestamp>,
    /// When some of them were captured, by their places, where a scout remembers the others: these are no earlier than any before them.
    pub times_of_some: Vec<(usize, Timestamp)>,
    /// The first and the last one's time, where no record in between is earlier than the one before it.
    pub rising: Option<(Timestamp, Timestamp)>,
    first: RecordId,
}

impl Sifted {
    /// Nothing, before the record `first`; what it was is forgotten, and its memory used again.
    pub fn start(&mut self, first: RecordId) {
        self.passed.clear();
        self.survey = Survey::default();
        self.times.clear();
        self.times_of_some.clear();
        self.rising = None;
        self.first = first;
    }

    /// Which record is at a place, from 0.
    pub fn record(&self, place: usize) -> RecordId {
        RecordId::new(self.first.source(), self.first.number() + place as u64)
    }

    /// Which record is the last.
    pub fn last(&self) -> RecordId {
        let place = self.survey.records.saturating_sub(1);
        RecordId::new(self.first.source(), self.first.number() + place)
    }

    /// Takes what a record gives, all of it of that flow where one is known. A copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn take(&mut self, record: Record<'_>, flow: Option<Flow>) {
        self.passed
            .push(self.place(record.id), &decode(&record), flow);
    }

    fn place(&self, record: RecordId) -> usize {
        let place = record.number().saturating_sub(self.first.number());
        usize::try_from(place).unwrap_or(usize::MAX)
    }

    /// Takes from what a scout remembers of the same records the first one's time and the latest. Those records that were sifted are `some` of them;
    /// `None` where all times rise.
    pub fn recall(
        &mut self,
        times: (Timestamp, Timestamp),
        some: Option<impl Iterator<Item = RecordId>>,
    ) {
        for (record, time) in some.into_iter().flatten().zip(&self.times) {
            self.times_of_some.push((self.place(record), *time));
        }
        self.times.clear();
        self.rising = Some(times);
    }

    /// When records were captured, by their places: where time only `rises` between the others, those alone that say when it fell.
    pub fn timed(&self, rises: bool) -> impl Iterator<Item = (usize, Timestamp)> {
        let all = if rises { &[] } else { self.times.as_slice() };
        let all = all.iter().copied().enumerate();
        self.times_of_some.iter().copied().chain(all)
    }

    /// The earliest and the latest time; `None` without records.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.times.iter().copied();
        self.rising.or_else(|| times().min().zip(times().max()))
    }
}

/// Lets records pass or not, and counts them all.
#[derive(Debug)]
pub struct Gate {
    following: Following,
    survey: Survey,
    sketch: Sketch,
    /// The latest flows that were seen, before the sketch has them: their bits lie far from each other, and are waited for together.
    latest: Vec<Flow>,
}

impl Gate {
    /// A gate for records behind the head of a capture.
    pub fn new(following: Following) -> Self {
        Self {
            following,
            survey: Survey::default(),
            sketch: Sketch::new(),
            latest: Vec::with_capacity(TOGETHER),
        }
    }

    /// Whether `record` passes.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    pub fn passes(&mut self, record: &Record<'_>) -> bool {
        self.weigh(record).0
    }

    /// Whether `record` passes, and whose segment it is where that was seen at once.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn weigh(&mut self, record: &Record<'_>) -> (bool, Option<Flow>) {
        self.survey.records += 1;
        match glance_at_once(record) {
            Some(seen) => {
                let flow = seen.flow();
                (self.see(flow, seen.flags), Some(flow))
            }
            None => (self.look_closer(*record), None),
        }
    }

    /// Takes a copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn look_closer(&mut self, record: Record<'_>) -> bool {
        match glance(&record) {
            Some(seen) => self.see(seen.flow(), seen.flags),
            None => self.see_all(&decode(&record)),
        }
    }

    fn see_all(&mut self, decoded: &Decoded<'_>) -> bool {
        match decoded {
            Decoded::Segment(segment) => self.see(segment.flow(), segment.header.flags),
            // No short circuit: each is counted.
            Decoded::Several(parts) => parts
                .iter()
                .fold(false, |passes, part| self.see_all(part) | passes),
            Decoded::Quoted(_) => {
                self.survey.skip(Skip::Quoted);
                true
            }
            Decoded::Skip(skip) => {
                self.survey.skip(*skip);
                false
            }
        }
    }

    #[inline]
    fn see(&mut self, flow: Flow, flags: Flags) -> bool {
        self.survey.segments += 1;
        self.latest.push(flow);
        if self.latest.len() >= TOGETHER {
            self.count_latest();
        }
        match &self.following {
            Following::All => true,
            Following::Marked(marks) => marks.has(flow) || flow.is_sampled() || flags.rst(),
        }
    }

    #[inline(never)]
    fn count_latest(&mut self) {
        for flow in self.latest.drain(..) {
            self.sketch.add(flow);
        }
    }

    /// Notes the next record, and what it gives if it passes; [`Gate::end`] the noting behind the last.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    pub fn sift(&mut self, record: &Record<'_>, sifted: &mut Sifted) {
        let (passes, flow) = self.weigh(record);
        if passes {
            sifted.take(*record, flow);
        }
        sifted.times.push(record.time);
    }

    /// Notes what is known of all records that were sifted.
    pub fn end(&mut self, sifted: &mut Sifted) {
        sifted.survey = std::mem::take(&mut self.survey);
        let ends = sifted
            .times
            .first()
            .copied()
            .zip(sifted.times.last().copied());
        sifted.rising = ends.filter(|_| sifted.times.is_sorted());
    }

    /// What was counted, but for what [`Gate::end`] has noted.
    pub const fn survey(&self) -> &Survey {
        &self.survey
    }

    /// The flows that were seen, when it has seen its last record.
    pub fn into_sketch(mut self) -> Sketch {
        self.count_latest();
        self.sketch
    }
}

/// Flows that are counted at once; chosen: some times as many as a processor waits for together.
const TOGETHER: usize = 64;
