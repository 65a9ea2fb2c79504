//! The latest records of each connection, for `--write`: whether they are wanted is known only when a reset has settled.
//!
//! Bounded three ways: records of a connection, of which the first and the latest stay; bytes of all; and what goes first is what has been
//! idle longest.

use crate::decode::Record;
use crate::tcp::Flow;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// A record with bytes of its own.
#[derive(Clone, Debug)]
pub struct Kept {
    record: Record<'static>,
    bytes: Box<[u8]>,
}

impl Kept {
    /// As it was.
    pub fn record(&self) -> Record<'_> {
        Record {
            bytes: &self.bytes,
            ..self.record
        }
    }

    /// What it costs to keep.
    pub const fn cost(&self) -> usize {
        self.bytes.len() + COST
    }
}

/// Records by their flow: of connections between the same ends, one after another, it keeps the latest together.
#[derive(Debug)]
pub struct Ring {
    connections: HashMap<Flow, Latest>,
    /// The connections by when they were touched, the longest idle first.
    idle: BTreeMap<u64, Flow>,
    touches: u64,
    bytes: usize,
    most: usize,
}

#[derive(Debug, Default)]
struct Latest {
    records: VecDeque<Kept>,
    touched: u64,
}

impl Ring {
    /// A ring of at most so many bytes.
    pub fn new(most: usize) -> Self {
        Self {
            connections: HashMap::new(),
            idle: BTreeMap::new(),
            touches: 0,
            bytes: 0,
            most,
        }
    }

    /// Keeps the first `len` bytes of a record of `flow`.
    pub fn add(&mut self, flow: Flow, record: &Record<'_>, len: usize) {
        let kept = Kept {
            record: Record {
                bytes: &[],
                ..*record
            },
            bytes: record.bytes.get(..len).unwrap_or(record.bytes).into(),
        };
        self.bytes += kept.cost();
        self.touches += 1;
        let latest = self.connections.entry(flow).or_default();
        self.idle.remove(&latest.touched);
        self.idle.insert(self.touches, flow);
        latest.touched = self.touches;
        latest.records.push_back(kept);
        if latest.records.len() > MOST
            && let Some(gone) = latest.records.remove(FIRST)
        {
            self.bytes -= gone.cost();
        }
        while self.bytes > self.most
            && let Some((_, flow)) = self.idle.pop_first()
        {
            self.forget(flow);
        }
    }

    /// Takes out what is kept of a connection.
    pub fn take(&mut self, flow: Flow) -> Vec<Kept> {
        let Some(latest) = self.connections.remove(&flow) else {
            return Vec::new();
        };
        self.idle.remove(&latest.touched);
        self.bytes -= latest.records.iter().map(Kept::cost).sum::<usize>();
        latest.records.into()
    }

    fn forget(&mut self, flow: Flow) {
        if let Some(latest) = self.connections.remove(&flow) {
            self.bytes -= latest.records.iter().map(Kept::cost).sum::<usize>();
        }
    }
}

/// Records of one connection at most: of these the first show how it was opened.
const MOST: usize = 256;
const FIRST: usize = 16;
/// What a record costs beside its bytes, about.
const COST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::{RecordId, Timestamp};

    fn add(ring: &mut Ring, connection: u16, number: u64) {
        let record = Record {
            id: RecordId::new(0, number),
            time: Timestamp::from_nanos(0),
            link: LinkType(1),
            bytes: &[7; 20],
            original_len: 100,
        };
        ring.add(start(connection), &record, 10);
    }

    fn start(port: u16) -> Flow {
        Flow::between_v4((1, port), (2, 80))
    }

    #[test]
    fn a_long_connection_keeps_its_beginning_and_its_end() {
        let mut ring = Ring::new(1 << 20);
        for number in 1..=1000 {
            add(&mut ring, 1, number);
        }
        let kept = ring.take(start(1));
        let numbers: Vec<u64> = kept.iter().map(|kept| kept.record().id.number()).collect();
        assert_eq!(numbers.len(), MOST);
        assert_eq!(
            (numbers[0], numbers[FIRST - 1], numbers[MOST - 1]),
            (1, 16, 1000)
        );
        assert_eq!(kept[0].record().bytes.len(), 10);
        assert_eq!((ring.bytes, ring.idle.len()), (0, 0));
    }

    #[test]
    fn the_longest_idle_goes_first() {
        let mut ring = Ring::new(10 * (COST + 10));
        for number in 1..=12 {
            add(&mut ring, number, number.into());
            add(&mut ring, 1, 100 + u64::from(number));
        }
        assert!(ring.take(start(2)).is_empty());
        assert!(ring.take(start(1)).len() > 4 || ring.take(start(12)).len() == 1);
        assert!(ring.bytes <= ring.most && ring.idle.len() == ring.connections.len());
    }
}
