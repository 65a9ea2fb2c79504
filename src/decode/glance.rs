//! A look at the fixed places of an ordinary frame: whose segment it is and which control bits it has, for the many that nobody will ask more.
//!
//! Ordinary is TCP in whole, sound IP packets without wrapping. Of all else it says nothing, and [`decode`](super::decode) must tell.

use super::{LinkType, Protocol, Record, link};
use crate::tcp::{Encapsulation, Flags, Flow, SeqNumber};
use etherparse::ip_number;
use std::net::SocketAddr;

/// What a glance at a segment shows.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// Its control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: SeqNumber,
    /// SEG.ACK as it stands in the header.
    pub ack: SeqNumber,
    /// Bytes of payload on the wire.
    pub payload_len: usize,
    ends: Ends<'a>,
    ports: (u16, u16),
    /// Bytes of the record from its payload on.
    behind: usize,
}

/// Sender's and receiver's addresses, as they stand one behind the other in the header.
#[derive(Clone, Copy, Debug)]
enum Ends<'a> {
    V4(&'a [u8; 8]),
    V6(&'a [u8; 32]),
}

impl Glance<'_> {
    /// Where in the bytes of `record`, which was looked at, its payload begins and ends.
    pub fn payload(&self, record: &Record<'_>) -> (usize, usize) {
        let from = record.bytes.len().saturating_sub(self.behind);
        (from, from + self.behind.min(self.payload_len))
    }

    /// Sender's and receiver's address and port; `None` for IPv6.
    #[inline]
    pub fn ends_v4(&self) -> Option<[(u32, u16); 2]> {
        match self.ends {
            Ends::V4(both) => Some(ends_v4(*both, self.ports)),
            Ends::V6(_) => None,
        }
    }

    /// Whose segment it is.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: a pass over a file takes a tenth longer without"
    )]
    pub fn flow(&self) -> Flow {
        match self.ends {
            Ends::V4(both) => {
                let [from, to] = ends_v4(*both, self.ports);
                Flow::between_v4(from, to)
            }
            Ends::V6(both) => flow_v6(both, self.ports),
        }
    }
}

#[inline]
const fn ends_v4(both: [u8; 8], ports: (u16, u16)) -> [(u32, u16); 2] {
    let from = u32::from_be_bytes([both[0], both[1], both[2], both[3]]);
    let to = u32::from_be_bytes([both[4], both[5], both[6], both[7]]);
    [(from, ports.0), (to, ports.1)]
}

#[inline(never)]
fn flow_v6(both: &[u8; 32], ports: (u16, u16)) -> Flow {
    let end = |address: &[u8], port| {
        let address: [u8; 16] = address.try_into().unwrap_or_default();
        SocketAddr::from((address, port))
    };
    let (from, to) = both.split_at(16);
    Flow::between(
        end(from, ports.0),
        end(to, ports.1),
        &Encapsulation::default(),
    )
}

/// Looks at a record. `None`: it is no ordinary segment, and may be one all the same. Otherwise decoding it gives one, of this flow and with
/// these control bits.
#[inline]
pub fn glance<'a>(record: &Record<'a>) -> Option<Glance<'a>> {
    let frame = if record.link == LinkType::ETHERNET {
        link::ethernet::strip(record.bytes).ok()?
    } else {
        link::strip(record.link, record.bytes).ok()?
    };
    match frame.protocol {
        Protocol::IPV4 => v4(frame.bytes),
        Protocol::IPV6 => v6(frame.bytes),
        _ => None,
    }
}

/// The same of the commonest alone: a TCP segment in IPv4 without options in Ethernet. Of that every field has its place, so a single length
/// is asked for, and what the compiler makes of it takes a third of the instructions.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "measured: a pass over a file takes half as long again without"
)]
pub fn glance_at_once<'a>(record: &Record<'a>) -> Option<Glance<'a>> {
    let fixed: &[u8; 54] = record.bytes.first_chunk()?;
    let word = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let words =
        |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    // The frame's type, IP's version and header length; then what tells a fragment, and the protocol.
    let ordinary = record.link == LinkType::ETHERNET
        && words(12) & 0xffff_ff00 == 0x0800_4500
        && words(20) & 0x3fff_00ff == u32::from(ip_number::TCP.0);
    let header_len = usize::from(fixed[46] >> 4) * 4;
    let payload_len = usize::from(word(16)).checked_sub(20 + header_len)?;
    let behind = record.bytes.len().checked_sub(34 + header_len)?;
    let (_, ends) = fixed.split_first_chunk::<26>()?;
    (ordinary && header_len >= 20).then_some(Glance {
        flags: Flags::from_bits(fixed[47]),
        seq: SeqNumber::new(words(38)),
        ack: SeqNumber::new(words(42)),
        payload_len,
        ends: Ends::V4(ends.first_chunk()?),
        ports: (word(34), word(36)),
        behind,
    })
}

#[inline]
fn v4(bytes: &[u8]) -> Option<Glance<'_>> {
    let (fixed, behind): (&[u8; 12], _) = bytes.split_first_chunk()?;
    let ends: &[u8; 8] = behind.first_chunk()?;
    let header_len = usize::from(fixed[0] & 0x0f) * 4;
    let len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    // A later fragment has no TCP header, and the first may not have all of it.
    let fragment = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x3fff;
    let ordinary =
        fixed[0] >> 4 == 4 && header_len >= 20 && fragment == 0 && fixed[9] == ip_number::TCP.0;
    if !ordinary {
        return None;
    }
    tcp(
        bytes.get(header_len..)?,
        len.checked_sub(header_len)?,
        Ends::V4(ends),
    )
}

#[inline]
fn v6(bytes: &[u8]) -> Option<Glance<'_>> {
    let (fixed, behind): (&[u8; 8], _) = bytes.split_first_chunk()?;
    let (ends, behind): (&[u8; 32], _) = behind.split_first_chunk()?;
    if fixed[0] >> 4 != 6 || fixed[6] != ip_number::TCP.0 {
        return None;
    }
    let len = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    tcp(behind, len, Ends::V6(ends))
}

/// Looks at a header that was captured whole, in a packet that has `len` bytes for it.
#[inline]
fn tcp<'a>(bytes: &[u8], len: usize, ends: Ends<'a>) -> Option<Glance<'a>> {
    let fixed: &[u8; 20] = bytes.first_chunk()?;
    let header_len = usize::from(fixed[12] >> 4) * 4;
    if header_len < 20 || bytes.len() < header_len || len < header_len {
        return None;
    }
    let port = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
    let number = |at: usize| {
        let bytes = [fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]];
        SeqNumber::new(u32::from_be_bytes(bytes))
    };
    Some(Glance {
        flags: Flags::from_bits(fixed[13]),
        seq: number(4),
        ack: number(8),
        payload_len: len - header_len,
        ends,
        ports: (port(0), port(2)),
        behind: bytes.len() - header_len,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::decode::{Decoded, decode};
    use crate::origin::{RecordId, Timestamp};
    use crate::testkit::{WRAPPINGS, frames, pcap, tell};

    const STORY: &str = "0.0 client > server SYN seq 0
         0.1 server > client SYN,ACK seq 0 ack 1
         0.2 client > server PSH,ACK seq 1 ack 1 data \"hello\"
         0.3 server > client RST seq 1";

    /// What a look shows: whose segment it is, its control bits, where its payload begins and ends.
    type Shown = (Flow, Flags, (usize, usize));

    fn shown(record: &Record<'_>, seen: Option<Glance<'_>>) -> Option<Shown> {
        seen.map(|seen| (seen.flow(), seen.flags, seen.payload(record)))
    }

    /// Looks at every frame, whole and cut, with each of its first bytes changed in some bits.
    fn for_each_frame(mut look: impl FnMut(&Record<'_>)) {
        for wrapping in WRAPPINGS {
            for frame in frames(pcap(&tell(STORY))) {
                let whole = frame.wrapped(wrapping).bytes;
                let mut look = |bytes: &[u8]| {
                    look(&Record {
                        id: RecordId::default(),
                        time: Timestamp::default(),
                        link: LinkType(wrapping.link),
                        bytes,
                        original_len: u32::try_from(whole.len()).unwrap(),
                    });
                };
                for len in 0..whole.len() {
                    look(&whole[..len]);
                }
                for place in 0..whole.len().min(64) {
                    for change in [0x01, 0x10, 0x2f, 0x80, 0xff] {
                        let mut bytes = whole.clone();
                        bytes[place] ^= change;
                        look(&bytes);
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_glance_shows_is_what_decoding_gives() {
        let mut seen = 0;
        for_each_frame(|record| {
            let Some((flow, flags, (from, to))) = shown(record, glance(record)) else {
                return;
            };
            let Decoded::Segment(segment) = decode(record) else {
                panic!("no segment in {:02x?}", record.bytes);
            };
            assert_eq!((flow, flags), (segment.flow(), segment.header.flags));
            assert_eq!(&record.bytes[from..to], segment.payload);
            seen += 1;
        });
        assert!(seen > 1_000, "{seen}");
    }

    #[test]
    fn the_commonest_is_seen_at_once_and_as_it_is_otherwise() {
        let mut seen = 0;
        for_each_frame(|record| {
            let at_once = shown(record, glance_at_once(record));
            if at_once.is_some() {
                assert_eq!(at_once, shown(record, glance(record)));
                seen += 1;
            }
        });
        assert!(seen > 100, "{seen}");
    }
}
