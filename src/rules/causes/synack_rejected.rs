//! The client found the SYN,ACK unacceptable.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "synack-rejected",
    aliases: &[
        "bad SYN,ACK",
        "invalid SYN-ACK",
        "wrong ack in SYN,ACK",
        "SYN,ACK with bad timestamp",
        "PAWS in SYN_SENT",
        "TCP_RFC7323_PAWS",
        "sequence number rewriting",
    ],
    title: "The client found the SYN,ACK unacceptable",
    phase: Phase::Connect,
    severity: Severity::Error,
    happens: "\
        The answer to the client's SYN does not fit it: it acknowledges a number that was never \
        sent, or it echoes a timestamp that the client never used. The client's TCP answers with a \
        reset and sends its SYN again, and the next answer is just as wrong. Mostly a device on \
        the path rewrites numbers in one direction only.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.010  server > client  SYN,ACK  seq 0 ack 5001  should be 1
0.010  client > server  RST      seq 5001        bears that ack
1.010  client > server  SYN      seq 0           again
1.020  server > client  SYN,ACK  seq 0 ack 5001  wrong again
1.020  client > server  RST      seq 5001",
    looks_for: "\
        The client's reset must be a reply to a SYN,ACK, and that SYN,ACK must acknowledge \
        something other than the SYN plus its payload, or echo a timestamp that the client never \
        sent. The SYN must be tried again. The same fault on every try supports it, and so does a \
        SYN proxy, an address translator or an accelerator on the path.",
    told_apart: &[
        Rival {
            cause: "half-open-probe",
            by: "There the SYN,ACK is correct and the client's host has no socket for it.",
            settle: "\
                The trace point `tcp:tcp_send_reset` on the client prints NO_SOCKET there, and \
                TCP_INVALID_ACK_SEQUENCE or TCP_RFC7323_PAWS here.",
        },
        Rival {
            cause: "stale-tuple-syn",
            by: "\
                There the reset answers a bare ACK of an old connection, and the next SYN \
                succeeds.",
            settle: "The flags of the answered segment settle it.",
        },
    ],
    client_sees: "\
        connect() fails with ETIMEDOUT after all tries, because each wrong answer is thrown away: \
        Java \"ConnectException: Connection timed out\", Go \"connect: connection timed out\", \
        curl exit code 28. The kernel counts TcpExtPAWSActive for a wrong timestamp.",
    server_sees: "Nothing: the half-open connection is removed, and TcpExtEmbryonicRsts may grow.",
    at_stake: "No payload was sent. A repeat over the same path meets the same fault.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Capture on both sides of each firewall, proxy and accelerator, and compare the \
                numbers of SYN and SYN,ACK.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Test with `sysctl net.ipv4.tcp_timestamps=0` for a moment: success shows rewritten \
                timestamps.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Update or bypass the device, or switch its SYN proxy or sequence number \
                randomisation off.",
        },
    ],
    references: &[
        "RFC 9293, 3.10.7.3: SYN-SENT state; RFC 7323: timestamps.",
        "Linux, net/ipv4/tcp_input.c, `tcp_rcv_synsent_state_process`.",
        "Measured on Linux 6.18: a wrong acknowledgment and a wrong timestamp echo.",
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
    let unacceptable = ask::answers_unacceptable_syn_ack(facts).may_hold()?;
    Claim::new()
        .requires(ask::is_reply(facts))?
        .is_decided_by(unacceptable)?
        .requires(Answer::when(
            facts.client().first_ack.is_none(),
            Fact::HandshakeNotAcknowledged,
            None,
        ))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Certain;
    use crate::testkit::{across_the_wrap, at_the_server, judged};

    #[test]
    fn a_syn_ack_that_acknowledges_something_else_is_rejected_each_time() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  SYN,ACK  seq 0 ack 9001
             0.010  client > server  RST      seq 9001
             1.010  client > server  SYN      seq 0
             1.020  server > client  SYN,ACK  seq 0 ack 9001
             1.020  client > server  RST      seq 9001";
        assert_eq!(judged(story), ("synack-rejected", Certain));
        assert_eq!(judged(&at_the_server(story)), ("synack-rejected", Certain));
        assert_eq!(
            judged(&across_the_wrap(story)),
            ("synack-rejected", Certain)
        );
    }

    #[test]
    fn an_echo_of_a_timestamp_never_sent_is_rejected() {
        let story = "0.000  client > server  SYN      seq 0 ts 1000/0
             0.010  server > client  SYN,ACK  seq 0 ack 1 ts 777/555
             0.010  client > server  RST      seq 1";
        assert_eq!(judged(story), ("synack-rejected", Certain));
        assert_eq!(judged(&at_the_server(story)), ("synack-rejected", Certain));
    }

    #[test]
    fn an_echo_of_the_first_of_two_syns_is_acceptable() {
        let story = "0.000  client > server  SYN      seq 0 ts 1000/0
             1.000  client > server  SYN      seq 0 ts 2000/0
             1.010  server > client  SYN,ACK  seq 0 ack 1 ts 777/1000
             1.010  client > server  RST      seq 1";
        assert_eq!(judged(story), ("half-open-probe", Certain));
    }
}
