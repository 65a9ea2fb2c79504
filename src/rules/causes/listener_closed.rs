//! A listener goes away, and with it the connections that wait in its queue.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "listener-closed",
    aliases: &[
        "listening socket closed",
        "accept queue discarded",
        "listener close with backlog",
        "service stopped with pending connections",
        "un-accepted connections reset",
    ],
    title: "The listener closed on connections it had not accepted",
    phase: Phase::Connect,
    severity: Severity::Warning,
    happens: "\
        The kernel has completed handshakes for the service, and these connections wait in the \
        accept queue. The service closes its listening socket, because it stops, restarts or \
        reloads. The kernel then aborts every connection in the queue at once. Requests that \
        clients had already sent were acknowledged by the kernel, but no application ever read \
        them.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1
0.011  client > server  PSH,ACK  seq 1 ack 1 len 90  request
0.021  server > client  ACK      seq 1 ack 91        kernel only
0.400  server > client  RST,ACK  seq 1 ack 91        listener closed
0.600  client B > server  SYN    seq 0               new connection
0.610  server > client B  RST,ACK  seq 0 ack 1       refused",
    looks_for: "\
        The reset must be an abort of the server (ACK set, its own numbers, a real window) on a \
        connection on which it never sent payload; it may have acknowledged some. Two or more such \
        resets of one port within milliseconds support it, and so does a next SYN that is refused \
        or unanswered. A FIN of the client does not speak against it, because a client that waits \
        in vain may give up too. A FIN of the server on another connection of that instant does: \
        what waits in a queue is never closed that way.",
    told_apart: &[
        Rival {
            cause: "accept-then-abort",
            by: "There each reset follows soon after its own handshake, and the port stays open.",
            settle: "\
                The service's log for a stop or reload, and `strace -f -e trace=accept,accept4` \
                for whether the connection was accepted.",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                On the wire nothing does, for one connection with payload. A port that is refused \
                within 1 s puts both on a level, otherwise unread data comes first.",
            settle: "\
                The trace point `tcp:tcp_send_reset` prints TCP_STATE here and TCP_ABORT_ON_CLOSE \
                there; `nstat -az TcpExtTCPAbortOnClose` grows only there.",
        },
        Rival {
            cause: "process-exit",
            by: "\
                There some of the connections that end together do so with FIN, or had been \
                answered before.",
            settle: "The service's log and `journalctl -k` for a crash or a kill at that second.",
        },
        Rival {
            cause: "teardown-rst",
            by: "\
                There the server had taken part in the exchange: it had sent payload or FIN \
                before.",
            settle: "A capture from the handshake on.",
        },
        Rival {
            cause: "handshake-state-lost",
            by: "\
                There the handshake was not complete on the server, and the reset is a reply \
                without ACK.",
            settle: "The flags of the reset settle it.",
        },
    ],
    client_sees: "\
        connect() and the first write succeed, then the first read gives ECONNRESET: Java \
        \"Connection reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\", \
        Python \"ConnectionResetError: [Errno 104]\", curl \"(56) Recv failure: Connection reset \
        by peer\". New attempts give ECONNREFUSED until the service is back.",
    server_sees: "\
        Nothing: the connections were never accepted, and close() of the listener succeeds.",
    at_stake: "\
        The requests are lost, and no application read them although the kernel acknowledged them. \
        A repeat on a new connection is safe.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Repeat on a new connection, with a short pause while the service restarts.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Look for a stop, restart or reload of the service at the second of the resets.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Before closing the listener, take the instance out of the load balancer, then \
                accept until EAGAIN and serve what comes.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Hand the listening socket over to the new process (systemd socket activation, or a \
                master process that keeps it open).",
        },
    ],
    references: &[
        "Linux, net/ipv4/inet_connection_sock.c, `inet_csk_listen_stop`.",
        "\
            Measured on Linux 6.18: a listener closed with a backlog of connections with and \
            without payload.",
    ],
    since: "0.1",
};

/// The rule: several connections that the server never spoke on end in one instant, or one does and the port is closed right after.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT.by(Side::Server),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    let silent = ask::server_was_silent(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::syn_ack_was_sent(facts))?
        .requires(silent)?
        .is_excluded_by(&ask::others_finished_at_once(facts))?;
    let together = ask::others_aborted_unserved(facts);
    let refused = ask::port_closed_soon_after(facts);
    if together.holds() {
        return Some(claim.is_decided_by(together)?.is_supported_by(refused));
    }
    let claim = claim.requires(refused)?;
    Some(if facts.client().first_payload.is_some() {
        claim.ties_with("unread-data-close", SHARE)
    } else {
        claim
    })
}

/// Its share against `unread-data-close` for one connection with a request, when the port closes right after; the taxonomy's.
const SHARE: u8 = 50;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, judged, only_from};

    #[test]
    fn two_waiting_connections_reset_at_one_instant_show_it() {
        let story = "0.000  client A > server  SYN      seq 0
             0.002  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.012  server > client B  SYN,ACK  seq 0 ack 1
             0.012  client B > server  ACK      seq 1 ack 1
             0.013  client B > server  PSH,ACK  seq 1 ack 1 len 80
             0.023  server > client B  ACK      seq 1 ack 81
             
             2.500  server > client A  RST,ACK  seq 1 ack 1
             2.501  server > client B  RST,ACK  seq 1 ack 81";
        assert_eq!(judged(story), ("listener-closed", Certain));
        assert_eq!(judged(&at_the_server(story)), ("listener-closed", Certain));
        assert_eq!(
            judged(&across_the_wrap(story)),
            ("listener-closed", Certain)
        );
        assert_eq!(
            judged(&only_from("server", story)),
            ("listener-closed", Likely)
        );
    }

    #[test]
    fn a_client_that_had_given_up_waiting_changes_nothing() {
        let story = "0.000  client A > server  SYN      seq 0
             0.002  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.012  server > client B  SYN,ACK  seq 0 ack 1
             0.012  client B > server  ACK      seq 1 ack 1
             0.013  client B > server  PSH,ACK  seq 1 ack 1 len 80
             0.023  server > client B  ACK      seq 1 ack 81
             
             1.000  client B > server  FIN,ACK  seq 81 ack 1
             1.010  server > client B  ACK      seq 1 ack 82
             2.500  server > client A  RST,ACK  seq 1 ack 1
             2.501  server > client B  RST,ACK  seq 1 ack 82";
        assert_eq!(judged(story), ("listener-closed", Certain));
    }

    #[test]
    fn a_process_that_dies_closes_what_it_served_with_fin() {
        let story = "0.000  client A > server  SYN      seq 0
             0.002  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.012  server > client B  SYN,ACK  seq 0 ack 1
             0.012  client B > server  ACK      seq 1 ack 1
             0.013  client B > server  PSH,ACK  seq 1 ack 1 len 80
             0.023  server > client B  ACK      seq 1 ack 81
             
             0.030  server > client A  PSH,ACK  seq 1 ack 1 len 20
             0.030  client A > server  ACK      seq 1 ack 21
             0.500  server > client A  FIN,ACK  seq 21 ack 1
             0.501  server > client B  RST,ACK  seq 1 ack 81";
        assert_eq!(judged(story), ("process-exit", Likely));
    }

    #[test]
    fn a_server_that_drops_each_client_as_it_comes_has_an_open_listener() {
        let story = "0.000  client A > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.021  server > client A  RST,ACK  seq 1 ack 1
             0.060  client B > server  SYN      seq 0
             0.070  server > client B  SYN,ACK  seq 0 ack 1
             0.070  client B > server  ACK      seq 1 ack 1
             0.081  server > client B  RST,ACK  seq 1 ack 1";
        assert_eq!(judged(story), ("accept-then-abort", Certain));
    }
}
