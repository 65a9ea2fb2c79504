//! Somebody other than the application ended its socket.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "socket-destroyed",
    aliases: &[
        "ss -K",
        "ss --kill",
        "tcp_abort",
        "SOCK_DESTROY",
        "killed socket",
        "tcpkill",
        "INET_DIAG_DESTROY",
        "ECONNABORTED",
        "software caused connection abort",
    ],
    title: "The socket was killed from outside its application",
    phase: Phase::Any,
    severity: Severity::Warning,
    happens: "\
        Someone other than the application ends the connection: an administrator with `ss -K`, a \
        network agent through the kernel's diagnosis interface or BPF, a phone that changes its \
        network. The kernel sends an abort in the live connection, and the program that owned the \
        socket is as surprised as its partner.",
    ladder: "\
0.000  client > server  PSH,ACK  seq 1 ack 1 len 40   request
0.010  server > client  PSH,ACK  seq 1 ack 41 len 60  answer
0.010  client > server  ACK      seq 41 ack 61
31.40  server > client  RST,ACK  seq 61 ack 41        out of the blue",
    looks_for: "\
        The reset must be an abort (ACK set, its own numbers, a real window), and nothing in the \
        exchange may explain it. By itself it is only ever an alternative to linger-zero-abort. It \
        comes first when a host loses many sockets of unrelated programs at one moment. Support \
        comes from an idle connection, and from a sender that is not the side that usually closes.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "\
                On the wire nothing does. Only many unrelated sockets of one host that fall at \
                once speak for this cause.",
            settle: "\
                The owner's log: ECONNABORTED here, no error there. The trace point \
                `tcp:tcp_send_reset` prints TCP_STATE with the live state (ESTABLISHED) here and \
                with CLOSE there. `nstat -az TcpExtTCPAbortOnData` grows only there.",
        },
        Rival {
            cause: "process-exit",
            by: "\
                There the program is dead, the connections belong to one service, and new SYNs are \
                refused.",
            settle: "The process ids before and after.",
        },
        Rival {
            cause: "keepalive-timeout",
            by: "There unanswered probes of the same side stand before the abort.",
            settle: "A capture that covers the silence without lost records.",
        },
    ],
    client_sees: "\
        If the server's socket was killed: ECONNRESET on the next read: Java \"Connection reset\", \
        Node \"read ECONNRESET\", Go \"connection reset by peer\". If the client's own socket was \
        killed: ECONNABORTED, \"Software caused connection abort\".",
    server_sees: "\
        If its own socket was killed: ECONNABORTED on the pending or next read, \"Software caused \
        connection abort\". If the client's was killed: ECONNRESET.",
    at_stake: "\
        Unsent and unread data of both ends are lost. A request without its answer is in doubt, so \
        repeat only what is idempotent.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Ask who kills sockets: operators' scripts with `ss -K`, network agents, VPN \
                clients, orchestrators that evict endpoints; look in the audit log.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Reconnect, and repeat idempotent requests.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Let such tools drain connections first, or limit them to the sockets that are \
                meant.",
        },
    ],
    references: &[
        "Linux, net/ipv4/tcp.c, `tcp_abort`; ss(8), option -K.",
        "Measured on Linux 6.18: form, kernel's reason and ECONNABORTED at the owner.",
    ],
    since: "0.1",
};

/// The rule: never more than the other half of a tie, for the wire shows the same as an abort by the application.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT,
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let claim = ask::aborted_for_no_visible_reason(facts)?;
    let share = 100 - ask::share_of_applications(facts);
    Some(claim.ties_with("linger-zero-abort", share))
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Possible;
    use crate::rules::Verdict;
    use crate::testkit::{at_the_server, begun_midway, judged, served, verdict};

    #[test]
    fn an_abort_out_of_the_blue_is_first_of_all_a_deliberate_one() {
        let story = served("31.40  server > client  RST,ACK  seq 201 ack 101");
        assert_eq!(judged(&story), ("linger-zero-abort", Possible));
        assert_eq!(
            judged(&at_the_server(&story)),
            ("linger-zero-abort", Possible)
        );
        assert_eq!(
            judged(&begun_midway(&story)),
            ("linger-zero-abort", Possible)
        );
    }

    #[test]
    fn it_is_the_rarer_half_of_such_an_abort() {
        let verdict = verdict(&served("31.40  server > client  RST,ACK  seq 201 ack 101"));
        assert_eq!(others(&verdict), ["socket-destroyed"]);
    }

    #[test]
    fn a_request_left_unread_explains_its_abort() {
        let verdict = verdict(&served(
            "0.300  client > server  PSH,ACK  seq 101 ack 201 len 90
             0.310  server > client  ACK      seq 201 ack 191
             0.650  server > client  RST,ACK  seq 201 ack 191",
        ));
        assert_eq!(others(&verdict), ["process-exit"]);
    }

    fn others(verdict: &Verdict) -> Vec<&str> {
        let others = verdict.alternatives.iter();
        others.map(|other| other.cause.id).collect()
    }
}
