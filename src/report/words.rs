//! The sentence for each fact: a match without a wildcard, so that a new fact does not compile unworded.

use crate::case::ConnectionId;
use crate::case::facts::{Said, Stated, Tell};
use crate::origin::RecordId;
use crate::rules::{Fact, SynAckTrouble};
use crate::tcp::{IcmpError, Quoted};

/// The sentence of a fact that holds: present or past tense, its numbers in it, a capital first and no full stop.
#[expect(
    clippy::too_many_lines,
    reason = "one arm a fact, so that a new fact does not compile unworded"
)]
pub fn sentence(fact: &Fact) -> String {
    match fact {
        Fact::AnswersSyn => "The reset answers the SYN: sequence number 0, and it acknowledges exactly the SYN".into(),
        Fact::AnswersSegment { payload: 0 } => "The reset answers a segment without payload, whose acknowledgment number it bears".into(),
        Fact::AnswersSegment { payload } => {
            format!("The reset answers a segment with {} of payload, whose acknowledgment number it bears", bytes(u64::from(*payload)))
        }
        Fact::IsAbort { window } => format!("The reset continues its sender's own segments (ACK set, window field {window}): an abort, not an answer"),
        Fact::IsBare => "The reset has no ACK and window 0, as answers have; the segment that it answers is not at hand".into(),
        Fact::AnsweredSegment => "The segment that the reset answers was not captured".into(),

        Fact::NoSynAck => "No SYN,ACK was sent on this connection".into(),
        Fact::SynAckSent => "The server answered the SYN".into(),
        Fact::HandshakeAcknowledged => "The client acknowledged the SYN,ACK, so to it the connection was established".into(),
        Fact::SynAckRepeatedAfterAck { times, until } => format!(
            "The server sent its SYN,ACK again {}, up to {} after the client had acknowledged it",
            count(*times, "time", "times"),
            duration(*until)
        ),
        Fact::SynAckRepeated { times } => format!("The server sent its SYN,ACK again {}", count(*times, "time", "times")),
        Fact::PayloadNeverAcknowledged { sent: 0 } => "The client had sent no payload, and the server nothing but SYN,ACK".into(),
        Fact::PayloadNeverAcknowledged { sent } => {
            format!("The server never acknowledged any of the {} that the client sent", bytes(*sent))
        }
        Fact::ServerSilent => "The server never sent payload or FIN".into(),
        Fact::RightAfterSynAck => "The reset stands right after the SYN,ACK in the server's sequence space".into(),
        Fact::SoonAfterHandshake { nanos } => format!("The reset came {} after the segment that completed the handshake", duration(*nanos)),
        Fact::WasEstablished => "The connection had been established".into(),

        Fact::HandshakeNotAcknowledged => "The client never acknowledged the SYN,ACK".into(),
        Fact::SynCaptured => "The client's SYN is in the capture".into(),
        Fact::AnswersSynAck => "The reset answers a SYN,ACK with which nothing is wrong".into(),
        Fact::SynAckUnacceptable(SynAckTrouble::Acknowledgment { off_by }) => {
            format!("The SYN,ACK that the reset answers does not acknowledge the SYN: it is off by {off_by}")
        }
        Fact::SynAckUnacceptable(SynAckTrouble::TimestampEcho { echo }) => {
            format!("The SYN,ACK that the reset answers echoes timestamp {echo}, which the client never sent")
        }
        Fact::AnswersOldAck { off_by } => {
            format!("The SYN was answered by a bare ACK of another connection, off by {off_by} from the SYN's own, and the reset answers that")
        }
        Fact::TupleWasInUse => "The same two addresses were in use by an earlier connection that was not seen to end".into(),
        Fact::SynRepeated { after } => format!("The client repeated its SYN {} after the reset", duration(*after)),
        Fact::BareSyn { window } => format!("The SYN has window {window} and no option but MSS, as raw scanners write it"),
        Fact::ClientSilent => "The client sent neither payload nor FIN".into(),
        Fact::AcknowledgesNoPayload => "The reset acknowledges no payload of the client".into(),
        Fact::NeverOpened => "The connection was never opened in this capture, and its resetting side said nothing else on it".into(),

        Fact::SenderSpokeLast { side, bytes: sent } => format!("The last payload, {}, was the {}'s own", bytes(*sent), side.name()),
        Fact::AnswerReceived { bytes: sent } => format!("The last payload, {}, was the answer to what the sender of the reset had asked", bytes(*sent)),
        Fact::NothingSaid => "Neither side had sent any payload".into(),
        Fact::Unanswered { side, bytes: sent } => format!("The last payload, {} from the {}, was never answered", bytes(*sent), side.name()),
        Fact::WindowGrew { before, after } => {
            format!("The window field grew from {before} to {after} in the reset: unread data was thrown away before it was sent")
        }
        Fact::WindowUnchanged { window } => format!("The window field {window} is the last one offered: no unread data was thrown away"),
        Fact::Undelivered { bytes: sent } => format!("The reset leaves {} of the other side unacknowledged", bytes(u64::from(*sent))),
        Fact::Unacknowledged { bytes: sent } => format!("{} of the sender's own were not acknowledged yet", bytes(u64::from(*sent))),
        Fact::AllAcknowledged => "Everything that both sides said had been acknowledged".into(),
        Fact::SoonAfterPayload { nanos } => format!("The reset came {} after the last payload", duration(*nanos)),
        Fact::Exchanges { count: 0 } => "No request had been answered on this connection before".into(),
        Fact::Exchanges { count: done } => {
            format!("{} had been completed on this connection before", count(*done, "exchange", "exchanges"))
        }
        Fact::AnsweredMidRequest { answer, request } => {
            format!("The server began its answer ({}) while the client was still sending: {} by then", bytes(*answer), bytes(*request))
        }
        Fact::RequestHead => "The head of the request was cut off, so the length that it may announce is not known".into(),
        Fact::ChunksMissing { received } => format!(
            "The request comes in chunks without its last one, and the server answered when it had received {} of the body",
            bytes(*received)
        ),
        Fact::RequestIncomplete { announced, received } => format!(
            "The request announces a body of {}, and the server answered when it had received {} of it",
            bytes(*announced),
            bytes(*received)
        ),
        Fact::RequestWhole { bytes: sent } => format!("The request ({}) was whole before it was answered", bytes(*sent)),
        Fact::HttpStatus { code } => format!("The answer is HTTP status {code}"),

        Fact::AnswerStillComing { bytes: sent } => format!("The server's answer was still coming: {} of it so far", bytes(*sent)),
        Fact::SenderCaptured => "The capture missed some of what the sender of the reset had said before".into(),
        Fact::ReceiverCaptured => "What the receiver of the reset sent was not captured".into(),
        Fact::WindowClosed { nanos } => format!("The receiver's window had been closed {} before", duration(*nanos)),

        Fact::FinSent { side } => format!("The {} had closed with FIN", side.name()),
        Fact::NoFinSent { side } => format!("The {} had not sent FIN", side.name()),
        Fact::FinReceived { side } => format!("The {} had closed with FIN", side.name()),
        Fact::CrossedFin => "The segment that the reset answers does not acknowledge the FIN: it was sent in ignorance of it".into(),
        Fact::AcknowledgedFin => "The segment that the reset answers acknowledges the FIN".into(),
        Fact::HadFinFor { nanos } if *nanos >= 0 => format!("The FIN had been there for {} when that segment was sent", duration(*nanos)),
        Fact::HadFinFor { nanos } => format!("That segment was sent {} before the FIN can have come", duration(-nanos)),
        Fact::FinRepeated { times } => format!("The FIN was sent again {} and never acknowledged", count(*times, "time", "times")),
        Fact::IdleBeforeFin { nanos } => format!("The FIN ended {} without payload", duration(*nanos)),
        Fact::NoIdleBeforeFin { nanos } => format!("The FIN came {} after the last payload, so it ended no idle period", duration(*nanos)),
        Fact::IdleBeforeRequest { nanos } => format!("The request came after {} without payload", duration(*nanos)),
        Fact::PartOfClosing => "The reset takes the place of a FIN in a closing that had begun".into(),
        Fact::IdleTimeoutOfService { shortest, longest, count: seen } => format!(
            "The same service closed {} after {} to {} without payload",
            count(*seen, "connection", "connections"),
            duration(*shortest),
            duration(*longest)
        ),

        Fact::AnswersStraggler { fin: true } => "The reset answers a FIN that came after the connection was over".into(),
        Fact::AnswersStraggler { fin: false } => "The reset answers a segment that brought nothing new".into(),

        Fact::SilentBefore { nanos } => format!("Nothing was sent for {} before the reset", duration(*nanos)),
        Fact::RepeatedInVain { times } => format!("The sender of the reset had repeated its payload {} in vain", count(*times, "time", "times")),

        Fact::AnnouncedTimeout { nanos, seconds } => {
            format!("{} of silence agree with the {seconds} s that the server had announced (Keep-Alive: timeout={seconds})", duration(*nanos))
        }
        Fact::KnownTimeout { nanos, seconds, whose } => {
            format!("{} of silence agree with {seconds} s, a timeout that many {whose} have", duration(*nanos))
        }
        Fact::Probed { times, interval: Some(interval) } => format!(
            "The sender of the reset had probed the connection {}, {} apart",
            count(*times, "time", "times"),
            duration(*interval)
        ),
        Fact::Probed { times, interval: None } => {
            format!("The sender of the reset had probed the connection {}", count(*times, "time", "times"))
        }
        Fact::ProbesAnswered => "The last probe was answered, as the capture shows; the answer may have been lost on its way".into(),
        Fact::RepetitionsAnswered => "The repetitions were answered, as the capture shows; the answers may have been lost on their way".into(),
        Fact::IntervalLater { nanos } => format!("The reset came {} after the last probe: one more interval", duration(*nanos)),

        Fact::SpokeJustBefore { nanos } => format!("Its sender had still spoken {} before", duration(*nanos)),

        Fact::EndedByReset { side, before } => format!("A reset by the {} had ended the connection {} before", side.name(), duration(*before)),
        Fact::SentBeforeItKnew => "The segment that it answers was under way when that reset was sent".into(),
        Fact::StateWas { side, state } => format!("The {} was in {}", side.name(), state.name()),

        Fact::Icmp(error) => icmp(error),
        Fact::Stated(reason) => stated(reason),
        Fact::Challenged => "Its receiver answered with a challenge ACK and lived on".into(),
        Fact::NotAcceptable => "Its numbers are not those that its receiver expected, so it was dropped".into(),
        Fact::FitsNoForm => "The reset neither continues its sender's segments nor answers one of the receiver's".into(),

        Fact::Foreign(tell) => foreign(*tell),
        Fact::LooksLikeSender { hop_limit } => format!("The reset has the hop limit {hop_limit} of its sender's other segments"),
        Fact::DscpCopied { dscp } => format!("The reset copies DSCP {dscp} of the SYN, as a host does and a packet filter does not"),

        Fact::TlsNegotiating => "The client had begun a TLS handshake that had not ended".into(),
        Fact::AnswersTlsAlert { bytes: sent } => format!("The reset answers a TLS alert: {} of payload", bytes(u64::from(*sent))),

        Fact::PortRefusesAll { refused } => format!("The port refused every SYN in this capture, {refused} so far"),
        Fact::PortAnswersOthers => "The port answered clients of other hosts just before and just after".into(),
        Fact::PortAskedAfter => "No other client asked the port right after, so whether it had closed is not to be seen".into(),
        Fact::OthersUnheeded { connections } => format!("The handshakes of {} of the service went unheeded, too", count(*connections as u64, "other client", "other clients")),
        Fact::OthersUnanswered { connections } => format!("SYNs of {} of the service went unanswered", count(*connections as u64, "other client", "other clients")),
        Fact::QueueFilledInOrder { before } => {
            format!("{} completed just before and stayed, none after: a queue that filled up", count(*before as u64, "other connection", "other connections"))
        }
        Fact::OthersAborted { connections } => format!(
            "{} of the service, on which it had never spoken, were reset in the same instant",
            count(*connections as u64, "other connection", "other connections")
        ),
        Fact::OthersFinished { connections } => format!(
            "{} of the service ended by FIN in the same instant",
            count(*connections as u64, "other connection", "other connections")
        ),
        Fact::PortRefusedAfter { nanos } => format!("The port refused the next SYN, {} after", duration(*nanos)),
        Fact::ContinuesAnother { client, server } => {
            format!("The segment that the reset answers continues the numbers of another connection, {client} to {server}")
        }
        Fact::OtherLeg { remote, before } => {
            format!("A connection that carried the same bytes was ended by {remote} {} before", duration(*before))
        }
        Fact::OthersSucceeded { connections } => {
            format!("{} of the service completed and were served around it", count(*connections as u64, "other connection", "other connections"))
        }
    }
}

fn foreign(tell: Tell) -> String {
    match tell {
        Tell::HopLimit { usual, reset } => format!(
            "The reset has hop limit {reset}, the other segments of its sender have {usual}"
        ),
        Tell::Identification { usual, reset } => {
            format!(
                "The reset has IP identification {reset:#06x}, far from {usual:#06x} of its sender's last segment"
            )
        }
        Tell::Alive { after } => format!(
            "The sender spoke on, {} after its own reset, as if it had never sent it",
            duration(after)
        ),
        Tell::Repeated { others } => {
            format!(
                "{} with other sequence numbers came with it",
                count(others as u64, "further reset", "further resets")
            )
        }
        Tell::BothEnds => "A reset in the other direction left at the same moment".into(),
        Tell::NoTimestamps => {
            "The reset has no timestamps, although the connection uses them".into()
        }
        Tell::TooSoon { took, least } => format!(
            "The reset came {} after the segment it answers, while its sender takes {} at least",
            duration(took),
            duration(least)
        ),
        Tell::DscpNotCopied { asked } => format!(
            "The segment it answers was marked DSCP {asked}, which a host would have copied"
        ),
    }
}

/// What an application said, in a few words.
pub fn said(said: &Said) -> String {
    match said {
        Said::HttpRequest(line) => format!("HTTP {line}"),
        Said::HttpAnswer(code) => format!("answered with status {code}"),
        Said::KeepsAlive { seconds } => {
            format!("the server keeps a quiet connection for {seconds} s (Keep-Alive)")
        }
        Said::WillClose => "the server said Connection: close".into(),
        Said::Http2 => "HTTP/2 in clear text".into(),
        Said::GoAway { code } => format!("the server sent GOAWAY, error code {code}"),
        Said::TlsHello { name: Some(name) } => format!("TLS for {name}"),
        Said::TlsHello { name: None } => "TLS".into(),
        Said::TlsAlert { code, by_server } => {
            format!(
                "TLS alert {code} ({}) by the {}",
                tls_alert(*code),
                if *by_server { "server" } else { "client" }
            )
        }
        Said::ProxyHeader => "behind a PROXY protocol header".into(),
        Said::ServerError { protocol, text } => format!("{protocol} error: {text}"),
    }
}

/// RFC 8446 6.2, those that a reset accompanies.
const fn tls_alert(code: u8) -> &'static str {
    match code {
        0 => "close_notify",
        10 => "unexpected message",
        20 => "bad record MAC",
        40 => "handshake failure",
        42 => "bad certificate",
        43 => "unsupported certificate",
        44 => "certificate revoked",
        45 => "certificate expired",
        46 => "certificate unknown",
        47 => "illegal parameter",
        48 => "unknown CA",
        49 => "access denied",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        86 => "inappropriate fallback",
        90 => "user cancelled",
        109 => "missing extension",
        112 => "unrecognized name",
        116 => "certificate required",
        120 => "no application protocol",
        _ => "other",
    }
}

/// A record as seen from one of source `here`.
pub fn place(record: RecordId, here: u16) -> String {
    if record.source() == here {
        format!("record {}", record.number())
    } else {
        format!("record {} of source {}", record.number(), record.source())
    }
}

/// One capture of a packet on its way: interface, hop limit, and, where they are told, tags and addresses other than those of `usual`.
pub fn stop(
    usual: &ConnectionId,
    way: Option<&ConnectionId>,
    interface: Option<u16>,
    hop_limit: u8,
) -> String {
    let mut words = Vec::new();
    if let Some(number) = interface {
        words.push(format!("at interface {number}"));
    }
    words.push(format!("TTL {hop_limit}"));
    if let Some(way) = way {
        let layers = super::identity::encapsulation(way.encapsulation);
        if way.encapsulation != usual.encapsulation {
            words.push(if layers.is_empty() {
                "without tags".into()
            } else {
                format!("in {}", layers.join(" in "))
            });
        }
        if way.client != usual.client {
            words.push(format!("client as {}", way.client));
        }
        if way.server != usual.server {
            words.push(format!("server as {}", way.server));
        }
    }
    words.join(" ")
}

/// The sentence of an ICMP error, which is also its note in the timeline.
pub fn icmp(error: &Quoted) -> String {
    let says = match error.says {
        IcmpError::PortUnreachable => "port unreachable".into(),
        IcmpError::Prohibited => "administratively prohibited".into(),
        IcmpError::HostUnreachable => "host unreachable".into(),
        IcmpError::NetUnreachable => "network unreachable".into(),
        IcmpError::TimeExceeded => "time exceeded".into(),
        IcmpError::TooBig { mtu: 0 } => "packet too big".into(),
        IcmpError::TooBig { mtu } => format!("packet too big for a link of {mtu} bytes"),
        IcmpError::Other { kind, code } => format!("error type {kind} code {code}"),
    };
    format!(
        "{} reported by ICMP about a segment from {}: {says}",
        error.reporter, error.from
    )
}

/// The sentence of a reason that the reset itself gives.
fn stated(reason: &Stated) -> String {
    match reason {
        Stated::Mptcp { reason, transient } => format!(
            "The reset says why, by MPTCP: reason {reason}, {}{}",
            mptcp_reason(*reason),
            if *transient {
                ", and that a new try may work"
            } else {
                ""
            }
        ),
        Stated::FastClose => {
            "The reset carries MP_FASTCLOSE: the whole MPTCP connection ends".into()
        }
        Stated::Diagnostic {
            code,
            enterprise: 0,
        } => {
            format!(
                "The reset says why, by its diagnostic payload: reason {code}, {}",
                diagnostic_reason(*code)
            )
        }
        Stated::Diagnostic { code, enterprise } => {
            format!(
                "The reset says why, by its diagnostic payload: reason {code} of the vendor with enterprise number {enterprise}"
            )
        }
        Stated::Text(text) => format!("The reset carries the text \"{text}\""),
    }
}

/// The initial registry of draft-ietf-tcpm-rst-diagnostic-payload.
const fn diagnostic_reason(code: u16) -> &'static str {
    match code {
        1 => "an illegal option",
        2 => "a desynchronized state",
        3 => "new data after the close",
        4 => "an abort by the application",
        5 => "an unexpected ACK before the connection was synchronized",
        6 => "an unexpected SYN in the window",
        7 => "an unexpected security compartment",
        8 => "a malformed message",
        9 => "not authorized",
        10 => "a resource exceeded",
        11 => "a network failure",
        12 => "a reset received from the peer",
        13 => "the destination unreachable",
        14 => "a connection timeout",
        15 => "too much outstanding data",
        16 => "unacceptable performance",
        17 => "interference by a middlebox",
        _ => "not in the registry",
    }
}

/// RFC 8684 3.6 and its registry.
const fn mptcp_reason(code: u8) -> &'static str {
    match code {
        0 => "unspecified",
        1 => "MPTCP-specific",
        2 => "lack of resources",
        3 => "administratively prohibited",
        4 => "too much outstanding data",
        5 => "unacceptable performance",
        6 => "middlebox interference",
        _ => "not assigned",
    }
}

/// A number of bytes in words: exact, with separators.
pub fn bytes(count: u64) -> String {
    if count == 1 {
        "1 byte".into()
    } else {
        format!("{} bytes", grouped(count))
    }
}

/// A count with its noun.
pub fn count(count: impl Into<u64>, one: &str, many: &str) -> String {
    let count = count.into();
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{} {many}", grouped(count))
    }
}

/// A number with a comma between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in the unit in which an engineer would say it, to three or four digits.
#[expect(
    clippy::cast_precision_loss,
    reason = "a duration is shown with four digits at most"
)]
pub fn duration(nanos: i64) -> String {
    let (sign, nanos) = if nanos < 0 {
        ("-", nanos.unsigned_abs())
    } else {
        ("", nanos.unsigned_abs())
    };
    let seconds = nanos as f64 / 1e9;
    let text = match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.0} us", nanos as f64 / 1e3),
        1_000_000..10_000_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} ms", nanos as f64 / 1e6),
        1_000_000_000..10_000_000_000 => format!("{seconds:.2} s"),
        _ => format!("{seconds:.1} s"),
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_engineers_say_them() {
        assert_eq!(duration(11_000), "11 us");
        assert_eq!(duration(350_000_000_000), "350.0 s");
        assert_eq!(duration(1_500_000), "1.5 ms");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(bytes(1), "1 byte");
    }
}
