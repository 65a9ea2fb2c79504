//! Watching under load: what is lost is said, what is kept is bounded.
//!
//! Skipped, and said so, where it cannot be done: it needs root on Linux and `ip` (iproute2). Those that take minutes run when asked for:
//! `cargo test --release --test live_load -- --ignored --nocapture --test-threads 1`. With `RSTSCOPE_PROGRAM` they watch with another build of
//! the program.

#![cfg(all(target_os = "linux", feature = "live", feature = "cli"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test that cannot go on says so by panicking, and enters namespaces and keeps time itself; frames are made of small numbers; figures are what the long ones are for"
)]

#[path = "live/hosts.rs"]
mod hosts;
#[path = "live/watch.rs"]
mod watch;
#[path = "live/wire.rs"]
mod wire;

use hosts::Hosts;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::time::Duration;
use watch::Watch;
use wire::{Churn, Flood, Part, send};

#[test]
fn nothing_is_lost_of_what_the_buffer_holds() {
    let Some(hosts) = Hosts::new("holds") else {
        return;
    };
    let mut watch = Watch::on_server(&hosts, &["-i", "eth0", "--format", "ndjson"]);
    let (sent, _) = send(&hosts, Churn::new(2500), Some(120_000));
    let resets = watch.resets(Churn::resets(2500) as usize);
    watch.signal(Signal::SIGINT);
    let end = watch.line("end");
    assert_eq!(end["sources"][0]["dropped"], 0);
    assert_eq!(end["summary"]["segments"].as_u64(), Some(sent));
    assert_eq!(resets.len() as u64, Churn::resets(2500));
    assert_eq!(watch.exit(), Some(0));
}

#[test]
fn what_a_small_buffer_loses_is_reported_and_leaves_nothing_certain() {
    let Some(hosts) = Hosts::new("loses") else {
        return;
    };
    let mut watch = Watch::on_server(
        &hosts,
        &["-i", "eth0", "--format", "ndjson", "--buffer-size", "256K"],
    );
    let mut traffic = Churn::new(2500);
    let (before, _) = send(&hosts, Part(&mut traffic, 6000), Some(20_000));
    // Asleep, it reads nothing; then it goes on as if nothing had been.
    watch.signal(Signal::SIGSTOP);
    let (meanwhile, _) = send(&hosts, Part(&mut traffic, 8000), None);
    watch.signal(Signal::SIGCONT);
    watch.says("for want of room in the kernel's buffer");
    let (after, _) = send(&hosts, traffic, Some(5000));
    let sent = before + meanwhile + after;
    let resets = watch.resets(1);
    watch.signal(Signal::SIGINT);
    let end = watch.line("end");
    let lost = end["sources"][0]["dropped"].as_u64().unwrap();
    let seen = end["summary"]["segments"].as_u64().unwrap();
    assert!(
        lost > 0 && seen < sent + after,
        "{seen} of {sent} and {after}, {lost} lost"
    );
    let quality = end["capture_quality"].as_array().unwrap();
    for kind in ["dropped", "dropped-meanwhile"] {
        assert!(
            quality.iter().any(|item| item["kind"] == kind),
            "{kind} in {quality:?}"
        );
    }
    let reason = "lost records while the connection lived";
    for reset in &resets {
        let told = reset["verdict"]["reasons"].to_string().contains(reason);
        assert!(
            !told || reset["verdict"]["confidence"] != "certain",
            "{reset}"
        );
    }
    assert!(
        resets
            .iter()
            .any(|reset| reset["verdict"]["reasons"].to_string().contains(reason))
    );
    assert_eq!(watch.exit(), Some(0));
}

#[test]
#[ignore = "takes a minute; prints the rates that are held"]
fn rates() {
    let Some(hosts) = Hosts::new("rates") else {
        return;
    };
    for rate in [
        Some(60_000),
        Some(120_000),
        Some(180_000),
        Some(240_000),
        None,
    ] {
        let mut watch = Watch::on_server(&hosts, &["-i", "eth0", "--format", "ndjson"]);
        watch.forgets_what_it_reads();
        let (sent, took) = send(&hosts, Churn::new(150_000), rate);
        let (end, peak) = ended(&mut watch);
        eprintln!(
            "{:.0} a second: {sent} sent, {} lost, {} of {} resets, peak {} MB",
            sent as f64 / took.as_secs_f64(),
            end["sources"][0]["dropped"],
            end["summary"]["resets"],
            Churn::resets(150_000),
            peak >> 20
        );
    }
}

#[test]
#[ignore = "takes a minute"]
fn a_flood_of_five_million_sources_stays_within_the_bound() {
    let Some(hosts) = Hosts::new("flood") else {
        return;
    };
    for memory in ["64M", "256M"] {
        let arguments = [
            "-i",
            "eth0",
            "--format",
            "ndjson",
            "--max-memory",
            memory,
            "--buffer-size",
            "16M",
        ];
        let mut watch = Watch::on_server(&hosts, &arguments);
        watch.forgets_what_it_reads();
        let (sent, took) = send(&hosts, Flood::new(5_000_000), None);
        let (end, peak) = ended(&mut watch);
        eprintln!(
            "{memory}: {sent} SYNs at {:.0} a second, {} lost, {} forgotten, peak {} MB",
            sent as f64 / took.as_secs_f64(),
            end["sources"][0]["dropped"],
            quality(&end, "forgotten"),
            peak >> 20
        );
        assert!(
            peak <= memory.trim_end_matches('M').parse::<u64>().unwrap() << 20,
            "{peak}"
        );
    }
}

#[test]
#[ignore = "takes ten minutes"]
fn memory_stays_where_it_is_over_two_million_connections() {
    let Some(hosts) = Hosts::new("soak") else {
        return;
    };
    let mut watch = Watch::on_server(&hosts, &["-i", "eth0", "--format", "ndjson"]);
    watch.forgets_what_it_reads();
    let figures = watch.memory_each(Duration::from_secs(30));
    // Eight frames for most, in ten minutes.
    let (sent, took) = send(&hosts, Churn::new(2_000_000), Some(26_200));
    let figures: Vec<u64> = figures.stop();
    watch.signal(Signal::SIGINT);
    let end = watch.line("end");
    let megabytes: Vec<u64> = figures.iter().map(|bytes| bytes >> 20).collect();
    eprintln!(
        "{sent} frames in {:.0} s, {} lost, {} of {} resets, {} forgotten; MB each 30 s: {megabytes:?}",
        took.as_secs_f64(),
        end["sources"][0]["dropped"],
        end["summary"]["resets"],
        Churn::resets(2_000_000),
        quality(&end, "forgotten"),
    );
    assert!(
        figures.iter().all(|bytes| *bytes <= 256 << 20),
        "{megabytes:?}"
    );
}

/// Ends it. A summary before that costs what the last one costs, so its peak is the whole run's.
fn ended(watch: &mut Watch) -> (Value, u64) {
    watch.signal(Signal::SIGUSR1);
    watch.line("interim");
    let peak = watch.peak();
    watch.signal(Signal::SIGINT);
    (watch.line("end"), peak)
}

fn quality(end: &Value, kind: &str) -> u64 {
    let items = end["capture_quality"].as_array().unwrap();
    let item = items.iter().find(|item| item["kind"] == kind);
    item.and_then(|item| item["count"].as_u64()).unwrap_or(0)
}
