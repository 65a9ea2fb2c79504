//! What is known of some thousand addresses: [`Remembered`].

use super::index::Index;
use super::key::number;
use crate::tcp::Encapsulation;
use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hash, Hasher};
use std::hint::black_box;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// An address, and the network in which it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    end: End,
    encapsulation: Encapsulation,
}

/// Address and port. Nearly all are of IPv4, and compared as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    V4(u64),
    V6(Ipv6Addr, u16),
}

impl Place {
    /// That of a service, or of a client's socket.
    #[inline]
    pub fn of(address: SocketAddr, encapsulation: Encapsulation) -> Self {
        let end = match address {
            SocketAddr::V4(address) => End::V4(number(address)),
            SocketAddr::V6(address) => End::V6(*address.ip(), address.port()),
        };
        Self { end, encapsulation }
    }

    /// That of a host.
    #[inline]
    pub fn of_host(address: IpAddr, encapsulation: Encapsulation) -> Self {
        Self::of(SocketAddr::new(address, 0), encapsulation)
    }

    /// The address and port; port 0 for a host.
    pub fn address(&self) -> SocketAddr {
        match self.end {
            End::V4(end) => {
                let [.., a, b, c, d, high, low] = end.to_be_bytes();
                let port = u16::from_be_bytes([high, low]);
                SocketAddr::new(IpAddr::from([a, b, c, d]), port)
            }
            End::V6(address, port) => SocketAddr::new(IpAddr::V6(address), port),
        }
    }

    /// By what places are put in order.
    pub fn rank(&self) -> (SocketAddr, Encapsulation) {
        (self.address(), self.encapsulation)
    }
}

impl Hash for Place {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.end {
            End::V4(end) => state.write_u64(end),
            End::V6(..) => self.end.hash(state),
        }
        if self.encapsulation.has_identity() {
            self.encapsulation.hash(state);
        }
    }
}

/// A map that forgets what it met first when it is full, and uses its memory again.
#[derive(Debug)]
pub struct Remembered<V> {
    /// Where the value of a place stands.
    table: Index,
    values: Vec<Known<V>>,
    capacity: usize,
    /// The value that was met first, once it is full.
    first: usize,
    hasher: RandomState,
}

/// A place, its hash and what is known of it.
#[derive(Debug)]
struct Known<V> {
    place: Place,
    hash: u64,
    value: V,
}

/// What may be known of a place: nothing at first.
pub trait Value: Default {
    /// Something of each of the cache lines that it takes, where it takes more than one or two.
    fn look(&self) -> u64 {
        0
    }
}

impl<V: Value> Remembered<V> {
    /// Holds `capacity` values, of which there must be one at least.
    pub fn new(capacity: usize) -> Self {
        Self {
            table: Index::default(),
            values: Vec::new(),
            capacity,
            first: 0,
            hasher: RandomState::default(),
        }
    }

    /// All that is remembered, in no order: sort it before it shows.
    pub fn iter(&self) -> impl Iterator<Item = (&Place, &V)> {
        self.values.iter().map(|known| (&known.place, &known.value))
    }

    /// All that is remembered, in no order, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.iter_mut().map(|known| &mut known.value)
    }

    /// What is remembered of `place`.
    #[inline]
    pub fn get(&self, place: &Place) -> Option<&V> {
        let values = &self.values;
        let hash = self.hasher.hash_one(place);
        let is_it = |at: u32| values[at as usize].place == *place;
        let at = self.table.find(hash, is_it)?;
        Some(&values[at as usize].value)
    }

    /// What is remembered of `place`, or a fresh value.
    pub fn entry(&mut self, place: Place) -> &mut V {
        let hash = self.hasher.hash_one(place);
        let values = &self.values;
        let is_it = |at: u32| values[at as usize].place == place;
        let at = match self.table.find(hash, is_it) {
            Some(at) => at as usize,
            None => self.begin(place, hash),
        };
        &mut self.values[at].value
    }

    /// Looks at the next places that will be forgotten, all at once: they came long ago, and to wait for the memory of each when its turn
    /// comes takes more time than all the work on it.
    fn look_ahead(&self) {
        let next = (0..).zip(&self.values).skip(self.first).take(AHEAD);
        let seen = next.fold(0, |seen, (at, known)| {
            let stands = self.table.find(known.hash, |other| other == at).is_some();
            seen ^ u64::from(stands) ^ known.value.look()
        });
        black_box(seen);
    }

    /// Makes room for a place, and says where.
    fn begin(&mut self, place: Place, hash: u64) -> usize {
        let at = if self.values.len() < self.capacity {
            let value = V::default();
            self.values.push(Known { place, hash, value });
            self.values.len() - 1
        } else {
            let at = self.first;
            if at.is_multiple_of(AHEAD) {
                self.look_ahead();
            }
            self.first = (at + 1) % self.capacity;
            let known = &mut self.values[at];
            self.table.remove(known.hash, number_of(at));
            let value = V::default();
            *known = Known { place, hash, value };
            at
        };
        let hash_of = |at: u32| self.values[at as usize].hash;
        self.table.insert(hash, number_of(at), hash_of);
        at
    }
}

/// Fewer are held than any memory of today could.
fn number_of(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Places that are looked at before they are forgotten; chosen: as many as a processor waits for at once.
const AHEAD: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    impl Value for u32 {}

    fn place(n: u8) -> Place {
        Place::of_host(IpAddr::from([10, 0, 0, n]), Encapsulation::default())
    }

    #[test]
    fn what_was_met_first_is_forgotten_first() {
        let mut remembered = Remembered::<u32>::new(3);
        for n in [1, 2, 3, 1, 4, 5] {
            *remembered.entry(place(n)) += 1;
        }
        let known = [1, 2, 3, 4, 5].map(|n| remembered.get(&place(n)).copied());
        assert_eq!(known, [None, None, Some(1), Some(1), Some(1)]);
        assert_eq!(*remembered.entry(place(1)), 0, "met anew");
        assert_eq!(remembered.iter().count(), 3);
    }
}
