//! Connect, say nothing, reset: a health check or a connect scan.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Fact, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "connect-probe",
    aliases: &[
        "health check",
        "tcp check",
        "HAProxy tcp-check",
        "load balancer probe",
        "nmap -sT",
        "connect scan",
        "liveness probe",
        "tcp-shaker",
        "port probe",
    ],
    title: "A health check or scan connected and reset",
    phase: Phase::Connect,
    severity: Severity::Benign,
    happens: "\
        A client connects only to see whether the port answers. When the SYN,ACK is there it knows \
        enough, and it aborts without a word, often even before completing the handshake. Load \
        balancers do this every few seconds, monitors every minute, and scanners once for each \
        port.",
    ladder: "\
0.000  client > server  SYN      seq 0
0.001  server > client  SYN,ACK  seq 0 ack 1
0.001  client > server  RST,ACK  seq 1 ack 1  knows enough
2.000  client > server  SYN      seq 0        next check
2.001  server > client  SYN,ACK  seq 0 ack 1
2.001  client > server  RST,ACK  seq 1 ack 1",
    looks_for: "\
        The reset must be an abort of the client (ACK set, its own numbers, a real window), and \
        the client must not have sent any payload. It stands in place of the handshake's ACK or \
        follows it. A constant period from one address shows a health check, several ports at once \
        show a scan. A greeting of the server may be in flight. Payload of the client excludes \
        this cause.",
    told_apart: &[
        Rival {
            cause: "half-open-probe",
            by: "\
                There the client's host answers the SYN,ACK with a bare reset, without ACK and \
                with window 0, because no socket owns the connection.",
            settle: "The flags of the reset settle it.",
        },
        Rival {
            cause: "linger-zero-abort",
            by: "There the client had sent payload before it aborted.",
            settle: "A capture from the SYN on.",
        },
        Rival {
            cause: "accept-then-abort",
            by: "There it is the server that aborts a connection on which nothing was said.",
            settle: "The sender of the reset settles it.",
        },
    ],
    client_sees: "Nothing: the checking program asked for the reset.",
    server_sees: "\
        In the form without handshake ACK nothing at all. Otherwise accept() returns a connection \
        whose first read gives ECONNRESET, and the log fills with \"Connection reset by peer\" \
        (nginx, postfix, Netty).",
    at_stake: "Nothing: no payload was sent.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Compare the address and the period in the log with the load balancer's health \
                check, and filter those lines.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Use a check on the application's level, such as `option httpchk` in HAProxy, or \
                one that closes with FIN.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "If no health check has that address, treat the connections as a scan.",
        },
    ],
    references: &[
        "HAProxy issue 187; the README of tcp-shaker describes the check without handshake ACK.",
        "Measured on Linux 6.18: HAProxy TCP check, nmap connect scan.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT.by(Side::Client),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Client)?;
    let client = facts.client();
    let silent =
        client.first_payload.is_none() && client.fin.is_none() && !facts.case.gaps.no_handshake;
    Some(
        Claim::new()
            .requires(ask::is_abort(facts))?
            .requires(ask::syn_ack_was_sent(facts))?
            .is_decided_by(Answer::when(
                silent,
                Fact::ClientSilent,
                facts.third_step().map(|mark| mark.record),
            ))?
            .is_excluded_by(&ask::receiver_had_closed(facts))?
            .is_excluded_by(&ask::follows_a_reset(facts))?
            .is_excluded_by(&ask::answer_was_still_coming(facts))?
            .is_weakened_by(ask::client_waited(facts))
            .is_supported_by(ask::looks_like_its_sender(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened};

    #[test]
    fn a_check_that_needs_no_third_step_is_a_probe() {
        let story = "0.000  client > server  SYN      seq 0
             0.010  server > client  SYN,ACK  seq 0 ack 1
             0.010  client > server  RST,ACK  seq 1 ack 1";
        assert_eq!(judged(story), ("connect-probe", Certain));
        assert_eq!(judged(&at_the_server(story)), ("connect-probe", Certain));
        assert_eq!(judged(&across_the_wrap(story)), ("connect-probe", Certain));
    }

    #[test]
    fn a_scan_aborts_right_after_the_third_step() {
        let story = opened("0.011  client > server  RST,ACK  seq 1 ack 1");
        assert_eq!(judged(&story), ("connect-probe", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("connect-probe", Certain));
    }

    #[test]
    fn a_client_that_asked_and_was_answered_is_no_probe() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 14
             0.021  server > client  PSH,ACK  seq 1 ack 15 len 7
             0.021  client > server  ACK      seq 15 ack 8
             0.022  client > server  RST,ACK  seq 15 ack 8",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
        assert_eq!(judged(&begun_midway(&story)), ("linger-zero-abort", Likely));
    }

    #[test]
    fn a_client_that_waited_half_a_minute_for_a_greeting_is_hardly_one() {
        let story = opened("30.01  client > server  RST,ACK  seq 1 ack 1");
        assert_eq!(judged(&story), ("connect-probe", Possible));
    }
}
