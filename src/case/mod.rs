//! The frozen file on one reset: [`ResetCase`]. `track` fills it, rules and report read it, nobody changes it.
//!
//! Absent knowledge is `None` or a gap, never a default. [`facts`] answers the questions that many rules ask.

mod ends;
pub mod facts;
mod gaps;
mod habits;
mod neighbourhood;
mod refusal;
mod sighting;
mod timeline;
mod vantage;
mod view;

pub use gaps::{Gaps, Lost, Missing};
pub use habits::{Habits, Handshakes, Samples};
pub use neighbourhood::{
    Happening, HostHabits, IdleClock, Neighbourhood, OtherLeg, ServiceEvent, ServiceHabits, Twin,
    TwinEnd,
};
pub use refusal::{Answer, Refusal};
pub use sighting::{Sighting, Sightings};
pub use timeline::{Line, Mark, Nature, Timeline, Turn, Turns};
pub use vantage::Vantage;
pub use view::{Checksums, EndpointView, Fin, Probing, Trouble, fit};

use crate::origin::RecordId;
use crate::tcp::{Encapsulation, Flow, Header, Pair, Prefix, Quoted, SeqNumber, Side, State};
use std::net::SocketAddr;

/// Everything known about one reset.
#[derive(Clone, Debug)]
pub struct ResetCase {
    /// Whose reset it is.
    pub connection: ConnectionId,
    /// Its ends and wrappings as the reset's own record names them: others than the connection's where that record is a copy captured behind a
    /// translation of addresses, or in other tags.
    pub carried: ConnectionId,
    /// The first segment of this connection in the capture.
    pub started: Mark,
    /// The reset itself.
    pub reset: Header,
    /// The reset's own payload, empty for almost all (RFC 9293 3.5.3).
    pub payload: Prefix,
    /// In whose name it was sent.
    pub sent_by: Side,
    /// Both endpoints as they were before the reset touched them.
    pub endpoints: Pair<EndpointView>,
    /// Who spoke when: the alternation of payloads up to the reset.
    pub turns: Turns,
    /// Segments up to the reset.
    pub before: Timeline,
    /// Segments after the reset, until the case settled.
    pub after: Timeline,
    /// Earlier resets of this connection, oldest first; at most [`ResetCase::EARLIER`].
    pub earlier: Vec<EarlierReset>,
    /// This record is a second copy of an earlier one, captured twice on its way: the record of the first.
    pub copy_of: Option<RecordId>,
    /// Where else packets of this connection were captured on their way.
    pub sightings: Sightings,
    /// The connection that used the same two addresses before this one, and was not seen to end.
    pub predecessor: Option<Predecessor>,
    /// ICMP errors about segments of this connection, oldest first; at most [`ResetCase::EARLIER`].
    pub icmp: Vec<Quoted>,
    /// What the capture did not show.
    pub gaps: Gaps,
    /// What went on around it until it settled.
    pub neighbourhood: Neighbourhood,
}

impl ResetCase {
    /// Earlier resets of one connection that are kept: the first ones, of which the later are consequences.
    pub const EARLIER: usize = 4;

    /// In whose name it was not sent: whoever it is meant for.
    pub const fn received_by(&self) -> Side {
        self.sent_by.other()
    }

    /// The endpoint in whose name the reset was sent.
    pub fn sender(&self) -> &EndpointView {
        &self.endpoints[self.sent_by]
    }

    /// The endpoint that the reset is meant for.
    pub fn receiver(&self) -> &EndpointView {
        &self.endpoints[self.received_by()]
    }

    /// Where and when the reset stands.
    pub fn mark(&self) -> Mark {
        Mark::of(&self.reset)
    }
}

/// The two addresses of a connection, in their roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId {
    /// Who sent the first SYN.
    pub client: SocketAddr,
    /// Who answered it.
    pub server: SocketAddr,
    /// What its segments were wrapped in.
    pub encapsulation: Encapsulation,
    /// False when no handshake was captured and the roles are a guess.
    pub roles_known: bool,
}

impl ConnectionId {
    /// The flow that it belongs to.
    pub fn flow(&self) -> Flow {
        Flow::between(self.client, self.server, &self.encapsulation)
    }

    /// The address of one side.
    pub const fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}

/// A reset that came before the one in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlierReset {
    /// Its header.
    pub header: Header,
    /// In whose name it was sent.
    pub sent_by: Side,
    /// Whether it fitted what its receiver expected, so that the receiver obeyed it.
    pub fitted: bool,
    /// Whether it bore the numbers of the answer to a segment: then its sender knew the connection no more, obeyed or not.
    pub answered: bool,
}

/// What was left of an earlier connection between the same addresses when a SYN opened a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predecessor {
    /// Its last segment.
    pub last: Mark,
    /// The server's state in it.
    pub server_state: State,
    /// What the server would send next.
    pub server_snd_nxt: Option<SeqNumber>,
    /// What the server expected next.
    pub server_rcv_nxt: Option<SeqNumber>,
}
