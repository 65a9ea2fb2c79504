//! CAPWAP data (RFC 5415) that is not encrypted: frames between an access point and its controller.

use crate::decode::{Frame, Protocol};

pub(super) fn enter(bytes: &[u8]) -> Option<Frame<'_>> {
    // Version 0, not encrypted; the header's length in words (5 bits), radio (5), binding (5) and flags (9); fragment and its offset.
    let [0, first, second, flags, _, _, o0, o1, ..] = *bytes else {
        return None;
    };
    let is_later_fragment = flags & FRAGMENT != 0 && u16::from_be_bytes([o0, o1]) >> 3 != 0;
    if is_later_fragment || flags & (KEEP_ALIVE | RESERVED) != 0 {
        return None;
    }
    let len = 4 * usize::from(first >> 3);
    let bytes = bytes.get(len.max(8)..)?;
    let protocol = if second & NATIVE == 0 {
        Protocol::Ethernet
    } else if second & BINDING != WIFI {
        return None;
    } else if bytes.first()? & 0x0f == 0x08 {
        Protocol::Wifi
    } else {
        Protocol::SwappedWifi
    };
    Some(Frame { protocol, bytes })
}

/// The frame is as the binding's radio sends it, not Ethernet.
const NATIVE: u8 = 0x01;
const BINDING: u8 = 0x3e;
/// Binding 1, one bit up.
const WIFI: u8 = 0x02;
const FRAGMENT: u8 = 0x80;
const KEEP_ALIVE: u8 = 0x08;
const RESERVED: u8 = 0x07;
