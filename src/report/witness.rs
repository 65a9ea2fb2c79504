//! What somebody beside the capture says of a reset: the kernel of the host that sent it.

use super::{Evidence, ResetReport};
use serde::Serialize;

/// One of the kernel's counters while a watch went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct KernelCounter {
    /// Its name, as in `/proc/net/netstat`.
    pub counter: &'static str,
    /// Its value when the watch began.
    pub before: u64,
    /// Its value now.
    pub after: u64,
    /// How it grew, and how that fits the verdicts; one sentence without a full stop.
    pub statement: String,
}

impl ResetReport {
    /// Adds what a witness says, one sentence without a full stop, as evidence. A verdict that it speaks against is only possible any more,
    /// and says so; one that it agrees with is as sure as the capture made it.
    pub fn witness(&mut self, agrees: bool, statement: String) {
        let verdict = &mut self.verdict;
        if !agrees {
            verdict.confidence = "possible";
            verdict.reasons.push(statement.clone());
        }
        verdict.evidence.push(Evidence {
            bearing: if agrees { "supports" } else { "contradicts" },
            statement,
            records: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_against_it_leaves_a_verdict_possible_at_most() {
        let mut reset = ResetReport::sample();
        reset.verdict.confidence = "certain";
        reset.witness(true, "The kernel says the same".into());
        assert_eq!(reset.verdict.confidence, "certain");
        reset.witness(false, "The kernel sent none".into());
        assert_eq!(reset.verdict.confidence, "possible");
        let bearings: Vec<_> = reset
            .verdict
            .evidence
            .iter()
            .rev()
            .take(2)
            .map(|one| one.bearing)
            .collect();
        assert_eq!(bearings, ["contradicts", "supports"]);
        assert!(
            reset
                .verdict
                .reasons
                .iter()
                .any(|reason| reason == "The kernel sent none")
        );
    }
}
