//! How long each stage takes on generated traffic: `cargo bench --bench stages`. Times depend on the machine; nothing fails by them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a measurement that cannot go on says so by panicking"
)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rstscope::analyzer::{Analyzer, Config, Finished};
use rstscope::capture::{Batch, FilePiece, FileSource, Source};
use rstscope::case::ResetCase;
use rstscope::case::facts::Facts;
use rstscope::decode::{decode, glance};
use rstscope::passes;
use rstscope::render::{Format, Options, Show, Style, Zone};
use rstscope::report::{End, Head, ResetReport};
use rstscope::rules::Verdict;
use rstscope::testkit::{Ending, Traffic};
use rstscope::track::{Limits, Tracker};
use std::hint::black_box;
use std::io::{Cursor, Write};
use std::path::Path;

/// Packets of what is measured in memory.
const SOME: usize = 50_000;
/// Packets of what is measured from a file: enough of them that it is read twice.
const MANY: usize = 200_000;

criterion_group!(stages, decoding, tracking, judging, rendering, whole);
criterion_main!(stages);

/// Web traffic that shows every kind of reset.
fn mixed() -> Traffic {
    Traffic {
        endings: &Ending::RESETS,
        resets: 200,
        ..Traffic::web()
    }
}

fn decoding(criterion: &mut Criterion) {
    let batches = batches(Traffic::web().capture(SOME));
    let records = || batches.iter().flat_map(Batch::records);
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(SOME as u64));
    group.bench_function("glance", |bench| {
        bench.iter(|| records().filter_map(|record| glance(&record)).count());
    });
    group.bench_function("whole", |bench| {
        bench.iter(|| records().for_each(|record| drop(black_box(decode(&record)))));
    });
}

fn tracking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("track");
    group.throughput(Throughput::Elements(SOME as u64));
    for (name, traffic) in [
        ("web", Traffic::web()),
        ("churn", Traffic::churn()),
        ("flood", Traffic::flood()),
    ] {
        let told: Vec<_> = traffic.segments().take(SOME).collect();
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let mut tracker = Tracker::new(Limits::default());
                for told in &told {
                    tracker.observe(&told.segment());
                    while let Some(case) = tracker.next_case() {
                        black_box(case);
                    }
                }
                tracker.counts()
            });
        });
    }
}

fn judging(criterion: &mut Criterion) {
    let mut tracker = Tracker::new(Limits::default());
    for told in mixed().segments().take(SOME) {
        tracker.observe(&told.segment());
    }
    tracker.finish();
    let cases: Vec<Box<ResetCase>> = std::iter::from_fn(|| tracker.next_case()).collect();
    let mut group = criterion.benchmark_group("judge");
    group.throughput(Throughput::Elements(cases.len() as u64));
    group.bench_function("rules", |bench| {
        bench.iter(|| {
            for case in &cases {
                black_box(Verdict::on(&Facts::of(case)));
            }
        });
    });
}

fn rendering(criterion: &mut Criterion) {
    let (resets, finished) = diagnosed(mixed().capture(SOME));
    let mut group = criterion.benchmark_group("render");
    group.throughput(Throughput::Elements(resets.len() as u64));
    for (name, show) in [("table", Show::Representatives), ("json", Show::Every)] {
        let format = Format::named(name).unwrap();
        group.bench_function(name, |bench| {
            bench.iter_batched(
                || end(&finished),
                |end| {
                    let options = Options {
                        width: 80,
                        show,
                        style: Style::default(),
                        zone: Zone::default(),
                    };
                    let mut renderer = format.renderer(options);
                    let mut out = Vec::new();
                    renderer.begin(&Head::new(false), &mut out).unwrap();
                    for reset in &resets {
                        renderer.reset(reset, &mut out).unwrap();
                    }
                    renderer.end(&end, &mut out).unwrap();
                    out
                },
                BatchSize::LargeInput,
            );
        });
    }
}

fn whole(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("file");
    group.sample_size(10);
    for (name, traffic) in Traffic::KINDS {
        let bytes = traffic.capture(MANY);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        group.throughput(Throughput::Elements(MANY as u64));
        group.bench_function(format!("{name}, one pass"), |bench| {
            bench.iter(|| {
                let source = FileSource::open(file.path(), 0).unwrap();
                one_pass(source, Analyzer::fold).finish()
            });
        });
        group.bench_function(format!("{name}, two passes"), |bench| {
            bench.iter(|| two_passes(file.path()));
        });
    }
}

fn batches(file: Vec<u8>) -> Vec<Batch> {
    let mut source = opened(file);
    let mut batches = Vec::new();
    loop {
        let mut batch = Batch::new();
        if !source.fill(&mut batch).unwrap() {
            return batches;
        }
        batches.push(batch);
    }
}

fn opened(file: Vec<u8>) -> FileSource {
    FileSource::from_reader("memory".into(), 0, Box::new(Cursor::new(file))).unwrap()
}

fn one_pass(mut source: FileSource, mut poll: impl FnMut(&mut Analyzer)) -> Analyzer {
    let mut analyzer = Analyzer::new(Config::default());
    let mut batch = Batch::new();
    while source.fill(&mut batch).unwrap() {
        for record in batch.records() {
            analyzer.push(&record);
        }
        poll(&mut analyzer);
    }
    analyzer.settle();
    poll(&mut analyzer);
    analyzer
}

fn two_passes(path: &Path) -> Finished {
    let file = FilePiece {
        path: path.to_owned(),
        index: 0,
    };
    let mut analyzer = Analyzer::new(Config::default());
    let given = |_: &mut Analyzer, _| Ok::<(), std::io::Error>(());
    passes::read(file.open().unwrap(), &file, &mut analyzer, true, given).unwrap();
    analyzer.finish()
}

fn diagnosed(file: Vec<u8>) -> (Vec<ResetReport>, Finished) {
    let mut resets = Vec::new();
    let analyzer = one_pass(opened(file), |analyzer| {
        resets.extend(std::iter::from_fn(|| analyzer.next_reset()));
    });
    (resets, analyzer.finish())
}

fn end(finished: &Finished) -> End {
    let finished = finished.clone();
    End {
        incidents: finished.incidents,
        capture_quality: finished.capture_quality,
        summary: finished.summary,
        sources: Vec::new(),
        kernel: Vec::new(),
    }
}
