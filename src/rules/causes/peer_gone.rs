//! One endpoint forgot the connection: restart, failover, or a silent drop.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "peer-gone",
    aliases: &[
        "peer has no memory of the connection",
        "half-open connection",
        "dead peer",
        "server rebooted",
        "host restart",
        "failover",
        "VIP moved",
        "stale half-open connection",
        "silent drop",
        "conntrack flush",
    ],
    title: "The other endpoint no longer knows the connection",
    phase: Phase::Data,
    severity: Severity::Error,
    happens: "\
        One endpoint sends on a connection that it believes open, and the other endpoint's host \
        answers as to a stranger. It has restarted, another machine has taken over its address, or \
        its TCP gave the connection up in silence. The sender of the reset never said goodbye, so \
        its partner learns of the loss only now.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 40    request
0.002  server > client  PSH,ACK  seq 1 ack 41 len 60   answer
0.042  client > server  ACK      seq 41 ack 61         server restarts
95.00  client > server  PSH,ACK  seq 41 ack 61 len 40  next request
95.01  server > client  RST      seq 61                unknown, window 0",
    looks_for: "\
        The connection must have been established, or caught midway with traffic both ways. The \
        sender of the reset must not have sent FIN or reset before, and the reset must be a reply \
        (no ACK, window 0) to data, to a pure ACK or to a keep-alive probe. Resets on all \
        connections of that address in the same period show a restart or a failover; a changed hop \
        limit or timestamp clock shows another machine. Retransmissions of the sender that went \
        unanswered earlier show that its TCP had timed out. A FIN of the sender excludes it, and a \
        hop limit foreign to the host speaks against it.",
    told_apart: &[
        Rival {
            cause: "lb-idle-timeout",
            by: "\
                On the wire nothing does when the balancer imitates the server in everything and \
                the capture stands in front of it. An idle time near a known timeout (350 s, 240 \
                s, 60 s) puts the balancer first.",
            settle: "\
                Capture behind the balancer: if the segment never arrives at the server, the \
                balancer sent the reset. The server's uptime and service log show a restart.",
        },
        Rival {
            cause: "firewall-reject-midstream",
            by: "\
                There the reset shows marks of a third party, or its supposed sender is \
                demonstrably alive afterwards.",
            settle: "\
                Run `nstat -az TcpOutRsts` on the supposed sender: it does not move for a reset \
                that it did not send. `ss -tn` there still lists the connection.",
        },
        Rival {
            cause: "keepalive-idle-race",
            by: "With the server's FIN lost, on the wire nothing does, at the client.",
            settle: "\
                Capture at the server. The trace point `tcp:tcp_send_reset` prints NO_SOCKET or \
                TCP_FLAGS for a forgotten connection, TCP_ABORT_ON_DATA for the race.",
        },
        Rival {
            cause: "orphan-abort",
            by: "\
                On the wire nothing does, when the sender had data that a closed window kept back. \
                A window closed for long puts the other first.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnTimeout` on the sender: it grows when probes of a \
                closed window give up. Its uptime and service log show a restart.",
        },
        Rival {
            cause: "nat-mapping-lost",
            by: "\
                In front of the address translator, on the wire nothing does, after an idle \
                period.",
            settle: "\
                Capture behind the translator: the segment arrives there with another source port \
                or address.",
        },
        Rival {
            cause: "nat-bypass-stray",
            by: "\
                At the server, on the wire nothing does: the client's host answers data that came \
                untranslated from the backend's own address.",
            settle: "\
                Capture on the client's host and look for segments from an address that it never \
                called.",
        },
        Rival {
            cause: "stray-segment",
            by: "There the connection was never seen to exist in the capture.",
            settle: "Start the capture before the connection is opened.",
        },
        Rival {
            cause: "half-close-expired",
            by: "There the sender of the reset had sent FIN long before.",
            settle: "A capture that reaches back to the FIN.",
        },
    ],
    client_sees: "\
        If the server forgot: the write succeeds and the next read gives ECONNRESET, after which \
        retransmission ends: Java \"Connection reset\", Node \"read ECONNRESET\", Go \"read: \
        connection reset by peer\", Python \"ConnectionResetError: [Errno 104]\", nginx \"recv() \
        failed (104: Connection reset by peer)\".",
    server_sees: "\
        Nothing on the side that forgot. If the client's host forgot, the server reads ECONNRESET, \
        often first from a keep-alive probe.",
    at_stake: "\
        The request that met the reset is lost and reached no application. Whether earlier ones \
        were carried out before the loss is not on the wire. Repeat what is idempotent; check the \
        rest first.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Reconnect, and repeat idempotent requests.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Look for a restart, a failover or a crash at or before that time: `uptime`, \
                `journalctl`, the cluster's events.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Check whether a virtual address moved or a balancer changed its table of backends.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Use application heartbeats or keep-alive, so that the loss is noticed before a \
                request needs the connection.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Close connections with FIN before a planned stop, drain them in the load balancer \
                first, and keep connections on their backend by consistent hashing.",
        },
    ],
    references: &[
        "RFC 9293, 3.5.1: half-open connections; 3.5.2: resets.",
        "Linux, net/ipv4/tcp_ipv4.c, `tcp_v4_send_reset`.",
        "\
            Measured on Linux 6.18: rebooted server, HAProxy silent-drop. The kernel's reason is \
            TCP_FLAGS where a listener owns the port, else NO_SOCKET.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY,
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let claim = Claim::new()
        .requires(ask::is_reply(facts))?
        .requires(ask::was_established(facts))?
        .requires(ask::both_sides_took_part(facts))?
        .requires(ask::sender_had_not_closed_or_was_not_heard(facts))?
        .is_excluded_by(&ask::server_only_shook_hands(facts))?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_weakened_by(ask::spoke_just_before(facts))
        .is_supported_by(ask::repeated_in_vain(facts))
        .is_supported_by(ask::looks_like_its_sender(facts));
    Some(if ask::window_had_been_closed(facts).holds() {
        claim.ties_with("orphan-abort", WINDOW_CLOSED)
    } else if ask::idleness_is_a_known_timeout(facts).holds() {
        claim.ties_with("lb-idle-timeout", KNOWN_TIMEOUT)
    } else if ask::was_idle_for_long(facts).holds() {
        claim.ties_with("lb-idle-timeout", LONG_IDLE)
    } else {
        claim
    })
}

/// Its share against `orphan-abort` when the receiver's window had been closed, and against `lb-idle-timeout` after an idle time that
/// common middleboxes have, and after another long one; the taxonomy's, the first a little below the half since that cause comes first.
const WINDOW_CLOSED: u8 = 45;
const KNOWN_TIMEOUT: u8 = 40;
const LONG_IDLE: u8 = 60;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn a_server_that_forgot_the_connection_resets_the_next_request() {
        let story = served(
            "3.000  client > server  PSH,ACK  seq 101 ack 201 len 40
             3.010  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
        assert_eq!(judged(&at_the_server(&story)), ("peer-gone", Likely));
        assert_eq!(judged(&begun_midway(&story)), ("peer-gone", Likely));
        assert_eq!(judged(&across_the_wrap(&story)), ("peer-gone", Likely));
    }

    #[test]
    fn a_client_that_had_given_up_resets_the_answer_that_comes_at_last() {
        let story = served(
            "1.000  client > server  PSH,ACK  seq 101 ack 201 len 40
             1.300  client > server  PSH,ACK  seq 101 ack 201 len 40
             1.900  client > server  PSH,ACK  seq 101 ack 201 len 40
             20.00  server > client  ACK      seq 201 ack 141
             20.00  client > server  RST      seq 141",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }

    #[test]
    fn a_server_that_had_closed_forgot_nothing() {
        let story = served(
            "2.500  server > client  FIN,ACK  seq 201 ack 101
             2.540  client > server  ACK      seq 101 ack 202
             3.000  client > server  PSH,ACK  seq 101 ack 202 len 40
             3.010  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("stale-connection-reuse", Certain));
    }

    #[test]
    fn another_hop_limit_leaves_it_no_more_than_possible() {
        let story = served(
            "8.000  client > server  PSH,ACK  seq 101 ack 201 len 40
             8.010  server > client  RST      seq 201 ttl 63",
        );
        assert_eq!(judged(&story), ("peer-gone", Possible));
    }
}
