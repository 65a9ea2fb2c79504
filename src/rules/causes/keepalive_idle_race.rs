//! A server's idle timeout and the client's next request cross on a connection kept open.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "keepalive-idle-race",
    aliases: &[
        "idle keep-alive race",
        "keep-alive race",
        "keepalive race",
        "socket hang up on a reused connection",
        "socket hang up",
        "keepAliveTimeout",
        "keepalive_timeout",
        "NoHttpResponseException",
        "RemoteDisconnected",
        "upstream prematurely closed connection",
        "unexpected end of file from server",
    ],
    title: "An idle timeout and the next request met",
    phase: Phase::Reuse,
    severity: Severity::Warning,
    happens: "\
        A connection is kept open between requests, and the server closes it when its idle timeout \
        ends. At that moment the client sends the next request on it. The request crosses the FIN, \
        or arrives an instant before the close, and the server's kernel answers it with a reset. \
        The client did nothing wrong, and the next attempt on a new connection works.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 20    request
0.010  server > client  PSH,ACK  seq 1 ack 21 len 30   answer
0.020  client > server  ACK      seq 21 ack 31
5.010  server > client  FIN,ACK  seq 31 ack 21         idle timeout of 5 s
5.012  client > server  PSH,ACK  seq 21 ack 31 len 20  crosses the FIN
5.012  server > client  RST      seq 31                answers the request",
    looks_for: "\
        At least one exchange must be complete, and the connection must have been idle for at \
        least 1 s and at least five round trips. Then one of three endings must follow. In the \
        usual one the server's FIN crosses a request that does not acknowledge it, or that left \
        within 100 ms of its arrival, and a reset answers that request. In the second a request \
        arrives just before the close and meets an abort (ACK set) without FIN. In the third the \
        FIN was lost and a bare reset answers the request. Support comes from an idle time that \
        matches the server's timeout, as other connections or a Keep-Alive header show it. A first \
        request on a connection excludes it.",
    told_apart: &[
        Rival {
            cause: "stale-connection-reuse",
            by: "\
                There the client had the FIN for more than 100 ms and its application ignored it: \
                the reset's sequence number covers the FIN.",
            settle: "\
                A capture on the client shows how long the FIN had been there; a pool's log shows \
                whether it checks connections before use.",
        },
        Rival {
            cause: "data-after-close",
            by: "There no idle period stands before the FIN.",
            settle: "A capture that reaches back before the FIN.",
        },
        Rival {
            cause: "peer-gone",
            by: "\
                With the FIN lost, on the wire nothing does, at the client. A capture at the \
                server shows the FIN that never arrived.",
            settle: "\
                Capture on the server. Its counter TcpExtTCPAbortOnData grows in the race, and the \
                trace point `tcp:tcp_send_reset` prints TCP_ABORT_ON_DATA there, but NO_SOCKET or \
                TCP_FLAGS for a forgotten connection.",
        },
        Rival {
            cause: "lb-idle-timeout",
            by: "\
                There a box between the two forgets the connection and no FIN is sent. Its \
                timeouts are mostly a minute or more.",
            settle: "\
                Capture on the server: if the request never arrives there, the box reset it. \
                Compare the idle time with the box's timeout.",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                The form without FIN is the same reset; a lone request after an idle time near the \
                service's timeout makes it this race.",
            settle: "The server's idle timeout, and several resets at the same idle time.",
        },
    ],
    client_sees: "\
        Usually an end of stream, not ECONNRESET, because the FIN comes first: Node \"socket hang \
        up\" (code ECONNRESET all the same), Python \"RemoteDisconnected\", Apache HttpClient \
        \"NoHttpResponseException\", HttpURLConnection \"Unexpected end of file from server\", Go \
        \"EOF\", nginx \"upstream prematurely closed connection while reading response header from \
        upstream\". Without FIN, or with the FIN lost: ECONNRESET, \"Connection reset\", \"read \
        ECONNRESET\".",
    server_sees: "\
        Nothing: the request is in no log, because no application of this server read it. The \
        kernel counts TcpExtTCPAbortOnData, or TcpExtTCPAbortOnClose in the form without FIN.",
    at_stake: "\
        The request is lost, and the process behind this reset never saw it. A repeat is safe even \
        for POST if the reset comes from the end server itself; behind a proxy that may have \
        forwarded it, repeat only idempotent methods or requests with an idempotency key.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Repeat the request once, on a new connection, not on another one from the pool.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Set the pool's idle timeout below the server's: its value less the round trip and \
                half a second. Honour \"Keep-Alive: timeout=\".",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Raise the backend's keep-alive timeout above the idle timeout of the proxy or load \
                balancer in front of it (Node `keepAliveTimeout`, nginx `keepalive_timeout`, \
                gunicorn `--keep-alive`).",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Check a pooled connection for end of stream before use, and drop it when the FIN \
                arrives.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Use HTTP/2 between proxy and backend where possible: GOAWAY tells the client which \
                requests were processed.",
        },
    ],
    references: &[
        "\
            RFC 9112, 9.3.1 and 9.6: retries on a closed persistent connection; RFC 9110, 9.2.2: \
            idempotent methods.",
        "RFC 9113, 6.8 and 8.7: GOAWAY and safe retries.",
        "Linux, net/ipv4/tcp_input.c, `tcp_rcv_state_process` with RCV_SHUTDOWN set.",
        "\
            Measured on Linux 6.18 with Node 20, gunicorn and uvicorn: all three endings. Node's \
            documented 5 s are 6 s in effect.",
    ],
    since: "0.1",
};

/// The rule: a request crosses the FIN of an idle connection, or meets a server that closes without having read it.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY
        .after_own_fin()
        .or(Scope::ABORT.by(Side::Server).before_own_fin()),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let claim = if facts.sender().fin.is_some() {
        closed_form(facts)?
    } else {
        unread_form(facts)?
    };
    Some(
        claim
            .requires(ask::had_exchanges(facts))?
            .is_supported_by(ask::silence_is_the_announced_timeout(facts))
            .is_supported_by(ask::silence_is_the_service_timeout(facts)),
    )
}

/// The FIN that ended the silence, and the request, crossed. A client that closes after a rest keeps no timeout that one could race.
fn closed_form(facts: &Facts<'_>) -> Option<Claim> {
    let rested = ask::fin_ended_idleness(facts).may_hold()?;
    let claim = ask::met_a_closed_side(facts)?
        .requires(rested)?
        .requires(ask::fin_was_not_noticeable(facts))?
        .is_weakened_by(ask::fin_went_unheard(facts));
    Some(match facts.sent_by() {
        Side::Server => claim.is_settled_by(ask::crossed_the_fin(facts)),
        Side::Client => claim,
    })
}

/// The request came just before `close()`: the reset discards it, and no FIN is sent.
fn unread_form(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    let rested = ask::request_came_after_idleness(facts).may_hold()?;
    Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .requires(ask::receiver_went_unanswered(facts))?
        .requires(rested)?
        .is_excluded_by(&ask::tls_handshake_is_open(facts))?
        .is_decided_by(ask::came_right_after_payload(facts))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn a_request_that_crosses_the_fin_of_an_idle_connection_is_the_race() {
        let story = served(
            "5.019  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.022  server > client  FIN,ACK  seq 201 ack 101
             5.029  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("keepalive-idle-race", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("keepalive-idle-race", Likely)
        );
    }

    #[test]
    fn a_request_two_milliseconds_behind_the_fin_is_the_race_too() {
        let story = served(
            "5.022  server > client  FIN,ACK  seq 201 ack 101
             5.024  client > server  PSH,ACK  seq 101 ack 202 len 100
             5.034  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Certain)
        );
    }

    #[test]
    fn a_lost_request_sent_again_into_the_fin_is_the_race_too() {
        let story = served(
            "5.000  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.205  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.212  server > client  FIN,ACK  seq 201 ack 101
             5.215  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Certain)
        );
    }

    #[test]
    fn a_request_just_before_close_is_discarded_unread() {
        let story = served(
            "5.020  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.030  server > client  RST,ACK  seq 201 ack 201",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Likely)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("keepalive-idle-race", Likely)
        );
    }

    #[test]
    fn on_a_path_of_200_ms_the_two_may_be_far_apart() {
        let story = "0.000  client > server  SYN      seq 0
             0.200  server > client  SYN,ACK  seq 0 ack 1
             0.200  client > server  ACK      seq 1 ack 1
             0.201  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.450  server > client  PSH,ACK  seq 1 ack 101 len 200
             0.450  client > server  ACK      seq 101 ack 201
             5.350  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.430  server > client  FIN,ACK  seq 201 ack 101
             5.550  server > client  RST      seq 201";
        assert_eq!(judged(story), ("keepalive-idle-race", Certain));
    }

    #[test]
    fn the_first_request_of_a_connection_is_not() {
        let story = opened(
            "5.010  server > client  FIN,ACK  seq 1 ack 1
             5.010  client > server  ACK      seq 1 ack 2
             5.030  client > server  PSH,ACK  seq 1 ack 2 len 100
             5.040  server > client  RST      seq 2",
        );
        assert_eq!(judged(&story), ("accept-then-abort", Certain));
    }

    #[test]
    fn without_a_fin_in_sight_the_server_may_as_well_have_forgotten() {
        let story = served(
            "5.020  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.030  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }

    #[test]
    fn a_fin_that_was_lost_and_sent_again_shows_the_race_at_the_server() {
        let story = served(
            "5.030  server > client  FIN,ACK  seq 201 ack 101
             5.240  server > client  FIN,ACK  seq 201 ack 101
             5.390  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.400  server > client  RST      seq 201",
        );
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Likely)
        );
    }

    #[test]
    fn a_close_notify_before_the_fin_does_not_end_the_idleness() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             60.048 client > server  PSH,ACK  seq 712 ack 2023 len 300 tls data
             60.05  server > client  PSH,ACK  seq 2023 ack 712 len 24 tls data
             60.05  server > client  FIN,ACK  seq 2047 ack 712
             60.058 server > client  RST      seq 2023",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-idle-race", Certain)
        );
    }
}
