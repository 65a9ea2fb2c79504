//! What may stand between a link header and IP, whatever the link. What carries an identity becomes part of the segment's.
//!
//! Each wrapping is a file that says what comes next and where, and a row of the match below. Tunnels lead back here with what they carry.

mod backbone;
pub(super) mod bundle;
mod llc;
mod mpls;
mod nsh;
mod ppp;
mod vlan;
pub(super) mod wifi;

use super::link::ethernet;
use super::{Frame, Path, Protocol, Skip};
use crate::tcp::Layer;

/// Strips wrappings until IP or a bundle of frames comes, and adds them to the path.
pub(super) fn strip<'a>(mut frame: Frame<'a>, path: &mut Path) -> Result<Frame<'a>, Skip> {
    loop {
        let (bytes, layers) = (frame.bytes, &mut path.encapsulation);
        frame = match frame.protocol {
            Protocol::IPV4 | Protocol::IPV6 | Protocol::Bundle => return Ok(frame),
            // 802.1Q, and the numbers that stacked tags had before 802.1ad.
            Protocol::Type(0x8100 | 0x9100 | 0x9200) => vlan::strip(bytes, Layer::Vlan, layers)?,
            Protocol::Type(0x88a8) => vlan::strip(bytes, Layer::ServiceVlan, layers)?,
            Protocol::Type(0x8847 | 0x8848) => mpls::strip(bytes, layers)?,
            Protocol::Type(0x8864) => ppp::strip_session(bytes, layers)?,
            Protocol::Type(0x880b) | Protocol::Ppp => ppp::strip(bytes)?,
            Protocol::Type(0x88e7) => backbone::strip_service(bytes, layers)?,
            Protocol::Type(0x893f) => backbone::strip_etag(bytes)?,
            Protocol::Type(0x8926) => backbone::strip_vntag(bytes)?,
            Protocol::Type(0x8903) => backbone::strip_fabric_path(bytes)?,
            Protocol::Type(0x894f) => nsh::strip(bytes)?,
            Protocol::Type(0x6558) | Protocol::Ethernet => ethernet::strip(bytes)?,
            // LLC in a frame too long for a length field.
            Protocol::Type(0x8870) | Protocol::Llc => llc::strip(bytes)?,
            Protocol::Wifi => wifi::strip(bytes)?,
            Protocol::SwappedWifi => wifi::strip_swapped(bytes)?,
            Protocol::Ip => {
                let protocol = match bytes.first().ok_or(Skip::Cut("IP"))? >> 4 {
                    4 => Protocol::IPV4,
                    6 => Protocol::IPV6,
                    _ => return Err(Skip::NotIp),
                };
                return Ok(Frame { protocol, bytes });
            }
            Protocol::Type(_) | Protocol::Other => return Err(Skip::NotIp),
        };
        path.descend()?;
    }
}
