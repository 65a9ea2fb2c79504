//! A TLS `close_notify` met a socket that was already closed.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "benign-tls-close",
    aliases: &[
        "close_notify after close",
        "TLS close_notify",
        "TLS shutdown reset",
        "SSL shutdown",
        "SSL_shutdown broken pipe",
        "reset on close_notify",
    ],
    title: "A TLS goodbye met a socket that was already closed",
    phase: Phase::Close,
    severity: Severity::Benign,
    happens: "\
        Both sides have finished their exchange over TLS. One closes its socket without waiting \
        for the other's close_notify, the alert with which TLS says goodbye. The alert arrives at \
        a closed socket and is answered with a reset. The content of the exchange is complete.",
    ladder: "\
0.000  server > client  PSH,ACK  seq 1 ack 1 len 400    end of answer
0.001  client > server  PSH,ACK  seq 1 ack 401 len 24   close_notify
0.001  client > server  FIN,ACK  seq 25 ack 401         closed
0.011  server > client  PSH,ACK  seq 401 ack 26 len 24 tls alert
0.011  client > server  RST      seq 26
0.012  server > client  FIN,ACK  seq 425 ack 26
0.012  client > server  RST      seq 26                 echo",
    looks_for: "\
        The sender of the reset must have sent FIN after the exchange was complete, and the \
        payload that the bare reset answers must be one TLS alert: a record of type 0x15, or a \
        single small record of type 0x17. A close_notify of TLS 1.3 is 24 bytes of payload, one of \
        TLS 1.2 with AES-GCM 31. A second reset that answers the FIN behind the alert is usual. \
        More payload than one alert, or an incomplete answer, excludes it. Without payload in the \
        capture the lengths 24 and 31 right after the FIN must do, and the verdict is never \
        certain.",
    told_apart: &[
        Rival {
            cause: "client-cancel",
            by: "There the late bytes are more than an alert: the answer was not complete.",
            settle: "A capture with payload, or the client's log for a cancelled request.",
        },
        Rival {
            cause: "data-after-close",
            by: "There the late bytes are data of the application.",
            settle: "A capture with payload; the record type in its first byte settles it.",
        },
        Rival {
            cause: "late-segment-after-teardown",
            by: "There the late segment carries no payload at all.",
            settle: "The payload length of the answered segment settles it.",
        },
    ],
    client_sees: "\
        Normally nothing. Some libraries report EPIPE, \"Broken pipe\", or an SSL shutdown error \
        in their debug log.",
    server_sees: "\
        Normally nothing; at most EPIPE or an SSL shutdown error at debug level, such as nginx \
        \"SSL_shutdown() failed\".",
    at_stake: "\
        Nothing: the exchange was complete. Only the proof that nothing was cut off is missing.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Do nothing.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Wait for the other side's close_notify before close(), if the resets disturb the \
                monitoring.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Leave this kind of reset out of alarms.",
        },
    ],
    references: &[
        "RFC 8446, 6.1: closure alerts.",
        "Linux, net/ipv4/tcp_input.c, `tcp_rcv_state_process` with RCV_SHUTDOWN set.",
        "Measured on Linux 6.18: both orders of close_notify and close; 24 bytes in TLS 1.3.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.after_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let alert = ask::answers_tls_alert(facts).may_hold()?;
    Claim::new()
        .requires(ask::is_reply_to_payload(facts))?
        .requires(ask::sender_had_closed(facts))?
        .is_decided_by(alert)?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_excluded_by(&ask::answered_mid_request(facts))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened};

    #[test]
    fn the_answer_to_a_close_notify_meets_a_closed_client() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             0.060  client > server  PSH,ACK  seq 712 ack 2023 len 24 tls data
             0.060  client > server  FIN,ACK  seq 736 ack 2023
             0.070  server > client  PSH,ACK  seq 2023 ack 737 len 24 tls data
             0.070  client > server  RST      seq 737",
        );
        assert_eq!(judged(&story), ("benign-tls-close", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("benign-tls-close", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("benign-tls-close", Certain)
        );
        assert_eq!(judged(&begun_midway(&story)), ("benign-tls-close", Likely));
    }

    #[test]
    fn a_server_that_closes_an_idle_session_is_told_goodbye_as_well() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             60.05  server > client  PSH,ACK  seq 2023 ack 712 len 24 tls data
             60.05  server > client  FIN,ACK  seq 2047 ack 712
             60.06  client > server  PSH,ACK  seq 712 ack 2048 len 24 tls data
             60.07  server > client  RST      seq 2048",
        );
        assert_eq!(judged(&story), ("benign-tls-close", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("benign-tls-close", Certain)
        );
    }

    #[test]
    fn an_encrypted_request_of_300_bytes_is_no_goodbye() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             60.048 client > server  PSH,ACK  seq 712 ack 2023 len 300 tls data
             60.05  server > client  FIN,ACK  seq 2023 ack 712
             60.058 server > client  RST      seq 2023",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Certain)
        );
    }

    #[test]
    fn an_encrypted_request_of_55_bytes_is_no_goodbye_either() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             60.048 client > server  PSH,ACK  seq 712 ack 2023 len 55 tls data
             60.05  server > client  FIN,ACK  seq 2023 ack 712
             60.058 server > client  RST      seq 2023",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
    }

    #[test]
    fn the_farewell_is_answered_and_not_the_words_before_it_that_were_acknowledged() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             16.000  client > server  PSH,ACK  seq 712 ack 2023 len 39 tls data
             16.001  client > server  FIN,ACK  seq 751 ack 2023 len 24 tls data
             16.010  server > client  ACK      seq 2023 ack 751
             16.010  server > client  PSH,ACK  seq 2023 ack 751 len 24 tls data
             16.010  server > client  FIN,ACK  seq 2047 ack 751
             16.010  server > client  RST      seq 2023",
        );
        assert_eq!(judged(&story), ("benign-tls-close", Certain));
    }
}
