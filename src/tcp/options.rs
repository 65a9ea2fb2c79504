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

/// Up to four ranges that arrived out of order (RFC 2018): a header has no room for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SackBlocks {
    blocks: [(SeqNumber, SeqNumber); 4],
    count: u8,
}

impl SackBlocks {
    /// Adds the range from `left` up to, not including, `right`; a fifth range is dropped.
    pub fn push(&mut self, left: SeqNumber, right: SeqNumber) {
        if let Some(free) = self.blocks.get_mut(usize::from(self.count)) {
            *free = (left, right);
            self.count += 1;
        }
    }

    /// The ranges, in the order of the header.
    pub fn as_slice(&self) -> &[(SeqNumber, SeqNumber)] {
        self.blocks.get(..usize::from(self.count)).unwrap_or(&[])
    }

    /// The right edge of the highest range.
    pub fn highest(&self) -> Option<SeqNumber> {
        self.as_slice()
            .iter()
            .map(|block| block.1)
            .reduce(SeqNumber::later)
    }
}
