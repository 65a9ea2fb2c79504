//! The JSON Schema of the report, generated from its types: `schema.json` beside this file is its text, and a test keeps the two equal.

use super::{
    CaptureQuality, Incident, KernelCounter, ResetReport, SCHEMA_VERSION, Source, Summary, Tool,
};
use schemars::generate::SchemaSettings;
use serde::Serialize;

/// A whole report, as the `json` form writes it. In `ndjson` the same objects stand one a line with a `type` in front: `head`, each
/// of `resets` as `reset`, each of `incidents` as `incident`, and `end` with the rest.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(title = "rstscope report", deny_unknown_fields)]
pub struct Report {
    /// The version of the format. It grows when a field is removed, renamed or changes its meaning; not when one is added.
    #[schemars(extend("const" = SCHEMA_VERSION))]
    pub schema_version: u32,
    /// What wrote it.
    pub tool: Tool,
    /// Every reset, in the order in which they settled.
    pub resets: Vec<ResetReport>,
    /// Resets folded by what they share: the gravest first, and of one severity the largest.
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

/// The schema as text: JSON Schema 2020-12.
pub fn schema() -> String {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let schema = generator.into_root_schema_for::<Report>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
