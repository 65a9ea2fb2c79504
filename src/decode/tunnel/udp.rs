//! Tunnels over UDP, by their well-known ports. A port proves nothing: what does not look like the tunnel's header, or holds no sound IP
//! packet, is some other protocol.

use super::{ayiya, capwap, geneve, gtp, l2tp, teredo, vxlan};
use crate::decode::{Frame, Path};

pub(super) fn enter<'a>(bytes: &'a [u8], path: &mut Path) -> Option<Frame<'a>> {
    let (&[f0, f1, t0, t1, ..], payload) = bytes.split_first_chunk::<8>()?;
    let (from, to) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([t0, t1]));
    let layers = &mut path.encapsulation;
    let before = *layers;
    // Where only one end has the well-known port, what it sends is recognised by its own.
    let inner = match (from, to) {
        (_, 4789 | 8472) => vxlan::enter(payload, layers),
        (_, 4790) => vxlan::enter_generic(payload, layers),
        (_, 6081) => geneve::enter(payload, layers),
        (_, 2152) => gtp::enter(payload, layers),
        (_, 3544) | (3544, _) => teredo::enter(payload),
        (_, 1701) | (1701, _) => l2tp::enter(payload, layers),
        (_, 5247) | (5247, _) => capwap::enter(payload),
        (_, 5072) | (5072, _) => ayiya::enter(payload),
        _ => None,
    };
    match inner {
        Some(_) => path.is_guess = true,
        None => *layers = before,
    }
    inner
}
