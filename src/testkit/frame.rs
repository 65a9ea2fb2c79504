//! [`Told`] segments -> the bytes of a capture file.

use super::Told;
use crate::tcp::Mptcp;
use std::net::IpAddr;

/// The segments as a classic pcap file: little endian, nanoseconds, Ethernet.
pub fn pcap(told: &[Told]) -> Vec<u8> {
    let mut file = pcap_start(WHOLE);
    for segment in told {
        add_to_pcap(&mut file, segment, WHOLE);
    }
    file
}

/// What stands before the records of such a file, where at most `snap` bytes of a frame are captured.
pub(super) fn pcap_start(snap: u32) -> Vec<u8> {
    [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, snap, 1]
        .map(u32::to_le_bytes)
        .concat()
}

/// Adds a segment to such a file.
pub(super) fn add_to_pcap(file: &mut Vec<u8>, segment: &Told, snap: u32) {
    let frame = ethernet(segment);
    let nanos = segment.header.time.nanos();
    let len = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    for word in [
        u32::try_from(nanos / 1_000_000_000).unwrap_or(0),
        u32::try_from(nanos % 1_000_000_000).unwrap_or(0),
        len.min(snap),
        len,
    ] {
        file.extend(word.to_le_bytes());
    }
    file.extend(frame.iter().take(snap as usize));
}

/// The snap length at which libpcap cuts nothing.
pub(super) const WHOLE: u32 = 262_144;

/// The segments as a pcapng file: one little-endian section, one Ethernet interface with nanoseconds.
pub fn pcapng(told: &[Told]) -> Vec<u8> {
    let mut file = Vec::new();
    block(
        &mut file,
        0x0a0d_0d0a,
        &[
            &0x1a2b_3c4d_u32.to_le_bytes()[..],
            &[1, 0, 0, 0],
            &[0xff; 8],
        ]
        .concat(),
    );
    block(
        &mut file,
        1,
        &[1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0],
    );
    for segment in told {
        let frame = ethernet(segment);
        let nanos = segment.header.time.nanos().cast_unsigned();
        let len = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let mut body = Vec::new();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the two halves of a 64-bit time"
        )]
        for word in [0, (nanos >> 32) as u32, nanos as u32, len, len] {
            body.extend(word.to_le_bytes());
        }
        body.extend(frame);
        block(&mut file, 6, &body);
    }
    file
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let padding = body.len().next_multiple_of(4) - body.len();
    let len = u32::try_from(12 + body.len() + padding).unwrap_or(u32::MAX);
    file.extend(kind.to_le_bytes());
    file.extend(len.to_le_bytes());
    file.extend(body);
    file.extend(std::iter::repeat_n(0, padding));
    file.extend(len.to_le_bytes());
}

/// An Ethernet frame with IPv4 and TCP, checksums included.
pub fn ethernet(told: &Told) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
    frame.extend(ipv4(told));
    frame
}

fn ipv4(told: &Told) -> Vec<u8> {
    let segment = tcp(told);
    let header = &told.header;
    let total = u16::try_from(20 + segment.len()).unwrap_or(u16::MAX);
    let mut packet = vec![0x45, header.ip.dscp << 2];
    packet.extend(total.to_be_bytes());
    packet.extend(header.ip.id().unwrap_or(0).to_be_bytes());
    packet.extend([
        if header.ip.dont_fragment() == Some(true) {
            0x40
        } else {
            0
        },
        0,
        header.ip.hop_limit,
        6,
        0,
        0,
    ]);
    packet.extend(octets(told.from.ip()));
    packet.extend(octets(told.to.ip()));
    let sum = checksum(&packet, 0);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(segment);
    packet
}

fn tcp(told: &Told) -> Vec<u8> {
    let header = &told.header;
    let options = options(told);
    let mut segment = Vec::new();
    segment.extend(told.from.port().to_be_bytes());
    segment.extend(told.to.port().to_be_bytes());
    segment.extend(header.seq.value().to_be_bytes());
    segment.extend(header.ack.value().to_be_bytes());
    let words = u8::try_from(5 + options.len() / 4).unwrap_or(15);
    segment.extend([words << 4, header.flags.bits()]);
    segment.extend(header.window.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend(options);
    segment.extend(&told.payload);
    let len = u32::try_from(segment.len()).unwrap_or(0);
    let pseudo = [octets(told.from.ip()), octets(told.to.ip())].concat();
    let sum = pseudo
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum::<u32>()
        + 6
        + len;
    let sum = checksum(&segment, sum);
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    segment
}

fn options(told: &Told) -> Vec<u8> {
    let options = &told.header.options;
    let mut bytes = Vec::new();
    if let Some(mss) = options.mss {
        bytes.extend([2, 4]);
        bytes.extend(mss.to_be_bytes());
    }
    if let Some(scale) = options.window_scale {
        bytes.extend([3, 3, scale]);
    }
    if let Some(stamps) = options.timestamps {
        bytes.extend([8, 10]);
        bytes.extend(stamps.value.to_be_bytes());
        bytes.extend(stamps.echo.to_be_bytes());
    }
    match options.mptcp {
        Some(Mptcp::Reset { reason, transient }) => {
            bytes.extend([30, 4, 0x80 | u8::from(transient), reason]);
        }
        Some(Mptcp::Join) => bytes.extend([30, 4, 0x10, 0]),
        _ => {}
    }
    bytes.resize(bytes.len().next_multiple_of(4), 1);
    bytes
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The Internet checksum (RFC 1071) of `bytes`, begun with `sum`.
fn checksum(bytes: &[u8], sum: u32) -> u16 {
    let words = bytes.chunks(2).map(|pair| {
        u32::from(u16::from_be_bytes([
            pair[0],
            pair.get(1).copied().unwrap_or(0),
        ]))
    });
    let mut sum = sum + words.sum::<u32>();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}
