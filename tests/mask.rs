//! `--mask`: nothing of the true addresses, names and texts is in any form, and no verdict is another.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its own preparations fail"
)]

mod common;

use common::{files, fixtures, stem};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn no_form_of_a_masked_report_tells_who_talked() {
    let room = room("mask-forms");
    let secret = secret(&room);
    let mut words = 0;
    for capture in files(&fixtures(), "pcap") {
        let packets = room.join("masked.pcapng");
        let true_report = json(&["--json", path(&capture)]);
        let mut hidden = secrets(&true_report);
        words += hidden
            .iter()
            .filter(|one| one.parse::<std::net::IpAddr>().is_err() && !one.starts_with("1:"))
            .count();
        hidden.insert(format!("{}.pcap", stem(&capture)));
        let masked = ["--mask", "--mask-key", &secret, path(&capture)];
        for format in ["table", "markdown", "html", "json", "ndjson"] {
            for all in [&[][..], &["--all"]] {
                let output = run(&[&["--format", format][..], all, &masked].concat());
                let text = String::from_utf8(output.stdout).unwrap();
                for one in &hidden {
                    let found = tells(&text, one);
                    assert!(!found, "{}, {format}: {one} in\n{text}", capture.display());
                }
                let says = text.contains("Masked: ") || text.contains("\"masked\":true");
                assert!(says, "{}, {format}: not marked", capture.display());
            }
        }
        run(&[&["--write", path(&packets)][..], &masked].concat());
        let file = fs::read(&packets).unwrap();
        let text = String::from_utf8_lossy(&file);
        for one in &hidden {
            assert!(
                !tells(&text, one),
                "{}: {one} in the packets",
                capture.display()
            );
        }
        let report = json(&[&["--json"][..], &masked].concat());
        same_verdicts(&true_report, &report, &capture);
        let told: BTreeSet<String> = column(&report, ends);
        let written: BTreeSet<String> = column(&json(&["--json", path(&packets)]), ends);
        assert_eq!(
            written,
            told,
            "{}: the packets bear the report's addresses",
            capture.display()
        );
    }
    assert!(
        words > 5,
        "fixtures hold names and texts to be hidden, {words}"
    );
    fs::remove_dir_all(room).unwrap();
}

#[test]
fn what_a_filter_and_a_community_id_name_is_masked_as_everything_else() {
    let room = room("mask-names");
    let secret = secret(&room);
    let capture = fixtures().join("jedis-linger-zero.pcap");
    let report = json(&["--json", "--mask", "--mask-key", &secret, path(&capture)]);
    let connection = &report["resets"][0]["connection"];
    let ip = |end: &Value| end.as_str().unwrap().rsplit_once(':').unwrap().0.to_owned();
    let filter = connection["wireshark_filter"].as_str().unwrap();
    assert!(
        filter.contains(&format!("ip.addr=={}", ip(&connection["client"]))),
        "{filter}"
    );
    assert_eq!(report["sources"][0]["name"], "input-1");
    assert_eq!(report["tool"]["masked"], true);
    fs::remove_dir_all(room).unwrap();
}

#[test]
fn the_same_secret_masks_alike_and_without_one_every_run_is_its_own() {
    let room = room("mask-keys");
    let secret = secret(&room);
    let capture = fixtures().join("port-closed.pcap");
    let of = |words: &[&str]| {
        let output = run(&[&["--json", "--mask"], words, &[path(&capture)]].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(of(&["--mask-key", &secret]), of(&["--mask-key", &secret]));
    assert_ne!(of(&[]), of(&[]));
    let true_ends = json(&["--json", path(&capture)])["resets"][0]["connection"].clone();
    let choice = format!(
        "{}-{}",
        true_ends["client"].as_str().unwrap(),
        true_ends["server"].as_str().unwrap()
    );
    let chosen: Value = serde_json::from_str(&of(&["--connection", &choice])).unwrap();
    assert_eq!(
        chosen["summary"]["resets"], 1,
        "chosen by its true addresses"
    );
    let short = room.join("short");
    fs::write(&short, "guess").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .args(["--mask", "--mask-key", path(&short), path(&capture)])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    fs::remove_dir_all(room).unwrap();
}

/// Cause, confidence, sender and where each reset stands: a mask changes none of it.
fn same_verdicts(one: &Value, other: &Value, capture: &Path) {
    let verdicts = |report: &Value| -> Vec<Vec<Value>> {
        let resets = report["resets"].as_array().unwrap().iter();
        let row = |reset: &Value| {
            let verdict = &reset["verdict"];
            vec![
                reset["record"].clone(),
                reset["sender"].clone(),
                verdict["cause"].clone(),
                verdict["confidence"].clone(),
                verdict["alternatives"].clone(),
            ]
        };
        resets.map(row).collect()
    };
    assert_eq!(verdicts(one), verdicts(other), "{}", capture.display());
    assert_eq!(one["summary"], other["summary"], "{}", capture.display());
}

/// What a report tells of who talked: addresses, Community IDs, and what applications wrote.
fn secrets(report: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for reset in report["resets"].as_array().unwrap() {
        let connection = &reset["connection"];
        for end in ["client", "server"] {
            let end = connection[end].as_str().unwrap();
            all.insert(
                end.rsplit_once(':')
                    .unwrap()
                    .0
                    .trim_matches(['[', ']'])
                    .to_owned(),
            );
        }
        all.insert(connection["community_id"].as_str().unwrap().to_owned());
        for said in connection["application"].as_array().unwrap() {
            let said = said.as_str().unwrap();
            let name = said.strip_prefix("TLS for ").map(str::to_owned);
            let line = said
                .strip_prefix("HTTP ")
                .and_then(|line| line.split_once(' '));
            all.extend(name);
            all.extend(
                line.map(|(_, target)| target.to_owned())
                    .filter(|target| target.len() > 1),
            );
            all.extend(said.split_once(" error: ").map(|(_, text)| text.to_owned()));
        }
        let statements = reset["verdict"]["evidence"].as_array().unwrap().iter();
        let quoted = statements.filter_map(|one| one["statement"].as_str()?.split('"').nth(1));
        all.extend(quoted.map(str::to_owned));
    }
    all
}

/// Whether `text` holds `secret` as a word of its own: `10.0.0.1` is not in `110.0.0.12`.
fn tells(text: &str, secret: &str) -> bool {
    let part = |letter: Option<char>| {
        letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == ':')
    };
    text.match_indices(secret).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + secret.len()..].chars().next();
        !part(before) && !after.is_some_and(|letter| letter.is_ascii_alphanumeric())
    })
}

fn column(report: &Value, of: impl Fn(&Value) -> String) -> BTreeSet<String> {
    report["resets"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

fn ends(reset: &Value) -> String {
    let mut ends = [
        &reset["connection"]["client"],
        &reset["connection"]["server"],
    ]
    .map(ToString::to_string);
    ends.sort(); // With less captured, who is who may be a guess.
    ends.join(" ")
}

fn room(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn secret(room: &Path) -> String {
    let file = room.join("secret");
    fs::write(&file, "thirty-two bytes for this test..").unwrap();
    path(&file).to_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn run(words: &[&str]) -> std::process::Output {
    let output = Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .args(words)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn json(words: &[&str]) -> Value {
    serde_json::from_slice(&run(words).stdout).unwrap()
}
