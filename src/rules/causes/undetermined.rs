//! Not enough evidence: what was seen, and which capture would settle it.

use crate::rules::{Advice, CauseDoc, Horizon, Phase, Rival, Severity, Who};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "undetermined",
    aliases: &[
        "unknown",
        "unclear",
        "no cause found",
        "not enough evidence",
        "unexplained reset",
    ],
    title: "The capture does not show why",
    phase: Phase::Any,
    severity: Severity::Warning,
    happens: "\
        A connection was reset, and nothing in the capture speaks clearly for any documented \
        cause. Mostly the deciding segments are missing: the capture began late, saw one direction \
        only, lost records or cut payload short. The report then names what is known of the reset \
        and what is missing.",
    ladder: "\
0.000  server > client  PSH,ACK  seq 1 ack 201 len 300  only one side
0.040  server > client  ACK      seq 301 ack 401        was captured
0.700  server > client  RST      seq 301                answers what?
0.900  server > client  RST      seq 301                once more",
    looks_for: "\
        No rule found all that it requires, or nothing speaks for the rules that remain. The facts \
        that were found are still printed: whether the reset is an abort (ACK set, its sender's \
        own numbers) or a reply (numbers copied from one segment), whether the receiver accepts \
        it, what distinguishes it from its supposed sender's segments, and in which phase it came. \
        The gaps of the capture are named, because they are the usual reason.",
    told_apart: &[
        Rival {
            cause: "peer-gone",
            by: "\
                A bare reset that answers payload of an established connection belongs there, if \
                the capture shows that the sender had sent no FIN and no reset before.",
            settle: "\
                Capture both directions, from before the connection is opened, at the sender of \
                the reset.",
        },
        Rival {
            cause: "linger-zero-abort",
            by: "\
                An abort without visible reason belongs there, if the capture shows who spoke last \
                and that everything was answered.",
            settle: "\
                Capture with full length (`tcpdump -s 0`), or read the reason that the trace point \
                `tcp:tcp_send_reset` prints on the sender.",
        },
        Rival {
            cause: "forged-rst",
            by: "\
                A reset that fits neither form belongs there, if at least two marks of another \
                sender are visible.",
            settle: "\
                Capture at both ends at once: a reset that arrives but was never sent is forged.",
        },
        Rival {
            cause: "stray-segment",
            by: "A reset on a connection that the capture never saw opened belongs there.",
            settle: "\
                Start the capture earlier, or run it for longer than the longest idle time of the \
                connections.",
        },
    ],
    client_sees: "\
        That depends on the state: ECONNREFUSED while connecting, ECONNRESET on an open \
        connection, end of stream and then EPIPE if the other side's FIN came first. An ECONNRESET \
        from Node with the text \"socket hang up\" needs no reset at all.",
    server_sees: "\
        The same rules hold: ECONNRESET on an open connection, EPIPE on a write after the other \
        side's FIN, nothing at all for a connection that was not accepted yet.",
    at_stake: "\
        What was lost cannot be judged. Treat every request without a complete answer as in doubt, \
        and repeat only what is idempotent.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Repeat the capture with `tcpdump -i any -s 0 -w FILE host SERVER and port PORT`, \
                started before the connection is opened, and keep it running across the failure.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Capture at the other end at the same time: two captures show which side sent the \
                reset.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                On Linux, enable the trace point `tcp:tcp_send_reset` on the supposed sender, for \
                example with `perf trace -e tcp:tcp_send_reset`: recent kernels print the reason.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Keep a ring of captures running (`tcpdump -C 100 -W 20`), so that the next \
                incident is recorded whole.",
        },
    ],
    references: &[
        "RFC 9293, 3.5.2 and 3.5.3: which resets are sent and which are accepted.",
        "Linux, include/net/rstreason.h: the reasons that the trace point prints.",
    ],
    since: "0.1",
};

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Possible;
    use crate::testkit::judged;

    #[test]
    fn an_abort_of_a_connection_never_seen_is_not_guessed_at() {
        let story = "0.000  server > client  RST,ACK  seq 500 ack 900";
        assert_eq!(judged(story), ("undetermined", Possible));
    }

    #[test]
    fn a_reset_whose_trigger_was_not_captured_is_not_guessed_at() {
        let story = "0.000  server > client  RST  seq 500";
        assert_eq!(judged(story), ("stray-segment", Possible));
    }
}
