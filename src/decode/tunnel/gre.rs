//! GRE (RFC 2784) with key and sequence number (RFC 2890) and routing (RFC 1701), its PPTP form (RFC 2637), and NVGRE (RFC 7637).

use super::erspan;
use crate::decode::{Frame, Path, Protocol};
use crate::tcp::Layer;

pub(super) fn enter<'a>(bytes: &'a [u8], path: &mut Path) -> Option<Frame<'a>> {
    let (&[flags, version, p0, p1], mut rest) = bytes.split_first_chunk()?;
    let number = u16::from_be_bytes([p0, p1]);
    let mut take = |len: usize| {
        let (taken, behind) = rest.split_at_checked(len)?;
        rest = behind;
        Some(taken)
    };
    if flags & (CHECKSUM | ROUTING) != 0 {
        take(4)?;
    }
    let key = if flags & KEY == 0 {
        None
    } else {
        take(4)?.first_chunk().copied()
    };
    if flags & SEQUENCE != 0 {
        take(4)?;
    }
    match version & 7 {
        0 => {
            if flags & ROUTING != 0 {
                // Family, offset and length of each stop; the last is all zeros.
                for _ in 0..MOST_STOPS {
                    let stop = take(4)?;
                    if stop.iter().all(|byte| *byte == 0) {
                        break;
                    }
                    take(usize::from(*stop.get(3)?))?;
                }
            }
            if let Some(key) = key {
                path.encapsulation
                    .push(Layer::Gre(network(u32::from_be_bytes(key), number)));
            }
        }
        // The key is the payload's length and the receiver's call; an acknowledgment may follow it. Others than PPTP borrow the form.
        1 => {
            if version & ACKNOWLEDGMENT != 0 {
                take(4)?;
            }
        }
        _ => return None,
    }
    inside(number, flags & SEQUENCE != 0, rest, path)
}

fn inside<'a>(
    number: u16,
    is_numbered: bool,
    bytes: &'a [u8],
    path: &mut Path,
) -> Option<Frame<'a>> {
    let protocol = match number {
        // Without a sequence number there is no ERSPAN header either, which is called type I.
        ERSPAN if !is_numbered => Protocol::Ethernet,
        ERSPAN | ERSPAN_III => return erspan::enter(bytes, path),
        // WCCP (version 2) puts four bytes before the packet, which do not look like one.
        0x883e => {
            let len = if bytes.first()? >> 4 == 4 { 0 } else { 4 };
            let bytes = bytes.get(len..)?;
            return Some(Frame {
                protocol: Protocol::Ip,
                bytes,
            });
        }
        // Aruba's access points, a number for each of their queues.
        0x8200..=0x83ff | 0x9000 => Protocol::Wifi,
        0..=1500 => return None,
        number => Protocol::Type(number),
    };
    Some(Frame { protocol, bytes })
}

/// The network that a key names. Before Ethernet a key may be NVGRE's: a virtual subnet and, in the lower eight bits, a number of each
/// direction's own. Subnets below 4096 are reserved, so that small keys are plain ones.
const fn network(key: u32, number: u16) -> u32 {
    if number == BRIDGED && key >= RESERVED_SUBNETS << 8 {
        key >> 8
    } else {
        key
    }
}

const CHECKSUM: u8 = 0x80;
const ROUTING: u8 = 0x40;
const KEY: u8 = 0x20;
const SEQUENCE: u8 = 0x10;
const ACKNOWLEDGMENT: u8 = 0x80;
const BRIDGED: u16 = 0x6558;
const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
const RESERVED_SUBNETS: u32 = 0x1000;
/// Stops of a route that are passed over; chosen.
const MOST_STOPS: usize = 16;
