//! pcapng (draft-ietf-opsawg-pcapng): sections of blocks, each section with its byte order and its interfaces.
//!
//! Packets come in three kinds of block; sections, interfaces and their statistics are read too, all other blocks are passed over, the long ones
//! without being held in memory. A damaged block is skipped, up to the next that has one length at both its ends. Nothing is cut to an
//! interface's snap length: what was captured is there to be read.

mod block;
mod clock;
mod interface;
mod middle;
mod packet;
mod write;

pub use write::{Origin, PcapngWriter};

use super::batch::Entry;
use super::bytes::{ByteOrder, Fields};
use super::error::Damage;
use super::info::{InterfaceInfo, SourceInfo};
use super::layout::{Layout, Spacing};
use super::walk::{Keep, Lost, Progress, Sound, Stop, Walked, longest_record, search};
use crate::decode::LinkType;
use crate::origin::Timestamp;
use block::{add, is_numbered, is_read, is_registered, kind, padded};
use interface::Interface;
use packet::Packet;

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
    /// Those of sections that have ended.
    interfaces_before: Vec<InterfaceInfo>,
    /// How many interfaces were described, from the beginning of the file.
    described: u32,
    layout: Layout,
    /// Set while the next sound block is searched for.
    lost: Option<Lost>,
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
            interfaces_before: Vec::new(),
            described: 0,
            layout: Layout::Empty,
            lost: None,
        }
    }

    /// The interfaces so far, from the beginning of the file.
    pub(super) fn interfaces(&self) -> Vec<InterfaceInfo> {
        let before = self.interfaces_before.iter().cloned();
        let here = self.interfaces.iter().map(Interface::info);
        before.chain(here).take(SourceInfo::INTERFACES).collect()
    }

    /// Packets lost as far as the file has told; `None` when it has not.
    pub(super) fn dropped(&self) -> Option<u64> {
        self.interfaces
            .iter()
            .map(Interface::lost)
            .fold(self.dropped_before, add)
    }

    /// How the packets lie.
    pub(super) const fn layout(&self) -> Layout {
        self.layout
    }

    /// Gives the records that lie whole in `bytes` to `keep`, and says where it stopped and why.
    pub(super) fn walk(
        &mut self,
        bytes: &[u8],
        progress: &mut Progress,
        keep: &mut impl Keep,
    ) -> Walked {
        let mut at = 0;
        let stop = loop {
            if self.passing == 0 && self.lost.is_none() {
                at = match self.order {
                    ByteOrder::Little => self.run::<true>(bytes, at, &mut progress.next, keep),
                    ByteOrder::Big => self.run::<false>(bytes, at, &mut progress.next, keep),
                };
            }
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
            if let Some(lost) = self.lost {
                // The first byte is where the damage begins, or was looked at.
                let behind = rest.get(1..).unwrap_or_default();
                match search(behind, |bytes| self.judge(bytes, progress.at_end)) {
                    Ok(found) => {
                        at += 1 + found;
                        progress.skip(lost, at);
                        self.lost = None;
                        continue;
                    }
                    Err(_) if progress.at_end => break Stop::Bad(lost),
                    Err(searched) => {
                        at += searched;
                        break Stop::need("block", 1);
                    }
                }
            }
            if rest.is_empty() {
                break Stop::Boundary;
            }
            match self.step(rest, at, progress, keep) {
                Ok(len) => at += len,
                Err(Halt::Need(part, len)) => break Stop::need(part, len),
                Err(Halt::Damage(damage)) => {
                    let lost = Lost {
                        at: progress.place(at),
                        damage,
                    };
                    // A section cannot be read without its header, nor packets when their interfaces may be others; and memory must not fill.
                    let is_final = matches!(
                        damage,
                        Damage::ByteOrder(_) | Damage::Version { .. } | Damage::Interfaces(_)
                    ) || self.is_interface(rest);
                    if is_final {
                        break Stop::Bad(lost);
                    }
                    self.lost = Some(lost);
                }
            }
        };
        Walked { used: at, stop }
    }

    /// Gives packets from the byte `at` on, as long as each is whole and there is nothing in its block beside it, and says where the next would
    /// begin.
    ///
    /// What nearly every packet comes through, so without a question too many.
    #[inline(never)]
    fn run<const LITTLE: bool>(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        next: &mut u64,
        keep: &mut impl Keep,
    ) -> usize {
        let order = ByteOrder::of(LITTLE);
        let mut last = None;
        while let Some(rest) = bytes.get(at..)
            && let Some(fixed) = rest.first_chunk()
        {
            let head = Head::of(order, fixed);
            let block = rest.get(..head.len as usize);
            let Some(block) = block.filter(|_| head.is_usual()) else {
                break;
            };
            let ends = block.last_chunk().map(|end| order.u32(*end));
            let frame = block.get(PACKET_HEADER_LEN..PACKET_HEADER_LEN + head.captured as usize);
            let Some((interface, frame)) = self.interfaces.get(head.interface as usize).zip(frame)
            else {
                break;
            };
            if ends != Some(head.len) {
                break;
            }
            let time = interface.clock.time(head.ticks);
            let entry = Entry {
                number: *next,
                time,
                start: at + PACKET_HEADER_LEN,
                len: head.captured,
                original_len: head.original_len,
                link: interface.link,
                interface: u16::try_from(interface.place).ok(),
            };
            keep.keep(entry, frame);
            last = Some(time);
            *next += 1;
            at += head.len as usize;
        }
        if let Some(last) = last {
            self.last = last;
            self.layout = self.layout.and(even(BESIDE));
        }
        at
    }

    /// Reads the block at the beginning of `rest`, which lies at `at` in the buffer; gives the bytes that are done with.
    fn step(
        &mut self,
        rest: &[u8],
        at: usize,
        progress: &mut Progress,
        keep: &mut impl Keep,
    ) -> Result<usize, Halt> {
        let Some((kind, len)) = self.block_header(rest) else {
            return Err(
                match rest.get(8..12).and_then(|magic| magic.first_chunk()) {
                    Some(&magic) => Halt::Damage(Damage::ByteOrder(magic)),
                    None => Halt::Need("block header", SECTION_HEADER_LEN),
                },
            );
        };
        let is_held = is_read(kind) || len <= MOST_JUDGED;
        if len < LEAST_BLOCK || (len > MOST_BLOCK && (is_held || !is_registered(kind))) {
            return Err(Halt::Damage(Damage::BlockLength(len)));
        }
        if !is_held {
            progress.next += u64::from(is_numbered(kind));
            self.layout = self.layout.and(layout_of(kind));
            self.passing = u64::from(len);
            return Ok(0);
        }
        let whole = len as usize;
        let block = rest.get(..whole).ok_or(Halt::Need("block", whole))?;
        let packet = self.block(kind, len, block).map_err(Halt::Damage)?;
        let layout = match &packet {
            Some(packet) if packet.stands_alone => even(len - padded(packet.len)),
            _ => layout_of(kind),
        };
        self.layout = self.layout.and(layout);
        if let Some(packet) = packet {
            self.last = packet.time;
            let start = BODY + packet.start;
            let frame = block.get(start..start + packet.len as usize);
            let entry = Entry {
                number: progress.next,
                time: packet.time,
                start: at + start,
                len: packet.len,
                original_len: packet.original_len,
                link: packet.link,
                interface: packet.interface,
            };
            // Its place was found within the block.
            keep.keep(entry, frame.unwrap_or_default());
            progress.next += 1;
        }
        progress.next += u64::from(is_numbered(kind));
        Ok(whole)
    }

    fn is_interface(&self, block: &[u8]) -> bool {
        Fields::new(self.order, block).u32() == Some(kind::INTERFACE)
    }

    /// Whether a block of a known kind begins with `bytes`, with the same length at both its ends.
    fn judge(&self, bytes: &[u8], at_end: bool) -> Sound {
        let unknown = if at_end { Sound::No } else { Sound::Unknown };
        if bytes.len() < SECTION_HEADER_LEN {
            return unknown;
        }
        let mut section = Self::new();
        section.order = self.order;
        let Some((kind, len)) = section.block_header(bytes) else {
            return Sound::No;
        };
        if !(is_read(kind) || is_registered(kind)) || !(LEAST_BLOCK..=MOST_JUDGED).contains(&len) {
            return Sound::No;
        }
        match bytes.get(..len as usize).map(<[u8]>::split_last_chunk) {
            Some(Some((_, end))) if padded(section.order.u32(*end)) == len => Sound::Yes,
            Some(_) => Sound::No,
            None => unknown,
        }
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
            kind::SECTION => {
                self.section(body)?;
                Ok(None)
            }
            _ => Ok(None),
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
        self.interfaces_before = self.interfaces();
        self.interfaces.clear();
        Ok(())
    }
}

/// The fixed fields of an enhanced packet.
struct Head {
    kind: u32,
    len: u32,
    interface: u32,
    ticks: u64,
    captured: u32,
    original_len: u32,
}

impl Head {
    #[inline]
    fn of(order: ByteOrder, fixed: &[u8; PACKET_HEADER_LEN]) -> Self {
        let field = |at: usize| order.u32([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        Self {
            kind: field(0),
            len: field(4),
            interface: field(8),
            ticks: u64::from(field(12)) << 32 | u64::from(field(16)),
            captured: field(20),
            original_len: field(24),
        }
    }

    /// Whether it is one, neither too long nor with anything beside its frame.
    #[inline]
    const fn is_usual(&self) -> bool {
        self.kind == kind::ENHANCED_PACKET
            && self.captured <= LONGEST_USUAL
            && self.len == padded(self.captured) + BESIDE
    }
}

/// How packets lie of which each has so many bytes of its block beside its frame.
const fn even(beside: u32) -> Layout {
    Layout::Even(Spacing::new(beside as usize, 4))
}

/// How what follows lies behind a block that holds no packet, or one that cannot be read alone.
const fn layout_of(kind: u32) -> Layout {
    let is_bound = matches!(
        kind,
        kind::SECTION
            | kind::INTERFACE
            | kind::PACKET
            | kind::SIMPLE_PACKET
            | kind::ENHANCED_PACKET
    );
    if is_bound || is_numbered(kind) {
        Layout::Bound
    } else {
        Layout::Uneven
    }
}

/// Why a block is not read.
enum Halt {
    /// So many bytes of a part are needed.
    Need(&'static str, usize),
    Damage(Damage),
}

/// A section header's kind, which reads the same in both byte orders.
const SECTION: [u8; 4] = kind::SECTION.to_be_bytes();
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Kind and length, before a block's body.
const BODY: usize = 8;
const SECTION_HEADER_LEN: usize = 12;
/// Kind, and length twice.
const LEAST_BLOCK: u32 = 12;
/// What an enhanced packet has before its frame, and beside it if there are no options.
const PACKET_HEADER_LEN: usize = 28;
const BESIDE: u32 = 32;
/// Bytes captured of a packet that is believed whatever its link.
const LONGEST_USUAL: u32 = longest_record(LinkType::ETHERNET);
/// The longest block that is held in memory: the longest record with a generous share of options. libpcap's bound is 16 MiB too.
const MOST_BLOCK: u32 = 16 << 20;
/// The longest block whose end is looked at before it is passed over, or believed where one is searched for; chosen: half of what is read at once.
const MOST_JUDGED: u32 = 512 << 10;
/// Interfaces of one section; chosen: no machine has as many, and a file of interface blocks must not fill the memory.
const MOST_INTERFACES: usize = 65_536;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
