//! MPLS labels (RFC 3032), and what comes behind the last, which no label says.

use crate::decode::{Frame, Protocol, Skip};
use crate::tcp::{Encapsulation, Layer};

pub(super) fn strip<'a>(
    mut bytes: &'a [u8],
    layers: &mut Encapsulation,
) -> Result<Frame<'a>, Skip> {
    for _ in 0..MOST {
        let (&entry, rest) = bytes.split_first_chunk().ok_or(Skip::Cut("MPLS"))?;
        let entry = u32::from_be_bytes(entry);
        layers.push(Layer::Mpls(entry >> 12));
        bytes = rest;
        if entry & BOTTOM != 0 {
            return behind(bytes);
        }
    }
    Err(Skip::Nested)
}

/// RFC 4928: the first half-byte is 4 or 6 only before IP. Anything else is a pseudowire: Ethernet, behind a control word that begins with
/// zero, or without one.
fn behind(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    match bytes.first().ok_or(Skip::Cut("MPLS"))? >> 4 {
        4 | 6 => Frame::behind(bytes, 0, Protocol::Ip, "MPLS"),
        0 if is_ethernet(bytes, 4) => Frame::behind(bytes, 4, Protocol::Ethernet, "MPLS"),
        _ if is_ethernet(bytes, 0) => Frame::behind(bytes, 0, Protocol::Ethernet, "MPLS"),
        _ => Err(Skip::NotIp),
    }
}

/// Whether an Ethernet frame that may lead to IP begins at `at`, by its `EtherType`.
fn is_ethernet(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at + 12..)
        .and_then(|rest| rest.first_chunk())
        .is_some_and(|protocol| {
            matches!(
                u16::from_be_bytes(*protocol),
                0x0800 | 0x86dd | 0x8100 | 0x88a8 | 0x9100 | 0x8847 | 0x8864
            )
        })
}

/// The flag of the last label.
const BOTTOM: u32 = 0x100;
/// Labels in one stack; chosen: routers push fewer than ten.
const MOST: usize = 16;
