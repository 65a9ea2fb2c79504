//! The program as a script meets it: what goes where, the exit codes, and that a closed pipe ends quietly.
//!
//! The captures are built here, byte by byte, so that this file needs nothing beside it.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its own preparations fail"
)]

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SYN: u8 = 0x02;
const RST_ACK: u8 = 0x14;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;

#[test]
fn a_refused_connection_is_reported_and_the_file_read_to_its_end() {
    let file = Scratch::with("refused.pcap", &refused());
    let run = rstscope(&["--json", file.name()]);
    assert_eq!(run.code, 0, "{}", run.errors);
    assert_eq!(run.errors, "");
    let report: Value = serde_json::from_str(&run.output).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["summary"]["resets"], 1);
    let reset = &report["resets"][0];
    assert_eq!(reset["record"], 2);
    assert_eq!(reset["time"], "2023-11-14T22:13:20.001000000Z");
    assert_eq!(reset["connection"]["client"], "10.0.0.1:40000");
    assert_eq!(reset["form"], "reply");
    assert_eq!(reset["answers"]["record"], 1);
    assert_eq!(
        reset["impact"]["client"]["error"]["connect"]["errno"],
        "ECONNREFUSED"
    );
    assert_eq!(
        reset["timeline"][1]["note"]
            .as_str()
            .map(|note| note.starts_with("the reset")),
        Some(true)
    );
    assert_eq!(report["incidents"][0]["examples"][0]["record"], 2);
    assert_eq!(report["sources"][0]["complete"], true);
}

#[test]
fn every_line_of_ndjson_is_an_object_with_its_type() {
    let file = Scratch::with("lines.pcap", &refused());
    let run = rstscope(&["--format", "ndjson", file.name()]);
    let types: Vec<String> = run
        .output
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["type"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(types, ["head", "reset", "incident", "end"]);
}

#[test]
fn a_table_keeps_to_eighty_columns_in_a_pipe() {
    let file = Scratch::with("table.pcap", &refused());
    let run = rstscope(&[file.name()]);
    assert!(
        run.output.contains("1 reset in 2 segments of 1 connection"),
        "{}",
        run.output
    );
    assert!(run.output.contains("ECONNREFUSED"));
    let long = run.output.lines().filter(|line| {
        line.len() > 80 && !line.contains(file.name()) && !line.contains("ip.addr==")
    });
    assert_eq!(long.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn no_reset_is_an_answer() {
    let segments = [
        (0, true, SYN, 100, 0),
        (1, false, SYN_ACK, 500, 101),
        (2, true, ACK, 101, 501),
    ];
    let file = Scratch::with("healthy.pcap", &capture(&segments));
    let run = rstscope(&[file.name()]);
    assert_eq!(run.code, 0);
    assert!(
        run.output.contains("No RST in 3 segments of 1 connection."),
        "{}",
        run.output
    );
}

#[test]
fn a_capture_without_tcp_says_so() {
    let file = Scratch::with("empty-capture.pcap", &capture(&[]));
    let run = rstscope(&[file.name()]);
    assert_eq!(run.code, 0);
    assert!(
        run.output.contains("No TCP segment in 0 records."),
        "{}",
        run.output
    );
}

#[test]
fn a_cut_file_gives_a_partial_answer() {
    let mut bytes = refused();
    bytes.extend_from_slice(&[0; 7]);
    let file = Scratch::with("cut.pcap", &bytes);
    let run = rstscope(&["--json", file.name()]);
    assert_eq!(run.code, 1);
    assert!(
        run.errors.contains("cut.pcap: cut off inside a"),
        "{}",
        run.errors
    );
    assert!(
        run.errors
            .contains("\n    the report covers the 2 records before that\n")
    );
    let report: Value = serde_json::from_str(&run.output).unwrap();
    assert_eq!(report["summary"]["resets"], 1);
    assert_eq!(report["sources"][0]["complete"], false);
    assert_eq!(report["capture_quality"][0]["kind"], "incomplete");
}

#[test]
fn what_cannot_be_opened_is_said_with_its_name_and_a_hint() {
    let text = Scratch::with("notes.txt", b"this is not a capture");
    let nothing = Scratch::with("nothing.pcap", b"");
    let folder = std::env::temp_dir();
    for (name, what) in [
        ("no-such-file.pcap", "there is no such file"),
        (text.name(), "text, not pcap or pcapng"),
        (nothing.name(), "is empty\n    "),
        (folder.to_str().unwrap(), "is a directory\n    "),
        (
            "expain",
            "there is no such file\n    the subcommand is: rstscope explain",
        ),
    ] {
        let run = rstscope(&[name]);
        assert_eq!((run.code, run.output.as_str()), (2, ""), "{name}");
        let expected = format!("rstscope: {name}: {what}");
        assert!(
            run.errors.starts_with(&expected),
            "{} is not {expected}",
            run.errors
        );
    }
}

#[test]
fn one_file_of_two_is_a_partial_answer() {
    let file = Scratch::with("one-of-two.pcap", &refused());
    let run = rstscope(&["--json", "no-such-file.pcap", file.name()]);
    assert_eq!(run.code, 1);
    let report: Value = serde_json::from_str(&run.output).unwrap();
    assert_eq!(report["resets"][0]["source"], 1);
    assert_eq!(report["sources"][0]["problem"], "there is no such file");
}

#[test]
fn standard_input_is_read_like_a_file() {
    let mut child = program(&["--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&refused()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["resets"], 1);
    assert_eq!(report["sources"][0]["name"], "-");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let file = Scratch::with("pipe.pcap", &refused());
    let mut child = program(&[file.name()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn wrong_usage_is_told_apart_from_wrong_input() {
    for words in [
        &[][..],
        &["--format", "xml", "a"],
        &["-", "-"],
        &["--all", "--examples", "2", "a"],
    ] {
        let run = rstscope(words);
        assert_eq!(
            (run.code, run.output.is_empty()),
            (2, !words.is_empty()),
            "{words:?}"
        );
    }
    assert_eq!(rstscope(&["--help"]).code, 0);
}

#[test]
fn a_report_goes_where_it_is_told() {
    let file = Scratch::with("to-file.pcap", &refused());
    let report = Scratch::with("report.json", b"");
    let run = rstscope(&["--json", "-o", report.name(), file.name()]);
    assert_eq!((run.code, run.output.as_str()), (0, ""));
    let text = fs::read_to_string(report.name()).unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    let run = rstscope(&["-o", "/no/such/folder/report", file.name()]);
    assert_eq!(run.code, 2);
    assert!(
        run.errors
            .starts_with("rstscope: /no/such/folder/report: cannot be written: ")
    );
}

#[test]
fn pages_are_found_by_what_people_type() {
    let run = rstscope(&["explain", "undetermined"]);
    assert_eq!(run.code, 0);
    assert!(run.output.contains("undetermined"));
    let run = rstscope(&["explain", "undeterminate"]);
    assert_eq!((run.code, run.output.as_str()), (2, ""));
    assert!(
        run.errors.contains("did you mean undetermined?"),
        "{}",
        run.errors
    );
    assert!(rstscope(&["causes"]).output.contains("undetermined"));
}

#[test]
fn two_runs_give_equal_bytes() {
    let file = Scratch::with("twice.pcap", &refused());
    for format in ["table", "json", "ndjson", "markdown", "html"] {
        let run = || rstscope(&["--format", format, file.name()]).output;
        assert_eq!(run(), run(), "{format}");
    }
}

#[test]
fn an_alarm_ends_with_its_own_code() {
    let file = Scratch::with("alarm.pcap", &refused());
    for (alarm, code) in [
        ("error", 3),
        ("benign", 3),
        ("port-closed", 3),
        ("forged-rst", 0),
        ("catastrophe", 2),
    ] {
        let run = rstscope(&["--fail-on", alarm, file.name()]);
        assert_eq!(run.code, code, "{alarm}: {}", run.errors);
    }
    let run = rstscope(&["--min-severity", "error", "--json", file.name()]);
    let report: Value = serde_json::from_str(&run.output).unwrap();
    assert_eq!(report["summary"]["resets"], 1);
}

#[test]
fn the_program_tells_of_itself() {
    let schema: Value = serde_json::from_str(&rstscope(&["schema"]).output).unwrap();
    assert_eq!(schema["title"], "rstscope report");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = rstscope(&["completions", shell]);
        assert!(run.output.contains("min-severity"), "{shell}");
    }
    let manual = rstscope(&["man"]).output;
    assert!(manual.contains(".TH rstscope 1") && manual.contains("fail\\-on"));
}

#[test]
fn people_read_times_in_their_own_zone() {
    let file = Scratch::with("zone.pcap", &refused());
    let run = rstscope(&["--utc-offset", "-03:30", file.name()]);
    assert!(run.output.contains("2023-11-14 18:43:20"), "{}", run.output);
    assert_eq!(rstscope(&["--utc-offset", "east", file.name()]).code, 2);
    // Five hours west of Greenwich, in the notation of POSIX.
    let here = |words: &[&str]| {
        let output = program(words).env("TZ", "EST5").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for format in ["table", "markdown", "html"] {
        let local = here(&["--local", "--format", format, file.name()]);
        assert!(local.contains("2023-11-14 17:13:20"), "{local}");
        let utc = here(&["--format", format, file.name()]);
        assert!(
            utc.contains("2023-11-14 22:13:20"),
            "only when asked: {utc}"
        );
    }
    let json = here(&["--local", "--json", file.name()]);
    assert!(json.contains("2023-11-14T22:13:20.001000000Z"), "{json}");
    assert_eq!(
        rstscope(&["--local", "--utc-offset", "Z", file.name()]).code,
        2
    );
}

#[test]
fn forms_for_people_show_as_many_examples_as_asked_for() {
    let many: Vec<_> = (0..9)
        .flat_map(|turn| {
            [
                (turn * 10, true, SYN, turn, 0),
                (turn * 10 + 1, false, RST_ACK, 0, turn + 1),
            ]
        })
        .collect();
    let file = Scratch::with("examples.pcap", &capture(&many));
    for format in ["table", "markdown", "html"] {
        let shown = |words: &[&str]| {
            let run = rstscope(&[&["--format", format], words, &[file.name()]].concat());
            (1..=9)
                .filter(|turn| {
                    run.output
                        .to_lowercase()
                        .contains(&format!("record {}, ", turn * 2))
                })
                .count()
        };
        assert_eq!(shown(&[]), 3, "{format}");
        assert_eq!(shown(&["--examples", "1"]), 1, "{format}");
        assert_eq!(shown(&["--examples", "7"]), 7, "{format}");
    }
}

#[cfg(feature = "live")]
#[test]
fn a_filter_leaves_out_what_it_does_not_match() {
    let file = Scratch::with("filter.pcap", &refused());
    let run = rstscope(&["-f", "port 80", file.name()]);
    assert!(
        run.output.contains("1 reset in 2 segments"),
        "{}",
        run.output
    );
    let run = rstscope(&["-f", "port 81", file.name()]);
    assert_eq!(run.code, 0);
    assert!(
        run.errors.contains("matched none of 2 records"),
        "{}",
        run.errors
    );
    let run = rstscope(&["-f", "prot 80", file.name()]);
    assert_eq!((run.code, run.output.as_str()), (2, ""));
    assert!(
        run.errors
            .contains("the filter 'prot 80' is not understood"),
        "{}",
        run.errors
    );
}

/// What a run gave.
struct Run {
    code: i32,
    output: String,
    errors: String,
}

fn program(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rstscope"));
    command.args(words);
    command
}

fn rstscope(words: &[&str]) -> Run {
    let Output {
        status,
        stdout,
        stderr,
    } = program(words).stdin(Stdio::null()).output().unwrap();
    Run {
        code: status.code().unwrap(),
        output: String::from_utf8(stdout).unwrap(),
        errors: String::from_utf8(stderr).unwrap(),
    }
}

/// A file of this test run, removed at the end of its test.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn with(name: &str, bytes: &[u8]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        Self { path }
    }

    fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn refused() -> Vec<u8> {
    capture(&[(0, true, SYN, 100, 0), (1, false, RST_ACK, 0, 101)])
}

/// A pcap file of raw IPv4 between 10.0.0.1:40000 and 10.0.0.2:80; each segment: milliseconds, from the client, flags, seq, ack.
fn capture(segments: &[(u32, bool, u8, u32, u32)]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65535, 101] {
        file.extend(word.to_le_bytes());
    }
    for &(millis, from_client, flags, seq, ack) in segments {
        for word in [1_700_000_000, millis * 1000, 40, 40] {
            file.extend(u32::to_le_bytes(word));
        }
        let (from, to) = if from_client { (1, 2) } else { (2, 1) };
        file.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
        file.extend([10, 0, 0, from, 10, 0, 0, to]);
        let (client, server) = (40000_u16, 80_u16);
        let ports = if from_client {
            [client, server]
        } else {
            [server, client]
        };
        file.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        file.extend(seq.to_be_bytes());
        file.extend(ack.to_be_bytes());
        let window = if flags & 0x04 == 0 { 0x10 } else { 0 };
        file.extend([0x50, flags, window, 0, 0, 0, 0, 0]);
    }
    file
}

#[test]
fn a_scan_is_benign_as_a_whole_and_the_summary_says_why() {
    let story: Vec<String> = (1..=12)
        .map(|port| {
            format!(
                "0.0{port:02}0 client > server:{port} SYN seq 0\n0.0{port:02}1 server:{port} > client RST,ACK seq 0 ack 1"
            )
        })
        .collect();
    let told = rstscope::testkit::tell(&story.join("\n"));
    let file = Scratch::with("scan.pcap", &rstscope::testkit::pcap(&told));
    let table = rstscope(&[file.name()]).output.replace('\n', " ");
    assert!(
        table.contains("0 errors, 0 warnings, 12 benign (12 as part of scans or health checks)"),
        "{table}"
    );
    let json: Value = serde_json::from_str(&rstscope(&["--json", file.name()]).output).unwrap();
    assert_eq!(json["summary"]["by_severity"]["error"], 12);
    assert_eq!(json["incidents"][0]["severity"], "benign");
}
