//! ARCNET (RFC 1201, RFC 1051), as BSD and as Linux hand it out.

use crate::decode::{Frame, Protocol, Skip};

/// BSD: source, destination, system code, then what RFC 1201 adds.
pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    behind(bytes, 2)
}

/// Linux puts two bytes, which say where on the wire the packet began, before the system code.
pub(super) fn strip_linux(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    behind(bytes, 4)
}

fn behind(bytes: &[u8], addresses: usize) -> Result<Frame<'_>, Skip> {
    let (code, rest) = bytes
        .get(addresses..)
        .and_then(<[u8]>::split_first)
        .ok_or(CUT)?;
    match *code {
        // RFC 1051: the packet follows at once.
        240 => Frame::behind(rest, 0, Protocol::IPV4, NAME),
        212 | 196 => {
            let protocol = if *code == 212 {
                Protocol::IPV4
            } else {
                Protocol::IPV6
            };
            // Split flag and sequence number, twice in an exception frame. Odd flags mark later fragments.
            match rest.first().ok_or(CUT)? {
                0xff => Frame::behind(rest, 7, protocol, NAME),
                flag if flag & 1 == 1 || *flag == 0 => Frame::behind(rest, 3, protocol, NAME),
                _ => Err(Skip::Fragment),
            }
        }
        _ => Err(Skip::NotIp),
    }
}

const NAME: &str = "ARCNET";
const CUT: Skip = Skip::Cut(NAME);
