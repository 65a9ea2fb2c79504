//! The exchange was finished; a reset took the place of a part of the closing.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::ResetForm;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "teardown-rst",
    aliases: &[
        "reset instead of FIN at close",
        "RST after FIN",
        "FIN answered by RST",
        "TCP_LINGER2",
        "reset during teardown",
        "TCP_ABORT_ON_LINGER",
    ],
    title: "A reset cut the closing short, with all acknowledged",
    phase: Phase::Close,
    severity: Severity::Benign,
    happens: "\
        Both sides have said and acknowledged everything, and at least one has sent FIN. Instead \
        of completing the closing in the usual way, one side sends a reset, because its \
        application closed with linger zero or with a negative TCP_LINGER2. This saves the \
        TIME_WAIT state and costs nobody a byte.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 50    request
0.010  server > client  PSH,ACK  seq 1 ack 51 len 200  answer
0.010  server > client  FIN,ACK  seq 201 ack 51        server closes
0.020  client > server  ACK      seq 51 ack 202        all acknowledged
0.020  client > server  RST,ACK  seq 51 ack 202        instead of FIN",
    looks_for: "\
        At least one FIN must have been sent, and all payload of both sides must be acknowledged. \
        Then the reset must be an abort after the sender's own FIN or in answer to the other \
        side's FIN, or a bare reset that directly answers the ACK of the sender's FIN. A server \
        that sent neither payload nor FIN speaks against it, and so does a server that had \
        answered in the middle of an upload.",
    told_apart: &[
        Rival {
            cause: "late-segment-after-teardown",
            by: "\
                There both sides had sent FIN, and a bare reset answers a straggler without new \
                payload.",
            settle: "The flags of the reset settle it: an abort carries ACK and a real window.",
        },
        Rival {
            cause: "linger-zero-abort",
            by: "There no FIN had been sent by either side before the reset.",
            settle: "\
                A capture from before the closing, which shows whether a FIN was sent or the \
                capture missed it.",
        },
        Rival {
            cause: "listener-closed",
            by: "\
                There the server never sent payload nor FIN, and several such resets fall at one \
                instant: the connections had waited to be accepted.",
            settle: "\
                The service's log for a stop or a reload at that second, and whether the port \
                refuses SYNs afterwards.",
        },
        Rival {
            cause: "early-response-upload",
            by: "There the server had answered while the client was still uploading.",
            settle: "A capture with payload from the start of the request.",
        },
    ],
    client_sees: "\
        Normally nothing, because it has read the whole answer and the end of stream. A read that \
        is still pending after its own half-close gives ECONNRESET.",
    server_sees: "\
        Normally nothing. A server that writes into the half-closed connection gets EPIPE; some \
        log \"Connection reset by peer\" at debug level.",
    at_stake: "Nothing: both sides had acknowledged everything. No repeat is needed.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Do nothing, and filter the message if the log is noisy.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "Remove linger zero if the saving of TIME_WAIT is not wanted.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Log a reset after a complete exchange at debug level.",
        },
    ],
    references: &[
        "RFC 9293, 3.6: closing a connection; RFC 3360: on resets in place of proper segments.",
        "Linux, net/ipv4/tcp.c, `__tcp_close`; tcp(7), TCP_LINGER2.",
        "\
            Measured on Linux 6.18: FIN answered by an abort, an abort after the own FIN, \
            TCP_LINGER2 below 0.",
    ],
    since: "0.1",
};

/// The rule: an abort after the sender's own FIN or after the receiver's, or the answer to the bare acknowledgment of the sender's FIN.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.or(Scope::ABORT),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let began = if facts.sender().fin.is_some() {
        ask::sender_had_closed(facts)
    } else {
        ask::receiver_had_closed(facts)
    };
    let claim = Claim::new().requires(began)?;
    let claim = match facts.form.form {
        ResetForm::Active => claim.is_decided_by(ask::is_abort(facts))?,
        ResetForm::Reply => claim.is_decided_by(ask::is_reply_to_ack_of_fin(facts))?,
        ResetForm::Unclear => return None,
    };
    Some(
        claim
            .is_excluded_by(&ask::server_never_said_a_word(facts))?
            .is_excluded_by(&ask::answered_mid_request(facts))?
            .is_excluded_by(&ask::tls_handshake_is_open(facts))?
            .is_supported_by(ask::all_was_acknowledged(facts))
            .is_weakened_by(ask::something_was_unacknowledged(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn a_client_that_answers_the_fin_with_a_reset_spares_itself_the_rest() {
        let story = served(
            "0.030  server > client  FIN,ACK  seq 201 ack 101
             0.030  client > server  RST,ACK  seq 101 ack 202",
        );
        assert_eq!(judged(&story), ("teardown-rst", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("teardown-rst", Certain));
        assert_eq!(judged(&across_the_wrap(&story)), ("teardown-rst", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("teardown-rst", Likely));
    }

    #[test]
    fn a_mail_session_may_end_that_way_too() {
        let story = opened(
            "0.030  server > client  PSH,ACK  seq 1 ack 1 len 40 data \"220 mail ready\\r\\n\"
             0.040  client > server  PSH,ACK  seq 1 ack 41 len 6 data \"QUIT\\r\\n\"
             0.050  server > client  PSH,ACK  seq 41 ack 7 len 15 data \"221 bye\\r\\n\"
             0.050  server > client  FIN,ACK  seq 56 ack 7
             0.050  client > server  ACK      seq 7 ack 57
             0.051  client > server  RST,ACK  seq 7 ack 57",
        );
        assert_eq!(judged(&story), ("teardown-rst", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("teardown-rst", Certain));
    }

    #[test]
    fn a_server_that_keeps_no_fin_wait_resets_the_acknowledgment_of_its_fin() {
        let story = served(
            "0.100  server > client  FIN,ACK  seq 201 ack 101
             0.140  client > server  ACK      seq 101 ack 202
             0.150  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("teardown-rst", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("teardown-rst", Certain));
    }

    #[test]
    fn without_any_fin_it_is_an_abort() {
        let story = served("0.100  client > server  RST,ACK  seq 101 ack 201");
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn a_window_that_only_ever_grew_shows_no_unread_data() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 100 win 500
             0.022  server > client  ACK      seq 1 ack 101 len 1448
             0.022  client > server  ACK      seq 101 ack 1449 win 510
             0.023  server > client  ACK      seq 1449 ack 101 len 1448
             0.023  client > server  ACK      seq 101 ack 2897 win 520
             0.024  server > client  PSH,FIN,ACK  seq 2897 ack 101 len 713
             0.025  client > server  RST,ACK  seq 101 ack 3611 win 530",
        );
        assert_eq!(judged(&story).0, "teardown-rst");
    }
}
