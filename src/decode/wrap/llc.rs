//! IEEE 802.2 LLC, and SNAP where it follows. IP is carried either way (RFC 1042).

use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (protocol, len) = match *bytes {
        // RFC 1042, and the tunnel of 802.1H.
        [0xaa, 0xaa, 0x03, 0, 0, 0 | 0xf8, high, low, ..] => {
            (Protocol::Type(u16::from_be_bytes([high, low])), 8)
        }
        // RFC 2684 5.2: a bridged Ethernet frame, behind two bytes of padding.
        [0xaa, 0xaa, 0x03, 0, 0x80, 0xc2, 0, 1 | 7, ..] => (Protocol::Ethernet, 10),
        [0x06, 0x06, 0x03, ..] => (Protocol::IPV4, 3),
        _ => return Err(Skip::NotIp),
    };
    Frame::behind(bytes, len, protocol, "LLC")
}
