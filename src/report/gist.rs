//! [`Gist`]: what a report says of a reset, without its words.

use super::{Reference, ResetReport, Time, build};
use crate::case::Refusal;
use crate::case::facts::Facts;
use crate::rules::Verdict;
use std::net::SocketAddr;

/// A reset as its incident sees it: enough to fold it with its like, at a fraction of the cost of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gist {
    /// Where it stands.
    pub reference: Reference,
    /// When.
    pub time: Time,
    /// Its connection's client.
    pub client: SocketAddr,
    /// Its connection's server.
    pub server: SocketAddr,
    /// In whose name it was sent.
    pub sender: &'static str,
    /// Who really sent it.
    pub origin: &'static str,
    /// It is a consequence of an earlier reset.
    pub follows: bool,
    /// The cause's id.
    pub cause: &'static str,
    /// The cause's title.
    pub title: &'static str,
    /// How bad it is.
    pub severity: &'static str,
    /// How sure the verdict is.
    pub confidence: &'static str,
    /// How much evidence it has.
    pub evidence: usize,
}

impl Gist {
    /// The gist of the report that [`reset_report`](super::reset_report) would make.
    pub fn of(facts: &Facts<'_>, verdict: &Verdict) -> Self {
        let case = facts.case;
        Self {
            reference: case.reset.record.into(),
            time: case.reset.time.into(),
            client: case.carried.client,
            server: case.carried.server,
            sender: case.sent_by.name(),
            origin: build::origin(facts),
            follows: build::follows(facts).is_some(),
            cause: verdict.cause.id,
            title: verdict.cause.title,
            severity: verdict.cause.severity.name(),
            confidence: super::reasons::confidence(verdict.confidence),
            evidence: build::told_once(&verdict.evidence).count(),
        }
    }
}

impl Gist {
    /// The gist of the report on a refusal that is judged as this one was.
    #[must_use]
    pub fn of_refusal(&self, refusal: &Refusal) -> Self {
        Self {
            reference: refusal.answer.record.into(),
            time: refusal.answer.time.into(),
            client: refusal.client,
            server: refusal.server,
            ..*self
        }
    }
}

impl ResetReport {
    /// What it says, without its words.
    pub fn gist(&self) -> Gist {
        Gist {
            reference: self.reference(),
            time: self.time,
            client: self.connection.client,
            server: self.connection.server,
            sender: self.sender,
            origin: self.origin,
            follows: self.follows_reset.is_some(),
            cause: self.verdict.cause,
            title: self.verdict.title,
            severity: self.verdict.severity,
            confidence: self.verdict.confidence,
            evidence: self.verdict.evidence.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::reset_report;
    use crate::testkit;

    #[test]
    fn a_gist_says_what_the_report_says() {
        let story = "0.0 client > server SYN seq 0\n\
             0.1 server > client SYN,ACK seq 0 ack 1\n\
             0.2 client > server PSH,ACK seq 1 ack 1 data \"GET / HTTP/1.1\"\n\
             0.3 server > client RST,ACK seq 1 ack 15\n\
             0.4 server > client RST seq 1";
        for case in testkit::cases(story) {
            let facts = Facts::of(&case);
            let verdict = Verdict::on(&facts);
            let report = reset_report(&facts, &verdict);
            assert_eq!(report.gist(), Gist::of(&facts, &verdict));
        }
    }
}
