//! A large file read by several threads: first to find out which connections were reset, then to track those.
//!
//! Most connections end without a reset, and to track them would take nearly all the time. So scouts look for the flows of resets, from the end of
//! the file to its beginning, while the head of the capture is tracked whole; as they know who was reset later, they choose the few records that
//! matter at once, and workers read those alone. Where that is not possible, workers read a part again and let pass what matters. Every record is
//! counted in its place, and what is left out changes no report ([`triage`](crate::triage)): the result is that of one pass over everything.

mod field;
mod folding;
mod scout;
mod stream;
mod worker;

use crate::analyzer::Analyzer;
use crate::capture::{Batch, CaptureError, FileSource, Source, SourceInfo};
use crate::triage::Following;
use folding::Folding;
use scout::{Scouted, Scouts};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use worker::Workers;

/// How a reading ended.
#[derive(Debug)]
pub struct Reading {
    /// What is known of the input.
    pub info: SourceInfo,
    /// What ended it before its end.
    pub error: Option<CaptureError>,
}

/// Reads `source`, which was just opened from the file at `path`, to its end. `given` is called whenever resets may have settled, with the bytes
/// of input that are done with, those of a file that is read twice counting half each time; when it fails, so does the reading. Where `folds`,
/// nothing may follow the source: all resets are settled at its end, go into incidents by a thread of their own, and none is left for `given` to
/// poll.
///
/// # Errors
///
/// Those of `given`. What is wrong with the input is no error of the reading, but part of its result.
pub fn read<E>(
    source: FileSource,
    path: &Path,
    index: u16,
    analyzer: &mut Analyzer,
    folds: bool,
    mut given: impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
) -> Result<Reading, E> {
    thread::scope(|scope| {
        let folding = folds.then(|| Folding::start(scope, analyzer));
        let reading = read_all(source, path, index, analyzer, |analyzer, bytes| {
            if let Some(folding) = &folding {
                folding.feed(analyzer);
            }
            given(analyzer, bytes)
        });
        if let Some(folding) = folding {
            folding.end(analyzer);
        }
        reading
    })
}

fn read_all<E>(
    mut source: FileSource,
    path: &Path,
    index: u16,
    analyzer: &mut Analyzer,
    mut given: impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
) -> Result<Reading, E> {
    if source.divide().is_none() {
        return stream::read(source, analyzer, given);
    }
    thread::scope(|scope| {
        let is_large = source.file_len().is_some_and(|len| len >= LARGE);
        let scouts = is_large
            .then(|| Scouts::start(scope, path, index, analyzer.case_wait()))
            .flatten();
        let times = if scouts.is_some() { 2 } else { 1 };
        let mut looked_at = 0;
        let mut batch = Batch::new();
        if scouts.is_some() {
            analyzer.hold_nothing();
        }
        let ended = loop {
            let mut given = |analyzer: &mut Analyzer, bytes| given(analyzer, bytes / times);
            match next(&mut source, &mut batch, analyzer, &mut given)? {
                Some(error) => break Some(error),
                None if scouts.is_some() && !analyzer.knows_all() => break None,
                None => {}
            }
        };
        if let Some(error) = ended {
            let info = source.info().clone();
            return Ok(Reading { info, error });
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
        let mut given =
            |analyzer: &mut Analyzer, bytes| given(analyzer, (looked_at + bytes) / times);
        if let Some(scouted) = scouted {
            return parts(&source, scouted, path, index, analyzer, &mut given);
        }
        analyzer.hold_again();
        rest(source, batch, analyzer, &mut given)
    })
}

/// Reads on to the end, one record after the other.
fn rest<E>(
    mut source: FileSource,
    mut batch: Batch,
    analyzer: &mut Analyzer,
    given: &mut impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
) -> Result<Reading, E> {
    loop {
        if let Some(error) = next(&mut source, &mut batch, analyzer, given)? {
            let info = source.info().clone();
            return Ok(Reading { info, error });
        }
    }
}

/// Reads the next batch. `Some` when there is none, with the reason where the input did not just end.
#[expect(clippy::option_option, reason = "the end, and perhaps a reason for it")]
fn next<E>(
    source: &mut FileSource,
    batch: &mut Batch,
    analyzer: &mut Analyzer,
    given: &mut impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
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

/// Reads what follows the head, part by part.
fn parts<E>(
    head: &FileSource,
    scouted: Scouted,
    path: &Path,
    index: u16,
    analyzer: &mut Analyzer,
    given: &mut impl FnMut(&mut Analyzer, u64) -> Result<(), E>,
) -> Result<Reading, E> {
    let Scouted {
        marks,
        sketches,
        stretches,
    } = scouted;
    let mut parts = field::parts_behind(stretches, head.position());
    let following = if marks.are_many() {
        for part in &mut parts {
            part.known = None;
        }
        Following::All
    } else {
        for flows in sketches {
            analyzer.join(flows);
        }
        Following::Marked(Arc::new(marks))
    };
    let mut info = head.info().clone();
    let error = thread::scope(|scope| {
        let mut workers = Workers::start(scope, path, index, &following, parts);
        if let Following::Marked(marks) = &following {
            analyzer.expect_only(marks);
        }
        let mut error = None;
        while error.is_none()
            && let Some(mut parcel) = workers.next()
        {
            analyzer.absorb(&parcel.sifted);
            let (reached, ended) = (parcel.reached, parcel.end.take());
            workers.take_back(parcel);
            given(analyzer, reached)?;
            if let Some(ended) = ended {
                info.join(&ended.info);
                workers.next_part();
                error = ended.error;
            }
        }
        for flows in workers.finish() {
            analyzer.join(flows);
        }
        Ok(error)
    })?;
    Ok(Reading { info, error })
}

/// Files below this many bytes are read once: there is nothing to be gained.
const LARGE: u64 = 8 << 20;

/// Threads that read: as many as there are processors, and no more than a disk or a memory can feed; chosen.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, |many| many.get().min(4))
}
