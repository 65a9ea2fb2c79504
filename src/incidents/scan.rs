//! Who tries many ports or hosts: [`Probers`].

use crate::origin::SECOND;
use crate::report::{Gist, Time};
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

/// Clients whose connections ended as attempts end, with what each tried of late. The one met first is forgotten when there are many.
#[derive(Clone, Debug, Default)]
pub struct Probers {
    by_client: HashMap<IpAddr, Prober, RandomState>,
    order: VecDeque<IpAddr>,
}

#[derive(Clone, Debug, Default)]
struct Prober {
    recent: VecDeque<(Time, SocketAddr)>,
    scans: bool,
}

/// What an attempt tells of its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It has tried few of late.
    Plain,
    /// By this attempt it is found to scan.
    BeginsToScan,
    /// It was found to scan before.
    Scans,
}

impl Probers {
    /// Notes an attempt.
    pub fn meet(&mut self, reset: &Gist) -> Conduct {
        let client = reset.client.ip();
        if let Some(prober) = self.by_client.get_mut(&client) {
            return prober.tries(reset.time, reset.server);
        }
        if self.order.len() >= CLIENTS
            && let Some(first) = self.order.pop_front()
        {
            self.by_client.remove(&first);
        }
        self.order.push_back(client);
        let prober = self.by_client.entry(client).or_default();
        prober.tries(reset.time, reset.server)
    }
}

impl Prober {
    fn tries(&mut self, time: Time, service: SocketAddr) -> Conduct {
        if self.scans {
            return Conduct::Scans;
        }
        self.recent
            .retain(|(when, known)| *known != service && time.since(*when).nanos() <= WITHIN);
        if self.recent.len() >= KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back((time, service));
        if self.recent.len() < TARGETS {
            return Conduct::Plain;
        }
        let services = || self.recent.iter().map(|(_, service)| service);
        let ports: BTreeSet<u16> = services().map(SocketAddr::port).collect();
        let hosts: BTreeSet<IpAddr> = services().map(SocketAddr::ip).collect();
        if ports.len() >= TARGETS || hosts.len() >= TARGETS {
            self.scans = true;
            self.recent = VecDeque::new();
            return Conduct::BeginsToScan;
        }
        Conduct::Plain
    }
}

/// Causes by which the attempts of a scan end.
pub fn may_be_probe(cause: &str) -> bool {
    matches!(
        cause,
        "port-closed" | "firewall-reject" | "half-open-probe" | "connect-probe" | "stray-segment"
    )
}

/// Different ports or hosts that make a scan, and the time within which; the taxonomy's line.
const TARGETS: usize = 10;
const WITHIN: i64 = 60 * SECOND;
/// Attempts remembered of a client.
const KEPT: usize = 32;
/// Clients remembered.
const CLIENTS: usize = 4096;
