//! One incident while it grows: [`Kind`].

use super::exhibit::{Exhibit, Whole};
use super::few::Few;
use super::rate::Ticks;
use super::tally::is_same;
use super::visits::Visits;
use super::{Bounds, Traits};
use crate::case::Samples;
use crate::origin::MILLISECOND;
use crate::report::{Gist, Reference, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

/// What the resets of one kind have in common wherever they came.
#[derive(Clone, Copy, Debug, Eq, PartialOrd, Ord)]
pub struct Trio {
    /// The cause's id.
    pub cause: &'static str,
    /// In whose name they were sent.
    pub sender: &'static str,
    /// Who really sent them.
    pub origin: &'static str,
}

/// Where they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// At one service.
    Service(SocketAddr),
    /// From one place on the path, by the hop limit.
    Path(u8),
    /// At many services of one host.
    Host(IpAddr),
    /// At many services, with one client.
    Client(IpAddr),
    /// At many services.
    Everywhere,
}

impl Hash for Trio {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.cause.hash(state);
        self.origin.hash(state); // The sender adds little to these two.
    }
}

impl PartialEq for Trio {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.cause, other.cause)
            && is_same(self.sender, other.sender)
            && is_same(self.origin, other.origin)
    }
}

impl Trio {
    /// All attempts of a scan, whatever became of them.
    pub const SCAN: Self = Self {
        cause: "scan",
        sender: "",
        origin: "",
    };

    /// That of a reset.
    pub const fn of(reset: &Gist) -> Self {
        Self {
            cause: reset.cause,
            sender: reset.sender,
            origin: reset.origin,
        }
    }
}

/// One incident while it grows.
#[derive(Clone, Debug)]
pub struct Kind {
    /// What its resets have in common.
    pub trio: Trio,
    /// Where they came.
    pub place: Place,
    /// How many.
    pub count: u64,
    /// The first.
    pub first: Time,
    /// The last.
    pub last: Time,
    /// When how many came.
    pub ticks: Ticks,
    /// Resets by cause, with the cause's title and severity.
    pub causes: BTreeMap<&'static str, (u64, &'static str, &'static str)>,
    /// Services, up to a bound.
    pub services: BTreeSet<SocketAddr>,
    /// Clients and their visits, up to a bound.
    pub clients: BTreeMap<IpAddr, Visits>,
    /// Silences before the last thing said.
    pub idle: Samples,
    /// Silences before the reset.
    pub quiet: Samples,
    /// How long clients waited before they gave up.
    pub waited: Samples,
    /// Hop limits of the resets, and those of their senders' other segments.
    pub hops: (Few<u8>, Few<u8>),
    /// How the connections began.
    pub openings: Few<&'static str>,
    /// The most resets within [`AT_ONCE`], and from the first to the last of them in nanoseconds.
    pub burst: (u64, i64),
    current: (u64, Time),
    /// Connections that look as if they were opened by a SYN cookie.
    pub cookies: u64,
    /// Whether `services` holds all of them.
    pub services_complete: bool,
    /// Whether `clients` holds all of them.
    pub clients_complete: bool,
    /// The best of them.
    pub confidence: &'static str,
    /// In whose names they were sent.
    pub senders: Few<&'static str>,
    /// Who really sent them.
    pub origins: Few<&'static str>,
    /// Those kept whole, the best first.
    pub representatives: Vec<Exhibit>,
}

impl Kind {
    /// Nothing yet.
    pub fn new(trio: Trio, place: Place) -> Self {
        Self {
            trio,
            place,
            count: 0,
            first: Time::from_nanos(i64::MAX),
            last: Time::from_nanos(i64::MIN),
            ticks: Ticks::default(),
            causes: BTreeMap::new(),
            services: BTreeSet::new(),
            clients: BTreeMap::new(),
            idle: Samples::default(),
            quiet: Samples::default(),
            waited: Samples::default(),
            hops: Default::default(),
            openings: Few::default(),
            burst: (0, 0),
            current: (0, Time::default()),
            cookies: 0,
            services_complete: true,
            clients_complete: true,
            confidence: "possible",
            senders: Few::default(),
            origins: Few::default(),
            representatives: Vec::new(),
        }
    }

    /// Adds a reset.
    pub fn add(
        &mut self,
        reset: &Gist,
        traits: &Traits,
        bounds: &Bounds,
        whole: impl FnOnce() -> Whole,
    ) {
        self.count += 1;
        self.first = self.first.min(reset.time);
        self.last = self.last.max(reset.time);
        self.ticks.add(reset.time, 1);
        let counted = (0, reset.title, reset.severity);
        self.causes.entry(reset.cause).or_insert(counted).0 += 1;
        self.senders.insert(reset.sender);
        self.origins.insert(reset.origin);
        self.confidence = surer(self.confidence, reset.confidence);
        // One packet is one sample, however often it was captured.
        if traits.is_copy && !self.clients.is_empty() {
            return self.represent(reset, bounds.examples, whole);
        }
        self.meets_service(reset.server, bounds.clients);
        self.meets_client(reset, traits, bounds.clients);
        for (measured, samples) in [
            (traits.idle, &mut self.idle),
            (traits.quiet, &mut self.quiet),
            (traits.waited, &mut self.waited),
        ] {
            if let Some(nanos) = measured {
                samples.add(nanos);
            }
        }
        self.hops.0.insert(traits.hop_limit);
        self.hops.1.extend(traits.usual_hop_limit);
        self.openings.extend(traits.opening);
        self.cookies += u64::from(traits.cookie);
        if reset.time.since(self.current.1).nanos().abs() > AT_ONCE {
            self.current = (0, reset.time);
        }
        self.current.0 += 1;
        if self.current.0 > self.burst.0 {
            self.burst = (
                self.current.0,
                reset.time.since(self.current.1).nanos().abs(),
            );
        }
        self.represent(reset, bounds.examples, whole);
    }

    /// Adds all of another kind.
    pub fn absorb(&mut self, other: Self, bounds: &Bounds) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.ticks.absorb(&other.ticks);
        for (cause, (count, title, severity)) in other.causes {
            self.causes.entry(cause).or_insert((0, title, severity)).0 += count;
        }
        self.senders.extend(other.senders.iter());
        self.origins.extend(other.origins.iter());
        self.confidence = surer(self.confidence, other.confidence);
        for service in other.services {
            self.meets_service(service, bounds.clients);
        }
        for (client, visits) in other.clients {
            if let Some(known) = self.clients.get_mut(&client) {
                known.count += visits.count;
                known.longest_life = i64::MAX; // Two rhythms at once are none.
            } else if self.clients.len() < bounds.clients {
                self.clients.insert(client, visits);
            } else {
                self.clients_complete = false;
            }
        }
        self.services_complete &= other.services_complete;
        self.clients_complete &= other.clients_complete;
        for (mine, theirs) in [
            (&mut self.idle, &other.idle),
            (&mut self.quiet, &other.quiet),
            (&mut self.waited, &other.waited),
        ] {
            for nanos in theirs.sorted() {
                mine.add(nanos);
            }
        }
        self.hops.0.extend(other.hops.0.iter());
        self.hops.1.extend(other.hops.1.iter());
        self.openings.extend(other.openings.iter());
        self.cookies += other.cookies;
        self.burst = self.burst.max(other.burst);
        for Exhibit { gist, whole } in other.representatives {
            self.represent(&gist, bounds.examples, || whole);
        }
    }

    fn meets_service(&mut self, service: SocketAddr, most: usize) {
        let full = self.services.len() >= most;
        if full && !self.services_complete || self.services.contains(&service) {
            return;
        }
        if full {
            self.services_complete = false;
        } else {
            self.services.insert(service);
        }
    }

    fn meets_client(&mut self, reset: &Gist, traits: &Traits, most: usize) {
        let client = reset.client.ip();
        if let Some(visits) = self.clients.get_mut(&client) {
            visits.again(reset.time, traits.age);
        } else if self.clients.len() < most {
            self.clients
                .insert(client, Visits::first(reset.time, traits.age));
        } else {
            self.clients_complete = false;
        }
    }

    /// Keeps `reset` among the representatives where it is surer or earlier than one of them.
    fn represent(&mut self, reset: &Gist, most: usize, whole: impl FnOnce() -> Whole) {
        let kept = &mut self.representatives;
        let worst = kept.last().map(|worst| merit(&worst.gist));
        if kept.len() >= most && worst.is_some_and(|worst| worst <= merit(reset)) {
            return;
        }
        let place = kept.partition_point(|other| merit(&other.gist) <= merit(reset));
        if place < most {
            let exhibit = Exhibit {
                gist: *reset,
                whole: whole(),
            };
            kept.insert(place, exhibit);
            kept.truncate(most);
        }
    }

    /// The client of all its resets, where there is one only.
    pub fn only_client(&self) -> Option<IpAddr> {
        let mut clients = self.clients.keys();
        let only = clients.next().copied();
        only.filter(|_| clients.next().is_none() && self.clients_complete)
    }

    /// The service of all its resets, where there is one only.
    pub fn only_service(&self) -> Option<SocketAddr> {
        let mut services = self.services.iter();
        let only = services.next().copied();
        only.filter(|_| services.next().is_none() && self.services_complete)
    }

    /// Whether it is a client that tried many.
    pub fn is_scan(&self) -> bool {
        self.trio == Trio::SCAN
    }

    /// Where it could be folded to by its place on the path.
    pub fn on_path(&self) -> Option<Place> {
        let only = self.hops.0.only()?;
        let strange = !self.hops.1.contains(only);
        (self.trio.origin == "in-path" && strange && !self.is_coarse()).then_some(Place::Path(only))
    }

    /// Where it could be folded to by its host.
    pub fn on_host(&self) -> Option<Place> {
        match self.place {
            Place::Service(service) => Some(Place::Host(service.ip())),
            _ => None,
        }
    }

    /// Where it could be folded to by its client.
    pub fn of_client(&self) -> Option<Place> {
        let client = self.only_client()?;
        (!self.is_coarse()).then_some(Place::Client(client))
    }

    const fn is_coarse(&self) -> bool {
        !matches!(self.place, Place::Service(_) | Place::Host(_))
    }
}

/// The order of representatives, the best first: a first reset before its consequences, then sureness, evidence, and time.
fn merit(reset: &Gist) -> (bool, u8, usize, Time, Reference) {
    (
        reset.follows,
        u8::MAX - confidence_rank(reset.confidence),
        usize::MAX - reset.evidence,
        reset.time,
        reset.reference,
    )
}

fn surer(one: &'static str, other: &'static str) -> &'static str {
    if !is_same(one, other) && confidence_rank(other) > confidence_rank(one) {
        other
    } else {
        one
    }
}

/// The order of harm.
pub fn severity_rank(severity: &str) -> u8 {
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

/// Resets that come together by one act lie within this; the taxonomy's line.
pub const AT_ONCE: i64 = 100 * MILLISECOND;
