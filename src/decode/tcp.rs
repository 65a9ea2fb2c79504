//! A TCP header (RFC 9293 3.1) with its options and its payload -> [`Segment`].

mod options;

use super::ip::{Addresses, Packet};
use super::{Decoded, Record, Skip, link};
use crate::tcp::{Checksum, Encapsulation, Flags, Header, LAST_CHUNK, Segment, SeqNumber};
use etherparse::TcpHeaderSlice;
use etherparse::err::tcp::HeaderSliceError;

/// Decodes what `packet` carries.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "measured: decoding takes a fifth longer without"
)]
pub(super) fn decode<'a>(
    record: &Record<'_>,
    encapsulation: Encapsulation,
    packet: &Packet<'a>,
) -> Decoded<'a> {
    let bytes = packet.payload;
    let room;
    let tcp = match TcpHeaderSlice::from_slice(bytes) {
        Ok(tcp) => tcp,
        Err(HeaderSliceError::Content(_)) => return Decoded::Skip(OFFSET_TOO_SMALL),
        Err(HeaderSliceError::Len(_)) => {
            room = with_zeros(bytes);
            match cut_header(bytes, packet.payload_len, &room) {
                Ok(tcp) => tcp,
                Err(skip) => return Decoded::Skip(skip),
            }
        }
    };
    let header_len = tcp.slice().len();
    let Some(payload_len) = packet.payload_len.checked_sub(header_len) else {
        return Decoded::Skip(BEYOND_PACKET);
    };
    let payload = bytes.get(header_len..).unwrap_or_default();
    let flags = Flags::from_bits(tcp.slice().get(FLAGS).copied().unwrap_or(0));
    let seen_options = bytes
        .get(SHORTEST..header_len.min(bytes.len()))
        .unwrap_or_default();
    let ports = (tcp.source_port(), tcp.destination_port());
    let (from, to) = match packet.addresses {
        Addresses::V4(from, to) => ((from, ports.0).into(), (to, ports.1).into()),
        Addresses::V6(from, to) => ((from, ports.0).into(), (to, ports.1).into()),
    };
    let is_judged = is_judged(flags) && packet.is_whole && payload.len() == payload_len;
    Decoded::Segment(Segment {
        from,
        to,
        encapsulation,
        header: Header {
            record: link::place(record),
            time: record.time,
            ip: packet.facts,
            seq: SeqNumber::new(tcp.sequence_number()),
            ack: SeqNumber::new(tcp.acknowledgment_number()),
            flags,
            window: tcp.window_size(),
            options: options::read(seen_options, header_len - SHORTEST),
            payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
            checksum: if is_judged {
                checksum(&tcp, packet, payload)
            } else {
                Checksum::Unknown
            },
        },
        payload,
        captured: u32::try_from(payload.len()).unwrap_or(u32::MAX),
        ends_body: payload.last_chunk().map(|last| *last == LAST_CHUNK),
    })
}

/// The beginning of a header with zeros for the rest, so that it is read as every other.
fn with_zeros(bytes: &[u8]) -> [u8; LONGEST] {
    let mut room = [0; LONGEST];
    for (to, from) in room.iter_mut().zip(bytes) {
        *to = *from;
    }
    room
}

/// A header of which only `bytes` were captured, read from `room`.
fn cut_header<'a>(
    bytes: &[u8],
    on_wire: usize,
    room: &'a [u8; LONGEST],
) -> Result<TcpHeaderSlice<'a>, Skip> {
    // Nothing was cut off then: the header claims more than what carries it.
    if on_wire < SHORTEST || bytes.len() >= on_wire {
        return Err(BEYOND_PACKET);
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
    let computed = match packet.addresses {
        Addresses::V4(from, to) => tcp.calc_checksum_ipv4_raw(from.octets(), to.octets(), payload),
        Addresses::V6(from, to) => tcp.calc_checksum_ipv6_raw(from.octets(), to.octets(), payload),
    };
    match computed {
        Ok(sum) if sum == tcp.checksum() => Checksum::Right,
        Ok(_) => Checksum::Wrong,
        Err(_) => Checksum::Unknown,
    }
}

const OFFSET_TOO_SMALL: Skip = Skip::Malformed("TCP data offset below 5");
const BEYOND_PACKET: Skip = Skip::Malformed("TCP header beyond its packet");
/// Length of a header without options, in bytes.
const SHORTEST: usize = 20;
/// Length of a header with all the options it has room for.
const LONGEST: usize = 60;
/// The control bits' place. A header cut before them says nothing; one cut right behind them lacks its window, which then reads 0.
const FLAGS: usize = 13;
