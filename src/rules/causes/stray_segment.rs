//! A reset that answers a segment for which the capture has no connection.

use crate::case::TwinEnd;
use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "stray-segment",
    aliases: &[
        "ACK scan",
        "FIN scan",
        "Xmas scan",
        "NULL scan",
        "nmap -sA",
        "nmap -sF",
        "backscatter",
        "segment of an unknown connection",
        "capture began too late",
    ],
    title: "Answer to a segment of no known connection",
    phase: Phase::Any,
    severity: Severity::Benign,
    happens: "\
        A segment arrives that belongs to no connection the host knows, and the host answers it \
        with a reset, as the standard demands. It may be a scan with odd flags, the backscatter of \
        an attack in which someone used this address, or the rest of a connection whose life the \
        capture did not see.",
    ladder: "\
0.000  client > server  ACK      seq 1 ack 77  scan
0.010  server > client  RST      seq 77        bears that ack
0.011  client > server  FIN      seq 1         another port
0.021  server > client  RST,ACK  seq 0 ack 2   no ACK to copy",
    looks_for: "\
        The reset must answer a segment on addresses and ports that were never opened in the \
        capture, and the numbers must match no connection that is known. An ACK or data is \
        answered with a bare reset, a FIN or a segment without flags with a reset that \
        acknowledges it. Many ports from one client show a scan. SYN,ACKs from strangers show \
        backscatter. A capture that began shortly before shows a connection caught midway.",
    told_apart: &[
        Rival {
            cause: "peer-gone",
            by: "There the connection was seen alive before, with traffic both ways.",
            settle: "\
                Start the capture earlier, and let it run for longer than the longest idle time.",
        },
        Rival {
            cause: "nat-mapping-lost",
            by: "\
                There the numbers are those at which another connection to the same server port \
                fell silent.",
            settle: "A capture behind the translator that holds the old connection too.",
        },
        Rival {
            cause: "nat-bypass-stray",
            by: "\
                There the client's port and acknowledgment match its connection to a service \
                address.",
            settle: "A capture on the client's node without a filter on addresses.",
        },
        Rival {
            cause: "rst-echo",
            by: "There an earlier reset had ended the connection within about two round trips.",
            settle: "Start the capture earlier.",
        },
        Rival {
            cause: "late-segment-after-teardown",
            by: "There both sides had closed the connection in the capture.",
            settle: "Start the capture earlier.",
        },
    ],
    client_sees: "\
        Nothing for a scan or backscatter. If it was a connection caught midway: ECONNRESET, as in \
        peer-gone.",
    server_sees: "Nothing: no application is involved. The host counts TcpOutRsts.",
    at_stake: "\
        Nothing that the capture shows. If a connection was caught midway, its last request is in \
        doubt.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Treat many ports or many hosts from one source as a scan, and follow the site's \
                policy for scans.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                If the reset matters to an application, capture again from before the connection \
                is opened.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Drop segments of unknown connections at the border firewall, if scans are a \
                nuisance.",
        },
    ],
    references: &[
        "RFC 9293, 3.10.7.1: segments for a connection that does not exist.",
        "\
            Measured on Linux 6.18: nmap ACK, FIN, Xmas and NULL scans. An open port answers an \
            ACK with a reset and stays silent to FIN, Xmas and NULL.",
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
    let unopened = ask::never_opened(facts).may_hold()?;
    Claim::new()
        .requires(ask::is_reply(facts))?
        .requires(unopened)?
        .is_weakened_by(ask::syn_ack_was_sent(facts))
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_excluded_by(&ask::continues_another_connection(facts, TwinEnd::Client))?
        .is_excluded_by(&ask::continues_another_connection(facts, TwinEnd::Server))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Likely;
    use crate::testkit::{across_the_wrap, at_the_server, judged};

    #[test]
    fn an_ack_scan_is_answered_at_its_own_number() {
        let story = "0.000  client > server  ACK  seq 1 ack 77
             0.010  server > client  RST  seq 77";
        assert_eq!(judged(story), ("stray-segment", Likely));
        assert_eq!(judged(&at_the_server(story)), ("stray-segment", Likely));
        assert_eq!(judged(&across_the_wrap(story)), ("stray-segment", Likely));
    }

    #[test]
    fn a_christmas_tree_is_answered_at_its_end() {
        let story = "0.000  client > server  FIN,PSH,URG  seq 1
             0.010  server > client  RST,ACK      seq 0 ack 2";
        assert_eq!(judged(story), ("stray-segment", Likely));
    }

    #[test]
    fn a_server_that_spoke_on_the_connection_knew_it_once() {
        let story = "0.000  client > server  ACK      seq 101 ack 201
             0.500  server > client  PSH,ACK  seq 201 ack 101 len 20
             0.500  client > server  ACK      seq 101 ack 221
             9.000  client > server  PSH,ACK  seq 101 ack 221 len 20
             9.010  server > client  RST      seq 221";
        assert_eq!(judged(story), ("peer-gone", Likely));
    }
}
