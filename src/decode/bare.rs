//! [`bare`]: the headers of a record built anew with other addresses, for whoever must not tell who talked.
//!
//! A frame tells more than its addresses do: MAC addresses, tunnels, cookies in options, names in payload. So nothing is crossed out in it;
//! a packet is written that has only what a reset is judged by. What is left is raw IP: the innermost packet without its wrappings, IP
//! options and extension headers, its TCP header with the options that name nobody, and of an ICMP error the headers that it quotes.

use super::ip::{Addresses, Packet};
use super::{Inside, LinkType, Path, Record, icmp, innermost, ip, link};
use etherparse::ip_number;
use std::net::IpAddr;

/// A packet without link header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bare {
    /// Its headers.
    pub bytes: Vec<u8>,
    /// Its length on the wire, with the payload that is left out.
    pub original_len: u32,
}

impl Bare {
    /// What its first byte means: IP of either version.
    pub const LINK: LinkType = LinkType(101);
}

/// The headers of a record with what `mask` says in the place of each address. `None` where no TCP segment and no error about one can be
/// found, and for frames that bundle others.
pub fn bare(record: &Record<'_>, mask: &mut dyn FnMut(IpAddr) -> IpAddr) -> Option<Bare> {
    let frame = link::strip(record.link, record.bytes).ok()?;
    let stripped = record.bytes.len() - frame.bytes.len();
    let on_wire = (record.original_len as usize).saturating_sub(stripped);
    let on_wire = on_wire.max(frame.bytes.len());
    match innermost(frame, on_wire, &mut Path::default()).ok()? {
        Inside::Packet(packet) if packet.transport == ip_number::TCP => {
            Some(segment(&packet, mask))
        }
        Inside::Packet(packet) => error(&packet, mask),
        Inside::Bundle(_) => None,
    }
}

fn segment(packet: &Packet<'_>, mask: &mut dyn FnMut(IpAddr) -> IpAddr) -> Bare {
    let ends = masked(packet.addresses, mask);
    let mut header = tcp_header(packet.payload);
    // Over zeros where payload was, which add nothing. A wrong one stays wrong: it may be why a reset was ignored.
    let was_right = sum_over(packet, packet.payload) == 0;
    let is_whole = packet.payload.len() == packet.payload_len && packet.is_whole;
    if let Some(field) = header.get_mut(CHECKSUM) {
        field.fill(0);
        let mut sum = !checksum(pseudo(&ends, TCP, packet.payload_len), &header);
        if is_whole && !was_right {
            sum ^= 1;
        }
        if let Some(field) = header.get_mut(CHECKSUM) {
            field.copy_from_slice(&sum.to_be_bytes());
        }
    }
    with_ip(&ends, TCP, packet, &header, packet.payload_len)
}

/// An ICMP error about TCP, quoting headers alone.
fn error(packet: &Packet<'_>, mask: &mut dyn FnMut(IpAddr) -> IpAddr) -> Option<Bare> {
    let (&[kind, code, _, _, rest @ ..], quote) = packet.payload.split_first_chunk::<8>()?;
    let (protocol, quoted) = match packet.transport {
        ip_number::ICMP => (1, ip::v4(quote, quote.len())),
        ip_number::IPV6_ICMP => (58, ip::v6(quote, quote.len())),
        _ => return None,
    };
    let quoted = quoted
        .ok()
        .filter(|quoted| quoted.transport == ip_number::TCP)?;
    let mut rest: [u8; 4] = rest;
    if (protocol, kind) == (1, REDIRECT) {
        rest = [0; 4]; // The gateway's address.
    }
    let behind = icmp::quoted_payload(packet).len();
    let kept = quoted.payload.len() - behind;
    let mut header = tcp_header(quoted.payload.get(..kept).unwrap_or_default());
    if let Some(field) = header.get_mut(CHECKSUM) {
        field.fill(0); // With the masked addresses it would tell something of the true ones.
    }
    let inner = with_ip(
        &masked(quoted.addresses, mask),
        TCP,
        &quoted,
        &header,
        quoted.payload_len,
    );
    let ends = masked(packet.addresses, mask);
    let mut body = vec![kind, code, 0, 0];
    body.extend(rest);
    body.extend(inner.bytes);
    let from = if protocol == 58 {
        pseudo(&ends, protocol, body.len())
    } else {
        0
    };
    let sum = !checksum(from, &body);
    if let Some(field) = body.get_mut(2..4) {
        field.copy_from_slice(&sum.to_be_bytes());
    }
    let len = body.len();
    Some(with_ip(&ends, protocol, packet, &body, len))
}

/// Both addresses, masked, as they stand in a header.
struct Ends {
    octets: Vec<u8>,
    is_v4: bool,
}

fn masked(addresses: Addresses, mask: &mut dyn FnMut(IpAddr) -> IpAddr) -> Ends {
    let (from, to): (IpAddr, IpAddr) = match addresses {
        Addresses::V4(from, to) => (from.into(), to.into()),
        Addresses::V6(from, to) => (from.into(), to.into()),
    };
    let mut octets = Vec::with_capacity(32);
    for address in [mask(from), mask(to)] {
        match address {
            IpAddr::V4(address) => octets.extend(address.octets()),
            IpAddr::V6(address) => octets.extend(address.octets()),
        }
    }
    Ends {
        octets,
        is_v4: from.is_ipv4(),
    }
}

/// An IP header without options, and what it carries.
fn with_ip(
    ends: &Ends,
    protocol: u8,
    packet: &Packet<'_>,
    carried: &[u8],
    payload_len: usize,
) -> Bare {
    let facts = &packet.facts;
    let short = |len: usize| u16::try_from(len).unwrap_or(0).to_be_bytes();
    let mut bytes = Vec::with_capacity(40 + carried.len());
    if ends.is_v4 {
        bytes.extend([0x45, facts.dscp << 2]);
        bytes.extend(short(20 + payload_len));
        bytes.extend(facts.id().unwrap_or(0).to_be_bytes());
        bytes.extend([
            if facts.dont_fragment() == Some(true) {
                0x40
            } else {
                0
            },
            0,
        ]);
        bytes.extend([facts.hop_limit, protocol, 0, 0]);
        bytes.extend(&ends.octets);
        let sum = !checksum(0, &bytes);
        if let Some(field) = bytes.get_mut(10..12) {
            field.copy_from_slice(&sum.to_be_bytes());
        }
    } else {
        let class = u32::from(facts.dscp) << 22;
        bytes.extend((6 << 28 | class | facts.flow_label().unwrap_or(0)).to_be_bytes());
        bytes.extend(short(payload_len));
        bytes.extend([protocol, facts.hop_limit]);
        bytes.extend(&ends.octets);
    }
    let original_len = u32::try_from(bytes.len() + payload_len).unwrap_or(u32::MAX);
    bytes.extend(carried);
    Bare {
        bytes,
        original_len,
    }
}

/// The captured part of a TCP header, with padding in the place of options that may name somebody.
fn tcp_header(bytes: &[u8]) -> Vec<u8> {
    let len = bytes
        .get(12)
        .map_or(bytes.len(), |byte| usize::from(byte >> 4) * 4);
    let mut header = bytes.get(..len.max(20)).unwrap_or(bytes).to_vec();
    let mut at = 20;
    while let Some(&kind) = header.get(at) {
        let len = match (kind, header.get(at + 1)) {
            (END, _) => break,
            (PADDING, _) => 1,
            (_, Some(&len)) if len >= 2 => usize::from(len),
            _ => header.len() - at,
        };
        // MPTCP says addresses in ADD_ADDR alone, subtype 3 (RFC 8684 3.4.1).
        let names = kind == MPTCP && header.get(at + 2).is_some_and(|byte| byte >> 4 == 3);
        if names || !KEPT.contains(&kind) {
            let end = (at + len).min(header.len());
            if let Some(option) = header.get_mut(at..end) {
                option.fill(PADDING);
            }
        }
        at += len;
    }
    header
}

/// The sum over a segment as it was captured: 0 where its checksum is right.
fn sum_over(packet: &Packet<'_>, segment: &[u8]) -> u16 {
    let ends = masked(packet.addresses, &mut |address| address);
    !checksum(pseudo(&ends, TCP, packet.payload_len), segment)
}

/// The sum over the pseudo-header (RFC 9293 3.1, RFC 8200 8.1).
fn pseudo(ends: &Ends, protocol: u8, len: usize) -> u32 {
    let len = u32::try_from(len).unwrap_or(0);
    u32::from(checksum(
        u32::from(protocol) + (len >> 16) + (len & 0xffff),
        &ends.octets,
    ))
}

/// The ones' complement sum of RFC 1071, not inverted.
fn checksum(from: u32, bytes: &[u8]) -> u16 {
    let sum = bytes.chunks(2).fold(u64::from(from), |sum, pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        sum + u64::from(u16::from_be_bytes([
            pair.first().copied().unwrap_or(0),
            low,
        ]))
    });
    let mut sum = sum;
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

const TCP: u8 = 6;
/// Where a TCP header has its checksum.
const CHECKSUM: std::ops::Range<usize> = 16..18;
/// An ICMP redirect (RFC 792).
const REDIRECT: u8 = 5;
const END: u8 = 0;
const PADDING: u8 = 1;
const MPTCP: u8 = 30;
/// Options that stay: MSS, window scale, SACK permitted, SACK, timestamps, MD5, TCP-AO, MPTCP. A cookie of TCP Fast Open is made from an address,
/// and load balancers write whole addresses into options of their own.
const KEPT: [u8; 9] = [PADDING, 2, 3, 4, 5, 8, 19, 29, MPTCP];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Decoded, decode};
    use crate::origin::{RecordId, Timestamp};
    use crate::tcp::Checksum;
    use crate::testkit::{WRAPPINGS, frames, pcap, tell};
    use std::net::Ipv4Addr;

    fn other(address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => Ipv4Addr::from_bits(!address.to_bits()).into(),
            IpAddr::V6(address) => std::net::Ipv6Addr::from_bits(!address.to_bits()).into(),
        }
    }

    fn record(bytes: &[u8], link: LinkType, original_len: u32) -> Record<'_> {
        Record {
            id: RecordId::default(),
            time: Timestamp::default(),
            link,
            bytes,
            original_len,
        }
    }

    #[test]
    fn a_segment_is_the_same_but_for_its_addresses_and_its_payload() {
        let story = tell(
            "0.0 client > server SYN seq 0 mss 1460 scale 7 ts 1/0\n\
             0.1 client > server PSH,ACK seq 1 ack 1 data \"attack at dawn\"\n\
             0.2 server > client RST,ACK seq 1 ack 15 ttl 3 dscp 7",
        );
        for wrapping in WRAPPINGS {
            for frame in frames(pcap(&story)) {
                let frame = frame.wrapped(wrapping);
                let before = record(&frame.bytes, LinkType(frame.link), frame.original_len);
                let made = bare(&before, &mut other).unwrap();
                assert!(!made.bytes.windows(6).any(|part| part == b"attack"));
                let after = record(&made.bytes, Bare::LINK, made.original_len);
                let (Decoded::Segment(before), Decoded::Segment(after)) =
                    (decode(&before), decode(&after))
                else {
                    unreachable!("{}: both hold a segment", wrapping.name)
                };
                assert_eq!(
                    after.from,
                    (other(before.from.ip()), before.from.port()).into()
                );
                assert_eq!(after.to, (other(before.to.ip()), before.to.port()).into());
                let payload = before.header.payload_len > 0;
                let mut expected = before.header;
                // Cooked links know the interface, bare packets don't.
                expected.record = after.header.record;
                if payload {
                    expected.checksum = after.header.checksum;
                }
                assert_eq!(after.header, expected, "{}", wrapping.name);
                assert!(payload || after.header.checksum == Checksum::Right);
            }
        }
    }

    #[test]
    fn a_wrong_checksum_stays_wrong_and_a_foreign_option_goes() {
        let story = tell("0.0 server > client RST seq 1 ts 5/6");
        let mut frame = frames(pcap(&story)).remove(0);
        let end = frame.bytes.len();
        frame.bytes[end - 1] ^= 1;
        let made = bare(
            &record(&frame.bytes, LinkType(1), frame.original_len),
            &mut other,
        )
        .unwrap();
        let Decoded::Segment(after) = decode(&record(&made.bytes, Bare::LINK, made.original_len))
        else {
            unreachable!("a segment")
        };
        assert_eq!(after.header.checksum, Checksum::Wrong);
        let options = [254, 6, 10, 0, 0, 1, 2, 4, 5, 180, 0, 0];
        let mut header = vec![0; 20];
        header[12] = 0x80;
        header.extend(options);
        assert_eq!(
            tcp_header(&header)[20..],
            [1, 1, 1, 1, 1, 1, 2, 4, 5, 180, 0, 0]
        );
    }

    #[test]
    fn an_error_quotes_the_headers_with_the_same_masks() {
        let story = tell("0.0 client > server SYN seq 7 mss 1460");
        let quoted = frames(pcap(&story)).remove(0).bytes.split_off(14);
        let mut error = vec![
            0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 10, 9, 9, 9, 10, 0, 0, 1, 3, 13, 0, 0, 0, 0, 0,
            0,
        ];
        error.extend(&quoted);
        error.extend(b"attack");
        let len = u16::try_from(error.len()).unwrap();
        error[2..4].copy_from_slice(&len.to_be_bytes());
        let before = record(&error, Bare::LINK, len.into());
        let made = bare(&before, &mut other).unwrap();
        let after = record(&made.bytes, Bare::LINK, made.original_len);
        let (Decoded::Quoted(before), Decoded::Quoted(after)) = (decode(&before), decode(&after))
        else {
            unreachable!("both are errors")
        };
        assert_eq!(after.reporter, other(before.reporter));
        assert_eq!(after.from.ip(), other(before.from.ip()));
        assert_eq!(
            (after.says, after.seq, after.to.port()),
            (before.says, before.seq, before.to.port())
        );
        assert!(!made.bytes.windows(6).any(|part| part == b"attack"));
    }
}
