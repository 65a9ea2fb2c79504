//! Tags of Marvell's switches, between an Ethernet frame's addresses and its `EtherType`. They name ports of the switch; a VLAN in them is the
//! switch's own number for a port as often as a network's, so it is not taken for one.

use crate::decode::{Frame, Protocol, Skip};

/// Four bytes, eight where the third of the first bits says so.
pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let more = bytes.get(ADDRESSES + 2).ok_or(CUT)? & EXTENDED != 0;
    behind(bytes, ADDRESSES + if more { 8 } else { 4 })
}

/// The same behind an `EtherType` of its own and two zeros.
pub(super) fn strip_extended(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    behind(bytes, ADDRESSES + 8)
}

fn behind(bytes: &[u8], at: usize) -> Result<Frame<'_>, Skip> {
    let protocol = bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(CUT)?;
    let protocol = match u16::from_be_bytes(*protocol) {
        0..=1500 => Protocol::Llc,
        protocol => Protocol::Type(protocol),
    };
    Frame::behind(bytes, at + 2, protocol, NAME)
}

/// Two addresses.
const ADDRESSES: usize = 12;
/// In the third byte of a tag: four more follow.
const EXTENDED: u8 = 0x10;
const NAME: &str = "DSA";
const CUT: Skip = Skip::Cut(NAME);
