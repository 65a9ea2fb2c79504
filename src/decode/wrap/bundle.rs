//! A-MSDU (IEEE 802.11 9.3.2.2): several Ethernet frames with lengths in one 802.11 frame, each padded to a multiple of four.

use crate::decode::{Decoded, Frame, Path, Protocol, Record, Skip, peel};

/// Decodes each frame; the answer is [`Decoded::Several`] only if there are several.
pub(in crate::decode) fn decode<'a>(
    record: &Record<'_>,
    mut bytes: &'a [u8],
    mut path: Path,
) -> Decoded<'a> {
    if path.is_bundled {
        return Decoded::Skip(Skip::Nested);
    }
    path.is_bundled = true;
    let mut parts = Vec::new();
    // Two addresses and the length of what follows them. What is too short for them is padding or a check sequence.
    while let Some((header, body)) = bytes.split_first_chunk::<HEADER>()
        && parts.len() < MOST
    {
        let [.., l0, l1] = *header;
        let len = usize::from(u16::from_be_bytes([l0, l1]));
        if len == 0 {
            break;
        }
        let frame = Frame {
            protocol: Protocol::Llc,
            bytes: body.get(..len).unwrap_or(body),
        };
        parts.push(peel(record, frame, len, path));
        bytes = body
            .get((HEADER + len).next_multiple_of(4) - HEADER..)
            .unwrap_or_default();
    }
    match parts.len() {
        0 => Decoded::Skip(Skip::Cut("A-MSDU")),
        1 => parts.pop().unwrap_or(Decoded::Skip(Skip::Cut("A-MSDU"))),
        _ => Decoded::Several(parts),
    }
}

const HEADER: usize = 14;
/// Frames in one; chosen: the longest A-MSDU, 11,454 bytes, has room for few more of the shortest segments.
const MOST: usize = 200;
