//! BSD loopback: four bytes with an address family, in the order of the machine that captured (null) or of the network (loop).
//!
//! Either order is taken for both: files under the wrong one of the two numbers exist, and a family is below 2^16, so that it cannot be
//! mistaken.

use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (family, bytes) = bytes.split_first_chunk().ok_or(Skip::Cut("BSD loopback"))?;
    let protocol = match u32::from_le_bytes(*family).min(u32::from_be_bytes(*family)) {
        2 => Protocol::IPV4,
        // AF_INET6 of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD, and macOS.
        10 | 23 | 24 | 26 | 28 | 30 => Protocol::IPV6,
        _ => Protocol::Other,
    };
    Ok(Frame { protocol, bytes })
}
