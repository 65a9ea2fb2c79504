//! `L2TPv2` over UDP (RFC 2661): PPP frames in a session.

use crate::decode::{Frame, Protocol};
use crate::tcp::{Encapsulation, Layer};

pub(super) fn enter<'a>(bytes: &'a [u8], layers: &mut Encapsulation) -> Option<Frame<'a>> {
    let (&[flags, version], mut rest) = bytes.split_first_chunk()?;
    // A data message of version 2, the reserved bits of which are zero.
    if flags & (CONTROL | RESERVED) != 0 || version != 2 {
        return None;
    }
    let mut number = || {
        let (&value, behind) = rest.split_first_chunk()?;
        rest = behind;
        Some(u16::from_be_bytes(value))
    };
    if flags & LENGTH != 0 && usize::from(number()?) < bytes.len() {
        return None;
    }
    let (_tunnel, session) = (number()?, number()?);
    if flags & SEQUENCE != 0 {
        number()?;
        number()?;
    }
    let offset = if flags & OFFSET == 0 { 0 } else { number()? };
    let bytes = rest.get(usize::from(offset)..)?;
    layers.push(Layer::L2tp(session));
    Some(Frame {
        protocol: Protocol::Ppp,
        bytes,
    })
}

const CONTROL: u8 = 0x80;
const LENGTH: u8 = 0x40;
const SEQUENCE: u8 = 0x08;
const OFFSET: u8 = 0x02;
const RESERVED: u8 = 0x34;
