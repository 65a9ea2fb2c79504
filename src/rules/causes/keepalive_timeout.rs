//! Keep-alive probes went unanswered, and their sender gave up.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "keepalive-timeout",
    aliases: &[
        "keep-alive timeout",
        "tcp keepalive",
        "SO_KEEPALIVE",
        "tcp_keepalive_time",
        "tcp_keepalive_probes",
        "TCP_KEEPIDLE",
        "TCP_USER_TIMEOUT with keep-alive",
        "TCP_KEEPALIVE_TIMEOUT",
        "dead connection detected",
    ],
    title: "Keep-alive probes went unanswered",
    phase: Phase::Idle,
    severity: Severity::Warning,
    happens: "\
        A connection is idle, and one side's TCP probes whether the other is still there. No \
        answer reaches it. After the last probe it declares the connection dead and sends a reset \
        for good measure. The other host is down, the path swallows segments, or a firewall has \
        forgotten the connection.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 40   request
0.010  server > client  PSH,ACK  seq 1 ack 41 len 60  answer
0.020  client > server  ACK      seq 41 ack 61
 7200  server > client  ACK      seq 60 ack 41        probe 1
 7275  server > client  ACK      seq 60 ack 41        probe 2
 7800  server > client  ACK      seq 60 ack 41        probe 9
 7875  server > client  RST,ACK  seq 61 ack 41        gives up",
    looks_for: "\
        At least one probe of the sender must be seen: one below its next sequence number, 0 or 1 \
        byte long, at even spacing. The sender must show no sign of an answer, and an abort must \
        follow one interval after the last probe. An answer that reaches the prober starts its \
        idle time anew, so the next probe waits for the idle time and not for the interval. Equal \
        numbers and spacing over several connections support it; Linux by default waits 7,200 s \
        and sends 9 probes 75 s apart. Answers seen only by a capture at the other end may have \
        been lost on the way back; then this is a rival of linger-zero-abort and no more.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "\
                There the probes were answered, or none were sent. With answers that may have been \
                lost, both stay possible.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnTimeout` on the sender: it grows here. The trace \
                point `tcp:tcp_send_reset` prints TCP_KEEPALIVE_TIMEOUT, and the sender's log has \
                ETIMEDOUT.",
        },
        Rival {
            cause: "retransmit-timeout-abort",
            by: "\
                There the repeated segments are real data: the spacing doubles, and a single byte \
                equals the last byte sent.",
            settle: "A capture with payload, and the spacing of the repetitions.",
        },
        Rival {
            cause: "orphan-abort",
            by: "\
                There the receiver had announced a window of zero, and the probes ask for it to \
                open.",
            settle: "The window of the receiver's last segment settles it.",
        },
        Rival {
            cause: "lb-idle-timeout",
            by: "\
                There the reset comes from a box between the two: it answers a segment, or both \
                ends get one.",
            settle: "Capture at both ends.",
        },
    ],
    client_sees: "\
        If the server gave up: ECONNRESET on the next read, if the reset arrives at all. If the \
        client gave up: ETIMEDOUT, Java \"Connection timed out\", Go \"read: connection timed \
        out\", Node \"read ETIMEDOUT\".",
    server_sees: "\
        If the server gave up: ETIMEDOUT from the pending read, \"Connection timed out\". If the \
        client gave up: ECONNRESET, if the server still lives.",
    at_stake: "\
        Nothing is lost by the reset itself: the connection was idle. A request that the other \
        side believes pending is in doubt.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Find where segments vanish: capture at both ends, or compare the idle time with \
                the timeouts of firewalls and translators on the path.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Reconnect.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Probe earlier than the shortest timeout on the path: \
                `net.ipv4.tcp_keepalive_time=60`, `tcp_keepalive_intvl=10`, \
                `tcp_keepalive_probes=6`, with SO_KEEPALIVE on.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Let the firewall send resets to both ends, or keep idle connections for longer.",
        },
    ],
    references: &[
        "RFC 9293, 3.8.4: keep-alives; tcp(7), TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT.",
        "Linux, net/ipv4/tcp_timer.c, `tcp_keepalive_timer`.",
        "Measured on Linux 6.18: keep-alive and TCP_USER_TIMEOUT give the same wire.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT.before_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let probed = ask::had_probed(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .is_excluded_by(&ask::window_had_been_closed(facts))?
        .requires(probed)?
        .is_settled_by(ask::had_probed_again_and_again(facts))
        .is_weakened_by(ask::probes_were_answered(facts))
        .is_supported_by(ask::reset_came_one_interval_later(facts));
    Some(if ask::had_probed_again_and_again(facts).holds() {
        claim
    } else {
        claim.ties_with("linger-zero-abort", ONE_PROBE)
    })
}

/// Its share against `linger-zero-abort` after a single probe, which may have had no time to be answered; chosen: stacks send several.
const ONE_PROBE: u8 = 45;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn three_probes_without_an_answer_end_in_an_abort() {
        let story = served(
            "60.022  server > client  ACK      seq 200 ack 101
             70.022  server > client  ACK      seq 200 ack 101
             80.022  server > client  ACK      seq 200 ack 101
             90.022  server > client  RST,ACK  seq 201 ack 101",
        );
        assert_eq!(judged(&story), ("keepalive-timeout", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("keepalive-timeout", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("keepalive-timeout", Certain)
        );
        assert_eq!(judged(&begun_midway(&story)), ("keepalive-timeout", Likely));
    }

    #[test]
    fn probes_that_the_client_answers_may_still_be_lost_on_their_way_back() {
        let story = served(
            "60.022  server > client  ACK      seq 200 ack 101
             60.022  client > server  ACK      seq 101 ack 201
             70.022  server > client  ACK      seq 200 ack 101
             70.022  client > server  ACK      seq 101 ack 201
             80.022  server > client  RST,ACK  seq 201 ack 101",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Possible));
    }

    #[test]
    fn probes_answered_before_the_last_exchange_have_done_their_work() {
        let story = served(
            "60.022  server > client  ACK      seq 200 ack 101
             60.022  client > server  ACK      seq 101 ack 201
             70.000  client > server  PSH,ACK  seq 101 ack 201 len 40
             70.012  server > client  PSH,ACK  seq 201 ack 141 len 40
             70.012  client > server  ACK      seq 141 ack 241
             70.013  client > server  RST,ACK  seq 141 ack 241",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn a_probe_answered_with_a_reset_has_found_out() {
        let story = served(
            "20.022  client > server  ACK      seq 100 ack 201
             20.032  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }

    #[test]
    fn one_unanswered_probe_and_an_abort_three_seconds_later_decide_nothing() {
        let story = served(
            "60.022  server > client  ACK      seq 200 ack 101
             60.022  client > server  ACK      seq 101 ack 201
             120.022 server > client  ACK      seq 200 ack 101
             123.000 server > client  RST,ACK  seq 201 ack 101",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Possible));
    }
}
