//! [`Gist`] -> [`Incident`]: resets folded by cause, service, sender and origin, and what many connections show together.
//!
//! Memory is bounded by the number of kinds, never by the number of resets. A kind begins as one cause at one service. Kinds that
//! differ in the service alone become one where a path, a host or a client has many of them; when there are still too many, they
//! become one per cause. A client that tries many ports or hosts is a scan, whatever became of each attempt.

mod exhibit;
mod few;
mod findings;
mod kind;
mod known;
mod public;
mod rate;
mod scan;
mod tally;
mod traits;
mod visits;

pub use exhibit::Whole;
pub use tally::Tally;
pub use traits::Traits;

use crate::case::Habits;
use crate::report::{Gist, Incident};
use foldhash::fast::RandomState;
use kind::{Kind, Place, Trio};
use scan::{Conduct, Probers};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What incidents may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Incidents told apart while reading. When there are more, those that share most become one.
    pub incidents: usize,
    /// Resets that each keeps whole, the surest and earliest ones.
    pub examples: usize,
    /// Client addresses, and services, that each counts. Further ones make the count a lower bound.
    pub clients: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            incidents: 256,
            examples: 3,
            clients: 256,
        }
    }
}

/// Folds resets as they come.
#[derive(Clone, Debug)]
pub struct Incidents {
    bounds: Bounds,
    routes: HashMap<(Trio, Place), usize, RandomState>,
    /// The latest of these that was asked for, which mostly is asked for again.
    latest: Option<((Trio, Place), usize)>,
    kinds: Vec<Option<Kind>>,
    free: Vec<usize>,
    folded: bool,
    probers: Probers,
}

impl Incidents {
    /// None yet.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            routes: HashMap::default(),
            latest: None,
            kinds: Vec::new(),
            free: Vec::new(),
            folded: false,
            probers: Probers::default(),
        }
    }

    /// Adds a reset; `whole` gives all that there is of it, if it is to be kept.
    pub fn add(&mut self, reset: &Gist, traits: &Traits, whole: impl FnOnce() -> Whole) {
        let trio = Trio::of(reset);
        let client = reset.client.ip();
        let conduct = if scan::may_be_probe(trio.cause) {
            self.probers.meet(reset)
        } else {
            Conduct::Plain
        };
        if conduct != Conduct::Plain {
            let slot = self.slot(Trio::SCAN, Place::Client(client));
            if conduct == Conduct::BeginsToScan {
                self.take_over(client, slot);
            }
            return self.add_to(slot, reset, traits, whole);
        }
        let slot = self
            .known_place(trio, reset, traits)
            .unwrap_or_else(|| self.slot(trio, Place::Service(reset.server)));
        self.add_to(slot, reset, traits, whole);
        if self.kinds.len() - self.free.len() > self.bounds.incidents {
            self.fold();
            self.shrink();
        }
    }

    /// The incidents, the gravest first and of one severity the largest, with what `habits` and they themselves show together.
    pub fn finish(mut self, habits: &[Habits]) -> Vec<Incident> {
        self.fold();
        let mut kinds: Vec<Kind> = self.kinds.into_iter().flatten().collect();
        let grid = rate::Grid::over(&kinds);
        let shared = findings::Shared::of(&kinds);
        let mut incidents: Vec<Incident> = kinds
            .iter_mut()
            .map(|kind| {
                let findings = findings::of(kind, habits, &shared);
                kind.incident(&grid, findings)
            })
            .collect();
        incidents.sort_by(|one, other| {
            kind::severity_rank(other.severity)
                .cmp(&kind::severity_rank(one.severity))
                .then(other.count.cmp(&one.count))
                .then(one.first.cmp(&other.first))
                .then(one.examples.cmp(&other.examples))
                .then(one.cause.cmp(other.cause))
        });
        for (number, incident) in (1..).zip(&mut incidents) {
            let number: usize = number;
            incident.id = format!("I{number}");
        }
        incidents
    }

    /// The kind of a reset whose like has been folded before.
    fn known_place(&self, trio: Trio, reset: &Gist, traits: &Traits) -> Option<usize> {
        if !self.folded {
            return None;
        }
        [
            Place::Everywhere,
            Place::Path(traits.hop_limit),
            Place::Host(reset.server.ip()),
            Place::Client(reset.client.ip()),
        ]
        .into_iter()
        .filter(|place| trio.origin == "in-path" || !matches!(place, Place::Path(_)))
        .find_map(|place| self.routes.get(&(trio, place)).copied())
    }

    /// The place of a kind, which begins here unless it is known.
    fn slot(&mut self, trio: Trio, place: Place) -> usize {
        let slot = match self.latest {
            Some((latest, slot)) if latest == (trio, place) => return slot,
            _ => self.slot_of(trio, place),
        };
        self.latest = Some(((trio, place), slot));
        slot
    }

    fn slot_of(&mut self, trio: Trio, place: Place) -> usize {
        if let Some(slot) = self.routes.get(&(trio, place)) {
            return *slot;
        }
        let kind = Some(Kind::new(trio, place));
        let slot = self.free.pop().unwrap_or_else(|| {
            self.kinds.push(None);
            self.kinds.len() - 1
        });
        if let Some(room) = self.kinds.get_mut(slot) {
            *room = kind;
        }
        self.routes.insert((trio, place), slot);
        slot
    }

    fn add_to(
        &mut self,
        slot: usize,
        reset: &Gist,
        traits: &Traits,
        whole: impl FnOnce() -> Whole,
    ) {
        if let Some(Some(kind)) = self.kinds.get_mut(slot) {
            kind.add(reset, traits, &self.bounds, whole);
        }
    }

    /// Takes a kind out.
    fn take(&mut self, slot: usize) -> Option<Kind> {
        let kind = self.kinds.get_mut(slot)?.take()?;
        self.routes.remove(&(kind.trio, kind.place));
        self.latest = None;
        self.free.push(slot);
        Some(kind)
    }

    /// Moves what had been one client's attempts alone into its scan.
    fn take_over(&mut self, client: std::net::IpAddr, scan: usize) {
        for slot in 0..self.kinds.len() {
            let is_its = self
                .kinds
                .get(slot)
                .and_then(Option::as_ref)
                .is_some_and(|kind| {
                    slot != scan
                        && scan::may_be_probe(kind.trio.cause)
                        && kind.only_client() == Some(client)
                });
            if is_its && let Some(kind) = self.take(slot) {
                self.join(scan, kind);
            }
        }
    }

    fn join(&mut self, slot: usize, other: Kind) {
        if let Some(Some(kind)) = self.kinds.get_mut(slot) {
            kind.absorb(other, &self.bounds);
        }
    }

    /// Joins kinds that differ in the service alone, where a path, a host or a client has many of them.
    fn fold(&mut self) {
        for coarser in [Kind::on_path, Kind::on_host, Kind::of_client] {
            let mut groups: BTreeMap<(Trio, Place), BTreeSet<usize>> = BTreeMap::new();
            for (slot, kind) in self.kinds.iter().enumerate() {
                if let Some(kind) = kind
                    && let Some(place) = coarser(kind)
                {
                    groups.entry((kind.trio, place)).or_default().insert(slot);
                }
            }
            for ((trio, place), slots) in groups {
                if slots.len() >= MANY || self.routes.contains_key(&(trio, place)) {
                    self.join_all(trio, place, &slots);
                }
            }
        }
    }

    /// Makes one kind of each cause that has the most of them, until a quarter of the room is free.
    fn shrink(&mut self) {
        while self.kinds.len() - self.free.len() > self.bounds.incidents / 4 * 3 {
            let mut groups: BTreeMap<Trio, BTreeSet<usize>> = BTreeMap::new();
            for (slot, kind) in self.kinds.iter().enumerate() {
                if let Some(kind) = kind {
                    groups.entry(kind.trio).or_default().insert(slot);
                }
            }
            let largest = groups
                .into_iter()
                .filter(|(_, slots)| slots.len() > 1)
                .max_by_key(|(trio, slots)| (slots.len(), std::cmp::Reverse(*trio)));
            let Some((trio, slots)) = largest else {
                return;
            };
            self.join_all(trio, Place::Everywhere, &slots);
        }
    }

    fn join_all(&mut self, trio: Trio, place: Place, slots: &BTreeSet<usize>) {
        self.folded = true;
        let kinds: Vec<Kind> = slots.iter().filter_map(|slot| self.take(*slot)).collect();
        let into = self.slot(trio, place);
        for kind in kinds {
            self.join(into, kind);
        }
    }
}

/// Services from which on a host or a client with the same trouble at each is one story. Chosen: three can still be read one by one.
const MANY: usize = 4;

#[cfg(test)]
mod tests;
