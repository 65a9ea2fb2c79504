//! Data reached a side that had closed both directions, and its FIN could not have been noticed in
//! time.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "data-after-close",
    aliases: &[
        "data after close",
        "write after close",
        "pipelined request after Connection: close",
        "send after close",
        "request after the last response",
    ],
    title: "Data reached a side that had closed both directions",
    phase: Phase::Close,
    severity: Severity::Error,
    happens: "\
        One side calls close() right after its last words and sends FIN. The other side sends more \
        before it can notice. A closed socket can no longer take data, so the kernel answers it \
        with a reset. Typical are a pipelined request after \"Connection: close\", a QUIT that \
        crosses the server's own close, and a push channel that keeps talking.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 80   request
0.001  server > client  PSH,ACK  seq 1 ack 81 len 60  its answer
0.001  server > client  FIN,ACK  seq 61 ack 81        closed both ways
0.005  client > server  PSH,ACK  seq 81 ack 1 len 80  crosses both
0.005  server > client  RST      seq 1                too low: ignored
0.012  client > server  ACK      seq 161 ack 62       has both now
0.012  server > client  RST      seq 62               accepted",
    looks_for: "\
        The sender of the reset must have sent FIN soon after the last payload, not after an idle \
        period, and the reset must be a reply (no ACK, window 0) to a segment with payload. That \
        segment must not acknowledge the FIN, or must have left at most 100 ms after the FIN had \
        come, so that its application could not know. An idle period means at least 1 s and at \
        least five round trips. The payload must not be a TLS alert, not the rest of an upload \
        that was answered early, and not the answer to a client that left. A \"Connection: close\" \
        in the answer, or several requests sent at once, support it.",
    told_apart: &[
        Rival {
            cause: "keepalive-idle-race",
            by: "There the FIN ended an idle period: an idle timeout and a new request met.",
            settle: "\
                A capture that reaches back before the FIN shows the idle time. Compare it with \
                the server's keep-alive timeout.",
        },
        Rival {
            cause: "stale-connection-reuse",
            by: "\
                There the other side had the FIN for more than 100 ms and used the connection \
                anyway.",
            settle: "\
                A capture on the receiver of the reset shows when the FIN arrived there and when \
                the data left.",
        },
        Rival {
            cause: "early-response-upload",
            by: "There the late bytes are the rest of the request that had just been answered.",
            settle: "\
                A capture with payload shows Content-Length and how much of the body had been \
                sent.",
        },
        Rival {
            cause: "benign-tls-close",
            by: "There the late bytes are one TLS alert, the other side's close_notify.",
            settle: "\
                A capture with payload; without it, a length of 24 or 31 bytes hints at the alert.",
        },
        Rival {
            cause: "client-cancel",
            by: "There the side that closed is a client whose answer was still on its way.",
            settle: "The client's log for a cancelled request or a timeout.",
        },
    ],
    client_sees: "\
        If the server closed: the write succeeds, and the next read returns end of stream, not \
        ECONNRESET, because the FIN came first. Node says \"socket hang up\" with code ECONNRESET, \
        Python \"RemoteDisconnected\", Go \"EOF\", Java \"Unexpected end of file from server\"; a \
        second write gives EPIPE, \"Broken pipe\". If the FIN was lost, read() gives ECONNRESET.",
    server_sees: "\
        If the server closed, nothing: it has given the socket up, and its kernel counts \
        TcpExtTCPAbortOnData. If the client closed, the server meets EPIPE on its second write.",
    at_stake: "\
        The late bytes are lost and no application saw them. The answer sent before the FIN \
        survives on Linux. Repeat the late request on a new connection.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Send the lost request again on a new connection.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Stop pipelining after a request or an answer with \"Connection: close\", and after \
                the last request that the server allows on a connection.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Close in stages: shutdown(SHUT_WR), read to end of stream with a limit, then \
                close().",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Agree in the protocol which side closes and when, and send nothing after the \
                agreed last message.",
        },
    ],
    references: &[
        "\
            RFC 9293, 3.6.1: half-closed connections; RFC 1122, 4.2.2.13: data after close is \
            answered with a reset.",
        "RFC 9112, 9.6: Connection: close and closing in stages.",
        "Linux, net/ipv4/tcp_input.c, `tcp_rcv_state_process` with RCV_SHUTDOWN set.",
        "\
            Measured on Linux 6.18: a pipelined request after close, in which the second reset is \
            the one that kills.",
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
    let claim = ask::met_a_closed_side(facts)?
        .requires(ask::fin_was_not_noticeable(facts))?
        .is_settled_by(ask::crossed_the_fin(facts))
        .is_weakened_by(ask::fin_went_unheard(facts))
        .is_supported_by(ask::no_idleness_before_fin(facts));
    let idle = ask::fin_ended_idleness(facts);
    match facts.sent_by() {
        Side::Server => claim.is_excluded_by(&idle),
        // A client that leaves after a rest has no timeout to race against that a server would know of.
        Side::Client => Some(claim.is_weakened_by(idle)),
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn a_request_pipelined_behind_the_last_one_meets_a_closed_server() {
        let story = served(
            "0.023  client > server  PSH,ACK  seq 101 ack 201 len 80
             0.026  server > client  FIN,ACK  seq 201 ack 101
             0.033  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("data-after-close", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("data-after-close", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("data-after-close", Certain)
        );
        assert_eq!(judged(&begun_midway(&story)), ("data-after-close", Likely));
    }

    #[test]
    fn a_request_that_just_missed_the_fin_of_a_busy_connection() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.022  server > client  FIN,PSH,ACK  seq 1 ack 101 len 200
             0.022  client > server  ACK      seq 101 ack 202
             0.050  client > server  PSH,ACK  seq 101 ack 202 len 100
             0.060  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("data-after-close", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("data-after-close", Certain)
        );
    }

    #[test]
    fn half_a_second_of_quiet_between_heartbeats_is_not_idle() {
        let story = served(
            "9.500  server > client  PSH,ACK  seq 201 ack 101 len 20
             9.500  client > server  ACK      seq 101 ack 221
             9.998  client > server  PSH,ACK  seq 101 ack 221 len 30
             10.00  server > client  FIN,ACK  seq 221 ack 101
             10.008 server > client  RST      seq 221",
        );
        assert_eq!(judged(&story), ("data-after-close", Certain));
    }

    #[test]
    fn with_two_seconds_of_quiet_before_the_fin_it_is_the_race() {
        let story = served(
            "2.023  client > server  PSH,ACK  seq 101 ack 201 len 80
             2.026  server > client  FIN,ACK  seq 201 ack 101
             2.033  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
    }

    #[test]
    fn on_a_slow_path_a_second_is_think_time() {
        let story = "0.000  client > server  SYN      seq 0
             0.250  server > client  SYN,ACK  seq 0 ack 1
             0.250  client > server  ACK      seq 1 ack 1
             0.251  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.510  server > client  PSH,ACK  seq 1 ack 101 len 200
             0.510  client > server  ACK      seq 101 ack 201
             1.500  client > server  PSH,ACK  seq 101 ack 201 len 100
             1.610  server > client  FIN,ACK  seq 201 ack 101
             1.750  server > client  RST      seq 201";
        assert_eq!(judged(story), ("data-after-close", Certain));
    }
}
