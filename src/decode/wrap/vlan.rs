//! VLAN tags (IEEE 802.1Q and 802.1ad), however many.

use crate::decode::{Frame, Protocol, Skip};
use crate::tcp::{Encapsulation, Layer};
use etherparse::SingleVlanHeaderSlice;

/// Strips a tag, whose kind makes it a layer.
pub(super) fn strip<'a>(
    bytes: &'a [u8],
    kind: fn(u16) -> Layer,
    layers: &mut Encapsulation,
) -> Result<Frame<'a>, Skip> {
    let tag = SingleVlanHeaderSlice::from_slice(bytes).map_err(|_| Skip::Cut("VLAN"))?;
    layers.push(kind(tag.vlan_identifier().value()));
    let protocol = match tag.ether_type().0 {
        0..=1500 => Protocol::Llc,
        protocol => Protocol::Type(protocol),
    };
    Frame::behind(bytes, tag.slice().len(), protocol, "VLAN")
}
