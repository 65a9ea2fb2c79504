//! What is said of one reset: [`ResetReport`].

use super::{Reference, Seconds, Time};
use crate::tcp::Flow;
use serde::Serialize;
use std::net::SocketAddr;

/// One reset and why it came.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct ResetReport {
    /// Index into the report's `sources`, from 0.
    pub source: u16,
    /// Number of the reset's record within that source, from 1.
    pub record: u64,
    /// When it was captured.
    pub time: Time,
    /// Whose it is.
    pub connection: Connection,
    /// In whose name it was sent: `client` or `server`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["client", "server"])))]
    pub sender: &'static str,
    /// Who really sent it, as far as the evidence goes: `endpoint`, `in-path` or `unknown`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["endpoint", "in-path", "unknown"])))]
    pub origin: &'static str,
    /// How it came to be: `active` (its sender's own abort), `reply` (the answer to a segment) or `unclear`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["active", "reply", "unclear"])))]
    pub form: &'static str,
    /// The segment that it answers; null for an abort, and where that segment was not captured.
    pub answers: Option<Reference>,
    /// The earlier reset of this connection of which this one is a consequence; null for a first one.
    pub follows_reset: Option<Reference>,
    /// Whether its receiver obeyed: `yes`, `no`, `challenged` or `unknown`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["yes", "no", "challenged", "unknown"])))]
    pub accepted: &'static str,
    /// Why it was sent.
    pub verdict: Verdict,
    /// What each end's application gets to see.
    pub impact: Ends<EndImpact>,
    /// What to do, the most urgent first.
    pub advice: Vec<Advice>,
    /// The connection's story around the reset, in the order of the capture.
    pub timeline: Vec<TimelineLine>,
}

impl ResetReport {
    /// Where it stands.
    pub const fn reference(&self) -> Reference {
        Reference {
            source: self.source,
            record: self.record,
        }
    }
}

/// The connection of a reset.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Connection {
    /// How to find its records again; not part of the format.
    #[serde(skip)]
    pub trace: Trace,
    /// Address and port of whoever sent the first SYN.
    pub client: SocketAddr,
    /// Address and port of whoever answered it.
    pub server: SocketAddr,
    /// False when no handshake was captured, and who is client and who server is a guess.
    pub roles_known: bool,
    /// When its first segment was captured.
    pub started: Time,
    /// When in its life the reset came: `connect`, `first exchange`, `data`, `reuse`, `idle` or `close`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["connect", "first exchange", "data", "reuse", "idle", "close"])))]
    pub phase: &'static str,
    /// A display filter for Wireshark and tshark that shows this connection.
    pub wireshark_filter: String,
    /// Community ID, version 1 with seed 0, by which other tools name the same connection.
    pub community_id: String,
    /// Where on its path it was captured, as hop limits and response times tell: `client` or `server` (there, or on that link), `between`
    /// or `unknown`.
    pub captured_at: &'static str,
    /// What the applications said, in a few words each, as far as their first bytes were captured: `HTTP GET /item`, `TLS for a.example`.
    pub application: Vec<String>,
    /// What its segments were wrapped in, outermost first; empty for most.
    pub encapsulation: Vec<String>,
}

/// How the records of a connection are found by whoever reads the capture again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Its first record.
    pub start: Reference,
    /// The flows that its segments are part of: its own, and that of the reset's record where this was captured behind other addresses or
    /// tags. `None` for what was made up.
    pub flows: [Option<Flow>; 2],
}

/// One value for each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Ends<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

/// The best cause, how sure it is and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Verdict {
    /// The cause's id, or `undetermined`.
    pub cause: &'static str,
    /// Its title, one line.
    pub title: &'static str,
    /// What happens in such a case, in a few sentences; not part of the format, where incidents say it once.
    #[serde(skip)]
    pub meaning: &'static str,
    /// `certain`, `likely` or `possible`; always `possible` for `undetermined`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["certain", "likely", "possible"])))]
    pub confidence: &'static str,
    /// What such a reset costs: `benign`, `warning` or `error`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["benign", "warning", "error"])))]
    pub severity: &'static str,
    /// What keeps the verdict from being surer, one sentence each; empty when it is certain.
    pub reasons: Vec<String>,
    /// What it rests on, in the order asked.
    pub evidence: Vec<Evidence>,
    /// The other causes that fit, best first.
    pub alternatives: Vec<Alternative>,
}

/// One observed fact.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Evidence {
    /// `requires` (the cause needs it), `supports` or `contradicts`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["requires", "supports", "contradicts"])))]
    pub bearing: &'static str,
    /// One sentence with its numbers, without a full stop.
    pub statement: String,
    /// The records that show it.
    pub records: Vec<Reference>,
}

/// A cause that fits less well.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Alternative {
    /// Its id.
    pub cause: &'static str,
    /// `certain`, `likely` or `possible`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["certain", "likely", "possible"])))]
    pub confidence: &'static str,
    /// What speaks against it, one sentence without a full stop.
    pub against: String,
    /// Which further capture, counter or log would settle it.
    pub settle: String,
}

/// What one end's application gets to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct EndImpact {
    /// What its calls fail with; null where the reset does not reach an application there: it sent the reset itself, has no socket
    /// any more, or did not obey. Where `accepted` is `unknown`, this is what it sees if it obeyed.
    pub error: Option<Failures>,
    /// Payload bytes that it sent and that were never acknowledged; null when too little was captured to count.
    pub unacknowledged_bytes: Option<u64>,
    /// For a client, whether an answer that it waited for did not come whole; for a server, whether an answer that it gave was not
    /// acknowledged whole. Null when the capture cannot tell.
    pub response_lost: Option<bool>,
}

/// What the calls of one end fail with. An error is delivered once, to whichever call comes first; later reads end, later writes
/// give EPIPE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Failures {
    /// A connect that is under way; null when it had succeeded.
    pub connect: Option<Failure>,
    /// The first read after what had arrived is read; null when no read can be under way.
    pub read: Option<Failure>,
    /// The first write; null when none can be made.
    pub write: Option<Failure>,
}

/// One failure in the words of the systems that log it. Null: that runtime has no words of its own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Failure {
    /// The name of POSIX, such as `ECONNRESET`; `EOF` for a read that returns 0.
    pub errno: &'static str,
    /// Java: the exception and its message.
    pub java: Option<&'static str>,
    /// Node.js: `net` and `http`.
    pub node: Option<&'static str>,
    /// Go: the end of the error's text.
    pub go: Option<&'static str>,
    /// Python: the exception.
    pub python: Option<&'static str>,
    /// curl: the exit code and the message.
    pub curl: Option<&'static str>,
    /// nginx as a proxy: its error log.
    pub nginx: Option<&'static str>,
}

/// One piece of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Advice {
    /// Who can follow it: `client`, `server` or `network`.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["client", "server", "network"])))]
    pub who: &'static str,
    /// What to do, in the imperative.
    #[serde(rename = "do")]
    pub action: &'static str,
}

/// One segment in the story of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct TimelineLine {
    /// Index into the report's `sources`, from 0.
    pub source: u16,
    /// Number of its record within that source, from 1.
    pub record: u64,
    /// When it was captured.
    pub time: Time,
    /// Time since the line above, in seconds; null for the first.
    pub delta: Option<Seconds>,
    /// Who sent it: `client`, `server`, or `network` for an ICMP error about a segment, whose numbers are 0.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["client", "server", "network"])))]
    pub from: &'static str,
    /// Its control bits, joined by commas: `SYN,ACK`; `ICMP` for an error.
    pub flags: String,
    /// Its sequence number relative to its sender's first one: 0 is the SYN; where no SYN was captured, 1 is the first one seen.
    pub seq: i64,
    /// Its acknowledgment number relative to the other side's first sequence number; null when ACK is not set.
    pub ack: Option<i64>,
    /// Payload bytes on the wire.
    pub len: u32,
    /// The window that it offers in bytes, scaled where the scale is known, else as in the header.
    pub window: u64,
    /// What to notice; null for most.
    pub note: Option<String>,
    /// Segments left out between the line above and this one: 0 for most.
    pub elided: u64,
}

#[cfg(test)]
impl ResetReport {
    /// A report on a refused connection, to be changed by a test as it needs.
    pub fn sample() -> Self {
        let address = |text: &str| {
            text.parse()
                .unwrap_or_else(|_| unreachable!("{text} is an address"))
        };
        let time = Time::from_nanos(1_700_000_000_000_000_000);
        Self {
            source: 0,
            record: 2,
            time,
            connection: Connection {
                trace: Trace::default(),
                client: address("10.0.0.1:40000"),
                server: address("10.0.0.2:80"),
                roles_known: true,
                started: time,
                phase: "connect",
                wireshark_filter: "tcp".into(),
                community_id: "1:".into(),
                captured_at: "client",
                application: Vec::new(),
                encapsulation: Vec::new(),
            },
            sender: "server",
            origin: "endpoint",
            form: "reply",
            answers: Some(Reference {
                source: 0,
                record: 1,
            }),
            follows_reset: None,
            accepted: "yes",
            verdict: Verdict {
                cause: "port-closed",
                title: "Nobody listens on that port",
                meaning: "The host is up, and no socket listens there.",
                confidence: "likely",
                severity: "error",
                reasons: vec!["Nothing decides".into()],
                evidence: Vec::new(),
                alternatives: Vec::new(),
            },
            impact: Ends::default(),
            advice: Vec::new(),
            timeline: Vec::new(),
        }
    }
}
