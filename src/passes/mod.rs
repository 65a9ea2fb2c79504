//! A large file, or several that follow each other, read by several threads: first to find out which connections were reset, then to track those.
//!
//! Most connections end without a reset, and to track them would take nearly all the time. So scouts look for the flows of resets, from the end of
//! the file to its beginning, while the head of the capture is tracked whole; as they know who was reset later, they choose the few records that
//! matter at once, and workers read those alone. Where that is not possible, workers read a part again and let pass what matters. Every record is
//! counted in its place, and what is left out changes no report ([`triage`](crate::triage)): the result is that of one pass over everything.

mod field;
mod folding;
mod row;
mod scout;
mod stream;
mod worker;

use crate::analyzer::Analyzer;
use crate::capture::{Batch, CaptureError, FilePiece, FileSource, Source, SourceInfo};
use folding::Folding;
use scout::Scouts;
use std::thread;

/// How a reading ended.
#[derive(Debug)]
pub struct Reading {
    /// What is known of the input.
    pub info: SourceInfo,
    /// What ended it before its end.
    pub error: Option<CaptureError>,
}

impl Reading {
    /// That of a source, as far as it was read.
    fn of(source: &FileSource, error: Option<CaptureError>) -> Self {
        let info = source.info().clone();
        Self { info, error }
    }
}

/// Reads `source`, which was just opened from `file`, to its end. `given` is called whenever resets may have settled, with the bytes of input
/// that are done with, those of a file that is read twice counting half each time; when it fails, so does the reading. Where `folds`, nothing may
/// follow the source: all resets are settled at its end, go into incidents by a thread of their own, and none is left for `given` to poll.
///
/// # Errors
///
/// Those of `given`. What is wrong with the input is no error of the reading, but part of its result.
pub fn read<E>(
    source: FileSource,
    file: &FilePiece,
    analyzer: &mut Analyzer,
    folds: bool,
    given: impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
) -> Result<Reading, E> {
    folding(analyzer, folds, given, |analyzer, given| {
        read_all(source, file, analyzer, given)
    })
}

/// Reads files that follow each other in time, all of them and in this order, as [`read`] does one. `None`: they do not follow each other, are
/// small, or cannot be read in parts; nothing was read for `analyzer` then.
///
/// # Errors
///
/// As for [`read`].
pub fn read_row<E>(
    files: &[FilePiece],
    analyzer: &mut Analyzer,
    folds: bool,
    mut given: impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
) -> Result<Option<Vec<Reading>>, E> {
    let mut looked_at = 0;
    let scouted = thread::scope(|scope| {
        let Some(scouts) = Scouts::start(scope, files, analyzer.case_wait()) else {
            return Ok(None);
        };
        while let Some(more) = scouts.next() {
            looked_at += more;
            given(analyzer, looked_at / 2)?;
        }
        Ok(scouts.end())
    })?;
    let Some(scouted) = scouted else {
        return Ok(None);
    };
    let given = |analyzer: &mut Analyzer, bytes| given(analyzer, u64::midpoint(looked_at, bytes));
    let readings = folding(analyzer, folds, given, |analyzer, given| {
        analyzer.hold_nothing();
        row::read(files, scouted, analyzer, given)
    });
    readings.map(Some)
}

/// Lets something be read, and where it `folds`, lets the resets that settle meanwhile go into incidents.
fn folding<T, E>(
    analyzer: &mut Analyzer,
    folds: bool,
    mut given: impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
    read: impl FnOnce(&mut Analyzer, &mut Given<'_, E>) -> Result<T, E>,
) -> Result<T, E> {
    thread::scope(|scope| {
        let folding = folds.then(|| Folding::start(scope, analyzer));
        let read = read(analyzer, &mut |analyzer, bytes| {
            if let Some(folding) = &folding {
                folding.feed(analyzer);
            }
            given(analyzer, bytes)
        });
        if let Some(folding) = folding {
            folding.end(analyzer);
        }
        read
    })
}

/// Whoever is told how far a reading has come.
type Given<'a, E> = dyn FnMut(&mut Analyzer, u64) -> Result<(), E> + 'a;

fn read_all<E>(
    mut source: FileSource,
    file: &FilePiece,
    analyzer: &mut Analyzer,
    given: &mut Given<'_, E>,
) -> Result<Reading, E> {
    if source.divide().is_none() {
        return stream::read(source, analyzer, given);
    }
    let files = std::slice::from_ref(file);
    thread::scope(|scope| {
        let scouts = Scouts::start(scope, files, analyzer.case_wait());
        let times = if scouts.is_some() { 2 } else { 1 };
        let mut looked_at = 0;
        let mut batch = Batch::new();
        if scouts.is_some() {
            analyzer.hold_nothing();
        }
        let ended = loop {
            let given = &mut |analyzer: &mut Analyzer, bytes| given(analyzer, bytes / times);
            match next(&mut source, &mut batch, analyzer, given)? {
                Some(error) => break Some(error),
                None if scouts.is_some() && !analyzer.knows_all() => break None,
                None => {}
            }
        };
        if let Some(error) = ended {
            return Ok(Reading::of(&source, error));
        }
        let head = source.info().bytes;
        let scouted = match scouts {
            Some(scouts) => {
                while let Some(more) = scouts.next() {
                    looked_at += more;
                    given(analyzer, (looked_at + head) / times)?;
                }
                scouts.end()
            }
            None => None,
        };
        let given =
            &mut |analyzer: &mut Analyzer, bytes| given(analyzer, (looked_at + bytes) / times);
        if let Some(scouted) = scouted {
            let (reading, _) = row::parts(files, (0, &source), scouted, analyzer, given)?;
            return Ok(reading);
        }
        analyzer.hold_again();
        rest(source, batch, analyzer, given)
    })
}

/// Reads on to the end, one record after the other.
fn rest<E>(
    mut source: FileSource,
    mut batch: Batch,
    analyzer: &mut Analyzer,
    given: &mut Given<'_, E>,
) -> Result<Reading, E> {
    loop {
        if let Some(error) = next(&mut source, &mut batch, analyzer, given)? {
            return Ok(Reading::of(&source, error));
        }
    }
}

/// Reads the next batch. `Some` when there is none, with the reason where the input did not just end.
#[expect(clippy::option_option, reason = "the end, and perhaps a reason for it")]
fn next<E>(
    source: &mut FileSource,
    batch: &mut Batch,
    analyzer: &mut Analyzer,
    given: &mut Given<'_, E>,
) -> Result<Option<Option<CaptureError>>, E> {
    match source.fill(batch) {
        Ok(true) => {}
        Ok(false) => return Ok(Some(None)),
        Err(error) => return Ok(Some(Some(error))),
    }
    for record in batch.records() {
        analyzer.push(&record);
        if analyzer.has_settled() {
            given(analyzer, source.info().bytes)?;
        }
    }
    given(analyzer, source.info().bytes)?;
    Ok(None)
}

/// Threads that read: as many as there are processors, and no more than a disk or a memory can feed; chosen.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, |many| many.get().min(4))
}
