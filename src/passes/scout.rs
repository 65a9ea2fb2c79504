//! The first pass: which flows were reset, and where the second pass may begin reading.

use crate::capture::{self, Position, Source};
use crate::triage::{Marks, Scout};
use std::path::Path;
use std::sync::mpsc::Sender;
use std::thread;

/// What the first pass found.
pub struct Scouted {
    /// The flows that were reset.
    pub marks: Marks,
    /// Places between records, some megabytes apart.
    places: Vec<Position>,
}

impl Scouted {
    /// Where the parts behind `start` begin; the first begins there.
    pub fn places_behind(&self, start: Position) -> Vec<Position> {
        let behind = self
            .places
            .iter()
            .filter(|place| place.offset > start.offset);
        std::iter::once(&start).chain(behind).copied().collect()
    }
}

/// Looks at every record of the file at `path`, and tells how many bytes it has looked at since it told last. `None`: that could not be done in
/// several parts, the file is damaged, or nobody listens any more.
///
/// Where in its middle a record begins is a guess, but not what follows from it: were it wrong, the part before would end inside a record.
pub fn look(path: &Path, index: u16, tell: &Sender<u64>) -> Option<Scouted> {
    let mut source = capture::open(path, index).ok()?;
    let start = source.position();
    let len = std::fs::metadata(path).ok()?.len();
    let parts = super::threads() as u64;
    let mut from = vec![start];
    for part in 1..parts {
        let offset = source.boundary(part * (len / parts))?;
        from.push(Position { offset, record: 1 });
    }
    let looked = thread::scope(|scope| {
        let to = from
            .iter()
            .skip(1)
            .map(|place| Some(place.offset))
            .chain([None]);
        let parts: Vec<_> = from
            .iter()
            .zip(to)
            .map(|(from, to)| {
                let tell = tell.clone();
                scope.spawn(move || look_at(path, index, *from, to, &tell))
            })
            .collect();
        let looked: Option<Vec<Part>> = parts
            .into_iter()
            .map(|part| part.join().ok().flatten())
            .collect();
        looked
    })?;
    Some(together(looked))
}

/// What was found in one part, its records numbered from 1.
struct Part {
    marks: Marks,
    places: Vec<Position>,
    records: u64,
}

fn look_at(
    path: &Path,
    index: u16,
    from: Position,
    to: Option<u64>,
    tell: &Sender<u64>,
) -> Option<Part> {
    let mut source = capture::open(path, index).ok()?;
    source.narrow(from, to).ok().filter(|narrowed| *narrowed)?;
    let mut scout = Scout::new();
    let mut places = vec![from];
    let mut told = from.offset;
    let mut buffer = Vec::new();
    while source.show(&mut buffer, &mut scout).ok()? {
        let place = source.position();
        if place.offset >= told + PART {
            tell.send(place.offset - told).ok()?;
            told = place.offset;
            places.push(place);
        }
    }
    let info = source.info();
    info.complete.then(|| Part {
        marks: scout.into_marks(),
        places,
        records: info.records,
    })
}

/// Joins the parts, and numbers their records as those of one file.
fn together(parts: Vec<Part>) -> Scouted {
    let mut places = Vec::new();
    let mut before = 0;
    for part in &parts {
        places.extend(part.places.iter().map(|place| Position {
            record: before + place.record,
            ..*place
        }));
        before += part.records;
    }
    let joined = parts
        .into_iter()
        .map(|part| part.marks)
        .reduce(|mut all, marks| {
            all.join(&marks);
            all
        });
    Scouted {
        marks: joined.unwrap_or_else(Marks::new),
        places,
    }
}

/// Bytes of a part that one worker reads at a time; chosen: many parts even for a small file, and few beginnings.
const PART: u64 = 2 << 20;
