//! Watching for real: two hosts in network namespaces, real sockets between them, and the program on the server's interface.
//!
//! Skipped, and said so, where it cannot be done: it needs root on Linux and `ip` (iproute2).

#![cfg(all(target_os = "linux", feature = "live", feature = "cli"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says so by panicking, and enters namespaces and keeps time itself"
)]

#[path = "live/hosts.rs"]
mod hosts;
#[path = "live/talks.rs"]
mod talks;
#[path = "live/watch.rs"]
mod watch;

use hosts::Hosts;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use watch::Watch;

fn word<'a>(value: &'a Value, path: &str) -> &'a str {
    value
        .pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn causes(resets: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for reset in resets {
        *counts
            .entry(word(reset, "/verdict/cause").to_owned())
            .or_default() += 1;
    }
    counts
}

#[test]
fn resets_of_real_sockets_are_named_while_they_happen() {
    let Some(hosts) = Hosts::new("named") else {
        return;
    };
    let mut watch = Watch::on_server(
        &hosts,
        &[
            "-i",
            "eth0",
            "--format",
            "ndjson",
            "--kernel",
            "--metrics",
            "9190",
        ],
    );
    watch.has_no_privileges();
    let expected = talks::all(&hosts);
    let resets = watch.resets(expected.len());
    for (port, allowed) in &expected {
        let found = resets
            .iter()
            .find(|reset| word(reset, "/connection/server").ends_with(&format!(":{port}")));
        let found = found.unwrap_or_else(|| panic!("no reset at port {port}"));
        let cause = word(found, "/verdict/cause");
        assert!(
            allowed.contains(&cause),
            "port {port}: {cause}, not {allowed:?}: {found}"
        );
    }
    let kinds = causes(&resets);
    assert!(kinds.len() >= 6, "{kinds:?}");
    if watch.kernel_speaks() {
        agrees_with_kernel(&resets);
    }
    let metrics = hosts.on_server(|| {
        let mut stream = TcpStream::connect("127.0.0.1:9190").unwrap();
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    });
    for cause in kinds.keys() {
        assert!(
            metrics.contains(&format!("cause=\"{cause}\"")),
            "{cause} in {metrics}"
        );
    }
    watch.signal(Signal::SIGUSR1);
    let interim = watch.line("interim");
    assert_eq!(
        interim.pointer("/summary/resets").and_then(Value::as_u64),
        Some(resets.len() as u64)
    );
    watch.signal(Signal::SIGINT);
    let end = watch.line("end");
    let counted: BTreeMap<String, u64> =
        serde_json::from_value(end["summary"]["by_cause"].clone()).unwrap();
    assert_eq!(counted, kinds);
    assert_eq!(end["sources"][0]["dropped"], 0);
    assert_eq!(watch.exit(), Some(0));
}

/// Each reset of the server bears the kernel's word, and none contradicts the verdict.
fn agrees_with_kernel(resets: &[Value]) {
    let own = resets
        .iter()
        .filter(|reset| word(reset, "/sender") == "server");
    for reset in own {
        let evidence = reset["verdict"]["evidence"].as_array().unwrap();
        let spoken: Vec<_> = evidence
            .iter()
            .filter(|one| word(one, "/statement").contains("kernel"))
            .collect();
        assert_eq!(spoken.len(), 1, "{reset}");
        assert_eq!(word(spoken[0], "/bearing"), "supports", "{reset}");
    }
}

#[test]
fn a_watch_outlives_an_interface_that_goes_down_and_ends_with_one_that_vanishes() {
    let Some(hosts) = Hosts::new("fades") else {
        return;
    };
    let mut watch = Watch::on_server(&hosts, &["-i", "eth0", "--format", "ndjson"]);
    talks::port_closed(&hosts, 7001);
    assert_eq!(word(&watch.resets(1)[0], "/verdict/cause"), "port-closed");
    hosts.server_command("ip link set eth0 down");
    watch.says("went down");
    hosts.server_command("ip link set eth0 up");
    watch.says("is up again");
    talks::port_closed(&hosts, 7002);
    assert_eq!(word(&watch.resets(1)[0], "/verdict/cause"), "port-closed");
    hosts.server_command("ip link del eth0");
    watch.says("vanished");
    let end = watch.line("end");
    assert_eq!(end["summary"]["resets"], 2);
    assert_eq!(watch.exit(), Some(2));
}

#[test]
fn several_interfaces_are_one_capture() {
    let Some(hosts) = Hosts::new("several") else {
        return;
    };
    let mut watch = Watch::on_server(
        &hosts,
        &[
            "-i", "eth0", "-i", "lo", "--format", "ndjson", "--count", "2",
        ],
    );
    talks::port_closed(&hosts, 7001);
    hosts.on_server(|| TcpStream::connect("127.0.0.1:7002").unwrap_err());
    let mut sources: Vec<u64> = watch
        .resets(2)
        .iter()
        .map(|reset| reset["source"].as_u64().unwrap())
        .collect();
    sources.sort_unstable();
    assert_eq!(sources, [0, 1]);
    watch.line("end");
    assert_eq!(watch.exit(), Some(0));
}

#[test]
fn people_get_lines_and_a_summary_until_the_cause_they_wait_for() {
    let Some(hosts) = Hosts::new("lines") else {
        return;
    };
    let mut watch = Watch::on_server(
        &hosts,
        &[
            "-i",
            "eth0",
            "--until-cause",
            "port-closed",
            "tcp",
            "port",
            "7001",
        ],
    );
    talks::port_closed(&hosts, 7009);
    talks::port_closed(&hosts, 7001);
    let text = watch.rest();
    assert_eq!(watch.exit(), Some(0), "{text}");
    let line = text.lines().next().unwrap();
    assert!(
        line.contains("7001") && line.contains("port-closed (likely)"),
        "{text}"
    );
    assert!(
        text.contains("1 reset in 2 segments") && text.contains("I1 "),
        "{text}"
    );
}

#[test]
fn a_reader_that_leaves_ends_a_watch_quietly() {
    let Some(hosts) = Hosts::new("quiet") else {
        return;
    };
    let mut watch = Watch::on_server(&hosts, &["-i", "eth0"]);
    watch.stop_reading();
    assert_eq!(watch.exit(), Some(0));
}

#[test]
fn a_full_disk_is_said_and_the_watch_goes_on() {
    let Some(hosts) = Hosts::new("full") else {
        return;
    };
    let mut watch = Watch::on_server(&hosts, &["-i", "eth0", "-o", "/dev/full"]);
    talks::port_closed(&hosts, 7001);
    watch.says("/dev/full: cannot be written");
    watch.signal(Signal::SIGTERM);
    watch.says("1 reset is missing");
    assert_eq!(watch.exit(), Some(1));
}

#[test]
fn packets_of_reset_connections_are_written_in_turns_and_judged_alike_when_read_again() {
    let Some(hosts) = Hosts::new("writes") else {
        return;
    };
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-writes");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("resets.pcapng");
    let file = path.to_str().unwrap();
    let arguments = [
        "-i",
        "eth0",
        "--format",
        "ndjson",
        "--write",
        file,
        "--write-files",
        "2",
    ];
    let mut watch = Watch::on_server(&hosts, &arguments);
    let expected = talks::all(&hosts);
    let resets = watch.resets(expected.len());
    // Killed, it would leave this; it is readable, if not in order.
    let before = read(file, "interrupted");
    assert_eq!(before.len(), resets.len());
    watch.signal(Signal::SIGINT);
    watch.line("end");
    assert_eq!(watch.exit(), Some(0));
    let again = read(file, "whole");
    assert_eq!(causes(&again), causes(&resets));
    let confidence = |resets: &[Value]| -> BTreeMap<String, String> {
        let of = |reset: &Value| {
            let ends = ["client", "server"].map(|end| reset["connection"][end].to_string());
            (
                ends.concat() + &reset["sender"].to_string(),
                word(reset, "/verdict/confidence").to_owned(),
            )
        };
        resets.iter().map(of).collect()
    };
    assert_eq!(confidence(&again), confidence(&resets));
    assert!(read(folder.join("resets.1.pcapng").to_str().unwrap(), "the next").is_empty());
}

/// The resets in a file that was written.
fn read(file: &str, which: &str) -> Vec<Value> {
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .args(["--json", file])
        .output()
        .unwrap();
    assert_eq!(
        out.status.code(),
        Some(0),
        "{which}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    report["resets"].as_array().unwrap().clone()
}

#[test]
fn a_report_that_goes_elsewhere_outlives_the_terminal() {
    let Some(hosts) = Hosts::new("hangs") else {
        return;
    };
    let mut watch = Watch::on_server(&hosts, &["-i", "eth0", "--format", "ndjson"]);
    watch.signal(Signal::SIGHUP);
    watch.says("the watch goes on");
    talks::port_closed(&hosts, 7001);
    assert_eq!(word(&watch.resets(1)[0], "/verdict/cause"), "port-closed");
    watch.signal(Signal::SIGTERM);
    watch.line("end");
    assert_eq!(watch.exit(), Some(0));
}
