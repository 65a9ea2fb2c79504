//! Serial lines: PPP (RFC 1661, RFC 1662), Cisco HDLC, Frame Relay (RFC 2427), and `PPPoE` as a link of its own.

use crate::decode::{Frame, Protocol, Skip};

/// PPP with or without its address and control fields, which `wrap` tells apart.
pub(super) fn strip_ppp(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    match bytes.first() {
        // Cisco's addresses; PPP's is 255, and no protocol of its begins so.
        Some(0x0f | 0x8f) => strip_cisco(bytes),
        _ => Frame::behind(bytes, 0, Protocol::Ppp, "PPP"),
    }
}

/// The same: either may be on such a line.
pub(super) fn strip_hdlc(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    strip_ppp(bytes)
}

/// PPP behind a byte that says which way it went.
pub(super) fn strip_directed(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, 1, Protocol::Ppp, "PPP")
}

pub(super) fn strip_pppoe(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, 0, Protocol::Type(0x8864), "PPPoE")
}

/// Address, control, `EtherType`.
pub(super) fn strip_cisco(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [_, _, p0, p1, ..] = *bytes else {
        return Err(Skip::Cut("Cisco HDLC"));
    };
    let protocol = Protocol::Type(u16::from_be_bytes([p0, p1]));
    Frame::behind(bytes, 4, protocol, "Cisco HDLC")
}

/// An address of two to four bytes, the last of which is odd; control 3, perhaps padding, and the protocol.
pub(super) fn strip_frame_relay(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let address = bytes
        .iter()
        .take(4)
        .position(|byte| byte & 1 == 1)
        .ok_or(Skip::Cut(RELAY))?
        + 1;
    match *bytes.get(address..).unwrap_or_default() {
        [3, 0xcc, ..] => Frame::behind(bytes, address + 2, Protocol::IPV4, RELAY),
        [3, 0x8e, ..] => Frame::behind(bytes, address + 2, Protocol::IPV6, RELAY),
        [3, 0, 0x80, 0, 0, 0, p0, p1, ..] => {
            let protocol = Protocol::Type(u16::from_be_bytes([p0, p1]));
            Frame::behind(bytes, address + 8, protocol, RELAY)
        }
        // Cisco's own form.
        [p0, p1, ..] if p0 >= 6 => {
            let protocol = Protocol::Type(u16::from_be_bytes([p0, p1]));
            Frame::behind(bytes, address + 2, protocol, RELAY)
        }
        [_, _, ..] => Err(Skip::NotIp),
        _ => Err(Skip::Cut(RELAY)),
    }
}

const RELAY: &str = "Frame Relay";
