//! A packet filter, not the host's TCP, refused the SYN.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "firewall-reject",
    aliases: &[
        "iptables REJECT",
        "reject-with tcp-reset",
        "nftables reject",
        "nft reject",
        "reject with tcp reset",
        "firewall refused the connection",
        "rejected SYN",
    ],
    title: "A packet filter refused the SYN",
    phase: Phase::Connect,
    severity: Severity::Error,
    happens: "\
        A rule on the server, or on a router or firewall before it, answers the SYN with a reset \
        in the server's name. The service may be up and well, and other clients may reach it. The \
        server's TCP and the application never learn of the attempt.",
    ladder: "\
0.000  client > server  SYN      seq 0        DSCP 18
0.001  server > client  RST,ACK  seq 0 ack 1  DSCP 0, hop limit 64
4.000  other > server   SYN      seq 0        from another network
4.010  server > other   SYN,ACK  seq 0 ack 1  hop limit 63",
    looks_for: "\
        The reset must answer a SYN (raw sequence number 0, acknowledging exactly the SYN), and at \
        least one mark of a third party must be visible. The marks are a hop limit other than that \
        of the host's other segments, an answer faster than the shortest round trip to that host, \
        and DSCP 0 in the answer to a marked SYN. A port that refuses some clients and answers \
        others counts as well. One mark is enough here, because a refusal has few to show; but \
        a fast answer alone is one only where four other answers agree that the host is slower. \
        If every mark agrees with the host, or if the host sent nothing else to compare with and \
        the SYN has DSCP 0, port-closed comes first.",
    told_apart: &[
        Rival {
            cause: "port-closed",
            by: "\
                On the wire nothing does if the server filters for itself and the SYN carries DSCP \
                0. A foreign hop limit, a round trip that is too short, an uncopied DSCP or a \
                refusal for some clients only shows the filter.",
            settle: "\
                Run `ss -ltn` on the server (the port listens) and `nft list ruleset` or \
                `iptables-save -c` (a reject rule counts). The trace point `tcp:tcp_send_reset` \
                prints nothing for a filter and NO_SOCKET for a closed port. A second try with \
                another DSCP (`curl --ip-tos AF21`, from curl 8.9 on) shows whether it is copied.",
        },
        Rival {
            cause: "firewall-reject-midstream",
            by: "There the reset answers a segment of a connection that was already established.",
            settle: "A capture that begins with the SYN.",
        },
    ],
    client_sees: "\
        connect() fails with ECONNREFUSED, exactly as for a closed port: Java \"ConnectException: \
        Connection refused\", Node \"connect ECONNREFUSED\", Go \"connect: connection refused\", \
        Python \"ConnectionRefusedError: [Errno 111]\", curl exit code 7, nginx \"connect() failed \
        (111: Connection refused)\". A rule that answers with ICMP port unreachable gives the same \
        error without a reset.",
    server_sees: "\
        Nothing. Not even TcpOutRsts of the host grows; only the counter of the filter's rule \
        does.",
    at_stake: "\
        No byte is lost, except data that TCP Fast Open put into the SYN. A repeat is safe and \
        meets the same rule.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Find the rule: `nft list ruleset` or `iptables-save -c` on the server, then on \
                each router and firewall on the path, nearest to the hop limit seen.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Try from another address or network, to see whether the refusal depends on where \
                the client is.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Allow the client's address and the server's port if the connection is legitimate.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Prefer DROP or ICMP \"administratively prohibited\" for policy, so that nobody \
                takes the rule for a dead service.",
        },
    ],
    references: &[
        "RFC 9293, 3.5.2, group 1.",
        "Linux, net/ipv4/netfilter/nf_reject_ipv4.c.",
        "\
            Measured on Linux 6.18: nft, iptables and a router's rule. The filter's reset has DSCP \
            0 whatever the SYN has, and causes no tcp_send_reset event.",
    ],
    since: "0.1",
};

/// The rule: one mark of another sender is enough here, for a refusal has few to show.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REFUSAL,
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let claim = Claim::new()
        .requires(ask::is_reply_to_syn(facts))?
        .requires(Answer::when(
            facts.server().syn.is_none(),
            Fact::NoSynAck,
            None,
        ))?;
    let foreign = ask::looks_foreign(facts);
    if foreign.holds() {
        let claim = claim.requires(foreign)?;
        let second = facts
            .tells
            .get(1)
            .map(|tell| Answer::Yes(Fact::Foreign(*tell), vec![facts.case.reset.record]));
        return Some(match second {
            Some(second) => claim.is_settled_by(second),
            None => claim,
        });
    }
    let dscp = facts.form.answers.map_or(0, |line| line.header.ip.dscp);
    // A filter on the host itself, too, leaves the code point at zero.
    let selective = ask::others_are_answered_meanwhile(facts);
    let share = if selective.holds() { SELECTIVE } else { SHARE };
    (dscp == 0).then(|| {
        claim
            .is_supported_by(selective)
            .ties_with("port-closed", share)
    })
}

/// Of refusals that nothing marks as a filter's, so many in a hundred come from one all the same; the taxonomy's share.
const SHARE: u8 = 20;
/// The same where clients of other hosts are answered meanwhile; chosen.
const SELECTIVE: u8 = 60;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::judged;

    #[test]
    fn a_refusal_from_nearer_and_sooner_than_the_host_is_a_filter() {
        let story = "0.000  other > server  SYN      seq 0
             0.010  server > other  SYN,ACK  seq 0 ack 1 ttl 57
             0.010  other > server  ACK      seq 1 ack 1
             1.000  client > server  SYN      seq 0
             1.001  server > client  RST,ACK  seq 0 ack 1 ttl 63";
        assert_eq!(judged(story), ("firewall-reject", Certain));
    }

    #[test]
    fn a_slow_answer_says_nothing_of_the_path_unless_others_agree() {
        let answered = |port: u16| {
            format!(
                "0.000  other:{port} > server:81  SYN      seq 0
                 0.180  server:81 > other:{port}  SYN,ACK  seq 0 ack 1\n"
            )
        };
        let refused = "1.000  client > server  SYN      seq 0
             1.001  server > client  RST,ACK  seq 0 ack 1";
        let few = answered(40_001) + refused;
        assert_eq!(judged(&few), ("port-closed", Likely));
        let many = (40_001..40_005).map(answered).collect::<String>() + refused;
        assert_eq!(judged(&many), ("firewall-reject", Likely));
    }

    #[test]
    fn one_mark_is_enough_for_likely() {
        let story = "0.000  client > server  SYN      seq 0 dscp 10
             0.010  server > client  RST,ACK  seq 0 ack 1";
        assert_eq!(judged(story), ("firewall-reject", Likely));
    }

    #[test]
    fn a_refusal_without_any_mark_is_first_of_all_a_closed_port() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  RST,ACK  seq 0 ack 1";
        assert_eq!(judged(story), ("port-closed", Likely));
    }

    #[test]
    fn a_port_that_answers_other_clients_at_the_same_time_chooses() {
        let story = "0.000  other > server  SYN      seq 0
             0.010  server > other  SYN,ACK  seq 0 ack 1
             0.010  other > server  ACK      seq 1 ack 1
             1.000  client > server  SYN      seq 0
             1.010  server > client  RST,ACK  seq 0 ack 1
             1.020  other:40077 > server  SYN      seq 0
             1.030  server > other:40077  SYN,ACK  seq 0 ack 1
             1.030  other:40077 > server  ACK      seq 1 ack 1";
        assert_eq!(judged(story), ("firewall-reject", Possible));
    }
}
