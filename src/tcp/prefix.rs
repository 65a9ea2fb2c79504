//! The first bytes of a payload: enough to know a protocol by, never a body.

use std::fmt;

/// Up to [`Prefix::CAPACITY`] captured bytes from the beginning of a payload.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Prefix {
    bytes: Box<[u8]>,
    full_len: u32,
}

impl Prefix {
    /// Bytes kept at most: a TLS `ClientHello` with its server name, or an HTTP header's first lines, fit.
    pub const CAPACITY: usize = 512;

    /// Keeps the beginning of `captured`, out of a payload of `full_len` bytes on the wire.
    pub fn new(captured: &[u8], full_len: u32) -> Self {
        let kept = captured.get(..Self::CAPACITY).unwrap_or(captured);
        Self {
            bytes: kept.into(),
            full_len,
        }
    }

    /// The bytes kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Length of the payload on the wire, in bytes.
    pub fn full_len(&self) -> u32 {
        self.full_len
    }

    /// Whether bytes of the payload are missing here, be it by the snap length or by [`Prefix::CAPACITY`].
    pub fn is_cut(&self) -> bool {
        u32::try_from(self.bytes.len()).is_ok_and(|kept| kept < self.full_len)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" of {} bytes",
            self.bytes.escape_ascii(),
            self.full_len
        )
    }
}
