//! What decoding gives of the plainest segments, read at fixed places: [`plain`].

use super::Record;
use super::glance::{Glance, glance_at_once};
use crate::tcp::{LAST_CHUNK, Timestamps};

/// A segment in Ethernet and IPv4, neither of which has options, with no TCP option but timestamps.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a> {
    /// What a glance shows.
    pub seen: Glance<'a>,
    /// SEG.WND as sent.
    pub window: u16,
    /// Timestamps, if it has them.
    pub stamps: Option<Timestamps>,
    /// IPv4 identification.
    pub id: u16,
    /// IPv4 TTL.
    pub hop_limit: u8,
    /// Differentiated services code point, 0..=63.
    pub dscp: u8,
    /// IPv4 DF.
    pub dont_fragment: bool,
    /// The captured part of its payload.
    pub payload: &'a [u8],
    /// Whether that ends with a [`LAST_CHUNK`]; `None` where it is shorter.
    pub ends_body: Option<bool>,
}

/// Reads a record. `None`: it is none of these. Otherwise decoding it gives the same, but that checksums are not judged here.
#[inline]
pub fn plain<'a>(record: &Record<'a>) -> Option<Plain<'a>> {
    let seen = glance_at_once(record)?;
    let fixed: &[u8; 54] = record.bytes.first_chunk()?;
    let (from, to) = seen.payload(record);
    let payload = record.bytes.get(from..to)?;
    let stamps = match record.bytes.get(fixed.len()..from)? {
        [] => None,
        [1, 1, 8, 10, stamps @ ..] => {
            let (value, echo) = stamps.split_first_chunk()?;
            Some(Timestamps {
                value: u32::from_be_bytes(*value),
                echo: u32::from_be_bytes(echo.try_into().ok()?),
            })
        }
        _ => return None,
    };
    let word = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    Some(Plain {
        seen,
        window: word(48),
        stamps,
        id: word(18),
        hop_limit: fixed[22],
        dscp: fixed[15] >> 2,
        dont_fragment: fixed[20] & 0x40 != 0,
        payload,
        ends_body: payload.last_chunk().map(|last| *last == LAST_CHUNK),
    })
}
