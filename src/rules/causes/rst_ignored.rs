//! A reset that its receiver did not accept.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "rst-ignored",
    aliases: &[
        "reset not accepted",
        "out-of-window reset",
        "challenge ACK",
        "blind reset attack",
        "TCPChallengeACK",
        "reset outside the window",
        "connection continued after RST",
    ],
    title: "A reset that changed nothing",
    phase: Phase::Any,
    severity: Severity::Benign,
    happens: "\
        A reset reaches an endpoint, but its sequence number is not exactly the one expected. \
        Inside the window the receiver asks back with a challenge ACK, outside the window it stays \
        silent. Either way the connection goes on, and no application notices.",
    ladder: "\
0.000  server > client  ACK  seq 1 ack 101 len 1460
0.000  client > server  ACK  seq 101 ack 1461
0.005  server > client  RST  seq 2461                   1461 is due
0.005  client > server  ACK  seq 101 ack 1461           challenge
0.010  server > client  ACK  seq 1461 ack 101 len 1460  goes on
0.010  client > server  ACK  seq 101 ack 2921",
    looks_for: "\
        The reset must be one that its receiver may not accept: its sequence number is not the \
        next expected one (nor, after a FIN, the one before, nor the right edge of a block \
        reported by SACK). The receiver must send a challenge ACK, or nothing, and the connection \
        must go on. Many guesses in a row show a blind attack. A number below the expected one \
        shows a forger that lost the race against the real data. A reordered genuine reset is \
        followed by an exact one.",
    told_apart: &[
        Rival {
            cause: "forged-rst",
            by: "There the receiver accepts the reset and the connection ends.",
            settle: "\
                A capture at the receiver, where its next expected number is visible in its own \
                ACKs.",
        },
        Rival {
            cause: "rst-echo",
            by: "There an earlier reset had already ended the connection.",
            settle: "A capture that holds the time before.",
        },
        Rival {
            cause: "data-after-close",
            by: "\
                There a first reset lies below what the receiver expects, and a second one, exact, \
                ends the connection.",
            settle: "A capture at the receiver, a few segments longer.",
        },
    ],
    client_sees: "\
        Nothing. If the client is the receiver, its kernel counts TcpExtTCPChallengeACK for resets \
        inside the window.",
    server_sees: "\
        Nothing. If the server is the receiver, its kernel counts TcpExtTCPChallengeACK for resets \
        inside the window.",
    at_stake: "Nothing: the connection goes on.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Look at hop limit and IP ID of these resets to find where they come from, if there \
                are many.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Protect long-lived connections, such as BGP, with TCP-AO and the hop limit check \
                of RFC 5082.",
        },
    ],
    references: &[
        "RFC 9293, 3.5.3, and RFC 5961, 3: when a reset is accepted.",
        "Linux, net/ipv4/tcp_input.c, `tcp_validate_incoming`.",
        "\
            Measured on Linux 6.18: resets inside and outside the window, and a forged reset that \
            came too late.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY,
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let ignored = ask::was_ignored(facts).may_hold()?;
    Some(
        Claim::new()
            .is_decided_by(ignored)?
            .is_excluded_by(&ask::follows_a_reset(facts))?
            .is_excluded_by(&ask::is_a_copy_of_an_obeyed_one(facts))?
            .is_supported_by(ask::looks_foreign(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, begun_midway, judged, served};

    #[test]
    fn a_guess_within_the_window_is_challenged() {
        let story = served(
            "0.100  server > client  RST  seq 1201
             0.100  client > server  ACK  seq 101 ack 201
             0.400  client > server  PSH,ACK  seq 101 ack 201 len 20
             0.412  server > client  PSH,ACK  seq 201 ack 121 len 20",
        );
        assert_eq!(judged(&story), ("rst-ignored", Certain));
        assert_eq!(judged(&across_the_wrap(&story)), ("rst-ignored", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("rst-ignored", Likely));
    }

    #[test]
    fn a_guess_below_what_was_received_is_passed_over() {
        let story = served(
            "0.100  server > client  RST,ACK  seq 101 ack 101 id 9
             0.400  client > server  PSH,ACK  seq 101 ack 201 len 20
             0.412  server > client  PSH,ACK  seq 201 ack 121 len 20",
        );
        assert_eq!(judged(&story), ("rst-ignored", Certain));
    }

    #[test]
    fn the_exact_position_is_obeyed() {
        let story = served("0.100  server > client  RST,ACK  seq 201 ack 101");
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn where_the_capture_missed_what_was_said_before_no_position_is_wrong() {
        let story = "0.000  client > server  SYN      seq 0
             0.001  server > client  PSH,ACK  seq 5000 ack 485 len 31
             0.002  client > server  RST      seq 517";
        assert_ne!(judged(story).0, "rst-ignored");
    }
}
