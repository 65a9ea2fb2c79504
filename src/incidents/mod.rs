//! [`ResetReport`] -> [`Incident`]: resets folded by cause, service, sender and origin.
//!
//! Memory is bounded by the number of incidents, never by the number of resets: beyond [`Bounds::incidents`] every further kind is
//! counted in one incident called `other`. What each keeps whole are a few representatives.

use crate::report::{Clients, Incident, Reference, ResetReport, Time};
use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};

/// What incidents may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Incidents told apart. Further ones are counted as one.
    pub incidents: usize,
    /// Resets that each keeps whole, the surest and earliest ones.
    pub examples: usize,
    /// Client addresses that each counts. Further ones make the count a lower bound.
    pub clients: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            incidents: 1024,
            examples: 3,
            clients: 256,
        }
    }
}

/// Folds resets as they come.
#[derive(Clone, Debug)]
pub struct Incidents {
    bounds: Bounds,
    places: HashMap<Key, usize>,
    kinds: Vec<Kind>,
    other: Option<Kind>,
}

/// What the resets of one incident have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    cause: &'static str,
    service: SocketAddr,
    sender: &'static str,
    origin: &'static str,
}

#[derive(Clone, Debug)]
struct Kind {
    incident: Incident,
    clients: BTreeSet<IpAddr>,
}

impl Incidents {
    /// None yet.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            places: HashMap::new(),
            kinds: Vec::new(),
            other: None,
        }
    }

    /// Adds a reset.
    pub fn add(&mut self, reset: &ResetReport) {
        let key = Key::of(reset);
        let known = self.places.get(&key).copied();
        let room = self.kinds.len() < self.bounds.incidents;
        if known.is_none() && room {
            self.places.insert(key, self.kinds.len());
            let id = format!("I{}", self.kinds.len() + 1);
            self.kinds.push(Kind::begin(id, reset));
        }
        let place = known.or_else(|| self.kinds.len().checked_sub(1).filter(|_| room));
        let kind = match place.and_then(|place| self.kinds.get_mut(place)) {
            Some(kind) => kind,
            None => self.other.get_or_insert_with(|| Kind::rest(reset)),
        };
        kind.add(reset, &self.bounds);
    }

    /// The incidents, in the order of their first resets; what was beyond the bound comes last.
    pub fn finish(self) -> Vec<Incident> {
        self.kinds
            .into_iter()
            .chain(self.other)
            .map(|kind| kind.incident)
            .collect()
    }
}

impl Key {
    fn of(reset: &ResetReport) -> Self {
        Self {
            cause: reset.verdict.cause,
            service: reset.connection.server,
            sender: reset.sender,
            origin: reset.origin,
        }
    }
}

impl Kind {
    fn begin(id: String, reset: &ResetReport) -> Self {
        let verdict = &reset.verdict;
        Self {
            incident: Incident {
                id,
                cause: verdict.cause,
                title: verdict.title,
                severity: verdict.severity,
                confidence: verdict.confidence,
                count: 0,
                first: reset.time,
                last: reset.time,
                service: Some(reset.connection.server),
                sender: Some(reset.sender),
                origin: Some(reset.origin),
                clients: Clients {
                    count: 0,
                    complete: true,
                },
                findings: Vec::new(),
                examples: Vec::new(),
                representatives: Vec::new(),
            },
            clients: BTreeSet::new(),
        }
    }

    /// The incident of all that is beyond the bound.
    fn rest(reset: &ResetReport) -> Self {
        let mut kind = Self::begin("other".into(), reset);
        kind.incident.cause = "other";
        kind.incident.title = "Resets of further kinds, beyond the number that is told apart";
        kind.incident.service = None;
        kind.incident.sender = None;
        kind.incident.origin = None;
        kind
    }

    fn add(&mut self, reset: &ResetReport, bounds: &Bounds) {
        let incident = &mut self.incident;
        incident.count += 1;
        incident.first = incident.first.min(reset.time);
        incident.last = incident.last.max(reset.time);
        let verdict = &reset.verdict;
        if severity_rank(verdict.severity) > severity_rank(incident.severity) {
            incident.severity = verdict.severity;
        }
        if confidence_rank(verdict.confidence) > confidence_rank(incident.confidence) {
            incident.confidence = verdict.confidence;
        }
        let client = reset.connection.client.ip();
        if !self.clients.contains(&client) {
            if self.clients.len() < bounds.clients {
                self.clients.insert(client);
            } else {
                incident.clients.complete = false;
            }
        }
        incident.clients.count = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        represent(incident, reset, bounds.examples);
    }
}

/// Keeps `reset` among the representatives where it is surer or earlier than one of them.
fn represent(incident: &mut Incident, reset: &ResetReport, most: usize) {
    let kept = &mut incident.representatives;
    let place = kept.partition_point(|other| merit(other) <= merit(reset));
    if place >= most {
        return;
    }
    kept.insert(place, reset.clone());
    kept.truncate(most);
    incident.examples = kept.iter().map(ResetReport::reference).collect();
}

/// The order of representatives, the best first: a first reset before its consequences, then sureness, evidence, and time.
fn merit(reset: &ResetReport) -> (bool, u8, usize, Time, Reference) {
    (
        reset.follows_reset.is_some(),
        u8::MAX - confidence_rank(reset.verdict.confidence),
        usize::MAX - reset.verdict.evidence.len(),
        reset.time,
        reset.reference(),
    )
}

fn severity_rank(severity: &str) -> u8 {
    match severity {
        "error" => 2,
        "warning" => 1,
        _ => 0,
    }
}

fn confidence_rank(confidence: &str) -> u8 {
    match confidence {
        "certain" => 2,
        "likely" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(incidents: usize, examples: usize, clients: usize) -> Bounds {
        Bounds {
            incidents,
            examples,
            clients,
        }
    }

    fn reset(record: u64, cause: &'static str, confidence: &'static str) -> ResetReport {
        let mut reset = ResetReport::sample();
        reset.record = record;
        reset.time = Time::from_nanos(i64::try_from(record).unwrap());
        reset.verdict.cause = cause;
        reset.verdict.confidence = confidence;
        reset
    }

    fn folded(bounds: Bounds, resets: &[ResetReport]) -> Vec<Incident> {
        let mut incidents = Incidents::new(bounds);
        for reset in resets {
            incidents.add(reset);
        }
        incidents.finish()
    }

    #[test]
    fn the_surest_and_earliest_represent_an_incident() {
        let resets = [
            reset(1, "a", "possible"),
            reset(2, "a", "certain"),
            reset(3, "a", "likely"),
            reset(4, "a", "certain"),
        ];
        let incidents = folded(bounds(9, 3, 9), &resets);
        let [only] = incidents.as_slice() else {
            unreachable!("one cause, one service, one sender");
        };
        let records: Vec<u64> = only.examples.iter().map(|at| at.record).collect();
        assert_eq!(records, [2, 4, 3]);
        assert_eq!((only.count, only.confidence), (4, "certain"));
        assert_eq!((only.first.nanos(), only.last.nanos()), (1, 4));
    }

    #[test]
    fn kinds_beyond_the_bound_are_counted_as_one() {
        let resets = [
            reset(1, "a", "likely"),
            reset(2, "b", "likely"),
            reset(3, "c", "likely"),
            reset(4, "d", "likely"),
            reset(5, "a", "likely"),
        ];
        let incidents = folded(bounds(2, 1, 9), &resets);
        let ids: Vec<(&str, &str, u64)> = incidents
            .iter()
            .map(|one| (one.id.as_str(), one.cause, one.count))
            .collect();
        assert_eq!(ids, [("I1", "a", 2), ("I2", "b", 1), ("other", "other", 2)]);
    }

    #[test]
    fn clients_are_counted_up_to_a_bound() {
        let resets: Vec<ResetReport> = (1..=4)
            .map(|number| {
                let mut reset = reset(number, "a", "likely");
                reset.connection.client = format!("10.0.0.{number}:1").parse().unwrap();
                reset
            })
            .collect();
        let clients = |most| folded(bounds(9, 1, most), &resets).pop().unwrap().clients;
        let expected = |count, complete| Clients { count, complete };
        assert_eq!(clients(4), expected(4, true));
        assert_eq!(clients(3), expected(3, false));
    }
}
