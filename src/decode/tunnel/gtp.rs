//! GTP-U version 1 (3GPP TS 29.281): the user's IP packets between base station and core.

use crate::decode::{Frame, Protocol};
use crate::tcp::{Encapsulation, Layer};

pub(super) fn enter<'a>(bytes: &'a [u8], layers: &mut Encapsulation) -> Option<Frame<'a>> {
    let (&[flags, PACKET, l0, l1, t0, t1, t2, t3], rest) = bytes.split_first_chunk()? else {
        return None;
    };
    // Version 1, protocol type GTP. The length is of all behind these eight bytes; less of it may be captured, never more.
    if flags >> 4 != 3 || rest.len() > usize::from(u16::from_be_bytes([l0, l1])) {
        return None;
    }
    let bytes = if flags & OPTIONAL == 0 {
        rest
    } else {
        let (&[.., mut next], mut bytes) = rest.split_first_chunk::<4>()?;
        while flags & EXTENSION != 0 && next != 0 {
            // The length, in words, is of the whole extension; its last byte announces the next.
            let len = 4 * usize::from(*bytes.first()?);
            next = *bytes.get(len.checked_sub(1)?)?;
            bytes = bytes.get(len..)?;
        }
        bytes
    };
    layers.push(Layer::Gtp(u32::from_be_bytes([t0, t1, t2, t3])));
    Some(Frame {
        protocol: Protocol::Ip,
        bytes,
    })
}

/// A message that carries a user's packet.
const PACKET: u8 = 0xff;
/// Any of: extension, sequence number, N-PDU number. All three fields are present then.
const OPTIONAL: u8 = 0x07;
const EXTENSION: u8 = 0x04;
