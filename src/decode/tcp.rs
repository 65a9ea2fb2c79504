//! A TCP header (RFC 9293 3.1) with its options and its payload -> [`Segment`].

mod options;

use super::ip::Packet;
use super::{Record, Skip};
use crate::tcp::{Checksum, Encapsulation, Flags, Header, Segment, SeqNumber};
use etherparse::TcpHeaderSlice;
use etherparse::err::tcp::HeaderSliceError;
use std::net::{IpAddr, SocketAddr};

/// Decodes what `packet` carries.
pub(super) fn segment<'a>(
    record: &Record<'_>,
    encapsulation: Encapsulation,
    packet: &Packet<'a>,
) -> Result<Segment<'a>, Skip> {
    let bytes = packet.payload;
    let mut room = [0; LONGEST];
    let (tcp, captured) = match TcpHeaderSlice::from_slice(bytes) {
        Ok(tcp) => {
            let captured = tcp.slice().len();
            (tcp, captured)
        }
        Err(HeaderSliceError::Content(_)) => return Err(OFFSET_TOO_SMALL),
        Err(HeaderSliceError::Len(_)) => {
            for (to, from) in room.iter_mut().zip(bytes) {
                *to = *from;
            }
            (cut_header(bytes, packet.payload_len, &room)?, bytes.len())
        }
    };
    let header_len = tcp.slice().len();
    let payload_len = packet
        .payload_len
        .checked_sub(header_len)
        .ok_or(Skip::Malformed("TCP header beyond its packet"))?;
    let payload = bytes.get(header_len..).unwrap_or_default();
    let flags = Flags::from_bits(tcp.slice().get(FLAGS).copied().unwrap_or(0));
    let seen_options = tcp.slice().get(SHORTEST..captured).unwrap_or_default();
    Ok(Segment {
        from: SocketAddr::new(packet.from, tcp.source_port()),
        to: SocketAddr::new(packet.to, tcp.destination_port()),
        encapsulation,
        header: Header {
            record: record.id,
            time: record.time,
            ip: packet.facts,
            seq: SeqNumber::new(tcp.sequence_number()),
            ack: SeqNumber::new(tcp.acknowledgment_number()),
            flags,
            window: tcp.window_size(),
            options: options::read(seen_options, header_len - SHORTEST),
            payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
            checksum: if is_judged(flags) && packet.is_whole && payload.len() == payload_len {
                checksum(&tcp, packet, payload)
            } else {
                Checksum::Unknown
            },
        },
        payload,
    })
}

/// A header of which `bytes` were captured and `room` is a copy, zeros behind it.
fn cut_header<'a>(
    bytes: &[u8],
    on_wire: usize,
    room: &'a [u8; LONGEST],
) -> Result<TcpHeaderSlice<'a>, Skip> {
    if on_wire < SHORTEST {
        return Err(Skip::Malformed("TCP header beyond its packet"));
    }
    if bytes.len() >= on_wire {
        // Nothing was cut off: the header itself claims to be longer than what carries it.
        return Err(Skip::Malformed("TCP header beyond its packet"));
    }
    if bytes.len() <= FLAGS {
        return Err(Skip::Cut("TCP"));
    }
    TcpHeaderSlice::from_slice(room).map_err(|_| OFFSET_TOO_SMALL)
}

/// Checksums are computed where a verdict may hang on them, and nowhere else: adding up every payload would cost more than all other
/// decoding. A wrong one unmasks a reset that its receiver must have dropped, and on SYNs it tells whether this capture point sees checksums at
/// all, before the sender's interface has filled them in.
const fn is_judged(flags: Flags) -> bool {
    flags.rst() || flags.syn()
}

fn checksum(tcp: &TcpHeaderSlice<'_>, packet: &Packet<'_>, payload: &[u8]) -> Checksum {
    let computed = match (packet.from, packet.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            tcp.calc_checksum_ipv4_raw(from.octets(), to.octets(), payload)
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            tcp.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload)
        }
        _ => return Checksum::Unknown,
    };
    match computed {
        Ok(sum) if sum == tcp.checksum() => Checksum::Right,
        Ok(_) => Checksum::Wrong,
        Err(_) => Checksum::Unknown,
    }
}

const OFFSET_TOO_SMALL: Skip = Skip::Malformed("TCP data offset below 5");
/// Length of a header without options, in bytes.
const SHORTEST: usize = 20;
/// Length of a header with all the options it has room for.
const LONGEST: usize = 60;
/// The control bits' place. A header cut before them says nothing; one cut right behind them lacks its window, which then reads 0.
const FLAGS: usize = 13;
