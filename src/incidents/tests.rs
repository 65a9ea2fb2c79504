use super::*;
use crate::report::{Client, ResetReport, Time};

fn bounds(incidents: usize, examples: usize, clients: usize) -> Bounds {
    Bounds {
        incidents,
        examples,
        clients,
    }
}

fn reset(record: u64, cause: &'static str, confidence: &'static str) -> ResetReport {
    let mut reset = ResetReport::sample();
    reset.record = record;
    reset.time = Time::from_nanos(i64::try_from(record).unwrap());
    reset.verdict.cause = cause;
    reset.verdict.confidence = confidence;
    reset
}

fn folded(bounds: Bounds, resets: &[ResetReport]) -> Vec<Incident> {
    let mut incidents = Incidents::new(bounds);
    for reset in resets {
        incidents.add(&reset.gist(), &Traits::default(), || {
            Whole::Report(Box::new(reset.clone()))
        });
    }
    incidents.finish(&[])
}

#[test]
fn the_surest_and_earliest_represent_an_incident() {
    let resets = [
        reset(1, "a", "possible"),
        reset(2, "a", "certain"),
        reset(3, "a", "likely"),
        reset(4, "a", "certain"),
    ];
    let incidents = folded(bounds(9, 3, 9), &resets);
    let [only] = incidents.as_slice() else {
        unreachable!("one cause, one service, one sender");
    };
    let records: Vec<u64> = only.examples.iter().map(|at| at.record).collect();
    assert_eq!(records, [2, 4, 3]);
    assert_eq!((only.count, only.confidence), (4, "certain"));
    assert_eq!((only.first.nanos(), only.last.nanos()), (1, 4));
    assert_eq!(only.rate.counts.iter().sum::<u64>(), 4);
}

#[test]
fn beyond_the_bound_the_services_of_one_cause_become_one() {
    let resets: Vec<ResetReport> = (1..=20)
        .map(|number| {
            let mut reset = reset(number, "peer-gone", "likely");
            reset.connection.server = format!("10.1.{number}.1:80").parse().unwrap();
            reset.connection.client = format!("10.2.{number}.1:4000").parse().unwrap();
            reset
        })
        .collect();
    let incidents = folded(bounds(8, 1, 99), &resets);
    let [only] = incidents.as_slice() else {
        unreachable!("{incidents:?}");
    };
    assert_eq!(
        (only.count, only.services.count, only.service),
        (20, 20, None)
    );
}

#[test]
fn the_gravest_and_largest_come_first() {
    let mut harmless = reset(1, "b", "certain");
    harmless.verdict.severity = "benign";
    let resets = [
        harmless.clone(),
        harmless,
        reset(3, "a", "likely"),
        reset(4, "c", "likely"),
        reset(5, "c", "likely"),
    ];
    let incidents = folded(bounds(9, 1, 9), &resets);
    let order: Vec<(&str, &str)> = incidents
        .iter()
        .map(|one| (one.id.as_str(), one.cause))
        .collect();
    assert_eq!(order, [("I1", "c"), ("I2", "a"), ("I3", "b")]);
}

#[test]
fn a_client_that_tries_ten_ports_is_one_scan() {
    let mut resets: Vec<ResetReport> = (1..=12)
        .map(|number| {
            let mut reset = reset(number, "port-closed", "likely");
            reset.connection.server = format!("10.0.0.2:{number}").parse().unwrap();
            reset
        })
        .collect();
    let mut other = reset(13, "port-closed", "likely");
    other.connection.client = "10.0.0.9:1".parse().unwrap();
    resets.push(other);
    let incidents = folded(bounds(99, 1, 99), &resets);
    let [refused, scan] = incidents.as_slice() else {
        unreachable!("{incidents:?}");
    };
    assert_eq!(
        (scan.pattern, scan.count, scan.severity),
        (Some("scan"), 12, "benign")
    );
    assert!(
        scan.headline.ends_with("by 10.0.0.1: 12 ports of 10.0.0.2"),
        "{}",
        scan.headline
    );
    assert_eq!((refused.pattern, refused.count), (None, 1));
}

#[test]
fn many_ports_of_one_host_are_one_story() {
    let resets: Vec<ResetReport> = (1..=5)
        .map(|number| {
            let mut reset = reset(number, "peer-gone", "likely");
            reset.connection.server = format!("10.0.0.2:{number}").parse().unwrap();
            reset
        })
        .collect();
    let incidents = folded(bounds(99, 1, 99), &resets);
    assert_eq!(incidents.len(), 1);
    let host = incidents.first().and_then(|one| one.services.host);
    assert_eq!(host, "10.0.0.2".parse().ok());
}

#[test]
fn visits_at_equal_intervals_are_health_checks() {
    let resets: Vec<ResetReport> = (1..=6)
        .map(|number| {
            let mut reset = reset(number, "connect-probe", "certain");
            reset.sender = "client";
            reset.time = Time::from_nanos(i64::try_from(number).unwrap() * 2_000_000_000);
            reset
        })
        .collect();
    let incidents = folded(bounds(99, 1, 99), &resets);
    let only = incidents.first().unwrap();
    assert_eq!(
        (only.pattern, only.headline.as_str()),
        (
            Some("health-check"),
            "Health checks by 10.0.0.1, every 2.00 s"
        )
    );
}

#[test]
fn clients_are_counted_up_to_a_bound() {
    let resets: Vec<ResetReport> = (1..=4)
        .map(|number| {
            let mut reset = reset(number, "a", "likely");
            reset.connection.client = format!("10.0.0.{number}:1").parse().unwrap();
            reset
        })
        .collect();
    let clients = |most| folded(bounds(9, 1, most), &resets).pop().unwrap().clients;
    let seen = |most| {
        let clients = clients(most);
        (clients.count, clients.complete)
    };
    assert_eq!((seen(4), seen(3)), ((4, true), (3, false)));
    let named = clients(4).most;
    assert_eq!(
        named.first(),
        Some(&Client {
            address: "10.0.0.1".parse().unwrap(),
            resets: 1
        })
    );
}
