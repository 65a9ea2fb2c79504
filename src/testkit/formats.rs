//! Frames -> the bytes of capture files in every format that is read: the table of [`FORMATS`].

use super::rewrite::Frame;
use std::io::Write;

/// A way to write a capture file.
#[derive(Clone, Copy, Debug)]
pub struct FileFormat {
    /// Its name.
    pub name: &'static str,
    /// Frames, all of one link type, to a file.
    pub write: fn(&[Frame]) -> Vec<u8>,
}

const fn row(name: &'static str, write: fn(&[Frame]) -> Vec<u8>) -> FileFormat {
    FileFormat { name, write }
}

/// Every format that is written here. A further one is a further line.
pub const FORMATS: &[FileFormat] = &[
    row("pcap, microseconds", |frames| {
        pcap(Order::Little, Unit::Micro, frames)
    }),
    row("pcap, nanoseconds", |frames| {
        pcap(Order::Little, Unit::Nano, frames)
    }),
    row("pcap, big endian, microseconds", |frames| {
        pcap(Order::Big, Unit::Micro, frames)
    }),
    row("pcap, big endian, nanoseconds", |frames| {
        pcap(Order::Big, Unit::Nano, frames)
    }),
    row("pcapng", |frames| pcapng(Order::Little, &[(6, 0)], frames)),
    row("pcapng, nanoseconds, big endian", |frames| {
        pcapng(Order::Big, &[(9, 0)], frames)
    }),
    row("pcapng, an offset of a year", |frames| {
        pcapng(Order::Little, &[(9, 31_536_000)], frames)
    }),
    row("pcapng, binary resolution", |frames| {
        pcapng(Order::Little, &[(0x9e, 0)], frames)
    }),
    row("pcapng, several interfaces", |frames| {
        pcapng(
            Order::Big,
            &[(6, 0), (0x98, -60), (9, 3600), (7, 0)],
            frames,
        )
    }),
    row("pcapng, sections in both byte orders", |frames| {
        let (first, second) = frames.split_at(frames.len() / 2);
        [
            pcapng(Order::Little, &[(9, 0)], first),
            pcapng(Order::Big, &[(6, 0)], second),
        ]
        .concat()
    }),
    row("pcapng, among blocks of other kinds", |frames| {
        among_others(Order::Big, frames)
    }),
    row("pcapng, obsolete packet blocks", |frames| {
        obsolete(Order::Little, frames)
    }),
    row("pcap, patched", |frames| {
        pcap(Order::Big, Unit::Patched, frames)
    }),
    row("pcap, gzip", |frames| {
        gzip(&pcap(Order::Little, Unit::Nano, frames))
    }),
    row("pcap, gzip in two members", |frames| {
        let file = pcap(Order::Big, Unit::Micro, frames);
        let (first, second) = file.split_at(file.len() / 2);
        [gzip(first), gzip(second)].concat()
    }),
    row("pcapng, gzip", |frames| gzip(&pcapng_of(frames))),
    row("pcap, Zstandard", |frames| {
        zstd(&pcap(Order::Little, Unit::Micro, frames))
    }),
    row("pcapng, Zstandard in two frames", |frames| {
        let file = pcapng_of(frames);
        let (first, second) = file.split_at(file.len() / 2);
        [zstd(first), zstd(second)].concat()
    }),
];

/// Frames as they stand, to a file that keeps each nanosecond and lets link types differ.
pub fn pcapng_of(frames: &[Frame]) -> Vec<u8> {
    let mut links: Vec<u16> = Vec::new();
    for frame in frames {
        if !links.contains(&frame.link) {
            links.push(frame.link);
        }
    }
    let mut file = Vec::new();
    section(Order::Little, &mut file);
    for link in &links {
        interface(Order::Little, *link, (9, 0), &mut file);
    }
    for frame in frames {
        let index = links.iter().position(|link| *link == frame.link);
        let index = index
            .and_then(|index| u32::try_from(index).ok())
            .unwrap_or(0);
        packet(Order::Little, index, (9, 0), frame, &mut file);
    }
    file
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Micro,
    Nano,
    /// Microseconds, and eight further bytes in each record's header.
    Patched,
}

fn pcap(order: Order, unit: Unit, frames: &[Frame]) -> Vec<u8> {
    let (magic, nanos) = match unit {
        Unit::Micro => (0xa1b2_c3d4, 1_000),
        Unit::Nano => (0xa1b2_3c4d, 1),
        Unit::Patched => (0xa1b2_cd34, 1_000),
    };
    let link = frames.first().map_or(1, |frame| frame.link);
    let mut file = Vec::new();
    file.extend(order.u32(magic));
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    for word in [0, 0, 262_144, u32::from(link)] {
        file.extend(order.u32(word));
    }
    for frame in frames {
        for word in [
            u32::try_from(frame.time / 1_000_000_000).unwrap_or(0),
            u32::try_from(frame.time % 1_000_000_000 / nanos).unwrap_or(0),
            len(&frame.bytes),
            frame.original_len,
        ] {
            file.extend(order.u32(word));
        }
        if unit == Unit::Patched {
            file.extend([0, 0, 0, 3, 8, 0, 4, 0]); // Interface 3, IPv4, sent by us.
        }
        file.extend(&frame.bytes);
    }
    file
}

/// One section. Frames come from the interfaces in turn, each with its `if_tsresol` and its `if_tsoffset` in seconds.
fn pcapng(order: Order, interfaces: &[(u8, i64)], frames: &[Frame]) -> Vec<u8> {
    let link = frames.first().map_or(1, |frame| frame.link);
    let mut file = Vec::new();
    section(order, &mut file);
    for clock in interfaces {
        interface(order, link, *clock, &mut file);
    }
    let turns = (0..).zip(interfaces).cycle();
    for (frame, (index, clock)) in frames.iter().zip(turns) {
        packet(order, index, *clock, frame, &mut file);
    }
    file
}

/// One interface; before each packet a block that is passed over: names, statistics, and one of a kind that nobody has given out.
fn among_others(order: Order, frames: &[Frame]) -> Vec<u8> {
    let link = frames.first().map_or(1, |frame| frame.link);
    let mut file = Vec::new();
    section(order, &mut file);
    interface(order, link, (9, 0), &mut file);
    let (none, end) = (order.u32(0), [0; 4]);
    let name = [order.u16(1), order.u16(6)].concat();
    let names = [&name[..], &[10, 0, 0, 1], b"a\0", &[0, 0], &end].concat();
    let private = 0x8000_0001;
    let others = [
        (4, names),
        (5, [none; 3].concat()),
        (private, b"what is this".to_vec()),
    ];
    for (frame, (kind, body)) in frames.iter().zip(others.iter().cycle()) {
        block(order, *kind, body, &mut file);
        packet(order, 0, (9, 0), frame, &mut file);
    }
    file
}

/// Packets in the blocks that enhanced ones have replaced.
fn obsolete(order: Order, frames: &[Frame]) -> Vec<u8> {
    let link = frames.first().map_or(1, |frame| frame.link);
    let mut file = Vec::new();
    section(order, &mut file);
    interface(order, link, (9, 0), &mut file);
    for frame in frames {
        let unknown = u16::MAX;
        let mut body = [order.u16(0), order.u16(unknown)].concat();
        for word in halves(ticks(9, frame.time)) {
            body.extend(order.u32(word));
        }
        body.extend(order.u32(len(&frame.bytes)));
        body.extend(order.u32(frame.original_len));
        body.extend(&frame.bytes);
        block(order, 2, &body, &mut file);
    }
    file
}

#[expect(clippy::expect_used, reason = "memory takes what is written to it")]
fn gzip(file: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(file).expect("memory");
    packer.finish().expect("memory")
}

fn zstd(file: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(file, ruzstd::encoding::CompressionLevel::Fastest)
}

fn section(order: Order, file: &mut Vec<u8>) {
    let mut body = order.u32(0x1a2b_3c4d).to_vec();
    body.extend(order.u16(1));
    body.extend(order.u16(0));
    body.extend([0xff; 8]);
    block(order, 0x0a0d_0d0a, &body, file);
}

fn interface(order: Order, link: u16, (resolution, offset): (u8, i64), file: &mut Vec<u8>) {
    let mut body = order.u16(link).to_vec();
    body.extend([0; 6]);
    body.extend(order.u16(9));
    body.extend(order.u16(1));
    body.extend([resolution, 0, 0, 0]);
    body.extend(order.u16(14));
    body.extend(order.u16(8));
    body.extend(match order {
        Order::Little => offset.to_le_bytes(),
        Order::Big => offset.to_be_bytes(),
    });
    body.extend([0; 4]);
    block(order, 1, &body, file);
}

fn packet(
    order: Order,
    interface: u32,
    (resolution, offset): (u8, i64),
    frame: &Frame,
    file: &mut Vec<u8>,
) {
    let ticks = ticks(resolution, frame.time - offset * 1_000_000_000);
    let mut body = Vec::new();
    let [high, low] = halves(ticks);
    for word in [interface, high, low, len(&frame.bytes), frame.original_len] {
        body.extend(order.u32(word));
    }
    body.extend(&frame.bytes);
    block(order, 6, &body, file);
}

/// So many nanoseconds in ticks of an `if_tsresol`: rounded up where a tick is shorter than that, so that reading gives the same nanosecond.
fn ticks(resolution: u8, nanos: i64) -> u64 {
    let nanos = u128::from(nanos.unsigned_abs());
    let exponent = u32::from(resolution & 0x7f);
    let per_second = if resolution & 0x80 == 0 {
        10_u128.pow(exponent)
    } else {
        1 << exponent
    };
    let ticks = if per_second > 1_000_000_000 {
        (nanos * per_second).div_ceil(1_000_000_000)
    } else {
        nanos * per_second / 1_000_000_000
    };
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves of a 64-bit count"
)]
const fn halves(ticks: u64) -> [u32; 2] {
    [(ticks >> 32) as u32, ticks as u32]
}

fn block(order: Order, kind: u32, body: &[u8], file: &mut Vec<u8>) {
    let padding = body.len().next_multiple_of(4) - body.len();
    let total = u32::try_from(12 + body.len() + padding).unwrap_or(u32::MAX);
    file.extend(order.u32(kind));
    file.extend(order.u32(total));
    file.extend(body);
    file.extend(std::iter::repeat_n(0, padding));
    file.extend(order.u32(total));
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
