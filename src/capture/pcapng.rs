//! pcapng (draft-ietf-opsawg-pcapng): sections of blocks, each section with its byte order and its interfaces.
//!
//! Packets come in three kinds of block; sections, interfaces and their statistics are read too, all other blocks are passed over without
//! being held in memory. Nothing is cut to an interface's snap length: what was captured is there to be read.

mod clock;

use super::batch::Entry;
use super::bytes::{ByteOrder, Fields};
use super::error::Damage;
use super::walk::{Lost, Progress, Stop, Walked, longest_record};
use crate::decode::LinkType;
use crate::origin::Timestamp;
use clock::Clock;

/// How to read on: the section in hand.
#[derive(Clone, Debug)]
pub(super) struct Pcapng {
    order: ByteOrder,
    interfaces: Vec<Interface>,
    /// Bytes still to come of a block that is passed over.
    passing: u64,
    /// Time of the record before, for the blocks that have none.
    last: Timestamp,
    /// Packets lost in sections that have ended.
    dropped_before: Option<u64>,
    /// Of interfaces, from the beginning of the file.
    names: Vec<String>,
}

/// What a section says about one of its interfaces.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    /// Zero: no limit.
    snap_len: u32,
    clock: Clock,
    /// Packets lost, by the latest statistics block.
    dropped: Option<u64>,
    /// Packets lost, added up from what packet blocks say.
    dropped_between: Option<u64>,
}

/// A packet as its block describes it.
struct Packet {
    time: Timestamp,
    /// Offset of its bytes in the block's body.
    start: usize,
    len: u32,
    original_len: u32,
    link: LinkType,
}

impl Pcapng {
    /// Whether a file that begins so is pcapng.
    pub(super) fn recognises(first: &[u8]) -> bool {
        first.starts_with(&SECTION)
    }

    pub(super) const fn new() -> Self {
        Self {
            order: ByteOrder::Little,
            interfaces: Vec::new(),
            passing: 0,
            last: Timestamp::from_nanos(0),
            dropped_before: None,
            names: Vec::new(),
        }
    }

    /// The interfaces' names.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Packets lost as far as the file has told; `None` when it has not.
    pub(super) fn dropped(&self) -> Option<u64> {
        self.interfaces
            .iter()
            .map(|interface| interface.dropped.max(interface.dropped_between))
            .fold(self.dropped_before, add)
    }

    /// Adds the records that lie whole in `bytes` to `index`, and says where it stopped and why.
    pub(super) fn walk(
        &mut self,
        bytes: &[u8],
        progress: &mut Progress,
        index: &mut Vec<Entry>,
    ) -> Walked {
        let mut at = 0;
        let stop = loop {
            let rest = bytes.get(at..).unwrap_or(&[]);
            if self.passing > 0 {
                let here = rest
                    .len()
                    .min(usize::try_from(self.passing).unwrap_or(usize::MAX));
                self.passing -= here as u64;
                at += here;
                if self.passing > 0 {
                    break Stop::Need {
                        part: "block",
                        len: self.passing,
                    };
                }
                continue;
            }
            if rest.is_empty() {
                break Stop::Boundary;
            }
            let Some((kind, len)) = self.block_header(rest) else {
                match rest.get(8..12).and_then(|magic| magic.first_chunk()) {
                    Some(&magic) => break bad(progress, at, Damage::ByteOrder(magic)),
                    None => break Stop::need("block header", SECTION_HEADER_LEN),
                }
            };
            if len < LEAST_BLOCK {
                break bad(progress, at, Damage::BlockLength(len));
            }
            if !is_read(kind) {
                if is_numbered(kind) {
                    progress.next += 1;
                }
                self.passing = u64::from(len);
                continue;
            }
            if len > MOST_BLOCK {
                break bad(progress, at, Damage::BlockLength(len));
            }
            let Some(block) = rest.get(..len as usize) else {
                break Stop::need("block", len as usize);
            };
            match self.block(kind, len, block) {
                Ok(None) => {}
                Ok(Some(packet)) => {
                    self.last = packet.time;
                    index.push(Entry {
                        number: progress.next,
                        time: packet.time,
                        start: at + BODY + packet.start,
                        len: packet.len,
                        original_len: packet.original_len,
                        link: packet.link,
                    });
                    progress.next += 1;
                }
                Err(damage) => break bad(progress, at, damage),
            }
            at += block.len();
        };
        Walked { used: at, stop }
    }

    /// Kind and length of the block that begins here. A section's header sets the byte order that its length is written in.
    fn block_header(&mut self, bytes: &[u8]) -> Option<(u32, u32)> {
        if bytes.starts_with(&SECTION) {
            let magic = *bytes.get(8..)?.first_chunk()?;
            self.order = [ByteOrder::Little, ByteOrder::Big]
                .into_iter()
                .find(|order| order.u32(magic) == BYTE_ORDER_MAGIC)?;
        }
        let mut fields = Fields::new(self.order, bytes);
        Some((fields.u32()?, padded(fields.u32()?)))
    }

    fn block(&mut self, kind: u32, len: u32, block: &[u8]) -> Result<Option<Packet>, Damage> {
        let (body, end) = block
            .get(BODY..)
            .and_then(|rest| rest.split_last_chunk())
            .ok_or(Damage::BlockLength(len))?;
        let last = padded(self.order.u32(*end));
        if last != len {
            return Err(Damage::BlockEnd { first: len, last });
        }
        let short = |block| Damage::BlockContent(block);
        match kind {
            kind::ENHANCED_PACKET | kind::PACKET => self.packet(kind, body).map(Some),
            kind::SIMPLE_PACKET => self.simple_packet(body).map(Some),
            kind::STATISTICS => {
                self.statistics(body).ok_or(short("a statistics block"))?;
                Ok(None)
            }
            kind::INTERFACE => {
                if self.interfaces.len() >= MOST_INTERFACES {
                    return Err(Damage::Interfaces(MOST_INTERFACES));
                }
                let interface = self.interface(body).ok_or(short("an interface block"))?;
                self.interfaces.push(interface);
                Ok(None)
            }
            _ => {
                self.section(body)?;
                Ok(None)
            }
        }
    }

    fn section(&mut self, body: &[u8]) -> Result<(), Damage> {
        let mut fields = Fields::new(self.order, body);
        let mut version = || {
            fields.take(4)?;
            Some((fields.u16()?, fields.u16()?))
        };
        let (major, minor) = version().ok_or(Damage::BlockContent("a section header"))?;
        if major != 1 {
            return Err(Damage::Version { major, minor });
        }
        self.dropped_before = self.dropped();
        self.interfaces.clear();
        Ok(())
    }

    fn interface(&mut self, body: &[u8]) -> Option<Interface> {
        let mut fields = Fields::new(self.order, body);
        let link = LinkType(fields.u16()?);
        fields.take(2)?;
        let snap_len = fields.u32()?;
        let (mut resolution, mut offset, mut name) = (None, 0, String::new());
        for (code, mut value) in self.options(fields) {
            match code {
                option::IF_NAME => name = String::from_utf8_lossy(value.rest()).into_owned(),
                option::IF_TSRESOL => resolution = value.take(1).and_then(<[u8]>::first).copied(),
                option::IF_TSOFFSET => offset = value.u64().unwrap_or(0).cast_signed(),
                _ => {}
            }
        }
        if self.names.len() < MOST_NAMES {
            self.names.push(name);
        }
        Some(Interface {
            link,
            snap_len,
            clock: Clock::new(resolution, offset),
            dropped: None,
            dropped_between: None,
        })
    }

    fn statistics(&mut self, body: &[u8]) -> Option<()> {
        let mut fields = Fields::new(self.order, body);
        let index = fields.u32()?;
        fields.take(8)?;
        let mut dropped = None;
        for (code, mut value) in self.options(fields) {
            if code == option::ISB_IFDROP || code == option::ISB_OSDROP {
                dropped = add(dropped, value.u64());
            }
        }
        // Statistics of an interface that nobody described harm no packet.
        if let Some(interface) = self.interfaces.get_mut(index as usize)
            && dropped.is_some()
        {
            interface.dropped = dropped;
        }
        Some(())
    }

    /// An enhanced packet, or the obsolete kind that it replaced: sixteen bits of interface and sixteen of losses where this has thirty-two.
    fn packet(&mut self, kind: u32, body: &[u8]) -> Result<Packet, Damage> {
        let mut fields = Fields::new(self.order, body);
        let mut read = || {
            let (index, lost) = if kind == kind::PACKET {
                let (index, lost) = (fields.u16()?, fields.u16()?);
                (
                    u32::from(index),
                    (lost != u16::MAX).then_some(u64::from(lost)),
                )
            } else {
                (fields.u32()?, None)
            };
            let ticks = u64::from(fields.u32()?) << 32 | u64::from(fields.u32()?);
            Some((index, lost, ticks, fields.u32()?, fields.u32()?))
        };
        let short = Damage::BlockContent("a packet block");
        let (index, mut lost, ticks, len, original_len) = read().ok_or(short)?;
        let known = self.interfaces.len();
        let interface = self
            .interfaces
            .get(index as usize)
            .ok_or(Damage::Interface { index, known })?;
        let most = longest_record(interface.link);
        if len > most {
            return Err(Damage::RecordLength { len, most });
        }
        let start = body.len() - fields.rest().len();
        fields.take(len as usize).ok_or(short)?;
        let packet = Packet {
            time: interface.clock.time(ticks),
            start,
            len,
            original_len,
            link: interface.link,
        };
        if fields.rest().len() > OPTION_HEADER_LEN {
            fields.take(padding(len as usize)).ok_or(short)?;
            for (code, mut value) in self.options(fields) {
                if kind == kind::ENHANCED_PACKET && code == option::EPB_DROPCOUNT {
                    lost = add(lost, value.u64());
                }
            }
        }
        if let Some(interface) = self.interfaces.get_mut(index as usize) {
            interface.dropped_between = add(interface.dropped_between, lost);
        }
        Ok(packet)
    }

    /// A simple packet belongs to the first interface and has no time: it takes that of the record before, or the epoch.
    fn simple_packet(&self, body: &[u8]) -> Result<Packet, Damage> {
        let mut fields = Fields::new(self.order, body);
        let original_len = fields.u32().ok_or(Damage::BlockContent("a packet block"))?;
        let interface = self
            .interfaces
            .first()
            .ok_or(Damage::Interface { index: 0, known: 0 })?;
        // Its captured length is nowhere written: the block's, less the padding that the other two lengths reveal.
        let limit = if interface.snap_len == 0 {
            u32::MAX
        } else {
            interface.snap_len
        };
        let here = u32::try_from(fields.rest().len()).unwrap_or(u32::MAX);
        let (len, most) = (
            original_len.min(limit).min(here),
            longest_record(interface.link),
        );
        if len > most {
            return Err(Damage::RecordLength { len, most });
        }
        Ok(Packet {
            time: self.last,
            start: body.len() - fields.rest().len(),
            len,
            original_len,
            link: interface.link,
        })
    }

    /// Code and value of each option; ends at the end mark and at the first that does not fit.
    fn options<'a>(
        &self,
        mut fields: Fields<'a>,
    ) -> impl Iterator<Item = (u16, Fields<'a>)> + use<'a> {
        let order = self.order;
        std::iter::from_fn(move || {
            let (code, len) = (fields.u16()?, fields.u16()?);
            if code == option::END {
                return None;
            }
            let value = fields.take(usize::from(len))?;
            // The last option's padding may be missing; then no option follows either.
            let _ = fields.take(padding(usize::from(len)));
            Some((code, Fields::new(order, value)))
        })
    }
}

const fn bad(progress: &Progress, at: usize, damage: Damage) -> Stop {
    let at = progress.place(at);
    Stop::Bad(Lost { at, damage })
}

/// Bytes up to the next multiple of four.
const fn padding(len: usize) -> usize {
    len.wrapping_neg() % 4
}

/// Adds two counts of which either may be unknown.
fn add(left: Option<u64>, right: Option<u64>) -> Option<u64> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.saturating_add(right)),
        (one, other) => one.or(other),
    }
}

/// A length with its padding. It must be a multiple of four; some writers forget, and Wireshark forgives them.
const fn padded(len: u32) -> u32 {
    len.saturating_add(3) & !3
}

/// Whether Wireshark counts a block as a record although it holds no packet: custom blocks, journal entries and system calls.
const fn is_numbered(kind: u32) -> bool {
    matches!(
        kind,
        0x0000_0009 | 0x0000_0204 | 0x0000_0216 | 0x0000_0221 | 0x0000_0bad | 0x4000_0bad
    )
}

const fn is_read(kind: u32) -> bool {
    matches!(
        kind,
        kind::SECTION
            | kind::INTERFACE
            | kind::PACKET
            | kind::SIMPLE_PACKET
            | kind::STATISTICS
            | kind::ENHANCED_PACKET
    )
}

mod kind {
    pub(super) const INTERFACE: u32 = 1;
    /// Obsolete, and still met.
    pub(super) const PACKET: u32 = 2;
    pub(super) const SIMPLE_PACKET: u32 = 3;
    pub(super) const STATISTICS: u32 = 5;
    pub(super) const ENHANCED_PACKET: u32 = 6;
    pub(super) const SECTION: u32 = 0x0a0d_0d0a;
}

mod option {
    pub(super) const END: u16 = 0;
    pub(super) const EPB_DROPCOUNT: u16 = 4;
    pub(super) const ISB_IFDROP: u16 = 5;
    pub(super) const ISB_OSDROP: u16 = 7;
    pub(super) const IF_NAME: u16 = 2;
    pub(super) const IF_TSRESOL: u16 = 9;
    pub(super) const IF_TSOFFSET: u16 = 14;
}

/// A section header's kind, which reads the same in both byte orders.
const SECTION: [u8; 4] = kind::SECTION.to_be_bytes();
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Kind and length, before a block's body.
const BODY: usize = 8;
const SECTION_HEADER_LEN: usize = 12;
const OPTION_HEADER_LEN: usize = 4;
/// Kind, and length twice.
const LEAST_BLOCK: u32 = 12;
/// The longest block that is held in memory: the longest record with a generous share of options. libpcap's bound is 16 MiB too.
const MOST_BLOCK: u32 = 16 << 20;
/// Interfaces of one section; chosen: no machine has as many, and a file of interface blocks must not fill the memory.
const MOST_INTERFACES: usize = 65_536;
/// Names that are kept; chosen: they are for a report's reader.
const MOST_NAMES: usize = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
