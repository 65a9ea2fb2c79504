//! What the first bytes say: TLS and HTTP.

use crate::case::facts::{Facts, TlsProgress};
use crate::rules::rule::Recorded;
use crate::rules::{Answer, Fact};

/// Had the client begun a TLS handshake that had not ended?
pub fn tls_handshake_is_open(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.tls() == Some(TlsProgress::Negotiating),
        Fact::TlsNegotiating,
        facts.client().first_payload.map(|mark| mark.record),
    )
}

/// Did the server begin its answer while the client was still sending its request?
pub fn answered_mid_request(facts: &Facts<'_>) -> Answer {
    if facts.server().first_payload.is_none() {
        return Answer::No;
    }
    if let Some((answer, request)) = facts.response_crossed_request() {
        return Answer::Yes(
            Fact::AnsweredMidRequest { answer: answer.bytes, request: request.bytes },
            vec![request.first.record, answer.first.record, request.last.record],
        );
    }
    request_is_incomplete(facts)
}

/// Does the only request announce more than was sent?
pub fn request_is_incomplete(facts: &Facts<'_>) -> Answer {
    let Some(request) = facts.first_request().filter(|_| facts.exchanges() <= 1) else {
        return Answer::No;
    };
    let sent = facts.client().payload_bytes.saturating_sub(request.len);
    Answer::when(
        sent < request.announced,
        Fact::RequestIncomplete { announced: request.announced, sent },
        facts.client().first_payload.map(|mark| mark.record),
    )
}

/// Is the server's answer one that refuses a request?
pub fn answer_refuses(facts: &Facts<'_>) -> Answer {
    let code = facts.latest_response().or_else(|| facts.first_response()).map(|response| response.code);
    Answer::when(
        code.is_some_and(|code| code >= 400),
        Fact::HttpStatus { code: code.unwrap_or(0) },
        facts.server().last_payload.map(|mark| mark.record),
    )
}

/// Does the reset answer a TLS alert?
pub fn answers_tls_alert(facts: &Facts<'_>) -> Answer {
    let trigger = facts.form.answers.filter(|_| facts.tls().is_some() && facts.answers_tls_alert());
    Answer::when(
        trigger.is_some(),
        Fact::AnswersTlsAlert { bytes: trigger.map_or(0, |line| line.header.payload_len) },
        trigger.map(Recorded::record),
    )
}
