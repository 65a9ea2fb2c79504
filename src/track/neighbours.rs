//! The last seconds of each service and the habits of each host, from every segment -> [`Neighbourhood`].

use super::remembered::{Place, Remembered, Value};
use super::table::Slot;
use crate::case::{
    ConnectionId, Habits, Handshakes, Happening, HostHabits, Neighbourhood, ResetCase, Samples,
    ServiceEvent, ServiceHabits,
};
use crate::origin::{MILLISECOND, RecordId, SECOND, Timestamp};
use crate::tcp::{Encapsulation, Header, Pair, Side};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

/// Everything that cases may know of their neighbours.
#[derive(Debug)]
pub struct Neighbours {
    services: Remembered<Service>,
    hosts: Remembered<HostHabits>,
    endings: VecDeque<Ending>,
}

/// A reset or a first FIN, wherever it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its record.
    pub record: RecordId,
    /// Its time.
    pub time: Timestamp,
    /// Where its connection stands in the table of those that are followed.
    pub slot: Slot,
    /// Who sent it.
    pub side: Side,
}

/// What is known of a service. Of a scan there are thousands that do no more than refuse once: of those nothing stands elsewhere.
#[derive(Debug, Default)]
struct Service {
    refused: u64,
    last_refused: Option<Timestamp>,
    /// The first of the events that are remembered.
    first: Option<ServiceEvent>,
    more: Option<Box<More>>,
}

/// What only a service has to show that was met again.
#[derive(Debug, Default)]
struct More {
    /// The events behind the first.
    others: VecDeque<ServiceEvent>,
    /// It does something else than refuse.
    does_else: bool,
    /// Without what it refused.
    habits: ServiceHabits,
    closed: Samples,
    survived: Samples,
    handshakes: Handshakes,
}

impl Value for HostHabits {}

impl Value for Service {
    fn look(&self) -> u64 {
        let first = self.first.map_or(0, |event| event.record.number());
        let ends = self.refused ^ u64::from(self.more.is_some());
        first ^ ends ^ u64::from(self.last_refused.is_some())
    }
}

/// Where the service of a connection stands.
pub fn service_of(id: &ConnectionId) -> Place {
    Place::of(id.server, id.encapsulation)
}

impl Service {
    /// Whether all that is known of it are clients that asked once, and refusals.
    fn only_refuses(&self) -> bool {
        self.refused > 0 && self.more.as_ref().is_none_or(|more| !more.does_else)
    }

    /// Where to note what else it does.
    fn more(&mut self) -> &mut More {
        let more = self.more.get_or_insert_default();
        more.does_else = true;
        more
    }

    /// What it usually does.
    fn habits(&self) -> ServiceHabits {
        ServiceHabits {
            refused: self.refused,
            ..self
                .more
                .as_ref()
                .map(|more| more.habits)
                .unwrap_or_default()
        }
    }

    /// Counts an event among what the service does.
    fn count(&mut self, event: &ServiceEvent) {
        match event.what {
            Happening::Asked => {}
            Happening::Refused => {
                self.refused += 1;
                self.last_refused = Some(event.time);
                if let Some(more) = &mut self.more {
                    more.handshakes.answered_after = None;
                }
            }
            _ => self.count_more(event),
        }
    }

    fn count_more(&mut self, event: &ServiceEvent) {
        let was_refused = self.last_refused.is_some();
        let more = self.more();
        more.habits.answered += u64::from(event.what == Happening::Answered);
        let handshakes = &mut more.handshakes;
        match event.what {
            Happening::Completed => handshakes.completed += 1,
            Happening::Answered if was_refused => {
                handshakes.answered_after.get_or_insert(event.time);
            }
            Happening::AskedAgain => {
                handshakes.asked_again += 1;
                handshakes.press(event.time);
            }
            Happening::Unheeded => {
                handshakes.unheeded += 1;
                handshakes.press(event.time);
            }
            Happening::Disowned {
                only_handshake: true,
            } => {
                handshakes.disowned += 1;
                handshakes.press(event.time);
            }
            _ => {}
        }
    }

    fn remember(&mut self, event: ServiceEvent) {
        if self.first.is_none() {
            self.first = Some(event);
            return;
        }
        let others = &mut self.more.get_or_insert_default().others;
        if others.len() + 1 >= EVENTS {
            self.first = others.pop_front();
        }
        others.push_back(event);
    }

    /// Those events that come nearest to a reset, at most [`EVENTS_SHOWN`], in their order. They stand in the order in which they came, so the
    /// search begins at the reset and goes on to the nearer side.
    fn nearest(
        &self,
        record: RecordId,
        time: Timestamp,
        concerns: impl Fn(&&ServiceEvent) -> bool,
    ) -> Vec<ServiceEvent> {
        let none = VecDeque::new();
        let others = self.more.as_ref().map_or(&none, |more| &more.others);
        let place = others.partition_point(|event| event.record < record);
        let (first_before, first_after) = match &self.first {
            Some(first) if first.record < record => (Some(first), None),
            first => (None, first.as_ref()),
        };
        let before = others.range(..place).rev().chain(first_before);
        let after = first_after.into_iter().chain(others.range(place..));
        let mut before = before.filter(&concerns).peekable();
        let mut after = after.filter(&concerns).peekable();
        let shown = (others.len() + 1).min(EVENTS_SHOWN);
        let (mut earlier, mut later) = (Vec::with_capacity(shown), Vec::new());
        let apart = |event: &ServiceEvent| (event.time - time).abs();
        while earlier.len() + later.len() < EVENTS_SHOWN {
            match (before.peek(), after.peek()) {
                (Some(left), right) if right.is_none_or(|right| apart(left) <= apart(right)) => {
                    earlier.push(**left);
                    before.next();
                }
                (_, Some(right)) => {
                    later.push(**right);
                    after.next();
                }
                _ => break,
            }
        }
        earlier.reverse();
        earlier.append(&mut later);
        earlier
    }

    /// What it did over the whole capture.
    fn habits_at(&self, service: SocketAddr) -> Habits {
        let empty = More::default();
        let More {
            closed,
            survived,
            handshakes,
            ..
        } = self.more.as_deref().unwrap_or(&empty);
        Habits {
            service,
            closed: closed.clone(),
            survived: survived.clone(),
            handshakes: Handshakes {
                refused: self.refused,
                last_refused: self.last_refused,
                ..*handshakes
            },
        }
    }
}

impl Neighbours {
    /// Remembers `capacity` services, and as many hosts.
    pub fn new(capacity: usize) -> Self {
        Self {
            services: Remembered::new(capacity),
            hosts: Remembered::new(capacity),
            endings: VecDeque::new(),
        }
    }

    /// Counts a segment, which is no reset, among the habits of its sender. Further segments of one connection with the same hop limit tell
    /// nothing new.
    pub fn meet(
        &mut self,
        from: IpAddr,
        encapsulation: Encapsulation,
        header: &Header,
        answered_in: Option<i64>,
    ) {
        let host = self.hosts.entry(Place::of_host(from, encapsulation));
        host.hop_limit_varies |= host
            .hop_limit
            .is_some_and(|before| before != header.ip.hop_limit);
        host.hop_limit = Some(header.ip.hop_limit);
        if let Some(took) = answered_in {
            host.answered_in(took);
        }
    }

    /// Notes what happened to a connection of a service.
    pub fn note(&mut self, id: &ConnectionId, header: &Header, what: Happening) {
        let event = ServiceEvent {
            record: header.record,
            time: header.time,
            client: id.client,
            what,
        };
        let service = self.services.entry(service_of(id));
        service.count(&event);
        service.remember(event);
    }

    /// Notes that a service closed a connection after a silence of `nanos`.
    pub fn closed_after(&mut self, service: Place, nanos: i64) {
        let more = self.services.entry(service).more();
        more.habits.closes_after.add(nanos);
        more.closed.add(nanos);
    }

    /// Notes that a service answered a request that came after a silence of `nanos`.
    pub fn survived(&mut self, service: Place, nanos: i64) {
        let more = self.services.entry(service).more();
        let longest = &mut more.habits.survived;
        *longest = Some(longest.map_or(nanos, |longest| longest.max(nanos)));
        more.survived.add(nanos);
    }

    /// Notes a reset or a FIN.
    pub fn ended(&mut self, header: &Header, slot: Slot, side: Side) {
        if self.endings.len() >= ENDINGS {
            self.endings.pop_front();
        }
        self.endings.push_back(Ending {
            record: header.record,
            time: header.time,
            slot,
            side,
        });
    }

    /// Forgets the endings of all connections but those that are to be kept.
    pub fn retain_endings(&mut self, keep: impl Fn(Slot) -> bool) {
        self.endings.retain(|ending| keep(ending.slot));
    }

    /// Resets and FINs that came shortly before `time`, the latest first.
    pub fn endings_before(&self, time: Timestamp) -> impl Iterator<Item = Ending> {
        let recent = self.endings.iter().rev().copied();
        recent.filter(move |ending| (0..=LEG_WITHIN).contains(&(time - ending.time)))
    }

    /// What the host at one side of a connection usually does.
    pub fn of_host(&self, id: &ConnectionId, side: Side) -> HostHabits {
        let host = Place::of_host(id.address(side).ip(), id.encapsulation);
        self.hosts.get(&host).copied().unwrap_or_default()
    }

    /// How many SYNs the service of a connection has refused, where it does nothing else as far as is remembered.
    pub fn refused_alone(&self, id: &ConnectionId) -> Option<u64> {
        match self.services.get(&service_of(id)) {
            Some(service) => service.only_refuses().then_some(service.refused),
            None => Some(0),
        }
    }

    /// What a case that settles now may know.
    pub fn around(&self, case: &ResetCase) -> Neighbourhood {
        let id = case.connection;
        let service = self.services.get(&service_of(&id));
        let since = case.reset.time.plus(-LOOKS_BACK);
        let events = service.map_or_else(Vec::new, |service| {
            let concerns = |event: &&ServiceEvent| event.client != id.client && event.time >= since;
            service.nearest(case.reset.record, case.reset.time, concerns)
        });
        Neighbourhood {
            events,
            service: service.map(Service::habits).unwrap_or_default(),
            hosts: Pair {
                client: self.of_host(&id, Side::Client),
                server: self.of_host(&id, Side::Server),
            },
            twin: None,
            other_leg: None,
        }
    }
}

impl Neighbours {
    /// What each service that is still remembered did, in the order of their addresses.
    pub fn habits(&self) -> Vec<Habits> {
        let mut all: Vec<_> = self
            .services
            .iter()
            .map(|(place, service)| (place.rank(), service.habits_at(place.address())))
            .collect();
        all.sort_unstable_by_key(|(rank, _)| *rank);
        all.into_iter().map(|(_, habits)| habits).collect()
    }
}

/// Events remembered of each service; chosen to hold a burst of some hundred connections.
const EVENTS: usize = 256;
/// Events that a case is told of, those nearest to its reset.
const EVENTS_SHOWN: usize = 64;
/// Endings remembered over all connections.
const ENDINGS: usize = 64;
/// How far before its reset a case looks: a listener's crowd or a restart lasts seconds.
const LOOKS_BACK: i64 = 5 * SECOND;
/// A relay passes an ending on within this; measured proxies took well below 10 ms.
const LEG_WITHIN: i64 = 20 * MILLISECOND;
