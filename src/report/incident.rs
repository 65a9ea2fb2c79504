//! Resets folded by what they share: [`Incident`], and what its connections show together: [`Finding`].

use super::{Advice, Reference, ResetReport, Seconds, Time};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// Resets that have cause, service, sender and origin in common, or one client that tries many services.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Incident {
    /// Its name within this report: `I1`, `I2` in the order of harm, then of size.
    pub id: String,
    /// What happened, one line.
    pub headline: String,
    /// What is known by more than its cause: `scan` or `health-check`; null for most.
    pub pattern: Option<&'static str>,
    /// The cause's id: the most frequent, where there are several.
    pub cause: &'static str,
    /// The cause's title.
    pub title: &'static str,
    /// What happens in such a case, in a few sentences, from the cause's page.
    pub meaning: &'static str,
    /// Resets by their cause's id: several for a scan alone.
    pub causes: BTreeMap<&'static str, u64>,
    /// What such resets cost together: `benign`, `warning` or `error`. Scans and health checks are benign, whatever one refusal
    /// would be alone.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["benign", "warning", "error"])))]
    pub severity: &'static str,
    /// The best confidence among its resets.
    #[cfg_attr(feature = "cli", schemars(extend("enum" = ["certain", "likely", "possible"])))]
    pub confidence: &'static str,
    /// Resets.
    pub count: u64,
    /// When the first came.
    pub first: Time,
    /// When the last came.
    pub last: Time,
    /// Address and port of the server; null where there are several.
    pub service: Option<SocketAddr>,
    /// The services concerned.
    pub services: Services,
    /// In whose name the resets were sent: `client` or `server`; null where both were.
    pub sender: Option<&'static str>,
    /// Who really sent them: `endpoint`, `in-path` or `unknown`; null where they differ.
    pub origin: Option<&'static str>,
    /// The clients concerned.
    pub clients: Clients,
    /// How many came when.
    pub rate: Rate,
    /// What its connections show together.
    pub findings: Vec<Finding>,
    /// What to do, the most urgent first.
    pub advice: Vec<Advice>,
    /// Where its representatives stand, the surest first.
    pub examples: Vec<Reference>,
    /// The representatives themselves, in the order of `examples`; not part of the format, where every reset is in `resets`.
    #[serde(skip)]
    pub representatives: Vec<ResetReport>,
}

/// How many services an incident concerns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Services {
    /// Different addresses and ports of servers.
    pub count: u32,
    /// False when there may be more: counting stops at a bound.
    pub complete: bool,
    /// The host that they have in common; null where there are several hosts.
    pub host: Option<IpAddr>,
}

/// How many clients an incident concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Clients {
    /// Different client addresses, ports apart.
    pub count: u32,
    /// False when there may be more: counting stops at a bound.
    pub complete: bool,
    /// Those with the most resets, the first of them with the most; a few only.
    pub most: Vec<Client>,
}

/// One client of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Resets on its connections.
    pub resets: u64,
}

/// How many resets came when: counts over equal spans, the same ones for all incidents of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Rate {
    /// When the first span begins.
    pub start: Time,
    /// How long each is.
    pub span: Seconds,
    /// Resets in each.
    pub counts: Vec<u64>,
}

/// What many connections show together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Finding {
    /// What kind of finding: a kebab-case word.
    pub kind: &'static str,
    /// One sentence with its numbers, without a full stop.
    pub statement: String,
    /// How many connections it rests on.
    pub samples: u64,
    /// The measurements behind it; null where it only counts.
    pub measure: Option<Measure>,
}

/// Measured times, and what they say together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Measure {
    /// What is estimated, such as `idle timeout`.
    pub of: &'static str,
    /// The estimate: the middle of the measurements that bear on it.
    pub estimate: Seconds,
    /// The least of these.
    pub low: Seconds,
    /// The greatest of these.
    pub high: Seconds,
    /// Well-known defaults that agree with it, such as `nginx keepalive_timeout, 75 s`.
    pub known: Vec<&'static str>,
    /// The measurements by what came of them; of many, evenly chosen ones.
    pub series: Vec<Series>,
}

/// Measurements with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Series {
    /// The outcome: `answered`, `closed by the server`, `reset`, ...
    pub name: &'static str,
    /// How many there were.
    pub count: u64,
    /// Some or all of them, the shortest first.
    pub values: Vec<Seconds>,
}
