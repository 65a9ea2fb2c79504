//! Settled cases -> verdicts, reports and incidents: [`Judge`], the half of an analysis that asks nothing of what follows.

use super::refusals::{Refusals, gist_of};
use crate::case::{Gaps, Habits, Refusal, ResetCase};
use crate::incidents::{Bounds, Incidents, Tally, Traits as Sample, Whole};
use crate::mask::Mask;
use crate::origin::RecordId;
use crate::report::{
    CaptureQuality, Gist, Incident, Quality, ResetReport, Traits, report_masked, report_on,
};
use crate::track::Settled;

/// Judges cases in the order in which they settled, folds them and counts them.
#[derive(Debug)]
pub struct Judge {
    incidents: Incidents,
    quality: Quality,
    refusals: Refusals,
    pub(super) by_cause: Tally,
    pub(super) by_severity: Tally,
    /// Resets that were left out.
    pub(super) unselected: u64,
    mask: Option<Mask>,
}

impl Judge {
    /// One that has judged nothing. With a mask, addresses are masked before a report is made of them.
    pub(super) fn new(bounds: Bounds, mask: Option<Mask>) -> Self {
        Self {
            incidents: Incidents::new(bounds),
            quality: Quality::default(),
            refusals: Refusals::default(),
            by_cause: Tally::default(),
            by_severity: Tally::of(["benign", "warning", "error"]),
            unselected: 0,
            mask,
        }
    }

    /// The report on a case that `select` admits; `None`: it does not, and nothing is counted of the case but that.
    pub(super) fn report(
        &mut self,
        mut case: Box<ResetCase>,
        select: impl FnOnce(&mut ResetReport) -> bool,
    ) -> Option<ResetReport> {
        let mut report = match &mut self.mask {
            Some(mask) => report_masked(&mut case, mask),
            None => report_on(&case),
        };
        if !select(&mut report) {
            self.unselected += 1;
            return None;
        }
        let gist = report.gist();
        self.count(&case.gaps, case.reset.record, &gist);
        self.incidents.add(&gist, &Sample::of(&case), || {
            Whole::Report(Box::new(report.clone()))
        });
        Some(report)
    }

    /// Takes a case into incidents and counts, and makes no report of it unless it represents others.
    pub fn fold(&mut self, settled: Settled) {
        match settled {
            _ if self.mask.is_some() => {
                self.report(settled.into_case(), |_| true);
            }
            Settled::Case(case) => self.fold_case(case),
            Settled::Refusal(refusal) => self.fold_refusal(&refusal),
        }
    }

    fn fold_case(&mut self, case: Box<ResetCase>) {
        let gist = gist_of(&case);
        self.count(&case.gaps, case.reset.record, &gist);
        let sample = Sample::of(&case);
        self.incidents.add(&gist, &sample, || Whole::Case(case));
    }

    fn fold_refusal(&mut self, refusal: &Refusal) {
        let gist = self.refusals.gist(refusal);
        self.count(&refusal.gaps(), refusal.answer.record, &gist);
        let sample = Sample::of_refusal(refusal);
        let whole = || Whole::Case(Settled::case_of(refusal));
        self.incidents.add(&gist, &sample, whole);
    }

    fn count(&mut self, gaps: &Gaps, reset: RecordId, gist: &Gist) {
        self.quality.note(gaps, reset);
        self.by_cause.add(gist.cause);
        self.by_severity.add(gist.severity);
    }

    /// What the resets show together with the habits of services, and what the capture did not show of them.
    pub(super) fn findings(
        &mut self,
        mut habits: Vec<Habits>,
        traits: &Traits,
    ) -> (Vec<Incident>, Vec<CaptureQuality>) {
        if let Some(mask) = &mut self.mask {
            for one in &mut habits {
                one.service = mask.socket(one.service);
            }
            habits.sort_unstable_by_key(|one| one.service);
        }
        let incidents = self.incidents.clone().finish(&habits);
        (incidents, self.quality.items(traits))
    }
}
