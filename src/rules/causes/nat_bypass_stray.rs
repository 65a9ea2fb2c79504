//! Untranslated segments slipped past a destination NAT.

use crate::case::TwinEnd;
use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "nat-bypass-stray",
    aliases: &[
        "conntrack INVALID",
        "kube-proxy reset",
        "Kubernetes connection reset",
        "nf_conntrack_tcp_be_liberal",
        "DNAT bypass",
        "ClusterIP reset",
        "untranslated segment",
    ],
    title: "Untranslated segments slipped past the NAT",
    phase: Phase::Data,
    severity: Severity::Error,
    happens: "\
        The client talks to a service address, and a translator passes its segments to a backend. \
        The translator's connection tracking finds a segment of the backend invalid and lets it \
        through untranslated. It reaches the client from the backend's own address, which the \
        client never called, so the client's host resets it. That reset kills the backend's \
        connection. Kubernetes clusters under load are the classic place.",
    ladder: "\
0.000  service > client  ACK      seq 1 ack 101 len 900
0.001  client > service  ACK      seq 101 ack 901
0.002  backend > client  ACK      seq 70001 ack 101 len 900  stray
0.002  client > backend  RST      seq 101
0.500  client > service  PSH,ACK  seq 101 ack 901 len 80
0.501  service > client  RST      seq 901                    backend dead",
    looks_for: "\
        The client must send a bare reset in answer to a segment from an address with which it has \
        no connection, and that segment's client port and acknowledgment number must match its \
        connection to the service address. Its sequence number may lie above the window, which is \
        why connection tracking refused it. Kubernetes addresses, heavy load and retransmissions \
        support it. Seen from the server it is one bare reset on a living connection; there \
        peer-gone or firewall-reject-midstream comes first.",
    told_apart: &[
        Rival {
            cause: "peer-gone",
            by: "\
                On the wire nothing does, at the server: its client seems to have forgotten the \
                connection.",
            settle: "\
                Capture on the client's node and look for segments that come from the backend's \
                own address.",
        },
        Rival {
            cause: "firewall-reject-midstream",
            by: "\
                At the server, on the wire nothing does either, unless the reset shows marks of a \
                third party.",
            settle: "\
                Capture on the client's node. `conntrack -S` there counts \"invalid\" upwards.",
        },
        Rival {
            cause: "nat-mapping-lost",
            by: "There it is the client's port or address that changed, and the server resets.",
            settle: "The sender of the reset, and which of the addresses is strange.",
        },
        Rival {
            cause: "stray-segment",
            by: "There the numbers match no connection of the client.",
            settle: "\
                A capture with both the service address and the backend's address in its filter.",
        },
    ],
    client_sees: "\
        Nothing at first. When the dead backend answers the next segment: ECONNRESET, Java \
        \"Connection reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\"; a \
        download stops in the middle.",
    server_sees: "\
        The backend gets ECONNRESET on a connection that both sides were using: \"Connection reset \
        by peer\" or \"Broken pipe\".",
    at_stake: "\
        The transfer in progress is cut. Its request was carried out at least in part, so repeat \
        only what is idempotent.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Drop what connection tracking finds invalid: `iptables -I FORWARD -m conntrack \
                --ctstate INVALID -j DROP` on the nodes.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "Or set `net.netfilter.nf_conntrack_tcp_be_liberal=1` on the nodes.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "Update kube-proxy, whose newer releases install that drop rule themselves.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "Resume downloads by range requests.",
        },
    ],
    references: &[
        "\
            kubernetes.io blog 2019, \"kube-proxy Subtleties: Debugging an Intermittent Connection \
            Reset\".",
        "Linux, net/netfilter/nf_conntrack_proto_tcp.c.",
        "\
            Measured on Linux 6.18: a segment above the window slips through; one below it is \
            ignored and harmless.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.by(Side::Client),
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Client)?;
    let twin = ask::continues_another_connection(facts, TwinEnd::Server).may_hold()?;
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
    fn a_segment_from_behind_the_service_address_is_reset_by_the_client() {
        let story = "0.000  service > client  ACK      seq 1 ack 101 len 900
             0.001  client > service  ACK      seq 101 ack 901
             0.002  backend > client  ACK      seq 70001 ack 101 len 900
             0.002  client > backend  RST      seq 101";
        assert_eq!(judged(story), ("nat-bypass-stray", Likely));
    }

    #[test]
    fn a_segment_that_belongs_to_none_of_the_clients_flows_is_a_stray() {
        let story = "0.000  service > client  ACK      seq 1 ack 101 len 900
             0.001  client > service  ACK      seq 101 ack 901
             0.002  backend > client  ACK      seq 70001 ack 990101 len 900
             0.002  client > backend  RST      seq 990101";
        assert_eq!(judged(story), ("stray-segment", Likely));
    }
}
