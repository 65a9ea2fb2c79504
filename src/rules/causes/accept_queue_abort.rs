//! The accept queue is full and the server resets instead of staying silent.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "accept-queue-abort",
    aliases: &[
        "tcp_abort_on_overflow",
        "tcp_abort_on_overflow=1",
        "abort on overflow",
        "syncache.rst_on_sock_fail",
        "backlog full with reset",
    ],
    title: "Accept queue full: the server resets the handshake",
    phase: Phase::Connect,
    severity: Severity::Error,
    happens: "\
        The client's ACK completes the handshake, but the server's accept queue has no room. The \
        server is set up to say so, with `net.ipv4.tcp_abort_on_overflow=1` on Linux or \
        `net.inet.tcp.syncache.rst_on_sock_fail` on FreeBSD, so it drops the request and answers \
        that ACK with a reset. The service itself is usually alive and too slow in accepting.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1          client: established
0.011  client > server  PSH,ACK  seq 1 ack 1 len 100  request
0.020  server > client  RST      seq 1                answers the ACK
0.021  server > client  RST      seq 1                answers the request",
    looks_for: "\
        A SYN,ACK must have been sent, the server must have sent nothing else, and a reset right \
        after the SYN,ACK in sequence space must answer the client's ACK (or its first segment, if \
        that ACK was lost) within about one round trip. Support comes from a burst of connections \
        to the port, of which the earlier ones stay open and none completes afterwards, and from \
        SYNs that get no answer. A SYN to the port that is refused right after speaks against it: \
        then the listener is gone.",
    told_apart: &[
        Rival {
            cause: "handshake-state-lost",
            by: "\
                On the wire nothing does, for one connection. This cause comes first when earlier \
                connections live on and none succeeds afterwards, because a queue fills in order. \
                The other comes first after a restart of the service, when successes lie among the \
                failures, or when the capture shows no other connection of that port.",
            settle: "\
                Run `sysctl net.ipv4.tcp_abort_on_overflow` and `nstat -az TcpExtListenOverflows` \
                on the server. The trace point `tcp:tcp_send_reset` prints INVALID_SYN for the \
                full queue, NO_SOCKET or TCP_FLAGS for lost state.",
        },
        Rival {
            cause: "accept-queue-overflow",
            by: "\
                There the server repeats its SYN,ACK after the client's ACK, and resets only when \
                it has forgotten the request.",
            settle: "\
                The repeated SYN,ACK in the capture settles it; otherwise the setting of \
                `net.ipv4.tcp_abort_on_overflow` does.",
        },
        Rival {
            cause: "accept-then-abort",
            by: "\
                There an application had the connection and aborted it: the reset has the ACK flag \
                and a real window.",
            settle: "\
                The flags of the reset settle it. On the server, accept() shows up in `strace -f \
                -e trace=accept,accept4` for an accepted connection only.",
        },
    ],
    client_sees: "\
        connect() succeeds, then the first read or write fails with ECONNRESET: Java \"Connection \
        reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\", curl \"(56) Recv \
        failure: Connection reset by peer\". Rarely the reset is so early that connect() itself \
        fails.",
    server_sees: "\
        The application sees nothing. The kernel counts TcpExtListenOverflows and \
        TcpExtListenDrops.",
    at_stake: "\
        Nothing that the client sent was processed. A repeat on a new connection is safe, with a \
        growing pause, because the server is short of capacity.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Run `ss -ltn`: Recv-Q at or above Send-Q confirms the full queue. Find what blocks \
                the accepting thread.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Raise the listen() backlog and `net.core.somaxconn` together, and restart the \
                listener.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Repeat on a new connection with growing pauses and some randomness.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Set `net.ipv4.tcp_abort_on_overflow=0` unless clients are meant to fail fast.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Accept in a loop that does no other work, and alarm on TcpExtListenOverflows.",
        },
    ],
    references: &[
        "\
            Linux, net/ipv4/tcp_minisocks.c, `tcp_check_req`; \
            Documentation/networking/ip-sysctl.rst, tcp_abort_on_overflow.",
        "FreeBSD, syncache(4), net.inet.tcp.syncache.rst_on_sock_fail.",
        "\
            Measured on Linux 6.18: bursts against a short backlog with tcp_abort_on_overflow=1; \
            the kernel's reason is INVALID_SYN.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.by(Side::Server),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    let only_shook = ask::server_only_shook_hands(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::is_reply(facts))?
        .requires(ask::syn_ack_was_sent(facts))?
        .requires(only_shook)?
        .is_excluded_by(&ask::acknowledgment_went_unheeded(facts))?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .requires(ask::soon_after_handshake(facts))?;
    let order = ask::queue_filled_in_order(facts);
    let share = if order.holds() { IN_ORDER } else { ALONE };
    Some(
        claim
            .is_supported_by(order)
            .is_weakened_by(ask::others_succeeded_after(facts))
            .ties_with("handshake-state-lost", share),
    )
}

/// Its share against `handshake-state-lost` where the neighbours show a queue that filled in order, and where they do not; the taxonomy's.
const IN_ORDER: u8 = 60;
const ALONE: u8 = 30;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, judged, opened};

    #[test]
    fn a_queue_that_filled_in_order_answers_the_next_handshake_with_a_reset() {
        let story = "0.000  client A > server  SYN      seq 0
             0.001  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.011  server > client B  SYN,ACK  seq 0 ack 1
             0.011  client B > server  ACK      seq 1 ack 1
             0.021  server > client B  RST      seq 1";
        assert_eq!(judged(story), ("accept-queue-abort", Possible));
        assert_eq!(
            judged(&at_the_server(story)),
            ("accept-queue-abort", Possible)
        );
        assert_eq!(
            judged(&across_the_wrap(story)),
            ("accept-queue-abort", Possible)
        );
    }

    #[test]
    fn without_neighbours_a_lost_handshake_is_likelier() {
        let story = opened("0.020  server > client  RST  seq 1");
        assert_eq!(judged(&story), ("handshake-state-lost", Possible));
    }

    #[test]
    fn a_survivor_after_the_reset_speaks_against_a_full_queue() {
        let story = "0.000  client A > server  SYN      seq 0
             0.001  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.011  server > client B  SYN,ACK  seq 0 ack 1
             0.011  client B > server  ACK      seq 1 ack 1
             0.021  server > client B  RST      seq 1
             0.030  client C > server  SYN      seq 0
             0.040  server > client C  SYN,ACK  seq 0 ack 1
             0.040  client C > server  ACK      seq 1 ack 1";
        assert_eq!(judged(story), ("handshake-state-lost", Possible));
    }

    #[test]
    fn a_server_that_had_acknowledged_the_request_had_the_connection() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.021  server > client  ACK      seq 1 ack 101
             3.000  client > server  PSH,ACK  seq 101 ack 1 len 50
             3.010  server > client  RST      seq 1",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }
}
