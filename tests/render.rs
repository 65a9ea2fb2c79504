//! Every form of the report over two captures, byte for byte: what changes in a form is seen here before a reader sees it.

#![cfg(feature = "cli")]
#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use common::{expect, fixtures};
use std::path::Path;
use std::process::Command;

/// One abort with a rival, and one refusal without: between them they use most of what a form can show.
const CAPTURES: [&str; 2] = ["jedis-linger-zero", "accept-queue-overflow-old-kernel"];
const FORMS: [(&str, &[&str], &str); 6] = [
    ("table", &[], "txt"),
    (
        "table",
        &["--all", "--color", "always", "--utc-offset", "+08:00"],
        "all.txt",
    ),
    ("markdown", &[], "md"),
    ("html", &[], "html"),
    ("html", &["--all"], "all.html"),
    ("ndjson", &[], "ndjson"),
];

#[test]
fn every_form_is_as_it_was() {
    for capture in CAPTURES {
        for (format, more, ending) in FORMS {
            let shown = report(capture, format, more);
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/render");
            expect(&folder.join(format!("{capture}.{ending}")), &shown);
        }
    }
}

#[test]
fn forms_for_people_hold_what_a_reader_must_know() {
    for format in ["table", "markdown", "html"] {
        let text = report("accept-queue-overflow-old-kernel", format, &[]);
        for part in [
            "Accept queue full",
            "172.16.16.47:18088",
            "certain",
            "ss -ltn",
            "ECONNRESET",
            "4.08 s silent",
            "The accept queue was full for 4.08 s",
            "tcp.port==47876",
        ] {
            assert!(text.contains(part), "{format} lacks {part}");
        }
    }
}

fn report(capture: &str, format: &str, more: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .current_dir(fixtures())
        .args(["--format", format])
        .args(more)
        .arg(format!("{capture}.pcap"))
        .output()
        .expect("the program runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("reports are UTF-8")
}
