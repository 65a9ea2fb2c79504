//! `--write`: which packets it writes, that they are as they were, and what it says of the resets among them.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test ends where its own preparations fail, and opens what it wants"
)]

mod common;

use common::{files, fixtures, stem};
use rstscope::testkit::{Frame, WRAPPINGS, frames, pcap, pcapng_of, tell};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn packets_are_written_as_they_were_and_every_reset_has_its_verdict() {
    let room = Room::new("write-fixtures");
    for capture in files(&fixtures(), "pcap") {
        let before = frames(fs::read(&capture).unwrap());
        let target = room.file(&stem(&capture));
        let report = run(&["--json", "--write", &target, name(&capture)], None);
        assert_eq!(
            (report.code, report.errors.as_str()),
            (0, ""),
            "{}",
            capture.display()
        );
        let report: serde_json::Value = serde_json::from_str(&report.output).unwrap();
        let resets = report["resets"].as_array().unwrap();
        let written = Written::read(&target);
        // In order, and none but what was there.
        let mut rest = before.iter().enumerate();
        let records: Vec<usize> = written
            .frames
            .iter()
            .map(|frame| {
                let found = rest.find(|(_, one)| *one == frame);
                found.expect("a frame of the capture, in its order").0 + 1
            })
            .collect();
        let commented: Vec<usize> = written
            .comments
            .iter()
            .zip(&records)
            .filter_map(|(comment, record)| comment.as_ref().map(|_| *record))
            .collect();
        let mut expected: Vec<usize> = resets
            .iter()
            .map(|reset| usize::try_from(reset["record"].as_u64().unwrap()).unwrap())
            .collect();
        expected.sort_unstable();
        assert_eq!(commented, expected, "{}", capture.display());
        // A timeline is of one connection, so all of it is there; and the comment says what the report says.
        for reset in resets {
            for line in reset["timeline"].as_array().unwrap() {
                let record = usize::try_from(line["record"].as_u64().unwrap()).unwrap();
                assert!(
                    records.contains(&record),
                    "{}: record {record}",
                    capture.display()
                );
            }
            let record = usize::try_from(reset["record"].as_u64().unwrap()).unwrap();
            let place = records.iter().position(|one| *one == record).unwrap();
            let comment = written.comments[place].as_ref().unwrap();
            let verdict = format!(
                "{}, {}: ",
                reset["verdict"]["cause"].as_str().unwrap(),
                reset["verdict"]["confidence"].as_str().unwrap()
            );
            assert!(comment.starts_with(&verdict), "{comment}");
        }
    }
}

#[test]
fn a_comment_names_its_evidence_by_the_numbers_of_the_file_that_it_stands_in() {
    let room = Room::new("write-numbers");
    let story = tell(
        "0.000 other > server:81 SYN seq 0\n\
         0.001 server:81 > other SYN,ACK seq 0 ack 1\n\
         0.010 client > server SYN seq 0\n\
         0.011 server > client RST,ACK seq 0 ack 1\n\
         0.012 other > server:81 ACK seq 1 ack 1",
    );
    let capture = room.with("in.pcap", &pcap(&story));
    let target = room.file("out.pcapng");
    let done = run(&["--write", &target, &capture], None);
    assert_eq!((done.code, done.errors.as_str()), (0, ""));
    let written = Written::read(&target);
    assert_eq!(
        written.frames.len(),
        2,
        "the other connection was not reset"
    );
    assert_eq!(
        written.comments[1].as_deref().unwrap(),
        format!(
            "port-closed, likely: Nobody listens on that port. Evidence: packets 1, 2. \
             In the capture: record 4 of {capture}."
        )
    );
    assert_eq!(
        written.section,
        format!(
            "rstscope {}: 1 reset on 1 connection, from {capture}; each reset has its verdict as a comment",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn equal_addresses_in_another_network_are_another_connection() {
    let room = Room::new("write-networks");
    let served = tell(
        "0.000 client > server SYN seq 0\n\
         0.001 server > client SYN,ACK seq 0 ack 1\n\
         0.002 client > server ACK seq 1 ack 1",
    );
    let refused =
        tell("0.010 client > server SYN seq 70\n0.011 server > client RST,ACK seq 0 ack 71");
    let tagged = WRAPPINGS.iter().find(|one| one.name == "VLAN").unwrap();
    let mut all: Vec<Frame> = frames(pcap(&served));
    all.extend(
        frames(pcap(&refused))
            .iter()
            .map(|frame| frame.wrapped(tagged)),
    );
    let capture = room.with("in.pcapng", &pcapng_of(&all));
    let target = room.file("out.pcapng");
    assert_eq!(run(&["--write", &target, &capture], None).code, 0);
    assert_eq!(Written::read(&target).frames, all[3..]);
}

#[test]
fn several_inputs_and_links_go_into_one_file_in_the_order_of_time() {
    let room = Room::new("write-several");
    let early = fs::read(fixtures().join("port-closed.pcap")).unwrap();
    let late = fs::read(fixtures().join("jedis-linger-zero.pcap")).unwrap();
    let mut expected: Vec<Frame> = [early.clone(), late.clone()]
        .into_iter()
        .flat_map(frames)
        .collect();
    expected.sort_by_key(|frame| frame.time);
    let [one, other] =
        [("b.pcap", late), ("a.pcap", early)].map(|(name, file)| room.with(name, &file));
    let target = room.file("out.pcapng");
    assert_eq!(run(&["--write", &target, &one, &other], None).code, 0);
    let written = Written::read(&target);
    assert_eq!(written.frames, expected);
    // Each packet says where it came from.
    let descriptions: Vec<&str> = written.interfaces.iter().map(String::as_str).collect();
    assert!(
        descriptions.contains(&format!("{one}, interface 0").as_str()),
        "{descriptions:?}"
    );
    assert!(
        descriptions.contains(&format!("{other}, interface 0").as_str()),
        "{descriptions:?}"
    );
}

#[test]
fn a_pipe_gives_the_same_packets_as_the_file() {
    let room = Room::new("write-pipe");
    let capture = fixtures().join("jedis-linger-zero.pcap");
    let [from_file, from_pipe] = ["file.pcapng", "pipe.pcapng"].map(|name| room.file(name));
    assert_eq!(run(&["--write", &from_file, name(&capture)], None).code, 0);
    let piped = run(
        &["--write", &from_pipe, "-"],
        Some(&fs::read(&capture).unwrap()),
    );
    assert_eq!((piped.code, piped.errors.as_str()), (0, ""));
    let written = Written::read(&from_pipe);
    assert_eq!(written.frames, Written::read(&from_file).frames);
    assert!(
        written.section.contains("from standard input"),
        "{}",
        written.section
    );
}

#[test]
fn only_the_connections_of_reported_resets_are_written() {
    let room = Room::new("write-selected");
    let capture = name(&fixtures().join("port-closed.pcap")).to_owned();
    let target = room.file("out.pcapng");
    assert_eq!(
        run(&["--record", "4", "--write", &target, &capture], None).code,
        0
    );
    let all = frames(fs::read(&capture).unwrap());
    assert_eq!(Written::read(&target).frames, all[2..]);
    let none = run(
        &["--cause", "forged-rst", "--write", &target, &capture],
        None,
    );
    assert_eq!(none.code, 0);
    assert!(Written::read(&target).frames.is_empty());
}

#[test]
fn headers_only_leaves_no_payload_and_the_lengths_as_they_were() {
    let room = Room::new("write-headers");
    let story = tell(
        "0.000 client > server SYN seq 0\n\
         0.001 server > client SYN,ACK seq 0 ack 1\n\
         0.002 client > server ACK seq 1 ack 1\n\
         0.003 client > server PSH,ACK seq 1 ack 1 data \"attack at dawn\"\n\
         0.004 server > client RST,ACK seq 1 ack 15",
    );
    let whole = frames(pcap(&story));
    let capture = room.with("in.pcap", &pcap(&story));
    let target = room.file("out.pcapng");
    assert_eq!(
        run(&["--headers-only", "--write", &target, &capture], None).code,
        0
    );
    let file = fs::read(&target).unwrap();
    assert!(!file.windows(6).any(|part| part == b"attack"));
    let written = Written::read(&target);
    assert_eq!(
        written.frames[3],
        Frame {
            bytes: whole[3].bytes[..54].to_vec(),
            ..whole[3].clone()
        }
    );
    assert_eq!(written.frames[4], whole[4]);
    let without = run(&["--headers-only", &capture], None);
    assert_eq!(without.code, 2, "it needs --write");
}

#[test]
fn no_input_is_overwritten_by_whatever_name() {
    let room = Room::new("write-over");
    let bytes = fs::read(fixtures().join("port-closed.pcap")).unwrap();
    let capture = room.with("in.pcap", &bytes);
    let link = room.file("link.pcap");
    fs::hard_link(&capture, &link).unwrap();
    for (option, output) in [("--write", &capture), ("--write", &link), ("-o", &link)] {
        let refused = run(&[option, output, &capture], None);
        assert_eq!((refused.code, refused.output.as_str()), (2, ""));
        assert!(
            refused
                .errors
                .contains("is an input, and would be overwritten"),
            "{}",
            refused.errors
        );
        let mut program = program(&[option, output, "-"]);
        let piped = program
            .stdin(File::open(&capture).unwrap())
            .output()
            .unwrap();
        assert_eq!(piped.status.code(), Some(2), "standard input is that file");
        assert_eq!(fs::read(&capture).unwrap(), bytes);
    }
}

#[test]
fn what_cannot_be_written_leaves_what_was_there() {
    let room = Room::new("write-not");
    let capture = room.with(
        "in.pcap",
        &fs::read(fixtures().join("port-closed.pcap")).unwrap(),
    );
    let nowhere = run(&["--write", &room.file("no/such/folder"), &capture], None);
    assert_eq!(
        (nowhere.code, nowhere.output.as_str()),
        (2, ""),
        "said before anything is read"
    );
    assert!(
        nowhere.errors.contains("cannot be written"),
        "{}",
        nowhere.errors
    );
    if Path::new("/dev/full").exists() {
        let full = run(&["--write", "/dev/full", &capture], None);
        assert_eq!(full.code, 1, "the report is whole");
        assert!(full.output.contains("port-closed"));
        assert!(
            full.errors.contains("/dev/full: cannot be written"),
            "{}",
            full.errors
        );
    }
    let old = room.with("old.pcapng", b"what was there");
    let unread = run(&["--write", &old, "no-such-file"], None);
    assert_eq!(unread.code, 2);
    assert_eq!(fs::read(&old).unwrap(), b"what was there");
    assert_eq!(
        fs::read_dir(&room.0).unwrap().count(),
        2,
        "no half of a file is left"
    );
}

struct Done {
    output: String,
    errors: String,
    code: i32,
}

fn program(words: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rstscope"));
    program.args(words);
    program
}

fn run(words: &[&str], input: Option<&[u8]>) -> Done {
    let mut child = program(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    if let Some(bytes) = input {
        pipe.write_all(bytes).unwrap();
    }
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    Done {
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder of one test, removed at its end.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, of: &str) -> String {
        name(&self.0.join(of)).to_owned()
    }

    fn with(&self, name: &str, bytes: &[u8]) -> String {
        let file = self.file(name);
        fs::write(&file, bytes).unwrap();
        file
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A written file, read by block as its format says and not by the program's own reader; but for its frames.
struct Written {
    section: String,
    interfaces: Vec<String>,
    comments: Vec<Option<String>>,
    frames: Vec<Frame>,
}

impl Written {
    fn read(path: &str) -> Self {
        let file = fs::read(path).unwrap();
        let mut all = Self {
            section: String::new(),
            interfaces: Vec::new(),
            comments: Vec::new(),
            frames: frames(file.clone()),
        };
        let mut rest = &file[..];
        while !rest.is_empty() {
            let (kind, len) = (word(rest, 0), word(rest, 4));
            let (block, behind) = rest.split_at(len);
            assert_eq!(
                word(block, len - 4),
                len,
                "a block has its length at both ends"
            );
            let body = &block[8..len - 4];
            match kind {
                0x0a0d_0d0a => all.section = option(&body[16..], 1).unwrap(),
                1 => all
                    .interfaces
                    .push(option(&body[8..], 3).unwrap_or_default()),
                6 => {
                    let captured = word(body, 12);
                    let options = 20 + captured.next_multiple_of(4);
                    all.comments.push(option(&body[options..], 1));
                }
                other => panic!("block {other:#x}"),
            }
            rest = behind;
        }
        assert_eq!(all.comments.len(), all.frames.len());
        all
    }
}

fn word(bytes: &[u8], at: usize) -> usize {
    let raw = bytes[at..at + 4].try_into().unwrap();
    usize::try_from(u32::from_le_bytes(raw)).unwrap()
}

fn option(mut options: &[u8], wanted: u16) -> Option<String> {
    while let [c0, c1, l0, l1, rest @ ..] = options {
        let len = usize::from(u16::from_le_bytes([*l0, *l1]));
        if u16::from_le_bytes([*c0, *c1]) == wanted {
            return Some(String::from_utf8(rest[..len].to_vec()).unwrap());
        }
        options = &rest[len.next_multiple_of(4)..];
    }
    None
}
