//! What is said of the whole: [`Head`] at the beginning, [`End`] when all is read.

use super::{Incident, KernelCounter, Reference, SCHEMA_VERSION, Time};
use serde::Serialize;
use std::collections::BTreeMap;

/// The beginning of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Head {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What wrote it.
    pub tool: Tool,
}

/// What wrote a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Tool {
    /// `rstscope`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Whether addresses, names and what applications wrote are masked; absent where they are not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub masked: bool,
}

impl Head {
    /// That of a report in which nothing is what it was called, if `masked`.
    pub fn new(masked: bool) -> Self {
        let mut head = Self::default();
        head.tool.masked = masked;
        head
    }
}

impl Default for Head {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
                masked: false,
            },
        }
    }
}

/// What is known when all is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct End {
    /// Resets folded by what they have in common: the gravest first, and of one severity the largest.
    pub incidents: Vec<Incident>,
    /// What the capture did not show.
    pub capture_quality: Vec<CaptureQuality>,
    /// Counts.
    pub summary: Summary,
    /// The inputs, in the order given; references count by it.
    pub sources: Vec<Source>,
    /// How the counters of this host's kernel grew while it was watched; absent unless they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kernel: Vec<KernelCounter>,
}

/// One input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Source {
    /// The path as it was given; `-` for standard input; the name of an interface.
    pub name: String,
    /// `pcap`, `pcapng`, or `live` for an interface; null when it could not be opened.
    pub format: Option<&'static str>,
    /// What it was compressed with, `gzip` or `zstd`; null when with nothing.
    pub packing: Option<&'static str>,
    /// Its interfaces where it is pcapng, in its order, the first 64; empty otherwise.
    pub interfaces: Vec<Interface>,
    /// Link types of its records, each once, as numbered in the registry of link-layer header types.
    pub link_types: Vec<u16>,
    /// Records read.
    pub records: u64,
    /// Bytes read and understood, headers included; of a compressed input those that were unpacked.
    pub bytes: u64,
    /// The earliest time of a record; null without records.
    pub first: Option<Time>,
    /// The latest time of a record; null without records.
    pub last: Option<Time>,
    /// Packets that were lost while capturing, as the capture itself counts them; null when it says nothing.
    pub dropped: Option<u64>,
    /// Whether it was read to a sound end.
    pub complete: bool,
    /// What kept it from that; null when it is complete.
    pub problem: Option<String>,
}

/// An interface that packets were captured at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Interface {
    /// Its name; null when none is given.
    pub name: Option<String>,
    /// Its link type, as numbered in the registry of link-layer header types.
    pub link_type: u16,
    /// Packets that were lost at it while capturing; null when the capture does not say.
    pub dropped: Option<u64>,
}

/// Something that the capture did not show, and what it does to the verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct CaptureQuality {
    /// What kind of gap: a kebab-case word.
    pub kind: &'static str,
    /// How many resets, records or bytes it concerns; the statement says which.
    pub count: u64,
    /// What it is, one sentence with its number, without a full stop.
    pub statement: String,
    /// What it does to confidence, one sentence without a full stop.
    pub effect: &'static str,
    /// A record that shows it; null where none does.
    pub example: Option<Reference>,
}

/// Counts over all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Summary {
    /// Records read.
    pub records: u64,
    /// TCP segments among them.
    pub segments: u64,
    /// Connections; each reuse of two addresses counts anew.
    pub connections: u64,
    /// Resets; where some were selected, those.
    pub resets: u64,
    /// Resets that were found and not selected, and appear nowhere else in the report; absent where all were.
    #[serde(skip_serializing_if = "is_none")]
    pub unselected: u64,
    /// Resets by their cause's id; only causes that occurred.
    pub by_cause: BTreeMap<&'static str, u64>,
    /// Resets by the severity of their own verdicts: all three words, whether they occurred or not. An incident that is a scan or health
    /// checks is benign as a whole, whatever each of its resets would be alone: see the incidents' `severity`.
    pub by_severity: BTreeMap<&'static str, u64>,
    /// Records without a segment, by the reason; only reasons that occurred.
    pub skipped: BTreeMap<String, u64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}
