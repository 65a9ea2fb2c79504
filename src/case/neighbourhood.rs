//! [`Neighbourhood`]: what went on around a case until it settled. Rules read this, and never live tracking.

use super::Mark;
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Pair, Side};
use std::net::SocketAddr;

/// The snapshot that `track` takes when a case settles, before it looks at the record in hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbourhood {
    /// What other connections of the same service did, from some seconds before the reset until the case settled; oldest first, bounded.
    pub events: Vec<ServiceEvent>,
    /// What the service usually does.
    pub service: ServiceHabits,
    /// What the two hosts usually do.
    pub hosts: Pair<HostHabits>,
    /// Another connection with the same numbers, as a changed NAT mapping leaves behind.
    pub twin: Option<Twin>,
    /// A reset or early FIN on another connection of one of the two hosts, just before this one: the other leg of a relay.
    pub other_leg: Option<OtherLeg>,
}

/// One event of a service (an address and port that answers SYNs), on a connection other than the case's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceEvent {
    /// Where it stands.
    pub record: RecordId,
    /// When.
    pub time: Timestamp,
    /// Whose connection it was.
    pub client: SocketAddr,
    /// What happened.
    pub what: Happening,
}

/// What can happen to a connection of a service that bears on another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// A client asked for a connection.
    Asked,
    /// A client asked again: its SYN had not been answered.
    AskedAgain,
    /// The service answered a SYN with SYN,ACK.
    Answered,
    /// A client completed the handshake.
    Completed,
    /// The service acknowledged payload or sent some: the connection lives behind the listener.
    Served,
    /// The service repeated its SYN,ACK although the client's acknowledgment had come.
    Unheeded,
    /// A SYN was refused with a reset.
    Refused,
    /// The service closed with FIN.
    Finished {
        /// A request was waiting for its answer.
        request_open: bool,
    },
    /// The service sent a reset of the active form.
    Aborted {
        /// It had never sent payload nor FIN on that connection.
        silent: bool,
    },
    /// The service answered a segment with a reset, outside a refusal.
    Disowned {
        /// It had never sent payload nor acknowledged any: only the handshake had happened.
        only_handshake: bool,
    },
}

/// What a service usually does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceHabits {
    /// SYN,ACKs it sent, repetitions not counted.
    pub answered: u64,
    /// SYNs it refused.
    pub refused: u64,
    /// The silence after which it closes connections by FIN.
    pub closes_after: IdleClock,
    /// The longest silence after which a request was still answered, in nanoseconds.
    pub survived: Option<i64>,
}

/// Times that were measured again and again: a few numbers instead of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleClock {
    /// How many.
    pub count: u32,
    /// The shortest, in nanoseconds.
    pub shortest: i64,
    /// The longest, in nanoseconds.
    pub longest: i64,
}

impl IdleClock {
    /// Adds a measurement.
    pub fn add(&mut self, nanos: i64) {
        self.shortest = if self.count == 0 {
            nanos
        } else {
            self.shortest.min(nanos)
        };
        self.longest = self.longest.max(nanos);
        self.count = self.count.saturating_add(1);
    }
}

/// What a host's segments look like at the capture point, over all its connections, resets not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostHabits {
    /// Hop limit of the latest segment in which it was new.
    pub hop_limit: Option<u8>,
    /// Its hop limit was not always the same.
    pub hop_limit_varies: bool,
    /// The shortest time in which it answered a SYN with SYN,ACK, in nanoseconds.
    pub response_time: Option<i64>,
    /// How many of these answers took less than twice as long: one alone may have been slow, and then it says nothing of the path.
    pub quick_responses: u8,
}

impl HostHabits {
    /// Takes the time that an answer to a SYN took, in nanoseconds.
    pub fn answered_in(&mut self, took: i64) {
        let least = self.response_time.unwrap_or(took);
        if took < 2 * least {
            let agree = least < 2 * took;
            self.quick_responses = if agree {
                self.quick_responses.saturating_add(1)
            } else {
                1
            };
        }
        self.response_time = Some(took.min(least));
    }

    /// Whether several answers came about as soon as the soonest: then that is what its path takes at least.
    pub const fn responses_agree(&self) -> bool {
        self.quick_responses >= AGREEING
    }
}

/// Answers that must agree, so that a few slow ones are not taken for a long path; chosen.
const AGREEING: u8 = 4;

/// Another connection of the same service whose numbers continue in this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Its client.
    pub client: SocketAddr,
    /// Its server.
    pub server: SocketAddr,
    /// Its latest segment.
    pub last: Mark,
    /// Which end of the case's connection has another address there.
    pub differs: TwinEnd,
}

/// Which end differs between a connection and its twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TwinEnd {
    /// The client's address or port: its NAT mapped it anew.
    Client,
    /// The server's address: the translation of the service's address was missed.
    Server,
}

/// A reset or early FIN on another leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherLeg {
    /// Its record.
    pub record: RecordId,
    /// Its time.
    pub time: Timestamp,
    /// The other end of that leg.
    pub remote: SocketAddr,
    /// Which side of the case's connection stands on both legs.
    pub relay: Side,
}
