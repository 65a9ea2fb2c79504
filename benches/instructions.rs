//! How many instructions the hot path takes: `cargo bench --bench instructions` compares them with `benches/instructions.txt`, and fails when
//! one of them has grown by more than a tenth. With `RSTSCOPE_BLESS=1` it writes them there instead.
//!
//! Instructions are counted and not timed, so that a busy machine changes nothing: this program runs itself in valgrind's callgrind, on one
//! thread, over traffic in memory. Only its own code counts, none of the C library's, whose copying depends on the processor. What another
//! compiler makes of it is another figure, so under another one than the committed figures are of it only reports. Tables are hashed
//! with a random seed and a few crates choose code by the processor; from run to run the figures differ by well below a hundredth.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that cannot go on says so by panicking"
)]

use rstscope::analyzer::{Analyzer, Config};
use rstscope::capture::{Batch, FileSource, Look, Record, Source};
use rstscope::origin::RecordId;
use rstscope::testkit::Traffic;
use rstscope::track::Limits;
use rstscope::triage::{Following, Gate, Marks, Recall, Scout, Sifted, Sketch};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

/// `(name, traffic, what is done with it, of how many packets the cost is told together)`: a flood has a reset in two packets.
type Stretch = (&'static str, fn() -> Traffic, fn(&[Batch], &[u8]), u64);

const STRETCHES: [Stretch; 6] = [
    ("walk, a record", quiet, walk, 1),
    ("first pass, a record", quiet, first_pass, 1),
    ("second pass, a record", quiet, second_pass, 1),
    ("one pass, a record", quiet, one_pass, 1),
    ("head, a record", quiet, head, 1),
    ("flood, a reset", Traffic::flood, head, 2),
];

/// Packets of each: some seconds of work under callgrind.
const PACKETS: usize = 30_000;
/// How much more than before is too much.
const GROWTH: f64 = 1.1;

/// Traffic without resets.
fn quiet() -> Traffic {
    Traffic {
        resets: 0,
        ..Traffic::headers()
    }
}

fn walk(_: &[Batch], file: &[u8]) {
    let mut source = opened(file);
    let mut batch = Batch::new();
    while source.fill(&mut batch).unwrap() {}
}

fn first_pass(_: &[Batch], file: &[u8]) {
    let (mut marks, mut sketch) = (Marks::new(), Sketch::new());
    let mut scout = Scout::default();
    scout.begin(Recall::default(), true);
    let (mut source, mut buffer) = (opened(file), Vec::new());
    while source.show(&mut buffer, &mut scout).unwrap() {}
    let recall = scout.end(&mut marks);
    assert!(
        recall
            .choose(&marks, &mut sketch, |len| 16 + len, &mut Vec::new())
            .is_some()
    );
}

fn second_pass(batches: &[Batch], file: &[u8]) {
    let marks = Marks::new();
    let mut analyzer = behind_the_head();
    analyzer.hold_nothing();
    for record in batches.iter().flat_map(Batch::records).take(1) {
        analyzer.push(&record);
    }
    analyzer.expect_only(&marks);
    let mut sieve = Sieve {
        gate: Gate::new(Following::Marked(Arc::new(marks))),
        sifted: Sifted::default(),
    };
    let (mut source, mut buffer) = (opened(file), Vec::new());
    let mut goes_on = true;
    while goes_on {
        sieve
            .sifted
            .start(RecordId::new(0, source.position().record));
        goes_on = source.show(&mut buffer, &mut sieve).unwrap();
        sieve.gate.end(&mut sieve.sifted);
        analyzer.absorb(&sieve.sifted);
    }
}

/// As the workers of a second pass let records pass.
struct Sieve {
    gate: Gate,
    sifted: Sifted,
}

impl Look for Sieve {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as there")]
    fn look(&mut self, record: &Record<'_>) {
        self.gate.sift(record, &mut self.sifted);
    }
}

fn one_pass(batches: &[Batch], _: &[u8]) {
    pass(behind_the_head(), batches);
}

fn head(batches: &[Batch], _: &[u8]) {
    let limits = Limits {
        head: u64::MAX,
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    pass(Analyzer::new(config), batches);
}

fn behind_the_head() -> Analyzer {
    let limits = Limits {
        head: 0,
        ..Limits::default()
    };
    Analyzer::new(Config {
        limits,
        ..Config::default()
    })
}

fn pass(mut analyzer: Analyzer, batches: &[Batch]) {
    for batch in batches {
        for record in batch.records() {
            analyzer.push(&record);
        }
        analyzer.fold();
    }
    analyzer.settle();
    analyzer.fold();
}

fn opened(file: &[u8]) -> FileSource {
    let reader = Box::new(Cursor::new(file.to_vec()));
    FileSource::from_reader("memory".into(), 0, reader).unwrap()
}

/// What callgrind counts, by this name.
#[inline(never)]
fn counted_stretch(work: &mut dyn FnMut()) {
    work();
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    match (words.next().as_deref(), words.next()) {
        (Some("--stretch"), Some(name)) => {
            run(&name);
            ExitCode::SUCCESS
        }
        _ => compare(),
    }
}

fn run(name: &str) {
    let (_, traffic, work, _) = STRETCHES.iter().find(|(of, ..)| *of == name).unwrap();
    let file = traffic().capture(PACKETS);
    let mut source = opened(&file);
    let mut batches = vec![Batch::new()];
    while source.fill(batches.last_mut().unwrap()).unwrap() {
        batches.push(Batch::new());
    }
    counted_stretch(&mut || work(&batches, &file));
}

/// Counts each stretch and looks what was committed of it.
fn compare() -> ExitCode {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: there is no valgrind to count instructions with");
        return ExitCode::SUCCESS;
    }
    let counted: BTreeMap<&str, f64> = STRETCHES
        .iter()
        .map(|(name, _, _, packets)| (*name, count(name, *packets)))
        .collect();
    let compiler = compiler();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.txt");
    if std::env::var_os("RSTSCOPE_BLESS").is_some() {
        std::fs::write(&path, written(&compiler, &counted)).unwrap();
        println!("{} is written", path.display());
        return ExitCode::SUCCESS;
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let (of, figures) = read(&committed);
    let mut grown = false;
    for (name, now) in &counted {
        let before = figures.get(name).copied();
        let change = before.map(|before| 100.0 * (now / before - 1.0));
        let much = before.is_none_or(|before| *now > before * GROWTH);
        grown |= much;
        let change = change.map_or("new".into(), |change| format!("{change:+.1} %"));
        let mark = if much { "  too much" } else { "" };
        println!("{name:24} {now:9.1} instructions  {change}{mark}");
    }
    let stale = figures.keys().any(|name| !counted.contains_key(name));
    if of != compiler {
        println!("only reported: the figures are of {of}, and this is {compiler}");
        return ExitCode::SUCCESS;
    }
    if grown || stale {
        println!(
            "where they went: callgrind_annotate {}\nif it must be: RSTSCOPE_BLESS=1 cargo bench --bench instructions",
            folder().join("NAME.out").display()
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Instructions of this program's own code, for each so many packets of a stretch.
fn count(name: &str, packets: u64) -> f64 {
    let program = std::env::current_exe().unwrap();
    let file = folder().join(format!("{}.out", name.replace([' ', ','], "-")));
    std::fs::create_dir_all(folder()).unwrap();
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg("--toggle-collect=*counted_stretch*")
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(&program)
        .args(["--stretch", name])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{name}: {said}");
    let all = own_instructions(&std::fs::read_to_string(&file).unwrap(), &program);
    assert!(all > 0, "{name}: nothing was counted: {said}");
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52")]
    let (all, packets) = (all as f64, (PACKETS as u64 / packets) as f64);
    all / packets
}

/// Where callgrind's files go.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("instructions")
}

/// The sum of what stands in a callgrind file of functions in `program`, their calls of others left out (its manual, "Callgrind Format
/// Specification").
fn own_instructions(file: &str, program: &Path) -> u64 {
    let program = program.display().to_string();
    let mut objects: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut is_own, mut is_call, mut sum) = (false, false, 0);
    for line in file.lines() {
        if let Some(object) = line.strip_prefix("ob=") {
            // A name stands once, behind its number.
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            if !name.is_empty() {
                objects.insert(number, name);
            }
            is_own = objects.get(number) == Some(&program.as_str());
        } else if let Some(object) = line.strip_prefix("cob=") {
            if let Some((number, name)) = object.split_once(' ') {
                objects.insert(number, name);
            }
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let cost = line
                .split(' ')
                .nth(1)
                .and_then(|cost| cost.parse::<u64>().ok());
            if is_own && !is_call {
                sum += cost.unwrap_or(0);
            }
            is_call = false;
        }
    }
    sum
}

/// The compiler and the kind of processor, which decide what is counted.
fn compiler() -> String {
    let said = Command::new("rustc").arg("--version").output();
    let version = said.map_or_else(
        |_| "an unknown compiler".into(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    );
    format!("{version}, {}", std::env::consts::ARCH)
}

fn written(compiler: &str, counted: &BTreeMap<&str, f64>) -> String {
    let mut text = format!(
        "# Instructions; written by RSTSCOPE_BLESS=1 cargo bench --bench instructions\n{compiler}\n"
    );
    for (name, count) in counted {
        let _ = writeln!(text, "{name}: {count:.1}");
    }
    text
}

fn read(text: &str) -> (&str, BTreeMap<&str, f64>) {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let compiler = lines.next().unwrap_or_default();
    let figures = lines
        .filter_map(|line| line.split_once(": "))
        .filter_map(|(name, count)| Some((name, count.parse().ok()?)));
    (compiler, figures.collect())
}
