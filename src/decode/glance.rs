//! A look at the fixed places of an ordinary frame: whose segment it is and which control bits it has, for the many that nobody will ask more.
//!
//! Ordinary is TCP in whole, sound IP packets without wrapping. Of all else it says nothing, and [`decode`](super::decode) must tell.

use super::{Protocol, Record, link};
use crate::tcp::{Encapsulation, Flags, Flow};
use etherparse::ip_number;
use std::net::SocketAddr;

/// What a glance at a segment tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glance {
    /// Whose it is.
    pub flow: Flow,
    /// Its control bits.
    pub flags: Flags,
}

/// Looks at a record. `None`: it is no ordinary segment, and may be one all the same. Otherwise decoding it gives one, of this flow and with
/// these control bits.
#[inline]
pub fn glance(record: &Record<'_>) -> Option<Glance> {
    let frame = link::strip(record.link, record.bytes).ok()?;
    match frame.protocol {
        Protocol::IPV4 => v4(frame.bytes),
        Protocol::IPV6 => v6(frame.bytes),
        _ => None,
    }
}

#[inline]
fn v4(bytes: &[u8]) -> Option<Glance> {
    let fixed: &[u8; 20] = bytes.first_chunk()?;
    let header_len = usize::from(fixed[0] & 0x0f) * 4;
    let len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    // A later fragment has no TCP header, and the first may not have all of it.
    let fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff;
    let ordinary =
        fixed[0] >> 4 == 4 && header_len >= 20 && fragment == 0 && fixed[9] == ip_number::TCP.0;
    if !ordinary {
        return None;
    }
    let (ports, flags) = tcp(bytes.get(header_len..)?, len.checked_sub(header_len)?)?;
    let word =
        |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let flow = Flow::between_v4((word(12), ports.0), (word(16), ports.1));
    Some(Glance { flow, flags })
}

#[inline]
fn v6(bytes: &[u8]) -> Option<Glance> {
    let (fixed, behind): (&[u8; 40], _) = bytes.split_first_chunk()?;
    if fixed[0] >> 4 != 6 || fixed[6] != ip_number::TCP.0 {
        return None;
    }
    let len = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    let (ports, flags) = tcp(behind, len)?;
    let address = |at: usize| fixed.get(at..)?.first_chunk::<16>().copied();
    let end = |at, port| Some(SocketAddr::from((address(at)?, port)));
    let flow = Flow::between(
        end(8, ports.0)?,
        end(24, ports.1)?,
        &Encapsulation::default(),
    );
    Some(Glance { flow, flags })
}

/// Sender's and receiver's port and the control bits of a header that was captured whole, in a packet that has `len` bytes for it.
#[inline]
fn tcp(bytes: &[u8], len: usize) -> Option<((u16, u16), Flags)> {
    let fixed: &[u8; 20] = bytes.first_chunk()?;
    let header_len = usize::from(fixed[12] >> 4) * 4;
    if header_len < 20 || bytes.len() < header_len || len < header_len {
        return None;
    }
    let port = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    Some(((port(0), port(2)), Flags::from_bits(fixed[13])))
}
