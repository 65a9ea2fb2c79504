//! Which connection each record belongs to: [`Followed`], for whoever reads a capture again after its analysis.

use super::Config;
use crate::decode::{Decoded, Record, decode};
use crate::track::Tracker;

/// Follows the connections of a capture as an analysis does, and says of each record whose it is.
///
/// What makes a connection is not told by addresses alone: they are used again, wrapped in several ways, translated on the way. So the same
/// tracker decides as in the analysis, within the same bounds; the same records in the same order give the same ordinals as
/// [`Connection::ordinal`](crate::report::Connection::ordinal).
#[derive(Debug)]
pub struct Followed {
    tracker: Tracker,
    records: u64,
}

impl Followed {
    /// Nothing is followed yet. `config` must be the analysis's own.
    pub fn new(config: Config) -> Self {
        Self {
            tracker: Tracker::new(config.limits),
            records: 0,
        }
    }

    /// Whether the next record belongs to a connection that `wanted` names: with a segment of it, or with an ICMP error about one.
    pub fn shows(&mut self, record: &Record<'_>, wanted: impl Fn(u64) -> bool) -> bool {
        self.records += 1;
        let mut record = *record;
        record.id.order = self.records;
        let shows = self.take(&decode(&record), &wanted);
        while self.tracker.next_case().is_some() {}
        shows
    }

    fn take(&mut self, decoded: &Decoded<'_>, wanted: &impl Fn(u64) -> bool) -> bool {
        let ordinal = match decoded {
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
        ordinal.is_some_and(wanted)
    }
}
