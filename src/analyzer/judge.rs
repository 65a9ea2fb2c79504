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
use std::collections::VecDeque;

/// Judges cases in the order in which they settled, folds them and counts them.
#[derive(Debug)]
pub struct Judge {
    pub(super) incidents: Incidents,
    quality: Quality,
    refusals: Refusals,
    pub(super) by_cause: Tally,
    pub(super) by_severity: Tally,
    /// Resets that were left out.
    pub(super) unselected: u64,
    mask: Option<Mask>,
}

/// Settled cases on their way to the judge, in their order.
#[derive(Debug)]
pub struct Docket {
    settled: VecDeque<Settled>,
    /// What is known already of the first of them.
    gists: Vec<Gist>,
}

impl Docket {
    pub(super) const fn new(settled: VecDeque<Settled>) -> Self {
        let gists = Vec::new();
        Self { settled, gists }
    }

    /// Finds out the gist of the next case of which it is not known, for a judge that has too much to do. `false`: there is none, or that is
    /// quicker done by the judge himself.
    pub fn prepare_one(&mut self) -> bool {
        let Some(Settled::Case(case)) = self.settled.get(self.gists.len()) else {
            return false;
        };
        self.gists.push(gist_of(case));
        true
    }
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
    pub(super) fn fold(&mut self, settled: &Settled) {
        self.fold_known(settled, None);
    }

    /// Folds all that is handed over.
    pub fn fold_all(&mut self, docket: &Docket) {
        let mut gists = docket.gists.iter();
        for settled in &docket.settled {
            self.fold_known(settled, gists.next());
        }
    }

    #[inline]
    fn fold_known(&mut self, settled: &Settled, gist: Option<&Gist>) {
        match settled {
            _ if self.mask.is_some() => {
                self.report(settled.to_case(), |_| true);
            }
            Settled::Case(case) => match gist {
                Some(gist) => self.fold_case(case, gist),
                None => self.fold_case(case, &gist_of(case)),
            },
            Settled::Refusal(refusal) => self.fold_refusal(refusal),
        }
    }

    fn fold_case(&mut self, case: &ResetCase, gist: &Gist) {
        self.count(&case.gaps, case.reset.record, gist);
        let whole = || Whole::Case(Box::new(case.clone()));
        self.incidents.add(gist, &Sample::of(case), whole);
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
        incidents: Incidents,
        mut habits: Vec<Habits>,
        traits: &Traits,
    ) -> (Vec<Incident>, Vec<CaptureQuality>) {
        if let Some(mask) = &mut self.mask {
            for one in &mut habits {
                one.service = mask.socket(one.service);
            }
            habits.sort_unstable_by_key(|one| one.service);
        }
        (incidents.finish(&habits), self.quality.items(traits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::cases;

    #[test]
    fn what_was_prepared_is_folded_as_what_was_not() {
        let story = "0.0  client A > server A  SYN      seq 0
             0.1  server A > client A  RST,ACK  seq 0 ack 1
             0.2  client B > server B  SYN      seq 0
             0.3  server B > client B  SYN,ACK  seq 0 ack 1
             0.4  client B > server B  ACK      seq 1 ack 1
             0.5  server B > client B  RST      seq 1";
        let folded = |prepared: usize| {
            let settled = cases(story).into_iter().map(Box::new).map(Settled::Case);
            let mut docket = Docket::new(settled.collect());
            assert!((0..prepared).all(|_| docket.prepare_one()));
            let mut judge = Judge::new(Bounds::default(), None);
            judge.fold_all(&docket);
            let incidents = judge.incidents.clone();
            let findings = judge.findings(incidents, Vec::new(), &Traits::default());
            (findings, judge.by_cause.by_word())
        };
        assert_eq!(folded(0).1.values().sum::<u64>(), 2);
        assert_eq!(folded(0), folded(1));
        assert_eq!(folded(0), folded(2));
    }
}
