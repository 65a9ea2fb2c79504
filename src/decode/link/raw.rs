//! No link header: the first half-byte is the IP version. A file may be wrong about which of the two it holds, so it is always asked.

use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let protocol = match bytes.first().ok_or(Skip::Cut("IP"))? >> 4 {
        4 => Protocol::IPV4,
        6 => Protocol::IPV6,
        _ => Protocol::OTHER,
    };
    Ok(Frame { protocol, bytes })
}
