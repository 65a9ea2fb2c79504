//! How the connection was being closed.

use super::{
    answered_before_the_announced_end, answers_tls_alert, follows_a_reset, is_reply_to_payload,
    tls_handshake_is_open,
};
use crate::case::facts::{Facts, NOTICES_WITHIN};
use crate::case::{Fin, Nature};
use crate::origin::SECOND;
use crate::rules::rule::Recorded;
use crate::rules::{Answer, Claim, Fact};
use crate::tcp::{Side, State};

/// Had the sender of the reset closed with FIN?
pub fn sender_had_closed(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by();
    match facts.sender().fin {
        Some(fin) => Answer::Yes(Fact::FinSent { side }, vec![fin.mark.record]),
        None if facts.case.gaps.sender_unseen => Answer::Hidden(Fact::FinSent { side }),
        None => Answer::No,
    }
}

/// Had the sender of the reset not closed?
pub fn sender_had_not_closed(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by();
    match facts.sender().fin {
        Some(_) => Answer::No,
        None if facts.case.gaps.sender_unseen => Answer::Hidden(Fact::NoFinSent { side }),
        None => Answer::Yes(Fact::NoFinSent { side }, Vec::new()),
    }
}

/// Did the FIN of the reset's sender end an idle period?
pub fn fin_ended_idleness(facts: &Facts<'_>) -> Answer {
    match facts.idle_before_fin() {
        None => Answer::No,
        Some(idle) => Answer::when(
            idle.is_idle(facts.round_trip()),
            Fact::IdleBeforeFin { nanos: idle.nanos },
            [idle.after.record]
                .into_iter()
                .chain(facts.sender().fin.map(|fin| fin.mark.record)),
        ),
    }
}

/// Can the receiver's application have noticed the FIN before it sent what the reset answers?
pub fn fin_was_noticeable(facts: &Facts<'_>) -> Answer {
    let (Some(fin), Some(trigger)) = (facts.sender().fin, facts.form.answers) else {
        return Answer::Hidden(Fact::AnsweredSegment);
    };
    Answer::when(
        facts.could_notice_fin() == Some(true),
        Fact::HadFinFor {
            nanos: facts.had_fin_for().unwrap_or(0),
        },
        [fin.mark.record, trigger.record()],
    )
}

/// The opposite, by whichever of the two facts shows it.
pub fn fin_was_not_noticeable(facts: &Facts<'_>) -> Answer {
    let (Some(fin), Some(trigger)) = (facts.sender().fin, facts.form.answers) else {
        return Answer::Hidden(Fact::AnsweredSegment);
    };
    let fact = if facts.covers_fin() {
        Fact::HadFinFor {
            nanos: facts.had_fin_for().unwrap_or(0),
        }
    } else {
        Fact::CrossedFin
    };
    Answer::when(
        facts.could_notice_fin() == Some(false),
        fact,
        [fin.mark.record, trigger.record()],
    )
}

/// Had the receiver of the reset closed with FIN?
pub fn receiver_had_closed(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by().other();
    let fin = facts.receiver().fin;
    Answer::when(
        fin.is_some(),
        Fact::FinReceived { side },
        fin.map(|fin| fin.mark.record),
    )
}

/// The claim that the causes of the close family share: payload reached a side that had closed, and no finer cause explains it.
pub fn met_a_closed_side(facts: &Facts<'_>) -> Option<Claim> {
    Claim::new()
        .requires(is_reply_to_payload(facts))?
        .requires(sender_had_closed(facts))?
        .is_excluded_by(&follows_a_reset(facts))?
        .must_not_be(answered_before_the_announced_end(facts))?
        .is_excluded_by(&client_gave_up(facts))?
        .must_not_be(answers_tls_alert(facts))?
        .is_excluded_by(&tls_handshake_is_open(facts))?
        .is_excluded_by(&closed_before_first_payload(facts))
}

/// Had the client closed while it still waited for an answer, or for the rest of one? Not if it had been content for a while.
pub fn client_gave_up(facts: &Facts<'_>) -> Answer {
    let Some(fin) = facts
        .client()
        .fin
        .filter(|_| facts.sent_by() == Side::Client)
    else {
        return Answer::No;
    };
    let asked_last = facts
        .case
        .turns
        .recent()
        .rev()
        .find(|turn| turn.first.record < fin.mark.record)
        .is_some_and(|turn| turn.from == Side::Client);
    let content =
        !asked_last && (fin_ended_idleness(facts).holds() || facts.answer_was_whole_at_fin());
    Answer::when(
        !content,
        Fact::FinSent { side: Side::Client },
        [fin.mark.record],
    )
}

/// Had the server closed without a word before the client's first payload can have reached it?
pub fn closed_before_first_payload(facts: &Facts<'_>) -> Answer {
    let (client, server) = (facts.client(), facts.server());
    let closed_first = |fin: &Fin| {
        server.first_payload.is_none()
            && client
                .isn
                .zip(fin.ack)
                .is_some_and(|(isn, ack)| isn + 1 == ack)
    };
    let fin = server.fin.filter(closed_first);
    Answer::when(
        fin.is_some() && facts.sent_by() == Side::Server,
        Fact::ServerSilent,
        fin.map(|fin| fin.mark.record),
    )
}

/// Did the FIN and the segment cross on the path, so that neither side can have known of the other's?
pub fn crossed_the_fin(facts: &Facts<'_>) -> Answer {
    match (
        fin_was_not_noticeable(facts),
        facts.sender().fin,
        facts.had_fin_for(),
    ) {
        (answer @ Answer::Yes(..), Some(fin), Some(nanos))
            if facts.covers_fin() || nanos <= NOTICES_WITHIN && fin.repeats == 0 =>
        {
            answer
        }
        (Answer::Hidden(fact), ..) => Answer::Hidden(fact),
        _ => Answer::No,
    }
}

/// Was the FIN repeated without ever being acknowledged: lost, or its acknowledgment was?
pub fn fin_went_unheard(facts: &Facts<'_>) -> Answer {
    let fin = facts
        .sender()
        .fin
        .filter(|fin| fin.repeats >= GIVEN_UP && !facts.covers_fin());
    Answer::when(
        fin.is_some(),
        Fact::FinRepeated {
            times: fin.map_or(0, |fin| fin.repeats),
        },
        fin.map(|fin| fin.mark.record),
    )
}

/// Had the sender of the reset not closed, or closed and waited in vain for the acknowledgment of its FIN, and then given up?
pub fn sender_had_not_closed_or_was_not_heard(facts: &Facts<'_>) -> Answer {
    match fin_went_unheard(facts) {
        Answer::No => sender_had_not_closed(facts),
        answer => answer,
    }
}

/// Was the sender's FIN acknowledged by the segment that the reset answers?
pub fn fin_was_acknowledged(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.covers_fin(),
        Fact::AcknowledgedFin,
        facts.form.answers.map(Recorded::record),
    )
}

/// Had the closed side waited for the other's FIN for longer than its stack waits?
pub fn orphan_timer_had_expired(facts: &Facts<'_>) -> Answer {
    let nanos = facts.had_fin_for().unwrap_or(0);
    Answer::when(
        nanos >= ORPHAN_TIMER,
        Fact::HadFinFor { nanos },
        facts.sender().fin.map(|fin| fin.mark.record),
    )
}

/// Did the receiver keep its own side open all the while?
pub fn receiver_waited_to_close(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by().other();
    let state = facts.receiver().state;
    Answer::when(
        state == State::CloseWait,
        Fact::StateWas { side, state },
        None,
    )
}

/// Did the FIN come while payload was flowing?
pub fn no_idleness_before_fin(facts: &Facts<'_>) -> Answer {
    match facts.idle_before_fin() {
        Some(idle) => Answer::when(
            !idle.is_idle(facts.round_trip()),
            Fact::NoIdleBeforeFin { nanos: idle.nanos },
            [idle.after.record],
        ),
        None => Answer::No,
    }
}

/// Had the sender of the reset not closed, or closed with payload still on its way, so that its abort is more than the end of a close?
pub fn sender_had_not_closed_or_was_not_done(facts: &Facts<'_>) -> Answer {
    match sender_had_not_closed(facts) {
        Answer::No => something_was_unacknowledged(facts),
        answer => answer,
    }
}

/// Was something of what both sides said not acknowledged yet?
pub fn something_was_unacknowledged(facts: &Facts<'_>) -> Answer {
    let bytes = facts.sender().outstanding().unwrap_or(0);
    Answer::when(
        !facts.all_acknowledged(),
        Fact::Unacknowledged { bytes },
        facts.sender().last_payload,
    )
}

/// Had everything that both sides said been acknowledged?
pub fn all_was_acknowledged(facts: &Facts<'_>) -> Answer {
    Answer::when(facts.all_acknowledged(), Fact::AllAcknowledged, None)
}

/// Does it answer the bare acknowledgment of its sender's FIN?
pub fn is_reply_to_ack_of_fin(facts: &Facts<'_>) -> Answer {
    let trigger = facts
        .form
        .answers
        .filter(|line| line.header.is_bare_ack() && line.nature != Nature::KeepAlive);
    Answer::when(
        trigger.is_some() && facts.covers_fin() && facts.receiver().fin.is_none(),
        Fact::AcknowledgedFin,
        trigger
            .map(Recorded::record)
            .into_iter()
            .chain([facts.case.reset.record]),
    )
}

/// Does it answer a segment that brings nothing new: an acknowledgment, a FIN, or old data?
pub fn answers_a_straggler(facts: &Facts<'_>) -> Answer {
    let trigger = facts
        .form
        .answers
        .filter(|line| line.header.payload_len == 0 || line.nature == Nature::Retransmission);
    Answer::when(
        trigger.is_some(),
        Fact::AnswersStraggler {
            fin: trigger.is_some_and(|line| line.header.flags.fin()),
        },
        trigger
            .map(Recorded::record)
            .into_iter()
            .chain([facts.case.reset.record]),
    )
}

/// Had the receiver closed its side while everything that both said was settled?
pub fn receiver_closed_in_order(facts: &Facts<'_>) -> Answer {
    match receiver_had_closed(facts) {
        Answer::Yes(..) if !facts.all_acknowledged() => Answer::No,
        answer => answer,
    }
}

/// Linux forgets a closed connection whose peer does not close after this (`tcp_fin_timeout`).
const ORPHAN_TIMER: i64 = 60 * SECOND;
/// One repetition is a lost segment; after more, the closer may have stopped asking; chosen.
const GIVEN_UP: u32 = 2;
