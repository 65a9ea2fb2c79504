//! The other side had closed long before, and the connection was used anyway.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "stale-connection-reuse",
    aliases: &[
        "stale connection",
        "stale pooled connection",
        "dead connection in the pool",
        "reuse after FIN",
        "CLOSE_WAIT reuse",
        "stale connection check",
        "broken pipe on a pooled connection",
    ],
    title: "A connection was used after the other side had closed",
    phase: Phase::Reuse,
    severity: Severity::Warning,
    happens: "\
        One side closes and its FIN arrives. The other side's TCP reports the end of stream, but \
        its application does not look: a pool hands the connection out, and a request goes into \
        it. The closed side has nobody left to read it and answers with a reset. Unlike a race, \
        this is avoidable: the news had been there.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 20    request
0.010  server > client  PSH,ACK  seq 1 ack 21 len 30   answer
5.010  server > client  FIN,ACK  seq 31 ack 21         server closes
5.050  client > server  ACK      seq 21 ack 32         client's TCP knows
9.200  client > server  PSH,ACK  seq 21 ack 32 len 20  used all the same
9.200  server > client  RST      seq 32                past the FIN",
    looks_for: "\
        The sender of the reset must have sent FIN, and the reset must answer a later segment with \
        payload whose acknowledgment covers that FIN, so the sequence number of the reset lies \
        past it. That segment must have left more than 100 ms after the FIN had arrived. A \
        receiver that stays long without a FIN of its own, in CLOSE_WAIT, supports it. A segment \
        that does not acknowledge the FIN, or that left within 100 ms, excludes it. From 60 s on \
        the same exchange is counted as half-close-expired.",
    told_apart: &[
        Rival {
            cause: "keepalive-idle-race",
            by: "\
                There the FIN and the request crossed, or the FIN had been there for at most 100 \
                ms, after an idle period.",
            settle: "\
                A capture on the receiver of the reset shows when the FIN arrived and when the \
                request left.",
        },
        Rival {
            cause: "data-after-close",
            by: "\
                There the sender of the data could not have noticed the FIN yet, and no idle \
                period stands before it.",
            settle: "A capture on the receiver of the reset.",
        },
        Rival {
            cause: "half-close-expired",
            by: "There 60 s or more lie between the FIN and the data; the remedy is the same.",
            settle: "\
                The time between the two in the capture, and `sysctl net.ipv4.tcp_fin_timeout` on \
                the side that closed.",
        },
        Rival {
            cause: "client-cancel",
            by: "\
                There the side that closed first is the client, and the late data is the answer to \
                its request.",
            settle: "The client's log for a cancelled request or a timeout.",
        },
    ],
    client_sees: "\
        If the server closed: the write succeeds and the next read returns end of stream, never \
        ECONNRESET on Linux. Node says \"socket hang up\", Python \"RemoteDisconnected\", Go \
        \"EOF\", Apache HttpClient \"NoHttpResponseException\", Java \"Unexpected end of file from \
        server\"; the next write gives EPIPE, \"Broken pipe\".",
    server_sees: "\
        If the server closed, nothing: the request is in no log. If the client closed, the \
        server's first write seems to succeed and the next gives EPIPE.",
    at_stake: "\
        The request is lost and reached no application. A repeat on a new connection is safe, if \
        no proxy in between had forwarded it.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Repeat the request on a new connection, and empty the pool of old ones: `ss -tn \
                state close-wait` lists them.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Set the pool's idle limit below the server's keep-alive timeout.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Watch idle connections for readability and drop them on end of stream, or check \
                them before use (Apache HttpClient `setValidateAfterInactivity`).",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Change nothing in the way the server closes: it is correct. Publish its idle \
                timeout in a \"Keep-Alive: timeout=\" header.",
        },
    ],
    references: &[
        "RFC 9112, 9.3.1 and 9.6: a client watches for the server's close.",
        "\
            Linux, net/ipv4/tcp_minisocks.c, `tcp_timewait_state_process`: data in FIN_WAIT2 \
            returns TCP_TW_RST.",
        "\
            Measured on Linux 6.18: FIN acknowledged separately gives TCP_TIMEWAIT_SOCKET, \
            acknowledged by the data itself TCP_ABORT_ON_DATA.",
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
    let acknowledged = ask::fin_was_acknowledged(facts).may_hold()?;
    let claim = ask::met_a_closed_side(facts)?
        .requires(acknowledged)?
        .is_decided_by(ask::fin_was_noticeable(facts))?
        .is_supported_by(ask::receiver_waited_to_close(facts));
    Some(if ask::orphan_timer_had_expired(facts).holds() {
        claim.ties_with("half-close-expired", AFTER_THE_TIMER)
    } else {
        claim
    })
}

/// Its share against `half-close-expired` once the usual timer has run out; chosen: hosts that set a longer one are rare.
const AFTER_THE_TIMER: u8 = 20;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn a_request_seconds_after_the_end_of_stream_was_ignored() {
        let story = served(
            "5.022  server > client  FIN,ACK  seq 201 ack 101
             5.062  client > server  ACK      seq 101 ack 202
             9.500  client > server  PSH,ACK  seq 101 ack 202 len 100
             9.510  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("stale-connection-reuse", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("stale-connection-reuse", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("stale-connection-reuse", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("stale-connection-reuse", Likely)
        );
    }

    #[test]
    fn no_idle_period_is_needed_when_the_end_was_long_known() {
        let story = served(
            "0.025  server > client  FIN,ACK  seq 201 ack 101
             0.065  client > server  ACK      seq 101 ack 202
             0.400  client > server  PSH,ACK  seq 101 ack 202 len 100
             0.410  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("stale-connection-reuse", Certain));
    }

    #[test]
    fn the_time_that_the_fin_needs_to_the_client_is_not_counted() {
        // Captured at the server, 200 ms away: the client had known for 80 ms.
        let story = "0.000  client > server  SYN      seq 0
             0.000  server > client  SYN,ACK  seq 0 ack 1
             0.200  client > server  ACK      seq 1 ack 1
             0.201  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.250  server > client  PSH,ACK  seq 1 ack 101 len 200
             0.250  server > client  FIN,ACK  seq 201 ack 101
             0.450  client > server  ACK      seq 101 ack 202
             0.530  client > server  PSH,ACK  seq 101 ack 202 len 100
             0.530  server > client  RST      seq 202";
        assert_eq!(judged(story), ("data-after-close", Certain));
    }

    #[test]
    fn after_a_minute_the_other_end_has_forgotten_too() {
        let story = served(
            "5.022  server > client  FIN,ACK  seq 201 ack 101
             5.062  client > server  ACK      seq 101 ack 202
             80.50  client > server  PSH,ACK  seq 101 ack 202 len 100
             80.51  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("half-close-expired", Likely));
    }

    #[test]
    fn a_lost_request_sent_again_left_its_application_before_the_fin_came() {
        let story = served(
            "5.020  client > server  PSH,ACK  seq 101 ack 201 len 100
             5.022  server > client  FIN,ACK  seq 201 ack 101
             5.022  client > server  ACK      seq 201 ack 202
             5.240  client > server  PSH,ACK  seq 101 ack 202 len 100
             5.250  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
    }
}
