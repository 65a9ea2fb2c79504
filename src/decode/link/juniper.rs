//! Juniper Networks' capture header: `MGC`, flags, and where the flags say so a list of extensions; then the frame.

use super::ethernet;
use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip_ethernet(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [b'M', b'G', b'C', flags, ref rest @ ..] = *bytes else {
        return Err(if bytes.len() < 4 { CUT } else { Skip::NotIp });
    };
    let rest = if flags & EXTENSIONS == 0 {
        rest
    } else {
        let (len, rest) = rest.split_first_chunk().ok_or(CUT)?;
        rest.get(usize::from(u16::from_be_bytes(*len))..)
            .ok_or(CUT)?
    };
    if flags & NO_LINK_HEADER == 0 {
        ethernet::strip(rest)
    } else {
        // The address family takes its place.
        Frame::behind(rest, 4, Protocol::Ip, NAME)
    }
}

const EXTENSIONS: u8 = 0x80;
const NO_LINK_HEADER: u8 = 0x02;
const NAME: &str = "Juniper";
const CUT: Skip = Skip::Cut(NAME);
