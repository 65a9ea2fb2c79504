//! Several files as one capture, and which resets of a capture are reported.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its own preparations fail"
)]

mod common;

use common::fixtures;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Standard output, standard error and exit code of a run in the folder of fixtures.
fn run(words: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .current_dir(fixtures())
        .args(words)
        .output()
        .unwrap();
    (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code().unwrap(),
    )
}

fn report(words: &[&str]) -> Value {
    let (output, errors, code) = run(&[&["--json"], words].concat());
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&output).unwrap()
}

/// What one looks at first of each reset: cause, confidence, sender, time.
fn verdicts(report: &Value) -> Vec<[Value; 4]> {
    report["resets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reset| {
            let verdict = &reset["verdict"];
            [
                verdict["cause"].clone(),
                verdict["confidence"].clone(),
                reset["sender"].clone(),
                reset["time"].clone(),
            ]
        })
        .collect()
}

/// A fixture in pieces of some records each, as files of a folder of this name.
fn pieces(fixture: &str, records: usize, folder: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let file = fs::read(fixtures().join(fixture)).unwrap();
    let (header, mut rest) = file.split_at(24);
    let mut names = Vec::new();
    while !rest.is_empty() {
        let mut piece = header.to_vec();
        for _ in 0..records {
            let Some(len) = rest.get(8..12) else { break };
            let len = 16 + u32::from_le_bytes(len.try_into().unwrap()) as usize;
            piece.extend(&rest[..len]);
            rest = &rest[len..];
        }
        let path = folder.join(format!("{}.pcap", names.len()));
        fs::write(&path, piece).unwrap();
        names.push(path.to_str().unwrap().to_owned());
    }
    names
}

#[test]
fn a_connection_goes_on_from_file_to_file_in_whatever_order_they_are_given() {
    let whole = report(&["process-exit.pcap"]);
    let pieces = pieces("process-exit.pcap", 4, "pieces");
    assert!(pieces.len() > 2);
    let mut names: Vec<&str> = pieces.iter().map(String::as_str).collect();
    names.reverse();
    names.rotate_left(1);
    let merged = report(&names);
    assert_eq!(verdicts(&merged), verdicts(&whole));
    assert_eq!(merged["summary"], whole["summary"]);
    let quality = merged["capture_quality"].as_array().unwrap();
    assert!(quality.iter().all(|item| item["kind"] != "clock-steps"));
    for (source, name) in merged["sources"].as_array().unwrap().iter().zip(&names) {
        assert_eq!(source["name"], **name);
        assert_eq!(source["complete"], true);
    }
    // Each record is known by its own file and its number in it.
    let reset = &merged["resets"][0];
    let source = usize::try_from(reset["source"].as_u64().unwrap()).unwrap();
    let place: usize = names[source]
        .rsplit('/')
        .next()
        .and_then(|name| name.strip_suffix(".pcap")?.parse().ok())
        .unwrap();
    let number = reset["record"].as_u64().unwrap();
    assert_eq!(
        Some(place as u64 * 4 + number),
        whole["resets"][0]["record"].as_u64()
    );
}

#[test]
fn a_selection_changes_no_verdict() {
    let file = "connect-probe.pcap";
    let whole = report(&[file]);
    let all = verdicts(&whole);
    assert!(all.len() > 2);
    let wanted = &whole["resets"][1];
    let ends = format!(
        "{}-{}",
        wanted["connection"]["server"].as_str().unwrap(),
        wanted["connection"]["client"].as_str().unwrap()
    );
    let record = wanted["record"].to_string();
    let time = wanted["time"].as_str().unwrap();
    for words in [
        &["--connection", &ends][..],
        &["--record", &record],
        &["--record", &format!("0:{record}")],
        &["--from", time, "--to", time],
        &["--record", &record, "--cause", "connect-probe"],
    ] {
        let some = report(&[words, &[file]].concat());
        assert_eq!(
            some["resets"],
            Value::from(vec![wanted.clone()]),
            "{words:?}"
        );
        assert_eq!(some["summary"]["resets"], 1);
        assert_eq!(some["summary"]["unselected"], all.len() - 1);
        assert_eq!(some["incidents"][0]["count"], 1);
        assert_eq!(some["summary"]["records"], whole["summary"]["records"]);
    }
    let (table, _, _) = run(&["--record", &record, file]);
    assert!(
        table.contains(&format!("1 reset, selected of {},", all.len())),
        "{table}"
    );
}

#[test]
fn what_there_was_is_said_when_nothing_is_selected() {
    for (words, hint) in [
        (
            &["--cause", "forged-rst"][..],
            "their causes: port-closed (2)",
        ),
        (&["--record", "1"], "their records: 2, 4"),
        (
            &["--connection", "10.0.0.1:1-10.0.0.2:2"],
            "their connections: ",
        ),
        (&["--from", "100"], "after the first record"),
    ] {
        let (output, errors, code) = run(&[words, &["port-closed.pcap"]].concat());
        assert_eq!(code, 0, "{errors}");
        assert!(
            output.contains("Nothing was selected of 2 resets in "),
            "{output}"
        );
        assert!(
            errors.starts_with("rstscope: none of 2 resets is among those selected\n    their "),
            "{errors}"
        );
        assert!(errors.contains(hint), "{errors}");
    }
}

#[test]
fn what_cannot_be_selected_is_said_before_anything_is_read() {
    for (option, value, why) in [
        ("--cause", "port-close", "did you mean port-closed"),
        ("--record", "0", "not a record"),
        ("--connection", "10.0.0.1", "not two ends"),
        ("--from", "2023-11-14T22:13:20", "nor a time with its zone"),
    ] {
        let (output, errors, code) = run(&[option, value, "no-such-file"]);
        assert_eq!((output.as_str(), code), ("", 2));
        assert!(errors.contains(why), "{errors}");
    }
}

#[test]
fn a_pattern_that_the_shell_passed_on_is_called_one() {
    let (_, errors, code) = run(&["truth/*.cap"]);
    assert_eq!(code, 2);
    assert_eq!(
        errors,
        "rstscope: truth/*.cap: this pattern matches no file\n    what is there: ls truth\n"
    );
}
