//! A straggler reached a connection that both sides had closed.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "late-segment-after-teardown",
    aliases: &[
        "late FIN",
        "retransmitted FIN",
        "FIN after close",
        "straggler",
        "late ACK after close",
        "reset after both FINs",
    ],
    title: "A straggler reached a fully closed connection",
    phase: Phase::Close,
    severity: Severity::Benign,
    happens: "\
        Both sides have closed the connection, and one host has already forgotten it. A late copy \
        of an old segment then arrives: a repeated FIN, a duplicate ACK, a keep-alive probe. The \
        host answers it with a bare reset, as it answers any segment of an unknown connection.",
    ladder: "\
0.000  client > server  FIN,ACK  seq 51 ack 201
0.010  server > client  FIN,ACK  seq 201 ack 52
0.020  client > server  ACK      seq 52 ack 202  server: closed
0.021  client > server  FIN,ACK  seq 51 ack 201  late copy
0.021  server > client  RST      seq 201         bears its ack",
    looks_for: "\
        Both sides must have sent FIN, and then a bare reset must answer a segment that carries no \
        new payload. A lost last ACK supports it, and so does a sender of the reset that closed \
        second, because that side forgets the connection at once and keeps no TIME_WAIT.",
    told_apart: &[
        Rival {
            cause: "teardown-rst",
            by: "\
                There the reset is itself a part of the closing: an abort with ACK, or the direct \
                answer to the ACK of a FIN.",
            settle: "The flags of the reset settle it.",
        },
        Rival {
            cause: "rst-echo",
            by: "There a reset, not a pair of FINs, had ended the connection.",
            settle: "A capture of the whole closing.",
        },
        Rival {
            cause: "half-close-expired",
            by: "There one side never closed, and new payload comes late.",
            settle: "The payload length of the answered segment settles it.",
        },
        Rival {
            cause: "benign-tls-close",
            by: "There the late segment carries a TLS alert.",
            settle: "The payload length of the answered segment settles it.",
        },
        Rival {
            cause: "stray-segment",
            by: "There the capture never saw the connection live.",
            settle: "Start the capture earlier.",
        },
    ],
    client_sees: "Nothing: the application has closed the socket already.",
    server_sees: "Nothing: the application has closed the socket already.",
    at_stake: "Nothing: all data had been delivered and acknowledged.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Do nothing.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "Leave this kind of reset out of alarms and statistics.",
        },
    ],
    references: &[
        "RFC 9293, 3.6 and 3.10.7.1: closing, and segments for a closed connection.",
        "Microsoft KB152474 describes a variant with a delayed ACK.",
        "Measured on Linux 6.18: a FIN that reaches a host that has forgotten the connection.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.after_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let closed = ask::receiver_had_closed(facts).may_hold()?;
    Claim::new()
        .requires(ask::is_reply(facts))?
        .requires(ask::sender_had_closed(facts))?
        .requires(closed)?
        .is_decided_by(ask::answers_a_straggler(facts))?
        .is_excluded_by(&ask::follows_a_reset(facts))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn a_fin_sent_again_after_a_simultaneous_close_finds_nobody() {
        let story = served(
            "0.100  client > server  FIN,ACK  seq 101 ack 201
             0.104  server > client  FIN,ACK  seq 201 ack 101
             0.104  client > server  ACK      seq 102 ack 202
             0.110  server > client  ACK      seq 202 ack 102
             0.320  client > server  FIN,ACK  seq 101 ack 202
             0.330  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("late-segment-after-teardown", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("late-segment-after-teardown", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("late-segment-after-teardown", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("late-segment-after-teardown", Likely)
        );
    }

    #[test]
    fn a_fin_a_minute_and_a_half_later_finds_nobody_either() {
        let story = served(
            "0.100  server > client  FIN,ACK  seq 201 ack 101
             0.140  client > server  ACK      seq 101 ack 202
             90.00  client > server  FIN,ACK  seq 101 ack 202
             90.01  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("late-segment-after-teardown", Certain));
    }

    #[test]
    fn new_payload_after_the_fin_is_no_straggler() {
        let story = served(
            "0.100  server > client  FIN,ACK  seq 201 ack 101
             0.140  client > server  ACK      seq 101 ack 202
             1.000  client > server  PSH,ACK  seq 101 ack 202 len 40
             1.010  server > client  RST      seq 202",
        );
        assert_eq!(judged(&story), ("stale-connection-reuse", Certain));
    }
}
