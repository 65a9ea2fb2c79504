//! The accept queue is full: the client believes in a connection that the server has dropped.

use crate::case::Happening;
use crate::case::facts::Facts;
use crate::origin::SECOND;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "accept-queue-overflow",
    aliases: &[
        "SYN_RECV drop after accept-queue overflow",
        "ghost connection",
        "backlog full",
        "accept queue full",
        "listen backlog overflow",
        "listen queue overflow",
        "ListenOverflows",
        "ListenDrops",
        "somaxconn",
        "tcp_abort_on_overflow=0",
        "half-accepted connection",
    ],
    title: "Accept queue full: the server dropped the final ACK",
    phase: Phase::Connect,
    severity: Severity::Error,
    happens: "\
        The handshake looks complete to the client, but the server's accept queue is full when the \
        client's ACK arrives. Linux drops that ACK, keeps the request half open and sends its \
        SYN,ACK again from time to time, ignoring all data. When its patience ends it forgets the \
        request. The next segment of the client then meets the bare listener, which answers with a \
        reset.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1          client: established
0.011  client > server  PSH,ACK  seq 1 ack 1 len 100  request, ignored
1.020  server > client  SYN,ACK  seq 0 ack 1          sent again
1.020  client > server  ACK      seq 101 ack 1        ignored again
3.040  server > client  SYN,ACK  seq 0 ack 1          then at 7, 15 and 31 s
63.50  client > server  PSH,ACK  seq 1 ack 1 len 100  request again
63.51  server > client  RST      seq 1                window 0: forgotten",
    looks_for: "\
        The server must repeat its SYN,ACK although the client's ACK or data is in the capture, \
        must never acknowledge payload, and must send nothing but SYN,ACKs until a reset right \
        after the SYN,ACK in sequence space answers a later segment. Support comes from \
        repetitions 1, 2, 4, 8 and 16 s apart, from unacknowledged retransmissions of the client, \
        and from other connections of that port with the same fate or with unanswered SYNs. One \
        byte of server payload, or one acknowledgment of client payload, excludes it. Without the \
        client's ACK in the capture the repeated SYN,ACK alone does not prove it. From Linux 4.10 \
        on a full queue also drops new SYNs, so most clients time out without a reset and only \
        those caught between SYN,ACK and ACK end here. With SYN cookies in use there may be no \
        repetition and no reset at all.",
    told_apart: &[
        Rival {
            cause: "handshake-state-lost",
            by: "\
                There the SYN,ACK is not repeated after the client's ACK. If that ACK is not in \
                the capture, it may have been lost on the way and both stay possible.",
            settle: "\
                Run `nstat -az TcpExtListenOverflows TcpExtListenDrops` on the server before and \
                after: they grow only when the queue is full. `ss -ltn` shows a full queue as \
                Recv-Q at or above Send-Q.",
        },
        Rival {
            cause: "accept-queue-abort",
            by: "\
                There `tcp_abort_on_overflow` is 1 and the reset comes at once, within a round \
                trip of the client's ACK, without repeated SYN,ACKs.",
            settle: "\
                Run `sysctl net.ipv4.tcp_abort_on_overflow` on the server. The trace point \
                `tcp:tcp_send_reset` prints INVALID_SYN for the abort, and TCP_FLAGS in LISTEN \
                state for the drop.",
        },
        Rival {
            cause: "peer-gone",
            by: "\
                There the connection had been complete: the server had sent payload or \
                acknowledged some.",
            settle: "\
                Capture from the handshake on; any acknowledged byte of client payload rules the \
                overflow out.",
        },
    ],
    client_sees: "\
        connect() succeeds and the first write succeeds. Then nothing comes for up to about a \
        minute, until read() gives ECONNRESET or the client's own timeout strikes: Java \
        \"Connection reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\", \
        Python \"ConnectionResetError\", curl \"(56) Recv failure: Connection reset by peer\". \
        Clients whose SYN is dropped see ETIMEDOUT from connect() instead.",
    server_sees: "\
        Nothing: accept() never returns this connection. The kernel counts TcpExtListenOverflows \
        and TcpExtListenDrops.",
    at_stake: "\
        Everything that the client sent is lost, and none of it reached an application. A repeat \
        on a new connection is safe, but more load makes the queue no shorter.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Run `ss -ltn` and compare Recv-Q with Send-Q of the port; find out what keeps the \
                accepting thread from calling accept().",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Raise the backlog given to listen() and `net.core.somaxconn` together (the smaller \
                one counts), and restart the listener so that they take effect.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Set a connect timeout and a request timeout of a few seconds, and repeat the \
                request on a new connection with growing pauses.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Accept in a thread or loop of its own that never blocks on work, and give the \
                service enough CPU during start-up.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Watch TcpExtListenOverflows and TcpExtListenDrops, and do not use \
                `tcp_abort_on_overflow` as a cure.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Send an application ping on a new pooled connection before trusting it with a \
                request.",
        },
    ],
    references: &[
        "\
            Linux, net/ipv4/tcp_minisocks.c, `tcp_check_req` at `listen_overflow`; tcp_input.c, \
            `tcp_conn_request`; inet_connection_sock.c, `reqsk_timer_handler`.",
        "\
            Linux, Documentation/networking/ip-sysctl.rst: tcp_abort_on_overflow, \
            tcp_synack_retries, somaxconn.",
        "Linux commit 5ea8ea2cb7f1 (4.10): a SYN is dropped when the accept queue is full.",
        "\
            Measured on Linux 6.18: the exchange above in bursts of clients, and its absence with \
            SYN cookies.",
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
    let synack_end = facts.server().isn.map(|isn| isn + 1);
    let claim = Claim::new()
        .requires(ask::is_reply(facts))?
        .requires(ask::syn_ack_was_sent(facts))?
        .requires(ask::handshake_was_acknowledged(facts))?
        .is_decided_by(ask::acknowledgment_went_unheeded(facts))?
        .requires(only_shook)?
        .requires(Answer::when(
            synack_end == Some(facts.case.reset.seq),
            Fact::RightAfterSynAck,
            [facts.case.reset.record],
        ))?;
    let events = || ask::events_near(facts, CROWD);
    let (unheeded, unheeded_at) = ask::clients_of(events(), |what| *what == Happening::Unheeded);
    let (unanswered, unanswered_at) =
        ask::clients_of(events(), |what| *what == Happening::AskedAgain);
    Some(
        claim
            .is_supported_by(Answer::when(
                unheeded > 0,
                Fact::OthersUnheeded {
                    connections: unheeded,
                },
                unheeded_at,
            ))
            .is_supported_by(Answer::when(
                unanswered > 0,
                Fact::OthersUnanswered {
                    connections: unanswered,
                },
                unanswered_at,
            )),
    )
}

/// A full queue stays full for seconds: what befalls other clients within this belongs to it; chosen.
const CROWD: i64 = 5 * SECOND;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, judged, only_from, opened};

    #[test]
    fn a_handshake_whose_end_the_server_ignores_until_it_forgets_it_is_the_overflow() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 14
             0.220  client > server  PSH,ACK  seq 1 ack 1 len 14
             0.660  client > server  PSH,ACK  seq 1 ack 1 len 14
             1.020  server > client  SYN,ACK  seq 0 ack 1
             1.020  client > server  ACK      seq 15 ack 1
             3.100  server > client  SYN,ACK  seq 0 ack 1
             3.100  client > server  ACK      seq 15 ack 1
             6.820  client > server  PSH,ACK  seq 1 ack 1 len 14
             6.830  server > client  RST      seq 1",
        );
        assert_eq!(judged(&story), ("accept-queue-overflow", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("accept-queue-overflow", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("accept-queue-overflow", Certain)
        );
        assert_eq!(
            judged(&only_from("server", &story)),
            ("accept-queue-overflow", Possible)
        );
    }

    #[test]
    fn a_listener_that_waits_for_data_takes_them_after_its_repeated_syn_ack() {
        let story = opened(
            "1.020  server > client  SYN,ACK  seq 0 ack 1
             1.020  client > server  ACK      seq 1 ack 1
             1.500  client > server  PSH,ACK  seq 1 ack 1 len 14
             1.510  server > client  PSH,ACK  seq 1 ack 15 len 70
             1.510  client > server  ACK      seq 15 ack 71
             9.000  client > server  PSH,ACK  seq 15 ack 71 len 14
             9.010  server > client  RST      seq 71",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
        assert_eq!(judged(&at_the_server(&story)), ("peer-gone", Likely));
    }

    #[test]
    fn a_syn_ack_that_crossed_the_acknowledgment_on_a_slow_path_proves_nothing() {
        let story = "0.000  client > server  SYN      seq 0
             1.000  client > server  SYN      seq 0
             1.200  server > client  SYN,ACK  seq 0 ack 1  answers the second SYN
             1.200  client > server  ACK      seq 1 ack 1
             1.201  client > server  PSH,ACK  seq 1 ack 1 len 14
             1.210  server > client  SYN,ACK  seq 0 ack 1  by the server's own timer
             1.210  client > server  ACK      seq 15 ack 1
             1.400  server > client  RST      seq 1";
        assert_eq!(judged(story), ("handshake-state-lost", Possible));
    }
}
