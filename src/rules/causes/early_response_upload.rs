//! An upload cut short: the server sends its answer early and closes with the body unread.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::{ResetForm, Side};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "early-response-upload",
    aliases: &[
        "upload reset",
        "413 reset",
        "413 payload too large",
        "request entity too large",
        "early response",
        "error writing request body to server",
        "connection reset by peer: socket write error",
        "lingering_close off",
        "maxSwallowSize",
    ],
    title: "Answered and closed before the upload was complete",
    phase: Phase::Data,
    severity: Severity::Error,
    happens: "\
        The client is still sending a request body when the server has already decided: too large, \
        not allowed, malformed. The server sends its answer and closes without reading the rest, \
        so its kernel resets the connection. Small uploads escape, because they are read together \
        with the header or the client is already waiting for the answer. Large ones fail while the \
        client is still writing, and many libraries then never look at the answer that has \
        arrived.",
    ladder: "\
0.000  client > server  ACK      seq 1 ack 1 len 5000      header, some body
0.001  server > client  PSH,ACK  seq 1 ack 5001 len 120    413, mid-upload
0.001  server > client  RST,ACK  seq 121 ack 5001          body unread
0.002  client > server  ACK      seq 5001 ack 1 len 5000   body, in flight
0.002  server > client  RST      seq 1                     echo
0.003  client > server  ACK      seq 10001 ack 1 len 5000  more of it
0.003  server > client  RST      seq 1                     echo",
    looks_for: "\
        The client must be sending one request, the server must send an answer during it, and then \
        either an abort (ACK set, its own numbers) or FIN and a reset that answers more of the \
        body must follow. Support comes from a status of 400, 401, 403, 408, 409, 411, 413, 417 or \
        5xx, from a Content-Length above what was sent, from a window that grew in the reset, and \
        from bare resets that echo it. A body that was complete before the answer speaks against \
        it; then this cause is at most an alternative.",
    told_apart: &[
        Rival {
            cause: "unread-data-close",
            by: "\
                There the server had sent no answer, or the request was complete before the answer \
                began.",
            settle: "\
                A capture with payload, or the server's access log: a status with a request length \
                below Content-Length speaks for this cause.",
        },
        Rival {
            cause: "linger-zero-abort",
            by: "\
                There the request was complete and answered before the reset, and the window did \
                not grow.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnClose` on the server: unread body raises it, linger \
                zero does not.",
        },
        Rival {
            cause: "data-after-close",
            by: "\
                There the late bytes are a new request or message, not the rest of the one being \
                answered.",
            settle: "\
                A capture with payload from the start of the request shows its Content-Length.",
        },
        Rival {
            cause: "server-timeout-abort",
            by: "There the client had paused for 1 s or more in the middle of its upload.",
            settle: "\
                The server's log shows a body timeout, such as nginx's client_body_timeout, at \
                that second.",
        },
    ],
    client_sees: "\
        A write fails with ECONNRESET or EPIPE: \"Connection reset by peer: socket write error\" \
        on Windows JVMs, \"Error writing request body to server\" from HttpURLConnection, \"Broken \
        pipe\", Python \"BrokenPipeError\". On Linux the answer is still readable: curl, Go, Node \
        and Python requests deliver it, whereas Java HttpURLConnection, java.net.http and Python \
        http.client lose it. Other systems may discard it.",
    server_sees: "\
        No error: the access log shows the status that was sent. Its counter TcpExtTCPAbortOnClose \
        grows.",
    at_stake: "\
        The answer may be lost to the client's library, and the rest of the upload is lost. The \
        server has decided, so do not repeat the request unchanged: find the status first.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Find the real answer in the server's access log, or repeat the request with `curl \
                -v`, which shows it.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Fix what the status complains of: size, authentication, content type.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Send `Expect: 100-continue` with large bodies, read while writing, and try to read \
                after a failed write.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Raise the size limit if the upload is legitimate (nginx client_max_body_size, \
                Tomcat maxPostSize).",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Close in stages with limits: shutdown(SHUT_WR), drain, close. nginx does this with \
                `lingering_close on`, its default, and Tomcat up to maxSwallowSize.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Check headers and authorisation before the body, by answering `Expect: \
                100-continue` or by a separate token step.",
        },
    ],
    references: &[
        "RFC 9110, 10.1.1: Expect; RFC 9112, 9.6: a reset may erase an answer that was not read.",
        "Linux, net/ipv4/tcp.c, `__tcp_close`.",
        "nginx, ngx_http_core_module, lingering_close.",
        "\
            Measured on Linux 6.18 with a 3 MB upload: which clients deliver the answer, and nginx \
            with lingering_close on and off.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY
        .after_own_fin()
        .or(Scope::ABORT)
        .by(Side::Server),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    ask::is_from(facts, Side::Server)?;
    let announced = ask::answered_before_the_announced_end(facts);
    let mid_request = ask::answered_mid_request(facts);
    let claim = if announced.holds() {
        Claim::new().is_decided_by(announced)?
    } else if mid_request.holds() {
        Claim::new().requires(mid_request)?
    } else if matches!(announced, Answer::Hidden(_)) && !ask::window_grew(facts).holds() {
        Claim::new().requires(announced)?
    } else {
        return after_the_whole_request(facts);
    };
    let claim = if facts.server().fin.is_some() && facts.form.form == ResetForm::Reply {
        // Without an announced length, what met the closed side may as well be the next message.
        let next = ask::crossed_the_fin(facts);
        let claim = claim
            .requires(ask::is_reply_to_payload(facts))?
            .requires(ask::sender_had_closed(facts))?;
        if ask::answered_before_the_announced_end(facts).holds() {
            claim
        } else {
            claim.is_weakened_by(next)
        }
    } else {
        claim.requires(ask::is_abort(facts))?
    };
    Some(
        claim
            .is_excluded_by(&ask::tls_handshake_is_open(facts))?
            .is_excluded_by(&ask::follows_a_reset(facts))?
            .is_supported_by(ask::answer_refuses(facts))
            .is_supported_by(ask::window_grew(facts))
            .is_supported_by(ask::left_undelivered(facts)),
    )
}

/// The request was whole. A refusing answer lets one suspect that its body was never read, and a window that grew proves it.
fn after_the_whole_request(facts: &Facts<'_>) -> Option<Claim> {
    let claim = Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .requires(ask::answer_refuses(facts))?;
    let grew = ask::window_grew(facts);
    Some(if grew.holds() {
        claim.requires(grew)?.ties_with("unread-data-close", UNREAD)
    } else {
        claim.is_weakened_by(ask::request_was_whole(facts))
    })
}

/// Its share against `unread-data-close` when a refused request was left unread; chosen: the two are one act, and this names the exchange.
const UNREAD: u8 = 60;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened};

    #[test]
    fn a_413_in_the_middle_of_the_body_ends_in_an_abort() {
        let story = opened(
            "0.011  client > server  ACK      seq 1 ack 1 len 1460 data \"POST /u HTTP/1.1\\r\\nContent-Length: 900000\\r\\n\\r\\n\"
             0.011  client > server  ACK      seq 1461 ack 1 len 1460
             0.021  server > client  ACK      seq 1 ack 2921 win 510
             0.022  server > client  PSH,ACK  seq 1 ack 2921 len 90 win 500 data \"HTTP/1.1 413 Too Large\\r\\nContent-Length: 0\\r\\n\\r\\n\"
             0.022  server > client  RST,ACK  seq 91 ack 2921 win 520",
        );
        assert_eq!(judged(&story), ("early-response-upload", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("early-response-upload", Certain)
        );
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("early-response-upload", Certain)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("early-response-upload", Likely)
        );
    }

    #[test]
    fn a_401_and_a_close_answer_the_rest_of_the_body_with_a_reset() {
        let story = opened(
            "0.011  client > server  ACK      seq 1 ack 1 len 1460 data \"POST /u HTTP/1.1\\r\\nContent-Length: 900000\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 1461 len 90 data \"HTTP/1.1 401 No\\r\\nContent-Length: 0\\r\\n\\r\\n\"
             0.022  server > client  FIN,ACK  seq 91 ack 1461
             0.022  client > server  ACK      seq 1461 ack 92
             0.024  client > server  ACK      seq 1461 ack 92 len 1460
             0.034  server > client  RST      seq 92",
        );
        assert_eq!(judged(&story), ("early-response-upload", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("early-response-upload", Certain)
        );
    }

    #[test]
    fn a_refused_upload_that_was_whole_is_no_more_than_suspect() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 393 data \"POST /u HTTP/1.1\\r\\nContent-Length: 345\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 394 len 90 data \"HTTP/1.1 403 No\\r\\nContent-Length: 0\\r\\n\\r\\n\"
             0.022  server > client  RST,ACK  seq 91 ack 394",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn a_pipelined_request_is_no_rest_of_an_upload() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 80 data \"GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.012  client > server  PSH,ACK  seq 81 ack 1 len 80 data \"GET /2 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 81 len 90 data \"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\n\"
             0.022  server > client  FIN,ACK  seq 91 ack 81
             0.023  server > client  RST      seq 1",
        );
        assert_eq!(judged(&story), ("data-after-close", Certain));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("data-after-close", Certain)
        );
    }

    #[test]
    fn bytes_in_flight_past_the_answer_show_an_upload_at_the_client_too() {
        let story = opened(
            "0.011  client > server  ACK      seq 1 ack 1 len 1460
             0.011  client > server  ACK      seq 1461 ack 1 len 1460
             0.021  server > client  ACK      seq 1 ack 2921
             0.021  client > server  ACK      seq 2921 ack 1 len 1460
             0.021  client > server  ACK      seq 4381 ack 1 len 1460
             0.025  server > client  PSH,ACK  seq 1 ack 2921 len 60
             0.025  server > client  RST,ACK  seq 61 ack 2921",
        );
        assert_eq!(judged(&story), ("early-response-upload", Likely));
    }
}
