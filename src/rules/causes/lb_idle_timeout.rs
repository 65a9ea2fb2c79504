//! A load balancer or a stateful firewall dropped the idle connection.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::ResetForm;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "lb-idle-timeout",
    aliases: &[
        "load balancer idle timeout",
        "NLB idle timeout",
        "350 seconds",
        "AWS NLB reset",
        "Azure load balancer reset",
        "firewall idle timeout",
        "stateful firewall timeout",
        "NAT gateway idle timeout",
        "idle connection dropped",
    ],
    title: "A load balancer or firewall dropped the idle connection",
    phase: Phase::Idle,
    severity: Severity::Warning,
    happens: "\
        A box between client and server keeps a table of connections and drops those that are idle \
        for too long. It says nothing at that time, and the next segment meets a reset in the \
        server's name; or it sends a reset to both ends at the moment of expiry. Client and server \
        both believed the connection alive.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 40    request
0.010  server > client  PSH,ACK  seq 1 ack 41 len 60   answer
0.050  client > server  ACK      seq 41 ack 61
400.0  client > server  PSH,ACK  seq 41 ack 61 len 40  350 s are over
400.0  server > client  RST      seq 61                by the balancer",
    looks_for: "\
        The connection must have been idle, typically for 30 s or more. Then either a reset in the \
        other end's name answers the next segment, or both ends get one at the same moment without \
        any segment that provokes it. Marks of a third party support it (hop limit, a round trip \
        that is too short, DSCP 0, IP ID 0 with ACK set, missing timestamps). So does an idle time \
        just above a limit below which every connection survives, one close to a known value (350 \
        s AWS NLB, 240 s Azure, 60 s AWS ALB), and a real endpoint that goes on sending.",
    told_apart: &[
        Rival {
            cause: "peer-gone",
            by: "\
                On the wire nothing does if the balancer imitates the server fully and the capture \
                stands before it. An idle time close to a known value puts this cause first.",
            settle: "\
                Capture on the server: if the segment never arrives there, the box sent the reset. \
                `nstat -az TcpOutRsts` on the server does not move.",
        },
        Rival {
            cause: "keepalive-idle-race",
            by: "\
                There the server itself closes, at its own idle timeout, mostly with FIN. With the \
                FIN lost and no mark visible, on the wire nothing separates the two.",
            settle: "Capture on the server, and compare the idle time with its keep-alive timeout.",
        },
        Rival {
            cause: "server-timeout-abort",
            by: "There only the client gets a reset, and it has the server's own marks.",
            settle: "The server's log for a timeout at that second.",
        },
        Rival {
            cause: "firewall-reject-midstream",
            by: "There no idle period stands before the reset.",
            settle: "A capture that covers the time before, and the firewall's log.",
        },
        Rival {
            cause: "nat-mapping-lost",
            by: "\
                There the segment reaches the server, from another port or address, and the server \
                itself resets it.",
            settle: "Capture on the server or behind the translator.",
        },
        Rival {
            cause: "keepalive-timeout",
            by: "There unanswered probes of the sender itself stand before the reset.",
            settle: "A capture at the sender of the reset.",
        },
    ],
    client_sees: "\
        The write succeeds, then read() gives ECONNRESET: Java \"Connection reset\", Node \"read \
        ECONNRESET\", Go \"read: connection reset by peer\", Python \"ConnectionResetError: [Errno \
        104]\", nginx \"recv() failed (104: Connection reset by peer)\". If both ends get a reset, \
        the next call of any kind gives it.",
    server_sees: "\
        Nothing until it sends or probes itself, unless the box resets both ends; then ECONNRESET. \
        Its socket may stay ESTABLISHED for hours.",
    at_stake: "\
        The request is lost and did not reach the server. A repeat on a new connection is safe.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Repeat on a new connection, and set the pool's maximum idle time below the box's \
                timeout.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Switch SO_KEEPALIVE on with `net.ipv4.tcp_keepalive_time` of 60 to 240 s, or send \
                an application ping, at both ends.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Raise the idle timeout of the box (AWS NLB: 60 to 6000 s; Azure: up to 100 \
                minutes), and let it send resets to both ends at expiry.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Close idle connections earlier than the box does.",
        },
    ],
    references: &[
        "AWS, Elastic Load Balancing user guide: idle timeout of a TCP listener (350 s).",
        "Microsoft Learn, load-balancer-tcp-idle-timeout and load-balancer-tcp-reset.",
        "\
            Measured on Linux 6.18 with an emulated balancer: reset on the next data, and resets \
            both ways.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY.but(Scope::REFUSAL).before_own_fin(),
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let idle = ask::was_idle_for_long(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::was_established(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .requires(idle)?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_excluded_by(&ask::window_had_been_closed(facts))?
        .is_excluded_by(&ask::peer_stopped_answering(facts))?;
    let foreign = facts.tells.len();
    let known = ask::idleness_is_a_known_timeout(facts);
    let is_known = known.holds();
    let claim = claim.is_supported_by(known);
    if facts.form.form == ResetForm::Reply {
        let claim = claim
            .requires(ask::is_reply(facts))?
            .is_supported_by(ask::looks_foreign(facts));
        return Some(match foreign {
            0 => claim.ties_with("peer-gone", if is_known { KNOWN } else { UNKNOWN }),
            1 => claim,
            _ => claim.is_settled_by(ask::looks_foreign(facts)),
        });
    }
    // Without a segment to answer, only the marks of another sender tell it from the endpoint's own abort.
    let claim = claim.requires(ask::looks_foreign(facts))?;
    Some(if foreign > 1 || facts.sent_to_both_ends() {
        claim.is_settled_by(ask::is_foreign_in_two_ways(facts))
    } else {
        claim
    })
}

/// Its share against `peer-gone` when the idle time is one that a common middlebox has, and when not; the taxonomy's, and its complement.
const KNOWN: u8 = 60;
const UNKNOWN: u8 = 40;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{at_the_server, begun_midway, judged, served};

    #[test]
    fn two_marks_of_another_sender_after_two_minutes_show_a_middlebox() {
        let story = served(
            "120.000  client > server  PSH,ACK  seq 101 ack 201 len 40
             120.001  server > client  RST      seq 201 ttl 63",
        );
        assert_eq!(judged(&story), ("lb-idle-timeout", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("lb-idle-timeout", Likely));
    }

    #[test]
    fn the_timeout_of_a_known_balancer_makes_it_the_likelier_half() {
        let story = served(
            "350.30  client > server  PSH,ACK  seq 101 ack 201 len 40
             350.31  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("lb-idle-timeout", Possible));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("lb-idle-timeout", Possible)
        );
    }

    #[test]
    fn after_three_seconds_no_balancer_has_forgotten() {
        let story = served(
            "3.000  client > server  PSH,ACK  seq 101 ack 201 len 40
             3.010  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }

    #[test]
    fn a_fin_at_the_timeout_is_the_servers_own() {
        let story = served(
            "60.032  server > client  FIN,ACK  seq 201 ack 101
             60.034  client > server  PSH,ACK  seq 101 ack 202 len 40
             60.044  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("keepalive-idle-race", Certain));
    }
}
