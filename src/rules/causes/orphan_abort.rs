//! An application closed, and its kernel could not deliver what was left.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::ResetForm;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "orphan-abort",
    aliases: &[
        "tcp_max_orphans",
        "too many orphaned sockets",
        "orphan",
        "out of socket memory",
        "tcp_mem",
        "TCPAbortOnMemory",
        "TCP_ABORT_ON_MEMORY",
        "tcp_orphan_retries",
    ],
    title: "The kernel gave up on undelivered data",
    phase: Phase::Close,
    severity: Severity::Error,
    happens: "\
        An application has closed a socket, and data that it wrote is still waiting because the \
        other side does not read or does not answer. The kernel goes on alone with this orphan. If \
        it runs short of memory or of room for orphans, it aborts the connection; if its probes \
        fail for too long, it forgets the connection in silence, and a later window update meets a \
        reset.",
    ladder: "\
0.000  server > client  ACK      seq 1 ack 101 len 4000  answer
0.010  client > server  ACK      seq 101 ack 4001 win 0  closed
0.220  server > client  ACK      seq 4000 ack 101        window probe
0.230  client > server  ACK      seq 101 ack 4001 win 0  still
0.640  server > client  ACK      seq 4000 ack 101        window probe
0.650  client > server  ACK      seq 101 ack 4001 win 0  still
0.700  server > client  RST,ACK  seq 4001 ack 101        gives up",
    looks_for: "\
        The sender of the reset must have unsent or unacknowledged data, because the receiver's \
        window is closed or retransmissions go unanswered, and no FIN of it may be on the wire. \
        Then it aborts (ACK set) when it closes, or its probes stop and a later window update gets \
        a bare reset. A window that was closed for long supports it, and so do many such resets of \
        one host at once.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "\
                On the wire nothing does, for one connection: linger zero throws waiting data away \
                with the same segment. A single reset is more often linger zero, many at once are \
                more often this.",
            settle: "\
                Run `nstat -az TcpExtTCPAbortOnMemory` on the sender and look for \"too many \
                orphaned sockets\" in `dmesg`. The trace point `tcp:tcp_send_reset` prints \
                TCP_ABORT_ON_MEMORY here.",
        },
        Rival {
            cause: "peer-gone",
            by: "\
                On the wire nothing does for the bare reset to a window update. A receiver whose \
                window had been closed puts this cause first.",
            settle: "\
                The sender's uptime and service log; `nstat -az TcpExtTCPAbortOnTimeout` on the \
                sender, which grows when its probes give up.",
        },
        Rival {
            cause: "retransmit-timeout-abort",
            by: "\
                There the receiver acknowledges nothing at all, and the abort follows \
                retransmissions with growing pauses.",
            settle: "Capture at the receiver: it shows whether its ACKs are sent and lost.",
        },
    ],
    client_sees: "\
        If the server's kernel gave up: data already received can be read, then ECONNRESET: Java \
        \"Connection reset\", Node \"read ECONNRESET\", Go \"read: connection reset by peer\", \
        curl \"(56) Recv failure\" or \"(18) transfer closed with outstanding read data \
        remaining\".",
    server_sees: "\
        If its own kernel gave up, the application sees nothing, because it has closed. The kernel \
        logs \"too many orphaned sockets\" or \"out of memory -- consider tuning tcp_mem\".",
    at_stake: "\
        The undelivered rest of what the closer wrote is lost, and the closer never learns of it. \
        A repeat of a read is safe; a repeat of a change is not known to be.",
    advice: &[
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "\
                Read faster: a window of zero shows that the receiving program had stopped \
                reading.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Run `ss -s` and `cat /proc/net/sockstat` on the closer: orphans and memory near \
                their limits confirm it.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Raise `net.ipv4.tcp_max_orphans` and `net.ipv4.tcp_mem`, and lower \
                `net.ipv4.tcp_orphan_retries` so that dead receivers are given up sooner.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Have the application wait until its data is acknowledged before it exits, with a \
                limit of its own.",
        },
    ],
    references: &[
        "\
            Linux, net/ipv4/tcp_timer.c, `tcp_out_of_resources` and `tcp_probe_timer`; \
            Documentation/networking/ip-sysctl.rst, tcp_max_orphans.",
        "Measured on Linux 6.18: the limit of orphans, and an orphan facing a closed window.",
    ],
    since: "0.1",
};

/// The rule: the closer's kernel gives up on data that its peer does not take, at once, or by falling silent until the peer asks.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::REPLY.or(Scope::ABORT).before_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let stuck = match facts.form.form {
        ResetForm::Active => ask::peer_took_no_more(facts),
        _ => ask::window_had_been_closed(facts),
    };
    let stuck = stuck.may_hold()?;
    let claim = Claim::new()
        .requires(ask::sender_had_not_closed(facts))?
        .is_excluded_by(&ask::follows_a_reset(facts))?;
    Some(match facts.form.form {
        ResetForm::Active => claim
            .requires(ask::is_abort(facts))?
            .requires(stuck)?
            .is_excluded_by(&ask::peer_stopped_answering(facts))?
            .ties_with("linger-zero-abort", ABORT),
        _ => claim
            .requires(ask::is_reply(facts))?
            .requires(stuck)?
            .ties_with("peer-gone", SILENT),
    })
}

/// Its share against `linger-zero-abort`, and against `peer-gone`, before which it comes where a window had been closed; the taxonomy's.
const ABORT: u8 = 30;
const SILENT: u8 = 55;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Likely, Possible};
    use crate::testkit::{at_the_server, judged, served};

    #[test]
    fn a_window_that_opens_too_late_finds_nobody() {
        let story = served(
            "0.100  client > server  PSH,ACK  seq 101 ack 201 len 30
             0.120  server > client  ACK      seq 201 ack 131 len 1460
             0.121  client > server  ACK      seq 131 ack 1661 win 0
             0.340  server > client  ACK      seq 1660 ack 131
             0.340  client > server  ACK      seq 131 ack 1661 win 0
             
             20.00  client > server  ACK      seq 131 ack 1661 win 500
             20.01  server > client  RST      seq 1661",
        );
        assert_eq!(judged(&story), ("orphan-abort", Possible));
        assert_eq!(judged(&at_the_server(&story)), ("orphan-abort", Possible));
    }

    #[test]
    fn an_abort_against_a_closed_window_may_be_deliberate_as_well() {
        let story = served(
            "0.100  client > server  PSH,ACK  seq 101 ack 201 len 30
             0.120  server > client  ACK      seq 201 ack 131 len 1460
             0.121  client > server  ACK      seq 131 ack 1661 win 0
             0.340  server > client  ACK      seq 1660 ack 131
             0.340  client > server  ACK      seq 131 ack 1661 win 0
             
             0.700  server > client  RST,ACK  seq 1661 ack 131",
        );
        assert_eq!(judged(&story), ("linger-zero-abort", Possible));
    }

    #[test]
    fn a_window_that_never_closed_is_not_waited_for() {
        let story = served(
            "20.00  client > server  ACK      seq 100 ack 201
             20.01  server > client  RST      seq 201",
        );
        assert_eq!(judged(&story), ("peer-gone", Likely));
    }
}
