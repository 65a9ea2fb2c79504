//! One segment: [`Header`], the facts that a case may keep, and [`Segment`], the same with its addresses and its payload, borrowed.

use super::{Encapsulation, Flags, Flow, Options, SeqNumber};
use crate::origin::{RecordId, Timestamp};
use std::net::SocketAddr;

/// One TCP segment as a record carried it.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Address and port of the sender.
    pub from: SocketAddr,
    /// Address and port of the receiver.
    pub to: SocketAddr,
    /// What it was wrapped in.
    pub encapsulation: Encapsulation,
    /// Its facts.
    pub header: Header,
    /// The captured part of its payload, or the beginning of that; `header.payload_len` is the whole.
    pub payload: &'a [u8],
    /// Bytes of its payload that were captured.
    pub captured: u32,
    /// Whether they end with a [`LAST_CHUNK`]; `None` where they are fewer bytes.
    pub ends_body: Option<bool>,
}

/// With these bytes ends the body of a message that is sent in chunks, without trailers (RFC 9112 7.1).
pub const LAST_CHUNK: [u8; 5] = *b"0\r\n\r\n";

impl Segment<'_> {
    /// Whose it is.
    #[inline]
    pub fn flow(&self) -> Flow {
        Flow::between(self.from, self.to, &self.encapsulation)
    }
}

/// The facts of one segment, owned and without addresses: whose segment it is, its place in a connection tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The record that carried it.
    pub record: RecordId,
    /// When it was captured.
    pub time: Timestamp,
    /// What the IP header adds.
    pub ip: IpFacts,
    /// SEG.SEQ.
    pub seq: SeqNumber,
    /// SEG.ACK as it stands in the header, significant only when ACK is set.
    pub ack: SeqNumber,
    /// Control bits.
    pub flags: Flags,
    /// SEG.WND as sent, not scaled.
    pub window: u16,
    /// Options.
    pub options: Options,
    /// Bytes of payload on the wire, by the lengths in the headers, not by what was captured.
    pub payload_len: u32,
    /// Whether the checksum is right.
    pub checksum: Checksum,
}

impl Header {
    /// SEG.LEN: payload bytes, and one each for SYN and FIN (RFC 9293 3.4).
    pub const fn seq_len(&self) -> u32 {
        self.payload_len + self.flags.syn() as u32 + self.flags.fin() as u32
    }

    /// The position after this segment.
    pub fn seq_end(&self) -> SeqNumber {
        self.seq + self.seq_len()
    }

    /// A segment that carries only an acknowledgment.
    pub const fn is_bare_ack(&self) -> bool {
        self.seq_len() == 0 && self.flags.ack() && !self.flags.rst()
    }
}

/// Facts of the IP header by which senders can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IpFacts {
    /// IPv4 TTL or IPv6 Hop Limit as captured.
    pub hop_limit: u8,
    /// What is known of its length.
    pub extent: Extent,
    /// Differentiated services code point, 0..=63.
    pub dscp: u8,
    /// What only this version of the header has.
    pub version: IpVersion,
}

impl IpFacts {
    /// IPv4 identification; `None` for IPv6.
    pub const fn id(&self) -> Option<u16> {
        match self.version {
            IpVersion::V4 { id, .. } => Some(id),
            IpVersion::V6 { .. } => None,
        }
    }

    /// IPv4 DF; `None` for IPv6.
    pub const fn dont_fragment(&self) -> Option<bool> {
        match self.version {
            IpVersion::V4 { dont_fragment, .. } => Some(dont_fragment),
            IpVersion::V6 { .. } => None,
        }
    }

    /// IPv6 flow label, 20 bits; `None` for IPv4.
    pub const fn flow_label(&self) -> Option<u32> {
        match self.version {
            IpVersion::V4 { .. } => None,
            IpVersion::V6 {
                flow_label: [high, middle, low],
            } => Some(u32::from_be_bytes([0, high, middle, low])),
        }
    }
}

/// The version of an IP header, with the facts that the other one has no field for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpVersion {
    /// IPv4.
    V4 {
        /// Identification.
        id: u16,
        /// DF.
        dont_fragment: bool,
    },
    /// IPv6.
    V6 {
        /// Flow label: 20 bits, the lowest last.
        flow_label: [u8; 3],
    },
}

impl IpVersion {
    /// IPv6 with this flow label, of which the 20 lowest bits count.
    pub const fn v6(flow_label: u32) -> Self {
        let [_, high, middle, low] = flow_label.to_be_bytes();
        Self::V6 {
            flow_label: [high & 0x0f, middle, low],
        }
    }
}

impl Default for IpVersion {
    fn default() -> Self {
        Self::v6(0)
    }
}

/// What an IP header says of its packet's length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// It is there.
    #[default]
    Said,
    /// Its field is 0: the sender handed more than fits to an interface that cuts it (TSO), or it is a jumbogram (RFC 2675). The payload's
    /// length is then what the capture says of the frame.
    Unsaid,
    /// It is that of a first fragment: the segment's payload is longer, and the rest of it is in other packets.
    Fragment,
}

/// Verdict on the TCP checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checksum {
    /// The bytes add up.
    Right,
    /// They do not. A sender's own capture shows this of good segments when the interface computes checksums.
    Wrong,
    /// Cut, fragmented, or not looked at.
    #[default]
    Unknown,
}
