//! The arrows between rooms, read from what each file names of the others: who may use whom, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// `(room, rooms that it may name)`. `testkit` serves tests alone and may name any; `main.rs`, `lib.rs` and `build.rs` are doors, not rooms.
const ARROWS: [(&str, &[&str]); 16] = [
    ("origin", &[]),
    ("mask", &[]),
    ("tcp", &["origin"]),
    ("decode", &["tcp", "origin"]),
    ("capture", &["decode", "origin"]),
    ("case", &["tcp", "origin"]),
    ("triage", &["decode", "tcp", "origin"]),
    ("track", &["case", "tcp", "origin"]),
    ("rules", &["case", "tcp", "origin"]),
    ("report", &["rules", "case", "tcp", "origin", "mask"]),
    ("incidents", &["report", "case", "tcp", "origin"]),
    ("render", &["report"]),
    (
        "analyzer",
        &[
            "decode",
            "triage",
            "track",
            "rules",
            "report",
            "incidents",
            "case",
            "tcp",
            "origin",
            "mask",
        ],
    ),
    (
        "passes",
        &["capture", "triage", "analyzer", "decode", "origin"],
    ),
    (
        "live",
        &["capture", "decode", "tcp", "analyzer", "report", "origin"],
    ),
    (
        "cli",
        &[
            "capture", "live", "analyzer", "passes", "render", "report", "rules", "origin", "mask",
        ],
    ),
];

#[test]
fn rooms_use_only_whom_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into();
    let mut crossed = Vec::new();
    for file in sources() {
        let Some(room) = room_of(&file) else { continue };
        let may = allowed
            .get(room.as_str())
            .unwrap_or_else(|| panic!("{} is in no known room", file.display()));
        for named in rooms_named_in(&without_tests(&fs::read_to_string(&file).unwrap())) {
            if named != room && !may.contains(&named.as_str()) {
                crossed.push(format!("{}: {room} -> {named}", file.display()));
            }
        }
    }
    assert!(
        crossed.is_empty(),
        "arrows that the plan does not have:\n{}",
        crossed.join("\n")
    );
}

#[test]
fn the_plan_has_no_circle() {
    let mut done = BTreeSet::new();
    while done.len() < ARROWS.len() {
        let next = ARROWS
            .iter()
            .find(|(room, may)| !done.contains(room) && may.iter().all(|used| done.contains(used)));
        done.insert(next.expect("a circle").0);
    }
}

#[test]
fn only_decode_knows_etherparse_and_only_capture_knows_libpcap() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for (library, room) in [("etherparse::", "decode"), ("pcap::", "capture")] {
            let names = text
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && names_crate(line, library));
            assert!(
                !names || room_of(&file).as_deref() == Some(room),
                "{} names {library}",
                file.display()
            );
        }
    }
}

fn names_crate(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before
            .is_some_and(|character| character.is_alphanumeric() || matches!(character, '_' | ':'))
    })
}

fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|is| is == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    found.sort();
    found
}

/// The room of a file: the first folder under `src`, or the file itself. `None` for the doors and the test kit.
fn room_of(file: &Path) -> Option<String> {
    let inside = file
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .unwrap();
    let first = inside.iter().next().unwrap().to_string_lossy();
    let room = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
    (!matches!(room.as_str(), "main" | "lib" | "build" | "testkit")).then_some(room)
}

/// The text without comments and without its test module, which may name the test kit.
fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `x` of a `crate::x`, also in a braced list after `crate::`.
fn rooms_named_in(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect()
    };
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let inside = list.split('}').next().unwrap_or(list);
            named.extend(inside.split(',').map(|part| word(part.trim())));
        } else {
            named.insert(word(rest));
        }
    }
    named.remove("");
    named
}
