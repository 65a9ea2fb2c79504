//! The application closed its socket while received data lay unread in it.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "unread-data-close",
    aliases: &[
        "close with unread data",
        "unread receive buffer",
        "unread data in receive queue",
        "TCP_ABORT_ON_CLOSE",
        "TCPAbortOnClose",
        "close without reading",
    ],
    title: "Closed while received data was still unread",
    phase: Phase::Data,
    severity: Severity::Error,
    happens: "\
        The sender's application closes its socket before it has read everything that arrived. The \
        kernel may not pretend that those bytes were taken, so it sends a reset instead of FIN. \
        Typical makers are a server that decides after the first line, a client that ignores a \
        trailing message, and any process that is killed with input waiting.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 4000    request
0.000  server > client  ACK      seq 1 ack 4001          window 59
0.050  server > client  RST,ACK  seq 1 ack 4001          unread, window 63
0.052  client > server  PSH,ACK  seq 4001 ack 1 len 500  already under way
0.052  server > client  RST      seq 1                   only an echo",
    looks_for: "\
        The reset must be an abort: ACK set, numbers that continue its sender's segments, a real \
        window. The receiver's payload must be the last payload, acknowledged or still in flight, \
        and never answered. A window that grew in the reset proves the cause, because Linux \
        empties the queue before it sends; small unread amounts do not show. An acknowledgment \
        number below what the receiver had sent, and later bare resets for segments in flight, \
        support it. An answer to everything received speaks against it, and so does a BSD sender: \
        FreeBSD and OpenBSD send FIN here.",
    told_apart: &[
        Rival {
            cause: "process-exit",
            by: "\
                On the wire nothing does: the kernel closes the sockets of a dead process in the \
                same way. Two or more connections of that service that end within 100 ms, some of \
                them with FIN, speak for the process; a single one speaks for this cause.",
            settle: "\
                The service's log and `journalctl -k` for that second (crash, out of memory, \
                deploy), and whether its process id changed. The kernel's reason is \
                TCP_ABORT_ON_CLOSE for both.",
        },
        Rival {
            cause: "linger-zero-abort",
            by: "\
                There everything that came had been answered, or the sender spoke last, and the \
                window does not grow.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnClose TcpExtTCPAbortOnData` on the sender: unread \
                data raises the first, linger zero the second. The trace point \
                `tcp:tcp_send_reset` prints TCP_ABORT_ON_CLOSE or TCP_STATE.",
        },
        Rival {
            cause: "early-response-upload",
            by: "\
                There the server had begun its answer while the client was still sending its \
                request.",
            settle: "\
                A capture with payload from the first byte of the request, or the access log, \
                which shows a status for that request.",
        },
        Rival {
            cause: "listener-closed",
            by: "\
                On the wire nothing does, for one connection on which the server never sent \
                payload. A port that refuses SYNs within 1 s, or several such resets within \
                milliseconds, speak for the closed listener.",
            settle: "\
                The trace point prints TCP_STATE for a closed listener. The service's log shows a \
                stop or a reload at that second.",
        },
        Rival {
            cause: "server-timeout-abort",
            by: "\
                There nothing was sent either way for 1 s or more before the reset, and the \
                request was incomplete.",
            settle: "\
                The server's log for a timeout at that second, and its header and body timeouts.",
        },
    ],
    client_sees: "\
        If the server closes: data already received can be read first, then ECONNRESET; a client \
        that is writing may get ECONNRESET from write() before it reads. Java says \"Connection \
        reset\", or \"Connection reset by peer\" on write, Node \"read ECONNRESET\", Go \
        \"connection reset by peer\", curl \"(56) Recv failure: Connection reset by peer\", nginx \
        \"recv() failed (104: Connection reset by peer) while reading response header from \
        upstream\".",
    server_sees: "\
        The closing side sees no error at all. If the client is the one that closes, the server \
        reads ECONNRESET, or gets ECONNRESET from write() and EPIPE from the next.",
    at_stake: "\
        The bytes sent after the application's last read are lost, and the wire does not show \
        where that was. Unsent bytes of the closing side are lost too. The request may have been \
        processed in part, so repeat it only if it is safe to run twice.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                On a failed write, read the socket once more: an answer that came before the reset \
                is still there on Linux.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Check that nothing unexpected is sent: pipelined requests, a trailing line break, \
                data after the end of a request.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Look for the early return or the exception between the last read and close(), and \
                for a killed process.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Close in stages: shutdown(SHUT_WR), read to end of stream with a limit on bytes \
                and seconds, then close().",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "\
                Read to the end of the message before closing, also when the answer no longer \
                matters.",
        },
    ],
    references: &[
        "RFC 1122, 4.2.2.13, and RFC 2525, 2.17: a close with unread data should send a reset.",
        "RFC 9112, 9.6: closing in stages.",
        "\
            Linux, net/ipv4/tcp.c, `__tcp_close`; commit 5f9238530970 (older kernels could reset \
            although all had been read).",
        "\
            Measured on Linux 6.18: reset form, growth of the window, and the same wire for a \
            killed process.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT.before_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let grew = ask::window_grew(facts);
    // A grown window proves unread data even where the sender had spoken last.
    let unread = match ask::receiver_went_unanswered(facts) {
        Answer::No if ask::is_from(facts, Side::Server).is_some() => grew.clone(),
        answer => answer,
    };
    let unread = unread.may_hold()?;
    let claim = Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .requires(unread)?
        .is_excluded_by(&ask::received_its_answer(facts))?
        .is_excluded_by(&ask::answer_was_still_coming_to_client(facts))?
        .is_excluded_by(&ask::client_never_asked(facts))?
        .is_excluded_by(&ask::dropped_before_any_payload(facts))?
        .is_excluded_by(&ask::answered_mid_request(facts))?
        .is_excluded_by(&ask::tls_handshake_is_open(facts))?
        .is_excluded_by(&ask::waited_in_vain(facts))?
        .is_excluded_by(&ask::process_ended(facts))?;
    let (rival, share) = rival(facts);
    Some(
        claim
            .is_supported_by(grew)
            .is_supported_by(ask::left_undelivered(facts))
            .ties_with(rival, share),
    )
}

/// From which other cause the wire cannot tell it here, and its share against that.
fn rival(facts: &Facts<'_>) -> (&'static str, u8) {
    if ask::answer_refuses(facts).holds() && ask::window_grew(facts).holds() {
        ("early-response-upload", REFUSED)
    } else if ask::server_was_silent(facts).holds() && ask::port_closed_soon_after(facts).holds() {
        ("listener-closed", PORT_CLOSED)
    } else {
        ("process-exit", SHARE)
    }
}

/// Its share against `process-exit`, whose kernel closes the same way, and against `listener-closed` where the port is closed right after;
/// the taxonomy's.
const SHARE: u8 = 75;
const PORT_CLOSED: u8 = 50;
/// The complement of that of `early-response-upload`.
const REFUSED: u8 = 40;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Likely;
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, opened, served};

    #[test]
    fn a_window_that_grows_in_the_reset_had_unread_data_in_it() {
        let story = opened(
            "0.011  client > server  ACK      seq 1 ack 1 len 1460
             0.011  client > server  PSH,ACK  seq 1461 ack 1 len 1460
             0.021  server > client  ACK      seq 1 ack 2921 win 480
             0.400  server > client  RST,ACK  seq 1 ack 2921 win 503",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("unread-data-close", Likely)
        );
        assert_eq!(judged(&begun_midway(&story)), ("unread-data-close", Likely));
        assert_eq!(
            judged(&across_the_wrap(&story)),
            ("unread-data-close", Likely)
        );
    }

    #[test]
    fn an_upload_cut_off_in_flight_without_a_word_of_the_server() {
        let story = opened(
            "0.011  client > server  ACK      seq 1 ack 1 len 14480
             0.022  server > client  ACK      seq 1 ack 14481 win 400
             0.022  client > server  ACK      seq 14481 ack 1 len 28960
             0.400  server > client  RST,ACK  seq 1 ack 20001 win 520",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("unread-data-close", Likely)
        );
    }

    #[test]
    fn once_answered_nothing_is_unread() {
        let story = served("0.300  server > client  RST,ACK  seq 201 ack 101");
        assert_eq!(judged(&story), ("linger-zero-abort", Likely));
    }

    #[test]
    fn an_interim_response_is_no_answer() {
        let story = opened(
            "0.011  client > server  PSH,ACK  seq 1 ack 1 len 120 data \"POST /u HTTP/1.1\\r\\nExpect: 100-continue\\r\\nContent-Length: 900000\\r\\n\\r\\n\"
             0.022  server > client  PSH,ACK  seq 1 ack 121 len 25 data \"HTTP/1.1 100 Continue\\r\\n\\r\\n\"
             0.022  client > server  ACK      seq 121 ack 26 len 1460
             0.022  client > server  ACK      seq 1581 ack 26 len 1460
             0.032  server > client  ACK      seq 26 ack 3041
             0.500  server > client  RST,ACK  seq 26 ack 3041 win 510",
        );
        assert_eq!(judged(&story), ("unread-data-close", Likely));
    }
}
