//! What clients do: scan, check the health of a service, lose patience, abort by habit.

use super::{Found, cluster, counted, measure, series, spread};
use crate::incidents::kind::Kind;
use crate::origin::SECOND;
use crate::report::Finding;
use crate::report::words::{count, duration, grouped};
use std::collections::BTreeSet;

/// A client that tried many ports or hosts.
pub fn scan(kind: &Kind) -> Found {
    let Some(client) = kind.clients.keys().next() else {
        return Found::default();
    };
    let ports: BTreeSet<u16> = kind
        .services
        .iter()
        .map(std::net::SocketAddr::port)
        .collect();
    let hosts: BTreeSet<_> = kind.services.iter().map(std::net::SocketAddr::ip).collect();
    let of = |cause: &str| kind.causes.get(cause).map_or(0, |(count, ..)| *count);
    let visited = u64::try_from(kind.services.len()).unwrap_or(u64::MAX);
    let many = if kind.only_service().is_none() && visited >= MOST_SERVICES {
        "at least "
    } else {
        ""
    };
    let target = match hosts.first() {
        Some(host) if hosts.len() == 1 => format!(
            "{many}{} of {host}",
            count(ports.len() as u64, "port", "ports")
        ),
        _ => format!(
            "{many}{} on {}",
            count(ports.len() as u64, "port", "ports"),
            count(hosts.len() as u64, "host", "hosts")
        ),
    };
    if of("connect-probe") * 2 > kind.count && kind.count >= visited * 3 {
        return Found {
            pattern: Some("health-check"),
            headline: Some(format!("Health checks of {target} by {client}")),
            findings: Vec::new(),
        };
    }
    let types: Vec<&str> = kind
        .openings
        .iter()
        .map(|opening| match opening {
            "SYN" if of("half-open-probe") > 0 && of("connect-probe") == 0 => "half-open SYN",
            "SYN" if of("connect-probe") > 0 => "connect",
            other => other,
        })
        .collect();
    let name = types.join(", ");
    let ended: Vec<String> = kind
        .causes
        .iter()
        .map(|(cause, (times, ..))| format!("{} {cause}", grouped(*times)))
        .collect();
    let text = format!(
        "{client} tried {target} within {}: a scan by {name} segments ({})",
        duration(kind.last.since(kind.first).nanos()),
        ended.join(", ")
    );
    Found {
        pattern: Some("scan"),
        headline: Some(format!("Scan ({name}) by {client}: {target}")),
        findings: vec![counted("scan", text, kind.count)],
    }
}

/// A client that comes at equal intervals, says nothing and is gone.
pub fn health_check(kind: &Kind) -> Option<Found> {
    if !matches!(kind.trio.cause, "connect-probe" | "teardown-rst") || kind.trio.sender != "client"
    {
        return None;
    }
    let regular: Vec<_> = kind
        .clients
        .iter()
        .filter(|(_, visits)| visits.longest_life < SECOND)
        .filter_map(|(client, visits)| Some((client, visits.count, visits.period()?)))
        .filter(|(_, _, (_, variation))| *variation < REGULAR)
        .collect();
    let (client, visits, (period, _)) = regular.first()?;
    if regular.len() != kind.clients.len() {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a period is far below the range"
    )]
    let every = duration((period * 1e9) as i64);
    let who = if regular.len() == 1 {
        client.to_string()
    } else {
        count(regular.len() as u64, "client", "clients")
    };
    let text = format!(
        "{client} connected every {every}, {visits} times, and each time was gone within a second"
    );
    Some(Found {
        pattern: Some("health-check"),
        headline: Some(format!("Health checks by {who}, every {every}")),
        findings: vec![counted("health-check", text, kind.count)],
    })
}

/// After which time clients give up, where they all do after the same.
pub fn patience(kind: &Kind) -> Option<Finding> {
    if kind.trio.cause != "client-cancel" {
        return None;
    }
    let (low, middle, high) = cluster(&kind.waited, 3)?;
    if middle < SECOND / 2 || high - low > (middle / 20).max(SECOND / 20) {
        return None;
    }
    let text = format!(
        "The clients gave up {} after their request each time ({}): a timeout, not a user",
        duration(middle),
        spread(low, high, count(kind.waited.count, "request", "requests"))
    );
    Some(Finding {
        kind: "client-timeout",
        statement: text,
        samples: kind.waited.count,
        measure: Some(measure(
            "patience of the clients",
            (low, middle, high),
            Vec::new(),
            series("given up", &kind.waited).into_iter().collect(),
        )),
    })
}

/// All aborts come from one client.
pub fn one_client(kind: &Kind) -> Option<Finding> {
    let client = kind.only_client()?;
    let applies =
        kind.trio.cause == "linger-zero-abort" && kind.trio.sender == "client" && kind.count >= FEW;
    applies.then(|| {
        let text = format!(
            "All {} aborts come from one client, {client}: a default of its library or a load generator, rather than a fault of the service",
            grouped(kind.count)
        );
        counted("one-client", text, kind.count)
    })
}

/// Coefficient of variation below which visits are regular; the taxonomy's line.
const REGULAR: f64 = 0.1;
/// Aborts that are a habit. Chosen.
const FEW: u64 = 5;
/// As many services as an incident counts, by default.
const MOST_SERVICES: u64 = 256;
