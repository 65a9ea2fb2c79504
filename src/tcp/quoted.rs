//! [`Quoted`]: the beginning of a segment inside an ICMP error: somebody on the path says what became of it.

use super::{Encapsulation, Flow, SeqNumber};
use crate::origin::{RecordId, Timestamp};
use std::net::{IpAddr, SocketAddr};

/// A segment that an ICMP (RFC 792) or `ICMPv6` (RFC 4443) error quotes. It was not seen here as a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// The record that carried the error.
    pub record: RecordId,
    /// When it was captured.
    pub time: Timestamp,
    /// Who sent the error: the receiver of the segment, or a router or filter on its way.
    pub reporter: IpAddr,
    /// What it says.
    pub says: IcmpError,
    /// Sender of the quoted segment, to whom the error goes.
    pub from: SocketAddr,
    /// Receiver of the quoted segment.
    pub to: SocketAddr,
    /// SEG.SEQ; `None` when the quote ends before it.
    pub seq: Option<SeqNumber>,
    /// What the error was wrapped in.
    pub encapsulation: Encapsulation,
}

impl Quoted {
    /// Whose segment it quotes.
    pub fn flow(&self) -> Flow {
        Flow::between(self.from, self.to, &self.encapsulation)
    }
}

/// What an ICMP error says, alike for both versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IcmpError {
    /// No one listens at the port. Hosts answer TCP with a reset instead, so this is a filter's word.
    PortUnreachable,
    /// A filter refused it: administratively prohibited, or rejected by policy or route.
    Prohibited,
    /// The last router cannot reach the host.
    HostUnreachable,
    /// A router has no route.
    NetUnreachable,
    /// The hop limit ran out, or a fragment was missing for too long.
    TimeExceeded,
    /// It was too long for a link: fragmentation needed, or packet too big. The link's MTU in bytes; 0 is not said.
    TooBig {
        /// The largest packet that fits, in bytes.
        mtu: u32,
    },
    /// Anything else.
    Other {
        /// Type, of the version that the reporter's address has.
        kind: u8,
        /// Code.
        code: u8,
    },
}
