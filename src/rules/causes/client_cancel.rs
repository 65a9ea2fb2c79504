//! A client left before its answer was complete: a cancelled download, a timeout, a closed page.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "client-cancel",
    aliases: &[
        "client cancelled",
        "client closed request",
        "nginx 499",
        "499",
        "ClientAbortException",
        "aborted download",
        "client timeout",
        "user pressed stop",
        "broken pipe while sending the response",
    ],
    title: "The client gave up before its answer was complete",
    phase: Phase::Data,
    severity: Severity::Warning,
    happens: "\
        A client has asked for something and closes before it has the whole answer: the user \
        leaves the page, a player seeks, a timeout ends. Answer bytes that wait unread make its \
        kernel reset the connection, or arrive after its FIN and are answered with a reset. The \
        server is healthy; it may just have been slow.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 20        request
0.030  server > client  ACK      seq 1 ack 21 len 1460     answer
0.030  client > server  ACK      seq 21 ack 1461
0.040  server > client  ACK      seq 1461 ack 21 len 1460  more
0.041  client > server  RST,ACK  seq 21 ack 2921           closed
0.045  server > client  ACK      seq 2921 ack 21 len 1460  in flight
0.045  client > server  RST      seq 21                    echo",
    looks_for: "\
        The sender of the reset must be the client, with a request outstanding or its answer \
        incomplete. Either it aborts (ACK set) while the answer arrives, or it sends FIN first and \
        answers further bytes with a bare reset. A silence before the close of 1, 5, 10, 30 or 60 \
        s shows a client timeout; a window of zero before it shows a slow reader. An answer that \
        satisfies its Content-Length excludes this cause.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "There the answer was complete before the client aborted.",
            settle: "\
                A capture with payload: Content-Length or the last chunk against the bytes sent. \
                On the client, `nstat -az TcpExtTCPAbortOnClose` grows only with unread answer \
                bytes.",
        },
        Rival {
            cause: "teardown-rst",
            by: "There everything was said and acknowledged before the closing.",
            settle: "A capture from the beginning of the answer.",
        },
        Rival {
            cause: "benign-tls-close",
            by: "There the late bytes are one TLS alert after a complete exchange.",
            settle: "A capture with payload; without it, 24 or 31 bytes hint at the alert.",
        },
        Rival {
            cause: "data-after-close",
            by: "There the side that closed is the server, or no request was outstanding.",
            settle: "A capture that shows who sent the SYN.",
        },
        Rival {
            cause: "unread-data-close",
            by: "There the unread bytes are not an answer that the client had asked for.",
            settle: "The client's log for a cancellation or a timeout.",
        },
    ],
    client_sees: "\
        Its own cancellation or timeout, no socket error: Java \"SocketTimeoutException: Read \
        timed out\", Go \"context deadline exceeded\", Node \"AbortError\", curl exit code 28.",
    server_sees: "\
        ECONNRESET or EPIPE from write(): \"Broken pipe\", \"Connection reset by peer\", Tomcat \
        \"ClientAbortException\", nginx status 499 in the access log.",
    at_stake: "\
        The rest of the answer is lost to a client that no longer wants it. The server may have \
        carried the request out, so a client that repeats after a timeout may cause it twice.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Compare the time from request to reset with the client's timeouts: an equal value \
                in many connections is a timeout, not a user.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Look for slow answers in the access log (nginx `$request_time` of status 499).",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Raise the timeout above the slowest legitimate answer, and give requests that \
                change something an idempotency key.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Stop the work when the client is gone, and answer long jobs with 202 and a place \
                to ask later.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "Log a client's reset at debug level, because it is no fault of the server.",
        },
    ],
    references: &[
        "\
            Arlitt and Williamson 2005: resets by clients are the largest group of resets in web \
            traffic.",
        "Linux, net/ipv4/tcp.c, `__tcp_close`; tcp_minisocks.c, `tcp_timewait_state_process`.",
        "Measured on Linux 6.18: a cancelled download, and a FIN followed by more answer.",
    ],
    since: "0.1",
};

/// The rule: the client aborts while its answer is coming, or closes and then meets the rest of it.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY
        .after_own_fin()
        .or(Scope::ABORT.before_own_fin())
        .by(Side::Client),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Client)?;
    let claim = if facts.client().fin.is_some() {
        let claim = Claim::new().requires(ask::is_reply_to_payload(facts))?;
        // Whoever takes its leave in TLS may have been content: nothing shows that it waited.
        let claim = if facts.client_took_leave() {
            claim.requires(ask::client_gave_up(facts))?
        } else {
            claim.is_decided_by(ask::client_gave_up(facts))?
        };
        claim.must_not_be(ask::answers_tls_alert(facts))?
    } else {
        let coming = ask::answer_was_still_coming(facts).may_hold()?;
        Claim::new()
            .requires(ask::is_abort(facts))?
            .requires(ask::sender_had_not_closed(facts))?
            .is_decided_by(coming)?
    };
    Some(
        claim
            .is_excluded_by(&ask::follows_a_reset(facts))?
            .is_excluded_by(&ask::tls_handshake_is_open(facts))?
            .is_supported_by(ask::window_grew(facts))
            .is_supported_by(ask::left_undelivered(facts)),
    )
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn a_client_that_aborts_a_download_halfway_cancels_it() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60 data \"GET /big HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.022  server > client  ACK      seq 1 ack 61 len 1460 data \"HTTP/1.1 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\n\"
             0.022  server > client  ACK      seq 1461 ack 61 len 1460
             0.022  client > server  ACK      seq 61 ack 2921
             0.023  client > server  RST,ACK  seq 61 ack 2921",
        );
        assert_eq!(judged(&story), ("client-cancel", Likely));
        assert_eq!(judged(&at_the_server(&story)), ("client-cancel", Likely));
        assert_eq!(judged(&begun_midway(&story)), ("client-cancel", Likely));
        assert_eq!(judged(&across_the_wrap(&story)), ("client-cancel", Likely));
    }

    #[test]
    fn a_client_that_closes_before_the_answer_resets_it() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60
             0.021  server > client  ACK      seq 1 ack 61
             10.01  client > server  FIN,ACK  seq 61 ack 1
             10.06  server > client  ACK      seq 1 ack 62
             14.00  server > client  PSH,ACK  seq 1 ack 62 len 400
             14.00  client > server  RST      seq 62",
        );
        assert_eq!(judged(&story), ("client-cancel", Certain));
        assert_eq!(judged(&at_the_server(&story)), ("client-cancel", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("client-cancel", Likely));
    }

    #[test]
    fn a_client_with_its_whole_answer_closes_in_its_own_way() {
        let story = served(
            "0.100  client > server  FIN,ACK  seq 101 ack 201
             0.110  server > client  ACK      seq 201 ack 102
             0.112  client > server  RST,ACK  seq 102 ack 201",
        );
        assert_eq!(judged(&story), ("teardown-rst", Certain));
    }

    #[test]
    fn what_crosses_the_close_of_a_client_that_had_its_whole_answer_is_not_cancelled() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 60 data \"GET /s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 61 len 140 data \"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n\"
             0.022  client > server  ACK      seq 61 ack 141
             0.060  client > server  FIN,ACK  seq 61 ack 141
             0.065  server > client  PSH,ACK  seq 141 ack 61 len 90 data \"HTTP/1.1 408 Request Timeout\\r\\n\\r\\n\"
             0.065  client > server  RST      seq 61",
        );
        assert_eq!(judged(&story), ("data-after-close", Certain));
    }

    #[test]
    fn a_client_that_took_its_leave_need_not_have_waited() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 517 tls hello
             0.024  server > client  PSH,ACK  seq 1 ack 518 len 1448 tls handshake
             0.024  client > server  ACK      seq 518 ack 1449
             0.030  client > server  PSH,ACK  seq 518 ack 1449 len 194 tls data
             0.042  server > client  PSH,ACK  seq 1449 ack 712 len 574 tls data
             0.042  client > server  ACK      seq 712 ack 2023
             0.043  client > server  PSH,ACK  seq 712 ack 2023 len 24 tls data
             0.043  client > server  FIN,ACK  seq 736 ack 2023
             0.046  server > client  PSH,ACK  seq 2023 ack 712 len 39 tls data
             0.046  client > server  RST      seq 712",
        );
        assert_eq!(judged(&story), ("client-cancel", Likely));
    }

    #[test]
    fn the_answer_is_refused_and_not_the_acknowledgment_before_it_though_the_path_was_faster_than_measured()
     {
        let story = "0.0000  client > server  SYN      seq 0
             0.0001  server > client  SYN,ACK  seq 0 ack 1
             0.0088  client > server  ACK      seq 1 ack 1
             0.0113  client > server  PSH,ACK  seq 1 ack 1 len 722
             0.0116  client > server  FIN,ACK  seq 723 ack 1
             0.0116  server > client  ACK      seq 1 ack 724
             0.0128  server > client  PSH,FIN,ACK  seq 1 ack 724 len 125
             0.0181  client > server  RST      seq 724";
        assert_eq!(judged(story), ("client-cancel", Certain));
    }
}
