//! [`Record`] -> [`Decoded`]: the only room that knows etherparse.
//!
//! A frame is peeled from the outside: `link` strips the link header, `wrap` the tags behind it, and whatever the way, IP and TCP are
//! decoded once, in `ip` and `tcp`. Nothing is allocated. What the snap length cut is read as far as it goes, and lengths on the wire come
//! from the headers.
//!
//! etherparse's header slices read every fixed field; the walk from one header to the next is ours. Its packet parsers do that walk too, but
//! took longer over the same records before they had read a single TCP option, and they give up on a header that the snap length cut.

mod ip;
mod link;
mod record;
mod tcp;
mod wrap;

pub use record::{LinkType, Record};

use crate::tcp::{Encapsulation, Segment};
use std::fmt;

/// What a record holds. Never an error: what cannot be read is a [`Skip`], counted and reported.
#[derive(Clone, Debug)]
pub enum Decoded<'a> {
    /// One TCP segment.
    Segment(Segment<'a>),
    /// No segment, and why.
    Skip(Skip),
}

/// Why a record gave no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// Its link type is not decoded.
    UnknownLink(LinkType),
    /// It carries something else than IP.
    NotIp,
    /// It carries something else than TCP.
    NotTcp,
    /// An IP fragment other than the first: the TCP header was in that one.
    Fragment,
    /// The snap length cut it in this header, before what must be known.
    Cut(&'static str),
    /// A header contradicts itself or what it lies in: which, and how.
    Malformed(&'static str),
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownLink(link) => write!(f, "link type {link} is not decoded"),
            Self::NotIp => f.write_str("not IP"),
            Self::NotTcp => f.write_str("not TCP"),
            Self::Fragment => f.write_str("a later fragment of an IP packet"),
            Self::Cut(header) => write!(f, "cut off in the {header} header"),
            Self::Malformed(how) => write!(f, "malformed: {how}"),
        }
    }
}

/// Bytes behind a link header or a tag, and what they are.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    protocol: Protocol,
    bytes: &'a [u8],
}

/// What comes next, by its `EtherType`, whether or not the frame is Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Protocol(u16);

impl Protocol {
    const IPV4: Self = Self(0x0800);
    const IPV6: Self = Self(0x86dd);
    /// For what has no `EtherType`.
    const OTHER: Self = Self(0xffff);
}

/// Decodes one record.
pub fn decode<'a>(record: &Record<'a>) -> Decoded<'a> {
    // No `Result` of a segment on the way: turning one into the answer copies it, which took a third of the time.
    let (packet, encapsulation) = match packet(record) {
        Ok(found) => found,
        Err(skip) => return Decoded::Skip(skip),
    };
    tcp::decode(record, encapsulation, &packet)
}

/// The IP packet in a record, if it carries TCP.
fn packet<'a>(record: &Record<'a>) -> Result<(ip::Packet<'a>, Encapsulation), Skip> {
    let mut encapsulation = Encapsulation::default();
    let frame = link::strip(record.link, record.bytes)?;
    let frame = wrap::strip(frame, &mut encapsulation)?;
    let stripped = record.bytes.len() - frame.bytes.len();
    let on_wire = (record.original_len as usize)
        .saturating_sub(stripped)
        .max(frame.bytes.len());
    let packet = match frame.protocol {
        Protocol::IPV4 => ip::v4(frame.bytes, on_wire)?,
        Protocol::IPV6 => ip::v6(frame.bytes, on_wire)?,
        _ => return Err(Skip::NotIp),
    };
    Ok((packet, encapsulation))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests;
