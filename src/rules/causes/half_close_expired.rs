//! Data comes so late that the closed side's kernel has dropped its orphan.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "half-close-expired",
    aliases: &[
        "CLOSE_WAIT leak",
        "half-closed connection expired",
        "tcp_fin_timeout",
        "FIN_WAIT2 timeout",
        "orphan FIN_WAIT2 expired",
    ],
    title: "Data came after the closed side had forgotten",
    phase: Phase::Close,
    severity: Severity::Warning,
    happens: "\
        One side has closed, and its FIN was acknowledged, but the other side never closed in \
        return. The closer's kernel keeps such an orphan for a while, on Linux 60 s, and then \
        forgets it. When the other side sends at last, it meets a host that knows nothing of the \
        connection.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 20    request
0.010  server > client  PSH,ACK  seq 1 ack 21 len 30   answer
0.010  server > client  FIN,ACK  seq 31 ack 21         server closes
0.050  client > server  ACK      seq 21 ack 32         in CLOSE_WAIT now
75.00  client > server  PSH,ACK  seq 21 ack 32 len 20  uses it again
75.01  server > client  RST      seq 32                forgotten",
    looks_for: "\
        The sender of the reset must have sent a FIN that was acknowledged, the receiver must \
        never have sent one, and at least 60 s (Linux `tcp_fin_timeout`) must lie between the FIN \
        and the data that the bare reset answers.",
    told_apart: &[
        Rival {
            cause: "stale-connection-reuse",
            by: "\
                On the wire nothing does but the time: below 60 s the closer still knows the \
                connection. The remedy is the same.",
            settle: "\
                Run `sysctl net.ipv4.tcp_fin_timeout` on the closer. The trace point \
                `tcp:tcp_send_reset` prints NO_SOCKET or TCP_FLAGS here, TCP_TIMEWAIT_SOCKET \
                there.",
        },
        Rival {
            cause: "peer-gone",
            by: "There no FIN came before.",
            settle: "A capture that reaches back to the FIN.",
        },
        Rival {
            cause: "late-segment-after-teardown",
            by: "There both sides had sent FIN, and the late segment carries no new payload.",
            settle: "A capture of the whole closing.",
        },
    ],
    client_sees: "\
        If the server had closed: the write succeeds and the next read returns end of stream, not \
        ECONNRESET: Node \"socket hang up\", Go \"EOF\", Python \"RemoteDisconnected\"; a second \
        write gives EPIPE, \"Broken pipe\".",
    server_sees: "\
        If the server had closed, nothing. If the client had closed, the server's first write \
        succeeds and its second gives EPIPE.",
    at_stake: "\
        The late data is lost and reached no application. A repeat on a new connection is safe.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                List the leak with `ss -tnp state close-wait`, and restart or fix the program that \
                holds these sockets.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Repeat the request on a new connection.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Close the socket whenever read() returns end of stream, and check pooled \
                connections before use.",
        },
    ],
    references: &[
        "RFC 9293, 3.6.1: half-closed connections.",
        "Linux, Documentation/networking/ip-sysctl.rst, tcp_fin_timeout.",
        "Measured on Linux 6.18 with the timeout set to 2 s.",
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
    let expired = ask::orphan_timer_had_expired(facts).may_hold()?;
    Some(
        Claim::new()
            .requires(ask::is_reply(facts))?
            .requires(ask::sender_had_closed(facts))?
            .is_excluded_by(&ask::receiver_had_closed(facts))?
            .is_excluded_by(&ask::follows_a_reset(facts))?
            .requires(ask::fin_was_acknowledged(facts))?
            .is_decided_by(expired)?
            .is_supported_by(ask::receiver_waited_to_close(facts))
            .ties_with("stale-connection-reuse", SHARE),
    )
}

/// Its share against `stale-connection-reuse` once the usual timer has run out; chosen: hosts that set a longer one are rare.
const SHARE: u8 = 80;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn a_day_in_close_wait_is_longer_than_any_orphan_timer() {
        let story = served(
            "8.022  server > client  FIN,ACK  seq 201 ack 101
             8.062  client > server  ACK      seq 101 ack 202
             86408  client > server  PSH,ACK  seq 101 ack 202 len 100
             86408.01  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("half-close-expired", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("half-close-expired", Likely)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("half-close-expired", Likely)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("half-close-expired", Likely)
        );
    }

    #[test]
    fn fifty_seconds_are_within_the_timer() {
        let story = served(
            "8.022  server > client  FIN,ACK  seq 201 ack 101
             8.062  client > server  ACK      seq 101 ack 202
             58.02  client > server  PSH,ACK  seq 101 ack 202 len 100
             58.03  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("stale-connection-reuse", Certain));
    }

    #[test]
    fn a_silence_of_two_minutes_without_a_fin_is_another_matter() {
        let story = served(
            "128.0  client > server  PSH,ACK  seq 101 ack 201 len 100
             128.01  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Possible));
    }

    #[test]
    fn a_probe_of_the_forgotten_connection_does_not_answer_the_fin() {
        let story = served(
            "0.100  server > client  FIN,ACK  seq 201 ack 101
             0.140  client > server  ACK      seq 101 ack 202
             75.00  client > server  ACK      seq 100 ack 202
             75.01  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("half-close-expired", Likely));
    }
}
