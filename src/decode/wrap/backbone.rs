//! Tags of backbones and fabrics: 802.1ah service instances, 802.1BR E-tags, VN-tags, Cisco `FabricPath`.
//!
//! Only a service instance names a network. The others name ports and trees, which differ with the direction.

use crate::decode::{Frame, Protocol, Skip};
use crate::tcp::{Encapsulation, Layer};

/// 802.1ah: priority and flags, the service instance, and the customer's frame.
pub(super) fn strip_service<'a>(
    bytes: &'a [u8],
    layers: &mut Encapsulation,
) -> Result<Frame<'a>, Skip> {
    let [_, s0, s1, s2, ..] = *bytes else {
        return Err(Skip::Cut("802.1ah"));
    };
    layers.push(Layer::Service(u32::from_be_bytes([0, s0, s1, s2])));
    Frame::behind(bytes, 4, Protocol::Ethernet, "802.1ah")
}

/// 802.1BR: six bytes about ports, then an `EtherType`.
pub(super) fn strip_etag(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [_, _, _, _, _, _, p0, p1, ..] = *bytes else {
        return Err(Skip::Cut("E-tag"));
    };
    let protocol = Protocol::Type(u16::from_be_bytes([p0, p1]));
    Frame::behind(bytes, 8, protocol, "E-tag")
}

/// Four bytes about virtual interfaces, then an `EtherType`.
pub(super) fn strip_vntag(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [_, _, _, _, p0, p1, ..] = *bytes else {
        return Err(Skip::Cut("VN-tag"));
    };
    let protocol = Protocol::Type(u16::from_be_bytes([p0, p1]));
    Frame::behind(bytes, 6, protocol, "VN-tag")
}

/// Tree and hop limit behind the fabric's own addresses, then the frame.
pub(super) fn strip_fabric_path(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, 2, Protocol::Ethernet, "FabricPath")
}
