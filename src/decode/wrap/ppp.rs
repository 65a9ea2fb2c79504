//! PPP (RFC 1661) with its compressed forms, and `PPPoE` sessions (RFC 2516).

use crate::decode::{Frame, Protocol, Skip};
use crate::tcp::{Encapsulation, Layer};

/// Address and control (255, 3) may be missing, and of the protocol the upper byte, when it is zero (RFC 1661 6.5, 6.6).
pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (rest, skipped) = match *bytes {
        [0xff, 3, ref rest @ ..] => (rest, 2),
        _ => (bytes, 0),
    };
    let (number, len) = match *rest {
        [low, ..] if low & 1 == 1 => (u16::from(low), 1),
        [high, low, ..] => (u16::from_be_bytes([high, low]), 2),
        _ => return Err(Skip::Cut("PPP")),
    };
    let protocol = match number {
        0x0021 => Protocol::IPV4,
        0x0057 => Protocol::IPV6,
        0x0281 | 0x0283 => Protocol::Type(0x8847),
        _ => return Err(Skip::NotIp),
    };
    Frame::behind(bytes, skipped + len, protocol, "PPP")
}

/// Version and type (1, 1), code 0, session, length, then PPP.
pub(super) fn strip_session<'a>(
    bytes: &'a [u8],
    layers: &mut Encapsulation,
) -> Result<Frame<'a>, Skip> {
    let [0x11, code, s0, s1, ..] = *bytes else {
        return Err(Skip::Cut("PPPoE"));
    };
    if code != 0 {
        return Err(Skip::NotIp);
    }
    layers.push(Layer::Pppoe(u16::from_be_bytes([s0, s1])));
    Frame::behind(bytes, 6, Protocol::Ppp, "PPPoE")
}
