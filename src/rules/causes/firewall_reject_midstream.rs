//! A rule or a policy box reset an established connection.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::ResetForm;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "firewall-reject-midstream",
    aliases: &[
        "firewall reset established connection",
        "mid-stream reject",
        "firewall rule change",
        "conntrack flush with reject",
        "strict state policy",
        "security policy reset",
        "IPS block",
    ],
    title: "A firewall reset a connection in the middle",
    phase: Phase::Data,
    severity: Severity::Error,
    happens: "\
        A connection is working, and a packet filter begins to reject its segments: a rule was \
        added, the rules were reloaded without their state, or the box lost its table. It answers \
        with resets in the other end's name. The real endpoint did not send them, still believes \
        in the connection, and often goes on sending.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 500 dscp 10
0.001  server > client  RST      seq 1 ttl 64         DSCP 0, from near
0.210  server > client  PSH,ACK  seq 1 ack 1 len 60 ttl 63  server lives
0.210  client > server  RST      seq 1                echo",
    looks_for: "\
        A reset on an established connection must show at least two marks of a third party. They \
        are a foreign hop limit or IP ID, missing timestamps, DSCP 0 where it should be copied, \
        and an answer faster than the shortest round trip. A supposed sender that goes on as if \
        nothing had happened is the strongest mark, but alone it leaves peer-gone and \
        lb-idle-timeout as rivals. Many connections from one moment on, as after a change of \
        rules, support it.",
    told_apart: &[
        Rival {
            cause: "lb-idle-timeout",
            by: "There an idle period, often near a known timeout, stands before the reset.",
            settle: "The box's idle timeout, and a capture of the time before.",
        },
        Rival {
            cause: "forged-rst",
            by: "\
                There the reset follows a telling payload (a server name, a host name), comes \
                several times or with numbers that fit badly.",
            settle: "\
                Try the same server with other content: a rule about addresses and ports does not \
                care.",
        },
        Rival {
            cause: "peer-gone",
            by: "There the supposed sender stays silent afterwards, and the marks agree with it.",
            settle: "\
                Run `ss -tn` and `nstat -az TcpOutRsts` on the supposed sender: the socket is \
                still there and the counter did not move.",
        },
        Rival {
            cause: "nat-bypass-stray",
            by: "\
                At the server, on the wire nothing does, unless the reset shows marks of a third \
                party.",
            settle: "Capture on the client's node.",
        },
    ],
    client_sees: "\
        If the reset goes to the client: ECONNRESET: Java \"Connection reset\", Node \"read \
        ECONNRESET\", Go \"connection reset by peer\", Python \"ConnectionResetError: [Errno \
        104]\".",
    server_sees: "\
        Nothing at first: its socket stays ESTABLISHED until a retransmission times out \
        (ETIMEDOUT) or an echo of the client's host reaches it (ECONNRESET).",
    at_stake: "\
        Data in flight in both directions is lost. Whether the request was carried out is not on \
        the wire, so repeat only what is idempotent.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Compare the first reset's time with changes of firewall rules, policy pushes and \
                failovers of the firewall.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Put the rule that accepts established connections first: `ct state \
                established,related accept`.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Reload rules atomically (`nft -f`, `iptables-restore`) and keep the connection \
                table over reloads and failovers.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "Reconnect with growing pauses, because many connections fall at once.",
        },
    ],
    references: &[
        "Linux, net/ipv4/netfilter/nf_reject_ipv4.c.",
        "\
            Measured on Linux 6.18: a rule on the host and on a router. Both resets have DSCP 0 \
            and cause no tcp_send_reset event.",
    ],
    since: "0.1",
};

/// The rule: two independent marks of another sender, or one and the endpoint's own word that it lives.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY.but(Scope::REFUSAL),
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let foreign = ask::looks_foreign(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::was_established(facts))?
        .requires(foreign)?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_excluded_by(&ask::was_idle_for_long(facts))?
        .is_excluded_by(&ask::was_ignored(facts))?
        .is_excluded_by(&ask::bears_odd_numbers(facts))?
        .is_supported_by(ask::came_with_copies(facts));
    let claim = if facts.form.form == ResetForm::Reply {
        claim.requires(ask::is_reply(facts))?
    } else {
        claim
    };
    Some(if facts.tells.len() > 1 {
        claim.is_settled_by(ask::is_foreign_in_two_ways(facts))
    } else {
        claim.ties_with("peer-gone", SHARE)
    })
}

/// Its share when only one mark tells of another sender, which may deceive; the taxonomy's.
const SHARE: u8 = 30;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{judged, served};

    #[test]
    fn a_reset_from_nearer_and_sooner_than_the_server_is_a_boxs() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  SYN,ACK  seq 0 ack 1 ttl 57
             0.010  client > server  ACK      seq 1 ack 1
             0.011  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.022  server > client  PSH,ACK  seq 1 ack 101 len 200 ttl 57
             0.500  client > server  PSH,ACK  seq 101 ack 201 len 40
             0.501  server > client  RST      seq 201 ttl 63";
        assert_eq!(judged(story), ("firewall-reject-midstream", Certain));
    }

    #[test]
    fn a_server_that_speaks_on_is_one_mark_only() {
        let story = served(
            "0.500  client > server  PSH,ACK  seq 101 ack 201 len 40
             0.510  server > client  RST      seq 201
             0.800  server > client  PSH,ACK  seq 201 ack 101 len 60",
        );
        assert_eq!(judged(&story), ("peer-gone", Possible));
    }

    #[test]
    fn a_reset_like_all_other_segments_of_the_server_is_its_own() {
        let story = served(
            "0.500  client > server  PSH,ACK  seq 101 ack 201 len 40
             0.510  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }
}
