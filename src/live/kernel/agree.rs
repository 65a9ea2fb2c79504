//! Whether the kernel's reason for a reset fits the verdict on it.

use super::event::Event;
use crate::report::ResetReport;

/// Whether they agree, and the sentence that says so, without a full stop. No event: the kernel sent no such reset.
pub fn judge(reset: &ResetReport, event: Option<&Event>) -> (bool, String) {
    let cause = reset.verdict.cause;
    let Some(event) = event else {
        let statement = "This host's kernel recorded no reset of its own here: a packet filter, or something on the path, sent it";
        return (FROM_ELSEWHERE.contains(&cause), statement.into());
    };
    let state = match event.state.as_str() {
        "UNKNOWN" => "without a socket".to_owned(),
        state => format!("in state {state}"),
    };
    let Some(reason) = &event.reason else {
        let statement = format!("This host's kernel recorded that it sent the reset, {state}");
        return (!FROM_ELSEWHERE.contains(&cause), statement);
    };
    let statement = format!("This host's kernel recorded why it sent the reset: {reason}, {state}");
    (fits(cause, reset.form, reason), statement)
}

fn fits(cause: &str, form: &str, reason: &str) -> bool {
    if FROM_ELSEWHERE.contains(&cause) {
        return false;
    }
    if let Some((_, reasons)) = BY_CAUSE.iter().find(|(known, _)| *known == cause) {
        return reasons.contains(&reason);
    }
    // Any other cause says at least whether the reset was an abort or an answer.
    match form {
        "active" => !ANSWERS.contains(&reason),
        "reply" => !ABORTS.contains(&reason),
        _ => true,
    }
}

/// Causes whose reset no TCP of an endpoint sends.
const FROM_ELSEWHERE: [&str; 3] = ["forged-rst", "firewall-reject", "firewall-reject-midstream"];

/// Causes for which the kernel has reasons of its own (`include/net/rstreason.h`), as seen in `tests/lab` on Linux 6.18.
const BY_CAUSE: [(&str, &[&str]); 8] = [
    (
        "unread-data-close",
        &["TCP_ABORT_ON_CLOSE", "NOT_SPECIFIED"],
    ),
    (
        "linger-zero-abort",
        &[
            "TCP_ABORT_ON_LINGER",
            "TCP_STATE",
            "TCP_DISCONNECT_WITH_DATA",
            "NOT_SPECIFIED",
        ],
    ),
    (
        "socket-destroyed",
        &["TCP_STATE", "TCP_DISCONNECT_WITH_DATA", "NOT_SPECIFIED"],
    ),
    (
        "listener-closed",
        &[
            "TCP_STATE",
            "TCP_ABORT_ON_CLOSE",
            "NO_SOCKET",
            "NOT_SPECIFIED",
        ],
    ),
    ("keepalive-timeout", &["TCP_KEEPALIVE_TIMEOUT"]),
    ("orphan-abort", &["TCP_ABORT_ON_MEMORY"]),
    ("port-closed", &["NO_SOCKET", "NOT_SPECIFIED"]),
    (
        "stray-segment",
        &["NO_SOCKET", "TCP_FLAGS", "NOT_SPECIFIED"],
    ),
];

/// Reasons of a reset that answers a segment.
const ANSWERS: [&str; 9] = [
    "NO_SOCKET",
    "TCP_INVALID_ACK_SEQUENCE",
    "TCP_RFC7323_PAWS",
    "TCP_TOO_OLD_ACK",
    "TCP_ACK_UNSENT_DATA",
    "TCP_FLAGS",
    "TCP_OLD_ACK",
    "TCP_TIMEWAIT_SOCKET",
    "INVALID_SYN",
];

/// Reasons of a reset that a socket sends by itself.
const ABORTS: [&str; 5] = [
    "TCP_ABORT_ON_CLOSE",
    "TCP_ABORT_ON_LINGER",
    "TCP_ABORT_ON_MEMORY",
    "TCP_KEEPALIVE_TIMEOUT",
    "TCP_DISCONNECT_WITH_DATA",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::causes::RULES;

    fn event(reason: Option<&str>) -> Event {
        let line = "x-1 [0] . 1.000000: tcp_send_reset: src=10.0.0.2:80 dest=10.0.0.1:1 state=TCP_ESTABLISHED";
        Event {
            reason: reason.map(str::to_owned),
            ..Event::parse(line, 0).unwrap()
        }
    }

    fn agrees(cause: &'static str, form: &'static str, event: Option<&Event>) -> bool {
        let mut reset = ResetReport::sample();
        (reset.verdict.cause, reset.form) = (cause, form);
        judge(&reset, event).0
    }

    #[test]
    fn a_reason_of_its_own_speaks_for_its_cause_and_against_others() {
        for (cause, form, reason, expected) in [
            ("unread-data-close", "active", "TCP_ABORT_ON_CLOSE", true),
            ("unread-data-close", "active", "TCP_STATE", false),
            ("port-closed", "reply", "NO_SOCKET", true),
            ("port-closed", "reply", "TCP_ABORT_ON_CLOSE", false),
            ("peer-gone", "reply", "NO_SOCKET", true),
            ("peer-gone", "reply", "TCP_KEEPALIVE_TIMEOUT", false),
            ("client-cancel", "active", "NO_SOCKET", false),
            ("forged-rst", "active", "TCP_STATE", false),
        ] {
            assert_eq!(
                agrees(cause, form, Some(&event(Some(reason)))),
                expected,
                "{cause} {reason}"
            );
        }
    }

    #[test]
    fn a_reset_that_the_kernel_did_not_send_came_from_elsewhere() {
        assert!(agrees("forged-rst", "unclear", None));
        assert!(!agrees("unread-data-close", "active", None));
        assert!(!agrees("forged-rst", "unclear", Some(&event(None))));
        assert!(agrees("linger-zero-abort", "active", Some(&event(None))));
    }

    #[test]
    fn every_cause_named_here_is_documented() {
        let named = FROM_ELSEWHERE
            .into_iter()
            .chain(BY_CAUSE.iter().map(|(cause, _)| *cause));
        for cause in named {
            assert!(RULES.iter().any(|rule| rule.doc.id == cause), "{cause}");
        }
    }
}
