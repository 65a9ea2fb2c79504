//! Who had spoken, and what was still to be answered.

use super::{
    REACTION, is_abort, peer_stopped_answering, receiver_had_closed,
    sender_had_not_closed_or_was_not_done, tls_handshake_is_open,
};
use super::{reset_acknowledges_no_payload, server_was_silent};
use crate::case::facts::Facts;
use crate::rules::{Answer, Claim, Fact};
use crate::tcp::Side;

/// Was the receiver's payload the last, with no answer from the sender of the reset?
pub fn receiver_went_unanswered(facts: &Facts<'_>) -> Answer {
    let turn = facts.last_turn().filter(|_| facts.receiver_spoke_last());
    if facts.sender_spoke_unseen() {
        return Answer::Hidden(Fact::SenderCaptured);
    }
    match turn {
        None => Answer::No,
        Some(turn) => Answer::Yes(
            Fact::Unanswered {
                side: turn.from,
                bytes: turn.bytes,
            },
            [turn.first.record]
                .into_iter()
                .chain((turn.last != turn.first).then_some(turn.last.record))
                .collect(),
        ),
    }
}

/// Did the window grow in the reset, as it does when unread data is thrown away first?
pub fn window_grew(facts: &Facts<'_>) -> Answer {
    match facts.window_grew() {
        Some((before, after)) => Answer::Yes(
            Fact::WindowGrew { before, after },
            vec![facts.case.reset.record],
        ),
        None => Answer::No,
    }
}

/// Is the window of the reset the last one offered?
pub fn window_is_unchanged(facts: &Facts<'_>) -> Answer {
    let reset = &facts.case.reset;
    Answer::when(
        reset.flags.ack() && facts.sender().window == Some(reset.window),
        Fact::WindowUnchanged {
            window: reset.window,
        },
        [reset.record],
    )
}

/// Did the reset leave payload of its receiver unacknowledged?
pub fn left_undelivered(facts: &Facts<'_>) -> Answer {
    let bytes = facts.undelivered();
    Answer::when(
        bytes > 0,
        Fact::Undelivered { bytes },
        [facts.case.reset.record],
    )
}

/// Had exchanges been completed before?
pub fn had_exchanges(facts: &Facts<'_>) -> Answer {
    let count = facts.exchanges();
    Answer::when(count > 0, Fact::Exchanges { count }, None)
}

/// The claim that two causes share which the wire cannot tell apart: an abort with nothing left to answer, and nothing that explains it.
pub fn aborted_for_no_visible_reason(facts: &Facts<'_>) -> Option<Claim> {
    let settled = nothing_is_left_to_answer(facts).may_hold()?;
    Claim::new()
        .requires(is_abort(facts))?
        .requires(sender_had_not_closed_or_was_not_done(facts))?
        .requires(settled)?
        .is_excluded_by(&window_grew(facts))?
        .is_excluded_by(&tls_handshake_is_open(facts))?
        .is_excluded_by(&receiver_had_closed(facts))?
        .is_excluded_by(&peer_stopped_answering(facts))
}

/// Is nothing left that the sender of the reset owed an answer, or waited for?
pub fn nothing_is_left_to_answer(facts: &Facts<'_>) -> Answer {
    match facts.last_turn() {
        None => Answer::when(facts.case.gaps.no_handshake, Fact::NothingSaid, None),
        Some(_) if facts.sender_spoke_unseen() => Answer::Hidden(Fact::SenderCaptured),
        Some(_) if facts.case.gaps.receiver_unseen => Answer::Hidden(Fact::ReceiverCaptured),
        Some(turn) if turn.from == facts.sent_by() => Answer::Yes(
            Fact::SenderSpokeLast {
                side: turn.from,
                bytes: turn.bytes,
            },
            vec![turn.last.record],
        ),
        Some(_) => received_its_answer(facts),
    }
}

/// Is the last payload the whole answer to what the sender of the reset, a client, had asked?
pub fn received_its_answer(facts: &Facts<'_>) -> Answer {
    let (Some(answer), Some(request)) = (facts.last_turn(), facts.case.turns.previous()) else {
        return Answer::No;
    };
    let is_answer = facts.sent_by() == Side::Client
        && answer.from == Side::Server
        && request.from == Side::Client;
    Answer::when(
        is_answer && !facts.response_is_in_progress(),
        Fact::AnswerReceived {
            bytes: answer.bytes,
        },
        [request.first.record, answer.last.record],
    )
}

/// Did the reset come as soon after the last payload as the path allows?
pub fn came_right_after_payload(facts: &Facts<'_>) -> Answer {
    let Some(turn) = facts.last_turn() else {
        return Answer::No;
    };
    let nanos = facts.case.reset.time - turn.last.time;
    let travel = if turn.from == facts.sent_by() {
        0
    } else {
        facts.sender().response_time.unwrap_or(0)
    };
    Answer::when(
        nanos <= travel + travel / 4 + REACTION,
        Fact::SoonAfterPayload { nanos },
        [turn.last.record, facts.case.reset.record],
    )
}

/// Did the last request come after a silence?
pub fn request_came_after_idleness(facts: &Facts<'_>) -> Answer {
    let Some(idle) = facts.idle_before_last_turn() else {
        return Answer::No;
    };
    Answer::when(
        idle.is_idle(facts.round_trip()),
        Fact::IdleBeforeRequest { nanos: idle.nanos },
        [idle.after.record]
            .into_iter()
            .chain(facts.last_turn().map(|turn| turn.first.record)),
    )
}

/// Was the server's answer still coming when the client aborted? Much payload that nobody asked for in words is an answer, too.
pub fn answer_was_still_coming(facts: &Facts<'_>) -> Answer {
    let Some(turn) = facts.last_turn().filter(|turn| turn.from == Side::Server) else {
        return Answer::No;
    };
    let asked = facts.case.turns.previous().is_some() || facts.case.gaps.no_handshake;
    let much = turn.bytes > GREETING;
    Answer::when(
        if asked {
            facts.response_is_in_progress()
        } else {
            much
        },
        Fact::AnswerStillComing { bytes: turn.bytes },
        [turn.first.record, turn.last.record],
    )
}

/// The same where the client is the one that aborted.
pub fn answer_was_still_coming_to_client(facts: &Facts<'_>) -> Answer {
    match facts.sent_by() {
        Side::Client => answer_was_still_coming(facts),
        Side::Server => Answer::No,
    }
}

/// Was it a client that aborted, without having sent any payload?
pub fn client_never_asked(facts: &Facts<'_>) -> Answer {
    let silent = facts.sent_by() == Side::Client
        && facts.client().first_payload.is_none()
        && !facts.case.gaps.no_handshake;
    Answer::when(
        silent,
        Fact::ClientSilent,
        facts.third_step().map(|mark| mark.record),
    )
}

/// Did a server that had never spoken abort without having taken in any payload?
pub fn dropped_before_any_payload(facts: &Facts<'_>) -> Answer {
    match (facts.sent_by(), server_was_silent(facts)) {
        (Side::Server, Answer::Yes(..)) => reset_acknowledges_no_payload(facts),
        _ => Answer::No,
    }
}

/// Was the server waiting: for a request, for the rest of one, or for its answer to be taken?
pub fn something_was_awaited(facts: &Facts<'_>) -> Answer {
    if let Some(closed) = facts.receiver().window_closed() {
        return Answer::Yes(
            Fact::WindowClosed {
                nanos: facts.case.reset.time - closed.time,
            },
            vec![closed.record],
        );
    }
    if facts.last_turn().is_none() {
        return Answer::when(!facts.case.gaps.no_handshake, Fact::NothingSaid, None);
    }
    if facts.client().first_payload.is_none() && !facts.case.gaps.no_handshake {
        return Answer::Yes(
            Fact::ClientSilent,
            facts
                .third_step()
                .map(|mark| mark.record)
                .into_iter()
                .collect(),
        );
    }
    if facts.first_request_is_whole() == Some(true) && facts.exchanges() == 0 {
        return Answer::No;
    }
    receiver_went_unanswered(facts)
}

/// A greeting is not longer; what is, was meant to be taken; chosen, a segment.
const GREETING: u64 = 1_400;
