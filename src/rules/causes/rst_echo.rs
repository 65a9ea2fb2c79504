//! Further resets for segments that were in flight when the connection was reset.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::ResetForm;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "rst-echo",
    aliases: &[
        "secondary reset",
        "duplicate reset",
        "reset after reset",
        "follow-up reset",
        "RST storm after one reset",
    ],
    title: "Further resets on a connection that a reset had ended",
    phase: Phase::Any,
    severity: Severity::Benign,
    happens: "\
        A connection has been reset, but the other side's segments are still on their way. Each of \
        them reaches a host that has just forgotten the connection, and each is answered with a \
        bare reset. They add nothing: look at the first reset for the cause.",
    ladder: "\
0.000  client > server  ACK      seq 1 ack 1 len 1460     upload
0.001  server > client  RST,ACK  seq 1 ack 1461           it counts
0.002  client > server  ACK      seq 1461 ack 1 len 1460  already in flight
0.002  server > client  RST      seq 1                    echo
0.003  client > server  ACK      seq 2921 ack 1 len 1460  already in flight
0.003  server > client  RST      seq 1                    echo",
    looks_for: "\
        A reset on this connection must have come before, accepted by its receiver or an abort, no \
        more than about two round trips earlier. The reset must be a reply (no ACK, window 0) to a \
        segment that was sent before the receiver could know. A longer time is allowed while the \
        other side retransmits into a path that is broken one way. The sequence number may lie \
        below that of the first reset. An abort is no echo.",
    told_apart: &[
        Rival {
            cause: "peer-gone",
            by: "There no earlier reset explains why the connection is unknown.",
            settle: "\
                A capture that reaches back far enough to show the first reset, and that lost no \
                records.",
        },
        Rival {
            cause: "data-after-close",
            by: "\
                There the first reset in the capture is the reply itself. Where it is too old for \
                the receiver to accept, the echo to its next ACK is what ends the connection, and \
                the cause stays with the first.",
            settle: "A capture on the receiver shows which reset its TCP accepted.",
        },
        Rival {
            cause: "late-segment-after-teardown",
            by: "There both sides had closed with FIN and no reset had come before.",
            settle: "A capture from before the closing.",
        },
        Rival {
            cause: "stray-segment",
            by: "There the connection was never seen in the capture.",
            settle: "Start the capture before the connection is opened.",
        },
    ],
    client_sees: "Nothing beyond what the first reset has already caused.",
    server_sees: "Nothing beyond what the first reset has already caused.",
    at_stake: "Nothing more than the first reset costs.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Ignore the echoes, and read the page of the first reset on this connection.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "Do not count these resets in statistics: several of them are one event.",
        },
    ],
    references: &[
        "\
            RFC 9293, 3.5.2, group 1: every segment for an unknown connection is answered with a \
            reset.",
        "\
            Measured on Linux 6.18: echoes after uploads, cancelled downloads and rejected \
            connections; the reason is NO_SOCKET, or TCP_FLAGS where a listener owns the port.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY.but(Scope::REFUSAL),
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let ended = facts.ended_by()?;
    let before = facts.case.reset.time - ended.header.time;
    let claim = Claim::new();
    let ended = Answer::when(
        true,
        Fact::EndedByReset {
            side: ended.sent_by,
            before,
        },
        [ended.header.record],
    );
    Some(match facts.form.form {
        ResetForm::Reply => claim
            .is_decided_by(ended)?
            .requires(ask::is_reply(facts))?
            .is_supported_by(ask::trigger_was_under_way(facts)),
        // Both sides may abort before either knows of the other's reset.
        ResetForm::Active => claim
            .is_decided_by(ended)?
            .requires(ask::is_abort(facts))?
            .requires(ask::crossed_a_reset(facts))?,
        ResetForm::Unclear => claim.requires(ended)?.requires(ask::is_bare(facts))?,
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn what_was_under_way_when_the_upload_was_cut_off_is_answered_too() {
        let story = served(
            "0.100  client > server  ACK      seq 101 ack 201 len 1460
             0.100  client > server  ACK      seq 1561 ack 201 len 1460
             0.112  server > client  RST,ACK  seq 201 ack 1561
             0.112  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("rst-echo", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("rst-echo", Certain));
        assert_eq!(judged(&across_the_wrap(&story)), ("rst-echo", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("rst-echo", Likely));
    }

    #[test]
    fn the_fin_behind_a_close_notify_is_answered_too() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             
             0.060  client > server  PSH,ACK  seq 712 ack 2023 len 24 tls data
             0.060  client > server  FIN,ACK  seq 736 ack 2023
             0.070  server > client  PSH,ACK  seq 2023 ack 737 len 24 tls data
             0.070  client > server  RST      seq 737
             0.071  server > client  FIN,ACK  seq 2047 ack 737
             0.071  client > server  RST      seq 737",
        );
        assert_eq!(judged(&story), ("rst-echo", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("rst-echo", Certain));
    }

    #[test]
    fn the_first_reset_of_a_connection_echoes_nothing() {
        let story = served(
            "0.100  client > server  ACK      seq 101 ack 201 len 1460
             0.112  server > client  RST,ACK  seq 201 ack 1561",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
    }

    #[test]
    fn a_refused_syn_sent_again_is_refused_again() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  RST,ACK  seq 0 ack 1
             0.510  client > server  SYN      seq 0
             0.520  server > client  RST,ACK  seq 0 ack 1";
        assert_eq!(judged(story), ("port-closed", Likely));
    }

    #[test]
    fn an_abort_a_minute_after_a_reset_that_nobody_obeyed_is_no_echo() {
        let story = served(
            "0.500  server > client  RST,ACK  seq 201 ack 101 ttl 50 id 9
             0.700  client > server  PSH,ACK  seq 101 ack 201 len 100
             0.712  server > client  PSH,ACK  seq 201 ack 201 len 200
             0.712  client > server  ACK      seq 201 ack 401
             60.00  client > server  PSH,ACK  seq 201 ack 401 len 100
             60.01  server > client  PSH,ACK  seq 401 ack 301 len 200
             60.01  client > server  ACK      seq 301 ack 601
             60.02  client > server  RST,ACK  seq 301 ack 601",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn an_abort_long_after_a_reset_did_not_cross_it() {
        let story = served(
            "0.030  client > server  RST,ACK  seq 101 ack 201
             18.00  server > client  RST,ACK  seq 201 ack 101 win 0 ttl 255 id 37157",
        );
        assert_ne!(judged(&story).0, "rst-echo");
    }

    #[test]
    fn two_aborts_that_cross_are_one_event() {
        let story = served(
            "0.030  client > server  RST,ACK  seq 101 ack 201
             0.032  server > client  RST,ACK  seq 201 ack 101",
        );
        assert_eq!(judged(&story).0, "rst-echo");
    }

    #[test]
    fn a_reset_after_which_the_handshake_went_on_has_no_echo() {
        let story = "0.000  client > server  SYN      seq 0 ts 5000/0
             0.061  server > client  RST,ACK  seq 1 ack 1 ts 100/100
             0.062  server > client  FIN,ACK  seq 1 ack 1 ts 100/100
             0.062  client > server  RST      seq 1
             0.064  server > client  SYN,ACK  seq 0 ack 1 ts 9000/5000
             0.064  client > server  ACK      seq 1 ack 1 ts 5064/9000
             0.064  client > server  PSH,ACK  seq 1 ack 1 len 338 ts 5064/9000
             0.181  server > client  ACK      seq 1 ack 339 ts 9100/5064
             0.183  server > client  PSH,ACK  seq 1 ack 339 len 79 ts 9100/5064";
        assert_ne!(judged(story).0, "rst-echo");
    }
}
