//! [`Event`]: one record of the trace point, and [`Events`]: those that wait for their reset.

use crate::origin::{MILLISECOND, SECOND};
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A reset that the kernel says it sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds since the Unix epoch.
    pub time: i64,
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// The state of the socket, without its prefix; `UNKNOWN` without a socket.
    pub state: String,
    /// Why, as the kernel names it; `None` before Linux 6.10.
    pub reason: Option<String>,
}

impl Event {
    /// Reads a line of tracefs, whose clock is behind the Unix epoch's by `offset` nanoseconds.
    pub fn parse(line: &str, offset: i64) -> Option<Self> {
        let (head, fields) = line.split_once(": tcp_send_reset: ")?;
        let seconds = head.split_ascii_whitespace().next_back()?;
        let (whole, micros) = seconds.split_once('.')?;
        let time = whole.parse::<i64>().ok()?.checked_mul(SECOND)?
            + micros.parse::<i64>().ok()?.checked_mul(1000)?;
        let field = |name: &str| {
            let mut words = fields.split_ascii_whitespace();
            words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        let state = field("state")?;
        Some(Self {
            time: time.checked_add(offset)?,
            from: plain(field("src")?.parse().ok()?),
            to: plain(field("dest")?.parse().ok()?),
            state: state.strip_prefix("TCP_").unwrap_or(state).to_owned(),
            reason: field("reason").map(str::to_owned),
        })
    }
}

/// IPv4 in the clothes of IPv6, which a socket for both wears, becomes IPv4.
fn plain(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(v6) => v6
            .to_ipv4_mapped()
            .map_or(address, |v4| (v4, address.port()).into()),
        IpAddr::V4(_) => address,
    }
}

/// The events that no reset has claimed yet: bounded, the oldest go first.
#[derive(Debug, Default)]
pub struct Events {
    by_ends: HashMap<(SocketAddr, SocketAddr), VecDeque<Event>>,
    order: VecDeque<(SocketAddr, SocketAddr)>,
    lost: bool,
}

impl Events {
    /// Takes one in.
    pub fn add(&mut self, event: Event) {
        if self.order.len() >= MOST {
            self.forget_oldest();
            self.lost = true;
        }
        while self
            .oldest()
            .is_some_and(|oldest| event.time - oldest > KEPT)
        {
            self.forget_oldest();
        }
        let ends = (event.from, event.to);
        self.order.push_back(ends);
        self.by_ends.entry(ends).or_default().push_back(event);
    }

    /// Notes that the kernel's own buffer overflowed.
    pub const fn note_loss(&mut self) {
        self.lost = true;
    }

    /// Whether every event so far came here, so that a reset without one was none of the kernel's.
    pub const fn is_complete(&self) -> bool {
        !self.lost
    }

    /// The event of a reset from `from` to `to` that was captured at `time`.
    pub fn take(&mut self, from: SocketAddr, to: SocketAddr, time: i64) -> Option<Event> {
        // Old kernels name a listening socket's or no address, where the reset answers a segment without a socket.
        let any = |port| -> [SocketAddr; 2] {
            [
                (Ipv4Addr::UNSPECIFIED, port).into(),
                (Ipv6Addr::UNSPECIFIED, port).into(),
            ]
        };
        let listening = any(from.port()).into_iter().zip(any(0));
        for ends in std::iter::once((from, to)).chain(listening) {
            let Some(waiting) = self.by_ends.get_mut(&ends) else {
                continue;
            };
            let at = waiting
                .iter()
                .position(|event| (event.time - time).abs() <= WITHIN);
            if let Some(event) = at.and_then(|at| waiting.remove(at)) {
                if waiting.is_empty() {
                    self.by_ends.remove(&ends);
                }
                return Some(event);
            }
        }
        None
    }

    fn oldest(&self) -> Option<i64> {
        let ends = self.order.front()?;
        // What was claimed leaves its place in the order, which counts as old.
        Some(
            self.by_ends
                .get(ends)
                .and_then(|waiting| waiting.front())
                .map_or(i64::MIN / 2, |event| event.time),
        )
    }

    fn forget_oldest(&mut self) {
        if let Some(ends) = self.order.pop_front()
            && let Some(waiting) = self.by_ends.get_mut(&ends)
        {
            waiting.pop_front();
            if waiting.is_empty() {
                self.by_ends.remove(&ends);
            }
        }
    }
}

/// Between the kernel's record and the captured reset, on a loaded machine.
const WITHIN: i64 = 250 * MILLISECOND;
/// A case settles two seconds after its connection's last reset, or later when that repeats; chosen.
const KEPT: i64 = 60 * SECOND;
/// Events that wait at most, some 200 bytes each; chosen.
const MOST: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "  python3-4711    [001] b..2.  9042.000500: tcp_send_reset: skbaddr=0000 skaddr=00ff src=[::ffff:10.0.0.2]:80 dest=10.0.0.1:40000 state=TCP_CLOSE_WAIT reason=TCP_ABORT_ON_CLOSE";

    #[test]
    fn a_line_of_the_trace_is_read() {
        let event = Event::parse(LINE, SECOND).unwrap();
        assert_eq!(event.time, 9043 * SECOND + 500_000);
        assert_eq!(
            (event.from.to_string(), event.to.to_string()),
            ("10.0.0.2:80".into(), "10.0.0.1:40000".into())
        );
        assert_eq!(
            (event.state.as_str(), event.reason.as_deref()),
            ("CLOSE_WAIT", Some("TCP_ABORT_ON_CLOSE"))
        );
        assert_eq!(Event::parse("CPU:1 [LOST 5 EVENTS]", 0), None);
    }

    #[test]
    fn an_event_belongs_to_the_reset_between_its_ends_at_its_time() {
        let mut events = Events::default();
        let event = Event::parse(LINE, 0).unwrap();
        events.add(event.clone());
        assert_eq!(events.take(event.to, event.from, event.time), None);
        assert_eq!(events.take(event.from, event.to, event.time + SECOND), None);
        assert_eq!(
            events.take(event.from, event.to, event.time + 1000),
            Some(event.clone())
        );
        assert_eq!(events.take(event.from, event.to, event.time), None);
    }

    #[test]
    fn what_nobody_claims_is_forgotten() {
        let mut events = Events::default();
        let event = Event::parse(LINE, 0).unwrap();
        for number in 0..100_000 {
            events.add(Event {
                time: event.time + number,
                ..event.clone()
            });
        }
        assert!(events.order.len() <= MOST && !events.is_complete());
        events.add(Event {
            time: event.time + 2 * KEPT,
            ..event.clone()
        });
        assert_eq!((events.order.len(), events.by_ends.len()), (1, 1));
    }
}
