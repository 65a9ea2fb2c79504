//! The process died: crash, kill, out of memory, deploy.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, Answer, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};
use crate::tcp::Side;

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "process-exit",
    aliases: &[
        "process died",
        "process crash",
        "service crashed",
        "kill -9",
        "SIGKILL",
        "OOM killer",
        "out of memory",
        "segfault",
        "deploy restart",
        "pod killed",
    ],
    title: "The process died and its connections with it",
    phase: Phase::Any,
    severity: Severity::Error,
    happens: "\
        A process ends with connections open, and the kernel closes them for it all at once. \
        Connections with unread input are reset, the others end with FIN. From then on new SYNs \
        are refused until something listens again.",
    ladder: "\
0.000  client A > server  PSH,ACK  seq 1 ack 1 len 80  request
0.001  server > client A  ACK      seq 1 ack 81        unread
0.200  server > client A  RST,ACK  seq 1 ack 81        process dies
0.200  server > client B  FIN,ACK  seq 31 ack 21       idle one
0.900  client B > server  SYN      seq 0               reconnects
0.910  server > client B  RST,ACK  seq 0 ack 1         refused",
    looks_for: "\
        Two or more connections of one endpoint (address and port) must end within about 100 ms, \
        some with an abort because of unread data, others with FIN, and at least one client must \
        have been waiting for an answer. SYNs refused right after, and a listener that returns \
        later, support it. An orderly pattern speaks against it: all idle connections get FIN, and \
        busy ones finish their work first.",
    told_apart: &[
        Rival {
            cause: "unread-data-close",
            by: "\
                On the wire nothing does, for one connection: the kernel closes for a dead process \
                as the process itself would. Several connections that end together, with FIN among \
                them, show the death.",
            settle: "\
                `journalctl -k` (killed process, segfault), the service manager's log, and whether \
                the process id changed.",
        },
        Rival {
            cause: "listener-closed",
            by: "\
                There no connection of that instant ends with FIN, and the server had never said a \
                word on those that were reset.",
            settle: "The service's log for an ordinary stop or reload.",
        },
        Rival {
            cause: "peer-gone",
            by: "\
                There the whole host went down: nothing is sent at the time, and resets come \
                later, from the restarted host.",
            settle: "`uptime` and `last -x` on the server.",
        },
        Rival {
            cause: "socket-destroyed",
            by: "\
                There sockets of several programs fall together, and the programs live on with \
                ECONNABORTED.",
            settle: "The process ids before and after, and the programs' logs.",
        },
    ],
    client_sees: "\
        On connections with unread input ECONNRESET: Java \"Connection reset\", Node \"read \
        ECONNRESET\", Go \"connection reset by peer\". On the others end of stream: Go \"EOF\", \
        Node \"socket hang up\", Python \"RemoteDisconnected\". New attempts give ECONNREFUSED, \
        nginx \"connect() failed (111: Connection refused) while connecting to upstream\".",
    server_sees: "\
        Nothing more: the process is dead. The kernel's log, the service manager or the core dump \
        has the reason.",
    at_stake: "\
        Requests in progress may have been carried out or not. Repeat only idempotent ones, and \
        check the others first.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Read `journalctl -k` for the out-of-memory killer, `coredumpctl list`, and the \
                deploy log for that second.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Now,
            action: "Repeat idempotent requests once the port answers again.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Stop gracefully: catch SIGTERM, stop accepting, finish requests, then exit; give \
                the service manager a long enough stop timeout.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Set memory limits with room to spare, and take an instance out of the load \
                balancer before a deploy.",
        },
    ],
    references: &[
        "Linux, net/ipv4/tcp.c, `__tcp_close`.",
        "\
            Measured on Linux 6.18: a killed process with and without unread input, and a crash \
            under several connections.",
    ],
    since: "0.1",
};

/// The rule: connections of one service end in one instant, those with a request waiting by reset and the others by FIN.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ABORT.before_own_fin(),
    blames_endpoint: true,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let unanswered = ask::receiver_went_unanswered(facts).may_hold()?;
    let claim = Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .requires(unanswered)?
        .is_excluded_by(&ask::received_its_answer(facts))?
        .is_excluded_by(&ask::answered_mid_request(facts))?
        .is_excluded_by(&ask::tls_handshake_is_open(facts))?;
    let ended = ask::process_ended(facts);
    if ended.holds() {
        return Some(
            claim
                .is_decided_by(ended)?
                .is_supported_by(ask::port_closed_soon_after(facts)),
        );
    }
    let together = if facts.sent_by() == Side::Server {
        ask::others_finished_at_once(facts)
    } else {
        Answer::No
    };
    if together.holds() && !ask::service_goes_on(facts).holds() {
        return Some(
            claim
                .requires(together)?
                .ties_with("unread-data-close", TOGETHER),
        );
    }
    Some(
        claim
            .is_excluded_by(&ask::waited_in_vain(facts))?
            .ties_with("unread-data-close", ALONE),
    )
}

/// Its share against `unread-data-close` when nothing shows what became of the process, and when other connections ended with it; the
/// first is the taxonomy's, the second chosen.
const ALONE: u8 = 25;
const TOGETHER: u8 = 80;

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely};
    use crate::testkit::{at_the_server, judged, judged_all};

    #[test]
    fn an_unread_request_and_an_idle_connection_that_end_together_are_one_death() {
        let story = "0.000  client A > server  SYN      seq 0
             0.001  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.011  server > client B  SYN,ACK  seq 0 ack 1
             0.011  client B > server  ACK      seq 1 ack 1
             0.012  client A > server  PSH,ACK  seq 1 ack 1 len 80
             0.013  client B > server  PSH,ACK  seq 1 ack 1 len 20
             0.022  server > client A  ACK      seq 1 ack 81
             0.024  server > client B  PSH,ACK  seq 1 ack 21 len 30
             0.024  client B > server  ACK      seq 21 ack 31
             
             0.500  server > client B  FIN,ACK  seq 31 ack 21
             0.501  server > client A  RST,ACK  seq 1 ack 81
             0.900  client B:40077 > server  SYN      seq 0
             0.910  server > client B:40077  RST,ACK  seq 0 ack 1";
        assert_eq!(
            judged_all(story),
            [(13, "process-exit", Certain), (15, "port-closed", Likely)]
        );
    }

    #[test]
    fn a_request_dropped_while_the_service_goes_on_is_not_the_death_of_the_process() {
        let story = "0.000  client A > server  SYN      seq 0
             0.001  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.011  server > client B  SYN,ACK  seq 0 ack 1
             0.011  client B > server  ACK      seq 1 ack 1
             0.012  client A > server  PSH,ACK  seq 1 ack 1 len 80
             0.013  client B > server  PSH,ACK  seq 1 ack 1 len 20
             0.022  server > client A  ACK      seq 1 ack 81
             0.024  server > client B  PSH,ACK  seq 1 ack 21 len 30
             0.024  client B > server  ACK      seq 21 ack 31
             
             0.500  server > client B  FIN,ACK  seq 31 ack 21
             0.501  server > client A  RST,ACK  seq 1 ack 81
             0.600  client C > server  SYN      seq 0
             0.610  server > client C  SYN,ACK  seq 0 ack 1
             0.610  client C > server  ACK      seq 1 ack 1";
        assert_eq!(judged(story), ("unread-data-close", Likely));
        assert_eq!(judged(&at_the_server(story)), ("unread-data-close", Likely));
    }

    #[test]
    fn a_request_dropped_alone_is_only_perhaps_its_death() {
        let story = "0.000  client A > server  SYN      seq 0
             0.001  client B > server  SYN      seq 0
             0.010  server > client A  SYN,ACK  seq 0 ack 1
             0.010  client A > server  ACK      seq 1 ack 1
             0.011  server > client B  SYN,ACK  seq 0 ack 1
             0.011  client B > server  ACK      seq 1 ack 1
             0.012  client A > server  PSH,ACK  seq 1 ack 1 len 80
             0.013  client B > server  PSH,ACK  seq 1 ack 1 len 20
             0.022  server > client A  ACK      seq 1 ack 81
             0.024  server > client B  PSH,ACK  seq 1 ack 21 len 30
             0.024  client B > server  ACK      seq 21 ack 31
             
             0.501  server > client A  RST,ACK  seq 1 ack 81";
        assert_eq!(judged(story), ("unread-data-close", Likely));
    }
}
