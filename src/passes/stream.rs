//! One pass: a thread reads and looks, and the analyzer has what comes of it.

use super::{Given, Reading};
use crate::analyzer::Analyzer;
use crate::capture::{Batch, CaptureError, FileSource, Source, SourceInfo};
use crate::triage::{Sights, Sketch};
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

/// Records, what was seen at a look at each, and how many bytes of input were read by then.
#[derive(Default)]
struct Looked {
    batch: Batch,
    looks: Sights,
    bytes: u64,
}

/// Reads `source` to its end, as [`read`](super::read) does.
pub fn read<E>(
    source: FileSource,
    analyzer: &mut Analyzer,
    given: &mut Given<'_, E>,
) -> Result<Reading, E> {
    let (hand, looked) = sync_channel(AHEAD);
    let (back, free) = channel();
    // Not a scoped one: when `given` fails, nobody waits for an input that may be silent for long.
    let reader = thread::spawn(move || look(source, &hand, &free));
    for mut looked in looked {
        let Looked {
            batch,
            looks,
            bytes,
        } = &mut looked;
        analyzer.push_all(looks, |place| batch.record(place));
        given(analyzer, *bytes)?;
        // A reader that has ended needs none.
        let _ = back.send(looked);
    }
    // Its panic is one of this thread too: it must not look like an early end of the input.
    let (flows, info, error) = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
    analyzer.join(flows);
    Ok(Reading { info, error })
}

/// Reads to the end, or until nobody listens any more.
fn look(
    mut source: FileSource,
    hand: &SyncSender<Looked>,
    free: &Receiver<Looked>,
) -> (Sketch, SourceInfo, Option<CaptureError>) {
    let mut flows = Sketch::new();
    let error = loop {
        let mut looked = free.try_recv().unwrap_or_default();
        match source.fill(&mut looked.batch) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(error),
        }
        looked.bytes = source.info().bytes;
        looked.looks.look(looked.batch.records(), &mut flows);
        if hand.send(looked).is_err() {
            break None;
        }
    };
    (flows, source.info().clone(), error)
}

/// Batches that the reader may be ahead of the analyzer; chosen: each is busy while the other is, and all of them fit a cache.
const AHEAD: usize = 3;
