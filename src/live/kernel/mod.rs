//! What this host's kernel says of the resets that it sent: why, by the trace point `tcp:tcp_send_reset`, and how often, by its counters.
//!
//! It only reads: the records of the trace point come through tracefs, into a buffer of their own that disturbs no other reader. What the
//! kernel says is evidence beside the capture's. It never makes a verdict; where it speaks against one, that is not sure any more.

mod agree;
mod counters;
mod event;
mod trace;

use crate::report::{KernelCounter, ResetReport};
use counters::Counters;
use event::Events;
use nix::ifaddrs::getifaddrs;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use trace::Trace;

/// Why a part of what the kernel could say is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absent {
    /// There is no tracefs: not mounted, or not for this user.
    NoTracing(String),
    /// This kernel has no such trace point.
    NoTracePoint,
    /// It has, but says no reason: it is older than Linux 6.10.
    NoReason,
    /// The counters cannot be read.
    NoCounters(String),
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTracing(why) => write!(f, "the kernel's trace of resets cannot be read: {why}"),
            Self::NoTracePoint => f.write_str("this kernel has no trace point tcp:tcp_send_reset"),
            Self::NoReason => f.write_str(
                "this kernel traces its resets without a reason, as before Linux 6.10: only whether it sent them is known",
            ),
            Self::NoCounters(why) => write!(f, "the kernel's counters cannot be read: {why}"),
        }
    }
}

/// The kernel as a witness.
#[derive(Debug)]
pub struct Kernel {
    trace: Option<Trace>,
    events: Events,
    counters: Option<Counters>,
    /// Addresses of this host, in this network namespace.
    own: BTreeSet<IpAddr>,
    /// Resets that this host sent, by cause.
    judged: BTreeMap<&'static str, u64>,
}

impl Kernel {
    /// Opens what there is, and tells what there is not.
    pub fn open() -> (Self, Vec<Absent>) {
        let mut absent = Vec::new();
        let trace = match Trace::open() {
            Ok(trace) => Some(trace),
            Err(why) => {
                absent.push(why);
                None
            }
        };
        if trace.as_ref().is_some_and(|trace| !trace.tells_reasons()) {
            absent.push(Absent::NoReason);
        }
        let counters = match Counters::read() {
            Ok(counters) => Some(counters),
            Err(error) => {
                absent.push(Absent::NoCounters(error.to_string()));
                None
            }
        };
        let kernel = Self {
            trace,
            events: Events::default(),
            counters,
            own: own_addresses(),
            judged: BTreeMap::new(),
        };
        (kernel, absent)
    }

    /// Takes in what the trace holds by now.
    pub fn listen(&mut self) {
        if let Some(trace) = &mut self.trace {
            trace.read(&mut self.events);
        }
    }

    /// Adds to a reset what the kernel says of it.
    pub fn testify(&mut self, reset: &mut ResetReport) {
        let (from, to) = ends(reset);
        let is_own = self.own.contains(&from.ip());
        if self.trace.is_some() {
            let found = self.events.take(from, to, reset.time.nanos());
            // Nothing recorded says something only where nothing was lost, and this kernel would have sent it.
            let silence = found.is_none() && is_own && self.events.is_complete();
            if found.is_some() || silence {
                let (agrees, statement) = agree::judge(reset, found.as_ref());
                reset.witness(agrees, statement);
            }
        }
        if is_own {
            *self.judged.entry(reset.verdict.cause).or_default() += 1;
        }
    }

    /// How the kernel's counters grew since it was opened.
    pub fn counters(&self) -> Vec<KernelCounter> {
        let now = Counters::read();
        match (&self.counters, now) {
            (Some(before), Ok(now)) => before.growth(&now, &self.judged),
            _ => Vec::new(),
        }
    }
}

/// Who sent a reset, and to whom.
fn ends(reset: &ResetReport) -> (SocketAddr, SocketAddr) {
    let (client, server) = (reset.connection.client, reset.connection.server);
    if reset.sender == "client" {
        (client, server)
    } else {
        (server, client)
    }
}

fn own_addresses() -> BTreeSet<IpAddr> {
    let of = |address: &nix::sys::socket::SockaddrStorage| {
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    };
    let all = getifaddrs().into_iter().flatten();
    all.filter_map(|one| one.address.as_ref().and_then(of))
        .collect()
}
