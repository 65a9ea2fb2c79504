//! A new SYN runs into what the server still remembers of an earlier connection.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "stale-tuple-syn",
    aliases: &[
        "SYN to established connection",
        "challenge ACK to SYN",
        "port reuse",
        "source port reuse",
        "four-tuple collision",
        "4-tuple collision",
        "SYN to TIME_WAIT",
        "TCPSYNChallenge",
    ],
    title: "A SYN met an old connection with the same ports",
    phase: Phase::Connect,
    severity: Severity::Warning,
    happens: "\
        A client opens a connection from a port that the server still knows from an earlier one. \
        The server answers the SYN with an ACK of the old connection. The client's kernel finds \
        that ACK meaningless and resets it, which clears the old connection away, and the repeated \
        SYN then succeeds. Typical are a client that crashed, a fixed source port, or an address \
        translator that reuses ports too soon.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  ACK      seq 901 ack 501  old numbers
0.010  client > server  RST      seq 501          bears that ack
0.022  client > server  SYN      seq 0            again
0.032  server > client  SYN,ACK  seq 0 ack 1
0.032  client > server  ACK      seq 1 ack 1      established",
    looks_for: "\
        A SYN must be answered by a bare ACK that does not acknowledge it, and the client's reset \
        must be a reply whose sequence number is the acknowledgment of that ACK. A SYN repeated \
        within milliseconds (12 ms in a measurement) or after 1 s, followed by a SYN,ACK, supports \
        it. So does earlier traffic on the same addresses and ports without a proper end.",
    told_apart: &[
        Rival {
            cause: "half-open-probe",
            by: "There the reset answers a correct SYN,ACK, not a bare ACK.",
            settle: "The flags of the answered segment settle it.",
        },
        Rival {
            cause: "synack-rejected",
            by: "There the reset answers a SYN,ACK that acknowledges something else than the SYN.",
            settle: "\
                The flags of the answered segment; the trace point `tcp:tcp_send_reset` on the \
                client prints TCP_INVALID_ACK_SEQUENCE for both.",
        },
    ],
    client_sees: "\
        Nothing but a short delay: connect() succeeds with the repeated SYN. If the server's ACK \
        is lost every time, connect() gives ETIMEDOUT.",
    server_sees: "\
        The new connection is normal. The socket of the old one, if the application still holds \
        it, gives ECONNRESET on its next read: Java \"Connection reset\", Go \"read: connection \
        reset by peer\".",
    at_stake: "\
        Nothing of the new connection is lost. What was in doubt on the old connection was lost \
        before, when its client vanished.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Do nothing if the connection then succeeds; the delay is milliseconds to one \
                second.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Do not bind a fixed source port, and close connections before reusing their port.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Give the address translator more ports and addresses, and let it keep a port \
                unused for longer than the server's timeouts.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Keep timestamps on (`net.ipv4.tcp_timestamps=1`), and find dead clients with \
                keep-alive.",
        },
    ],
    references: &[
        "\
            RFC 9293, 3.10.7.4, and RFC 5961, 4: challenge ACK to a SYN; RFC 6191: TIME-WAIT \
            reduction with timestamps.",
        "Linux, net/ipv4/tcp_input.c, `tcp_rcv_synsent_state_process`.",
        "Measured on Linux 6.18: a SYN to an established connection and to TIME_WAIT.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.by(Side::Client),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Client)?;
    let old = ask::answers_ack_of_an_old_connection(facts).may_hold()?;
    let repeated = facts
        .case
        .after
        .of(Side::Client)
        .find(|line| line.header.flags.opens());
    Some(
        Claim::new()
            .requires(ask::is_reply(facts))?
            .is_decided_by(old)?
            .requires(Answer::when(
                facts.server().syn.is_none(),
                Fact::NoSynAck,
                None,
            ))?
            .is_supported_by(Answer::when(
                facts.case.predecessor.is_some(),
                Fact::TupleWasInUse,
                facts.case.predecessor.map(|before| before.last.record),
            ))
            .is_supported_by(Answer::when(
                repeated.is_some(),
                Fact::SynRepeated {
                    after: repeated.map_or(0, |line| line.header.time - facts.case.reset.time),
                },
                repeated.map(|line| line.header.record),
            )),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Certain;
    use crate::testkit::{across_the_wrap, at_the_server, judged, served};

    #[test]
    fn an_acknowledgment_of_old_numbers_in_place_of_a_syn_ack_meets_a_reset() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  ACK      seq 901 ack 501
             0.010  client > server  RST      seq 501";
        assert_eq!(judged(story), ("stale-tuple-syn", Certain));
        assert_eq!(judged(&at_the_server(story)), ("stale-tuple-syn", Certain));
        assert_eq!(
            judged(&across_the_wrap(story)),
            ("stale-tuple-syn", Certain)
        );
    }

    #[test]
    fn the_syn_repeated_after_it_is_no_mark_of_another_sender() {
        let story = served(
            "9.000  client > server  SYN      seq 700000
             9.010  server > client  ACK      seq 201 ack 101
             9.010  client > server  RST      seq 101
             9.030  client > server  SYN      seq 700000
             9.040  server > client  SYN,ACK  seq 800000 ack 700001
             9.040  client > server  ACK      seq 700001 ack 800001",
        );
        assert_eq!(judged(&story), ("stale-tuple-syn", Certain));
    }

    #[test]
    fn a_syn_ack_with_the_wrong_acknowledgment_is_another_matter() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  SYN,ACK  seq 900 ack 501
             0.010  client > server  RST      seq 501";
        assert_eq!(judged(story), ("synack-rejected", Certain));
    }
}
