//! What several themes need: fixtures found, read, and diagnosed through the library.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]
#![allow(dead_code, reason = "each test binary uses its own part")]

use rstscope::analyzer::{Analyzer, Config};
use rstscope::capture::{self, Batch, FileSource, Source as _};
use rstscope::report::ResetReport;
use std::path::{Path, PathBuf};

/// The folder of fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The files of a folder that end so, by name.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|is| is == ending))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no .{ending} in {}", folder.display());
    found
}

/// The name of a file without its ending.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// Every reset of a capture, by record.
pub fn diagnose(path: &Path) -> Vec<ResetReport> {
    diagnose_source(capture::open(path, 0).unwrap())
}

/// Every reset of a capture that is in memory, by record; damage ends it.
pub fn diagnose_bytes(bytes: Vec<u8>) -> Option<Vec<ResetReport>> {
    let source = FileSource::from_reader("memory".into(), 0, Box::new(std::io::Cursor::new(bytes)));
    source.ok().map(diagnose_source)
}

fn diagnose_source(mut source: FileSource) -> Vec<ResetReport> {
    let mut analyzer = Analyzer::new(Config::default());
    let mut batch = Batch::default();
    while source.fill(&mut batch).is_ok_and(|more| more) {
        for record in batch.records() {
            analyzer.push(&record);
        }
    }
    analyzer.settle();
    let mut resets: Vec<ResetReport> = std::iter::from_fn(|| analyzer.next_reset()).collect();
    resets.sort_by_key(|reset| reset.record);
    resets
}

/// Whether expectations are to be written instead of compared: `RSTSCOPE_BLESS=1`.
pub fn blessing() -> bool {
    std::env::var_os("RSTSCOPE_BLESS").is_some()
}

/// Compares a text with the file that holds what is expected of it, or writes that file when blessing.
pub fn expect(path: &Path, actual: &str) {
    if blessing() {
        std::fs::write(path, actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; RSTSCOPE_BLESS=1 writes it", path.display()));
    assert!(
        expected == actual,
        "{} is not what comes out now; look at the difference, and write it anew with RSTSCOPE_BLESS=1 if it is better",
        path.display()
    );
}
