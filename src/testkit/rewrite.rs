//! Captured frames taken out of their file, and given other link headers: [`Frame`] and the table of [`WRAPPINGS`].

use crate::capture::{Batch, FileSource, Source};

/// One frame of a capture, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Nanoseconds since the Unix epoch.
    pub time: i64,
    /// Link type.
    pub link: u16,
    /// Captured bytes.
    pub bytes: Vec<u8>,
    /// Length on the wire, in bytes.
    pub original_len: u32,
}

/// The frames of a capture file.
///
/// # Panics
///
/// When the file cannot be read to its end: it is part of a test.
#[expect(
    clippy::expect_used,
    reason = "a fixture that cannot be read is broken"
)]
pub fn frames(file: Vec<u8>) -> Vec<Frame> {
    let reader = Box::new(std::io::Cursor::new(file));
    let mut source = FileSource::from_reader("memory".into(), 0, reader).expect("a capture");
    let (mut batch, mut frames) = (Batch::new(), Vec::new());
    while source.fill(&mut batch).expect("a sound capture") {
        frames.extend(batch.records().map(|record| Frame {
            time: record.time.nanos(),
            link: record.link.0,
            bytes: record.bytes.to_vec(),
            original_len: record.original_len,
        }));
    }
    frames
}

impl Frame {
    /// The IP packet in it. Frames are Ethernet without tags, or IP without a link header, as all fixtures are.
    pub fn packet(&self) -> &[u8] {
        self.bytes.get(self.link_len()..).unwrap_or_default()
    }

    /// The IP packet in it, to be changed.
    pub fn packet_mut(&mut self) -> &mut [u8] {
        let link = self.link_len();
        self.bytes.get_mut(link..).unwrap_or_default()
    }

    fn link_len(&self) -> usize {
        if self.link == 1 { 14 } else { 0 }
    }

    /// The same packet behind another link header.
    #[must_use]
    pub fn wrapped(&self, wrapping: &Wrapping) -> Self {
        let packet = self.packet();
        let kind = if packet.first().is_some_and(|first| first >> 4 == 6) {
            Kind::V6
        } else {
            Kind::V4
        };
        let mut bytes = (wrapping.header)(kind);
        let longer = u32::try_from(bytes.len()).unwrap_or(0);
        let shorter = u32::try_from(self.link_len()).unwrap_or(0);
        bytes.extend(packet);
        Self {
            time: self.time,
            link: wrapping.link,
            bytes,
            original_len: self.original_len - shorter + longer,
        }
    }

    /// The same frame as a snap length of `len` bytes leaves it.
    #[must_use]
    pub fn cut(&self, len: usize) -> Self {
        let mut cut = self.clone();
        cut.bytes.truncate(len);
        cut
    }

    /// The same packet one router further: its hop limit is lower by one.
    #[must_use]
    pub fn routed(&self) -> Self {
        let mut routed = self.clone();
        let packet = routed.packet_mut();
        let place = if packet.first().is_some_and(|first| first >> 4 == 6) {
            7
        } else {
            8
        };
        if let Some(limit) = packet.get_mut(place) {
            *limit = limit.saturating_sub(1);
        }
        routed
    }
}

/// Which IP a header announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Kind {
    const fn ether_type(self) -> [u8; 2] {
        match self {
            Self::V4 => [0x08, 0x00],
            Self::V6 => [0x86, 0xdd],
        }
    }

    /// The address family of BSD; that of macOS for IPv6.
    const fn family(self) -> u32 {
        match self {
            Self::V4 => 2,
            Self::V6 => 30,
        }
    }
}

/// A way to carry an IP packet.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping {
    /// Its name.
    pub name: &'static str,
    /// Link type.
    pub link: u16,
    /// What stands before the packet.
    header: fn(Kind) -> Vec<u8>,
}

const fn row(name: &'static str, link: u16, header: fn(Kind) -> Vec<u8>) -> Wrapping {
    Wrapping { name, link, header }
}

/// Every wrapping that is written here. A further one is a further line.
pub const WRAPPINGS: &[Wrapping] = &[
    row("Ethernet", 1, |ip| join(&[&MACS, &ip.ether_type()])),
    row("VLAN", 1, |ip| join(&[&MACS, &TAG, &ip.ether_type()])),
    row("QinQ", 1, |ip| {
        join(&[&MACS, &OUTER_TAG, &TAG, &ip.ether_type()])
    }),
    row("Linux cooked", 113, |ip| join(&[&SLL, &ip.ether_type()])),
    row("Linux cooked, VLAN", 113, |ip| {
        join(&[&SLL, &TAG, &ip.ether_type()])
    }),
    row("Linux cooked v2", 276, |ip| {
        join(&[&ip.ether_type(), &SLL2])
    }),
    row("raw IP", 101, |_| Vec::new()),
    row("raw IP of old", 12, |_| Vec::new()),
    row("raw IP of OpenBSD", 14, |_| Vec::new()),
    row("null, little endian", 0, |ip| {
        join(&[&ip.family().to_le_bytes()])
    }),
    row("null, big endian", 0, |ip| {
        join(&[&ip.family().to_be_bytes()])
    }),
    row("loop", 108, |ip| join(&[&ip.family().to_be_bytes()])),
];

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

const MACS: [u8; 12] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
const TAG: [u8; 4] = [0x81, 0x00, 0x00, 0x07];
const OUTER_TAG: [u8; 4] = [0x88, 0xa8, 0x00, 0x64];
/// Sent by us, over Ethernet, from an address of six bytes.
const SLL: [u8; 14] = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
/// The same behind the protocol: reserved, interface 3, Ethernet, sent by us, the address.
const SLL2: [u8; 18] = [0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0];
