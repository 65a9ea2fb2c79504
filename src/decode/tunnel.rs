//! What IP carries that is a packet or a frame again. IP's protocol number is believed; a UDP port is only a hint, and the tunnel's header
//! must confirm it.

mod ayiya;
mod capwap;
mod erspan;
mod geneve;
mod gre;
mod gtp;
mod l2tp;
mod teredo;
mod udp;
mod vxlan;

use super::ip::Packet;
use super::{Frame, Path, Protocol};
use etherparse::ip_number;

/// What is inside, if the packet is a tunnel's.
pub(super) fn enter<'a>(packet: &Packet<'a>, path: &mut Path) -> Option<Frame<'a>> {
    let bytes = packet.payload;
    let of = |protocol, len| {
        let bytes = bytes.get(len..)?;
        Some(Frame { protocol, bytes })
    };
    match packet.transport {
        ip_number::UDP => udp::enter(bytes, path),
        ip_number::GRE => gre::enter(bytes, path),
        ip_number::IPV4 => of(Protocol::IPV4, 0),
        ip_number::IPV6 => of(Protocol::IPV6, 0),
        ip_number::MPLS_IN_IP => of(Protocol::Type(0x8847), 0),
        // RFC 3378: version 3 in the upper half-byte, and a byte of zeros.
        ip_number::ETHER_IP if bytes.starts_with(&[0x30, 0]) => of(Protocol::Ethernet, 2),
        _ => None,
    }
}
