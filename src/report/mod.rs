//! Case and verdict -> plain owned data: the public format, schema version 1.
//!
//! Everything here is what scripts, tickets and dashboards hold on to: a field changes its name or meaning only with [`SCHEMA_VERSION`].
//! A whole report is a [`Head`], the [`ResetReport`]s as they settle, and an [`End`]. Nothing here knows how it will be written.

mod build;
mod gist;
mod identity;
mod impact;
mod incident;
mod quality;
mod reasons;
mod reset;
#[cfg(feature = "cli")]
mod schema;
mod seen;
mod story;
mod totals;
mod veil;
mod witness;
pub mod words;

pub use build::{report_masked, report_on, reset_report};
pub use gist::Gist;
pub use impact::failures;
pub use incident::{Client, Clients, Finding, Incident, Measure, Rate, Series, Services};
pub use quality::{Doubled, Quality, Seen, Traits, quality_of_sources};
pub use reset::{
    Advice, Alternative, Connection, EndImpact, Ends, Evidence, Failure, Failures, ResetReport,
    TimelineLine, Trace, Verdict,
};
#[cfg(feature = "cli")]
pub use schema::{Report, schema};
pub use seen::{Reference, Seconds, Time};
pub use totals::{CaptureQuality, End, Head, Interface, Source, Summary, Tool};
pub use witness::KernelCounter;

/// The version of the format. It grows when a field is removed, renamed or changes its meaning; not when one is added.
pub const SCHEMA_VERSION: u32 = 1;
