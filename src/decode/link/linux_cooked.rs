//! Linux cooked captures, as the `any` interface gives them: a header of 16 bytes, of 20 in version 2.
//!
//! etherparse knows version 1 only, and no frame from an interface whose hardware type it does not know; the protocol stands in the same
//! place for all of them.

use super::ethernet;
use crate::decode::{Frame, Protocol, Skip};

/// Version 1: the protocol is the last field of the header.
pub(super) fn strip_v1(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (header, rest) = bytes.split_at_checked(16).ok_or(CUT)?;
    let protocol = header.last_chunk().ok_or(CUT)?;
    Ok(frame(*protocol, rest))
}

/// Version 2: the protocol is the first.
pub(super) fn strip_v2(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (header, rest) = bytes.split_at_checked(20).ok_or(CUT)?;
    let protocol = header.first_chunk().ok_or(CUT)?;
    Ok(frame(*protocol, rest))
}

fn frame(protocol: [u8; 2], bytes: &[u8]) -> Frame<'_> {
    match u16::from_be_bytes(protocol) {
        // LLC, under the number that Linux has for it (`ETH_P_802_2`).
        4 => ethernet::strip_llc(bytes),
        protocol => Frame {
            protocol: Protocol(protocol),
            bytes,
        },
    }
}

const CUT: Skip = Skip::Cut("Linux cooked");
