//! The client resets the SYN,ACK that it asked for.

use crate::case::facts::{Facts, Tell};
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "half-open-probe",
    aliases: &[
        "SYN scan",
        "half-open scan",
        "nmap -sS",
        "stealth scan",
        "cancelled connect",
        "happy eyeballs",
        "backscatter SYN,ACK",
        "EmbryonicRsts",
    ],
    title: "The client reset the SYN,ACK that it had asked for",
    phase: Phase::Connect,
    severity: Severity::Benign,
    happens: "\
        A SYN goes out, the server answers as it should, and the client's host answers that \
        SYN,ACK with a bare reset because it has no such connection. Either the SYN came from a \
        scanner that builds segments without a socket, or the client had given up connecting \
        before a late answer came, or the SYN was forged in the client's name.",
    ladder: "\
0.000  client > server  SYN      seq 0        window 1024
0.010  server > client  SYN,ACK  seq 0 ack 1
0.010  client > server  RST      seq 1        window 0
0.011  client > server  SYN      seq 0        the next port",
    looks_for: "\
        The reset must come from the client and must be a reply (no ACK, window 0) to a correct \
        SYN,ACK, so its sequence number is the acknowledgment of that SYN,ACK. A scanner shows a \
        SYN with window 1024 and no option but MSS, a hop limit that differs between SYN and \
        reset, many ports or hosts, and resets within microseconds. A cancelled connect shows an \
        ordinary SYN, a late SYN,ACK and one hop limit. A forged SYN shows a client that never \
        spoke before, and a reset from another distance.",
    told_apart: &[
        Rival {
            cause: "connect-probe",
            by: "\
                There a socket on the client aborts on purpose: the reset has ACK, a real window \
                and the connection's timestamps.",
            settle: "The flags of the reset settle it.",
        },
        Rival {
            cause: "synack-rejected",
            by: "\
                There the SYN,ACK was wrong: it acknowledges something else than the SYN, or \
                echoes a timestamp that was never sent.",
            settle: "\
                Run `nstat -az TcpExtPAWSActive` on the client, or read the trace point \
                `tcp:tcp_send_reset` there: NO_SOCKET for this cause.",
        },
        Rival {
            cause: "stale-tuple-syn",
            by: "There the reset answers a bare ACK where a SYN,ACK was due.",
            settle: "The flags of the answered segment settle it.",
        },
    ],
    client_sees: "\
        Nothing for a scan. A program that gave up connecting has already reported its own timeout \
        or cancellation.",
    server_sees: "\
        The application sees nothing, because the half-open connection is removed before accept(). \
        The kernel counts TcpExtEmbryonicRsts.",
    at_stake: "Nothing: no payload was sent.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                If a program gave up connecting, find out why the SYN,ACK was late, or raise its \
                connect timeout above the measured delay.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Treat many ports or hosts in a short time as a scan, and follow the site's policy \
                for scans.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "Filter sources that cannot be genuine (BCP 38), if the SYNs were forged.",
        },
    ],
    references: &[
        "RFC 9293, 3.5.2: a reset for a segment without a connection.",
        "\
            Measured on Linux 6.18: nmap SYN scan, and a SYN,ACK that came after the client had \
            given up.",
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
    let acceptable = ask::answers_acceptable_syn_ack(facts).may_hold()?;
    Some(
        Claim::new()
            .requires(ask::is_reply(facts))?
            .is_decided_by(acceptable)?
            .requires(Answer::when(
                facts.client().first_ack.is_none(),
                Fact::HandshakeNotAcknowledged,
                None,
            ))?
            .is_supported_by(ask::bears(facts, |tell| {
                matches!(tell, Tell::HopLimit { .. })
            }))
            .is_supported_by(scanner_syn(facts)),
    )
}

/// A SYN as raw scanners write them: a window of 1024 and no option but MSS.
fn scanner_syn(facts: &Facts<'_>) -> Answer {
    let syn = facts
        .case
        .before
        .of(Side::Client)
        .find(|line| line.header.flags.opens());
    let bare = syn.filter(|line| {
        let options = line.header.options;
        options.complete
            && options.timestamps.is_none()
            && options.window_scale.is_none()
            && !options.sack_permitted
    });
    Answer::when(
        bare.is_some(),
        Fact::BareSyn {
            window: bare.map_or(0, |line| line.header.window),
        },
        bare.map(|line| line.header.record),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, judged};

    #[test]
    fn a_scanner_whose_kernel_knows_of_no_syn_resets_the_syn_ack() {
        let story = "0.000  client > server  SYN      seq 0 win 1024 ttl 44
             0.010  server > client  SYN,ACK  seq 0 ack 1
             0.010  client > server  RST      seq 1 ttl 64";
        assert_eq!(judged(story), ("half-open-probe", Certain));
        assert_eq!(judged(&at_the_server(story)), ("half-open-probe", Certain));
        assert_eq!(
            judged(&across_the_wrap(story)),
            ("half-open-probe", Certain)
        );
    }

    #[test]
    fn a_connect_given_up_before_a_late_syn_ack_looks_the_same() {
        let story = "0.000  client > server  SYN      seq 0 scale 7 ts 1000/0
             1.000  client > server  SYN      seq 0 scale 7 ts 2000/0
             1.990  server > client  SYN,ACK  seq 0 ack 1 scale 7 ts 777/1000
             1.990  client > server  RST      seq 1";
        assert_eq!(judged(story), ("half-open-probe", Certain));
    }

    #[test]
    fn a_reset_with_ack_is_made_by_a_socket_that_knows_of_the_connection() {
        let story = "0.000  client > server  SYN      seq 0 win 1024 ttl 44
             0.010  server > client  SYN,ACK  seq 0 ack 1
             0.010  client > server  RST,ACK  seq 1 ack 1 ttl 44";
        assert_eq!(judged(story), ("connect-probe", Certain));
    }

    #[test]
    fn without_the_syn_it_is_no_more_than_possible() {
        let story = "0.000  server > client  SYN,ACK  seq 0 ack 1
             0.000  client > server  RST      seq 1";
        assert_eq!(judged(story), ("half-open-probe", Possible));
    }
}
