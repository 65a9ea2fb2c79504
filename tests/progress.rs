//! The bar of a long reading: on a terminal alone, never in the report, and gone at the end. Needs python3 for the terminal.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where its own preparations fail, and says what it skips"
)]

use rstscope::testkit::Traffic;
use std::io::Write as _;
use std::process::Command;

/// Runs the program on a terminal of its own and gives it a capture through a pipe, with a pause in the middle; prints what the terminal got.
/// Standard error goes there too, or nowhere.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, subprocess, sys, termios, time
program, capture, pause, errors, *words = sys.argv[1:]
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
streams = {"stdout": theirs, "stderr": theirs if errors == "shown" else subprocess.PIPE}
run = subprocess.Popen([program, *words, "-"], stdin=subprocess.PIPE, **streams, env={**os.environ, "TERM": "xterm"})
os.close(theirs)
data = open(capture, "rb").read()
half = len(data) // 2
run.stdin.write(data[:half])
run.stdin.flush()
time.sleep(float(pause))
run.stdin.write(data[half:])
run.stdin.close()
while True:
    try:
        got = os.read(ours, 65536)
    except OSError:
        break
    if not got:
        break
    sys.stdout.buffer.write(got)
if errors != "shown":
    sys.stdout.buffer.write(b"ERRORS:" + run.stderr.read())
sys.exit(run.wait())
"#;

/// Takes a line of the terminal away.
const CLEARED: &str = "\u{1b}[2K";

#[test]
fn a_long_reading_shows_how_far_it_is_and_nothing_of_that_stays() {
    for words in [&[][..], &["--json"], &["--format", "ndjson"]] {
        let Some(shown) = on_terminal("0.7", "shown", words) else {
            return;
        };
        let bar = shown
            .rfind("B read, ")
            .unwrap_or_else(|| panic_with(&shown));
        let report = if words.is_empty() {
            shown.find("resets in")
        } else {
            shown.find("schema_version")
        };
        let report = report.unwrap_or_else(|| panic_with(&shown));
        assert!(bar < report, "a bar inside the report:\n{shown}");
        assert!(shown[bar..report].contains(CLEARED), "{shown:?}");
        assert!(!shown[report..].contains(CLEARED), "{shown:?}");
    }
}

#[test]
fn short_work_shows_no_bar() {
    // However busy the machine is: one of some runs is short.
    let mut runs = (0..5).map_while(|_| on_terminal("0", "shown", &[]));
    let quiet = |shown: String| !shown.contains("B read, ") && !shown.contains(CLEARED);
    if let Some(first) = runs.next() {
        assert!(quiet(first) || runs.any(quiet));
    }
}

#[test]
fn there_is_no_bar_where_standard_error_is_no_terminal() {
    if let Some(shown) = on_terminal("0.7", "elsewhere", &[]) {
        assert!(shown.ends_with("ERRORS:"), "{shown}");
        assert!(!shown.contains("B read, "), "{shown}");
    }
}

#[expect(clippy::panic, reason = "that is how a test fails")]
fn panic_with(shown: &str) -> usize {
    panic!("not there: {shown:?}")
}

/// What a terminal shows of a run. `None`, and said, where there is no Python to make a terminal.
fn on_terminal(pause: &str, errors: &str, words: &[&str]) -> Option<String> {
    let mut capture = tempfile::NamedTempFile::new().unwrap();
    capture
        .write_all(&Traffic::headers().capture(4_000))
        .unwrap();
    let run = Command::new("python3")
        .args(["-c", TERMINAL, env!("CARGO_BIN_EXE_rstscope")])
        .arg(capture.path())
        .args([pause, errors])
        .args(words)
        .output();
    let Ok(run) = run else {
        let _ = writeln!(std::io::stderr(), "progress: skipped: there is no python3");
        return None;
    };
    let shown = String::from_utf8_lossy(&run.stdout).into_owned();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}\n{shown}");
    Some(shown)
}
