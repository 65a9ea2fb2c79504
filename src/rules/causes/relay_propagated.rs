//! A proxy ends one leg because the other was reset.

use crate::case::facts::Facts;
use crate::rules::{
    Advice, CauseDoc, Claim, Horizon, Phase, Rival, Rule, Scope, Severity, Who, ask,
};

/// The page.
pub(super) static DOC: CauseDoc = CauseDoc {
    id: "relay-propagated",
    aliases: &[
        "proxied reset",
        "reset through a proxy",
        "upstream reset",
        "upstream connect error or disconnect",
        "connection termination by upstream",
        "reset relayed by proxy",
    ],
    title: "A proxy passed on a reset of its other side",
    phase: Phase::Any,
    severity: Severity::Error,
    happens: "\
        A proxy stands between client and origin and holds one connection to each. One of the two \
        is reset, and the proxy ends the other at once, with a reset or a premature FIN. The proxy \
        is only the messenger: the cause lies on the leg that was reset first.",
    ladder: "\
0.000  client > proxy  PSH,ACK  seq 1 ack 1 len 80  request
0.001  proxy > origin  PSH,ACK  seq 1 ack 1 len 80  passed on
0.030  origin > proxy  RST,ACK  seq 1 ack 81        the first
0.031  proxy > client  RST,ACK  seq 1 ack 81        its copy",
    looks_for: "\
        Both legs must be in the capture. A reset on one must be followed within about 10 ms by a \
        reset or a premature FIN of the same proxy address on the other, and the two must be \
        matched by time and payload. The report calls the leg nearest to the origin the primary \
        one. Not every proxy does this: HAProxy turns a server's reset into FIN in TCP mode and \
        into status 502 in HTTP mode, and nginx answers 502.",
    told_apart: &[
        Rival {
            cause: "linger-zero-abort",
            by: "\
                Without the other leg in the capture, on the wire nothing does: the proxy aborts \
                of its own will.",
            settle: "\
                Capture both legs on the proxy (`tcpdump -i any`), or read its log for an error of \
                the other side at that second.",
        },
        Rival {
            cause: "unread-data-close",
            by: "\
                Without the other leg, on the wire nothing does: the proxy closes with unread \
                input.",
            settle: "Capture both legs on the proxy, or read its log.",
        },
        Rival {
            cause: "lb-idle-timeout",
            by: "\
                There the balancer itself decides, after an idle time, and no leg was reset \
                before.",
            settle: "The balancer's idle timeout and its log.",
        },
    ],
    client_sees: "\
        What the proxy makes of it: ECONNRESET (\"Connection reset by peer\"), end of stream \
        (\"socket hang up\", \"EOF\"), or status 502 from an HTTP proxy.",
    server_sees: "\
        The origin sees what the cause on its own leg says, usually no error, because it sent the \
        first reset. The proxy logs it: nginx \"recv() failed (104: Connection reset by peer) \
        while reading response header from upstream\", Envoy \"upstream connect error or \
        disconnect/reset before headers\".",
    at_stake: "\
        The same as for the cause on the first leg. The request may have reached the origin, so a \
        repeat is safe only as far as that cause allows.",
    advice: &[
        Advice {
            who: Who::Server,
            horizon: Horizon::Now,
            action: "Read the page of the cause on the primary leg, and act at the origin.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Now,
            action: "\
                Read the proxy's log for that second: it names the other side and the kind of \
                failure.",
        },
        Advice {
            who: Who::Network,
            horizon: Horizon::Lasting,
            action: "\
                Let the proxy answer with an error of the protocol (502) instead of passing a \
                reset on.",
        },
    ],
    references: &[
        "RFC 9110, 15.6.3: status 502.",
        "\
            Measured on Linux 6.18: a relay that turns a reset into FIN, one that passes it on, \
            HAProxy 2.6 and nginx 1.22 in front of an origin that resets.",
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
    let leg = ask::other_leg_was_reset(facts).may_hold()?;
    Claim::new()
        .requires(ask::is_abort(facts))?
        .requires(ask::sender_had_not_closed(facts))?
        .is_excluded_by(&ask::follows_a_reset(facts))?
        .is_decided_by(leg)
}

#[cfg(test)]
mod tests {
    use crate::rules::Confidence::Likely;
    use crate::testkit::judged;

    #[test]
    fn a_proxy_passes_the_reset_of_the_origin_on() {
        let story = "0.000  client > proxy  SYN      seq 0
             0.001  proxy > client  SYN,ACK  seq 0 ack 1
             0.001  client > proxy  ACK      seq 1 ack 1
             0.002  proxy:40900 > origin  SYN      seq 0
             0.003  origin > proxy:40900  SYN,ACK  seq 0 ack 1
             0.003  proxy:40900 > origin  ACK      seq 1 ack 1
             0.010  client > proxy  PSH,ACK  seq 1 ack 1 len 80 data \"GET /a HTTP/1.1\"
             
             0.010  proxy > client  ACK      seq 1 ack 81
             0.011  proxy:40900 > origin  PSH,ACK  seq 1 ack 1 len 80 data \"GET /a HTTP/1.1\"
             0.012  origin > proxy:40900  ACK      seq 1 ack 81
             0.040  origin > proxy:40900  RST,ACK  seq 1 ack 81
             0.041  proxy > client  RST,ACK  seq 1 ack 81";
        assert_eq!(judged(story), ("relay-propagated", Likely));
    }

    #[test]
    fn a_leg_with_other_bytes_is_no_other_leg() {
        let story = "0.000  client > proxy  SYN      seq 0
             0.001  proxy > client  SYN,ACK  seq 0 ack 1
             0.001  client > proxy  ACK      seq 1 ack 1
             0.002  proxy:40900 > origin  SYN      seq 0
             0.003  origin > proxy:40900  SYN,ACK  seq 0 ack 1
             0.003  proxy:40900 > origin  ACK      seq 1 ack 1
             0.010  client > proxy  PSH,ACK  seq 1 ack 1 len 80 data \"GET /a HTTP/1.1\"
             
             0.010  proxy > client  ACK      seq 1 ack 81
             0.011  proxy:40900 > origin  PSH,ACK  seq 1 ack 1 len 300 data \"SELECT 1\"
             0.012  origin > proxy:40900  ACK      seq 1 ack 301
             0.040  origin > proxy:40900  RST,ACK  seq 1 ack 301
             0.041  proxy > client  RST,ACK  seq 1 ack 81";
        assert_eq!(judged(story), ("unread-data-close", Likely));
    }
}
