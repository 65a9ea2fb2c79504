//! Files that follow each other, read when it is known what matters of them: first the head of the capture, then part by part.

use super::field::{self, Part};
use super::scout::Scouted;
use super::worker::Workers;
use super::{Given, Reading};
use crate::analyzer::Analyzer;
use crate::capture::{Batch, CaptureError, FilePiece, FileSource, Source, SourceInfo};
use crate::triage::Following;
use std::sync::Arc;
use std::thread;

/// Reads `files` of which `scouted` is known.
pub fn read<E>(
    files: &[FilePiece],
    scouted: Scouted,
    analyzer: &mut Analyzer,
    given: &mut Given<'_, E>,
) -> Result<Vec<Reading>, E> {
    let mut readings = Vec::new();
    let mut batch = Batch::new();
    let mut done = 0;
    for (place, file) in files.iter().enumerate() {
        let mut source = match file.open() {
            Ok(source) => source,
            Err(error) => {
                readings.push(not_opened(file, error));
                continue;
            }
        };
        let error = loop {
            let given = &mut |analyzer: &mut Analyzer, bytes| given(analyzer, done + bytes);
            match super::next(&mut source, &mut batch, analyzer, given)? {
                Some(error) => break error,
                None if !analyzer.knows_all() => {
                    let (begun, others) = parts(files, (place, &source), scouted, analyzer, given)?;
                    readings.push(begun);
                    readings.extend(others);
                    return Ok(readings);
                }
                None => {}
            }
        };
        done += source.info().bytes;
        readings.push(Reading::of(&source, error));
    }
    Ok(readings)
}

/// Reads what follows the head of the capture, which ended in that one of `files`; says how the reading of that file ended, and that of each
/// behind it.
pub fn parts<E>(
    files: &[FilePiece],
    (place, head): (usize, &FileSource),
    scouted: Scouted,
    analyzer: &mut Analyzer,
    given: &mut Given<'_, E>,
) -> Result<(Reading, Vec<Reading>), E> {
    let Scouted {
        marks,
        sketches,
        stretches,
    } = scouted;
    let mut parts = field::parts_behind(stretches, place, head.position());
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
    let places: Vec<usize> = parts.iter().map(|part: &Part| part.file).collect();
    let mut begun = Reading::of(head, None);
    let behind = files.get(place + 1..).unwrap_or_default().iter();
    let opened = behind.map(|file| match file.open() {
        Ok(source) => Reading::of(&source, None),
        Err(error) => not_opened(file, error),
    });
    let mut others: Vec<Reading> = opened.collect();
    thread::scope(|scope| {
        let mut workers = Workers::start(scope, files, &following, parts);
        if let Following::Marked(marks) = &following {
            analyzer.expect_only(marks);
        }
        let mut places = places.into_iter().map(|file| file - place);
        let (mut done, mut current) = (0, places.next());
        while let Some(at) = current
            && let Some(mut parcel) = workers.next()
        {
            let reading = match at.checked_sub(1) {
                None => &mut begun,
                Some(behind) => &mut others[behind],
            };
            let (reached, ended) = (parcel.reached, parcel.end.take());
            // What comes behind a fault is of a file that is not what it was.
            if reading.error.is_none() {
                analyzer.absorb(&parcel.sifted);
            }
            workers.take_back(parcel);
            given(analyzer, done + reached)?;
            let Some(ended) = ended else {
                continue;
            };
            if reading.error.is_none() {
                reading.info.join(&ended.info);
                reading.error = ended.error;
            }
            let bytes = reading.info.bytes;
            workers.next_part();
            current = places.next();
            if current != Some(at) {
                done += bytes;
            }
        }
        for flows in workers.finish() {
            analyzer.join(flows);
        }
        Ok(())
    })?;
    Ok((begun, others))
}

/// What was there when somebody looked, and is gone.
fn not_opened(file: &FilePiece, error: CaptureError) -> Reading {
    let info = SourceInfo {
        name: file.path.display().to_string(),
        problem: Some(error.fault.to_string()),
        ..SourceInfo::default()
    };
    Reading {
        info,
        error: Some(error),
    }
}
