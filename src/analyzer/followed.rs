//! Which connection each record belongs to: [`Followed`], for whoever reads a capture again after its analysis.

use super::Config;
use crate::decode::{Decoded, Record, decode};
use crate::origin::RecordId;
use crate::report::Reference;
use crate::track::Tracker;
use crate::triage::{Following, Gate, Marks};
use std::sync::Arc;

/// Follows the connections of a capture as an analysis does, and says of each record whose it is.
///
/// What makes a connection is not told by addresses alone: they are used again, wrapped in several ways, translated on the way. So the same
/// tracker decides as in the analysis, within the same bounds, and a connection is known by its first record, as in
/// [`Trace`](crate::report::Trace).
#[derive(Debug)]
pub struct Followed {
    gate: Gate,
    tracker: Tracker,
    records: u64,
}

impl Followed {
    /// Nothing is followed yet. `config` must be the analysis's own, and `flows` hold those of every connection that will be asked for.
    pub fn new(config: Config, flows: Marks) -> Self {
        let following = if flows.are_many() {
            Following::All
        } else {
            Following::Marked(Arc::new(flows))
        };
        Self {
            gate: Gate::new(following),
            tracker: Tracker::new(config.limits),
            records: 0,
        }
    }

    /// Whether the next record belongs to a connection that `wanted` names by its first record: with a segment of it, or with an ICMP error
    /// about one.
    pub fn shows(&mut self, record: &Record<'_>, wanted: impl Fn(Reference) -> bool) -> bool {
        self.records += 1;
        let mut record = *record;
        record.id = record.id.at(self.records);
        self.tracker.pass(record.id, record.time);
        self.tracker.reach(self.gate.survey().segments);
        let passes = self.gate.passes(&record) || self.tracker.knows_all();
        let shows = passes && self.take(&decode(&record), &wanted);
        while self.tracker.next_case().is_some() {}
        shows
    }

    fn take(&mut self, decoded: &Decoded<'_>, wanted: &impl Fn(Reference) -> bool) -> bool {
        let start: Option<RecordId> = match decoded {
            Decoded::Segment(segment) => self.tracker.observe(segment),
            Decoded::Quoted(quoted) => self.tracker.observe_error(quoted),
            Decoded::Several(parts) => {
                // Each part must be followed, also behind one that is wanted.
                return parts
                    .iter()
                    .fold(false, |any, part| self.take(part, wanted) | any);
            }
            Decoded::Skip(_) => None,
        };
        start.is_some_and(|start| wanted(start.into()))
    }
}
