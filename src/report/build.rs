//! Case, facts and verdict -> [`ResetReport`]: the only place where internal types become the public ones.

use super::reset::{
    Advice, Alternative, Connection, Evidence, ResetReport, TimelineLine, Trace, Verdict as Judged,
};
use super::{Reference, identity, impact, reasons, story, veil, words};
use crate::case::facts::{Facts, Origin};
use crate::case::{ResetCase, Vantage};
use crate::mask::Mask;
use crate::rules::{self, Horizon, Phase, Verdict};

/// Judges a case by all rules, and reports on it.
pub fn report_on(case: &ResetCase) -> ResetReport {
    let facts = Facts::of(case);
    let verdict = Verdict::on(&facts);
    reset_report(&facts, &verdict)
}

/// The same behind a mask, which the case wears from then on: nothing in it tells who talked, nor what they said.
pub fn report_masked(case: &mut ResetCase, mask: &mut Mask) -> ResetReport {
    let trace = trace(case);
    veil::case(case, mask);
    let facts = Facts::of(case);
    let mut verdict = Verdict::on(&facts);
    veil::verdict(&mut verdict);
    let mut report = reset_report(&facts, &verdict);
    let said = facts.said().into_iter().map(|said| veil::said(said, mask));
    report.connection.application = said.map(|said| words::said(&said)).collect();
    report.connection.trace = trace;
    report
}

/// The report on one reset, with a verdict that was found on it.
pub fn reset_report(facts: &Facts<'_>, verdict: &Verdict) -> ResetReport {
    let case = facts.case;
    let timeline: Vec<TimelineLine> = story::timeline(facts, &verdict.evidence);
    ResetReport {
        source: case.reset.record.source(),
        record: case.reset.record.number(),
        time: case.reset.time.into(),
        connection: connection(facts),
        sender: case.sent_by.name(),
        origin: origin(facts),
        form: reasons::form(facts.form.form),
        answers: facts
            .form
            .answers
            .map(|line| Reference::from(line.header.record)),
        follows_reset: follows(facts),
        accepted: reasons::accepted(facts.accepted),
        verdict: judged(verdict),
        impact: impact::impact(facts, verdict.cause.id),
        advice: advice(verdict.cause),
        timeline,
    }
}

/// Who really sent it.
pub fn origin(facts: &Facts<'_>) -> &'static str {
    match facts.origin() {
        Origin::Endpoint => "endpoint",
        Origin::InPath => "in-path",
        Origin::Unknown => "unknown",
    }
}

fn connection(facts: &Facts<'_>) -> Connection {
    let id = &facts.case.carried;
    Connection {
        trace: trace(facts.case),
        client: id.client,
        server: id.server,
        roles_known: id.roles_known,
        started: facts.case.started.time.into(),
        phase: phase(facts).name(),
        wireshark_filter: identity::wireshark_filter(id),
        community_id: identity::community_id(id.client, id.server),
        captured_at: match Vantage::of(&facts.case.endpoints) {
            Vantage::Client => "client",
            Vantage::Server => "server",
            Vantage::Between => "between",
            Vantage::Unknown => "unknown",
        },
        application: facts.said().iter().map(words::said).collect(),
        encapsulation: identity::encapsulation(id.encapsulation),
    }
}

/// How to find the connection of a case again.
pub fn trace(case: &ResetCase) -> Trace {
    Trace {
        start: case.started.into(),
        flows: [&case.connection, &case.carried].map(|id| Some(id.flow())),
    }
}

/// When in the connection's life the reset came, by what had been seen of it; [`Phase::Any`] never.
fn phase(facts: &Facts<'_>) -> Phase {
    let round_trip = facts.round_trip();
    let was_idle =
        |idle: Option<crate::case::facts::Idle>| idle.is_some_and(|idle| idle.is_idle(round_trip));
    if !facts.was_established() {
        Phase::Connect
    } else if facts.sender().fin.is_some() || facts.receiver().fin.is_some() {
        Phase::Close
    } else if was_idle(facts.idle_before_reset()) {
        Phase::Idle
    } else if was_idle(facts.idle_before_last_turn()) && facts.receiver_spoke_last() {
        Phase::Reuse
    } else if facts.exchanges() == 0 {
        Phase::FirstExchange
    } else {
        Phase::Data
    }
}

/// The earlier reset that this one repeats or follows from.
pub fn follows(facts: &Facts<'_>) -> Option<Reference> {
    let ended_by = facts.ended_by().map(|earlier| earlier.header.record);
    facts.case.copy_of.or(ended_by).map(Reference::from)
}

fn judged(verdict: &Verdict) -> Judged {
    Judged {
        cause: verdict.cause.id,
        title: verdict.cause.title,
        meaning: verdict.cause.happens,
        confidence: reasons::confidence(verdict.confidence),
        severity: verdict.cause.severity.name(),
        reasons: verdict.reasons.iter().map(reasons::reason).collect(),
        evidence: told_once(&verdict.evidence).map(evidence).collect(),
        alternatives: verdict.alternatives.iter().map(alternative).collect(),
    }
}

/// The evidence without repetitions: one fact may have answered several questions of a rule.
pub fn told_once(evidence: &[rules::Evidence]) -> impl Iterator<Item = &rules::Evidence> {
    evidence.iter().enumerate().filter_map(|(place, one)| {
        let before = evidence.iter().take(place);
        let mut same =
            before.filter(|other| other.fact == one.fact && other.records == one.records);
        same.next().is_none().then_some(one)
    })
}

fn evidence(evidence: &rules::Evidence) -> Evidence {
    Evidence {
        bearing: reasons::bearing(evidence.bearing),
        statement: words::sentence(&evidence.fact),
        records: evidence
            .records
            .iter()
            .copied()
            .map(Reference::from)
            .collect(),
    }
}

fn alternative(alternative: &rules::Alternative) -> Alternative {
    Alternative {
        cause: alternative.cause.id,
        confidence: reasons::confidence(alternative.confidence),
        against: reasons::against(&alternative.against),
        settle: alternative
            .settle
            .unwrap_or_else(|| reasons::settle_anyway(&alternative.against))
            .into(),
    }
}

/// The page's advice: what helps now before what helps for good, else in the page's order.
fn advice(page: &rules::CauseDoc) -> Vec<Advice> {
    let of = |horizon: Horizon| {
        page.advice
            .iter()
            .filter(move |advice| advice.horizon == horizon)
    };
    of(Horizon::Now)
        .chain(of(Horizon::Lasting))
        .map(|advice| Advice {
            who: advice.who.name(),
            action: advice.action,
        })
        .collect()
}
