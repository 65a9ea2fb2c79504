//! The registry: every documented cause, in the order of the documentation.

use super::{CauseDoc, Rule};

/// The rules, in the order of the documentation.
pub static RULES: &[Rule] = &[];

/// The page of resets for which nothing speaks.
pub static UNDETERMINED: &CauseDoc = &CauseDoc {
    id: "undetermined",
    aliases: &[],
    title: "",
    phase: super::Phase::Any,
    severity: super::Severity::Warning,
    happens: "",
    ladder: "",
    looks_for: "",
    told_apart: &[],
    client_sees: "",
    server_sees: "",
    at_stake: "",
    advice: &[],
    references: &[],
    since: "0.1",
};
