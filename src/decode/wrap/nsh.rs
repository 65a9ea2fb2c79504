//! The network service header (RFC 8300).

use crate::decode::{Frame, Protocol, Skip};

pub(in crate::decode) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [_, words, _, next, ..] = *bytes else {
        return Err(Skip::Cut("NSH"));
    };
    let protocol = match next {
        1 => Protocol::IPV4,
        2 => Protocol::IPV6,
        3 => Protocol::Ethernet,
        5 => Protocol::Type(0x8847),
        _ => return Err(Skip::NotIp),
    };
    // RFC 8300 2.2: the lower six bits count words of four bytes, two at least.
    let len = 4 * usize::from(words & 0x3f).max(2);
    Frame::behind(bytes, len, protocol, "NSH")
}
