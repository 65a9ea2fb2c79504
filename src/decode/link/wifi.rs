//! IEEE 802.11 behind the headers that drivers put before it: radiotap, Prism, AVS, or none.

use crate::decode::{Frame, Protocol, Skip, wrap};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    Frame::behind(bytes, 0, Protocol::Wifi, "IEEE 802.11")
}

/// radiotap.org: version 0, padding, length, and a chain of words that say which fields are present; all little-endian.
pub(super) fn strip_radiotap(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [0, _, l0, l1, p0, _, _, _, ..] = *bytes else {
        return Err(Skip::Cut(RADIOTAP));
    };
    let len = usize::from(u16::from_le_bytes([l0, l1]));
    let frame = bytes.get(len.max(8)..).ok_or(Skip::Cut(RADIOTAP))?;
    let header = bytes.get(..len).unwrap_or_default();
    // The second field is flags: whether the frame has a gap between header and body, and its check sequence behind.
    let flags = match p0 & 3 {
        2 | 3 => {
            // The last of the words has its upper bit clear; time, if present, lies at a multiple of eight behind them.
            let words = header
                .get(4..)
                .unwrap_or_default()
                .as_chunks::<4>()
                .0
                .iter()
                .take_while(|word| word[3] & 0x80 != 0)
                .count();
            let fields = 8 + 4 * words;
            let at = if p0 & 1 == 1 {
                fields.next_multiple_of(8) + 8
            } else {
                fields
            };
            header.get(at).copied().unwrap_or(0)
        }
        _ => 0,
    };
    if flags & DATA_PADDED == 0 {
        strip(frame)
    } else {
        wrap::wifi::strip_padded(frame)
    }
}

/// Prism's header gives its length in the order of the machine that captured; AVS came later under the same number.
pub(super) fn strip_prism(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [m0, m1, _, _, l0, l1, l2, l3, ..] = *bytes else {
        return Err(Skip::Cut(PRISM));
    };
    if [m0, m1] == AVS_MAGIC {
        return strip_avs(bytes);
    }
    let raw = [l0, l1, l2, l3];
    let len = u32::from_le_bytes(raw).min(u32::from_be_bytes(raw)) as usize;
    Frame::behind(bytes, len.max(8), Protocol::Wifi, PRISM)
}

/// AVS: magic and version, then the header's length, big-endian.
pub(super) fn strip_avs(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [_, _, _, _, l0, l1, l2, l3, ..] = *bytes else {
        return Err(Skip::Cut("AVS"));
    };
    let len = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    Frame::behind(bytes, len.max(8), Protocol::Wifi, "AVS")
}

const RADIOTAP: &str = "radiotap";
const PRISM: &str = "Prism";
const DATA_PADDED: u8 = 0x20;
const AVS_MAGIC: [u8; 2] = [0x80, 0x21];
