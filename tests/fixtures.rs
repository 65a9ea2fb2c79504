//! Every fixture against its expectation, and cut short at each record; those made by hand against the text they were made from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use common::{blessing, diagnose, diagnose_bytes, expect, files, fixtures, stem};
use rstscope::case::facts::Facts;
use rstscope::rules::causes::RULES;
use rstscope::rules::{Rule, Verdict, diagnose as judge};
use rstscope::testkit;
use std::collections::BTreeSet;
use std::fs;

#[test]
fn made_fixtures_come_from_their_text() {
    for text in files(&fixtures(), "txt") {
        let made = testkit::pcap(&testkit::tell(&fs::read_to_string(&text).unwrap()));
        let capture = text.with_extension("pcap");
        if blessing() {
            fs::write(&capture, made).unwrap();
        } else {
            assert!(
                fs::read(&capture).unwrap() == made,
                "{} is not made from its text",
                capture.display()
            );
        }
    }
}

#[test]
#[cfg(feature = "cli")]
fn every_fixture_gives_the_report_beside_it() {
    for capture in files(&fixtures(), "pcap") {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_rstscope"))
            .current_dir(fixtures())
            .args(["--format", "json"])
            .arg(capture.file_name().unwrap())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}: {}",
            capture.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        expect(
            &capture.with_extension("json"),
            std::str::from_utf8(&output.stdout).unwrap(),
        );
    }
}

#[test]
fn every_cause_has_a_fixture_that_shows_it() {
    for rule in RULES {
        let id = rule.doc.id;
        let resets = diagnose(&fixtures().join(format!("{id}.pcap")));
        let first = resets.iter().any(|reset| reset.verdict.cause == id);
        let second = resets.iter().any(|reset| {
            reset
                .verdict
                .alternatives
                .iter()
                .any(|other| other.cause == id)
        });
        assert!(
            first || id == NEVER_FIRST && second,
            "fixtures/{id}.pcap does not show {id}"
        );
    }
}

/// The wire shows the same as for the commoner `linger-zero-abort`, so it is only ever named second.
const NEVER_FIRST: &str = "socket-destroyed";

/// Without its rule, no page's own story may be judged as before: a rule whose judgement is silenced is missed.
#[test]
fn every_rule_is_missed_when_it_is_silent() {
    for rule in RULES {
        let others: Vec<Rule> = RULES
            .iter()
            .filter(|other| other.doc.id != rule.doc.id)
            .copied()
            .collect();
        let missed = testkit::cases(rule.doc.ladder).iter().any(|case| {
            let facts = Facts::of(case);
            let (with, without) = (Verdict::on(&facts), judge(&facts, &others));
            let rivals = |verdict: &Verdict| {
                verdict
                    .alternatives
                    .iter()
                    .map(|other| other.cause.id)
                    .collect::<Vec<_>>()
            };
            with.cause.id != without.cause.id || rivals(&with) != rivals(&without)
        });
        assert!(missed, "nothing changes when {} is silent", rule.doc.id);
    }
}

#[test]
fn every_fixture_can_be_cut_after_any_record() {
    for capture in files(&fixtures(), "pcap") {
        let bytes = fs::read(&capture).unwrap();
        let whole: BTreeSet<u64> = diagnose(&capture)
            .iter()
            .map(|reset| reset.record)
            .collect();
        let mut end = FILE_HEADER;
        let mut record = 0;
        while let Some(len) = bytes.get(end + 8..end + 12) {
            end += RECORD_HEADER + u32::from_le_bytes(len.try_into().unwrap()) as usize;
            record += 1;
            let resets = diagnose_bytes(bytes[..end].to_vec()).unwrap();
            let seen: BTreeSet<u64> = resets.iter().map(|reset| reset.record).collect();
            let expected: BTreeSet<u64> = whole
                .iter()
                .copied()
                .filter(|number| *number <= record)
                .collect();
            assert_eq!(
                seen,
                expected,
                "{} cut after record {record}",
                stem(&capture)
            );
        }
        assert_eq!(end, bytes.len(), "{}", capture.display());
    }
}

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
