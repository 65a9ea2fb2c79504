//! A reset while TLS was being negotiated.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "tls-handshake-reset",
    aliases: &[
        "ssl handshake reset",
        "connection reset during TLS handshake",
        "SSL_ERROR_SYSCALL",
        "SSLException connection reset",
        "SSLHandshakeException",
        "ERR_CONNECTION_RESET in handshake",
        "client certificate rejected",
        "SNI not served",
        "plaintext port",
        "curl 35",
    ],
    title: "Reset during the TLS handshake",
    phase: Phase::FirstExchange,
    severity: Severity::Error,
    happens: "\
        The client's first bytes are a TLS ClientHello, and one side resets before encrypted data \
        of both has passed. The service may not speak TLS on this port, may not serve the name, or \
        may reject the client's certificate; the client may reject the server's. An alert often \
        precedes the reset and tells the reason.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1
0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
0.021  server > client  ACK      seq 1 ack 518
0.022  server > client  RST,ACK  seq 1 ack 518        name not served",
    looks_for: "\
        The client's first payload must be a TLS handshake record (bytes 0x16 0x03), and the reset \
        must come before both sides have sent application data. TLS 1.3 wraps the rest of its \
        handshake and its alerts in application data records; there the server's first data is \
        whatever exceeds one alert (24 bytes) behind the client's second flight. Support: a reset \
        right after the ClientHello, a reset after the client's second flight with a short alert \
        before it (a certificate), a reset by the client after the server's certificate. Without \
        payload in the capture the generic causes are named instead, never with certainty.",
    told_apart: &[
        Rival {
            cause: "forged-rst",
            by: "\
                There at least two marks show another sender: hop limit, IP ID, missing \
                timestamps, several resets with rising sequence numbers, or the real server's data \
                afterwards.",
            settle: "\
                Capture at the server: a reset that it did not send is forged. Try another server \
                name with the same address.",
        },
        Rival {
            cause: "accept-then-abort",
            by: "There the client's first bytes are not TLS, or none had been acknowledged.",
            settle: "A capture with payload (`tcpdump -s 0`).",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                There the TLS handshake had been finished and application data had passed both \
                ways.",
            settle: "The server's TLS log, or a capture from the first byte on.",
        },
    ],
    client_sees: "\
        Java \"SSLException\" or \"SSLHandshakeException\" with \"Connection reset\", curl \
        \"(35)\" with \"Connection reset by peer\" or SSL_ERROR_SYSCALL, Node \"read ECONNRESET\" \
        or \"Client network socket disconnected before secure TLS connection was established\", Go \
        \"read: connection reset by peer\", browsers ERR_CONNECTION_RESET. On Linux an alert that \
        came before the reset is still readable.",
    server_sees: "\
        If the server resets: a handshake error in its TLS log at most. If the client resets: \
        ECONNRESET in the handshake, such as nginx \"SSL_do_handshake() failed\" or \"peer closed \
        connection in SSL handshake\".",
    at_stake: "\
        No request was processed, except 0-RTT data of TLS 1.3. A fresh connection that is reset \
        here meets the same reset again, so do not repeat it blindly.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Run `openssl s_client -connect HOST:PORT -servername NAME`, with and without the \
                name, and read the alert.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Check the port, the server name, the protocol versions and the client certificate.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Read the TLS error log for that second; check that the port speaks TLS and that \
                the certificate covers the name.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Send the alert, then shutdown(SHUT_WR), drain, then close(), so that the client \
                learns the reason.",
        },
    ],
    references: &[
        "RFC 8446, 4.4.2 and 6: client certificates and alerts.",
        "Linux, net/ipv4/tcp.c, `__tcp_close`.",
        "\
            Measured on Linux 6.18: reset after the ClientHello, TLS to a plaintext port, a \
            rejected client certificate in TLS 1.3.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY,
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let open = ask::tls_handshake_is_open(facts).may_hold()?;
    Some(
        Claim::new()
            .is_decided_by(open)?
            .is_excluded_by(&ask::follows_a_reset(facts))?
            .is_excluded_by(&ask::server_forgot_the_handshake(facts))?
            .is_excluded_by(&ask::answers_tls_alert(facts))?
            .is_excluded_by(&ask::receiver_closed_in_order(facts))?
            .is_supported_by(ask::left_undelivered(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, only_from, opened};

    #[test]
    fn a_hello_with_an_unserved_name_is_reset() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.021  server > client  ACK      seq 1 ack 518
             0.023  server > client  RST,ACK  seq 1 ack 518",
        );
        assert_eq!(judged(&story), ("tls-handshake-reset", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("tls-handshake-reset", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("tls-handshake-reset", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("tls-handshake-reset", Likely)
        );
    }

    #[test]
    fn a_rejected_client_certificate_ends_in_an_encrypted_alert() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 74 tls data
             0.030  client > server  PSH,ACK  seq 592 ack 1449 len 120 tls data
             0.041  server > client  PSH,ACK  seq 1449 ack 712 len 24 tls data
             0.041  server > client  RST,ACK  seq 1473 ack 712",
        );
        assert_eq!(judged(&story), ("tls-handshake-reset", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("tls-handshake-reset", Certain)
        );
    }

    #[test]
    fn once_both_have_sent_data_an_unread_request_is_what_it_is() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             0.500  client > server  PSH,ACK  seq 712 ack 2023 len 300 tls data
             0.510  server > client  ACK      seq 2023 ack 1012
             0.700  server > client  RST,ACK  seq 2023 ack 1012 win 502",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("unread-data-close", Likely)
        );
    }

    #[test]
    fn an_answer_of_sixty_bytes_is_more_than_an_alert() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 60 tls data
             0.042  client > server  ACK      seq 712 ack 1509
             0.043  client > server  RST,ACK  seq 712 ack 1509",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn how_far_the_server_had_come_is_not_to_be_seen_from_the_client_alone() {
        let story = only_from(
            "client",
            &opened(
                "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
                 0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
                 0.024  client > server  ACK      seq 518 ack 1449
                 0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
                 0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
                 0.042  client > server  ACK      seq 712 ack 2023
                 0.060  client > server  FIN,ACK  seq 712 ack 2023
                 0.070  server > client  PSH,ACK  seq 2023 ack 713 len 100 tls data
                 0.070  client > server  RST      seq 713",
            ),
        );
        assert_ne!(judged(&story).0, "tls-handshake-reset");
    }

    #[test]
    fn a_handshake_that_was_given_up_by_fin_is_not_what_a_late_reset_ends() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 164 tls hello
             0.021  server > client  ACK      seq 1 ack 165
             1.229  client > server  FIN,ACK  seq 165 ack 1
             1.239  server > client  ACK      seq 1 ack 166
             121.5  client > server  RST,ACK  seq 166 ack 1 win 0",
        );
        assert_eq!(judged(&story).0, "teardown-rst");
    }
}
