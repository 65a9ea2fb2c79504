//! [`Record`]: one captured frame as the capture gave it. `decode` owns the type, so that reading depends on the core, never the reverse.

use crate::origin::{RecordId, Timestamp};

/// Link type of a record: the number that pcap files give it (the registry of link-layer header types at tcpdump.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
}

/// One captured frame. The link type is per record, not per source: pcapng allows a mix.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its number, and its source's.
    pub id: RecordId,
    /// When it was captured.
    pub time: Timestamp,
    /// What its first byte means.
    pub link: LinkType,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Length of the frame on the wire, in bytes; at least `bytes.len()` in a sound capture.
    pub original_len: u32,
}

/// Who looks at records, one after the other, and keeps none.
pub trait Look {
    /// Looks at the next.
    fn look(&mut self, record: &Record<'_>);
}
