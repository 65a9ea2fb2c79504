//! AYIYA (draft-massar-v6ops-ayiya): IP in UDP with an identity and a signature.

use crate::decode::{Frame, Protocol};

pub(super) fn enter(bytes: &[u8]) -> Option<Frame<'_>> {
    let [identity, signature, operation, next, ..] = *bytes else {
        return None;
    };
    let protocol = match next {
        4 => Protocol::IPV4,
        41 => Protocol::IPV6,
        _ => return None,
    };
    // The identity's length is a power of two of at most 16 bytes, its type an integer or a string; the signature's is in words.
    if identity >> 4 > 4 || !(1..=2).contains(&(identity & 0x0f)) || operation & 0x0f != FORWARD {
        return None;
    }
    let len = 8 + (1_usize << (identity >> 4)) + 4 * usize::from(signature >> 4);
    Some(Frame {
        protocol,
        bytes: bytes.get(len..)?,
    })
}

const FORWARD: u8 = 1;
