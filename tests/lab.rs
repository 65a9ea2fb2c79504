//! Truth made anew: a few scenarios of `tests/lab` run here and now, and what the kernel says of its resets is held against our verdicts.
//!
//! Skipped, and said so, where the lab cannot run: it needs root, Linux 6.10 or newer, Python and the tools that its README names.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use common::{diagnose, files};
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Scenarios that need nothing but Python and take seconds.
const SCENARIOS: [&str; 6] = [
    "linger0-idle",
    "accept-then-close",
    "second-syn-in-syn-recv",
    "fin-answered-by-rst",
    "rst-in-window",
    "kill-read",
];

/// What `run.py` exits with where it cannot run.
const SKIPPED: i32 = 77;

/// Said past the harness, which keeps what a passing test prints.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "lab: skipped: {why}");
}

#[test]
fn resets_made_just_now_are_named_as_their_kernel_means_them() {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/run.py");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab");
    let _ = std::fs::remove_dir_all(&out);
    let run = Command::new("python3")
        .arg(lab)
        .arg(&out)
        .args(SCENARIOS)
        .output();
    let run = match run {
        Ok(run) if run.status.code() == Some(SKIPPED) => {
            eprintln!(
                "lab: skipped: {}",
                String::from_utf8_lossy(&run.stderr).trim()
            );
            return;
        }
        Err(error) => {
            skipped(&format!("python3: {error}"));
            return;
        }
        Ok(run) => run,
    };
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let (mut judged, mut wrong) = (0, Vec::new());
    for truth in files(&out, "json") {
        let truth: Value = serde_json::from_str(&std::fs::read_to_string(truth).unwrap()).unwrap();
        for (name, capture) in truth["captures"].as_object().unwrap() {
            let resets = diagnose(&out.join(name));
            for row in capture["rsts"].as_array().unwrap() {
                let Some(cause) = row["cause"].as_str() else {
                    continue;
                };
                let reset = resets
                    .iter()
                    .find(|reset| Some(reset.record) == row["frame"].as_u64())
                    .expect("a reset at its record");
                judged += 1;
                let fits = |id: &str| {
                    id == cause
                        || row["also"]
                            .as_array()
                            .into_iter()
                            .flatten()
                            .any(|also| also == id)
                };
                let among = reset
                    .verdict
                    .alternatives
                    .iter()
                    .take(2)
                    .any(|other| fits(other.cause));
                let certain = reset.verdict.confidence == "certain";
                if !(fits(reset.verdict.cause) || among && !certain) {
                    wrong.push(format!(
                        "{name} record {}: {cause} judged as {}",
                        reset.record, reset.verdict.cause
                    ));
                }
            }
        }
    }
    assert!(judged >= SCENARIOS.len(), "only {judged} resets were made");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
