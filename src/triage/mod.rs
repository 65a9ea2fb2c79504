//! Records -> those worth tracking: most connections end without a reset, and no verdict asks for more of them than a sample.
//!
//! Nothing here decides what a verdict says. What is let pass beyond need changes no report: that a case knows of its neighbours no more than
//! the sample is the tracker's own rule (`Limits::head`).

mod bits;
mod desk;
mod gate;
mod held;
mod passed;
mod recall;
mod replay;
mod rising;
mod room;
mod scout;
mod shelf;
mod sight;
mod slot;
mod slots;
mod talk;

pub use bits::{Marks, Sketch};
pub use desk::Desk;
pub use gate::{Following, Gate, Sifted};
pub use held::Cut;
pub use passed::{Item, Passed};
pub use recall::{Again, Chosen, Recall};
pub use replay::Late;
pub use rising::Rising;
pub use room::Place;
pub use scout::Scout;
pub use sight::{Sight, Sights};

use crate::decode::Skip;
use std::collections::BTreeMap;

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
