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
        let shorter = u32::try_from(self.link_len()).unwrap_or(0);
        let on_wire = self.original_len - shorter;
        let mut bytes = (wrapping.header)(kind, usize::try_from(on_wire).unwrap_or(0));
        let longer = u32::try_from(bytes.len()).unwrap_or(0);
        bytes.extend(packet);
        Self {
            time: self.time,
            link: wrapping.link,
            bytes,
            original_len: on_wire + longer,
        }
    }

    /// The same frame as a snap length of `len` bytes leaves it.
    #[must_use]
    pub fn cut(&self, len: usize) -> Self {
        let mut cut = self.clone();
        cut.bytes.truncate(len);
        cut
    }

    /// The same packet in two fragments, the first with the TCP header and `len` bytes, a multiple of eight, in all; whole where it is no
    /// longer, or IPv6.
    pub fn fragmented(&self, len: u16) -> Vec<Self> {
        let link = self.link_len();
        let header = match self.packet().first() {
            Some(first) if first >> 4 == 4 => usize::from(first & 0x0f) * 4,
            _ => 0,
        };
        let end = link + header + usize::from(len);
        if self.bytes.len() <= end || header < 20 {
            return vec![self.clone()];
        }
        let part = |bytes: Vec<u8>, place: u16| {
            let mut frame = Self {
                original_len: u32::try_from(bytes.len()).unwrap_or(0),
                bytes,
                ..self.clone()
            };
            let total = length(frame.bytes.len() - link);
            if let [_, _, l0, l1, _, _, f0, f1, ..] = frame.packet_mut() {
                ([*l0, *l1], [*f0, *f1]) = (total, place.to_be_bytes());
            }
            frame
        };
        let (first, rest) = self.bytes.split_at(end);
        let (before, _) = self.bytes.split_at(link + header);
        // More fragments follow the first; places are counted in eight bytes.
        vec![
            part(first.to_vec(), 0x2000),
            part([before, rest].concat(), len / 8),
        ]
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

    /// Its number among PPP's protocols.
    const fn ppp(self) -> [u8; 2] {
        match self {
            Self::V4 => [0x00, 0x21],
            Self::V6 => [0x00, 0x57],
        }
    }

    /// Its number among IP's protocols.
    const fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 41,
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
    /// What stands before a packet of so many bytes.
    header: fn(Kind, usize) -> Vec<u8>,
}

const fn row(name: &'static str, link: u16, header: fn(Kind, usize) -> Vec<u8>) -> Wrapping {
    Wrapping { name, link, header }
}

/// Every wrapping that is written here. A further one is a further line.
pub const WRAPPINGS: &[Wrapping] = &[
    row("Ethernet", 1, |ip, _| join(&[&MACS, &ip.ether_type()])),
    row("VLAN", 1, |ip, _| join(&[&MACS, &TAG, &ip.ether_type()])),
    row("QinQ", 1, |ip, _| {
        join(&[&MACS, &OUTER_TAG, &TAG, &ip.ether_type()])
    }),
    row("Linux cooked", 113, |ip, _| join(&[&SLL, &ip.ether_type()])),
    row("Linux cooked, VLAN", 113, |ip, _| {
        join(&[&SLL, &TAG, &ip.ether_type()])
    }),
    row("Linux cooked v2", 276, |ip, _| {
        join(&[&ip.ether_type(), &SLL2])
    }),
    row("raw IP", 101, |_, _| Vec::new()),
    row("raw IP of old", 12, |_, _| Vec::new()),
    row("raw IP of OpenBSD", 14, |_, _| Vec::new()),
    row("null, little endian", 0, |ip, _| {
        ip.family().to_le_bytes().into()
    }),
    row("null, big endian", 0, |ip, _| {
        ip.family().to_be_bytes().into()
    }),
    row("loop", 108, |ip, _| ip.family().to_be_bytes().into()),
    row("PPP", 9, |ip, _| join(&[&[0xff, 0x03], &ip.ppp()])),
    row("PPPoE", 1, |ip, len| {
        join(&[&MACS, &PPPOE, &length(len + 2), &ip.ppp()])
    }),
    row("MPLS", 1, |_, _| join(&[&MACS, &MPLS])),
    row("IP in IP", 1, |ip, len| {
        join(&[&MACS, &V4, &outer(ip.number(), len)])
    }),
    row("GRE", 1, |ip, len| {
        join(&[&MACS, &V4, &outer(47, len + 4), &[0, 0], &ip.ether_type()])
    }),
    row("GRE with a key", 101, |ip, len| {
        join(&[
            &outer(47, len + 8),
            &[0x20, 0],
            &ip.ether_type(),
            &[0, 0, 0, 7],
        ])
    }),
    row("VXLAN", 1, |ip, len| {
        let inner = join(&[&VXLAN, &MACS, &ip.ether_type()]);
        join(&[&MACS, &V4, &datagram(4789, inner.len() + len), &inner])
    }),
    row("Geneve", 1, |ip, len| {
        let inner = join(&[&[0, 0], &ip.ether_type(), &[0, 0, 7, 0]]);
        join(&[&MACS, &V4, &datagram(6081, inner.len() + len), &inner])
    }),
    row("Geneve with options", 1, |ip, len| {
        let option = [1, 2, 0x80, 1, 9, 9, 9, 9];
        let inner = join(&[&[2, 0x40], &ip.ether_type(), &[0, 0, 7, 0], &option]);
        join(&[&MACS, &V4, &datagram(6081, inner.len() + len), &inner])
    }),
    row("VXLAN-GPE", 1, |ip, len| {
        let kind = if ip == Kind::V4 { 1 } else { 2 };
        let inner = [0x0c, 0, 0, kind, 0, 0, 7, 0];
        join(&[&MACS, &V4, &datagram(4790, 8 + len), &inner])
    }),
    row("VLAN around VXLAN around VLAN", 1, |ip, len| {
        let inner = join(&[&VXLAN, &MACS, &TAG, &ip.ether_type()]);
        let outer = datagram(4789, inner.len() + len);
        join(&[&MACS, &OUTER_TAG, &V4, &outer, &inner])
    }),
    row("GRE with all its fields", 1, |ip, len| {
        let optional = [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1];
        join(&[
            &MACS,
            &V4,
            &outer(47, len + 16),
            &[0xb0, 0],
            &ip.ether_type(),
            &optional,
        ])
    }),
    row("MPLS in GRE", 1, |_, len| {
        join(&[&MACS, &V4, &outer(47, len + 12), &[0, 0], &MPLS[..]])
    }),
    row("NVGRE", 1, |ip, len| {
        let inner = join(&[&[0x20, 0, 0x65, 0x58, 0, 0, 7, 3], &MACS, &ip.ether_type()]);
        join(&[&MACS, &V4, &outer(47, inner.len() + len), &inner])
    }),
    row("ERSPAN II", 1, |ip, len| {
        let session = [0x10, 7, 0, 5, 0, 0, 0, 0];
        let inner = join(&[
            &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1],
            &session,
            &MACS,
            &ip.ether_type(),
        ]);
        join(&[&MACS, &V4, &outer(47, inner.len() + len), &inner])
    }),
    row("ERSPAN III", 1, |ip, len| {
        let session = [0x20, 7, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
        let inner = join(&[
            &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1],
            &session,
            &MACS,
            &ip.ether_type(),
        ]);
        join(&[&MACS, &V4, &outer(47, inner.len() + len), &inner])
    }),
    row("GTP-U", 1, |_, len| {
        let tunnel = join(&[&[0x30, 0xff], &length(len), &[0, 0, 0, 7]]);
        join(&[&MACS, &V4, &datagram(2152, 8 + len), &tunnel])
    }),
    row("IP in IPv6", 1, |ip, len| {
        join(&[&MACS, &[0x86, 0xdd], &outer_v6(ip.number(), len)])
    }),
    row("IP in IPv6 with extension headers", 1, |ip, len| {
        // Options that every hop reads, then those for the destination, each a padding of four bytes.
        let pad = [0, 1, 4, 0, 0, 0, 0];
        let extensions = join(&[&[60], &pad, &[ip.number()], &pad]);
        join(&[&MACS, &[0x86, 0xdd], &outer_v6(0, 16 + len), &extensions])
    }),
    row("IEEE 802.11 with radiotap", 127, |ip, _| {
        join(&[
            &RADIOTAP,
            &[0x08, 0x01, 0, 0],
            &WIFI,
            &SNAP,
            &ip.ether_type(),
        ])
    }),
    row("IEEE 802.11 with quality of service", 127, |ip, _| {
        join(&[
            &RADIOTAP,
            &[0x88, 0x02, 0, 0],
            &WIFI,
            &[0, 0],
            &SNAP,
            &ip.ether_type(),
        ])
    }),
];

/// An IPv4 header in front of `len` bytes of a protocol.
fn outer(protocol: u8, len: usize) -> Vec<u8> {
    let mut header = join(&[
        &[0x45, 0],
        &length(20 + len),
        &[0, 1, 0, 0, 63, protocol, 0, 0],
    ]);
    header.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    header
}

/// An IPv6 header in front of `len` bytes of a protocol.
fn outer_v6(protocol: u8, len: usize) -> Vec<u8> {
    let address = |last| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let first = join(&[&[0x60, 0, 0, 0], &length(len), &[protocol, 63]]);
    join(&[&first, &address(1), &address(2)])
}

/// An IPv4 and a UDP header in front of `len` bytes, to a port.
fn datagram(port: u16, len: usize) -> Vec<u8> {
    let ports = [50_000_u16.to_be_bytes(), port.to_be_bytes()].concat();
    join(&[&outer(17, 8 + len), &ports, &length(8 + len), &[0, 0]])
}

fn length(len: usize) -> [u8; 2] {
    u16::try_from(len).unwrap_or(0).to_be_bytes()
}

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
/// The `EtherType` of IPv4.
const V4: [u8; 2] = [0x08, 0x00];
/// Session 7, behind its `EtherType` and before its length.
const PPPOE: [u8; 6] = [0x88, 0x64, 0x11, 0x00, 0x00, 0x07];
/// Labels 100 and 7, behind their `EtherType`.
const MPLS: [u8; 10] = [0x88, 0x47, 0x00, 0x06, 0x40, 0x40, 0x00, 0x00, 0x71, 0x40];
/// No field but its length.
const RADIOTAP: [u8; 8] = [0, 0, 8, 0, 0, 0, 0, 0];
/// Three addresses and a sequence number, behind frame control and duration.
const WIFI: [u8; 20] = [
    2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 3, 0x10, 0,
];
/// LLC and SNAP up to the `EtherType`.
const SNAP: [u8; 6] = [0xaa, 0xaa, 0x03, 0, 0, 0];
/// Network 7.
const VXLAN: [u8; 8] = [0x08, 0, 0, 0, 0, 0, 0x07, 0];
