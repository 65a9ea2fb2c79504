//! The registry: ids, pages, fixtures, and that each page's own ladder is judged to be its cause.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use rstscope::case::facts::Facts;
use rstscope::rules::causes::{RULES, UNDETERMINED};
use rstscope::rules::{CauseDoc, Verdict};
use rstscope::testkit;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

fn pages() -> impl Iterator<Item = &'static CauseDoc> {
    RULES.iter().map(|rule| rule.doc).chain([UNDETERMINED])
}

#[test]
fn every_ladder_is_judged_as_its_page() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let id = rule.doc.id;
        let verdicts: Vec<Verdict> = testkit::cases(rule.doc.ladder)
            .iter()
            .map(|case| Verdict::on(&Facts::of(case)))
            .collect();
        let is_first = verdicts.iter().any(|verdict| verdict.cause.id == id);
        // The rarer half of a tie comes second, by design.
        let is_second = verdicts.iter().any(|verdict| {
            verdict
                .alternatives
                .iter()
                .any(|other| other.cause.id == id)
        });
        let tied = RARER.contains(&id);
        if !(is_first || tied && is_second) {
            let said: Vec<_> = verdicts.iter().map(|verdict| verdict.cause.id).collect();
            wrong.push(format!("{id}: judged as {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Causes that the wire cannot tell from a commoner one.
const RARER: [&str; 5] = [
    "accept-queue-abort",
    "firewall-reject",
    "socket-destroyed",
    "orphan-abort",
    "handshake-state-lost",
];

#[test]
fn ids_are_kebab_case_and_unique() {
    let mut seen = BTreeSet::new();
    for page in pages() {
        assert!(seen.insert(page.id), "{} stands twice", page.id);
        let fits = page.id.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        assert!(fits, "{} is not kebab-case", page.id);
    }
}

#[test]
fn no_name_finds_two_pages() {
    let mut seen = BTreeSet::new();
    for page in pages() {
        for name in page.aliases.iter().copied().chain([page.id]) {
            assert!(seen.insert(name.to_lowercase()), "{name} names two pages");
        }
    }
}

#[test]
fn every_rival_has_a_page() {
    let ids: BTreeSet<_> = pages().map(|page| page.id).collect();
    for page in pages() {
        for rival in page.told_apart {
            assert!(
                ids.contains(rival.cause),
                "{} knows a rival {} that has no page",
                page.id,
                rival.cause
            );
            assert_ne!(rival.cause, page.id, "{} is its own rival", page.id);
        }
    }
}

#[test]
fn pages_are_whole_and_written_alike() {
    for page in pages() {
        assert!(
            !page.title.is_empty() && page.title.chars().count() < 60,
            "{}: title",
            page.id
        );
        assert!(
            !page.title.ends_with('.'),
            "{}: a title is no sentence",
            page.id
        );
        for (name, text) in [
            ("happens", page.happens),
            ("looks_for", page.looks_for),
            ("client_sees", page.client_sees),
            ("server_sees", page.server_sees),
            ("at_stake", page.at_stake),
        ] {
            assert!(
                text.ends_with('.'),
                "{}: {name} is not made of sentences: {text:?}",
                page.id
            );
            assert!(
                !text.contains("  "),
                "{}: {name} has double blanks",
                page.id
            );
        }
        assert!(!page.advice.is_empty(), "{}: no advice", page.id);
        for advice in page.advice {
            assert!(
                advice.action.ends_with('.'),
                "{}: advice without an end: {}",
                page.id,
                advice.action
            );
        }
        assert!(
            page.ladder.lines().all(|line| line.chars().count() <= 76),
            "{}: ladder too wide",
            page.id
        );
    }
}

#[test]
fn every_cause_has_its_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/causes");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "mod.rs")
        .collect();
    let expected: BTreeSet<String> = pages()
        .map(|page| format!("{}.rs", page.id.replace('-', "_")))
        .collect();
    assert_eq!(files, expected);
}

#[test]
fn the_readme_lists_every_cause() {
    let mut table = String::from(
        "\n| cause | what happened | phase | severity | also called |\n|---|---|---|---|---|\n",
    );
    for page in pages() {
        let others = page
            .aliases
            .iter()
            .take(4)
            .copied()
            .collect::<Vec<_>>()
            .join(", ");
        let (title, phase, severity) = (page.title, page.phase.name(), page.severity.name());
        let _ = writeln!(
            table,
            "| `{}` | {title} | {phase} | {severity} | {others} |",
            page.id
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = readme.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    common::expect(&path, &format!("{head}{BEGIN}{table}{END}{tail}"));
}

const BEGIN: &str = "<!-- causes: written by the registry's test -->\n";
const END: &str = "<!-- end of causes -->";
