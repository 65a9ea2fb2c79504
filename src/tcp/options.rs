//! The TCP options by which a reset can be judged.

use super::SeqNumber;

/// Options of one segment. Absent options are `None`; `complete` says whether absence was seen or only assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Maximum segment size in bytes (RFC 9293 3.2), on SYN segments.
    pub mss: Option<u16>,
    /// Window scale shift count, 0..=14, larger is 14 (RFC 7323 2.3), on SYN segments.
    pub window_scale: Option<u8>,
    /// SACK permitted (RFC 2018), on SYN segments.
    pub sack_permitted: bool,
    /// Selective acknowledgments.
    pub sack: SackBlocks,
    /// Timestamps (RFC 7323 3).
    pub timestamps: Option<Timestamps>,
    /// What Multipath TCP says here (RFC 8684).
    pub mptcp: Option<Mptcp>,
    /// A signature: TCP-AO (RFC 5925) or MD5 (RFC 2385).
    pub signed: bool,
    /// Bytes that options take in the header, 0..=40.
    pub len: u8,
    /// False when the snap length cut the options or they were malformed: then what is `None` may have been there.
    pub complete: bool,
}

impl Options {
    /// Those of a header that was captured whole and has none.
    pub fn none() -> Self {
        Self {
            complete: true,
            ..Self::default()
        }
    }
}

/// The timestamps option (RFC 7323 3), in the sender's own ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamps {
    /// `TSval`.
    pub value: u32,
    /// `TSecr`; meaningful only when ACK is set.
    pub echo: u32,
}

/// What an MPTCP option says (RFC 8684 3), as far as it bears on a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mptcp {
    /// `MP_JOIN`: this connection is a further subflow.
    Join,
    /// `MP_TCPRST`: why a subflow is reset.
    Reset {
        /// Reason code, 0..=255 (RFC 8684 3.6).
        reason: u8,
        /// The T flag: the condition is transient, and a new subflow may be tried.
        transient: bool,
    },
    /// `MP_FASTCLOSE`: the whole MPTCP connection ends.
    FastClose,
    /// Another subtype, 0..=15.
    Other(u8),
}

/// Ranges that arrived out of order (RFC 2018), as far as anything is asked of them: where the highest ends, and whether two segments tell of
/// the same ones.
///
/// A segment may have four, and stories hold many segments: so the ranges themselves are not kept, but a number that other ranges, or another
/// order of the same, share once in two billion times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SackBlocks {
    highest: SeqNumber,
    /// 0 where there are none.
    digest: u32,
}

impl SackBlocks {
    /// Adds the range from `left` up to, not including, `right`.
    pub const fn push(&mut self, left: SeqNumber, right: SeqNumber) {
        self.highest = if self.is_empty() {
            right
        } else {
            self.highest.later(right)
        };
        let range = (left.value() as u64) << 32 | right.value() as u64;
        let mixed = (range ^ self.digest as u64).wrapping_mul(SPREAD);
        let folded = (mixed ^ mixed.rotate_left(32)).wrapping_mul(SPREAD) >> 32;
        self.digest = folded as u32 | 1 << 31;
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.digest == 0
    }

    /// The right edge of the highest range.
    pub fn highest(self) -> Option<SeqNumber> {
        (!self.is_empty()).then_some(self.highest)
    }
}

/// An odd number without a pattern: 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming 6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
