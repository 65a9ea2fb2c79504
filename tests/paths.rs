//! One report by every road: all records at once, only those that matter to a verdict, several threads over a file, a pipe.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

use proptest::prelude::*;
use rstscope::analyzer::{Analyzer, Config};
use rstscope::capture::{self, FilePiece, FileSource, Merge, SourceInfo};
use rstscope::decode::{Decoded, LinkType, Look, Record, decode};
use rstscope::origin::{MILLISECOND, RecordId, SECOND, Timestamp};
use rstscope::passes::{self, Reading};
use rstscope::render::{Format, Options, Show, Style, Zone};
use rstscope::report::{End, Head};
use rstscope::tcp::{Encapsulation, Flow, Layer};
use rstscope::testkit::{Ending, FORMATS, FileFormat, Frame, Traffic, frames, pcap, served, tell};
use rstscope::track::Limits;
use rstscope::triage::{Following, Gate, Marks, Scout, Sifted, Sketch, Survey};
use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_out_changes_no_report(
        traffic in traffic(),
        packets in 50_usize..2_500,
        limits in limits(),
        changes in proptest::collection::vec(change(), 0..3),
        batch in prop_oneof![1_usize..8, 1_usize..300],
    ) {
        let mut frames = frames(traffic.capture(packets));
        for change in changes {
            change.make(&mut frames);
        }
        let config = Config { limits, ..Config::default() };
        let report = at_once(&frames, config);
        same(&report, &sifted(&frames, config, batch, false));
        same(&report, &sifted(&frames, config, batch, true));
    }
}

#[test]
fn a_doubled_connection_behind_the_head_makes_none_of_the_others_known() {
    let config = with_head(0);
    // Sampled with a tag and without, so that its copies are found.
    let plain = Encapsulation::default();
    let mut tagged = plain;
    tagged.push(Layer::Vlan(7));
    let server = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 80));
    let ends = (0..u32::MAX).map(|n| {
        let port = u16::try_from(n % 20_000).unwrap() + 40_000;
        SocketAddr::from((Ipv4Addr::from_bits(0x0a00_0000 + n / 20_000), port))
    });
    let sampled = |client: &SocketAddr| {
        let flow = |tags| Flow::between(*client, server, tags).is_sampled();
        flow(&plain) && flow(&tagged)
    };
    let client = ends.into_iter().find(sampled).unwrap();
    let mut told = tell(&served(""));
    for told in &mut told {
        let from_client = told.header.flags.opens() || told.from.port() != 80;
        (told.from, told.to) = if from_client {
            (client, server)
        } else {
            (server, client)
        };
    }
    let mut both = frames(pcap(&told));
    Change::Tag(0.0).make(&mut both);
    let traffic = Traffic {
        live: 30,
        pause: SECOND,
        resets: 300,
        endings: &Ending::RESETS,
        ..Traffic::web()
    };
    both.extend(frames(traffic.capture(2_000)));
    let report = at_once(&both, config);
    assert!(
        report.contains("\"kind\":\"duplicates\""),
        "no copy was found: {report}"
    );
    same(&report, &sifted(&both, config, 16, false));
    same(&report, &sifted(&both, config, 16, true));
}

/// As many as proptest's own variable asks for, else few enough to keep the suite short.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(48)
}

#[test]
fn threads_over_a_file_report_what_one_pass_does() {
    for (seed, head) in [(1, 500), (2, 20_000)] {
        let traffic = Traffic {
            seed,
            live: 900,
            pause: 300 * MILLISECOND,
            resets: 60,
            endings: &Ending::RESETS,
            ports: 5_000,
            clients: 2,
            snap: 200,
            ..Traffic::web()
        };
        let file = large_file(&traffic);
        let config = with_head(head);
        let frames = frames(std::fs::read(file.path()).unwrap());
        let report = at_once(&frames, config);
        same(&report, &by_passes(file.path(), config));
        same(
            together(&report),
            together(&by_folding(file.path(), config)),
        );
    }
}

#[test]
fn what_goes_on_long_behind_its_reset_changes_no_report_of_a_large_file() {
    let traffic = Traffic {
        live: 600,
        pause: 3 * SECOND,
        exchanges: Some(40),
        endings: &Ending::RESETS,
        snap: 200,
        ..Traffic::web()
    };
    let mut whole = frames(capture_of(&traffic, 30 << 20));
    Change::Stray(5_000).make(&mut whole);
    let format = format("pcap, microseconds");
    let config = with_head(500);
    // As it is, and with some records that are late.
    for (change, late) in [(None, 0), (Some(Change::Disorder(700, 2)), 100)] {
        let mut frames = whole.clone();
        if let Some(change) = change {
            change.make(&mut frames);
        }
        let falls = frames.windows(2).filter(|two| two[1].time < two[0].time);
        assert!(falls.count() >= late);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&(format.write)(&frames)).unwrap();
        let frames = rstscope::testkit::frames(std::fs::read(file.path()).unwrap());
        let needless = matter(&frames, Limits::default().case_wait);
        let goes_on = needless.iter().filter(|one| one.is_err()).count();
        assert!(goes_on > 50_000, "{goes_on}");
        same(&at_once(&frames, config), &by_passes(file.path(), config));
    }
}

#[test]
fn threads_over_a_file_whose_times_do_not_rise_report_what_one_pass_does() {
    let traffic = Traffic {
        live: 900,
        resets: 60,
        endings: &Ending::RESETS,
        ..Traffic::web()
    };
    let whole = frames(std::fs::read(large_file(&traffic).path()).unwrap());
    let format = format("pcap, patched");
    let config = with_head(500);
    let mut frames = whole;
    for change in [
        Change::Disorder(2_999, 3),
        Change::Stray(700),
        Change::Clock(0.6, -20 * SECOND),
    ] {
        change.make(&mut frames);
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&(format.write)(&frames)).unwrap();
    // As the file tells their times.
    let frames = rstscope::testkit::frames(std::fs::read(file.path()).unwrap());
    same(&at_once(&frames, config), &by_passes(file.path(), config));
}

#[test]
fn threads_over_a_file_that_was_cut_report_what_one_pass_does() {
    let traffic = Traffic {
        endings: &Ending::RESETS,
        ..Traffic::headers()
    };
    let file = large_file(&traffic);
    let bytes = std::fs::read(file.path()).unwrap();
    let damaged = [&bytes[..4 << 20], &[0xff; 500], &bytes[4 << 20..]].concat();
    for (bytes, expected) in [
        (&bytes[..bytes.len() - 7], "cut off inside"),
        (&damaged[..], "skipped"),
    ] {
        std::fs::write(file.path(), bytes).unwrap();
        let info = one_report_by_both_roads(file.path(), bytes);
        let problem = info.problem.unwrap_or_default();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn threads_over_a_pcapng_file_report_what_one_pass_does() {
    let traffic = Traffic {
        ports: 5_000,
        ..often_reset()
    };
    let frames = frames(std::fs::read(large_file(&traffic).path()).unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut divided = Vec::new();
    for format in FORMATS {
        if !format.name.starts_with("pcapng") {
            continue;
        }
        let bytes = (format.write)(&frames);
        std::fs::write(file.path(), &bytes).unwrap();
        one_report_by_both_roads(file.path(), &bytes);
        if capture::open(file.path(), 0).unwrap().divide().is_some() {
            divided.push(format.name);
        }
    }
    assert!(divided.len() >= 5, "read in parts: {divided:?}");
}

#[test]
fn what_a_pcapng_file_says_between_its_packets_is_heard_by_threads_too() {
    let traffic = Traffic {
        endings: &Ending::RESETS,
        ..Traffic::headers()
    };
    let frames = frames(std::fs::read(large_file(&traffic).path()).unwrap());
    let format = format("pcapng");
    let file = tempfile::NamedTempFile::new().unwrap();
    let written = |frames: &[Frame]| {
        let bytes = (format.write)(frames);
        std::fs::write(file.path(), &bytes).unwrap();
        let first = capture::open(file.path(), 0).unwrap().divide().unwrap();
        (usize::try_from(first).unwrap(), bytes)
    };
    // Two thirds, and one.
    let (early, late) = frames.split_at(frames.len() / 3 * 2);
    let ((first, early), (_, late)) = (written(early), written(late));
    let (preamble, late) = late.split_at(first);
    let interface = &preamble[28..];
    let dropped = |lost: u64| {
        let option = [&[5, 0, 8, 0][..], &lost.to_le_bytes(), &[0; 4]].concat();
        block(5, &[&[0; 12][..], &option].concat())
    };
    let packet = |options: &[u8]| {
        let mut body = [0_u32, 0, 0, 4, 4].map(u32::to_le_bytes).concat();
        body.extend([7; 4]);
        body.extend(options);
        block(6, &body)
    };
    let comment = packet(&[1, 0, 4, 0, b's', b'e', b'e', b'n', 0, 0, 0, 0]);
    let lost = packet(&[4, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let names = block(4, &[0; 64]);
    let nothing = Vec::new();
    let cut = &late[..late.len() - 7];
    let damage = vec![0xff; 500];
    for (place, (between, late, end)) in [
        (&nothing, late, &dropped(9)),
        (&dropped(5), late, &dropped(9)),
        (&dropped(5), late, &nothing),
        (&interface.to_vec(), late, &nothing),
        (&preamble.to_vec(), late, &dropped(9)),
        (&comment, late, &names),
        (&names, late, &comment),
        (&lost, late, &dropped(9)),
        (&nothing, cut, &nothing),
        (&dropped(5), late, &dropped(9)[..20].to_vec()),
        (&damage, late, &nothing),
        (&nothing, late, &damage),
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = [&early, &between[..], late, end].concat();
        std::fs::write(file.path(), &bytes).unwrap();
        let info = one_report_by_both_roads(file.path(), &bytes);
        let wanted = [9, 9, 5].get(place).copied();
        assert!(wanted.is_none() || info.dropped == wanted, "{info:?}");
    }
}

#[test]
fn threads_over_pieces_of_a_capture_report_what_one_pass_does() {
    let frames = frames(capture_of(&often_reset(), 12 << 20));
    let (pcap, pcapng) = (format("pcap, microseconds"), format("pcapng"));
    let third = frames.len() / 3;
    let whole = |frames: &[Frame]| (pcap.write)(frames);
    let pieces = [
        whole(&frames[2 * third..]),
        whole(&frames[..1_000]),
        whole(&[]),
        (pcapng.write)(&frames[third..2 * third]),
        whole(&frames[1_000..third]),
    ];
    let mut cut = pieces.clone();
    cut[4].truncate(pieces[4].len() - 7);
    cut[1].truncate(pieces[1].len() - 50);
    for (pieces, cuts) in [(pieces, 0), (cut, 2)] {
        let directory = tempfile::tempdir().unwrap();
        let mut merge = Merge::new();
        for (index, bytes) in (0..).zip(&pieces) {
            let path = directory.path().join(format!("piece {index}"));
            std::fs::write(&path, bytes).unwrap();
            merge.add_file(&path, index).unwrap();
        }
        let files = merge.files().unwrap();
        let order: Vec<_> = files.iter().map(|file| file.index).collect();
        assert_eq!(order, [1, 4, 3, 0]);
        for head in [100, 500, 20_000] {
            let config = with_head(head);
            let mut again = Merge::new();
            for file in &files {
                again.add_file(&file.path, file.index).unwrap();
            }
            let (expected, infos) = merged(again, config);
            let (readings, report) = by_row(&files, config).unwrap();
            same(&expected, &report);
            let read = files.iter().map(|file| file.index);
            let read: Vec<_> = read
                .zip(readings.iter().map(|one| one.info.clone()))
                .collect();
            assert_eq!(infos, read);
            assert_eq!(
                readings.iter().filter(|one| one.error.is_some()).count(),
                cuts
            );
        }
    }
}

#[test]
fn pieces_that_overlap_are_left_to_be_merged() {
    let frames = frames(capture_of(&Traffic::headers(), 12 << 20));
    let half = frames.len() / 2;
    let directory = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let format = format("pcapng, nanoseconds, big endian");
    for (index, frames) in (0..).zip([&frames[..half], &frames[half - 1..]]) {
        let path = directory.path().join(format!("{index}"));
        std::fs::write(&path, (format.write)(frames)).unwrap();
        files.push(FilePiece { path, index });
    }
    assert!(frames[half - 1].time < frames[half].time);
    // One record is in both, and those of one time are not mixed.
    assert!(by_row(&files, Config::default()).is_some());
    let earlier = &frames[half - 2..];
    std::fs::write(&files[1].path, (format.write)(earlier)).unwrap();
    assert!(by_row(&files, Config::default()).is_none());
}

/// As the program reads pieces of a capture one behind the other. `None`: they do not follow each other.
fn by_row(files: &[FilePiece], config: Config) -> Option<(Vec<Reading>, String)> {
    let mut analyzer = Analyzer::new(config);
    let mut report = Report::begin();
    let readings = passes::read_row(files, &mut analyzer, false, |analyzer, _| {
        report.take(analyzer);
        Ok::<(), std::io::Error>(())
    });
    Some((readings.unwrap()?, report.end(analyzer)))
}

/// As the program reads what must be merged; and what is known of each input then, in the order of their first records.
fn merged(mut merge: Merge, config: Config) -> (String, Vec<(u16, SourceInfo)>) {
    let mut analyzer = Analyzer::new(config);
    let mut report = Report::begin();
    while let Some(next) = merge.next() {
        if let Ok(record) = next {
            analyzer.push(&record);
            report.take(&mut analyzer);
        }
    }
    let infos = merge.infos().map(|(index, info)| (index, info.clone()));
    (report.end(analyzer), infos.collect())
}

fn piece(path: &Path, index: u16) -> FilePiece {
    let path = path.to_owned();
    FilePiece { path, index }
}

/// A pcapng block, little end first.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &len, body, &len].concat()
}

/// Reads a file as the program does, and its bytes in one pass, and says what is known of it by either.
fn one_report_by_both_roads(path: &Path, bytes: &[u8]) -> SourceInfo {
    let read = |source: FileSource| read_by_passes(source, path, Config::default());
    let name = path.display().to_string();
    let stream = Box::new(Cursor::new(bytes.to_vec()));
    let (in_one, report) = read(FileSource::from_reader(name, 0, stream).unwrap());
    let (in_parts, other) = read(capture::open(path, 0).unwrap());
    same(&report, &other);
    assert_eq!(in_one.info, in_parts.info);
    assert_eq!(in_one.error.is_some(), in_parts.error.is_some());
    in_parts.info
}

#[test]
fn standard_input_gives_the_report_of_the_file() {
    let mixed = |traffic| Traffic {
        endings: &Ending::RESETS,
        ..traffic
    };
    for (traffic, words) in [
        (mixed(Traffic::headers()), &[][..]),
        (mixed(Traffic::churn()), &["--examples", "20"][..]),
    ] {
        let file = large_file(&traffic);
        let mut pipe = Command::new("cat")
            .arg(file.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let piped = program(pipe.stdout.take().unwrap().into(), words, "-");
        assert!(pipe.wait().unwrap().success());
        let name = file.path().display().to_string();
        let report = program(Stdio::null(), words, &name);
        same(&report, &piped);
        let redirected = file.reopen().unwrap();
        same(&report, &program(redirected.into(), words, "-"));
    }
}

#[cfg(unix)]
#[test]
fn of_several_inputs_a_pipe_with_a_name_is_read_once_too() {
    let frames = frames(capture_of(&Traffic::headers(), 12 << 20));
    let pcap = FORMATS.first().unwrap();
    let (early, late) = frames.split_at(frames.len() / 2);
    let [early, late] = [early, late].map(|frames| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&(pcap.write)(frames)).unwrap();
        file
    });
    let redirected = late.reopen().unwrap();
    let [early, late] = [&early, &late].map(|file| file.path().display().to_string());
    let files = program(Stdio::null(), &[&early], &late);
    let cat = Command::new("cat")
        .arg(&late)
        .stdout(Stdio::piped())
        .spawn();
    let mut cat = cat.unwrap();
    let pipe = cat.stdout.take().unwrap();
    same(&files, &program(pipe.into(), &[&early], "/dev/stdin"));
    assert!(cat.wait().unwrap().success());
    same(&files, &program(redirected.into(), &[&early], "-"));
}

/// Headers of many connections, each of which pauses, and of which many are reset in every way.
fn often_reset() -> Traffic {
    Traffic {
        live: 900,
        pause: 300 * MILLISECOND,
        resets: 60,
        endings: &Ending::RESETS,
        ..Traffic::headers()
    }
}

/// Bounds with a head of so many segments.
fn with_head(head: u64) -> Config {
    let limits = Limits {
        head,
        ..Limits::default()
    };
    Config {
        limits,
        ..Config::default()
    }
}

/// How files of that format are written.
fn format(name: &str) -> &'static FileFormat {
    FORMATS.iter().find(|format| format.name == name).unwrap()
}

/// A capture just above the size from which a file is read twice.
fn large_file(traffic: &Traffic) -> tempfile::NamedTempFile {
    const TWICE: usize = 8 << 20;
    let bytes = capture_of(traffic, TWICE + (TWICE >> 3));
    assert!(bytes.len() >= TWICE, "{} bytes", bytes.len());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    file
}

/// A capture of so many bytes, more or less.
fn capture_of(traffic: &Traffic, bytes: usize) -> Vec<u8> {
    let some = traffic.capture(10_000).len();
    traffic.capture(10_000 * bytes / some)
}

/// The JSON report of the program, without what it says of its sources.
fn program(input: Stdio, words: &[&str], name: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_rstscope"))
        .arg("--json")
        .args(words)
        .arg(name)
        .stdin(input)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}");
    let report = String::from_utf8(run.stdout).unwrap();
    let (before, _) = report.split_once("\"sources\":").unwrap();
    before.to_owned()
}

/// Demands equal reports, and shows the first line that differs.
fn same(one: &str, other: &str) {
    let differs = one
        .lines()
        .zip(other.lines())
        .find(|(one, other)| one != other);
    if let Some((one, other)) = differs {
        panic!("one pass:\n{one}\nthis road:\n{other}");
    }
    assert_eq!(one.lines().count(), other.lines().count());
}

/// Every record is tracked.
fn at_once(frames: &[Frame], config: Config) -> String {
    let mut analyzer = Analyzer::new(config);
    let mut report = Report::begin();
    for (number, frame) in (1..).zip(frames) {
        analyzer.push(&record(frame, number));
        report.take(&mut analyzer);
    }
    report.end(analyzer)
}

/// Behind the head, only records of marked and sampled flows are tracked, or the least that matters; two gates take turns, as two threads would.
fn sifted(frames: &[Frame], config: Config, size: usize, least: bool) -> String {
    let mut scout = Scout::default();
    for (number, frame) in (1..).zip(frames) {
        scout.look(&record(frame, number));
    }
    let mut marks = Marks::new();
    scout.end(&mut marks);
    let matters = matter(frames, config.limits.case_wait);
    let mut analyzer = Analyzer::new(config);
    analyzer.hold_nothing();
    let mut report = Report::begin();
    let mut batches = frames.chunks(size);
    let mut number = 1;
    while analyzer.knows_all()
        && let Some(frames) = batches.next()
    {
        for frame in frames {
            analyzer.push(&record(frame, number));
            number += 1;
        }
        report.take(&mut analyzer);
    }
    analyzer.expect_only(&marks);
    let following = Following::Marked(Arc::new(marks));
    let mut gates = [(); 2].map(|()| Gate::new(following.clone()));
    let mut sketch = Sketch::new();
    for (turn, frames) in batches.enumerate() {
        let gate = &mut gates[turn % 2];
        let mut sifted = Sifted::default();
        sifted.start(RecordId::new(0, number));
        let mut others = Survey::default();
        for frame in frames {
            match matters[usize::try_from(number).unwrap() - 1] {
                Err(flow) if least => {
                    others.records += 1;
                    others.segments += 1;
                    sketch.add(flow);
                    sifted.times.push(Timestamp::from_nanos(frame.time));
                }
                _ => gate.sift(&record(frame, number), &mut sifted),
            }
            number += 1;
        }
        gate.end(&mut sifted);
        sifted.survey.add(&others);
        analyzer.absorb(&sifted);
        report.take(&mut analyzer);
    }
    for gate in gates {
        analyzer.join(gate.into_sketch());
    }
    analyzer.join(sketch);
    report.end(analyzer)
}

/// Which records matter, as the program chooses them in a large file. An ordinary segment, of which the flow is told, does not where that is not
/// sampled, not reset later, and not shortly before.
fn matter(frames: &[Frame], wait: i64) -> Vec<Result<(), Flow>> {
    let segment = |frame: &Frame| match decode(&record(frame, 1)) {
        Decoded::Segment(segment) => Some((segment.flow(), segment.header.flags.rst())),
        _ => None,
    };
    let seen: Vec<_> = frames.iter().map(segment).collect();
    let mut matters = vec![Ok(()); frames.len()];
    let mut soon = HashSet::new();
    for (place, (flow, resets)) in seen.iter().enumerate().filter_map(told).rev() {
        if resets {
            soon.insert(flow);
        } else if !soon.contains(&flow) && !flow.is_sampled() {
            matters[place] = Err(flow);
        }
    }
    let mut latest = HashMap::new();
    for (place, (flow, resets)) in seen.iter().enumerate().filter_map(told) {
        let time = frames[place].time;
        if resets {
            latest.insert(flow, time);
        }
        if latest.get(&flow).is_some_and(|reset| time <= reset + wait) {
            matters[place] = Ok(());
        }
    }
    matters
}

fn told((place, seen): (usize, &Option<(Flow, bool)>)) -> Option<(usize, (Flow, bool))> {
    Some((place, (*seen)?))
}

/// As the program reads a file.
fn by_passes(path: &Path, config: Config) -> String {
    let (reading, report) = read_by_passes(capture::open(path, 0).unwrap(), path, config);
    assert!(reading.error.is_none());
    report
}

fn read_by_passes(source: FileSource, path: &Path, config: Config) -> (Reading, String) {
    let mut analyzer = Analyzer::new(config);
    let mut report = Report::begin();
    let reading = passes::read(
        source,
        &piece(path, 0),
        &mut analyzer,
        false,
        |analyzer, _| {
            report.take(analyzer);
            Ok::<(), std::io::Error>(())
        },
    );
    (reading.unwrap(), report.end(analyzer))
}

/// As the program reads a file of which only incidents are to be shown.
fn by_folding(path: &Path, config: Config) -> String {
    let source = capture::open(path, 0).unwrap();
    let mut analyzer = Analyzer::new(config);
    let given = |_: &mut Analyzer, _| Ok::<(), std::io::Error>(());
    let reading = passes::read(source, &piece(path, 0), &mut analyzer, true, given);
    assert!(reading.unwrap().error.is_none());
    analyzer.settle();
    analyzer.fold();
    Report::begin().end(analyzer)
}

/// What a report says of all resets together.
fn together(report: &str) -> &str {
    let (_, together) = report.split_once("\"incidents\":").unwrap();
    together
}

fn record(frame: &Frame, number: u64) -> Record<'_> {
    Record {
        id: RecordId::new(0, number),
        time: Timestamp::from_nanos(frame.time),
        link: LinkType(frame.link),
        bytes: &frame.bytes,
        original_len: frame.original_len,
    }
}

/// A report in JSON on its way.
struct Report {
    renderer: Box<dyn rstscope::render::Renderer>,
    bytes: Vec<u8>,
}

impl Report {
    fn begin() -> Self {
        let options = Options {
            width: 80,
            show: Show::Every,
            style: Style::default(),
            zone: Zone::default(),
        };
        let mut renderer = Format::named("json").unwrap().renderer(options);
        let mut bytes = Vec::new();
        renderer.begin(&Head::new(false), &mut bytes).unwrap();
        Self { renderer, bytes }
    }

    fn take(&mut self, analyzer: &mut Analyzer) {
        while let Some(reset) = analyzer.next_reset() {
            self.renderer.reset(&reset, &mut self.bytes).unwrap();
        }
    }

    fn end(mut self, mut analyzer: Analyzer) -> String {
        analyzer.settle();
        self.take(&mut analyzer);
        let finished = analyzer.finish();
        let end = End {
            incidents: finished.incidents,
            capture_quality: finished.capture_quality,
            summary: finished.summary,
            sources: Vec::new(),
            kernel: Vec::new(),
        };
        self.renderer.end(&end, &mut self.bytes).unwrap();
        String::from_utf8(self.bytes).unwrap()
    }
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let talk = (
        1_u32..60,
        MILLISECOND..3 * SECOND,
        prop_oneof![4 => (1_u32..5).prop_map(Some), 1 => Just(None)],
        1_u32..7,
    );
    let ends = (0_u32..700, 1_u32..4, 3_u16..3_000);
    (
        any::<u64>(),
        talk,
        ends,
        prop_oneof![Just(96_u32), Just(2_000)],
    )
        .prop_map(
            |(seed, (live, pause, exchanges, answer), (resets, clients, ports), snap)| Traffic {
                seed,
                live,
                pause,
                exchanges,
                answer,
                resets,
                endings: &Ending::RESETS,
                clients,
                ports,
                snap,
            },
        )
}

fn limits() -> impl Strategy<Value = Limits> {
    (0_u64..600, 1_usize..200, 1_usize..200, 1_usize..50).prop_map(
        |(head, finished, open_cases, habits)| Limits {
            head,
            finished,
            open_cases,
            habits,
            ..Limits::default()
        },
    )
}

/// What a capture may do to traffic.
#[derive(Clone, Debug)]
enum Change {
    /// From this share of it on, the clock is set by so many nanoseconds.
    Clock(f64, i64),
    /// One record of so many is lost.
    Lose(usize),
    /// One record of so many comes too late by some places.
    Disorder(usize, usize),
    /// Behind one segment of so many comes a reset that lies far outside of the window, so that its connection goes on.
    Stray(usize),
    /// Behind this share of it, each packet is captured once more, behind a router.
    Route(f64),
    /// Behind this share of it, each packet is captured once more, with a tag.
    Tag(f64),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (
            0.0..1.0,
            prop_oneof![-20 * SECOND..20 * SECOND, -60 * MILLISECOND..0]
        )
            .prop_map(|(from, by)| Change::Clock(from, by)),
        (2_usize..40).prop_map(Change::Lose),
        (2_usize..40, 1_usize..6).prop_map(|(one, by)| Change::Disorder(one, by)),
        (2_usize..400).prop_map(Change::Stray),
        (0.0..1.0).prop_map(Change::Route),
        (0.0..1.0).prop_map(Change::Tag),
    ]
}

impl Change {
    fn make(&self, frames: &mut Vec<Frame>) {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a few thousand"
        )]
        let behind = |share: f64, frames: &[Frame]| (share * frames.len() as f64) as usize;
        match *self {
            Self::Clock(from, by) => {
                let from = behind(from, frames);
                frames[from..].iter_mut().for_each(|frame| frame.time += by);
            }
            Self::Lose(one) => {
                let mut place = 0;
                frames.retain(|_| {
                    place += 1;
                    place % one != 0
                });
            }
            Self::Disorder(one, by) => {
                for place in (by..frames.len()).step_by(one + by) {
                    frames.swap(place - by, place);
                }
            }
            Self::Stray(one) => {
                for place in (0..frames.len()).step_by(one).rev() {
                    frames.insert(place + 1, stray(&frames[place]));
                }
            }
            Self::Route(from) => doubled(frames, behind(from, frames), |packet| {
                // Tags of four bytes stand before the type.
                let tags = packet.bytes[12..]
                    .chunks(4)
                    .take_while(|tag| tag[..2] == [0x81, 0]);
                let hop_limit = 14 + 4 * tags.count() + 8;
                packet.bytes[hop_limit] = packet.bytes[hop_limit].saturating_sub(1);
            }),
            Self::Tag(from) => doubled(frames, behind(from, frames), |packet| {
                let tag = [0x81, 0, 0, 7];
                packet.bytes.splice(12..12, tag);
                packet.original_len += 4;
            }),
        }
    }
}

/// A reset behind a segment, a gigabyte ahead of it.
fn stray(frame: &Frame) -> Frame {
    const IP: usize = 14;
    const TCP: usize = 34;
    let mut bytes = frame.bytes[..TCP + 20].to_vec();
    bytes[IP + 2..IP + 4].copy_from_slice(&40_u16.to_be_bytes());
    bytes[TCP + 4] ^= 0x40;
    bytes[TCP + 12] = 0x50;
    bytes[TCP + 13] = 0x04;
    Frame {
        time: frame.time + 1_000,
        original_len: 54,
        bytes,
        ..frame.clone()
    }
}

fn doubled(frames: &mut Vec<Frame>, from: usize, change: impl Fn(&mut Frame)) {
    let rest = frames.split_off(from);
    for frame in rest {
        let mut copy = frame.clone();
        change(&mut copy);
        copy.time += 20_000;
        frames.extend([frame, copy]);
    }
}
