//! Records -> those worth tracking: most connections end without a reset, and no verdict asks for more of them than a sample.
//!
//! Nothing here decides what a verdict says. What is let pass beyond need changes no report: that a case knows of its neighbours no more than
//! the sample is the tracker's own rule (`Limits::head`).

mod bits;
mod desk;
mod packed;
mod recall;
mod room;

pub use bits::{Marks, Sketch};
pub use desk::Desk;
pub use packed::Cut;
pub use recall::{Again, Recall};

use crate::decode::{Decoded, Glance, Look, Record, Skip, decode, glance, glance_at_once};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Flags, Flow};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was counted of all records, tracked or not.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Records.
    pub records: u64,
    /// TCP segments in them.
    pub segments: u64,
    /// Records that gave no segment, by the reason.
    pub skipped: BTreeMap<Skip, u64>,
}

impl Survey {
    /// Counts a record without a segment.
    fn skip(&mut self, skip: Skip) {
        *self.skipped.entry(skip).or_default() += 1;
    }

    /// Adds what was counted of later records.
    pub fn add(&mut self, later: &Self) {
        self.records += later.records;
        self.segments += later.segments;
        for (skip, count) in &later.skipped {
            *self.skipped.entry(*skip).or_default() += count;
        }
    }
}

/// A first look at every record, for [`Marks`] and [`Recall`].
#[derive(Debug)]
pub struct Scout {
    marks: Marks,
    recall: Recall,
    /// Bytes of memory that may still be taken to remember records.
    left: usize,
}

impl Scout {
    /// A scout that has seen nothing, and takes about `most` bytes to remember records.
    pub fn new(most: usize) -> Self {
        Self {
            marks: Marks::new(),
            recall: Recall::new(most > 0),
            left: most,
        }
    }

    /// What it remembers of the records since this was asked last.
    pub fn take_recall(&mut self) -> Recall {
        self.left = self.left.saturating_sub(self.recall.size());
        std::mem::replace(&mut self.recall, Recall::new(self.left > 0))
    }

    /// Takes a copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn look_closer(&mut self, record: Record<'_>) {
        if let Some(seen) = glance(&record) {
            self.see(&seen, &record);
            return;
        }
        self.mark(&decode(&record));
        if self.recall.is_whole() {
            self.recall.note(None, &record);
        }
    }

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn see(&mut self, seen: &Glance<'_>, record: &Record<'_>) {
        if seen.flags.rst() {
            self.marks.set(seen.flow());
        }
        if self.recall.is_whole() {
            self.recall.note(Some(seen.flow()), record);
        }
    }

    fn mark(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) if segment.header.flags.rst() => {
                self.marks.set(segment.flow());
            }
            Decoded::Several(parts) => parts.iter().for_each(|part| self.mark(part)),
            Decoded::Segment(_) | Decoded::Quoted(_) | Decoded::Skip(_) => {}
        }
    }

    /// The flows that were reset.
    pub fn into_marks(self) -> Marks {
        self.marks
    }
}

impl Look for Scout {
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn look(&mut self, record: &Record<'_>) {
        self.recall.pass(record.time);
        match glance_at_once(record) {
            Some(seen) => self.see(&seen, record),
            None => self.look_closer(*record),
        }
    }
}

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
    /// The places of those that passed, from 0.
    pub passed: Vec<usize>,
    /// What was counted.
    pub survey: Survey,
    /// When each was captured; of records that a scout remembers only the first and the last are known.
    pub times: Vec<Timestamp>,
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

    fn place(&self, record: RecordId) -> usize {
        let place = record.number().saturating_sub(self.first.number());
        usize::try_from(place).unwrap_or(usize::MAX)
    }

    /// Takes the times from what a scout remembers of the same records: they must rise.
    pub fn recall(&mut self, times: (Timestamp, Timestamp)) {
        self.times.clear();
        self.rising = Some(times);
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
}

impl Gate {
    /// A gate for records behind the head of a capture.
    pub fn new(following: Following) -> Self {
        Self {
            following,
            survey: Survey::default(),
            sketch: Sketch::new(),
        }
    }

    /// Whether `record` passes.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    pub fn passes(&mut self, record: &Record<'_>) -> bool {
        self.survey.records += 1;
        match glance_at_once(record) {
            Some(seen) => self.see(seen.flow(), seen.flags),
            None => self.look_closer(*record),
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
        self.sketch.add(flow);
        match &self.following {
            Following::All => true,
            Following::Marked(marks) => marks.has(flow) || flow.is_sampled() || flags.rst(),
        }
    }

    /// Whether the next record passes; [`Gate::end`] the noting behind the last.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    pub fn sifts(&mut self, record: &Record<'_>, sifted: &mut Sifted) -> bool {
        let passes = self.passes(record);
        if passes {
            sifted.passed.push(sifted.place(record.id));
        }
        sifted.times.push(record.time);
        passes
    }

    /// Counts records that a scout remembers, and gives those that must be looked at again, which it has not counted. `false` where everybody's
    /// pass, or the scout remembers nothing, and then nothing was done.
    pub fn recall(&mut self, recall: &Recall, mut again: impl FnMut(Again)) -> bool {
        let Following::Marked(marks) = &self.following else {
            return false;
        };
        for (bit, record) in recall.iter() {
            match bit {
                Some(bit) if !marks.has_bit(bit) => {
                    self.sketch.add_bit(bit);
                    self.survey.records += 1;
                    self.survey.segments += 1;
                }
                _ => again(record),
            }
        }
        recall.is_whole()
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
    pub fn into_sketch(self) -> Sketch {
        self.sketch
    }
}
