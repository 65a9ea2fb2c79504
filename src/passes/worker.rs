//! The second pass: workers read the parts of files, whoever is free the next one, and hand over what they read in the order of the parts.

use super::field::{Known, Part};
use crate::capture::{CaptureError, FilePiece, FileSource, Position, Source, SourceInfo};
use crate::decode::{Look, Record};
use crate::origin::{RecordId, Timestamp};
use crate::triage::{Again, Following, Gate, Sifted, Sketch, Survey};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::vec;

/// What a worker hands over: records that follow each other.
#[derive(Default)]
pub struct Parcel {
    /// What is known of all.
    pub sifted: Sifted,
    /// Bytes of its file before its end.
    pub reached: u64,
    /// Where it is the last of its part, how that ended.
    pub end: Option<Ended>,
}

impl Parcel {
    /// Nothing but the end of a part.
    fn last(info: SourceInfo, error: Option<CaptureError>) -> Self {
        Self {
            end: Some(Ended { info, error }),
            ..Self::default()
        }
    }
}

/// How a part ended.
pub struct Ended {
    /// What is known of it.
    pub info: SourceInfo,
    /// What ended it before its end.
    pub error: Option<CaptureError>,
}

/// Those that read parts: each takes the next one when it has done with another.
pub struct Workers<'scope> {
    all: Vec<Worker<'scope>>,
    /// Who has taken a part, in the order of the parts.
    taken: Receiver<usize>,
    /// Who hands over the current part, once that is known.
    current: Option<usize>,
}

struct Worker<'scope> {
    parcels: Receiver<Parcel>,
    /// Parcels that it may fill again.
    back: Sender<Parcel>,
    thread: ScopedJoinHandle<'scope, Sketch>,
}

impl<'scope> Workers<'scope> {
    /// Lets workers read parts that follow each other.
    pub fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        files: &'env [FilePiece],
        following: &Following,
        parts: Vec<Part>,
    ) -> Self {
        let many = readers(following).min(parts.len()).max(1);
        let (tell, taken) = channel();
        let todo = Arc::new(Mutex::new(Todo {
            parts: parts.into_iter(),
            tell,
        }));
        let all = (0..many)
            .map(|number| {
                let (hand, parcels) = sync_channel(AHEAD);
                let (back, free) = channel();
                let todo = Arc::clone(&todo);
                let reader = Reader {
                    files,
                    gate: Gate::new(following.clone()),
                    buffer: Vec::new(),
                    hand,
                    free,
                };
                let thread = scope.spawn(move || reader.read(number, &todo));
                Worker {
                    parcels,
                    back,
                    thread,
                }
            })
            .collect();
        Self {
            all,
            taken,
            current: None,
        }
    }

    /// What comes next. `None` is the end.
    pub fn next(&mut self) -> Option<Parcel> {
        if self.current.is_none() {
            self.current = self.taken.recv().ok();
        }
        self.all.get(self.current?)?.parcels.recv().ok()
    }

    /// Gives back a parcel of the current part, to be filled again.
    pub fn take_back(&self, parcel: Parcel) {
        if let Some(worker) = self.current.and_then(|number| self.all.get(number)) {
            // A worker that has ended needs none.
            let _ = worker.back.send(parcel);
        }
    }

    /// Goes on to the next part, when the current one has ended.
    pub const fn next_part(&mut self) {
        self.current = None;
    }

    /// Waits for the workers, and gives the flows that each has seen.
    pub fn finish(self) -> Vec<Sketch> {
        let ended = self.all.into_iter().map(|worker| {
            drop(worker.parcels);
            // Its panic is one of this thread too: it must not look like an early end of the input.
            let flows = worker.thread.join();
            flows.unwrap_or_else(|panic| resume_unwind(panic))
        });
        ended.collect()
    }
}

/// The parts that nobody has taken yet.
struct Todo {
    parts: vec::IntoIter<Part>,
    /// Who is told which worker has taken the next one.
    tell: Sender<usize>,
}

impl Todo {
    /// Gives the next part to the worker of that number.
    fn take(&mut self, number: usize) -> Option<Part> {
        let part = self.parts.next()?;
        self.tell.send(number).ok()?;
        Some(part)
    }
}

/// How many should read: where everything passes, a processor is left to the tracker, which has most to do then.
fn readers(following: &Following) -> usize {
    match following {
        Following::Marked(_) => super::threads(),
        Following::All => super::threads().saturating_sub(1),
    }
}

/// What a worker reads with.
struct Reader<'env> {
    files: &'env [FilePiece],
    gate: Gate,
    buffer: Vec<u8>,
    hand: SyncSender<Parcel>,
    free: Receiver<Parcel>,
}

impl Reader<'_> {
    /// Reads one part after the other, as the worker of that number, until none is left or nobody listens any more.
    fn read(mut self, number: usize, todo: &Mutex<Todo>) -> Sketch {
        let next = || {
            let mut todo = todo.lock().unwrap_or_else(PoisonError::into_inner);
            todo.take(number)
        };
        while let Some(part) = next()
            && self.read_part(&part).is_some()
        {}
        self.gate.into_sketch()
    }

    /// Reads one part. `None`: nobody listens any more.
    fn read_part(&mut self, part: &Part) -> Option<()> {
        let file = self.files.get(part.file)?;
        let mut source = match file.open() {
            Ok(source) => source,
            Err(error) => return self.hand_over(Parcel::last(SourceInfo::default(), Some(error))),
        };
        if let Some(parcel) = self.recall(part, file.index, &mut source) {
            return self.hand_over(parcel);
        }
        if let Err(error) = source.narrow(part.from, part.to) {
            return self.hand_over(Parcel::last(source.info().clone(), Some(error)));
        }
        let mut times = None;
        loop {
            let mut parcel = self.parcel(file.index, source.position());
            let filled = self.fill(&mut parcel, &mut source);
            times = widest(times, parcel.sifted.span());
            parcel.reached = source.info().bytes;
            let error = match filled {
                Ok(true) => {
                    self.hand_over(parcel)?;
                    continue;
                }
                Ok(false) => None,
                Err(error) => Some(error),
            };
            let link = source.link();
            let mut info = source.info().clone();
            (info.first, info.last) = times.unzip();
            info.links.extend(link.filter(|_| info.records > 0));
            parcel.end = Some(Ended { info, error });
            return self.hand_over(parcel);
        }
    }

    /// Reads only those records of a part that must be read, where they are known. `None`: it must be read whole.
    fn recall(&mut self, part: &Part, index: u16, source: &mut FileSource) -> Option<Parcel> {
        let (known, to) = part.known.as_ref().zip(part.to)?;
        let Known {
            again,
            records,
            times,
            rises,
        } = known;
        let places: Vec<_> = again
            .iter()
            .map(|Again { place, before, len }| {
                let offset = part.from.offset + before;
                let record = part.from.record + place;
                (Position { offset, record }, len)
            })
            .collect();
        let mut parcel = self.parcel(index, part.from);
        let mut sieve = Sieve {
            gate: &mut self.gate,
            sifted: &mut parcel.sifted,
        };
        let shown = source.show_again(&places, &mut self.buffer, &mut sieve);
        self.gate.end(&mut parcel.sifted);
        shown?;
        let others = records - again.count();
        parcel.sifted.survey.add(&Survey {
            records: others,
            segments: others,
            ..Survey::default()
        });
        let read = places.iter().map(|(at, _)| RecordId::new(index, at.record));
        parcel.sifted.recall(*times, Some(read).filter(|_| !rises));
        parcel.reached = to;
        let info = SourceInfo {
            links: source.link().into_iter().collect(),
            records: *records,
            bytes: to,
            first: Some(times.0),
            last: Some(times.1),
            complete: true,
            ..SourceInfo::default()
        };
        parcel.end = Some(Ended { info, error: None });
        Some(parcel)
    }

    /// A parcel for records from there on.
    fn parcel(&self, index: u16, from: Position) -> Parcel {
        let mut parcel = self.free.try_recv().unwrap_or_default();
        parcel.sifted.start(RecordId::new(index, from.record));
        parcel.end = None;
        parcel
    }

    /// Fills a parcel. `false`: the part has ended.
    fn fill(&mut self, parcel: &mut Parcel, source: &mut FileSource) -> Result<bool, CaptureError> {
        let mut sieve = Sieve {
            gate: &mut self.gate,
            sifted: &mut parcel.sifted,
        };
        let filled = loop {
            let shown = source.show(&mut self.buffer, &mut sieve);
            if !matches!(shown, Ok(true)) || sieve.is_full() {
                break shown;
            }
        };
        self.gate.end(&mut parcel.sifted);
        filled
    }

    fn hand_over(&self, parcel: Parcel) -> Option<()> {
        self.hand.send(parcel).ok()
    }
}

/// Where records pass or not on their way into a parcel.
struct Sieve<'a> {
    gate: &'a mut Gate,
    sifted: &'a mut Sifted,
}

impl Sieve<'_> {
    fn is_full(&self) -> bool {
        self.sifted.passed.len() >= FULL || self.sifted.times.len() >= MANY
    }
}

impl Look for Sieve<'_> {
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn look(&mut self, record: &Record<'_>) {
        self.gate.sift(record, self.sifted);
    }
}

/// From the earlier beginning to the later end of two stretches of time.
fn widest(
    one: Option<(Timestamp, Timestamp)>,
    other: Option<(Timestamp, Timestamp)>,
) -> Option<(Timestamp, Timestamp)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        (one, other) => one.or(other),
    }
}

/// Parcels that a worker may be ahead of the tracker; chosen: enough that each is busy while another's are taken.
const AHEAD: usize = 2;
/// Segments with which a parcel is handed over, and records after which it is in any case; chosen: a page or two of work for the tracker, and
/// no more than a few hundred kilobytes, all told.
const FULL: usize = 512;
const MANY: usize = 8_192;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::scout::tests::{file, piece};
    use super::*;
    use crate::triage::Marks;
    use std::sync::Arc;

    #[test]
    fn parcels_come_in_the_order_of_their_parts_whoever_reads_them() {
        const RECORDS: u64 = 20_000;
        let file = file(7, usize::try_from(RECORDS).unwrap());
        let files = [piece(&file, 0)];
        // Every third part is long: who reads it is slower than the others.
        let mut begins = vec![0];
        while let Some(last) = begins.last().filter(|last| **last < RECORDS) {
            let many = if begins.len() % 3 == 0 { 2_900 } else { 3 };
            begins.push((last + many).min(RECORDS));
        }
        let offset = |before: u64| 24 + before * 116;
        let parts: Vec<_> = begins
            .windows(2)
            .map(|ends| Part {
                file: 0,
                from: Position {
                    offset: offset(ends[0]),
                    record: ends[0] + 1,
                },
                to: Some(offset(ends[1])),
                known: None,
            })
            .collect();
        let many = parts.len();
        let following = Following::Marked(Arc::new(Marks::new()));
        let (mut next, mut ended) = (1, 0);
        std::thread::scope(|scope| {
            let mut workers = Workers::start(scope, &files, &following, parts);
            while let Some(parcel) = workers.next() {
                if parcel.sifted.survey.records > 0 {
                    assert_eq!(parcel.sifted.record(0).number(), next);
                    next = parcel.sifted.last().number() + 1;
                }
                if parcel.end.is_some() {
                    ended += 1;
                    workers.next_part();
                }
            }
            assert!(!workers.finish().is_empty());
        });
        assert_eq!((next, ended), (RECORDS + 1, many));
    }
}
