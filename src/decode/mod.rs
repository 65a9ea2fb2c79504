//! [`Record`] -> [`Decoded`]: the only room that knows etherparse.
//!
//! A frame is peeled from the outside: `link` strips the link header, `wrap` what stands between it and IP, `tunnel` what IP carries that is
//! a frame or a packet again; then the walk begins anew. Whatever the way, IP and TCP are decoded once, in `ip` and `tcp`, and what an ICMP
//! error quotes in `icmp`. Nothing is allocated but for frames that bundle others. What the snap length cut is read as far as it goes, and
//! lengths on the wire come from the headers.
//!
//! etherparse's header slices read every fixed field; the walk from one header to the next is ours. Its packet parsers do that walk too, but
//! took longer over the same records before they had read a single TCP option, and they give up on a header that the snap length cut.

mod bare;
mod glance;
mod headers;
mod icmp;
mod ip;
mod link;
mod plain;
mod record;
mod tcp;
mod tunnel;
mod wrap;

pub use bare::{Bare, bare};
pub use glance::{Glance, glance, glance_at_once};
pub use headers::{headers_len, payload_at};
pub use plain::{Plain, plain};
pub use record::{LinkType, Look, Record};

use crate::tcp::{Encapsulation, Quoted, Segment};
use etherparse::ip_number;
use std::fmt;

/// What a record holds. Never an error: what cannot be read is a [`Skip`], counted and reported.
#[derive(Clone, Debug)]
pub enum Decoded<'a> {
    /// One TCP segment.
    Segment(Segment<'a>),
    /// No segment, but an ICMP error that quotes the beginning of one.
    Quoted(Quoted),
    /// What each part holds of a frame that bundles others; no part is a bundle again.
    Several(Vec<Decoded<'a>>),
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
    /// It carries no segment, but an ICMP error that quotes one. For whoever counts [`Decoded::Quoted`]; decoding never gives it.
    Quoted,
    /// An IP fragment other than the first: the TCP header was in that one.
    Fragment,
    /// The link encrypted it.
    Encrypted,
    /// It is wrapped more often than is believed.
    Nested,
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
            Self::Quoted => f.write_str("an ICMP error about TCP"),
            Self::Fragment => f.write_str("a later fragment of an IP packet"),
            Self::Encrypted => f.write_str("encrypted on its link"),
            Self::Nested => write!(f, "wrapped more than {} times", Path::MOST),
            Self::Cut(header) => write!(f, "cut off in the {header} header"),
            Self::Malformed(how) => write!(f, "malformed: {how}"),
        }
    }
}

/// Bytes behind a link header or a wrapping, and what they are.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    protocol: Protocol,
    bytes: &'a [u8],
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// By its `EtherType`, whether or not the frame is Ethernet.
    Type(u16),
    /// An Ethernet frame without preamble.
    Ethernet,
    /// IEEE 802.2 LLC.
    Llc,
    /// PPP from its protocol field on, or from the address field before it.
    Ppp,
    /// An IEEE 802.11 frame.
    Wifi,
    /// The same with the two bytes of its frame control exchanged, as Cisco's access points tunnel it.
    SwappedWifi,
    /// Several Ethernet frames, each with its length, as IEEE 802.11 aggregates them.
    Bundle,
    /// IP of the version that its first half-byte says.
    Ip,
    /// What is known not to be IP.
    Other,
}

impl Protocol {
    const IPV4: Self = Self::Type(0x0800);
    const IPV6: Self = Self::Type(0x86dd);
}

impl<'a> Frame<'a> {
    /// What stands behind the first `len` bytes, a header called `name`.
    fn behind(
        bytes: &'a [u8],
        len: usize,
        protocol: Protocol,
        name: &'static str,
    ) -> Result<Self, Skip> {
        let bytes = bytes.get(len..).ok_or(Skip::Cut(name))?;
        Ok(Self { protocol, bytes })
    }
}

/// How deep decoding is, and what it has come through.
#[derive(Clone, Copy, Debug, Default)]
struct Path {
    encapsulation: Encapsulation,
    wrappings: u8,
    /// Whether a port number alone said that there is a tunnel: then what does not fit is no damage, but another protocol.
    is_guess: bool,
    /// Whether a packet on the way was only the first fragment of what it carries.
    is_fragment: bool,
    /// Whether it is part of a bundle already.
    is_bundled: bool,
}

impl Path {
    /// Wrappings that are stripped at most, of any kind. Chosen: a provider's worst is about ten, and bytes made up must come to an end.
    const MOST: u8 = 24;

    /// Goes one wrapping deeper.
    const fn descend(&mut self) -> Result<(), Skip> {
        self.wrappings += 1;
        if self.wrappings > Self::MOST {
            return Err(Skip::Nested);
        }
        Ok(())
    }

    /// Why there is no segment, at the end of this path.
    const fn skip(&self, skip: Skip) -> Skip {
        match skip {
            Skip::NotIp | Skip::Cut(_) | Skip::Malformed(_) if self.is_guess => Skip::NotTcp,
            skip => skip,
        }
    }
}

/// Decodes one record.
pub fn decode<'a>(record: &Record<'a>) -> Decoded<'a> {
    // The commonest is not looked for in a table: what a call through it gives back is read in other pieces than it was written in, for which the
    // processor waits.
    let stripped = if record.link == LinkType::ETHERNET {
        link::ethernet::strip(record.bytes)
    } else {
        link::strip(record.link, record.bytes)
    };
    let frame = match stripped {
        Ok(frame) => frame,
        Err(skip) => return Decoded::Skip(skip),
    };
    let stripped = record.bytes.len() - frame.bytes.len();
    let on_wire = (record.original_len as usize)
        .saturating_sub(stripped)
        .max(frame.bytes.len());
    // Nearly all records end here, with nothing to carry along.
    if frame.protocol == Protocol::IPV4
        && let Ok(packet) = ip::v4(frame.bytes, on_wire)
        && packet.transport == ip_number::TCP
    {
        return tcp::decode(record, Encapsulation::default(), &packet);
    }
    peel(record, frame, on_wire, Path::default())
}

/// Decodes a frame, however wrapped, that had `on_wire` bytes, as far as the capture knows.
#[inline(never)]
fn peel<'a>(record: &Record<'_>, frame: Frame<'a>, on_wire: usize, mut path: Path) -> Decoded<'a> {
    // No `Result` of a segment on the way: turning one into the answer copies it, which took a third of the time.
    match innermost(frame, on_wire, &mut path) {
        Ok(Inside::Packet(packet)) if packet.transport == ip_number::TCP => {
            tcp::decode(record, path.encapsulation, &packet)
        }
        Ok(Inside::Packet(packet)) => icmp::decode(record, path.encapsulation, &packet),
        Ok(Inside::Bundle(bytes)) => wrap::bundle::decode(record, bytes, path),
        Err(skip) => Decoded::Skip(path.skip(skip)),
    }
}

/// Strips a frame of every wrapping, to the packet that carries no further one, or to the bundle that must be taken apart first.
fn innermost<'a>(
    mut frame: Frame<'a>,
    mut on_wire: usize,
    path: &mut Path,
) -> Result<Inside<'a>, Skip> {
    loop {
        let packet = match packet(frame, &mut on_wire, path)? {
            Inside::Packet(packet) => packet,
            bundle @ Inside::Bundle(_) => return Ok(bundle),
        };
        if packet.transport == ip_number::TCP {
            return Ok(Inside::Packet(packet));
        }
        let Some(inner) = tunnel::enter(&packet, path) else {
            return Ok(Inside::Packet(packet));
        };
        path.descend()?;
        path.is_fragment |= !packet.is_whole;
        let stripped = packet.payload.len() - inner.bytes.len();
        on_wire = packet.payload_len.saturating_sub(stripped);
        frame = inner;
    }
}

/// What is inside a frame.
enum Inside<'a> {
    Packet(ip::Packet<'a>),
    Bundle(&'a [u8]),
}

/// Strips a frame to the IP packet in it; `on_wire` becomes the length of that with what pads it.
fn packet<'a>(frame: Frame<'a>, on_wire: &mut usize, path: &mut Path) -> Result<Inside<'a>, Skip> {
    let whole = frame.bytes.len();
    let frame = wrap::strip(frame, path)?;
    *on_wire = on_wire
        .saturating_sub(whole - frame.bytes.len())
        .max(frame.bytes.len());
    let packet = match frame.protocol {
        Protocol::IPV4 => ip::v4(frame.bytes, *on_wire)?,
        Protocol::IPV6 => ip::v6(frame.bytes, *on_wire)?,
        Protocol::Bundle => return Ok(Inside::Bundle(frame.bytes)),
        _ => return Err(Skip::NotIp),
    };
    if path.is_guess && !path.is_fragment && packet.payload_len > *on_wire {
        return Err(Skip::Malformed("IP packet longer than its tunnel's"));
    }
    Ok(Inside::Packet(packet))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests;
