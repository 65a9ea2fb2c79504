//! Open cases, waiting for what follows their reset.

use super::table::Slot;
use crate::case::{Line, ResetCase};
use crate::origin::Timestamp;
use std::collections::{BTreeSet, VecDeque};

/// The open cases, by serial number, and the times at which their connections' waits end.
#[derive(Debug, Default)]
pub struct Pending {
    /// The cases from serial number `first` on; `None` for those that have settled.
    cases: VecDeque<Option<OpenCase>>,
    first: u64,
    open: usize,
    timers: BTreeSet<(Timestamp, Slot)>,
}

/// A case that still grows.
#[derive(Debug)]
pub struct OpenCase {
    /// The case as far as it is known.
    pub case: Box<ResetCase>,
    /// Its connection.
    pub slot: Slot,
}

impl Pending {
    /// How many cases are open.
    pub const fn len(&self) -> usize {
        self.open
    }

    /// Opens a case and returns its serial number.
    pub fn open(&mut self, case: Box<ResetCase>, slot: Slot) -> u64 {
        let serial = self.first + self.cases.len() as u64;
        self.cases.push_back(Some(OpenCase { case, slot }));
        self.open += 1;
        serial
    }

    fn place(&self, serial: u64) -> Option<usize> {
        usize::try_from(serial.checked_sub(self.first)?).ok()
    }

    /// Looks at an open case.
    pub fn get(&self, serial: u64) -> Option<&OpenCase> {
        self.cases.get(self.place(serial)?)?.as_ref()
    }

    /// Takes a case out.
    pub fn close(&mut self, serial: u64) -> Option<OpenCase> {
        let place = self.place(serial)?;
        let closed = self.cases.get_mut(place)?.take()?;
        self.open -= 1;
        while let Some(None) = self.cases.front() {
            self.cases.pop_front();
            self.first += 1;
        }
        Some(closed)
    }

    /// The oldest open case.
    pub fn oldest(&self) -> Option<u64> {
        // The first one is open: those before it have left.
        (!self.cases.is_empty()).then_some(self.first)
    }

    /// Adds a segment to what followed, and returns how many followed.
    pub fn follow(&mut self, serial: u64, line: Line) -> usize {
        let place = self.place(serial);
        let open = place.and_then(|place| self.cases.get_mut(place)?.as_mut());
        open.map_or(0, |open| {
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

    /// When the next wait of a connection ends.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The connection whose wait ends next: it waits no longer.
    pub fn stop_waiting(&mut self) -> Option<Slot> {
        self.timers.pop_first().map(|(_, slot)| slot)
    }
}
