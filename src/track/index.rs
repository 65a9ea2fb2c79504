//! [`Index`]: where something stands, by its hash.

use hashbrown::HashTable;

/// Places by the hashes of what stands there. Beside each place it keeps enough of the hash that what stands elsewhere is hardly ever looked at:
/// that would be memory to wait for.
#[derive(Debug, Default)]
pub struct Index {
    table: HashTable<Found>,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    place: u32,
    print: u32,
}

/// A part of a hash, another one than that by which tables choose a bucket.
#[expect(
    clippy::cast_possible_truncation,
    reason = "that is what a part of it is"
)]
const fn print(hash: u64) -> u32 {
    (hash >> 24) as u32
}

impl Index {
    /// How many places it knows.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// The place with that hash where `is_it` says so.
    #[inline]
    pub fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let print = print(hash);
        let found = self
            .table
            .find(hash, |found| found.print == print && is_it(found.place))?;
        Some(found.place)
    }

    /// Adds a place, which it must not know yet; `hash_of` gives the hash of any that it knows.
    #[inline]
    pub fn insert(&mut self, hash: u64, place: u32, hash_of: impl Fn(u32) -> u64) {
        let print = print(hash);
        self.table
            .insert_unique(hash, Found { place, print }, |found| hash_of(found.place));
    }

    /// Forgets a place with that hash.
    #[inline]
    pub fn remove(&mut self, hash: u64, place: u32) {
        if let Ok(found) = self.table.find_entry(hash, |found| found.place == place) {
            found.remove();
        }
    }
}
