//! A reset that someone on the path sent in an endpoint's name: censor, intrusion prevention,
//! attacker.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "forged-rst",
    aliases: &[
        "injected reset",
        "injected RST",
        "censorship",
        "great firewall",
        "GFW",
        "IPS reset",
        "tcp reset attack",
        "spoofed reset",
        "connection tampering",
        "SNI blocking",
    ],
    title: "Someone on the path forged the reset",
    phase: Phase::Any,
    severity: Severity::Error,
    happens: "\
        A device on or beside the path watches the connection and sends a reset with an endpoint's \
        address, often right after a server name or keyword passes. The receiver cannot tell and \
        closes. The endpoint whose name was used knows nothing, and its real answer may still \
        arrive, too late.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 517     ClientHello
0.004  server > client  RST,ACK  seq 1 ack 518           odd hop limit
0.004  server > client  RST,ACK  seq 1461 ack 518        guess
0.004  server > client  RST,ACK  seq 4381 ack 518        guess
0.020  server > client  ACK      seq 1 ack 518 len 1460  real server
0.020  client > server  RST      seq 518                 echo",
    looks_for: "\
        The reset must be accepted by its receiver and must show at least two marks of another \
        sender. In the reset itself they are a foreign hop limit or IP ID, and an abort without \
        the connection's timestamps or with an arbitrary window. Around it they are several resets \
        within milliseconds with rising sequence numbers, resets to both ends, and real data of \
        the supposed sender afterwards. A reset that follows a SYN, a ClientHello, an HTTP Host \
        header or a keyword supports it, and so does one that depends on the content and not on \
        the server. With one mark only it stays an alternative.",
    told_apart: &[
        Rival {
            cause: "tls-handshake-reset",
            by: "There the reset has all the marks of the real server.",
            settle: "\
                Capture at the server: what it did not send is forged. Or try another server name \
                with the same address.",
        },
        Rival {
            cause: "firewall-reject-midstream",
            by: "\
                There a rule about addresses and ports rejects segments, with a single reset whose \
                numbers are right.",
            settle: "\
                The rules of the firewalls on the path, and whether the content makes a \
                difference.",
        },
        Rival {
            cause: "rst-ignored",
            by: "There the receiver did not accept the reset and went on.",
            settle: "A capture at the receiver shows what it did next.",
        },
        Rival {
            cause: "lb-idle-timeout",
            by: "There an idle period stands before the reset.",
            settle: "A capture of the time before, and the timeouts of the boxes on the path.",
        },
    ],
    client_sees: "\
        ECONNRESET, often after a fraction of the usual round trip: Java \"Connection reset\", \
        Node \"read ECONNRESET\", Go \"read: connection reset by peer\", curl \"(35)\" in the TLS \
        handshake or \"(56)\" later, browsers ERR_CONNECTION_RESET. After a SYN: ECONNREFUSED.",
    server_sees: "\
        ECONNRESET if it was reset as well, or the client's echo ends its connection; otherwise a \
        connection that falls silent.",
    at_stake: "The exchange is lost. A repeat meets the same device and the same fate.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Compare another path (VPN, mobile network) and another server name: a difference \
                shows the device.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Find the device by the hop limit of the resets, and by a traceroute whose probes \
                carry the same payload with growing hop limits.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Encrypt what the device reads (ECH for server names, DNS over TLS), or use a \
                tunnel where that is allowed.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "Take the matter to the owner of the network, with both captures.",
        },
    ],
    references: &[
        "Weaver, Sommer and Paxson, Detecting Forged TCP Reset Packets, NDSS 2009.",
        "Global, Passive Detection of Connection Tampering, SIGCOMM 2023; Cloudflare Radar 2024.",
        "RFC 5961, 3: only an exact sequence number resets a connection.",
        "Measured on Linux 6.18: resets forged after a server name, and an exact forged reset.",
    ],
    since: "0.1",
};

/// The rule: obeyed, and neither in form nor on its path what the endpoint it names would have sent.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY.but(Scope::REFUSAL),
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let foreign = ask::looks_foreign(facts).may_hold()?;
    let claim = Claim::new()
        .requires(foreign)?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_excluded_by(&ask::was_idle_for_long(facts))?
        .is_excluded_by(&ask::is_reply_to_syn(facts))?;
    // A copy that missed is still one of those that hit.
    let claim = if ask::is_a_copy_of_an_obeyed_one(facts).holds() {
        claim
    } else {
        claim.is_excluded_by(&ask::was_ignored(facts))?
    };
    let claim = claim.requires(ask::bears_odd_numbers(facts))?;
    Some(match ask::is_foreign_in_two_ways(facts) {
        second @ Answer::Yes(..) => claim
            .is_settled_by(second)
            .is_supported_by(ask::tls_handshake_is_open(facts)),
        _ => claim.ties_with("firewall-reject-midstream", SHARE),
    })
}

/// Its share when only one mark tells of another sender; below that of a filter, which is commoner; chosen.
const SHARE: u8 = 25;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, begun_midway, judged, judged_all, served};

    #[test]
    fn copies_with_guessed_positions_are_injected() {
        let story = served(
            "0.500  client > server  PSH,ACK  seq 101 ack 201 len 200
             0.504  server > client  RST,ACK  seq 201 ack 301 ttl 58 id 40000
             0.504  server > client  RST,ACK  seq 1661 ack 301 ttl 58 id 41000
             0.512  server > client  ACK      seq 201 ack 301 len 1460",
        );
        assert_eq!(
            judged_all(&story),
            [(8, "forged-rst", Certain), (9, "forged-rst", Certain)]
        );
    }

    #[test]
    fn an_alien_abort_that_the_real_answer_follows_is_injected() {
        let story = served(
            "0.500  client > server  PSH,ACK  seq 101 ack 201 len 200
             0.504  server > client  RST,ACK  seq 201 ack 301 ttl 58 id 40000
             0.515  server > client  ACK      seq 201 ack 301 len 1460",
        );
        assert_eq!(judged(&story), ("forged-rst", Certain));
        assert_eq!(judged(&across_the_wrap(&story)), ("forged-rst", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("forged-rst", Likely));
    }

    #[test]
    fn another_hop_limit_alone_leaves_it_to_the_server() {
        let story = served(
            "0.500  client > server  PSH,ACK  seq 101 ack 201 len 200
             0.512  server > client  RST,ACK  seq 201 ack 301 ttl 63",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
    }

    #[test]
    fn resets_that_bear_old_acknowledgments_are_no_guesses() {
        let story = served(
            "0.500  client > server  PSH,ACK  seq 101 ack 201 len 200
             0.512  server > client  ACK      seq 201 ack 301 len 1460
             0.512  server > client  ACK      seq 1661 ack 301 len 1460
             0.5122  server > client  RST,ACK  seq 3121 ack 301
             0.5123  client > server  ACK      seq 301 ack 1661
             0.5124  server > client  RST,ACK  seq 1661 ack 301
             0.5125  client > server  ACK      seq 301 ack 3121",
        );
        assert!(
            judged_all(&story)
                .iter()
                .all(|(_, cause, _)| *cause != "forged-rst")
        );
    }
}
