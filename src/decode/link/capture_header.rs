//! Headers that a capturing system put before a frame, with the link type of that frame in them.

use super::LinkType;
use crate::decode::{Frame, Skip};

/// Per-packet information: version, flags, length of the header, link type; numbers are little-endian.
pub(super) fn strip_ppi(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let cut = Skip::Cut("per-packet information");
    let [_, _, l0, l1, k0, k1, _, _, ..] = *bytes else {
        return Err(cut);
    };
    let len = usize::from(u16::from_le_bytes([l0, l1]));
    let frame = bytes.get(len.max(8)..).ok_or(cut)?;
    strip_inner(LinkType(u16::from_le_bytes([k0, k1])), frame)
}

/// Apple's PKTAP: length of the header, kind of record, link type; numbers are little-endian.
pub(super) fn strip_pktap(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let cut = Skip::Cut("PKTAP");
    let [l0, l1, l2, l3, kind, _, _, _, k0, k1, _, _, ..] = *bytes else {
        return Err(cut);
    };
    let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let frame = bytes.get(len.max(12)..).ok_or(cut)?;
    // A record of kind 1 has a packet.
    if kind != 1 {
        return Err(Skip::NotIp);
    }
    strip_inner(LinkType(u16::from_le_bytes([k0, k1])), frame)
}

/// Such a header does not stand behind another.
fn strip_inner(link: LinkType, bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    match link.0 {
        192 | 258 => Err(Skip::NotIp),
        _ => super::strip(link, bytes),
    }
}
