//! What many connections show together, one theme a file.

mod clients;
mod idle;
mod path;
mod service;

use super::kind::Kind;
use crate::case::Habits;
use crate::report::words::duration;
use crate::report::{Finding, Measure, Seconds, Series};
pub use path::Shared;

/// What was found on one kind.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// `scan` or `health-check`, where it is one.
    pub pattern: Option<&'static str>,
    /// What happened, where the cause's title does not say it.
    pub headline: Option<String>,
    /// The findings, the most telling first.
    pub findings: Vec<Finding>,
}

/// Looks at a kind from every side.
pub fn of(kind: &Kind, habits: &[Habits], shared: &Shared) -> Found {
    if kind.is_scan() {
        return clients::scan(kind);
    }
    if let Some(found) = clients::health_check(kind) {
        return found;
    }
    let own = kind.only_service().and_then(|service| {
        let place = habits.partition_point(|habits| habits.service < service);
        habits.get(place).filter(|habits| habits.service == service)
    });
    let findings = [
        idle::timeout(kind, own),
        service::exit(kind, own),
        service::restart(kind),
        own.and_then(|habits| service::accept_queue(kind, habits)),
        service::syn_cookies(kind),
        clients::patience(kind),
        clients::one_client(kind),
        path::rule_change(kind),
        path::one_box(kind, shared),
    ];
    Found {
        findings: findings.into_iter().flatten().collect(),
        ..Found::default()
    }
}

/// A finding that only counts.
fn counted(kind: &'static str, statement: String, samples: u64) -> Finding {
    Finding {
        kind,
        statement,
        samples,
        measure: None,
    }
}

/// A measure around `estimate`.
fn measure(
    of: &'static str,
    (low, estimate, high): (i64, i64, i64),
    known: Vec<&'static str>,
    series: Vec<Series>,
) -> Measure {
    Measure {
        of,
        estimate: Seconds::from_nanos(estimate),
        low: Seconds::from_nanos(low),
        high: Seconds::from_nanos(high),
        known,
        series,
    }
}

/// A series of measurements, unless it is empty.
fn series(name: &'static str, samples: &crate::case::Samples) -> Option<Series> {
    (!samples.is_empty()).then(|| Series {
        name,
        count: samples.count,
        values: samples
            .sorted()
            .into_iter()
            .map(Seconds::from_nanos)
            .collect(),
    })
}

/// The measurements around the middle one, where most of them are: the shortest, the middle and the longest of these.
///
/// Within a tenth, or a quarter of a second, of the middle; at least six in ten of them, or it is no timer.
fn cluster(samples: &crate::case::Samples, least: usize) -> Option<(i64, i64, i64)> {
    let sorted = samples.sorted();
    let middle = *sorted.get(sorted.len() / 2)?;
    let reach = (middle / 10).max(crate::origin::SECOND / 4);
    let near: Vec<i64> = sorted
        .iter()
        .copied()
        .filter(|nanos| (nanos - middle).abs() <= reach)
        .collect();
    let most = near.len() * 10 >= sorted.len() * 6 && near.len() >= least;
    let (low, high) = near.first().zip(near.last())?;
    most.then_some((*low, middle, *high))
}

/// `text`, and the defaults that agree, as the end of a sentence.
fn agreeing(text: String, known: &[&'static str]) -> String {
    match known {
        [] => text,
        [only] => format!("{text}, the default of {only}"),
        [..] => format!("{text}, a default that several have ({})", known.join("; ")),
    }
}

/// How many, and from where to where where they differ: `5.99 s to 6.01 s, 12 closes`.
fn spread(low: i64, high: i64, samples: String) -> String {
    let (low, high) = (duration(low), duration(high));
    if low == high {
        samples
    } else {
        format!("{low} to {high}, {samples}")
    }
}

#[cfg(test)]
mod tests;
