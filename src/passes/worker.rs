//! The second pass: workers read the parts of a file in turn, and hand over what they read in the order of the file.

use crate::capture::{self, Batch, CaptureError, Position, Source, SourceInfo};
use crate::triage::{Following, Gate, Sifted, Sketch};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

/// What a worker hands over.
pub enum Delivery {
    /// Records, and which of them matter.
    Records(Batch, Sifted),
    /// A part has ended.
    End {
        /// What is known of that part.
        info: SourceInfo,
        /// What ended it before its end.
        error: Option<CaptureError>,
    },
}

/// The workers of one file. Worker n reads every part whose place in the file is n, counted in turn.
pub struct Workers<'scope> {
    all: Vec<Worker<'scope>>,
    /// The part that is being handed over.
    part: usize,
    parts: usize,
}

struct Worker<'scope> {
    deliveries: Receiver<Delivery>,
    /// Batches that it may fill again.
    back: Sender<Batch>,
    thread: ScopedJoinHandle<'scope, Sketch>,
}

impl<'scope> Workers<'scope> {
    /// Lets workers read the parts that begin at `places`, the last of which ends with the file.
    pub fn start<'env: 'scope>(
        scope: &'scope Scope<'scope, 'env>,
        path: &'env Path,
        index: u16,
        following: &Following,
        places: &[Position],
    ) -> Self {
        let workers = super::threads().min(places.len()).max(1);
        let all = (0..workers)
            .map(|worker| {
                let ends = places.iter().skip(1).map(|place| Some(place.offset));
                let parts = places.iter().copied().zip(ends.chain([None]));
                let mine: Vec<_> = parts.skip(worker).step_by(workers).collect();
                let (hand, deliveries) = sync_channel(AHEAD);
                let (back, free) = channel();
                let gate = Gate::new(following.clone());
                let thread = scope.spawn(move || work(path, index, gate, &mine, &hand, &free));
                Worker {
                    deliveries,
                    back,
                    thread,
                }
            })
            .collect();
        Self {
            all,
            part: 0,
            parts: places.len(),
        }
    }

    /// What comes next in the file. `None` is its end.
    pub fn next(&mut self) -> Option<Delivery> {
        if self.part == self.parts {
            return None;
        }
        let worker = self.all.get(self.part % self.all.len())?;
        let delivery = worker.deliveries.recv().ok()?;
        if matches!(delivery, Delivery::End { .. }) {
            self.part += 1;
        }
        Some(delivery)
    }

    /// Gives back a batch of the current part, to be filled again.
    pub fn take_back(&self, batch: Batch) {
        if let Some(worker) = self.all.get(self.part % self.all.len()) {
            // A worker that has ended needs none.
            let _ = worker.back.send(batch);
        }
    }

    /// Waits for the workers, and gives the flows that each has seen.
    pub fn finish(self) -> Vec<Sketch> {
        let ended = self.all.into_iter().map(|worker| {
            drop(worker.deliveries);
            worker.thread.join()
        });
        ended.filter_map(Result::ok).collect()
    }
}

/// Reads parts, one after the other, until nobody listens any more.
fn work(
    path: &Path,
    index: u16,
    mut gate: Gate,
    parts: &[(Position, Option<u64>)],
    hand: &SyncSender<Delivery>,
    free: &Receiver<Batch>,
) -> Sketch {
    for (from, to) in parts {
        let end = read_part(path, index, &mut gate, (*from, *to), hand, free);
        let Some((info, error)) = end else { break };
        if hand.send(Delivery::End { info, error }).is_err() {
            break;
        }
    }
    gate.into_sketch()
}

/// Reads one part. `None`: nobody listens any more.
fn read_part(
    path: &Path,
    index: u16,
    gate: &mut Gate,
    (from, to): (Position, Option<u64>),
    hand: &SyncSender<Delivery>,
    free: &Receiver<Batch>,
) -> Option<(SourceInfo, Option<CaptureError>)> {
    let mut source = match capture::open(path, index) {
        Ok(source) => source,
        Err(error) => return Some((SourceInfo::default(), Some(error))),
    };
    if let Err(error) = source.narrow(from, to) {
        return Some((source.info().clone(), Some(error)));
    }
    loop {
        let mut batch = free.try_recv().unwrap_or_default();
        match source.fill(&mut batch) {
            Ok(true) => {}
            Ok(false) => return Some((source.info().clone(), None)),
            Err(error) => return Some((source.info().clone(), Some(error))),
        }
        let sifted = gate.sift(batch.records());
        hand.send(Delivery::Records(batch, sifted)).ok()?;
    }
}

/// Batches that a worker may be ahead of the tracker; chosen: a part, so that each is busy while another's is handed over.
const AHEAD: usize = 4;
