//! An address translator mapped the connection anew, and the server meets a stranger.

use crate::case::TwinEnd;
use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "nat-mapping-lost",
    aliases: &[
        "NAT mapping expired",
        "NAT timeout",
        "NAT rebinding",
        "NAT port changed",
        "conntrack entry expired",
        "SNAT port clash",
        "source port changed mid-connection",
    ],
    title: "A NAT gave the connection a new port",
    phase: Phase::Idle,
    severity: Severity::Warning,
    happens: "\
        An address translator forgets an idle connection. When the client sends again, the \
        translator gives it another port or address. The server knows no connection with these \
        numbers and resets it, while its old socket stays open without a partner.",
    ladder: "\
0.000  nat:4001 > server  PSH,ACK  seq 1 ack 1 len 40
0.001  server > nat:4001  PSH,ACK  seq 1 ack 41 len 60
0.040  nat:4001 > server  ACK      seq 41 ack 61
900.0  nat:4002 > server  PSH,ACK  seq 41 ack 61 len 40  new port
900.0  server > nat:4002  RST      seq 61                stranger",
    looks_for: "\
        Behind the translator, payload must arrive on addresses and ports that were never opened, \
        and the server must answer with a bare reset. The sequence and acknowledgment numbers of \
        that segment must be exactly those at which another connection to the same server port \
        fell silent. The other proof is the translator's own reset on the old addresses and ports, \
        in answer to later data of the server. An idle time before supports it. A translator that \
        runs on Linux usually finds the old mapping again after a flush, so it takes a port clash \
        or a range of ports as well.",
    told_apart: &[
        Rival {
            cause: "peer-gone",
            by: "\
                On the wire nothing does, in front of the translator: the server seems to have \
                forgotten.",
            settle: "\
                Capture behind the translator, and search for the same sequence numbers on another \
                port; or run `conntrack -L -p tcp` on the translator.",
        },
        Rival {
            cause: "lb-idle-timeout",
            by: "There the segment does not reach the server.",
            settle: "Capture on the server.",
        },
        Rival {
            cause: "nat-bypass-stray",
            by: "There it is the server's address that changed, and the client's host resets.",
            settle: "The sender of the reset, and which of the addresses is strange.",
        },
        Rival {
            cause: "stray-segment",
            by: "There the numbers match no other connection.",
            settle: "Start the capture earlier, so that the old connection is in it.",
        },
    ],
    client_sees: "\
        The write succeeds, then read() gives ECONNRESET: Java \"Connection reset\", Node \"read \
        ECONNRESET\", Go \"read: connection reset by peer\", curl \"(56) Recv failure: Connection \
        reset by peer\".",
    server_sees: "\
        Nothing: the old socket stays ESTABLISHED without a partner until keep-alive or a timeout \
        ends it. Late data of the server on it may meet a reset from the translator.",
    at_stake: "\
        The request is lost and reached no application. A repeat on a new connection is safe.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Repeat on a new connection.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Send keep-alives or application pings more often than the translator's timeout \
                (`net.ipv4.tcp_keepalive_time` of 60 to 240 s).",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Raise the translator's timeout for established connections, and give it more ports \
                and addresses.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Switch SO_KEEPALIVE on, so that connections without a partner end.",
        },
    ],
    references: &[
        "RFC 5382, 5: timeouts of established connections in address translators.",
        "Linux, Documentation/networking/nf_conntrack-sysctl.rst.",
        "\
            Measured on Linux 6.18: a mapping lost to a port clash; a flush of the table alone did \
            no harm.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY,
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let twin = ask::continues_another_connection(facts, TwinEnd::Client).may_hold()?;
    Claim::new()
        .requires(ask::is_reply(facts))?
        .is_decided_by(twin)?
        .is_excluded_by(&ask::follows_a_reset(facts))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Likely;
    use crate::testkit::judged;

    #[test]
    fn a_flow_that_goes_on_from_another_port_meets_a_stranger() {
        let story = "0.000  nat:4001 > server  SYN      seq 0
             0.010  server > nat:4001  SYN,ACK  seq 0 ack 1
             0.010  nat:4001 > server  ACK      seq 1 ack 1
             0.011  nat:4001 > server  PSH,ACK  seq 1 ack 1 len 40
             0.022  server > nat:4001  PSH,ACK  seq 1 ack 41 len 60
             0.022  nat:4001 > server  ACK      seq 41 ack 61
             
             900.00  nat:4002 > server  PSH,ACK  seq 41 ack 61 len 40
             900.01  server > nat:4002  RST      seq 61";
        assert_eq!(judged(story), ("nat-mapping-lost", Likely));
    }

    #[test]
    fn numbers_of_no_other_flow_are_a_stray() {
        let story = "0.000  nat:4001 > server  SYN      seq 0
             0.010  server > nat:4001  SYN,ACK  seq 0 ack 1
             0.010  nat:4001 > server  ACK      seq 1 ack 1
             0.011  nat:4001 > server  PSH,ACK  seq 1 ack 1 len 40
             0.022  server > nat:4001  PSH,ACK  seq 1 ack 41 len 60
             0.022  nat:4001 > server  ACK      seq 41 ack 61
             
             900.00  nat:4002 > server  PSH,ACK  seq 7041 ack 9061 len 40
             900.01  server > nat:4002  RST      seq 9061";
        assert_eq!(judged(story), ("stray-segment", Likely));
    }

    #[test]
    fn the_same_port_is_the_same_flow() {
        let story = "0.000  nat:4001 > server  SYN      seq 0
             0.010  server > nat:4001  SYN,ACK  seq 0 ack 1
             0.010  nat:4001 > server  ACK      seq 1 ack 1
             0.011  nat:4001 > server  PSH,ACK  seq 1 ack 1 len 40
             0.022  server > nat:4001  PSH,ACK  seq 1 ack 41 len 60
             0.022  nat:4001 > server  ACK      seq 41 ack 61
             
             20.00  nat:4001 > server  PSH,ACK  seq 41 ack 61 len 40
             20.01  server > nat:4001  RST      seq 61";
        assert_eq!(judged(story), ("peer-gone", Likely));
    }
}
