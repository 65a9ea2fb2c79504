//! A sender repeated its data without an acknowledgment until it lost patience.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "retransmit-timeout-abort",
    aliases: &[
        "retransmission timeout reset",
        "retransmit timeout",
        "RTO abort",
        "gave up retransmitting",
        "BSD tcp_drop",
        "TCP_USER_TIMEOUT",
    ],
    title: "Data was retransmitted in vain, then reset",
    phase: Phase::Data,
    severity: Severity::Error,
    happens: "\
        One side sends data, hears no acknowledgment, and repeats it with growing pauses. At last \
        its TCP gives up, tells its application ETIMEDOUT and sends a reset. Systems of the BSD \
        family do this; Linux gives up without sending anything, so a reset of this kind does not \
        come from a Linux kernel.",
    ladder: "\
0.000  server > client  PSH,ACK  seq 1 ack 41 len 60
1.000  server > client  PSH,ACK  seq 1 ack 41 len 60  again
3.000  server > client  PSH,ACK  seq 1 ack 41 len 60  again
7.000  server > client  PSH,ACK  seq 1 ack 41 len 60  and so on
511.0  server > client  RST,ACK  seq 61 ack 41        gives up",
    looks_for: "\
        One segment must have been repeated at least three times with growing pauses, with no \
        acknowledgment that its sender shows having received, and then the same side must abort \
        (ACK set, its own numbers). Other habits of a BSD system in that sender support it. \
        Acknowledgments that it took note of exclude it.",
    told_apart: &[
        Rival {
            cause: "keepalive-timeout",
            by: "\
                There the repeated segments are probes: one below the next sequence number, 0 or 1 \
                byte, evenly spaced.",
            settle: "The spacing and the payload of the repetitions settle it.",
        },
        Rival {
            cause: "linger-zero-abort",
            by: "\
                There the data was acknowledged, or the application aborted of its own accord \
                during the repetitions.",
            settle: "The sender's log: ETIMEDOUT here, no error there.",
        },
        Rival {
            cause: "orphan-abort",
            by: "\
                There the receiver answers with a window of zero, or the kernel runs out of room \
                for orphans.",
            settle: "Run `nstat -az TcpExtTCPAbortOnMemory` on a Linux sender.",
        },
        Rival {
            cause: "peer-gone",
            by: "\
                There a Linux sender gave up in silence, and its bare reset answers a later \
                segment of the other side.",
            settle: "The flags of the reset settle it.",
        },
    ],
    client_sees: "\
        If the server gave up: ECONNRESET, if the reset reaches the client. If the client gave up: \
        ETIMEDOUT, Java \"Connection timed out\", Go \"read: connection timed out\", Node \"read \
        ETIMEDOUT\".",
    server_sees: "\
        If the server gave up: ETIMEDOUT. If the client gave up: ECONNRESET, or nothing if the \
        path is dead both ways.",
    at_stake: "\
        The unacknowledged data is in doubt: it may have arrived while its acknowledgment was \
        lost. Repeat only what is idempotent.",
    advice: &[
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Find where data or ACKs vanish: capture at both ends, look for path MTU trouble if \
                only large segments are lost.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Reconnect, over another path if there is one.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Let ICMP \"fragmentation needed\" and \"packet too big\" pass, and repair the \
                route that loses one direction.",
        },
    ],
    references: &[
        "RFC 9293, 3.8.3: connection failures; RFC 1122, 4.2.3.5.",
        "\
            FreeBSD, sys/netinet/tcp_subr.c, `tcp_drop`; Linux, net/ipv4/tcp_timer.c, \
            `tcp_write_err`, which sends nothing.",
        "\
            Measured on Linux 6.18: retransmission and TCP_USER_TIMEOUT with unacknowledged data \
            end without a reset.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT,
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let repeated = ask::repeated_until_the_end(facts).may_hold()?;
    Some(
        Claim::new()
            .requires(ask::is_abort(facts))?
            .is_decided_by(repeated)?
            .is_weakened_by(ask::repetitions_were_answered(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn an_answer_sent_four_times_in_vain_is_given_up() {
        let story = served(
            "1.000  server > client  PSH,ACK  seq 201 ack 101 len 60
             1.300  server > client  PSH,ACK  seq 201 ack 101 len 60
             1.900  server > client  PSH,ACK  seq 201 ack 101 len 60
             3.100  server > client  PSH,ACK  seq 201 ack 101 len 60
             5.500  server > client  RST,ACK  seq 261 ack 101",
        );
        assert_eq!(judged(&story), ("retransmit-timeout-abort", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("retransmit-timeout-abort", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("retransmit-timeout-abort", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("retransmit-timeout-abort", Likely)
        );
    }

    #[test]
    fn two_repetitions_are_common() {
        let story = served(
            "1.000  server > client  PSH,ACK  seq 201 ack 101 len 60
             1.300  server > client  PSH,ACK  seq 201 ack 101 len 60
             1.900  server > client  PSH,ACK  seq 201 ack 101 len 60
             1.950  server > client  RST,ACK  seq 261 ack 101",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn three_lost_segments_each_repeated_once_are_not_three_repetitions() {
        let story = served(
            "1.000  server > client  ACK      seq 201 ack 101 len 1460
             1.000  server > client  ACK      seq 1661 ack 101 len 1460
             1.000  server > client  ACK      seq 3121 ack 101 len 1460
             1.250  server > client  ACK      seq 201 ack 101 len 1460
             1.260  server > client  ACK      seq 1661 ack 101 len 1460
             1.270  server > client  ACK      seq 3121 ack 101 len 1460
             1.300  server > client  RST,ACK  seq 4581 ack 101",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn a_side_that_had_closed_gives_up_its_last_words_too() {
        let story = served(
            "1.000  client > server  PSH,ACK  seq 101 ack 201 len 60
             1.001  client > server  FIN,ACK  seq 161 ack 201
             1.300  client > server  PSH,FIN,ACK  seq 101 ack 201 len 60
             1.900  client > server  PSH,FIN,ACK  seq 101 ack 201 len 60
             3.100  client > server  PSH,FIN,ACK  seq 101 ack 201 len 60
             5.500  client > server  PSH,FIN,ACK  seq 101 ack 201 len 60
             10.30  client > server  RST,ACK  seq 162 ack 201 win 0",
        );
        assert_eq!(judged(&story), ("retransmit-timeout-abort", Certain));
    }
}
