//! Netfilter's log: a list of attributes, one of which is the packet.
//!
//! Lengths and kinds are in the byte order of the machine that logged, which the record does not tell: the order in which the list adds up
//! is taken.

use crate::decode::{Frame, Protocol, Skip};

pub(super) fn strip(bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    let (header, list) = bytes.split_first_chunk::<4>().ok_or(CUT)?;
    let protocol = match header.first() {
        Some(2) => Protocol::IPV4,
        Some(10) => Protocol::IPV6,
        // The bridge and netdev families, where the hook knew no version.
        Some(0 | 5 | 7) => Protocol::Ip,
        _ => return Err(Skip::NotIp),
    };
    let bytes = payload(list, u16::from_le_bytes)
        .or_else(|| payload(list, u16::from_be_bytes))
        .ok_or(Skip::NotIp)?;
    Ok(Frame { protocol, bytes })
}

/// The packet's attribute, if the list leads to it with numbers read by `number`. The snap length may have cut it.
fn payload(mut list: &[u8], number: fn([u8; 2]) -> u16) -> Option<&[u8]> {
    loop {
        let (&[l0, l1, k0, k1], rest) = list.split_first_chunk()?;
        // The length covers length and kind.
        let len = usize::from(number([l0, l1])).checked_sub(4)?;
        if number([k0, k1]) == PAYLOAD {
            return Some(rest.get(..len).unwrap_or(rest));
        }
        list = rest.get(len.next_multiple_of(4)..)?;
    }
}

/// `NFULA_PAYLOAD`.
const PAYLOAD: u16 = 9;
const CUT: Skip = Skip::Cut("netfilter log");
