//! Claims -> [`Verdict`]: the only place that ranks causes and decides how sure we are.

use super::causes::{RULES, UNDETERMINED};
use super::{Answer, Bearing, CauseDoc, Claim, Evidence, Fact, Rule, Scope};
use crate::case::Nature;
use crate::case::facts::{Facts, Stated};
use crate::tcp::ResetForm;

/// How sure a verdict is. The words are a promise; see [`diagnose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Something speaks for it; also the second half of a tie that the wire cannot break.
    Possible,
    /// Every required fact holds and rivals are weaker, or it would be certain but for a gap.
    Likely,
    /// Every required fact holds, one of them decisive; no rival stands, no gap bears on it.
    Certain,
}

/// The best cause, and what else it could be.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The best cause's page; that of `undetermined` when nothing speaks for any.
    pub cause: &'static CauseDoc,
    /// How sure.
    pub confidence: Confidence,
    /// What speaks for and against it.
    pub evidence: Vec<Evidence>,
    /// What keeps the verdict from being surer.
    pub reasons: Vec<Reason>,
    /// The other causes that fit, best first.
    pub alternatives: Vec<Alternative>,
}

/// A cause that fits less well.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// Its page.
    pub cause: &'static CauseDoc,
    /// How sure one could be of it.
    pub confidence: Confidence,
    /// Why it ranks lower.
    pub against: Against,
    /// What would settle it between the two, where a page says so.
    pub settle: Option<&'static str>,
}

/// Why an alternative ranks below the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// Observed facts speak against it.
    Contradicted(Vec<Fact>),
    /// Facts it needs lie in a gap of the capture.
    Hidden(Vec<Fact>),
    /// The wire is the same; it is only the rarer of the two.
    Rarer,
    /// What is observed fits, but decides nothing, or less.
    Weaker,
}

/// What keeps a verdict from being surer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A fact it needs lies in a gap of the capture.
    Hidden(Fact),
    /// A fact speaks against it.
    Contradicted(Fact),
    /// The wire cannot tell it from this other cause.
    Tied(&'static str),
    /// This other cause fits as well.
    Rivalled(&'static str),
    /// No fact excludes what else such a reset can be.
    NothingDecisive,
    /// No SYN was captured.
    NoHandshake,
    /// Only one direction was captured.
    OneDirection,
    /// The segment that the reset answers was not captured.
    TriggerMissing,
    /// The reset came too late for an answer to the latest segment that it can answer.
    TriggerLate,
    /// What came just before the segment that the reset answers was not captured.
    HoleBeforeTrigger,
    /// The capture lost this many bytes that the receiver acknowledged.
    Lost(u64),
    /// This many bytes were passed over, and nothing tells whether they arrived.
    Missing(u64),
    /// The clock of the capture stepped back during the connection.
    ClockStepped,
    /// The case settled before all that followed was seen.
    SettledEarly,
    /// The reset's header was cut by the snap length.
    ResetCut,
    /// The capture lost records while the connection lived.
    RecordsDropped,
    /// No cause fits.
    NothingFits,
}

/// Ranks what the `rules` claim of a case.
///
/// A claim stands on one of three steps: it is decided; or all that it needs holds; or part of that lies in a gap, or something speaks
/// against it. Higher steps come first; on one step the commoner half of a tie, then whoever has more support, then the order of the
/// registry. The first is *certain* when it is decided, not tied, no other claim stands beside it and no gap bears on the case; *likely*
/// when all it needs holds and the others are weaker, or only a gap keeps it from certainty; else *possible*.
pub fn diagnose(facts: &Facts<'_>, rules: &[Rule]) -> Verdict {
    let scope = Scope::of(facts);
    let stated = facts.stated();
    let mut claims: Vec<Standing> = rules
        .iter()
        .filter_map(|rule| {
            if !rule.scope.holds(scope) {
                debug_assert!(examined(rule, facts).is_none(), "{}", rule.doc.id);
                return None;
            }
            let claim = examined(rule, facts)?;
            let claim = if rule.blames_endpoint {
                doubted(claim, facts)
            } else {
                claim
            };
            Some(Standing::of(
                rule.doc,
                overruled(claim, rule.doc, facts, stated.as_ref()),
            ))
        })
        .collect();
    claims.sort_by_key(|standing| std::cmp::Reverse(standing.rank())); // stable: the registry's order breaks what is left
    let mut claims = claims.into_iter();
    let reported = facts.case.icmp.iter().map(|error| Evidence {
        bearing: Bearing::Supports,
        decisive: false,
        fact: Fact::Icmp(*error),
        records: vec![error.record],
    });
    let stated = stated.map(|reason| Evidence {
        bearing: Bearing::Supports,
        decisive: false,
        fact: Fact::Stated(reason),
        records: vec![facts.case.reset.record],
    });
    let Some(mut first) = claims.next() else {
        let mut reasons = vec![Reason::NothingFits];
        note_gaps(facts, &mut reasons);
        return Verdict {
            cause: UNDETERMINED,
            confidence: Confidence::Possible,
            evidence: stated.into_iter().chain(reported).collect(),
            reasons,
            alternatives: Vec::new(),
        };
    };
    let others: Vec<Standing> = claims.collect();
    let (confidence, mut reasons) = confidence(&first, &others, facts);
    if let Some(stated) = stated
        && !first
            .claim
            .evidence
            .iter()
            .any(|evidence| evidence.fact == stated.fact)
    {
        if disagrees(&stated.fact, first.doc.id) {
            reasons.push(Reason::Contradicted(stated.fact.clone()));
        }
        first.claim.evidence.insert(0, stated);
    }
    first.claim.evidence.extend(reported);
    let alternatives = others.iter().map(|other| first.before(other)).collect();
    Verdict {
        cause: first.doc,
        confidence,
        evidence: first.claim.evidence,
        reasons,
        alternatives,
    }
}

impl Verdict {
    /// The verdict on a case by all rules.
    pub fn on(facts: &Facts<'_>) -> Self {
        diagnose(facts, RULES)
    }
}

/// What a rule claims, where anything speaks for it.
fn examined(rule: &Rule, facts: &Facts<'_>) -> Option<Claim> {
    (rule.examine)(facts).filter(Claim::has_something_to_show)
}

/// A claim that the named endpoint acted, in the light of what tells of another sender.
///
/// One mark may deceive: the claim stays first, but is no more than the likelier half of a tie. Two independent ones speak against it.
fn doubted(claim: Claim, facts: &Facts<'_>) -> Claim {
    match facts.tells.as_slice() {
        [] => claim,
        [_] if claim.tie.is_some() => claim,
        [_] => claim.ties_with("firewall-reject-midstream", DESPITE_ONE_MARK),
        tells => tells.iter().fold(claim, |claim, tell| {
            claim.is_weakened_by(Answer::Yes(
                Fact::Foreign(*tell),
                vec![facts.case.reset.record],
            ))
        }),
    }
}

/// A claim in the light of what MPTCP says in the reset itself, which only one cause explains.
fn overruled(claim: Claim, page: &CauseDoc, facts: &Facts<'_>, stated: Option<&Stated>) -> Claim {
    match stated {
        Some(reason @ (Stated::Mptcp { .. } | Stated::FastClose)) if page.id != "mptcp-reset" => {
            claim.is_weakened_by(Answer::Yes(
                Fact::Stated(reason.clone()),
                vec![facts.case.reset.record],
            ))
        }
        _ => claim,
    }
}

/// A claim and how it stands.
struct Standing {
    doc: &'static CauseDoc,
    claim: Claim,
    step: Step,
    supports: usize,
}

/// How far a claim has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Fits,
    Holds,
    Decided,
}

impl Standing {
    fn of(doc: &'static CauseDoc, claim: Claim) -> Self {
        let weakened = claim
            .evidence
            .iter()
            .any(|evidence| evidence.bearing == Bearing::Contradicts);
        let decided = claim.evidence.iter().any(|evidence| evidence.decisive);
        let step = match (claim.hidden.is_empty() && !weakened, decided) {
            (true, true) => Step::Decided,
            (true, false) => Step::Holds,
            (false, _) => Step::Fits,
        };
        let supports = claim
            .evidence
            .iter()
            .filter(|evidence| evidence.bearing == Bearing::Supports)
            .count();
        Self {
            doc,
            claim,
            step,
            supports,
        }
    }

    fn share(&self) -> u8 {
        self.claim.tie.map_or(100, |tie| tie.share)
    }

    fn rank(&self) -> (Step, u8, usize) {
        (self.step, self.share(), self.supports)
    }

    /// `other` as the alternative to this, the first.
    fn before(&self, other: &Self) -> Alternative {
        let facts_of = |bearing| {
            let of = other
                .claim
                .evidence
                .iter()
                .filter(move |evidence| evidence.bearing == bearing);
            of.map(|evidence| evidence.fact.clone()).collect::<Vec<_>>()
        };
        let contradicting = facts_of(Bearing::Contradicts);
        let against = if !contradicting.is_empty() {
            Against::Contradicted(contradicting)
        } else if !other.claim.hidden.is_empty() {
            Against::Hidden(other.claim.hidden.clone())
        } else if self.claim.tie.is_some_and(|tie| tie.rival == other.doc.id) {
            Against::Rarer
        } else {
            Against::Weaker
        };
        Alternative {
            cause: other.doc,
            confidence: Confidence::Possible,
            against,
            settle: settles(self.doc, other.doc).or_else(|| settles(other.doc, self.doc)),
        }
    }
}

/// Whether what a reset states of itself is at odds with the cause that the packets show.
fn disagrees(stated: &Fact, cause: &str) -> bool {
    let Fact::Stated(Stated::Diagnostic {
        code,
        enterprise: 0,
    }) = stated
    else {
        return false;
    };
    let fitting: &[&str] = match code {
        3 => &[
            "data-after-close",
            "keepalive-idle-race",
            "stale-connection-reuse",
            "half-close-expired",
            "client-cancel",
            "benign-tls-close",
        ],
        4 => &[
            "linger-zero-abort",
            "unread-data-close",
            "accept-then-abort",
            "connect-probe",
            "teardown-rst",
            "client-cancel",
            "early-response-upload",
        ],
        5 => &[
            "half-open-probe",
            "synack-rejected",
            "stale-tuple-syn",
            "handshake-state-lost",
            "accept-queue-abort",
            "accept-queue-overflow",
        ],
        14 => &[
            "lb-idle-timeout",
            "nat-mapping-lost",
            "keepalive-timeout",
            "server-timeout-abort",
            "retransmit-timeout-abort",
            "peer-gone",
        ],
        _ => return false,
    };
    !fitting.contains(&cause)
}

fn settles(page: &CauseDoc, rival: &CauseDoc) -> Option<&'static str> {
    page.told_apart
        .iter()
        .find(|row| row.cause == rival.id)
        .map(|row| row.settle)
}

fn confidence(
    first: &Standing,
    others: &[Standing],
    facts: &Facts<'_>,
) -> (Confidence, Vec<Reason>) {
    let mut reasons: Vec<Reason> = first
        .claim
        .hidden
        .iter()
        .cloned()
        .map(Reason::Hidden)
        .collect();
    reasons.extend(
        first
            .claim
            .evidence
            .iter()
            .filter(|evidence| evidence.bearing == Bearing::Contradicts)
            .map(|evidence| Reason::Contradicted(evidence.fact.clone())),
    );
    let rival = others.iter().find(|other| other.step >= Step::Holds);
    let equal = others.iter().find(|other| other.rank() == first.rank());
    let earned = match (first.step, first.claim.tie) {
        (Step::Fits, _) => Confidence::Possible,
        (_, Some(tie)) => {
            reasons.push(Reason::Tied(tie.rival));
            if tie.share >= LIKELY_SHARE {
                Confidence::Likely
            } else {
                Confidence::Possible
            }
        }
        (Step::Decided, None) => match rival {
            Some(rival) => {
                reasons.push(Reason::Rivalled(rival.doc.id));
                Confidence::Likely
            }
            None => Confidence::Certain,
        },
        (Step::Holds, None) => {
            reasons.push(Reason::NothingDecisive);
            match equal {
                Some(rival) => {
                    reasons.push(Reason::Rivalled(rival.doc.id));
                    Confidence::Possible
                }
                None => Confidence::Likely,
            }
        }
    };
    let unexcluded = first.claim.unexcluded.iter().cloned().map(Reason::Hidden);
    let before = reasons.len();
    reasons.extend(unexcluded);
    note_gaps(facts, &mut reasons);
    let capped = if reasons.len() == before {
        earned
    } else {
        earned.min(Confidence::Likely)
    };
    (capped, reasons)
}

/// Adds the gaps of the capture that bear on any verdict about this case.
fn note_gaps(facts: &Facts<'_>, reasons: &mut Vec<Reason>) {
    let gaps = facts.case.gaps;
    let trigger_missing = facts.form.form == ResetForm::Reply && facts.form.answers.is_none();
    let one_direction =
        gaps.receiver_unseen || gaps.sender_unseen && facts.form.form != ResetForm::Reply;
    let mut note = |bears: bool, reason: Reason| {
        if bears {
            reasons.push(reason);
        }
    };
    note(gaps.no_handshake, Reason::NoHandshake);
    note(one_direction, Reason::OneDirection);
    note(trigger_missing, Reason::TriggerMissing);
    note(facts.form.is_late, Reason::TriggerLate);
    note(gaps.clock_stepped, Reason::ClockStepped);
    note(gaps.settled_early, Reason::SettledEarly);
    note(gaps.reset_cut, Reason::ResetCut);
    note(gaps.records_dropped, Reason::RecordsDropped);
    if facts
        .form
        .answers
        .is_some_and(|line| line.nature == Nature::Ahead && !line.header.flags.opens())
    {
        reasons.push(Reason::HoleBeforeTrigger);
    }
    if let Some(lost) = gaps.lost {
        reasons.push(Reason::Lost(lost.bytes));
    }
    if let Some(missing) = gaps.missing {
        reasons.push(Reason::Missing(missing.bytes));
    }
}

/// The share of a tie from which its first half is called likely: three of four such resets.
const LIKELY_SHARE: u8 = 75;
/// The endpoint's share when one mark tells of another sender; the taxonomy's.
const DESPITE_ONE_MARK: u8 = 70;
