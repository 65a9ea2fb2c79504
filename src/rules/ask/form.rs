//! How the reset came to be.

use super::REACTION;
use crate::case::facts::{Facts, Stated};
use crate::rules::rule::Recorded;
use crate::rules::{Answer, Fact};
use crate::tcp::{ResetForm, Side};

/// Does it continue its sender's own segments?
pub fn is_abort(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.form.form == ResetForm::Active,
        Fact::IsAbort {
            window: facts.case.reset.window,
        },
        [facts.case.reset.record],
    )
}

/// Does it answer a segment other than a SYN, whose numbers it bears?
pub fn is_reply(facts: &Facts<'_>) -> Answer {
    match (facts.form.form, facts.form.answers) {
        (ResetForm::Reply, None) => Answer::Hidden(Fact::AnsweredSegment),
        (ResetForm::Reply, Some(line)) => Answer::when(
            !line.header.flags.opens(),
            Fact::AnswersSegment {
                payload: line.header.payload_len,
            },
            [line.record(), facts.case.reset.record],
        ),
        _ => Answer::No,
    }
}

/// Does it look like an answer, although what it answers is not to be found?
pub fn is_bare(facts: &Facts<'_>) -> Answer {
    let reset = &facts.case.reset;
    Answer::when(
        facts.form.form == ResetForm::Unclear && !reset.flags.ack() && reset.window == 0,
        Fact::IsBare,
        [reset.record],
    )
}

/// Does it answer a segment with payload?
pub fn is_reply_to_payload(facts: &Facts<'_>) -> Answer {
    match facts.form.answers {
        Some(line) if line.header.payload_len == 0 => Answer::No,
        _ => is_reply(facts),
    }
}

/// Does it answer a SYN?
pub fn is_reply_to_syn(facts: &Facts<'_>) -> Answer {
    match facts.form.answers {
        Some(line) if line.header.flags.opens() => Answer::Yes(
            Fact::AnswersSyn,
            vec![line.record(), facts.case.reset.record],
        ),
        _ => Answer::No,
    }
}

/// Whether the reset was sent in this side's name.
pub fn is_from(facts: &Facts<'_>, side: Side) -> Option<()> {
    (facts.sent_by() == side).then_some(())
}

/// Had an earlier reset ended the connection?
pub fn is_after_a_reset(facts: &Facts<'_>) -> Answer {
    let Some(ended) = facts.ended_by() else {
        return Answer::No;
    };
    let before = facts.case.reset.time - ended.header.time;
    Answer::Yes(
        Fact::EndedByReset {
            side: ended.sent_by,
            before,
        },
        vec![ended.header.record],
    )
}

/// Had the segment that the reset answers left before an earlier reset can have reached its sender?
pub fn trigger_was_under_way(facts: &Facts<'_>) -> Answer {
    let (Some(ended), Some(trigger)) = (facts.ended_by(), facts.form.answers) else {
        return Answer::No;
    };
    let travel = facts.receiver().response_time.unwrap_or(0);
    Answer::when(
        trigger.header.time <= ended.header.time.plus(travel + REACTION),
        Fact::SentBeforeItKnew,
        [trigger.record(), ended.header.record],
    )
}

/// Did it leave before its sender can have known of the reset that ended the connection?
pub fn crossed_a_reset(facts: &Facts<'_>) -> Answer {
    let path = facts.round_trip().unwrap_or(0) + REACTION;
    match facts.ended_by() {
        Some(ended) if facts.case.reset.time - ended.header.time <= path => is_after_a_reset(facts),
        _ => Answer::No,
    }
}

/// Had a reset of either side ended the connection before, so that this one only follows from it?
///
/// A further reset by the same side, not in answer to a segment, does not follow from the first: a host that aborts does it once.
pub fn follows_a_reset(facts: &Facts<'_>) -> Answer {
    match facts.ended_by() {
        Some(ended)
            if ended.sent_by == facts.sent_by()
                && facts.form.form != ResetForm::Reply
                && !is_bare(facts).holds() =>
        {
            Answer::No
        }
        _ => is_after_a_reset(facts),
    }
}

/// Does it carry an MPTCP option that says why the subflow or the connection ends?
pub fn gives_an_mptcp_reason(facts: &Facts<'_>) -> Answer {
    match facts.stated() {
        Some(stated @ (Stated::Mptcp { .. } | Stated::FastClose)) => {
            Answer::Yes(Fact::Stated(stated), vec![facts.case.reset.record])
        }
        _ => Answer::No,
    }
}
