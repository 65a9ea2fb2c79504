//! What may stand between a link header and IP, whatever the link: VLAN tags. Each that carries an identity becomes part of the segment's.
//!
//! Further encapsulations that an `EtherType` announces (MPLS, `PPPoE`, 802.1ah and their kin) belong here; those inside IP (GRE, VXLAN and
//! theirs) would come back here with what they carry.

use super::{Frame, Protocol, Skip};
use crate::tcp::{Encapsulation, Layer};
use etherparse::SingleVlanHeaderSlice;

/// Strips tags until something else comes, and adds them to `encapsulation`.
pub(super) fn strip<'a>(
    mut frame: Frame<'a>,
    encapsulation: &mut Encapsulation,
) -> Result<Frame<'a>, Skip> {
    // 802.1Q, 802.1ad, and the number that stacked tags had before 802.1ad.
    while let Protocol(0x8100 | 0x88a8 | 0x9100) = frame.protocol {
        let cut = Skip::Cut("VLAN");
        let tag = SingleVlanHeaderSlice::from_slice(frame.bytes).map_err(|_| cut)?;
        encapsulation.push(Layer::Vlan(tag.vlan_identifier().value()));
        frame = Frame {
            protocol: Protocol(tag.ether_type().0),
            bytes: frame.bytes.get(tag.slice().len()..).ok_or(cut)?,
        };
    }
    Ok(frame)
}
