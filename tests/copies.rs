//! Packets that were captured more than once: one packet with a path, judged as if it had been captured once.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its own preparations fail"
)]

use rstscope::case::ResetCase;
use rstscope::case::facts::Facts;
use rstscope::incidents::{Bounds, Incidents, Traits, Whole};
use rstscope::origin::RecordId;
use rstscope::report::report_on;
use rstscope::rules::Verdict;
use rstscope::tcp::{Encapsulation, IpVersion, Layer};
use rstscope::testkit::{Told, tell};
use rstscope::track::{Counts, Limits, Tracker};

/// A connection whose reset has a story: a request, an answer, an abort, and one more answer to a late segment.
const STORY: &str = "
    0.000  client > server  SYN      seq 0          id 11
    0.010  server > client  SYN,ACK  seq 0 ack 1    ttl 57  id 0
    0.011  client > server  ACK      seq 1 ack 1    id 12
    0.020  client > server  PSH,ACK  seq 1 ack 1    len 90  id 13
    0.030  server > client  ACK      seq 1 ack 91   ttl 57  id 1001
    0.040  server > client  PSH,ACK  seq 1 ack 91   len 500 ttl 57 id 1002
    0.041  client > server  ACK      seq 91 ack 501 id 14
    0.050  server > client  RST,ACK  seq 501 ack 91 ttl 57 id 1003
    0.060  client > server  PSH,ACK  seq 91 ack 501 len 90  id 15
    0.070  server > client  RST      seq 501        ttl 57  id 0";

/// A captured segment: what was told, and in what it was wrapped.
#[derive(Clone)]
struct Seen {
    told: Told,
    encapsulation: Encapsulation,
}

/// Captures each segment of a story in each of these `ways`, ten microseconds apart.
fn captured(story: &str, ways: &[&dyn Fn(&mut Seen)]) -> (Vec<ResetCase>, Counts) {
    let mut tracker = Tracker::new(Limits::default());
    let mut number = 0;
    for told in tell(story) {
        for (nth, way) in ways.iter().enumerate() {
            let mut seen = Seen {
                told: told.clone(),
                encapsulation: Encapsulation::default(),
            };
            way(&mut seen);
            number += 1;
            let mut segment = seen.told.segment();
            segment.encapsulation = seen.encapsulation;
            segment.header.record =
                RecordId::new(0, number).through(seen.told.header.record.interface());
            segment.header.time = segment
                .header
                .time
                .plus(10_000 * i64::try_from(nth).unwrap());
            tracker.observe(&segment);
        }
    }
    tracker.finish();
    let mut cases: Vec<ResetCase> = std::iter::from_fn(|| tracker.next_case())
        .map(|case| *case)
        .collect();
    cases.sort_by_key(|case| case.reset.record);
    (cases, tracker.counts())
}

/// Cause and confidence, and, for a first copy, what the verdict rests on: a later one came later, which durations show.
fn said(case: &ResetCase, whole: bool) -> String {
    let verdict = Verdict::on(&Facts::of(case));
    let facts = verdict.evidence.iter().map(|evidence| &evidence.fact);
    let facts: Vec<_> = facts.filter(|_| whole).collect();
    format!("{} {:?} {facts:?}", verdict.cause.id, verdict.confidence)
}

/// Demands that a capture in several `ways` is judged like one in the first of them alone, and gives the counts.
fn changes_nothing(story: &str, ways: &[&dyn Fn(&mut Seen)]) -> Counts {
    let (alone, before) = captured(story, &ways[..1]);
    let (cases, counts) = captured(story, ways);
    assert_eq!(counts.connections, before.connections);
    assert_eq!(counts.copies.all, before.segments * (ways.len() as u64 - 1));
    assert_eq!(cases.len(), alone.len() * ways.len());
    for (expected, copies) in alone.iter().zip(cases.chunks(ways.len())) {
        let first = copies[0].reset.record;
        for (nth, copy) in copies.iter().enumerate() {
            assert_eq!(said(copy, nth == 0), said(expected, nth == 0));
            assert_eq!(copy.copy_of, (nth > 0).then_some(first));
            assert_eq!(
                copy.endpoints.client.segments,
                expected.endpoints.client.segments
            );
            assert_eq!(copy.endpoints.server.retransmissions, 0);
        }
    }
    counts
}

fn plain(_: &mut Seen) {}

fn routed(seen: &mut Seen) {
    seen.told.header.ip.hop_limit -= 1;
}

fn tagged(seen: &mut Seen) {
    seen.encapsulation.push(Layer::Vlan(7));
}

/// As a home router does it: the client behind another address and port.
fn masked(seen: &mut Seen) {
    let (inside, outside) = ("10.0.0.1:40000", "203.0.113.9:61000");
    for end in [&mut seen.told.from, &mut seen.told.to] {
        if end.to_string() == inside {
            *end = outside.parse().unwrap();
        }
    }
    routed(seen);
}

/// As IPv6 has it: nothing identifies the packet.
fn anonymous(seen: &mut Seen) {
    seen.told.header.ip.version = IpVersion::v6(0);
}

#[test]
fn a_packet_captured_at_several_interfaces_is_one() {
    let counts = changes_nothing(STORY, &[&plain, &plain]);
    assert_eq!(
        (
            counts.copies.routed,
            counts.copies.wrapped,
            counts.copies.translated
        ),
        (0, 0, 0)
    );
    assert_eq!(counts.copies.first.map(RecordId::number), Some(2));
    changes_nothing(STORY, &[&plain, &plain, &plain]);
}

#[test]
fn a_packet_captured_on_both_sides_of_a_router_is_one_whichever_comes_first() {
    let counts = changes_nothing(STORY, &[&plain, &routed]);
    assert_eq!(counts.copies.routed, counts.copies.all);
    changes_nothing(STORY, &[&routed, &plain]);
    changes_nothing(STORY, &[&plain, &routed, &plain, &routed]);
}

#[test]
fn packets_without_an_identification_are_known_by_what_nobody_would_repeat() {
    changes_nothing(STORY, &[&anonymous, &anonymous]);
    changes_nothing(STORY, &[&anonymous, &anonymous, &anonymous]);
    let behind = |seen: &mut Seen| {
        anonymous(seen);
        routed(seen);
    };
    changes_nothing(STORY, &[&anonymous, &behind]);
    changes_nothing(STORY, &[&behind, &anonymous, &anonymous]);
}

#[test]
fn copies_in_other_tags_are_of_the_same_connection() {
    let counts = changes_nothing(STORY, &[&plain, &tagged]);
    assert_eq!(counts.copies.wrapped, counts.copies.all);
    changes_nothing(STORY, &[&tagged, &plain]);
    let twice = |seen: &mut Seen| {
        tagged(seen);
        tagged(seen);
        routed(seen);
    };
    changes_nothing(STORY, &[&plain, &tagged, &twice]);
    let (cases, _) = captured(STORY, &[&plain, &tagged]);
    let wrappings: Vec<usize> = cases
        .iter()
        .map(|case| case.carried.encapsulation.layers().count())
        .collect();
    assert_eq!(wrappings, [0, 1, 0, 1]);
}

/// The ids of the verdicts on these cases.
fn causes(cases: &[ResetCase]) -> Vec<&'static str> {
    let verdicts = cases.iter().map(|case| Verdict::on(&Facts::of(case)));
    verdicts.map(|verdict| verdict.cause.id).collect()
}

#[test]
fn directions_with_tags_of_their_own_are_one_connection() {
    let tagged_back = |seen: &mut Seen| {
        if seen.told.segment().from.to_string() != "10.0.0.1:40000" {
            tagged(seen);
        }
    };
    let (cases, counts) = captured(STORY, &[&tagged_back]);
    let (plainly, _) = captured(STORY, &[&plain]);
    assert_eq!((counts.connections, counts.copies.all), (1, 0));
    assert_eq!(causes(&cases), causes(&plainly));
}

#[test]
fn equal_addresses_in_two_networks_stay_two_connections() {
    let elsewhere = |seen: &mut Seen| {
        tagged(seen);
        seen.told.header.seq = seen.told.header.seq + 5_000;
        seen.told.header.ack = seen.told.header.ack + 5_000;
    };
    let (cases, counts) = captured(STORY, &[&plain, &elsewhere]);
    assert_eq!((counts.connections, counts.copies.all), (2, 0));
    assert!(cases.iter().all(|case| case.copy_of.is_none()));
}

#[test]
fn copies_behind_a_translation_of_addresses_are_of_the_same_connection() {
    // Segments without an identification are known once the connection is.
    let counts = changes_nothing(STORY, &[&plain, &masked]);
    assert_eq!(counts.copies.translated, counts.copies.all);
    let (cases, _) = captured(STORY, &[&plain, &masked]);
    let clients: Vec<String> = cases
        .iter()
        .map(|case| case.carried.client.to_string())
        .collect();
    let (inside, outside) = ("10.0.0.1:40000", "203.0.113.9:61000");
    assert_eq!(clients, [inside, outside, inside, outside]);
    assert!(
        cases
            .iter()
            .all(|case| case.connection.client.to_string() == inside)
    );
}

#[test]
fn equal_probes_of_two_ports_are_no_copies() {
    let (_, counts) = captured(
        "0.0000  client > server:80  SYN  seq 0  id 0
         0.0001  client > server:81  SYN  seq 0  id 0
         0.0002  server:80 > client  RST,ACK  seq 0 ack 1
         0.0003  server:81 > client  RST,ACK  seq 0 ack 1",
        &[&plain],
    );
    assert_eq!(
        (counts.connections, counts.resets, counts.copies.all),
        (2, 2, 0)
    );
}

#[test]
fn what_a_stack_repeats_is_no_copy() {
    for (story, why) in [
        (
            "0.0000  client > server  PSH,ACK  seq 1 ack 1 len 90  id 13
             0.0005  client > server  PSH,ACK  seq 1 ack 1 len 90  id 14",
            "another identification",
        ),
        (
            "0.000  client > server  PSH,ACK  seq 1 ack 1 len 90  id 0
             0.201  client > server  PSH,ACK  seq 1 ack 1 len 90  id 0",
            "a timer's time later",
        ),
        (
            "0.0000  client > server  PSH,ACK  seq 1 ack 1 len 90  id 0
             0.0002  server > client  ACK      seq 1 ack 1         id 0
             0.0004  client > server  PSH,ACK  seq 1 ack 1 len 90  id 0",
            "asked for in between",
        ),
        (
            "0.0000  client > server  ACK  seq 1 ack 1  id 0
             0.0001  client > server  ACK  seq 1 ack 1  id 0",
            "acknowledgments may be equal",
        ),
        (
            "0.0000  client > server  PSH,ACK  seq 1 ack 1  len 90  id 13
             0.0001  client > server  PSH,ACK  seq 91 ack 1 len 90  id 14
             0.0002  server > client  RST      seq 1  id 0
             0.0003  server > client  RST      seq 1  id 0",
            "each segment has its answer",
        ),
    ] {
        let (_, counts) = captured(story, &[&plain]);
        assert_eq!(counts.copies.all, 0, "{why}");
    }
}

/// The notes of the rows of the first report's timeline that tell a path.
fn paths(ways: &[&dyn Fn(&mut Seen)]) -> Vec<String> {
    let (cases, _) = captured(STORY, ways);
    let lines = report_on(&cases[0]).timeline;
    let notes = lines.into_iter().filter_map(|line| line.note);
    let path = |note: String| {
        note.split("; ")
            .find(|part| part.starts_with("seen "))
            .map(str::to_owned)
    };
    notes.filter_map(path).collect()
}

#[test]
fn each_row_of_the_story_tells_the_path_of_its_packet() {
    assert!(paths(&[&plain]).is_empty());
    let routers = paths(&[&plain, &routed, &|seen| {
        routed(seen);
        routed(seen);
    }]);
    assert_eq!(
        routers[0],
        "seen 3x: TTL 64, record 2 TTL 63, record 3 TTL 62"
    );
    // The reset's own row, too.
    assert_eq!(
        routers[7],
        "seen 3x: TTL 57, record 23 TTL 56, record 24 TTL 55"
    );
    let tags = paths(&[&tagged, &plain]);
    assert_eq!(tags[0], "seen 2x: TTL 64, record 2 TTL 64 without tags");
    assert_eq!(
        paths(&[&plain, &tagged])[0],
        "seen 2x: TTL 64, record 2 TTL 64 in VLAN 7"
    );
    let masked = paths(&[&plain, &masked]);
    assert_eq!(
        masked[0],
        "seen 2x: TTL 64, record 2 TTL 63 client as 203.0.113.9:61000"
    );
}

#[test]
fn interfaces_are_told_where_they_differ() {
    let at = |number: u16| {
        move |seen: &mut Seen| {
            let record = &mut seen.told.header.record;
            *record = record.through(Some(number));
        }
    };
    let (eth0, eth1) = (at(3), at(4));
    let path = paths(&[&eth0, &eth1]);
    assert_eq!(
        path[0],
        "seen 2x: at interface 3 TTL 64, record 2 at interface 4 TTL 64"
    );
    assert_eq!(
        paths(&[&eth0, &eth0])[0],
        "seen 2x: TTL 64, record 2 TTL 64"
    );
}

#[test]
fn a_copy_is_no_further_sample_of_what_an_incident_measures() {
    let (cases, _) = captured(STORY, &[&plain, &masked]);
    let mut incidents = Incidents::new(Bounds::default());
    for case in &cases {
        let report = report_on(case);
        incidents.add(&report.gist(), &Traits::of(case), || {
            Whole::Report(Box::new(report.clone()))
        });
    }
    let clients: Vec<u32> = incidents
        .finish(&[])
        .iter()
        .map(|incident| incident.clients.count)
        .collect();
    assert_eq!(clients, [1, 1]);
}
