//! A subflow of Multipath TCP, or the whole connection, was closed by a reset with a reason.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "mptcp-reset",
    aliases: &[
        "multipath TCP",
        "MPTCP",
        "MP_TCPRST",
        "MP_FASTCLOSE",
        "subflow reset",
        "MP_JOIN refused",
        "MPTcpExtMPRstRx",
    ],
    title: "A Multipath TCP subflow was closed",
    phase: Phase::Any,
    severity: Severity::Warning,
    happens: "\
        Multipath TCP carries one connection over several TCP connections, the subflows. A reset \
        with an MP_TCPRST option closes one subflow and says why; the others go on, and the \
        application need not notice. Only a reset of the last one, or an MP_FASTCLOSE, ends the \
        whole connection.",
    ladder: "\
0.000  client > server  SYN      seq 0        MP_JOIN
0.010  server > client  SYN,ACK  seq 0 ack 1  MP_JOIN
0.010  client > server  ACK      seq 1 ack 1  MP_JOIN
0.020  server > client  RST      seq 1 mptcp 3  MP_TCPRST",
    looks_for: "\
        The reset must carry TCP option 30 with subtype 8, MP_TCPRST. Its reason is 0 unspecified, \
        1 MPTCP-specific error, 2 lack of resources, 3 administratively prohibited, 4 too much \
        outstanding data, 5 unacceptable performance, 6 middlebox interference, and a flag says \
        whether the trouble is expected to pass. Subtype 7, MP_FASTCLOSE, ends the whole \
        connection. Other subflows that go on show that no application noticed.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "There the reset carries no Multipath TCP option.",
            settle: "A capture with all TCP options (`tcpdump -s 0`).",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                A whole connection that is closed with unread data prints the same kernel reason, \
                TCP_ABORT_ON_CLOSE; the option on the wire separates them.",
            settle: "\
                The option in the reset, or `nstat -az 'MPTcpExt*'` on the sender (MPRstTx, \
                MPFastcloseTx).",
        },
        Rival {
            cause: "handshake-state-lost",
            by: "\
                There the reset of a new connection has no Multipath TCP option, and the SYN has \
                no MP_JOIN.",
            settle: "The options of SYN and reset settle it.",
        },
    ],
    client_sees: "\
        Nothing while another subflow lives. If the last one is reset or MP_FASTCLOSE arrives: \
        ECONNRESET, \"Connection reset by peer\".",
    server_sees: "\
        Nothing while another subflow lives. If the last one is reset or MP_FASTCLOSE arrives: \
        ECONNRESET. The counters MPTcpExtMPRstRx and MPTcpExtMPRstTx grow.",
    at_stake: "\
        Nothing while another subflow lives: its data is sent again there. With the last subflow \
        the exchange is lost, and only idempotent requests are safe to repeat.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "\
                Read the reason; for 2 and 3 look at `ip mptcp limits show` and `ip mptcp endpoint \
                show` on both ends.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                For reason 6, look for a firewall or proxy that strips or rewrites TCP options.",
        },
        Advice {
            who: Who::Server,
            horizon: Horizon::Lasting,
            action: "\
                Raise the limits (`ip mptcp limits set subflows 4 add_addr_accepted 4`) if more \
                paths are wanted.",
        },
        Advice {
            who: Who::Client,
            horizon: Horizon::Lasting,
            action: "Announce only addresses from which the other side can be reached.",
        },
    ],
    references: &[
        "RFC 8684, 3.6: MP_TCPRST and its reasons; 3.5: MP_FASTCLOSE.",
        "Linux, net/mptcp/options.c and include/net/rstreason.h.",
        "Measured on Linux 6.18: a refused join with reason 3.",
    ],
    since: "0.1",
};

/// The rule.
pub const RULE: Rule = Rule {
    doc: &DOC,
    scope: Scope::ANY,
    blames_endpoint: false,
    examine,
};

fn examine(facts: &Facts<'_>) -> Option<Claim> {
    let reason = ask::gives_an_mptcp_reason(facts).may_hold()?;
    Claim::new().is_decided_by(reason)
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::{Certain, Likely, Possible};
    use crate::testkit::{across_the_wrap, at_the_server, begun_midway, judged, served};

    #[test]
    fn a_refused_subflow_gives_its_reason() {
        let story = "0.000  client > server  SYN      seq 0 join
             0.010  server > client  SYN,ACK  seq 0 ack 1 join
             0.010  client > server  ACK      seq 1 ack 1 join
             0.020  server > client  RST      seq 1 mptcp 3";
        assert_eq!(judged(story), ("mptcp-reset", Certain));
        assert_eq!(judged(&at_the_server(story)), ("mptcp-reset", Certain));
        assert_eq!(judged(&across_the_wrap(story)), ("mptcp-reset", Certain));
    }

    #[test]
    fn an_abort_with_the_option_is_one_too() {
        let story = served("0.100  client > server  RST,ACK  seq 101 ack 201 mptcp 2");
        assert_eq!(judged(&story), ("mptcp-reset", Certain));
        assert_eq!(judged(&begun_midway(&story)), ("mptcp-reset", Likely));
    }

    #[test]
    fn a_subflow_reset_without_the_option_is_judged_like_any_other() {
        let story = "0.000  client > server  SYN      seq 0 join
             0.010  server > client  SYN,ACK  seq 0 ack 1 join
             0.010  client > server  ACK      seq 1 ack 1 join
             0.020  server > client  RST      seq 1";
        assert_eq!(judged(story), ("handshake-state-lost", Possible));
    }
}
