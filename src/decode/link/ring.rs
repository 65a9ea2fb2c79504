//! Links whose header is a few addresses and then LLC or an `EtherType`: FDDI, Token Ring, `InfiniBand`, `FireWire`, Fibre Channel, ATM.

use crate::decode::{Frame, Protocol, Skip};

/// RFC 1390: frame control and two addresses. Bit 4 of the control, and not bit 5, marks LLC.
pub(super) fn strip_fddi(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    match bytes.first().ok_or(Skip::Cut("FDDI"))? & 0x30 {
        0x10 => Frame::behind(bytes, 13, Protocol::Llc, "FDDI"),
        _ => Err(Skip::NotIp),
    }
}

/// IEEE 802.5: access and frame control, two addresses, and a route where the source's first bit says so.
pub(super) fn strip_token_ring(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [_, control, _, _, _, _, _, _, source, ..] = *bytes else {
        return Err(Skip::Cut(RING));
    };
    if control & 0xc0 != 0x40 {
        return Err(Skip::NotIp);
    }
    let route = if source & 0x80 == 0 {
        0
    } else {
        usize::from(bytes.get(14).ok_or(Skip::Cut(RING))? & 0x1f)
    };
    Frame::behind(bytes, 14 + route, Protocol::Llc, RING)
}

pub(super) fn strip_llc(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, 0, Protocol::Llc, "LLC")
}

/// RFC 4391, with both addresses of 20 bytes before the type, and two reserved bytes behind it.
pub(super) fn strip_infiniband(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    typed(bytes, 40, 44, "InfiniBand")
}

/// Two addresses of eight bytes.
pub(super) fn strip_firewire(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    typed(bytes, 16, 18, "FireWire")
}

/// RFC 2625: the network header.
pub(super) fn strip_fibre_channel(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, 16, Protocol::Llc, "Fibre Channel")
}

/// A header of `len` bytes with an `EtherType` at `at`.
fn typed<'a>(
    bytes: &'a [u8],
    at: usize,
    len: usize,
    name: &'static str,
) -> Result<Frame<'a>, Skip> {
    let protocol = bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(Skip::Cut(name))?;
    let protocol = Protocol::Type(u16::from_be_bytes(*protocol));
    Frame::behind(bytes, len, protocol, name)
}

const RING: &str = "Token Ring";
