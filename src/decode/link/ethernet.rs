//! Ethernet: version 2 frames, and IEEE 802.3 frames with an LLC header.

use crate::decode::{Frame, Protocol, Skip};
use etherparse::Ethernet2HeaderSlice;

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let cut = Skip::Cut("Ethernet");
    let header = Ethernet2HeaderSlice::from_slice(bytes).map_err(|_| cut)?;
    let bytes = bytes.get(header.slice().len()..).ok_or(cut)?;
    match header.ether_type().0 {
        // IEEE 802.3 3.2.6: up to 1500 the field is a length, and LLC follows.
        0..=1500 => Ok(strip_llc(bytes)),
        protocol => Ok(Frame {
            protocol: Protocol(protocol),
            bytes,
        }),
    }
}

/// Strips IEEE 802.2 LLC, and SNAP where it follows. IP is carried either way (RFC 1042).
pub(super) fn strip_llc(bytes: &[u8]) -> Frame<'_> {
    let (protocol, len) = match *bytes {
        [0xaa, 0xaa, 0x03, 0, 0, 0, high, low, ..] => {
            (Protocol(u16::from_be_bytes([high, low])), 8)
        }
        [0x06, 0x06, 0x03, ..] => (Protocol::IPV4, 3),
        _ => (Protocol::OTHER, 0),
    };
    let bytes = bytes.get(len..).unwrap_or_default();
    Frame { protocol, bytes }
}
