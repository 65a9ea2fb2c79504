//! Linux cooked captures, as the `any` interface gives them: a header of 16 bytes, of 20 in version 2.
//!
//! etherparse knows version 1 only, and no frame from an interface whose hardware type it does not know; the protocol stands in the same
//! place for all of them.

use super::wifi;
use crate::decode::{Frame, Protocol, Skip};

/// Version 1: the hardware type is the second field, the protocol the last.
pub(super) fn strip_v1(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (header, rest) = bytes.split_first_chunk::<16>().ok_or(CUT)?;
    let [_, _, h0, h1, .., p0, p1] = *header;
    frame([h0, h1], [p0, p1], rest)
}

/// Version 2: the protocol is the first, the hardware type stands behind it and the interface's index.
pub(super) fn strip_v2(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (header, rest) = bytes.split_first_chunk::<20>().ok_or(CUT)?;
    let [p0, p1, _, _, _, _, _, _, h0, h1, ..] = *header;
    frame([h0, h1], [p0, p1], rest)
}

/// The number of the interface, in version 2.
pub(super) fn interface_v2(bytes: &[u8]) -> Option<u16> {
    let &[_, _, _, _, n0, n1, n2, n3] = bytes.first_chunk()?;
    u16::try_from(u32::from_be_bytes([n0, n1, n2, n3])).ok()
}

fn frame(hardware: [u8; 2], protocol: [u8; 2], bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let protocol = match (u16::from_be_bytes(hardware), u16::from_be_bytes(protocol)) {
        (RADIOTAP, _) => return wifi::strip_radiotap(bytes),
        // LLC, under the number that Linux has for it (`ETH_P_802_2`).
        (_, 4) => Protocol::Llc,
        (_, protocol) => Protocol::Type(protocol),
    };
    Ok(Frame { protocol, bytes })
}

const CUT: Skip = Skip::Cut("Linux cooked");
/// `ARPHRD_IEEE80211_RADIOTAP`.
const RADIOTAP: u16 = 803;
