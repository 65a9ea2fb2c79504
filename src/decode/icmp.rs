//! What an ICMP (RFC 792) or `ICMPv6` (RFC 4443) error quotes -> [`Quoted`]. A quote is not a segment: nobody sent it here and now.

use super::ip::{self, Addresses, Packet};
use super::{Decoded, Record, Skip};
use crate::tcp::{Encapsulation, IcmpError, Quoted, SeqNumber};
use etherparse::ip_number;
use std::net::{IpAddr, SocketAddr};

/// Decodes a packet that carries no TCP: an error that quotes TCP, or nothing of interest.
pub(super) fn decode<'a>(
    record: &Record<'_>,
    encapsulation: Encapsulation,
    packet: &Packet<'_>,
) -> Decoded<'a> {
    quoted(record, encapsulation, packet).map_or(Decoded::Skip(Skip::NotTcp), Decoded::Quoted)
}

fn quoted(record: &Record<'_>, encapsulation: Encapsulation, error: &Packet<'_>) -> Option<Quoted> {
    let (&[kind, code, _, _, m0, m1, m2, m3], quote) = error.payload.split_first_chunk()?;
    let mtu = [m0, m1, m2, m3];
    let (says, packet) = match error.transport {
        ip_number::ICMP => (v4(kind, code, mtu)?, ip::v4(quote, quote.len())),
        ip_number::IPV6_ICMP => (v6(kind, code, mtu)?, ip::v6(quote, quote.len())),
        _ => return None,
    };
    let packet = packet
        .ok()
        .filter(|packet| packet.transport == ip_number::TCP)?;
    let (&[f0, f1, t0, t1], rest) = packet.payload.split_first_chunk()?;
    let (from, to) = addresses(packet.addresses);
    Some(Quoted {
        record: record.id,
        time: record.time,
        reporter: addresses(error.addresses).0,
        says,
        from: SocketAddr::new(from, u16::from_be_bytes([f0, f1])),
        to: SocketAddr::new(to, u16::from_be_bytes([t0, t1])),
        seq: rest
            .first_chunk()
            .map(|seq| SeqNumber::new(u32::from_be_bytes(*seq))),
        encapsulation,
    })
}

/// What of an error stands behind the header of the segment that it quotes: the beginning of that one's payload. Empty where it quotes less.
pub(super) fn quoted_payload<'a>(error: &Packet<'a>) -> &'a [u8] {
    let quote = error.payload.get(8..).unwrap_or_default();
    let packet = match error.transport {
        ip_number::IPV6_ICMP => ip::v6(quote, quote.len()),
        _ => ip::v4(quote, quote.len()),
    };
    let segment = packet.map_or(&[][..], |packet| packet.payload);
    let header_len = segment.get(12).map_or(0, |byte| usize::from(byte >> 4) * 4);
    segment.get(header_len.max(20)..).unwrap_or_default()
}

fn addresses(addresses: Addresses) -> (IpAddr, IpAddr) {
    match addresses {
        Addresses::V4(from, to) => (from.into(), to.into()),
        Addresses::V6(from, to) => (from.into(), to.into()),
    }
}

/// Types by RFC 792, codes also by RFC 1122 3.2.2.1 and RFC 1812 5.2.7.1; `None` for what is no error.
const fn v4(kind: u8, code: u8, [_, _, m2, m3]: [u8; 4]) -> Option<IcmpError> {
    Some(match (kind, code) {
        (3, 0 | 6 | 11) => IcmpError::NetUnreachable,
        (3, 1 | 7 | 12) => IcmpError::HostUnreachable,
        (3, 3) => IcmpError::PortUnreachable,
        // RFC 1191 4: the link's MTU is in the last two bytes of the header.
        (3, 4) => IcmpError::TooBig {
            mtu: u16::from_be_bytes([m2, m3]) as u32,
        },
        (3, 9 | 10 | 13) => IcmpError::Prohibited,
        (11, _) => IcmpError::TimeExceeded,
        // Unreachable for another reason, source quench, redirect, a bad parameter.
        (3 | 4 | 5 | 12, _) => IcmpError::Other { kind, code },
        _ => return None,
    })
}

/// Types and codes by RFC 4443 3; `None` for what is no error.
const fn v6(kind: u8, code: u8, mtu: [u8; 4]) -> Option<IcmpError> {
    Some(match (kind, code) {
        (1, 0) => IcmpError::NetUnreachable,
        (1, 1 | 5 | 6) => IcmpError::Prohibited,
        (1, 3) => IcmpError::HostUnreachable,
        (1, 4) => IcmpError::PortUnreachable,
        (2, _) => IcmpError::TooBig {
            mtu: u32::from_be_bytes(mtu),
        },
        (3, _) => IcmpError::TimeExceeded,
        (1 | 4..=127, _) => IcmpError::Other { kind, code },
        _ => return None,
    })
}
