//! Records of several interfaces in one line, by time.
//!
//! Each interface gives its records in order, but the kernel hands them over in blocks, so one of them may be behind another by a block's
//! age. Records wait until none that is older can come any more. One interface alone needs no waiting.

use crate::capture::Batch;
use crate::decode::Record;
use crate::origin::{MILLISECOND, Timestamp};
use std::collections::BTreeMap;

/// Records that wait for older ones.
#[derive(Debug, Default)]
pub struct Line {
    /// By time, then in the order of arrival.
    waiting: BTreeMap<(Timestamp, u64), Held>,
    arrived: u64,
    bytes: usize,
    latest: Option<Timestamp>,
}

#[derive(Debug)]
struct Held {
    record: Record<'static>,
    bytes: Box<[u8]>,
}

impl Line {
    /// Takes copies of a batch's records.
    pub fn add(&mut self, batch: &Batch) {
        for record in batch.records() {
            self.arrived += 1;
            self.bytes += record.bytes.len() + COST;
            self.latest = self.latest.max(Some(record.time));
            let held = Held {
                record: Record {
                    bytes: &[],
                    ..record
                },
                bytes: record.bytes.into(),
            };
            self.waiting.insert((record.time, self.arrived), held);
        }
    }

    /// Hands on what has waited long enough by `now`, or by the latest record; and what there is no room for.
    pub fn release(&mut self, now: Option<Timestamp>, mut take: impl FnMut(&Record<'_>)) {
        let by = self.latest.max(now).map(|time| time.plus(-WAIT));
        while let Some(first) = self.waiting.first_entry() {
            if Some(first.key().0) > by && self.bytes <= MOST {
                break;
            }
            let held = first.remove();
            self.bytes -= held.bytes.len() + COST;
            take(&Record {
                bytes: &held.bytes,
                ..held.record
            });
        }
    }

    /// Hands on all that is left.
    pub fn empty(&mut self, mut take: impl FnMut(&Record<'_>)) {
        self.bytes = 0;
        for held in std::mem::take(&mut self.waiting).into_values() {
            take(&Record {
                bytes: &held.bytes,
                ..held.record
            });
        }
    }

    /// For how long a record waits, in nanoseconds.
    pub const WAIT: i64 = WAIT;
}

/// Twice as long as the kernel gathers frames, and a little for the reader's turn.
const WAIT: i64 = 250 * MILLISECOND;
/// Bytes that wait at most; beyond, order is given up for the oldest.
const MOST: usize = 32 << 20;
/// What a record costs beside its bytes, about.
const COST: usize = 96;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::RecordId;

    fn batch(source: u16, times: &[i64]) -> Batch {
        let mut batch = Batch::new();
        batch.start(source);
        for time in times {
            batch.push(&Record {
                id: RecordId::default(),
                time: Timestamp::from_nanos(time * MILLISECOND),
                link: LinkType(1),
                bytes: &[source.to_le_bytes()[0]],
                original_len: 1,
            });
        }
        batch
    }

    fn released(line: &mut Line, now: Option<i64>) -> Vec<(u16, i64)> {
        let mut given = Vec::new();
        let now = now.map(|now| Timestamp::from_nanos(now * MILLISECOND));
        line.release(now, |record| {
            assert_eq!(u16::from(record.bytes[0]), record.id.source());
            given.push((record.id.source(), record.time.nanos() / MILLISECOND));
        });
        given
    }

    #[test]
    fn records_wait_for_older_ones_of_another_interface() {
        let mut line = Line::default();
        line.add(&batch(0, &[10, 30, 400]));
        assert_eq!(released(&mut line, None), [(0, 10), (0, 30)]);
        line.add(&batch(0, &[500]));
        line.add(&batch(1, &[420]));
        assert_eq!(released(&mut line, None), []);
        assert_eq!(released(&mut line, Some(680)), [(0, 400), (1, 420)]);
        let mut rest = 0;
        line.empty(|_| rest += 1);
        assert_eq!(rest, 1);
    }

    #[test]
    fn what_there_is_no_room_for_goes_on_in_order() {
        let mut line = Line::default();
        line.add(&batch(0, &vec![7; MOST / COST + 100]));
        assert!(!released(&mut line, None).is_empty());
        assert!(line.bytes <= MOST);
    }
}
