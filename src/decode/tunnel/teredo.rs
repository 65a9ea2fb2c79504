//! Teredo (RFC 4380): IPv6 over UDP, perhaps behind authentication and an origin indication.

use crate::decode::{Frame, Protocol};

pub(super) fn enter(mut bytes: &[u8]) -> Option<Frame<'_>> {
    // RFC 4380 5.1.1: lengths of identifier and of authentication value, then both, a nonce of eight bytes and a confirmation.
    if let [0, 1, id, value, ..] = *bytes {
        bytes = bytes.get(13 + usize::from(id) + usize::from(value)..)?;
    }
    if bytes.starts_with(&[0, 0]) {
        bytes = bytes.get(8..)?;
    }
    let [first, _, _, _, l0, l1, ..] = *bytes else {
        return None;
    };
    // Less than the packet may be captured, and little more may follow it (RFC 6081 4).
    let len = 40 + usize::from(u16::from_be_bytes([l0, l1]));
    (first >> 4 == 6 && bytes.len() <= len + MOST_TRAILER).then_some(Frame {
        protocol: Protocol::IPV6,
        bytes,
    })
}

/// Bytes of trailers that are believed; chosen.
const MOST_TRAILER: usize = 128;
