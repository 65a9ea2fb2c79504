//! VXLAN (RFC 7348), and its generic protocol extension (draft-ietf-nvo3-vxlan-gpe).

use crate::decode::{Frame, Protocol};
use crate::tcp::{Encapsulation, Layer};

/// Flags, of which only "identifier is valid" may be set besides those of the group policy, which has the two bytes behind them.
pub(super) fn enter<'a>(bytes: &'a [u8], layers: &mut Encapsulation) -> Option<Frame<'a>> {
    let (&[flags, policy, g0, g1, n0, n1, n2, 0], bytes) = bytes.split_first_chunk()? else {
        return None;
    };
    let has_group = flags & GROUP != 0;
    if flags & !GROUP != VALID || (!has_group && [policy, g0, g1] != [0; 3]) {
        return None;
    }
    layers.push(Layer::Vxlan(u32::from_be_bytes([0, n0, n1, n2])));
    Some(Frame {
        protocol: Protocol::Ethernet,
        bytes,
    })
}

/// The next protocol stands in the last byte of the first word.
pub(super) fn enter_generic<'a>(bytes: &'a [u8], layers: &mut Encapsulation) -> Option<Frame<'a>> {
    let (&[flags, 0, 0, next, n0, n1, n2, 0], bytes) = bytes.split_first_chunk()? else {
        return None;
    };
    // Version 0; an identifier; no operation and management.
    if flags & (VERSION | VALID | MANAGEMENT) != VALID {
        return None;
    }
    let protocol = match (flags & NEXT_PROTOCOL != 0, next) {
        (false, 0) | (true, 3) => Protocol::Ethernet,
        (true, 1) => Protocol::IPV4,
        (true, 2) => Protocol::IPV6,
        (true, 4) => Protocol::Type(0x894f),
        (true, 5) => Protocol::Type(0x8847),
        _ => return None,
    };
    layers.push(Layer::Vxlan(u32::from_be_bytes([0, n0, n1, n2])));
    Some(Frame { protocol, bytes })
}

const VALID: u8 = 0x08;
const GROUP: u8 = 0x80;
const VERSION: u8 = 0x30;
const NEXT_PROTOCOL: u8 = 0x04;
const MANAGEMENT: u8 = 0x01;
