//! The sentences for what keeps a verdict from being surer, and for what speaks against a rival. Matches without a wildcard.

use super::words::{bytes, sentence};
use crate::case::facts::Accepted;
use crate::rules::{Against, Bearing, Confidence, Fact, Reason};
use crate::tcp::ResetForm;

/// One sentence for what keeps a verdict from being surer, without a full stop.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Hidden(fact) => format!("The capture cannot show whether this holds: {}", inside(fact)),
        Reason::Contradicted(fact) => format!("This speaks against it: {}", inside(fact)),
        Reason::Tied(rival) => format!("On the wire this cannot be told from {rival}"),
        Reason::Rivalled(rival) => format!("Everything that {rival} needs holds as well"),
        Reason::NothingDecisive => "Nothing observed excludes every other cause of such a reset".into(),
        Reason::NoHandshake => "The capture began after the connection was opened: no SYN of it was captured".into(),
        Reason::OneDirection => "Only one direction of the connection was captured".into(),
        Reason::TriggerMissing => "The segment that the reset answers was not captured".into(),
        Reason::TriggerLate => {
            "The reset came later than an answer takes on this path: what it answers may be a segment that was not captured".into()
        }
        Reason::HoleBeforeTrigger => {
            "What came just before the segment that the reset answers was not captured".into()
        }
        Reason::Lost(count) => format!("The capture lost at least {} of this connection, which the receiver acknowledged", bytes(*count)),
        Reason::Missing(count) => format!("{} before what was captured of this connection are missing, and nothing tells whether the receiver got them", bytes(*count)),
        Reason::ClockStepped => "The clock of the capture stepped back during the connection, so that durations cannot be relied on".into(),
        Reason::SettledEarly => "The case was closed before all that followed the reset was seen: too many resets at a time".into(),
        Reason::ResetCut => "The header of the reset was cut when it was captured".into(),
        Reason::RecordsDropped => {
            "The capture lost records while the connection lived, and some of its segments may be among them".into()
        }
        Reason::NothingFits => "What was captured fits none of the documented causes".into(),
    }
}

/// One sentence for why an alternative ranks lower, without a full stop.
pub fn against(against: &Against) -> String {
    let all = |facts: &[Fact]| facts.iter().map(inside).collect::<Vec<_>>().join("; ");
    match against {
        Against::Contradicted(facts) => sentence_case(&all(facts)),
        Against::Hidden(facts) => {
            format!("It needs what the capture does not show: {}", all(facts))
        }
        Against::Rarer => "Nothing on the wire; it is the rarer of the two".into(),
        Against::Weaker => "What was observed fits it, but speaks for it less".into(),
    }
}

/// What would settle it where no page says so.
pub fn settle_anyway(against: &Against) -> &'static str {
    match against {
        Against::Hidden(_) => "A capture of the whole connection, taken at both ends",
        Against::Contradicted(_) | Against::Rarer | Against::Weaker => {
            "The log of the process that owned the sender's socket, or a trace of the kernel's tcp:tcp_send_reset there"
        }
    }
}

/// The sentence of a fact, to stand inside another sentence.
fn inside(fact: &Fact) -> String {
    let text = sentence(fact);
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        // `SYNs` and `HTTP` keep their capitals.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text,
    }
}

fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The word for a confidence.
pub const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

/// The word for a bearing.
pub const fn bearing(bearing: Bearing) -> &'static str {
    match bearing {
        Bearing::Requires => "requires",
        Bearing::Supports => "supports",
        Bearing::Contradicts => "contradicts",
    }
}

/// The word for the form of a reset.
pub const fn form(form: ResetForm) -> &'static str {
    match form {
        ResetForm::Active => "active",
        ResetForm::Reply => "reply",
        ResetForm::Unclear => "unclear",
    }
}

/// The word for whether a reset was obeyed.
pub const fn accepted(accepted: Accepted) -> &'static str {
    match accepted {
        Accepted::Yes => "yes",
        Accepted::No => "no",
        Accepted::Challenged => "challenged",
        Accepted::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_inside_a_sentence_begins_small_unless_it_is_a_name() {
        assert!(inside(&Fact::NothingSaid).starts_with("neither side"));
        let syns = Fact::OthersUnanswered { connections: 3 };
        assert!(inside(&syns).starts_with("SYNs of 3"));
    }

    #[test]
    fn no_sentence_ends_with_a_full_stop() {
        let reasons = [
            Reason::Hidden(Fact::NothingSaid),
            Reason::Contradicted(Fact::SynAckSent),
            Reason::Tied("peer-gone"),
            Reason::NothingFits,
            Reason::Lost(1),
            Reason::Missing(1),
        ];
        for text in reasons.iter().map(reason) {
            assert!(!text.ends_with('.'), "{text}");
        }
        let both = Against::Contradicted(vec![Fact::NothingSaid, Fact::SynAckSent]);
        assert!(against(&both).starts_with("Neither side"));
    }
}
