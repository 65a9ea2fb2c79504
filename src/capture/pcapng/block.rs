//! What all blocks share: kinds, padding, options.

use crate::capture::bytes::{ByteOrder, Fields};

/// Code and value of each option; ends at the end mark and at the first that does not fit.
pub(super) fn options(
    order: ByteOrder,
    mut fields: Fields<'_>,
) -> impl Iterator<Item = (u16, Fields<'_>)> {
    std::iter::from_fn(move || {
        let (code, len) = (fields.u16()?, fields.u16()?);
        if code == option::END {
            return None;
        }
        let value = fields.take(usize::from(len))?;
        // The last option's padding may be missing; then no option follows either.
        let _ = fields.take(padding(usize::from(len)));
        Some((code, Fields::new(order, value)))
    })
}

/// Bytes up to the next multiple of four.
pub(super) const fn padding(len: usize) -> usize {
    len.wrapping_neg() % 4
}

/// Adds two counts of which either may be unknown.
pub(super) fn add(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (one, other) => one.or(other),
    }
}

/// A length with its padding. It must be a multiple of four; some writers forget, and Wireshark forgives them.
pub(super) const fn padded(len: u32) -> u32 {
    len.saturating_add(3) & !3
}

/// Whether Wireshark counts a block as a record although it holds no packet: custom blocks, journal entries and system calls.
pub(super) const fn is_numbered(kind: u32) -> bool {
    matches!(
        kind,
        0x0000_0009 | 0x0000_0204 | 0x0000_0216 | 0x0000_0221 | 0x0000_0bad | 0x4000_0bad
    )
}

/// Whether a kind has been given out for blocks that are passed over: names, event and time formats, journals, secrets, system calls, custom.
pub(super) const fn is_registered(kind: u32) -> bool {
    matches!(
        kind,
        4 | 7..=0x10 | 0x101..=0x104 | 0x201..=0x2ff | 0x0000_0bad | 0x4000_0bad
    )
}

pub(super) const fn is_read(kind: u32) -> bool {
    matches!(
        kind,
        kind::SECTION
            | kind::INTERFACE
            | kind::PACKET
            | kind::SIMPLE_PACKET
            | kind::STATISTICS
            | kind::ENHANCED_PACKET
    )
}

/// Numbers of the kinds that are read.
pub(super) mod kind {
    pub(in crate::capture::pcapng) const INTERFACE: u32 = 1;
    /// Obsolete, and still met.
    pub(in crate::capture::pcapng) const PACKET: u32 = 2;
    pub(in crate::capture::pcapng) const SIMPLE_PACKET: u32 = 3;
    pub(in crate::capture::pcapng) const STATISTICS: u32 = 5;
    pub(in crate::capture::pcapng) const ENHANCED_PACKET: u32 = 6;
    pub(in crate::capture::pcapng) const SECTION: u32 = 0x0a0d_0d0a;
}

pub(super) mod option {
    pub(in crate::capture::pcapng) const END: u16 = 0;
    pub(in crate::capture::pcapng) const COMMENT: u16 = 1;
    pub(in crate::capture::pcapng) const SHB_USERAPPL: u16 = 4;
    pub(in crate::capture::pcapng) const IF_DESCRIPTION: u16 = 3;
    pub(in crate::capture::pcapng) const EPB_DROPCOUNT: u16 = 4;
    pub(in crate::capture::pcapng) const ISB_IFDROP: u16 = 5;
    pub(in crate::capture::pcapng) const ISB_OSDROP: u16 = 7;
    pub(in crate::capture::pcapng) const IF_NAME: u16 = 2;
    pub(in crate::capture::pcapng) const IF_TSRESOL: u16 = 9;
    pub(in crate::capture::pcapng) const IF_TSOFFSET: u16 = 14;
}
