//! No link header: the first half-byte is the IP version. A file may be wrong about which of the two it holds, so it is always asked.

use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    strip_behind::<0>(bytes)
}

/// IP behind a header of `LEN` bytes that says nothing of it.
pub(super) fn strip_behind<const LEN: usize>(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, LEN, Protocol::Ip, "link")
}
