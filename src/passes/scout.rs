//! The first pass: which flows were reset, and where the second pass may begin reading.

use crate::capture::{self, Position, Source};
use crate::origin::Timestamp;
use crate::triage::{Marks, Passage, Recall, Scout};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Scope, ScopedJoinHandle};

/// What the first pass found.
pub struct Scouted {
    /// The flows that were reset.
    pub marks: Marks,
    /// The file, in stretches of some megabytes.
    pub stretches: Vec<Stretch>,
}

/// Records that follow each other.
pub struct Stretch {
    from: Position,
    passage: Passage,
    /// Where its records are remembered, with those of others.
    recall: Arc<Recall>,
    /// The first and the last one's time, where none was earlier than any before it.
    times: Option<(Timestamp, Timestamp)>,
}

/// What one worker reads at a time.
pub struct Part {
    /// Where it begins.
    pub from: Position,
    /// Before which byte it ends; `None` for the end of the file.
    pub to: Option<u64>,
    /// What is remembered of its records, if that is enough to know the others by.
    pub known: Option<Known>,
}

/// What is remembered of the records of a part.
pub struct Known {
    /// Those of several parts.
    pub recall: Arc<Recall>,
    /// Which of them.
    pub passage: Passage,
    /// The first and the last one's time.
    pub times: (Timestamp, Timestamp),
}

/// The parts behind `start`; the first begins there.
pub fn parts_behind(stretches: Vec<Stretch>, start: Position) -> Vec<Part> {
    let begun = Part {
        from: start,
        to: None,
        known: None,
    };
    let behind = stretches
        .into_iter()
        .filter(|stretch| stretch.from.offset > start.offset);
    let whole = behind.map(|stretch| Part {
        from: stretch.from,
        to: None,
        known: stretch.times.map(|times| Known {
            recall: stretch.recall,
            passage: stretch.passage,
            times,
        }),
    });
    let mut parts: Vec<_> = std::iter::once(begun).chain(whole).collect();
    let mut to = None;
    for part in parts.iter_mut().rev() {
        part.to = to;
        to = Some(part.from.offset);
    }
    if let Some(last) = parts.last_mut() {
        last.known = None; // Where the file ends now is seen by reading to its end.
    }
    parts
}

/// Those that look at every record of a file, each at its share of it.
pub struct Scouts<'scope> {
    told: Receiver<u64>,
    shares: Vec<ScopedJoinHandle<'scope, Option<Looked>>>,
}

impl<'scope> Scouts<'scope> {
    /// Lets scouts look at the file at `path`. `None`: that cannot be done in several parts.
    ///
    /// Where in its middle a record begins is a guess, but not what follows from it: were it wrong, the part before would end inside a record.
    pub fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        path: &'env Path,
        index: u16,
    ) -> Option<Self> {
        let mut source = capture::open(path, index).ok()?;
        let len = source.len()?;
        let many = super::threads() as u64;
        let mut from = vec![source.position()];
        for share in 1..many {
            let offset = source.boundary(share * (len / many))?;
            from.push(Position { offset, record: 1 });
        }
        let (tell, told) = channel();
        let to = from.iter().skip(1).map(|place| Some(place.offset));
        let shares = from
            .iter()
            .zip(to.chain([None]))
            .map(|(from, to)| {
                let (tell, from) = (tell.clone(), *from);
                scope.spawn(move || look_at(path, index, from, to, &tell))
            })
            .collect();
        Some(Self { told, shares })
    }

    /// How many bytes were looked at since this was asked last; `None` when they have ended.
    pub fn next(&self) -> Option<u64> {
        self.told.recv().ok()
    }

    /// What they found. `None`: the file is damaged.
    pub fn end(self) -> Option<Scouted> {
        let looked = self.shares.into_iter().map(|share| share.join().ok()?);
        Some(together(looked.collect::<Option<_>>()?))
    }
}

/// What was found in one share of the file, its records numbered from 1.
struct Looked {
    marks: Marks,
    recall: Recall,
    /// Where each stretch begins, and its records.
    stretches: Vec<(Position, Passage)>,
    records: u64,
}

fn look_at(
    path: &Path,
    index: u16,
    from: Position,
    to: Option<u64>,
    tell: &Sender<u64>,
) -> Option<Looked> {
    let mut source = capture::open(path, index).ok()?;
    source.narrow(from, to).ok().filter(|narrowed| *narrowed)?;
    let mut scout = Scout::new(REMEMBERED / super::threads());
    let mut stretches = Vec::new();
    let mut begun = from;
    let mut stretch = |scout: &mut Scout, begun: &mut Position, next| {
        let from = std::mem::replace(begun, next);
        stretches.push((from, scout.take_passage()));
    };
    let mut buffer = vec![0; AT_ONCE];
    while source.show(&mut buffer, &mut scout).ok()? {
        let place = source.position();
        if place.offset >= begun.offset + STRETCH {
            tell.send(place.offset - begun.offset).ok()?;
            stretch(&mut scout, &mut begun, place);
        }
    }
    stretch(&mut scout, &mut begun, source.position());
    let info = source.info();
    let (marks, recall) = scout.into_found();
    info.complete.then_some(Looked {
        marks,
        recall,
        stretches,
        records: info.records,
    })
}

/// Joins the shares: numbers their records as those of one file, and finds the stretches in which time goes on as it did before.
fn together(shares: Vec<Looked>) -> Scouted {
    let mut all: Option<Marks> = None;
    let mut stretches = Vec::new();
    let (mut before, mut latest) = (0, None);
    for share in shares {
        let recall = Arc::new(share.recall);
        for (mut from, passage) in share.stretches {
            from.record += before;
            let rising = passage.times();
            let times = rising
                .times()
                .filter(|(first, _)| passage.is_whole() && latest <= Some(*first));
            latest = latest.max(rising.latest());
            stretches.push(Stretch {
                from,
                recall: Arc::clone(&recall),
                passage,
                times,
            });
        }
        before += share.records;
        match &mut all {
            Some(all) => all.join(&share.marks),
            None => all = Some(share.marks),
        }
    }
    Scouted {
        marks: all.unwrap_or_else(Marks::new),
        stretches,
    }
}

/// Bytes of a part that one worker reads at a time; chosen: many parts even for a small file, and few beginnings.
const STRETCH: u64 = 2 << 20;
/// Bytes read at once: what the kernel does for each call shows where nothing else is done; measured, a tenth less time than by a quarter of it.
const AT_ONCE: usize = 1 << 20;
/// Bytes that may be taken to remember records, four for nearly every one; chosen: four million records, of a file that is two gigabytes where they are
/// whole packets, whose payload it would cost most to read twice.
const REMEMBERED: usize = 16 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::decode::{LinkType, Look, Record};
    use crate::origin::RecordId;

    /// A share of one stretch for each of these times of records, 100 bytes long, that `scout` looks at.
    fn share(mut scout: Scout, from: u64, stretches: &[&[i64]]) -> Looked {
        let mut offset = from;
        let mut number = 1;
        let mut all = Vec::new();
        for times in stretches {
            let begun = Position {
                offset,
                record: number,
            };
            for time in *times {
                scout.look(&Record {
                    id: RecordId::new(0, number),
                    time: Timestamp::from_nanos(*time),
                    link: LinkType::ETHERNET,
                    bytes: &[0; 84],
                    original_len: 84,
                });
                number += 1;
                offset += 100;
            }
            all.push((begun, scout.take_passage()));
        }
        let (marks, recall) = scout.into_found();
        Looked {
            marks,
            recall,
            stretches: all,
            records: number - 1,
        }
    }

    #[test]
    fn a_part_is_known_by_heart_where_time_goes_on_as_before_and_the_file_does_not_end() {
        let first: &[&[i64]] = &[&[1, 2], &[2, 4], &[4, 3], &[3, 5]];
        let second: &[&[i64]] = &[&[4, 6], &[6, 7], &[8, 9]];
        let shares = vec![
            share(Scout::new(1_000), 24, first),
            share(Scout::new(1_000), 824, second),
        ];
        let Scouted { stretches, .. } = together(shares);
        let head = Position {
            offset: 124,
            record: 2,
        };
        let parts = parts_behind(stretches, head);
        let known: Vec<_> = parts
            .iter()
            .map(|part| (part.from.record, part.to, part.known.is_some()))
            .collect();
        assert_eq!(
            known,
            [
                (2, Some(224), false), // begun in the head
                (3, Some(424), true),
                (5, Some(624), false), // time falls
                (7, Some(824), false), // begins before time fell
                (9, Some(1_024), false),
                (11, Some(1_224), true),
                (13, None, false),
            ]
        );
    }

    #[test]
    fn a_scout_remembers_no_more_than_it_may() {
        let shares = vec![share(Scout::new(5), 24, &[&[1], &[2], &[3], &[4]])];
        let Scouted { stretches, .. } = together(shares);
        let known: Vec<_> = stretches.iter().map(|one| one.times.is_some()).collect();
        assert_eq!(known, [true, true, false, false]);
    }
}
