//! ERSPAN: mirrored Ethernet frames behind GRE (draft-foschiano-erspan).

use crate::decode::{Frame, Path, Protocol};
use crate::tcp::Layer;

pub(super) fn enter<'a>(bytes: &'a [u8], path: &mut Path) -> Option<Frame<'a>> {
    let [version, _, s0, s1, ..] = *bytes else {
        return None;
    };
    let len = match version >> 4 {
        // Type II.
        1 => 8,
        // Type III: the last bit of its twelve bytes announces eight more about the platform.
        2 => match bytes.get(11)? & 1 {
            0 => 12,
            _ => 20,
        },
        _ => return None,
    };
    let session = u16::from_be_bytes([s0, s1]) & 0x03ff;
    path.encapsulation.push(Layer::Erspan(session));
    Some(Frame {
        protocol: Protocol::Ethernet,
        bytes: bytes.get(len..)?,
    })
}
