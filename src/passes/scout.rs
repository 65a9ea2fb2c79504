//! The first pass: which flows were reset, and which records the second pass must read.
//!
//! Scouts go through a file from its end to its beginning, a stretch at a time. So when they come to the records of a flow, they know nearly always
//! whether it was reset later, and it is enough to remember the others for a moment.

use super::field::{Claim, Field, Stretch};
use crate::capture::{self, FileSource, Layout, Position, Source, Spacing};
use crate::triage::{Marks, Scout, Sketch};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{Scope, ScopedJoinHandle};

/// What the first pass found.
pub struct Scouted {
    /// The flows that were reset.
    pub marks: Marks,
    /// The flows of records that need not be read.
    pub sketches: Vec<Sketch>,
    /// The file, in stretches of some megabytes.
    pub stretches: Vec<Stretch>,
}

/// Those that look at every record of a file.
pub struct Scouts<'scope> {
    told: Receiver<u64>,
    ground: Arc<Ground>,
    threads: Vec<ScopedJoinHandle<'scope, Option<Sketch>>>,
}

impl<'scope> Scouts<'scope> {
    /// Lets scouts look at the file at `path`. A reset connection matters for `wait` nanoseconds behind its latest reset. `None`: that cannot be done
    /// in several parts.
    ///
    /// Where in its middle a record begins is a guess, but not what follows from it: were it wrong, the stretch before would end inside a record.
    pub fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        path: &'env Path,
        index: u16,
        wait: i64,
    ) -> Option<Self> {
        let todo = Todo::of(capture::open(path, index).ok()?)?;
        let ground = Arc::new(Ground {
            todo: Mutex::new(todo),
            marks: RwLock::new(Marks::new()),
            field: Mutex::new(Field::new(wait)),
        });
        let (tell, told) = channel();
        let threads = (0..super::threads())
            .map(|_| {
                let (tell, ground) = (tell.clone(), Arc::clone(&ground));
                scope.spawn(move || ground.look(path, index, &tell))
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

    /// What they found. `None`: the file is damaged.
    pub fn end(self) -> Option<Scouted> {
        let sketches = self.threads.into_iter().map(|one| one.join().ok()?);
        let sketches = sketches.collect::<Option<_>>()?;
        let ground = Arc::into_inner(self.ground)?;
        let field = ground.field.into_inner().ok()?;
        Some(Scouted {
            marks: ground.marks.into_inner().ok()?,
            sketches,
            stretches: field.into_stretches()?,
        })
    }
}

/// What the scouts of one file share.
struct Ground {
    todo: Mutex<Todo>,
    marks: RwLock<Marks>,
    field: Mutex<Field>,
}

/// What nobody looks at yet: the beginning of the file.
struct Todo {
    source: FileSource,
    /// Where the first record begins.
    first: u64,
    /// Where it ends; `None` where nothing is left.
    before: Option<u64>,
    /// How many stretches were taken from it.
    place: usize,
    /// Bytes of a stretch.
    stretch: u64,
}

impl Todo {
    /// All of a file. `None`: it is none, or cannot be read in parts.
    fn of(mut source: FileSource) -> Option<Self> {
        let len = source.file_len()?;
        Some(Self {
            first: source.divide()?,
            before: Some(len),
            place: 0,
            stretch: (len / MANY).clamp(SHORTEST, LONGEST),
            source,
        })
    }

    fn claim(&mut self) -> Option<Claim> {
        let before = self.before?;
        let mut near = before;
        let from = loop {
            near = near.saturating_sub(self.stretch);
            if near <= self.first {
                break self.first;
            }
            match self.source.boundary(near) {
                Some(from) if from < before => break from,
                // Records that are too long to tell.
                _ => {}
            }
        };
        self.before = Some(from).filter(|from| *from > self.first);
        let claim = Claim {
            place: self.place,
            from,
            to: Some(before).filter(|_| self.place > 0),
            is_first: from <= self.first,
        };
        self.place += 1;
        Some(claim)
    }
}

impl Ground {
    /// Looks at stretches until none is left. The flows of those that need not be read; `None`: the file is damaged.
    fn look(&self, path: &Path, index: u16, tell: &Sender<u64>) -> Option<Sketch> {
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
            let looked = look_at(&claim, path, index, &mut scout, &mut buffer);
            let Some((bytes, spacing)) = looked else {
                self.todo().before = None; // In vain.
                return None;
            };
            tell.send(bytes).ok()?;
            let recall = {
                let mut marks = self.marks.write().unwrap_or_else(PoisonError::into_inner);
                scout.end(&mut marks)
            };
            self.field().looked(&claim, recall, spacing);
            self.choose(&mut sketch, &mut room);
        }
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

    fn todo(&self) -> MutexGuard<'_, Todo> {
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
    path: &Path,
    index: u16,
    scout: &mut Scout,
    buffer: &mut Vec<u8>,
) -> Option<(u64, Option<Spacing>)> {
    let mut source = capture::open(path, index).ok()?;
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

/// Stretches of a file, as far as they are neither short nor long; chosen: enough that scouts end together.
const MANY: u64 = 32;
/// Bytes of a stretch; chosen: many parts for the workers, and few beginnings.
const SHORTEST: u64 = 512 << 10;
const LONGEST: u64 = 4 << 20;
/// Bytes read at once: what the kernel does for each call shows where nothing else is done; measured, a tenth less time than by a quarter of it.
const AT_ONCE: usize = 1 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_claimed_from_its_end_to_its_beginning() {
        let mut bytes = crate::testkit::pcap(&[]);
        let record = [
            &[0_u8; 8][..],
            &100_u32.to_le_bytes(),
            &100_u32.to_le_bytes(),
            &[7; 100],
        ]
        .concat();
        while bytes.len() < 9 << 20 {
            bytes.extend_from_slice(&record);
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, &bytes).unwrap();
        let source = capture::open(file.path(), 0).unwrap();
        let mut todo = Todo::of(source).unwrap();
        todo.stretch = LONGEST;
        let claims: Vec<_> = std::iter::from_fn(|| todo.claim()).collect();
        let places: Vec<_> = claims.iter().map(|one| (one.place, one.is_first)).collect();
        assert_eq!(places, [(0, false), (1, false), (2, true)]);
        assert_eq!((claims[0].to, claims[2].from), (None, 24));
        for pair in claims.windows(2) {
            assert_eq!(pair[1].to, Some(pair[0].from));
            assert_eq!((pair[0].from - 24) % 116, 0, "no record begins there");
        }
    }
}
