//! What the first bytes say: TLS and HTTP.

use crate::case::facts::{Facts, TlsProgress};
use crate::rules::rule::Recorded;
use crate::rules::{Answer, Fact};
use crate::tcp::Side;

/// Had the client begun a TLS handshake that had not ended?
///
/// Whoever closed its side, and was heard, had given it up. From the client's side alone it is not to be seen how far it had come.
pub fn tls_handshake_is_open(facts: &Facts<'_>) -> Answer {
    let open = facts.tls() == Some(TlsProgress::Negotiating) && !facts.sender_closed_long_before();
    if open && facts.client().was_seen() && !facts.server().was_seen() {
        return Answer::Hidden(Fact::TlsNegotiating);
    }
    Answer::when(open, Fact::TlsNegotiating, facts.client().first_payload)
}

/// Did the server begin its answer while the client was still sending its request? A request that says its length decides it; else the
/// next bytes of a client that had already sent much, and had not seen the answer, are taken for the rest of it.
pub fn answered_mid_request(facts: &Facts<'_>) -> Answer {
    if facts.first_request().is_some() && facts.exchanges() <= 1 {
        return answered_before_the_announced_end(facts);
    }
    match facts.response_crossed_request() {
        Some((answer, request))
            if !facts.latest_turn_is_request() && request.bytes > SHORT_REQUEST =>
        {
            Answer::Yes(
                Fact::AnsweredMidRequest {
                    answer: answer.bytes,
                    request: request.bytes,
                },
                vec![
                    request.first.record,
                    answer.first.record,
                    request.last.record,
                ],
            )
        }
        _ => Answer::No,
    }
}

/// Did the server answer its first request when less of it had come than it announced, or before its last chunk?
pub fn answered_before_the_announced_end(facts: &Facts<'_>) -> Answer {
    let (Some(request), Some(received)) = (facts.first_request(), facts.body_received_at_answer())
    else {
        // A head that was cut off may have announced anything.
        let cut = facts.request_head_is_cut()
            && facts.exchanges() <= 1
            && facts.server().first_payload.is_some();
        return if cut {
            Answer::Hidden(Fact::RequestHead)
        } else {
            Answer::No
        };
    };
    let only = facts.exchanges() <= 1;
    let records = || {
        facts
            .client()
            .first_payload
            .into_iter()
            .chain(facts.server().first_payload)
    };
    if request.chunked {
        return match facts.first_request_is_whole() {
            // More of the client's bytes, and no new request, crossed the answer: chunks.
            None if only
                && facts.response_crossed_request().is_some()
                && !facts.latest_turn_is_request() =>
            {
                Answer::when(true, Fact::ChunksMissing { received }, records())
            }
            None if only => Answer::Hidden(Fact::ChunksMissing { received }),
            whole => Answer::when(
                only && whole == Some(false),
                Fact::ChunksMissing { received },
                records(),
            ),
        };
    }
    Answer::when(
        only && received < request.announced,
        Fact::RequestIncomplete {
            announced: request.announced,
            received,
        },
        records(),
    )
}

/// Had the client sent its request whole before the server answered?
pub fn request_was_whole(facts: &Facts<'_>) -> Answer {
    let bytes = facts
        .case
        .turns
        .latest_of(Side::Client)
        .map_or(0, |turn| turn.bytes);
    Answer::when(
        bytes > 0,
        Fact::RequestWhole { bytes },
        facts.client().last_payload,
    )
}

/// Is the server's answer one that refuses a request?
pub fn answer_refuses(facts: &Facts<'_>) -> Answer {
    let code = facts
        .latest_response()
        .or_else(|| facts.first_response())
        .map(|response| response.code);
    Answer::when(
        code.is_some_and(|code| code >= 400),
        Fact::HttpStatus {
            code: code.unwrap_or(0),
        },
        facts.server().last_payload,
    )
}

/// Does the reset answer a TLS alert?
pub fn answers_tls_alert(facts: &Facts<'_>) -> Answer {
    let bytes = facts.form.answers.map_or(0, |line| line.header.payload_len);
    let fact = Fact::AnswersTlsAlert { bytes };
    match facts.answers_tls_alert() {
        None => Answer::Hidden(fact),
        Some(is) => Answer::when(is, fact, facts.form.answers.map(Recorded::record)),
    }
}

/// A request no longer than this is whole in one segment: what crosses the answer then is the next one, not the rest; chosen, a segment.
const SHORT_REQUEST: u64 = 1_400;
