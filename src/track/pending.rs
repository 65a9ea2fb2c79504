//! Open cases, waiting for what follows their reset.

use super::table::Slot;
use crate::case::{Line, ResetCase};
use crate::origin::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The open cases, by serial number, and the times at which their connections' waits end.
#[derive(Debug, Default)]
pub struct Pending {
    cases: BTreeMap<u64, OpenCase>,
    timers: BTreeSet<(Timestamp, Slot)>,
    next_serial: u64,
}

/// A case that still grows.
#[derive(Debug)]
pub struct OpenCase {
    /// The case as far as it is known.
    pub case: ResetCase,
    /// Its connection.
    pub slot: Slot,
}

impl Pending {
    /// How many cases are open.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Opens a case and returns its serial number.
    pub fn open(&mut self, case: ResetCase, slot: Slot) -> u64 {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.cases.insert(serial, OpenCase { case, slot });
        serial
    }

    /// Looks at an open case.
    pub fn get(&self, serial: u64) -> Option<&OpenCase> {
        self.cases.get(&serial)
    }

    /// Takes a case out.
    pub fn close(&mut self, serial: u64) -> Option<OpenCase> {
        self.cases.remove(&serial)
    }

    /// The oldest open case.
    pub fn oldest(&self) -> Option<u64> {
        self.cases.keys().next().copied()
    }

    /// Adds a segment to what followed, and returns how many followed.
    pub fn follow(&mut self, serial: u64, line: Line) -> usize {
        self.cases.get_mut(&serial).map_or(0, |open| {
            open.case.after.push(line);
            open.case.after.len()
        })
    }

    /// Moves the end of a connection's wait from `old` to `new`.
    pub fn wait(&mut self, slot: Slot, old: Timestamp, new: Timestamp) {
        self.timers.remove(&(old, slot));
        self.timers.insert((new, slot));
    }

    /// Stops the wait of a connection.
    pub fn stop(&mut self, slot: Slot, at: Timestamp) {
        self.timers.remove(&(at, slot));
    }

    /// A connection whose wait has ended at `now`, the earliest first.
    pub fn due(&mut self, now: Timestamp) -> Option<Slot> {
        let first = *self.timers.first()?;
        (first.0 <= now).then(|| {
            self.timers.remove(&first);
            first.1
        })
    }
}
