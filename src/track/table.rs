//! Connections by their two addresses, in whichever direction a segment goes; the finished and the idle ones go first when there are too many.

use super::connection::Connection;
use super::index::Index;
use super::key::Key;
use crate::case::ConnectionId;
use crate::tcp::{Flow, Segment};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::num::NonZeroU32;

/// Place of a connection in the table, and which of those that had this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    place: u32,
    tenant: NonZeroU32,
}

impl Slot {
    fn index(self) -> usize {
        self.place as usize
    }
}

/// The connections that are followed. Order of eviction follows the order of segments, so the hash's seed never shows.
#[derive(Debug)]
pub struct Table {
    /// The places of all, by the flow between their own ends.
    places: Index,
    hasher: RandomState,
    /// The further ends under which a connection is found, and its place; and the same by its place. Few captures have any.
    further: HashTable<(ConnectionId, u32)>,
    further_of: HashMap<u32, Vec<ConnectionId>, RandomState>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    /// Connections that were forgotten: the next ones use their memory.
    #[expect(
        clippy::vec_box,
        reason = "moved between here and the entries, which hold boxes"
    )]
    spare: Vec<Box<Connection>>,
    queues: [Queue; 5],
}

#[derive(Debug)]
struct Entry {
    connection: Option<Box<Connection>>,
    /// That of its own ends.
    flow: Flow,
    tenant: NonZeroU32,
    rank: Rank,
    earlier: Option<u32>,
    later: Option<u32>,
}

impl Entry {
    #[inline]
    fn has(&self, key: &Key<'_>) -> bool {
        let connection = self.connection.as_deref();
        connection.is_some_and(|connection| key.is_of(&connection.id))
    }
}

/// In which order connections are forgotten, and among whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Over: what may still come of it is a straggler.
    Finished,
    /// Under way, and known to the cases of others.
    Live,
    /// Nobody's cases know of it but its own, should it be reset.
    Apart,
    /// The same, and over.
    Ended,
    /// A case of it is open: it is not forgotten.
    Awaited,
}

/// A doubly linked queue through the entries, the longest untouched first.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    len: usize,
    oldest: Option<u32>,
    newest: Option<u32>,
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Self {
            places: Index::default(),
            hasher: RandomState::default(),
            further: HashTable::new(),
            further_of: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            spare: Vec::new(),
            queues: [Queue::default(); 5],
        }
    }

    /// How many connections are followed in `rank`.
    pub fn len(&self, rank: Rank) -> usize {
        self.queues[rank as usize].len
    }

    /// The same of some ranks together.
    pub fn len_of<const N: usize>(&self, ranks: [Rank; N]) -> usize {
        ranks.map(|rank| self.len(rank)).iter().sum()
    }

    /// How many connections are followed.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// Where the connection of `key` stands.
    pub fn find(&self, key: &Key<'_>) -> Option<Slot> {
        let entries = &self.entries;
        let hash = self.hasher.hash_one(key.flow);
        let further = || {
            let found = self.further.find(hash, |(id, _)| key.is_of(id));
            found.map(|(_, place)| *place)
        };
        let place = self.places.find(hash, |at| entries[at as usize].has(key));
        place.or_else(further).map(|place| Slot {
            place,
            tenant: entries[place as usize].tenant,
        })
    }

    /// The connection at `slot`.
    pub fn get(&self, slot: Slot) -> Option<&Connection> {
        let entry = self.entries.get(slot.index())?;
        let connection = entry.connection.as_deref()?;
        (entry.tenant == slot.tenant).then_some(connection)
    }

    /// The connection at `slot`, to be changed.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Connection> {
        let entry = self.entries.get_mut(slot.index())?;
        let connection = entry.connection.as_deref_mut()?;
        (entry.tenant == slot.tenant).then_some(connection)
    }

    /// Adds the connection `id` of that flow, which begins with `segment` and must not be there.
    pub fn insert(
        &mut self,
        id: ConnectionId,
        flow: Flow,
        segment: &Segment<'_>,
        room: usize,
        rank: Rank,
    ) -> Slot {
        let connection = match self.spare.pop() {
            Some(mut spare) => {
                spare.begin_anew(id, segment);
                spare
            }
            None => Box::new(Connection::new(id, segment, room)),
        };
        let entry = Entry {
            connection: Some(connection),
            flow,
            tenant: NonZeroU32::MIN,
            rank,
            earlier: None,
            later: None,
        };
        let slot = if let Some(place) = self.free.pop() {
            let old = &mut self.entries[place as usize];
            let tenant = old.tenant.checked_add(1).unwrap_or(NonZeroU32::MIN);
            *old = Entry { tenant, ..entry };
            Slot { place, tenant }
        } else {
            // As many connections as a table could hold in any memory of today.
            let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            self.entries.push(entry);
            let tenant = NonZeroU32::MIN;
            Slot { place, tenant }
        };
        let (entries, hasher) = (&self.entries, &self.hasher);
        let hash_of = |at: u32| hasher.hash_one(entries[at as usize].flow);
        self.places
            .insert(hasher.hash_one(flow), slot.place, hash_of);
        self.link(slot.place);
        slot
    }

    /// Lets the connection at `slot` be found between other ends too, which must not be there.
    pub fn add_ends(&mut self, id: ConnectionId, slot: Slot) {
        let hasher = &self.hasher;
        self.further
            .insert_unique(hasher.hash_one(id.flow()), (id, slot.place), |(id, _)| {
                hasher.hash_one(id.flow())
            });
        self.further_of.entry(slot.place).or_default().push(id);
    }

    /// Puts the connection at `slot` behind all others of `rank`.
    pub fn touch(&mut self, slot: Slot, rank: Rank) {
        let place = slot.place;
        if self.entries[slot.index()].rank == rank
            && self.queues[rank as usize].newest == Some(place)
        {
            return;
        }
        self.unlink(place);
        self.entries[slot.index()].rank = rank;
        self.link(place);
    }

    /// Forgets the connection at `slot`.
    pub fn remove(&mut self, slot: Slot) {
        let entry = self.entries.get_mut(slot.index());
        let Some(entry) = entry.filter(|entry| entry.tenant == slot.tenant) else {
            return;
        };
        let Some(connection) = entry.connection.take() else {
            return;
        };
        self.places
            .remove(self.hasher.hash_one(entry.flow), slot.place);
        for id in self.further_of.remove(&slot.place).into_iter().flatten() {
            let hash = self.hasher.hash_one(id.flow());
            let is_it = |(_, place): &(_, u32)| *place == slot.place;
            if let Ok(found) = self.further.find_entry(hash, is_it) {
                found.remove();
            }
        }
        if self.spare.len() < SPARE {
            self.spare.push(connection);
        }
        self.unlink(slot.place);
        self.free.push(slot.place);
    }

    /// The connection of `rank` that has not been touched for longest.
    pub fn oldest(&self, rank: Rank) -> Option<Slot> {
        let place = self.queues[rank as usize].oldest?;
        let tenant = self.entries[place as usize].tenant;
        Some(Slot { place, tenant })
    }

    /// All connections, in the order of their places.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Slot, &mut Connection)> {
        let entries = self.entries.iter_mut().zip(0..);
        entries.filter_map(|(entry, place)| {
            let tenant = entry.tenant;
            let connection = entry.connection.as_deref_mut()?;
            Some((Slot { place, tenant }, connection))
        })
    }

    fn link(&mut self, place: u32) {
        let rank = self.entries[place as usize].rank;
        let queue = &mut self.queues[rank as usize];
        queue.len += 1;
        let newest = queue.newest.replace(place);
        match newest {
            Some(newest) => self.entries[newest as usize].later = Some(place),
            None => queue.oldest = Some(place),
        }
        self.entries[place as usize].earlier = newest;
        self.entries[place as usize].later = None;
    }

    fn unlink(&mut self, place: u32) {
        let Entry {
            earlier,
            later,
            rank,
            ..
        } = self.entries[place as usize];
        let queue = &mut self.queues[rank as usize];
        queue.len -= 1;
        match earlier {
            Some(earlier) => self.entries[earlier as usize].later = later,
            None => queue.oldest = later,
        }
        match later {
            Some(later) => self.entries[later as usize].earlier = earlier,
            None => queue.newest = earlier,
        }
    }
}

/// Forgotten connections whose memory is kept; chosen: as many as come and go between two looks at the clock.
const SPARE: usize = 256;
