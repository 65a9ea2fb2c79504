//! The first pass: which flows were reset, and which records the second pass must read.
//!
//! Scouts go through files from the end of the last to the beginning of the first, a stretch at a time. So when they come to the records of a
//! flow, they know nearly always whether it was reset later, and it is enough to remember the others for a moment.

use super::field::{Claim, Field, Stretch};
use crate::capture::{FilePiece, FileSource, Layout, Position, Source, Spacing};
use crate::triage::{Marks, Rising, Scout, Sketch};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, Scope, ScopedJoinHandle};

/// What the first pass found.
pub struct Scouted {
    /// The flows that were reset.
    pub marks: Marks,
    /// The flows of records that need not be read.
    pub sketches: Vec<Sketch>,
    /// The files, one behind the other, in stretches of some megabytes.
    pub stretches: Vec<Stretch>,
}

/// Those that look at every record of some files.
pub struct Scouts<'scope> {
    told: Receiver<u64>,
    ground: Arc<Ground<'scope>>,
    threads: Vec<ScopedJoinHandle<'scope, Option<Sketch>>>,
}

impl<'scope> Scouts<'scope> {
    /// Lets scouts look at files that follow each other. A reset connection matters for `wait` nanoseconds behind its latest reset. `None`: that
    /// cannot be done in several parts, or they are small.
    ///
    /// Where in its middle a record begins is a guess, but not what follows from it: were it wrong, the stretch before would end inside a record.
    pub fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        files: &'env [FilePiece],
        wait: i64,
    ) -> Option<Self> {
        let todo = Todo::of(files)?;
        let ground = Arc::new(Ground {
            files,
            todo: Mutex::new(todo),
            marks: RwLock::new(Marks::new()),
            field: Mutex::new(Field::new(wait)),
        });
        let (tell, told) = channel();
        let threads = (0..super::threads())
            .map(|_| {
                let (tell, ground) = (tell.clone(), Arc::clone(&ground));
                scope.spawn(move || ground.look(&tell))
            })
            .collect();
        Some(Self {
            told,
            ground,
            threads,
        })
    }

    /// How many bytes were looked at since this was asked last; `None` when they have ended.
    pub fn next(&self) -> Option<u64> {
        self.told.recv().ok()
    }

    /// What they found. `None`: a file is damaged, or they do not follow each other.
    pub fn end(self) -> Option<Scouted> {
        let sketches = self.threads.into_iter().map(|one| one.join().ok()?);
        let sketches = sketches.collect::<Option<_>>()?;
        let ground = Arc::into_inner(self.ground)?;
        let sketches = ground.choose_rest(sketches)?;
        let field = ground.field.into_inner().ok()?;
        Some(Scouted {
            marks: ground.marks.into_inner().ok()?,
            sketches,
            stretches: field.into_stretches()?,
        })
    }
}

/// What scouts share.
struct Ground<'env> {
    files: &'env [FilePiece],
    todo: Mutex<Todo<'env>>,
    marks: RwLock<Marks>,
    field: Mutex<Field>,
}

/// What nobody looks at yet.
struct Todo<'env> {
    files: &'env [FilePiece],
    /// What is left of each, down to the beginning of the first.
    left: Vec<Left>,
    /// The last of them that something is left of, once it was opened.
    source: Option<FileSource>,
    /// How many stretches were taken.
    place: usize,
    /// Bytes of a stretch.
    stretch: u64,
}

/// What nobody looks at yet of a file: its beginning.
struct Left {
    /// Where the first record begins.
    first: u64,
    /// Where it ends.
    before: u64,
    /// Nothing was taken from it.
    is_all: bool,
}

impl<'env> Todo<'env> {
    /// All of the files. `None`: one of them cannot be read in parts, they are small, or a look at their ends shows that they overlap.
    fn of(files: &'env [FilePiece]) -> Option<Self> {
        let lens = files.iter().map(|file| file.open().ok()?.file_len());
        let len: u64 = lens.sum::<Option<_>>()?;
        if len < LARGE {
            return None;
        }
        let mut latest = None;
        let left = files.iter().map(|file| {
            let mut source = file.open().ok()?;
            let (first, before) = (source.divide()?, source.file_len()?);
            if files.len() > 1 {
                let begun = times(&mut source, first)?.first()?;
                (latest <= Some(begun)).then_some(())?;
                let last = source.boundary(before.saturating_sub(SHORTLY).max(first));
                latest = last.and_then(|last| times(&mut source, last)?.latest());
            }
            Some(Left {
                first,
                before,
                is_all: true,
            })
        });
        Some(Self {
            files,
            left: left.collect::<Option<_>>()?,
            source: None,
            place: 0,
            stretch: (len / MANY).clamp(SHORTEST, LONGEST),
        })
    }

    fn claim(&mut self) -> Option<Claim> {
        let file = self.left.len().checked_sub(1)?;
        let Left {
            first,
            before,
            is_all,
        } = *self.left.last()?;
        let mut near = before;
        let from = loop {
            near = near.saturating_sub(self.stretch);
            if near <= first {
                break first;
            }
            match self.boundary(file, near) {
                Some(from) if from < before => break from,
                // Records that are too long to tell.
                _ => {}
            }
        };
        let claim = Claim {
            place: self.place,
            file,
            from,
            to: Some(before).filter(|_| !is_all),
            is_first: file == 0 && from <= first,
        };
        self.place += 1;
        self.left.pop();
        if from > first {
            self.left.push(Left {
                first,
                before: from,
                is_all: false,
            });
        } else {
            self.source = None;
        }
        Some(claim)
    }

    fn boundary(&mut self, file: usize, near: u64) -> Option<u64> {
        if self.source.is_none() {
            self.source = self.files.get(file)?.open().ok();
        }
        self.source.as_mut()?.boundary(near)
    }
}

/// The times of the records from that byte on that are read at once.
fn times(source: &mut FileSource, from: u64) -> Option<Rising> {
    let from = Position {
        offset: from,
        record: 1,
    };
    let mut times = Rising::default();
    source.narrow(from, None).ok()?;
    source.show(&mut Vec::new(), &mut times).ok()?;
    Some(times)
}

impl<'env> Ground<'env> {
    /// Looks at stretches until none is left. The flows of those that need not be read; `None`: a file is damaged.
    fn look(&self, tell: &Sender<u64>) -> Option<Sketch> {
        let mut scout = Scout::default();
        let mut sketch = Sketch::new();
        let mut buffer = vec![0; AT_ONCE];
        let mut room = Vec::new();
        loop {
            let Some(claim) = self.todo().claim() else {
                return Some(sketch);
            };
            let (recall, remembers) = self.field().spare();
            scout.begin(recall, remembers);
            let file = self.files.get(claim.file)?;
            let looked = look_at(&claim, file, &mut scout, &mut buffer);
            let Some((bytes, spacing)) = looked else {
                self.todo().left.clear(); // In vain.
                return None;
            };
            tell.send(bytes).ok()?;
            let recall = {
                let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
                scout.end(&mut marks)
            };
            self.field().looked(&claim, recall, spacing);
            if !self.field().is_all() {
                self.choose(&mut sketch, &mut room);
            }
        }
    }

    /// Chooses the records of those stretches that are left when all were looked at: again by several threads, of which each has one of the sketches.
    fn choose_rest(&self, sketches: Vec<Sketch>) -> Option<Vec<Sketch>> {
        thread::scope(|scope| {
            let choosing = sketches.into_iter().map(|mut sketch| {
                scope.spawn(move || {
                    self.choose(&mut sketch, &mut Vec::new());
                    sketch
                })
            });
            let choosing: Vec<_> = choosing.collect();
            choosing.into_iter().map(|one| one.join().ok()).collect()
        })
    }

    /// Chooses the records to be read of those stretches of which the flows that were reset are known.
    fn choose(&self, sketch: &mut Sketch, room: &mut Vec<u8>) {
        loop {
            let next = self.field().next();
            let Some((place, recall, spacing)) = next else {
                return;
            };
            let chosen = {
                let marks = self.marks.read().unwrap_or_else(PoisonError::into_inner);
                recall.choose(&marks, sketch, |len| spacing.span(len), room)
            };
            self.field().chosen(place, chosen, recall);
        }
    }

    fn todo(&self) -> MutexGuard<'_, Todo<'env>> {
        self.todo.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn field(&self) -> MutexGuard<'_, Field> {
        self.field.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows `scout` the records of a stretch, and says how many bytes they take, and how they are spaced where that is alike. `None`: they do not end
/// where the stretch does, or cannot be told from within. What is wrong with the end of a file shows when it is read once more.
fn look_at(
    claim: &Claim,
    file: &FilePiece,
    scout: &mut Scout,
    buffer: &mut Vec<u8>,
) -> Option<(u64, Option<Spacing>)> {
    let mut source = file.open().ok()?;
    let from = Position {
        offset: claim.from,
        record: 1,
    };
    source.narrow(from, claim.to).ok().filter(|done| *done)?;
    while let Ok(true) = source.show(buffer, scout) {}
    let is_whole = source.info().complete || claim.to.is_none();
    let layout = source.layout();
    let bytes = source.position().offset - claim.from;
    (is_whole && layout != Layout::Bound).then(|| (bytes, layout.spacing()))
}

/// Files of fewer bytes in all are read once: there is nothing to be gained.
const LARGE: u64 = 8 << 20;
/// Bytes before the end of a file among which its latest record is looked for, before others are; chosen: they are read at once.
const SHORTLY: u64 = 64 << 10;
/// Stretches of all, as far as they are neither short nor long; chosen: enough that scouts end together.
const MANY: u64 = 32;
/// Bytes of a stretch; chosen: many parts for the workers, and few beginnings.
const SHORTEST: u64 = 512 << 10;
const LONGEST: u64 = 4 << 20;
/// Bytes read at once: what the kernel does for each call shows where nothing else is done; measured, a tenth less time than by a quarter of it.
const AT_ONCE: usize = 1 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
pub(super) mod tests {
    use super::*;

    /// A file of so many records of 116 bytes, all captured at that second.
    pub fn file(second: u32, records: usize) -> tempfile::NamedTempFile {
        let mut bytes = crate::testkit::pcap(&[]);
        let record = [
            &second.to_le_bytes()[..],
            &[0; 4],
            &100_u32.to_le_bytes(),
            &100_u32.to_le_bytes(),
            &[7; 100],
        ]
        .concat();
        bytes.extend(record.repeat(records));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
        file
    }

    pub fn piece(file: &tempfile::NamedTempFile, index: u16) -> FilePiece {
        FilePiece {
            path: file.path().to_owned(),
            index,
        }
    }

    #[test]
    fn files_are_claimed_from_the_end_of_the_last_to_the_beginning_of_the_first() {
        let (large, small) = (file(7, 80_000), file(7, 9));
        let files = [piece(&large, 0), piece(&small, 1)];
        let mut todo = Todo::of(&files).unwrap();
        todo.stretch = LONGEST;
        let claims: Vec<_> = std::iter::from_fn(|| todo.claim()).collect();
        let told: Vec<_> = claims
            .iter()
            .map(|one| (one.place, one.file, one.to.is_none(), one.is_first))
            .collect();
        assert_eq!(
            told,
            [
                (0, 1, true, false),
                (1, 0, true, false),
                (2, 0, false, false),
                (3, 0, false, true)
            ]
        );
        assert_eq!((claims[0].from, claims[3].from), (24, 24));
        for pair in claims[1..].windows(2) {
            assert_eq!(pair[1].to, Some(pair[0].from));
            assert_eq!((pair[0].from - 24) % 116, 0, "no record begins there");
        }
        assert!(Todo::of(&files[1..]).is_none(), "not worth it");
        let earlier = file(6, 9);
        let files = [piece(&large, 0), piece(&earlier, 1)];
        assert!(Todo::of(&files).is_none(), "they overlap");
    }
}
