//! Nobody listens on the port: the host's own refusal of a SYN.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "port-closed",
    aliases: &[
        "connection refused",
        "ECONNREFUSED",
        "errno 111",
        "refused connection",
        "no listener",
        "nothing listens on the port",
        "closed port",
    ],
    title: "Nobody listens on that port",
    phase: Phase::Connect,
    severity: Severity::Error,
    happens: "\
        A SYN reaches the host, and no socket listens on its address and port. The host's kernel \
        refuses it with a reset, and no application is asked. Usual reasons are a service that is \
        down or still starting, a wrong port, or a service that is bound to another address, such \
        as loopback.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  RST,ACK  seq 0 ack 1  raw seq 0, window 0
0.510  client > server  SYN      seq 0        Windows asks again
0.520  server > client  RST,ACK  seq 0 ack 1  refused again",
    looks_for: "\
        The reset must answer a SYN: its raw sequence number is 0, it acknowledges exactly the SYN \
        and any payload in it, and its window is 0. No SYN,ACK may have been sent on this \
        connection. Support comes from a hop limit and a round-trip time like those of the host's \
        other segments, from a DSCP copied out of the SYN, and from a port that refuses every SYN. \
        A SYN and its refusal repeated at even spacing are one refusal, met by a Windows client \
        that tries again. SYN,ACKs that the port sends to others in the same seconds speak against \
        it: then a backend comes and goes, a Windows backlog is full, or a filter selects.",
    told_apart: &[
        Rival {
            cause: "firewall-reject",
            by: "\
                On the wire nothing does if the server filters for itself and the SYN carries DSCP \
                0; then this cause comes first, because it is far more common. DSCP 0 in the \
                answer to a marked SYN, another hop limit, an answer faster than the host's round \
                trip, or a refusal for some clients only shows the filter.",
            settle: "\
                Run `ss -ltn` on the server to see who listens, and `nft list ruleset` or \
                `iptables-save` for reject rules. The trace point `tcp:tcp_send_reset` prints \
                NO_SOCKET for a closed port and nothing at all for a filter.",
        },
        Rival {
            cause: "handshake-state-lost",
            by: "\
                There the same kind of reset answers a second SYN while the SYN,ACK to a first SYN \
                is still open. Without that first SYN,ACK the refusal is counted here.",
            settle: "\
                Capture from before the first SYN. The trace point prints NO_SOCKET for a closed \
                port and INVALID_SYN for the second SYN.",
        },
    ],
    client_sees: "\
        connect() fails with ECONNREFUSED. Java says \"ConnectException: Connection refused\", \
        Node \"connect ECONNREFUSED\", Go \"connect: connection refused\", Python \
        \"ConnectionRefusedError: [Errno 111]\", curl exit code 7, and nginx \"connect() failed \
        (111: Connection refused) while connecting to upstream\". An ICMP port unreachable gives \
        the same error on Linux without any reset.",
    server_sees: "Nothing: no application is involved. The host only counts TcpOutRsts.",
    at_stake: "\
        No byte is lost, except data that TCP Fast Open put into the SYN. A repeat is safe, but it \
        meets the same refusal until something listens.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Run `ss -ltnp` on the server, and start the service if the port is missing from \
                the list.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Compare the listening address with the one that clients use: 127.0.0.1 does not \
                serve other hosts, 0.0.0.0 or :: does.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Check the address, the port and what the name resolves to.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Try again with growing pauses while a service restarts, and give up after a \
                bounded number of attempts.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Send traffic to an instance only after its readiness probe has succeeded, and \
                withdraw it before it stops.",
        },
    ],
    references: &[
        "\
            RFC 9293, 3.5.2, group 1: a reset in answer to a segment for which there is no \
            connection.",
        "Linux, net/ipv4/tcp_ipv4.c, `tcp_v4_rcv` at `no_tcp_socket`, and `tcp_v4_send_reset`.",
        "Microsoft KB175523: a Windows client repeats a SYN that was refused.",
        "\
            Measured on Linux 6.18, over IPv4 and IPv6: form, window 0 and copied DSCP of the \
            refusal.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REFUSAL,
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let service = facts.case.neighbourhood.service;
    let dscp = facts.form.answers.map_or(0, |line| line.header.ip.dscp);
    let reset = &facts.case.reset;
    let like_host = ask::looks_like_its_sender(facts);
    let host_marked = dscp != 0 && reset.ip.dscp == dscp && like_host.holds();
    let claim = Claim::new()
        .requires(ask::is_reply_to_syn(facts))?
        .requires(Answer::when(
            facts.server().syn.is_none(),
            Fact::NoSynAck,
            None,
        ))?
        .is_supported_by(like_host)
        .is_settled_by(Answer::when(
            host_marked,
            Fact::DscpCopied { dscp },
            [reset.record],
        ))
        .is_supported_by(Answer::when(
            service.answered == 0 && service.refused > 1,
            Fact::PortRefusesAll {
                refused: service.refused,
            },
            None,
        ));
    Some(if host_marked {
        claim
    } else if ask::others_are_answered_meanwhile(facts).holds() {
        claim.ties_with("firewall-reject", SELECTIVE)
    } else {
        claim.ties_with("firewall-reject", SHARE)
    })
}

/// Of refusals that nothing marks as a filter's, so many in a hundred come from the host, and so many where others are answered meanwhile;
/// the taxonomy's, the second chosen: a filter is then likelier than a service that flaps.
const SHARE: u8 = 80;
const SELECTIVE: u8 = 40;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{at_the_server, judged, served};

    #[test]
    fn a_refusal_that_copies_the_code_point_comes_from_the_host() {
        let story = "0.000  client > server:443  SYN      seq 0 dscp 18
             0.010  server:443 > client  SYN,ACK  seq 0 ack 1 dscp 18 ttl 57
             0.010  client > server:443  ACK      seq 1 ack 1 dscp 18
             0.050  client:40009 > server  SYN      seq 0 dscp 18
             0.060  server > client:40009  RST,ACK  seq 0 ack 1 dscp 18 ttl 57";
        assert_eq!(judged(story), ("port-closed", Certain));
        assert_eq!(judged(&at_the_server(story)), ("port-closed", Certain));
    }

    #[test]
    fn an_old_connection_between_the_same_ports_changes_nothing() {
        let story = served(
            "0.030  client > server  FIN,ACK  seq 101 ack 201
             0.040  server > client  FIN,ACK  seq 201 ack 102
             0.040  client > server  ACK      seq 102 ack 202
             65.00  client > server  SYN      seq 900000
             65.01  server > client  RST,ACK  seq 0 ack 900001",
        );
        assert_eq!(judged(&story), ("port-closed", Likely));
        assert_eq!(judged(&at_the_server(&story)), ("port-closed", Likely));
    }

    #[test]
    fn a_port_that_answered_until_now_may_have_been_closed() {
        let story = "0.000  client B > server  SYN      seq 0
             0.010  server > client B  SYN,ACK  seq 0 ack 1
             0.010  client B > server  ACK      seq 1 ack 1
             0.100  client > server  SYN      seq 0
             0.110  server > client  RST,ACK  seq 0 ack 1";
        assert_eq!(judged(story), ("port-closed", Likely));
    }

    #[test]
    fn a_service_that_starts_answers_the_same_client_a_second_later() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  RST,ACK  seq 0 ack 1
             1.000  client:40077 > server  SYN      seq 0
             1.010  server > client:40077  SYN,ACK  seq 0 ack 1
             1.010  client:40077 > server  ACK      seq 1 ack 1";
        assert_eq!(judged(story), ("port-closed", Likely));
    }

    #[test]
    fn a_port_that_opened_between_two_tries_had_been_closed() {
        let story = "0.000  client > server  SYN      seq 0
             0.001  server > client  RST,ACK  seq 0 ack 1
             0.500  client > server  SYN      seq 0
             0.501  server > client  SYN,ACK  seq 0 ack 1
             0.501  client > server  ACK      seq 1 ack 1
             0.502  client > server  PSH,ACK  seq 1 ack 1 len 100
             0.503  server > client  PSH,ACK  seq 1 ack 101 len 200";
        assert_eq!(judged(story), ("port-closed", Likely));
    }
}
