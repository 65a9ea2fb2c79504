//! [`Exhibit`]: a reset that stands for others in its incident.

use crate::case::ResetCase;
use crate::report::{Gist, ResetReport, report_on};

/// A reset that an incident keeps whole. Many are kept for a while that no report shows in the end, so theirs is written last.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// What its report says, without the words.
    pub gist: Gist,
    /// All that there is of it.
    pub whole: Whole,
}

/// All that there is of a reset.
#[derive(Clone, Debug)]
pub enum Whole {
    /// Its case, which says everything.
    Case(Box<ResetCase>),
    /// Its report, in which there may be more than in its case.
    Report(Box<ResetReport>),
}

impl Exhibit {
    /// The report.
    pub fn into_report(self) -> ResetReport {
        match self.whole {
            Whole::Case(case) => report_on(&case),
            Whole::Report(report) => *report,
        }
    }
}
