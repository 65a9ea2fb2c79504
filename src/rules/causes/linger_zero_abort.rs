//! The application aborted on purpose: `SO_LINGER` with a time of zero, and its kin.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "linger-zero-abort",
    aliases: &[
        "linger-0 abort",
        "SO_LINGER 0",
        "SO_LINGER",
        "abortive close",
        "RST instead of FIN",
        "hard close",
        "setSoLinger(true, 0)",
        "SetLinger(0)",
        "resetAndDestroy",
        "reset_timedout_connection",
        "connect(AF_UNSPEC)",
    ],
    title: "The application aborted instead of closing",
    phase: Phase::Any,
    severity: Severity::Warning,
    happens: "\
        The sender's application closes its socket in a way that asks for a reset: SO_LINGER with \
        time zero, connect() to AF_UNSPEC, Node's `resetAndDestroy()`, Go's `SetLinger(0)`. \
        Nothing is wrong with the connection; the program throws it away, often to avoid \
        TIME_WAIT. Old Redis clients, load generators and proxies that save ports do this after \
        every exchange.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1
0.011  client > server  PSH,ACK  seq 1 ack 1 len 14  PING
0.021  server > client  PSH,ACK  seq 1 ack 15 len 7  PONG
0.021  client > server  ACK      seq 15 ack 8        all acknowledged
0.021  client > server  RST,ACK  seq 15 ack 8        window unchanged",
    looks_for: "\
        The reset must be an abort: ACK set, numbers that continue its sender's own segments, a \
        real window. The last payload must be the sender's own, or must have been answered, or \
        must be itself the complete answer to the sender's request. The window field must not have \
        grown. Support comes from a reset less than 1 ms after the answer, from the same habit in \
        other connections of that host, and from an IP ID, hop limit and timestamps that continue \
        the sender's series. An unanswered payload of the other side speaks against it, and so \
        does a silence of 1 s or more before a server's abort.",
    told_apart: &[
        Rival {
            cause: "socket-destroyed",
            by: "\
                On the wire nothing does: the same segment comes from a socket killed from \
                outside. This cause comes first because it is far more common, less clearly so \
                when the sender was idle and is not the side that usually closes.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnData` on the sender: closing with linger zero \
                raises it, `ss -K` does not. The trace point `tcp:tcp_send_reset` shows the state \
                CLOSE for linger zero and the live state, such as ESTABLISHED, for a killed \
                socket. The killed program's log has ECONNABORTED.",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                There the last payload came from the other side and was never answered, and the \
                window often grows in the reset.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnClose` on the sender: only unread data raises it. \
                The trace point prints TCP_ABORT_ON_CLOSE for unread data and TCP_STATE for linger \
                zero.",
        },
        Rival {
            cause: "server-timeout-abort",
            by: "\
                There the server had waited at least 1 s for the rest of a request, or for a \
                client that does not read.",
            settle: "\
                The server's log at that second, such as nginx's \"client timed out\", and whether \
                `reset_timedout_connection` is on.",
        },
        Rival {
            cause: "orphan-abort",
            by: "\
                On the wire nothing does, for one connection with unsent data. Many such resets of \
                one host at once speak for its kernel running out of room for orphans.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnMemory` and `dmesg` on the sender: \"too many \
                orphaned sockets\" names the kernel. The trace point prints TCP_ABORT_ON_MEMORY.",
        },
    ],
    client_sees: "\
        If the server aborts: one ECONNRESET, from read() after any data already received, or from \
        write(): Java \"Connection reset\", Node \"read ECONNRESET\", Go \"connection reset by \
        peer\", Python \"ConnectionResetError: [Errno 104]\", curl \"(56) Recv failure\". If the \
        client aborts, it sees no error, because it asked for this.",
    server_sees: "\
        If the client aborts: one ECONNRESET on the next read, which many servers log as \
        \"Connection reset by peer\" although the exchange was complete. Data that arrived before \
        is still readable on Linux. If the server aborts, its own application sees no error.",
    at_stake: "\
        The sender's unsent and unacknowledged bytes are thrown away without notice; in one \
        measurement 53,576 bytes were written and 10,136 delivered. After a complete exchange \
        nothing is lost. In the middle of one, the receiver cannot tell what is missing, so only a \
        repeatable request is safe to repeat.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Take ECONNRESET for an end of stream where the exchange was complete, and log it \
                at debug level.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Look for SO_LINGER, `setSoLinger(true, 0)`, `SetLinger(0)` or `resetAndDestroy()` \
                in the program and its libraries, and upgrade an old Redis client.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Close normally, and meet a shortage of ports with pooled connections, a wider \
                `net.ipv4.ip_local_port_range` or `net.ipv4.tcp_tw_reuse=1`.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Let the client close first where the protocol allows it, so that TIME_WAIT stays \
                off the server.",
        },
    ],
    references: &[
        "RFC 9293, 3.10.5: the ABORT call.",
        "Linux, net/ipv4/tcp.c, `__tcp_close` and `tcp_disconnect`; socket(7), SO_LINGER.",
        "nginx, ngx_http_core_module, reset_timedout_connection.",
        "Measured on Linux 6.18: form, unchanged window and the bytes lost.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT,
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let claim = ask::aborted_for_no_visible_reason(facts)?
        .is_supported_by(ask::window_is_unchanged(facts))
        .is_supported_by(ask::looks_like_its_sender(facts))
        .is_supported_by(ask::came_right_after_payload(facts));
    Some(if ask::window_had_been_closed(facts).holds() {
        claim.ties_with("orphan-abort", STUCK)
    } else {
        claim.ties_with("socket-destroyed", ask::share_of_applications(facts))
    })
}

/// Its share against `orphan-abort` when the other side took no more data; the taxonomy's.
const STUCK: u8 = 70;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Likely;
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn an_abort_right_after_the_answer_is_deliberate() {
        let story = served("0.023  client > server  RST,ACK  seq 101 ack 201");
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("linger-zero-abort", Likely)
        );
        assert_eq!(judged(&begun_midway(&story)), ("linger-zero-abort", Likely));
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("linger-zero-abort", Likely)
        );
    }

    #[test]
    fn a_server_that_greets_first_may_be_left_the_same_way() {
        let story = opened(
            "0.012  server > client  PSH,ACK  seq 1 ack 1 len 80
             0.013  client > server  PSH,ACK  seq 1 ack 81 len 150
             0.024  server > client  PSH,ACK  seq 81 ack 151 len 11
             0.024  client > server  ACK      seq 151 ack 92
             0.030  client > server  RST,ACK  seq 151 ack 92",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("linger-zero-abort", Likely)
        );
    }

    #[test]
    fn an_answer_that_has_reached_its_announced_length_was_not_cancelled() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60 data \"GET /s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 61 len 140 data \"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n\"
             0.022  client > server  ACK      seq 61 ack 141
             0.023  client > server  RST,ACK  seq 61 ack 141",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn a_request_left_without_an_answer_is_not_its_own_affair() {
        let story = served(
            "0.300  client > server  PSH,ACK  seq 101 ack 201 len 90
             0.310  server > client  ACK      seq 201 ack 191
             0.650  server > client  RST,ACK  seq 201 ack 191",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
    }

    #[test]
    fn the_answer_to_a_head_request_has_no_body() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60 data \"HEAD /s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 61 len 43 data \"HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n\"
             0.022  client > server  ACK      seq 61 ack 44
             0.023  client > server  RST,ACK  seq 61 ack 44",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }
}
