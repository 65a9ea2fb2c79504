//! Accepted, then dropped before any exchange.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "accept-then-abort",
    aliases: &[
        "dropped right after accept",
        "connection limit",
        "too many connections",
        "maxconn",
        "tcp wrappers",
        "hosts.deny",
        "empty reply from server",
        "closed right after connect",
    ],
    title: "Accepted, then dropped without a word",
    phase: Phase::FirstExchange,
    severity: Severity::Error,
    happens: "\
        The server accepts a connection and gives it up at once, without sending anything. A \
        connection limit, an access list, a failing worker or a full thread pool are the usual \
        reasons. It either aborts, or closes with FIN, and then the client's first request meets a \
        closed socket and is answered with a reset.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  ACK      seq 1 ack 1
0.022  server > client  RST,ACK  seq 1 ack 1  not one byte said",
    looks_for: "\
        The server must not have sent payload. Then either it aborts (ACK set, its own numbers) \
        without acknowledging any payload of the client, or it sends FIN too early to have seen \
        any payload of the client, and a bare reset answers that payload. A reset within one round \
        trip to 100 ms of the handshake supports it, and so does a dependence on the client's \
        address or on load. Payload that the server had acknowledged before speaks against it; a \
        client whose first bytes are TLS belongs to tls-handshake-reset.",
    told_apart: &[
        Rival {
            cause: "listener-closed",
            by: "\
                There several such resets fall within milliseconds, or the port refuses SYNs \
                afterwards.",
            settle: "\
                The service's log for a stop or reload at that second; `ss -ltn` shows whether the \
                port still listens.",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                There the server's kernel had acknowledged payload of the client before the reset.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnClose` on the server: it grows for unread data \
                only.",
        },
        Rival {
            cause: "tls-handshake-reset",
            by: "There the client's first bytes are a TLS ClientHello.",
            settle: "A capture with payload (`tcpdump -s 0`).",
        },
        Rival {
            cause: "connect-probe",
            by: "There it is the client that aborts without a word.",
            settle: "The sender of the reset settles it.",
        },
        Rival {
            cause: "accept-queue-abort",
            by: "\
                There no application had the connection: the reset is a bare reply to the \
                handshake's ACK.",
            settle: "The flags of the reset settle it.",
        },
    ],
    client_sees: "\
        With an abort, connect() succeeds and the first read gives ECONNRESET: Java \"Connection \
        reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\". With FIN, the \
        write succeeds and the read returns end of stream: curl \"(52) Empty reply from server\", \
        Node \"socket hang up\", Python \"RemoteDisconnected\", Go \"EOF\"; a second write gives \
        EPIPE.",
    server_sees: "\
        No error. Its own log may name the reason: a limit reached, an address denied, an \
        exception in the accepting code.",
    at_stake: "\
        The request was not processed. A repeat is safe, better after a pause or on another \
        server.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Look in the server's log and settings for limits and lists: maxconn, hosts.deny, \
                per-address limits, open files (`ulimit -n`).",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Try from another address, and count the connections that this client keeps open \
                (`ss -tn dst SERVER | wc -l`).",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Refuse in the protocol (a 503, a greeting with an error), then close in stages.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "Limit connections for each server, and repeat with growing pauses.",
        },
    ],
    references: &[
        "Linux, net/ipv4/tcp.c, `__tcp_close`.",
        "Measured on Linux 6.18: accept then abort, accept then close.",
    ],
    since: "0.1",
};

/// The rule: an abort before any exchange, or a FIN before the first payload can have come, which that payload then meets.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY
        .after_own_fin()
        .or(Scope::ABORT)
        .by(Side::Server),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    if facts.server().fin.is_some() {
        let closed = ask::closed_before_first_payload(facts).may_hold()?;
        return Some(
            Claim::new()
                .requires(ask::is_reply_to_payload(facts))?
                .is_decided_by(closed)?
                .is_excluded_by(&ask::follows_a_reset(facts))?
                .is_excluded_by(&ask::tls_handshake_is_open(facts))?
                .is_supported_by(ask::looks_like_its_sender(facts)),
        );
    }
    let silent = ask::server_was_silent(facts).may_hold()?;
    Some(
        Claim::new()
            .requires(ask::is_abort(facts))?
            .requires(ask::syn_ack_was_sent(facts))?
            .requires(silent)?
            .requires(ask::reset_acknowledges_no_payload(facts))?
            .is_excluded_by(&ask::others_aborted_unserved(facts))?
            .is_excluded_by(&ask::port_closed_soon_after(facts))?
            .is_excluded_by(&ask::tls_handshake_is_open(facts))?
            .is_excluded_by(&ask::receiver_had_closed(facts))?
            .is_excluded_by(&ask::lost_patience(facts))?
            .is_settled_by(ask::soon_after_handshake(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, judged, opened};

    #[test]
    fn an_abort_before_any_word_of_the_client_can_have_been_read() {
        let story = opened("0.030  server > client  RST,ACK  seq 1 ack 1");
        assert_eq!(judged(&story), ("accept-then-abort", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("accept-then-abort", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("accept-then-abort", Certain)
        );
    }

    #[test]
    fn a_close_before_the_first_request_dooms_it() {
        let story = opened(
            "0.021  server > client  FIN,ACK  seq 1 ack 1
             0.021  client > server  ACK      seq 1 ack 2
             0.030  client > server  PSH,ACK  seq 1 ack 2 len 100
             0.040  server > client  RST      seq 2",
        );
        assert_eq!(judged(&story), ("accept-then-abort", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("accept-then-abort", Certain)
        );
    }

    #[test]
    fn a_request_that_its_kernel_acknowledged_was_thrown_away_unread() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.021  server > client  ACK      seq 1 ack 101
             0.030  server > client  RST,ACK  seq 1 ack 101",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("unread-data-close", Likely)
        );
    }

    #[test]
    fn a_server_that_waited_ten_seconds_for_the_request_lost_patience() {
        let story = opened("10.01  server > client  RST,ACK  seq 1 ack 1");
        assert_eq!(judged(&story), ("server-timeout-abort", Certain));
    }
}
