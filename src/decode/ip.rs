//! IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers: from a packet's first byte to TCP's.
//!
//! What a packet carries is not asked here: `transport` says it, and `decode` goes where that leads.

use super::Skip;
use crate::tcp::{Extent, IpFacts, IpVersion};
use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice, ip_number,
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// An IP packet, up to what it carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) addresses: Addresses,
    pub(super) facts: IpFacts,
    /// What it carries.
    pub(super) transport: IpNumber,
    /// The captured part of what it carries, without padding of the link.
    pub(super) payload: &'a [u8],
    /// Length of what it carries on the wire, in bytes.
    pub(super) payload_len: usize,
    /// Whether that is all, and the receiver's address is where it ends up: not so in a first fragment, nor on a route with stops before its end. Without
    /// either no checksum can be judged.
    pub(super) is_whole: bool,
}

/// Sender's and receiver's address. One enum for both: two `IpAddr` are copied in a way that stalls the processor for a tenth of the time
/// that decoding takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Addresses {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, Ipv6Addr),
}

/// Decodes an IPv4 packet; `on_wire` is its length as the capture knows it, with what the link may have padded.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "measured: decoding takes a fifth longer without"
)]
pub(super) fn v4(bytes: &[u8], on_wire: usize) -> Result<Packet<'_>, Skip> {
    use etherparse::err::ipv4::{HeaderError, HeaderSliceError};
    let header = Ipv4HeaderSlice::from_slice(bytes).map_err(|error| match error {
        HeaderSliceError::Len(_) => Skip::Cut("IPv4"),
        HeaderSliceError::Content(HeaderError::UnexpectedVersion { .. }) => {
            Skip::Malformed("IPv4 packet of another version")
        }
        HeaderSliceError::Content(HeaderError::HeaderLengthSmallerThanHeader { .. }) => {
            Skip::Malformed("IPv4 header length below 20")
        }
    })?;
    let header_len = header.slice().len();
    // Zero: the interface was handed more than 65,535 bytes to segment (TSO), and the capture took them before it did.
    let len = match usize::from(header.total_len()) {
        0 => on_wire,
        len => len,
    };
    let payload_len = len
        .checked_sub(header_len)
        .ok_or(Skip::Malformed("IPv4 total length below its header's"))?;
    let mut rest = Rest {
        bytes: bytes.get(header_len..).unwrap_or_default(),
        len: payload_len,
    };
    rest.trim();
    if header.fragments_offset().value() != 0 {
        return Err(not_tcp_or(header.protocol(), Skip::Fragment));
    }
    let mut protocol = header.protocol();
    while protocol == ip_number::AUTH {
        protocol = rest.authentication()?;
    }
    Ok(Packet {
        transport: protocol,
        addresses: Addresses::V4(header.source_addr(), header.destination_addr()),
        facts: IpFacts {
            hop_limit: header.ttl(),
            extent: extent(header.more_fragments(), header.total_len()),
            dscp: header.dcp().value(),
            version: IpVersion::V4 {
                id: header.identification(),
                dont_fragment: header.dont_fragment(),
            },
        },
        payload: rest.bytes,
        payload_len: rest.len,
        is_whole: !header.more_fragments(),
    })
}

/// Decodes an IPv6 packet; `on_wire` is its length as the capture knows it, with what the link may have padded.
pub(super) fn v6(bytes: &[u8], on_wire: usize) -> Result<Packet<'_>, Skip> {
    use etherparse::err::ipv6::HeaderSliceError;
    let header = Ipv6HeaderSlice::from_slice(bytes).map_err(|error| match error {
        HeaderSliceError::Len(_) => Skip::Cut("IPv6"),
        HeaderSliceError::Content(_) => Skip::Malformed("IPv6 packet of another version"),
    })?;
    let header_len = header.slice().len();
    // Zero: a jumbogram (RFC 2675), or what an interface was handed to segment.
    let payload_len = match usize::from(header.payload_length()) {
        0 => on_wire.saturating_sub(header_len),
        len => len,
    };
    let mut rest = Rest {
        bytes: bytes.get(header_len..).unwrap_or_default(),
        len: payload_len,
    };
    rest.trim();
    let (mut is_whole, mut is_fragment) = (true, false);
    let mut next = header.next_header();
    while next != ip_number::TCP {
        next = match next {
            ip_number::IPV6_FRAG => {
                let fragment =
                    Ipv6FragmentHeaderSlice::from_slice(rest.bytes).map_err(|_| EXTENSION_CUT)?;
                if fragment.fragment_offset().value() != 0 {
                    return Err(not_tcp_or(fragment.next_header(), Skip::Fragment));
                }
                is_fragment = fragment.more_fragments();
                is_whole &= !is_fragment;
                rest.advance(fragment.slice().len())?;
                fragment.next_header()
            }
            ip_number::AUTH => rest.authentication()?,
            _ if Ipv6RawExtHeaderSlice::header_type_supported(next) => {
                let extension =
                    Ipv6RawExtHeaderSlice::from_slice(rest.bytes).map_err(|_| EXTENSION_CUT)?;
                // Fourth byte of a routing header: segments left. Before the last stop, the receiver is not whom the checksum was made for.
                let stops = extension.slice().get(3).copied().unwrap_or(0);
                is_whole &= next != ip_number::IPV6_ROUTE || stops == 0;
                rest.advance(extension.slice().len())?;
                extension.next_header()
            }
            _ => break,
        };
    }
    Ok(Packet {
        transport: next,
        addresses: Addresses::V6(header.source_addr(), header.destination_addr()),
        facts: IpFacts {
            hop_limit: header.hop_limit(),
            extent: extent(is_fragment, header.payload_length()),
            dscp: header.dscp().value(),
            version: IpVersion::v6(header.flow_label().value()),
        },
        payload: rest.bytes,
        payload_len: rest.len,
        is_whole,
    })
}

/// What a length field says, of a packet to be joined with others or of a whole one.
const fn extent(is_fragment: bool, len: u16) -> Extent {
    match (is_fragment, len) {
        (true, _) => Extent::Fragment,
        (false, 0) => Extent::Unsaid,
        (false, _) => Extent::Said,
    }
}

/// What is left of a packet: the captured bytes, and how many there were.
struct Rest<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl Rest<'_> {
    /// Cuts off what the link padded the packet with, and its check sequence.
    fn trim(&mut self) {
        self.bytes = self.bytes.get(..self.len).unwrap_or(self.bytes);
    }

    fn advance(&mut self, by: usize) -> Result<(), Skip> {
        self.bytes = self.bytes.get(by..).ok_or(EXTENSION_CUT)?;
        self.len = self
            .len
            .checked_sub(by)
            .ok_or(Skip::Malformed("IP extension header beyond its packet"))?;
        Ok(())
    }

    /// Passes over an authentication header (RFC 4302), which hides nothing of what follows.
    fn authentication(&mut self) -> Result<IpNumber, Skip> {
        use etherparse::err::ip_auth::HeaderSliceError;
        let header = IpAuthHeaderSlice::from_slice(self.bytes).map_err(|error| match error {
            HeaderSliceError::Len(_) => EXTENSION_CUT,
            HeaderSliceError::Content(_) => Skip::Malformed("authentication header of length 0"),
        })?;
        self.advance(header.slice().len())?;
        Ok(header.next_header())
    }
}

/// A later fragment of something else than TCP is just that.
fn not_tcp_or(protocol: IpNumber, skip: Skip) -> Skip {
    if protocol == ip_number::TCP {
        skip
    } else {
        Skip::NotTcp
    }
}

const EXTENSION_CUT: Skip = Skip::Cut("IP extension");
