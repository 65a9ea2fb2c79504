//! IEEE 802.11 data frames (9.3.2), those that the link did not encrypt.

use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (protocol, len) = header(bytes, control(bytes)?, FRAGMENT)?;
    Frame::behind(bytes, len, protocol, NAME)
}

/// The same with the two bytes of frame control and of the sequence number exchanged.
pub(super) fn strip_swapped(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let [kind, flags] = control(bytes)?;
    let (protocol, len) = header(bytes, [flags, kind], FRAGMENT + 1)?;
    Frame::behind(bytes, len, protocol, NAME)
}

/// The same with the gap that some cards leave behind the header, so that the body begins at a multiple of four.
pub(in crate::decode) fn strip_padded(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (protocol, len) = header(bytes, control(bytes)?, FRAGMENT)?;
    Frame::behind(bytes, len.next_multiple_of(4), protocol, NAME)
}

/// Frame control: kind and flags.
fn control(bytes: &[u8]) -> Result<[u8; 2], Skip> {
    bytes.first_chunk().copied().ok_or(Skip::Cut(NAME))
}

/// What the body is, and the length of the header; `fragment` is where the fragment's number is.
fn header(
    bytes: &[u8],
    [kind, flags]: [u8; 2],
    fragment: usize,
) -> Result<(Protocol, usize), Skip> {
    // Version 0 of type data, and not one of those that carry none.
    if kind & 0x0f != 0x08 || kind & NO_DATA != 0 {
        return Err(Skip::NotIp);
    }
    if flags & PROTECTED != 0 {
        return Err(Skip::Encrypted);
    }
    let fragment = bytes.get(fragment).ok_or(Skip::Cut(NAME))? & 0x0f;
    if fragment != 0 {
        return Err(Skip::Fragment);
    }
    // A fourth address where one access point speaks to another.
    let mut len = if flags & BOTH_WAYS == BOTH_WAYS {
        30
    } else {
        24
    };
    let mut protocol = Protocol::Llc;
    if kind & QUALITY != 0 {
        if bytes.get(len).ok_or(Skip::Cut(NAME))? & AGGREGATE != 0 {
            protocol = Protocol::Bundle;
        }
        len += 2;
        if flags & HIGH_THROUGHPUT != 0 {
            len += 4;
        }
    }
    Ok((protocol, len))
}

const NAME: &str = "IEEE 802.11";
/// The byte with the fragment's number, in its lower half.
const FRAGMENT: usize = 22;
const NO_DATA: u8 = 0x40;
const QUALITY: u8 = 0x80;
const BOTH_WAYS: u8 = 0x03;
const PROTECTED: u8 = 0x40;
const HIGH_THROUGHPUT: u8 = 0x80;
/// In the first byte of the quality-of-service field.
const AGGREGATE: u8 = 0x80;
