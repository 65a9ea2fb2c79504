//! [`Sighting`]: one more capture of a packet on its way through a host or a network.

use super::ConnectionId;
use super::ends::Ends;
use crate::origin::RecordId;

/// A second or later capture of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The record of the packet's first capture.
    pub first: RecordId,
    /// This one's.
    pub record: RecordId,
    /// The hop limit that it bore here.
    pub hop_limit: u8,
    /// By what addresses and in what tags it came here: see [`Sightings::way`].
    pub way: u8,
}

/// The sightings of one connection's packets, the first ones and the last ones, and the ways that they took.
#[derive(Clone, Debug)]
pub struct Sightings {
    kept: Ends<Sighting>,
    ways: Vec<ConnectionId>,
}

impl Sightings {
    /// Adds one.
    pub fn push(&mut self, sighting: Sighting) {
        self.kept.push(sighting);
    }

    /// Tells the ways beside the connection's own.
    pub fn set_ways(&mut self, ways: &[ConnectionId]) {
        self.ways = ways.to_vec();
    }

    /// The further captures of the packet that `record` showed first, in the order of the capture.
    pub fn of(&self, record: RecordId) -> impl Iterator<Item = &Sighting> {
        self.kept
            .iter()
            .filter(move |sighting| sighting.first == record)
    }

    /// The number of a way; 0 where it is none of the others.
    pub fn number_of(&self, way: &ConnectionId) -> u8 {
        let mut numbered = (1..).zip(&self.ways);
        numbered
            .find(|(_, id)| *id == way)
            .map_or(0, |(number, _)| number)
    }

    /// The ends and the wrappings that number `way` stands for. `None` for 0, the connection's own.
    pub fn way(&self, way: u8) -> Option<&ConnectionId> {
        self.ways.get(usize::from(way).checked_sub(1)?)
    }
}

impl Default for Sightings {
    fn default() -> Self {
        Self {
            kept: Ends::new(FIRST, LAST, 4),
            ways: Vec::new(),
        }
    }
}

/// Sightings kept of the beginning; chosen: two of each line that a story keeps there.
const FIRST: u16 = 16;
/// The same of the end.
const LAST: u16 = 64;
