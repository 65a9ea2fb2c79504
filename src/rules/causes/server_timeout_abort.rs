//! The server ran out of patience and aborted.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "server-timeout-abort",
    aliases: &[
        "header timeout",
        "body timeout",
        "client_header_timeout",
        "client_body_timeout",
        "send_timeout",
        "reset_timedout_connection on",
        "slow client",
        "slowloris",
        "request timeout reset",
    ],
    title: "The server lost patience and aborted",
    phase: Phase::Data,
    severity: Severity::Warning,
    happens: "\
        A client connects or begins a request and then falls silent, or stops reading the answer. \
        The server waits for its timeout and then aborts the connection instead of closing it in \
        order. nginx does so with `reset_timedout_connection on`. The cause of the silence lies \
        with the client or the path.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1
0.020  client > server  PSH,ACK  seq 1 ack 1 len 60  half a header
0.030  server > client  ACK      seq 1 ack 61
60.03  server > client  RST,ACK  seq 1 ack 61        60 s are over",
    looks_for: "\
        The reset must be an abort of the server (ACK set, its own numbers) with no segment that \
        provokes it: at least 1 s must have passed since the last segment in either direction. The \
        request must be incomplete, or the client must not have taken the answer, with its window \
        closed. The same silence in several connections, with little spread, supports it, and so \
        does a known value such as 60 s. A reset to the client's side and the server's side at one \
        moment speaks against it.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "\
                There no silence of 1 s stands before the reset, or the request was complete and \
                answered.",
            settle: "\
                The server's log for a timeout at that second, and its setting of \
                `reset_timedout_connection`.",
        },
        Rival {
            cause: "lb-idle-timeout",
            by: "\
                There both ends get a reset at one moment, or the reset shows marks of another \
                sender.",
            settle: "\
                Capture on the server: a reset that it receives rather than sends comes from \
                between.",
        },
        Rival {
            cause: "unread-data-close",
            by: "There less than 1 s passes between the last segment and the reset.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnClose` on the server: it grows only if data was \
                unread. The trace point `tcp:tcp_send_reset` prints TCP_STATE for a timeout abort.",
        },
        Rival {
            cause: "keepalive-timeout",
            by: "There keep-alive probes of the same side stand between the silence and the reset.",
            settle: "A capture that covers the silence without lost records.",
        },
    ],
    client_sees: "\
        ECONNRESET on the next read or write: Java \"Connection reset\", Node \"read ECONNRESET\", \
        Go \"connection reset by peer\", curl \"(56) Recv failure: Connection reset by peer\".",
    server_sees: "\
        Its own timeout: nginx logs \"client timed out (110: Connection timed out) while reading \
        client request headers\" at level info, or status 408.",
    at_stake: "\
        The partial request is thrown away and was not processed. A repeat is safe. If the answer \
        was being sent, its rest is lost and the request was carried out.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Find out what delays the client between connecting and the end of its request: a \
                stalled producer, a debugger, a lost path.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Compare the silence with the timeouts in the server's settings (nginx \
                client_header_timeout, client_body_timeout, send_timeout: 60 s each).",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "Connect only when the request is ready, and keep sending during long uploads.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Raise the timeout for legitimate slow clients, or answer with 408 and close in \
                stages.",
        },
    ],
    references: &[
        "nginx, ngx_http_core_module: reset_timedout_connection and the timeouts.",
        "RFC 9110, 15.5.9: status 408.",
        "\
            Measured on Linux 6.18 with nginx 1.22: header timeout gives a reset, keep-alive \
            timeout gives FIN.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT.by(Side::Server).before_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    let waited = ask::lost_patience(facts).may_hold()?;
    Some(
        Claim::new()
            .requires(ask::is_abort(facts))?
            .requires(ask::sender_had_not_closed(facts))?
            .requires(waited)?
            .requires(ask::something_was_awaited(facts))?
            .is_excluded_by(&ask::others_aborted_unserved(facts))?
            .is_excluded_by(&ask::others_finished_at_once(facts))?
            .is_excluded_by(&ask::peer_stopped_answering(facts))?
            .is_excluded_by(&ask::tls_handshake_is_open(facts))?
            .is_weakened_by(ask::window_grew(facts))
            .is_settled_by(ask::silence_is_a_known_timeout(facts))
            .is_supported_by(ask::window_is_unchanged(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn a_header_left_half_sent_for_a_minute_runs_into_the_timeout() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60
             0.021  server > client  ACK      seq 1 ack 61
             60.02  server > client  RST,ACK  seq 1 ack 61",
        );
        assert_eq!(judged(&story), ("server-timeout-abort", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("server-timeout-abort", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("server-timeout-abort", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("server-timeout-abort", Likely)
        );
    }

    #[test]
    fn a_silence_that_is_no_usual_timeout_is_weaker() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60
             0.021  server > client  ACK      seq 1 ack 61
             7.300  server > client  RST,ACK  seq 1 ack 61",
        );
        assert_eq!(judged(&story), ("server-timeout-abort", Likely));
    }

    #[test]
    fn half_a_second_is_no_patience() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60
             0.021  server > client  ACK      seq 1 ack 61
             0.521  server > client  RST,ACK  seq 1 ack 61",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
    }

    #[test]
    fn a_server_that_owes_nothing_lost_no_patience() {
        let story = served("60.02  server > client  RST,ACK  seq 201 ack 101");
        assert_eq!(judged(&story), ("linger-zero-abort", Possible));
    }

    #[test]
    fn a_request_that_was_whole_was_not_waited_for() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 31 data \"GET /slow HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.021  server > client  ACK      seq 1 ack 32
             30.02  server > client  RST,ACK  seq 1 ack 32",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
    }

    #[test]
    fn two_unused_connections_of_one_browser_time_out_together() {
        let story = "0.000  client:40001 > server  SYN      seq 0
             0.001  client:40002 > server  SYN      seq 0
             0.010  server > client:40001  SYN,ACK  seq 0 ack 1
             0.010  client:40001 > server  ACK      seq 1 ack 1
             0.011  server > client:40002  SYN,ACK  seq 0 ack 1
             0.011  client:40002 > server  ACK      seq 1 ack 1
             10.010 server > client:40001  RST,ACK  seq 1 ack 1
             10.011 server > client:40002  RST,ACK  seq 1 ack 1
             10.500 client:40004 > server  SYN      seq 0
             10.510 server > client:40004  SYN,ACK  seq 0 ack 1";
        assert_eq!(judged(story), ("server-timeout-abort", Certain));
    }
}
