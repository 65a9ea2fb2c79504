//! Geneve (RFC 8926), with whatever options.

use crate::decode::{Frame, Protocol};
use crate::tcp::{Encapsulation, Layer};

pub(super) fn enter<'a>(bytes: &'a [u8], layers: &mut Encapsulation) -> Option<Frame<'a>> {
    let (&[first, flags, p0, p1, n0, n1, n2, 0], rest) = bytes.split_first_chunk()? else {
        return None;
    };
    // Version 0 in the upper two bits, the length of the options in words of four bytes in the others. The upper flag marks control messages.
    if first >> 6 != 0 || flags & 0x80 != 0 {
        return None;
    }
    let protocol = match u16::from_be_bytes([p0, p1]) {
        0..=1500 => return None,
        number => Protocol::Type(number),
    };
    let bytes = rest.get(4 * usize::from(first & 0x3f)..)?;
    layers.push(Layer::Geneve(u32::from_be_bytes([0, n0, n1, n2])));
    Some(Frame { protocol, bytes })
}
