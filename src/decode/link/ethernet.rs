//! Ethernet: version 2 frames, and IEEE 802.3 frames with an LLC header. A frame check sequence behind them is cut off by IP's length.

use crate::decode::{Frame, Protocol, Skip};

#[inline]
pub(in crate::decode) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    // Two addresses, then the type.
    let (header, bytes): (&[u8; 14], _) = bytes.split_first_chunk().ok_or(Skip::Cut("Ethernet"))?;
    let protocol = match u16::from_be_bytes([header[12], header[13]]) {
        // IEEE 802.3 3.2.6: up to 1500 the field is a length, and LLC follows.
        0..=1500 => Protocol::Llc,
        protocol => Protocol::Type(protocol),
    };
    Ok(Frame { protocol, bytes })
}

/// Ethernet behind a header of `LEN` bytes that says nothing of it.
pub(super) fn strip_behind<const LEN: usize>(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    strip(bytes.get(LEN..).ok_or(Skip::Cut("Ethernet"))?)
}
