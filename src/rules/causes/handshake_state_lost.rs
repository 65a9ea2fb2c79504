//! The server's host forgot a half-open connection before its handshake was complete.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "handshake-state-lost",
    aliases: &[
        "SYN cookie expired",
        "SYN cookie invalid",
        "SO_REUSEPORT handshake lost",
        "reuseport reload",
        "rolling restart",
        "listener restarted during handshake",
        "tcp_migrate_req",
        "SyncookiesFailed",
        "SYN proxy",
    ],
    title: "The half-open connection was forgotten",
    phase: Phase::Connect,
    severity: Severity::Warning,
    happens: "\
        A server answered the SYN, and by the time the client's ACK or first data arrives the host \
        no longer knows of it. The listener that held the request has been closed or restarted, a \
        load balancer sent the ACK to another backend, or a SYN cookie has expired. The segment \
        then meets no socket, or another listener, and is answered with a reset.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1  then listener restarts
0.010  client > server  ACK      seq 1 ack 1  client: established
0.020  server > client  RST      seq 1        unknown, window 0
0.130  client > server  SYN      seq 0        from another port
0.140  server > client  SYN,ACK  seq 0 ack 1  the new listener",
    looks_for: "\
        A SYN,ACK must have been sent, and a reset right after it in sequence space must answer \
        the client's ACK or first payload. The SYN,ACK must not have been repeated after that ACK, \
        and the server must have neither sent nor acknowledged payload. The other form is a reset \
        that answers a second SYN with another initial sequence number while the SYN,ACK of the \
        first is open. Support comes from a rolling restart with mixed luck (others succeed among \
        the failures), from a hop limit or timestamp clock that changes between SYN,ACK and reset, \
        and from SYN proxies on the path.",
    told_apart: &[
        Rival {
            cause: "accept-queue-abort",
            by: "\
                On the wire nothing does, for one connection. Successes among the failures, a \
                restart, or no other connections to judge by put this cause first; a queue that \
                filled in order puts the other first.",
            settle: "\
                Run `sysctl net.ipv4.tcp_abort_on_overflow` and `nstat -az TcpExtListenOverflows` \
                on the server. The trace point `tcp:tcp_send_reset` prints NO_SOCKET or TCP_FLAGS \
                for lost state, INVALID_SYN for the full queue.",
        },
        Rival {
            cause: "accept-queue-overflow",
            by: "\
                There the server repeats its SYN,ACK after the client's ACK. If that ACK is not in \
                the capture, both stay possible.",
            settle: "\
                Run `nstat -az TcpExtListenOverflows TcpExtListenDrops` on the server before and \
                after.",
        },
        Rival {
            cause: "port-closed",
            by: "\
                There a SYN is refused and no SYN,ACK is open. If the service has stopped, such \
                refusals follow this cause.",
            settle: "A capture that holds the first SYN and its SYN,ACK.",
        },
        Rival {
            cause: "listener-closed",
            by: "\
                There the handshake was complete on the server and the connection waited to be \
                accepted: the reset is an abort with ACK and a real window.",
            settle: "\
                The flags of the reset. The trace point prints TCP_STATE for the closed listener's \
                queue.",
        },
    ],
    client_sees: "\
        connect() succeeds, then the first read or write fails with ECONNRESET: Java \"Connection \
        reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\", Python \
        \"ConnectionResetError: [Errno 104]\", curl \"(56) Recv failure: Connection reset by \
        peer\". In the form with a second SYN, connect() gives ECONNREFUSED.",
    server_sees: "\
        Nothing: the connection was never accepted. With expired cookies TcpExtSyncookiesFailed \
        grows.",
    at_stake: "\
        Nothing was processed. A repeat on a new connection is safe and usually succeeds at once.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Repeat on a new connection.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Compare the times of the resets with restarts and reloads of the service, and with \
                changes of the load balancer's backends.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Set `net.ipv4.tcp_migrate_req=1` for services with SO_REUSEPORT, or hand the \
                listening sockets over to the new process.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Take an instance out of the load balancer and wait for its handshakes before \
                closing the listener.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Use consistent hashing and connection draining, so that SYN and ACK reach the same \
                backend.",
        },
    ],
    references: &[
        "\
            Linux, net/ipv4/tcp_ipv4.c, `tcp_v4_rcv` with TCP_NEW_SYN_RECV; syncookies.c; \
            Documentation/networking/ip-sysctl.rst, tcp_migrate_req.",
        "\
            Measured on Linux 6.18: a listener closed in the handshake, three of four listeners of \
            a reuseport group closed, an expired cookie, a second SYN.",
    ],
    since: "0.1",
};

/// The rule: the handshake's last step, or what follows it, meets a server that knows nothing of it; or another SYN meets a half-open
/// connection.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REFUSAL.or(Scope::REPLY).by(Side::Server),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    if Scope::REFUSAL.holds(Scope::of(facts)) {
        return second_syn(facts);
    }
    let only_shook = ask::server_only_shook_hands(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::is_reply(facts))?
        .requires(ask::syn_ack_was_sent(facts))?
        .requires(only_shook)?
        .is_excluded_by(&ask::acknowledgment_went_unheeded(facts))?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_weakened_by(ask::syn_ack_was_repeated(facts))
        .is_supported_by(ask::others_succeeded_after(facts));
    Some(match ask::soon_after_handshake(facts) {
        // Later than a full queue would have answered: the acknowledgment itself had been taken, and then forgotten.
        Answer::No => claim,
        _ if ask::queue_filled_in_order(facts).holds() => {
            claim.ties_with("accept-queue-abort", IN_ORDER)
        }
        _ => claim.ties_with("accept-queue-abort", ALONE),
    })
}

fn second_syn(facts: &Facts<'_>) -> Option<Claim> {
    let synack = facts.server().syn?;
    let trigger = facts.form.answers?;
    Claim::new()
        .requires(ask::is_reply_to_syn(facts))?
        .is_decided_by(Answer::when(
            synack < trigger.header.record,
            Fact::SynAckSent,
            [synack, trigger.header.record],
        ))
}

/// The complements of the shares of `accept-queue-abort`.
const IN_ORDER: u8 = 40;
const ALONE: u8 = 70;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened};

    #[test]
    fn a_second_syn_with_other_numbers_meets_the_half_open_connection() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  SYN,ACK  seq 0 ack 1
             0.500  client > server  SYN      seq 77000
             0.510  server > client  RST,ACK  seq 0 ack 77001";
        assert_eq!(judged(story), ("handshake-state-lost", Certain));
        assert_eq!(
            judged(&at_the_server(story)),
            ("handshake-state-lost", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(story)),
            ("handshake-state-lost", Certain)
        );
    }

    #[test]
    fn a_request_long_after_the_handshake_meets_a_server_that_never_kept_it() {
        let story = opened(
            "150.00  client > server  PSH,ACK  seq 1 ack 1 len 90
             150.01  server > client  RST      seq 1",
        );
        assert_eq!(judged(&story), ("handshake-state-lost", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("handshake-state-lost", Likely)
        );
    }

    #[test]
    fn a_second_syn_where_the_first_was_refused_too_finds_a_closed_port() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  RST,ACK  seq 0 ack 1
             0.500  client > server  SYN      seq 77000
             0.510  server > client  RST,ACK  seq 0 ack 77001";
        assert_eq!(judged(story), ("port-closed", Likely));
    }

    #[test]
    fn without_the_handshake_nothing_tells_that_there_was_one() {
        let story = opened(
            "150.00  client > server  PSH,ACK  seq 1 ack 1 len 90
             150.01  server > client  RST      seq 1",
        );
        assert_eq!(judged(&begun_midway(&story)), ("stray-segment", Likely));
    }

    #[test]
    fn a_server_whose_words_only_the_client_acknowledged_had_spoken() {
        let story = opened(
            "7.930  client > server  PSH,ACK  seq 1 ack 1 len 43
             7.935  client > server  ACK      seq 44 ack 84
             68.90  client > server  ACK      seq 44 ack 85
             74.68  client > server  PSH,ACK  seq 44 ack 85 len 43
             74.69  server > client  RST      seq 85",
        );
        assert_ne!(judged(&story).0, "handshake-state-lost");
    }
}
