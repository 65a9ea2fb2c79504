//! Records -> those worth tracking: most connections end without a reset, and no verdict asks for more of them than a sample.
//!
//! Nothing here decides what a verdict says. What is let pass beyond need changes no report: that a case knows of its neighbours no more than
//! the sample is the tracker's own rule (`Limits::head`).

mod bits;
mod blocks;
mod desk;
mod log;
mod look;
mod packed;
mod room;
mod shelf;
mod talk;

pub use bits::{Marks, Sketch};
pub use desk::Desk;
use look::Rising;
pub use look::{Look, Looks};
pub use packed::Cut;

use crate::decode::{Decoded, Record, Skip, decode, glance};
use crate::origin::Timestamp;
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

/// A first look at every record, for [`Marks`].
#[derive(Debug)]
pub struct Scout {
    marks: Marks,
}

impl Scout {
    /// A scout that has seen nothing.
    #[expect(clippy::new_without_default, reason = "it takes memory")]
    pub fn new() -> Self {
        Self {
            marks: Marks::new(),
        }
    }

    /// Looks at a record.
    #[inline]
    pub fn look(&mut self, record: &Record<'_>) {
        match glance(record) {
            Some(seen) if seen.flags.rst() => self.marks.set(seen.flow()),
            Some(_) => {}
            None => self.look_closer(&decode(record)),
        }
    }

    #[inline(never)]
    fn look_closer(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) if segment.header.flags.rst() => {
                self.marks.set(segment.flow());
            }
            Decoded::Several(parts) => parts.iter().for_each(|part| self.look_closer(part)),
            Decoded::Segment(_) | Decoded::Quoted(_) | Decoded::Skip(_) => {}
        }
    }

    /// The flows that were reset.
    pub fn into_marks(self) -> Marks {
        self.marks
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

/// Records that a gate has looked at: which passed, and what was counted of all.
#[derive(Clone, Debug)]
pub struct Sifted {
    /// The places of those that passed, from 0.
    pub passed: Vec<usize>,
    /// What was counted.
    pub survey: Survey,
    /// The first and the last one's time, where no record in between is earlier than the one before it.
    pub rising: Option<(Timestamp, Timestamp)>,
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
    #[inline]
    pub fn passes(&mut self, record: &Record<'_>) -> bool {
        self.survey.records += 1;
        match glance(record) {
            Some(seen) => self.see(seen.flow(), seen.flags),
            None => self.look_closer(&decode(record)),
        }
    }

    #[inline(never)]
    fn look_closer(&mut self, decoded: &Decoded<'_>) -> bool {
        match decoded {
            Decoded::Segment(segment) => self.see(segment.flow(), segment.header.flags),
            // No short circuit: each is counted.
            Decoded::Several(parts) => parts
                .iter()
                .fold(false, |passes, part| self.look_closer(part) | passes),
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

    /// Looks at the next records, all at once.
    pub fn sift<'a>(&mut self, records: impl Iterator<Item = Record<'a>>) -> Sifted {
        let mut passed = Vec::new();
        let mut rising = Rising::default();
        for (place, record) in records.enumerate() {
            if self.passes(&record) {
                passed.push(place);
            }
            rising.pass(record.time);
        }
        Sifted {
            passed,
            survey: std::mem::take(&mut self.survey),
            rising: rising.times(),
        }
    }

    /// What was counted, but for what [`Gate::sift`] has told.
    pub const fn survey(&self) -> &Survey {
        &self.survey
    }

    /// The flows that were seen, when it has seen its last record.
    pub fn into_sketch(self) -> Sketch {
        self.sketch
    }
}
