//! Connections by their two addresses, in whichever direction a segment goes; the finished and the idle ones go first when there are too
//! many, those with an open case last.

use super::connection::Connection;
use crate::tcp::{Encapsulation, Segment};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::net::SocketAddr;

/// The same for both directions of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    low: SocketAddr,
    high: SocketAddr,
    encapsulation: Encapsulation,
}

impl Key {
    /// The key of the connection that `segment` belongs to.
    pub fn of(segment: &Segment<'_>) -> Self {
        Self::between(segment.from, segment.to, segment.encapsulation)
    }

    /// The key of the connection between these two.
    pub fn between(one: SocketAddr, other: SocketAddr, encapsulation: Encapsulation) -> Self {
        let (low, high) = (one.min(other), one.max(other));
        Self {
            low,
            high,
            encapsulation,
        }
    }
}

/// Place of a connection in the table.
pub type Slot = usize;

/// The connections that are followed. Order of eviction follows the order of segments, so the hash's seed never shows.
#[derive(Debug)]
pub struct Table {
    slots: HashMap<Key, Slot, RandomState>,
    entries: Vec<Entry>,
    free: Vec<Slot>,
    live: Queue,
    finished: Queue,
    awaited: Queue,
}

/// In which order connections are forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    /// It may go on: after those that are finished, the longest idle first.
    #[default]
    Live,
    /// It is over: first.
    Finished,
    /// A case of it is open: last.
    Awaited,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    /// Further keys under which it is found.
    others: Vec<Key>,
    connection: Option<Box<Connection>>,
    shelf: Shelf,
    earlier: Option<Slot>,
    later: Option<Slot>,
}

/// A doubly linked queue through the entries, the longest untouched first.
#[derive(Debug, Default)]
struct Queue {
    len: usize,
    oldest: Option<Slot>,
    newest: Option<Slot>,
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            slots: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            live: Queue::default(),
            finished: Queue::default(),
            awaited: Queue::default(),
        }
    }

    /// How many connections are followed, those with several keys counted once for each.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Where the connection of `key` stands.
    pub fn find(&self, key: &Key) -> Option<Slot> {
        self.slots.get(key).copied()
    }

    /// The connection at `slot`.
    pub fn get(&self, slot: Slot) -> Option<&Connection> {
        self.entries.get(slot)?.connection.as_deref()
    }

    /// The connection at `slot`, to be changed.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Connection> {
        self.entries.get_mut(slot)?.connection.as_deref_mut()
    }

    /// Adds a connection under `key`, which must not be there.
    pub fn insert(&mut self, key: Key, connection: Connection) -> Slot {
        let entry = Entry {
            key,
            others: Vec::new(),
            connection: Some(Box::new(connection)),
            shelf: Shelf::Live,
            earlier: None,
            later: None,
        };
        let slot = if let Some(slot) = self.free.pop() {
            self.entries[slot] = entry;
            slot
        } else {
            self.entries.push(entry);
            self.entries.len() - 1
        };
        self.slots.insert(key, slot);
        self.link(slot);
        slot
    }

    /// Lets the connection at `slot` be found under another key too, which must not be there.
    pub fn add_key(&mut self, key: Key, slot: Slot) {
        self.slots.insert(key, slot);
        self.entries[slot].others.push(key);
    }

    /// Puts the connection at `slot` behind all others of its shelf in the order of eviction.
    pub fn touch(&mut self, slot: Slot, shelf: Shelf) {
        if self.entries[slot].shelf == shelf && self.queue(shelf).newest == Some(slot) {
            return;
        }
        self.unlink(slot);
        self.entries[slot].shelf = shelf;
        self.link(slot);
    }

    /// Takes the connection at `slot` out.
    pub fn remove(&mut self, slot: Slot) -> Option<Connection> {
        let connection = self.entries.get_mut(slot)?.connection.take()?;
        self.unlink(slot);
        let entry = &mut self.entries[slot];
        self.slots.remove(&entry.key);
        for key in entry.others.drain(..) {
            self.slots.remove(&key);
        }
        self.free.push(slot);
        Some(*connection)
    }

    /// The connection that has been finished longest, where more than `most` are finished.
    pub fn finished_beyond(&self, most: usize) -> Option<Slot> {
        self.finished.oldest.filter(|_| self.finished.len > most)
    }

    /// The connection to forget next: the one that has been finished longest, else the one that has been idle longest, else the one
    /// whose case has been open longest.
    pub fn most_dispensable(&self) -> Option<Slot> {
        self.finished
            .oldest
            .or(self.live.oldest)
            .or(self.awaited.oldest)
    }

    fn queue(&mut self, shelf: Shelf) -> &mut Queue {
        match shelf {
            Shelf::Live => &mut self.live,
            Shelf::Finished => &mut self.finished,
            Shelf::Awaited => &mut self.awaited,
        }
    }

    fn link(&mut self, slot: Slot) {
        let shelf = self.entries[slot].shelf;
        self.queue(shelf).len += 1;
        let newest = self.queue(shelf).newest.replace(slot);
        match newest {
            Some(newest) => self.entries[newest].later = Some(slot),
            None => self.queue(shelf).oldest = Some(slot),
        }
        self.entries[slot].earlier = newest;
        self.entries[slot].later = None;
    }

    fn unlink(&mut self, slot: Slot) {
        let Entry {
            earlier,
            later,
            shelf,
            ..
        } = self.entries[slot];
        self.queue(shelf).len -= 1;
        match earlier {
            Some(earlier) => self.entries[earlier].later = later,
            None => self.queue(shelf).oldest = later,
        }
        match later {
            Some(later) => self.entries[later].earlier = earlier,
            None => self.queue(shelf).newest = earlier,
        }
    }
}
