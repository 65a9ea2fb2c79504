use crate::case::{Habits, Handshakes, Samples};
use crate::incidents::{Bounds, Incidents, Traits, Whole};
use crate::origin::{MILLISECOND, SECOND, Timestamp};
use crate::report::{Finding, ResetReport, Time};

/// `count` resets of one cause, a second apart, each from a client of its own; `change` makes them what the test needs.
fn found(
    cause: &'static str,
    count: u64,
    habits: &Habits,
    change: impl Fn(u64, &mut ResetReport, &mut Traits),
) -> Vec<Finding> {
    let mut incidents = Incidents::new(Bounds::default());
    for number in 1..=count {
        let mut reset = ResetReport::sample();
        let mut traits = Traits::default();
        reset.verdict.cause = cause;
        reset.record = number;
        reset.time = Time::from_nanos(i64::try_from(number).unwrap() * SECOND);
        reset.connection.client = format!("10.7.0.{number}:4000").parse().unwrap();
        change(number, &mut reset, &mut traits);
        incidents.add(&reset.gist(), &traits, || {
            Whole::Report(Box::new(reset.clone()))
        });
    }
    let all = incidents.finish(std::slice::from_ref(habits));
    all.into_iter().flat_map(|one| one.findings).collect()
}

fn samples(millis: &[i64]) -> Samples {
    let mut samples = Samples::default();
    for one in millis {
        samples.add(one * MILLISECOND);
    }
    samples
}

fn habits(closed: &[i64], survived: &[i64]) -> Habits {
    Habits {
        service: ResetReport::sample().connection.server,
        closed: samples(closed),
        survived: samples(survived),
        handshakes: Handshakes::default(),
    }
}

fn idle(millis: i64) -> impl Fn(u64, &mut ResetReport, &mut Traits) {
    move |_, _, traits| traits.idle = Some(millis * MILLISECOND)
}

fn only(findings: &[Finding]) -> &Finding {
    match findings {
        [only] => only,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn closes_of_the_service_show_its_idle_timeout() {
    let service = habits(&[5990, 6000, 6010, 6000, 6020], &[1000, 4000, 5800]);
    let findings = found("keepalive-idle-race", 3, &service, idle(6005));
    let finding = only(&findings);
    assert_eq!((finding.kind, finding.samples), ("idle-timeout", 11));
    assert_eq!(
        finding.statement,
        "The service closes idle connections after 6.00 s (5.99 s to 6.02 s, 5 closes), the default of Node.js keepAliveTimeout with \
         its buffer, 5 + 1 s; requests after up to 5.80 s were still answered. Clients reused connections that had been idle for up to \
         6.00 s: let them drop idle connections before 5.40 s"
    );
    let measure = finding.measure.as_ref().unwrap();
    assert_eq!(measure.estimate.nanos(), 6 * SECOND);
    assert_eq!(measure.series.len(), 3);
}

#[test]
fn closes_at_any_time_are_no_timeout() {
    let service = habits(&[1000, 9000, 20_000, 33_000, 61_000], &[]);
    assert_eq!(
        found("stale-connection-reuse", 3, &service, idle(40_000)),
        []
    );
}

#[test]
fn what_forgets_in_silence_lies_between_the_survived_and_the_lost() {
    let service = habits(&[], &[1000, 300_000]);
    let findings = found("lb-idle-timeout", 2, &service, idle(360_000));
    let finding = only(&findings);
    assert_eq!(finding.kind, "silent-idle-timeout");
    assert!(
        finding.statement.contains("AWS network load balancer"),
        "{}",
        finding.statement
    );
    let contradicted = habits(&[], &[400_000]);
    assert_eq!(
        found("lb-idle-timeout", 2, &contradicted, idle(360_000)),
        []
    );
}

#[test]
fn a_full_accept_queue_needs_two_of_its_signs() {
    let mut service = habits(&[], &[]);
    service.handshakes = Handshakes {
        completed: 9,
        unheeded: 3,
        pressed_from: Some(Timestamp::from_nanos(0)),
        pressed_until: Some(Timestamp::from_nanos(5 * SECOND)),
        ..Handshakes::default()
    };
    let unchanged = |_: u64, _: &mut ResetReport, _: &mut Traits| {};
    assert_eq!(found("accept-queue-overflow", 3, &service, unchanged), []);
    service.handshakes.asked_again = 2;
    let findings = found("accept-queue-overflow", 3, &service, unchanged);
    let statement = &only(&findings).statement;
    assert!(
        statement.starts_with("The accept queue was full for 5.00 s: 3 handshakes went unheeded")
            && statement.contains("2 SYNs had to be sent again"),
        "{statement}"
    );
}

#[test]
fn clients_that_give_up_after_the_same_time_have_a_timeout() {
    let service = habits(&[], &[]);
    let after = |millis: i64| {
        move |number: u64, _: &mut ResetReport, traits: &mut Traits| {
            let jitter = i64::try_from(number).unwrap() * millis;
            traits.waited = Some(3 * SECOND + jitter * MILLISECOND);
        }
    };
    let findings = found("client-cancel", 5, &service, after(1));
    assert_eq!(only(&findings).kind, "client-timeout");
    assert_eq!(found("client-cancel", 5, &service, after(400)), []);
}

#[test]
fn a_process_that_died_took_its_connections_at_once() {
    let mut service = habits(&[], &[]);
    service.handshakes.refused = 7;
    service.handshakes.answered_after = Some(Timestamp::from_nanos(5 * SECOND));
    let findings = found("process-exit", 4, &service, |number, reset, _| {
        reset.time = Time::from_nanos(SECOND + i64::try_from(number).unwrap() * MILLISECOND);
    });
    assert_eq!(
        only(&findings).statement,
        "4 of 4 resets came within 3.0 ms; the port then refused 7 SYNs, and answered again 4.00 s after the first reset"
    );
}

#[test]
fn one_box_and_one_rule_stand_behind_resets_from_the_path() {
    let service = habits(&[], &[]);
    let findings = found(
        "firewall-reject-midstream",
        6,
        &service,
        |number, reset, traits| {
            reset.origin = "in-path";
            reset.time = Time::from_nanos(SECOND + i64::try_from(number).unwrap() * MILLISECOND);
            traits.hop_limit = 62;
            traits.usual_hop_limit = Some(57);
        },
    );
    let kinds: Vec<&str> = findings.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["rule-change", "one-box"]);
    let last = findings.last().unwrap();
    assert!(
        last.statement
            .ends_with("show 57: one box, 2 hops from the capture point"),
        "{}",
        last.statement
    );
}

#[test]
fn many_aborts_of_one_client_are_its_habit() {
    let service = habits(&[], &[]);
    let findings = found("linger-zero-abort", 9, &service, |_, reset, _| {
        reset.sender = "client";
        reset.connection.client = "10.7.0.1:4000".parse().unwrap();
    });
    assert_eq!(only(&findings).kind, "one-client");
}

#[test]
fn a_host_that_forgot_all_its_connections_was_restarted_or_replaced() {
    let service = habits(&[], &[]);
    let of = |before: u8| {
        found("peer-gone", 3, &service, move |_, reset, traits| {
            reset.sender = "server";
            (traits.hop_limit, traits.usual_hop_limit) = (64, Some(before));
        })
    };
    let same = of(64);
    assert_eq!(
        only(&same).statement,
        "10.0.0.2 had forgotten 3 connections when they were used again, within 2.00 s: it was restarted, or another machine has taken \
         over the address"
    );
    let another = of(128);
    assert_eq!(only(&another).kind, "host-restart");
    assert!(
        only(&another).statement.ends_with(
            "it answers with hop limit 64 where it had 128 before: another machine has taken over the address"
        ),
        "{}",
        only(&another).statement
    );
    let clients = found("peer-gone", 3, &service, |_, reset, _| {
        reset.sender = "client";
    });
    assert_eq!(clients, [], "three clients are three hosts");
}

#[test]
fn handshakes_that_lack_what_was_offered_look_like_syn_cookies() {
    let service = habits(&[], &[]);
    let with = |cookies: u64| {
        found(
            "handshake-state-lost",
            4,
            &service,
            move |number, _, traits| {
                traits.cookie = number <= cookies;
            },
        )
    };
    let findings = with(3);
    assert_eq!(only(&findings).kind, "syn-cookies");
    assert!(
        only(&findings)
            .statement
            .starts_with("3 of 4 connections were opened without")
    );
    assert_eq!(with(2), []);
}

#[test]
fn closes_after_another_silence_than_the_races_are_not_their_timeout() {
    let service = habits(&[1500], &[]);
    let findings = found("keepalive-idle-race", 2, &service, idle(5000));
    assert!(
        only(&findings)
            .statement
            .starts_with("Requests met the close of the service after 5.00 s"),
        "{}",
        only(&findings).statement
    );
}
