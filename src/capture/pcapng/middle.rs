//! Reading from the middle of a file: what must be known before, and where a packet begins.
//!
//! A block says its kind, and its length at both ends, and the blocks of a sound file all begin at multiples of four bytes. So a few that follow each
//! other are hard to hit by chance.

use super::block::kind;
use super::{BESIDE, Head, Pcapng};
use crate::capture::batch::Entry;
use crate::capture::info::SourceInfo;
use crate::capture::layout::Layout;
use crate::capture::walk::{Keep, Progress};
use crate::decode::LinkType;

impl Pcapng {
    /// Reads what stands before the first packet of a file that begins with `bytes`, and says how long that is. `None`: there is no such packet,
    /// or it takes more to read those that follow.
    pub(in crate::capture) fn preamble(bytes: &[u8]) -> Option<(Self, u64)> {
        let mut preamble = Self::new();
        let mut progress = Progress::default();
        let mut at = 0;
        loop {
            let rest = bytes.get(at..)?;
            match preamble.block_header(rest)?.0 {
                kind::ENHANCED_PACKET => break,
                kind::SECTION if at > 0 => return None,
                kind::PACKET | kind::SIMPLE_PACKET => return None,
                _ => {}
            }
            let none: &mut Vec<Entry> = &mut Vec::new();
            at += preamble.step(rest, at, &mut progress, none).ok()?;
            if preamble.passing > 0 || progress.next > 0 {
                return None;
            }
        }
        // What is told of interfaces is put together again by their places, and what they capture by the first of them.
        let (first, others) = preamble.interfaces.split_first()?;
        let are_alike = others.iter().all(|other| other.link == first.link);
        preamble.layout = Layout::Empty;
        (are_alike && others.len() < SourceInfo::INTERFACES).then_some((preamble, at as u64))
    }

    /// The link type of the first interface.
    pub(in crate::capture) fn link(&self) -> Option<LinkType> {
        Some(self.interfaces.first()?.link)
    }

    /// Where the first packet begins in `bytes`, which stand at the byte `near` of a file.
    pub(in crate::capture) fn first_packet(&self, bytes: &[u8], near: u64) -> Option<usize> {
        let before = usize::try_from(near.wrapping_neg() % 4).ok()?;
        (before..bytes.len())
            .step_by(4)
            .find(|at| bytes.get(*at..).is_some_and(|rest| self.begins(rest)))
    }

    /// Whether a packet begins with `bytes`, and others follow to their end.
    fn begins(&self, bytes: &[u8]) -> bool {
        if !self.is_packet(bytes) {
            return false;
        }
        let mut section = self.clone();
        let mut progress = Progress::default();
        let mut packets: Vec<Entry> = Vec::new();
        section.walk(bytes, &mut progress, &mut packets);
        packets.len() >= LINKS && section.lost.is_none() && progress.skipped.is_none()
    }

    /// Whether a block that begins so is a packet of one of the interfaces, as far as its fixed fields tell.
    fn is_packet(&self, bytes: &[u8]) -> bool {
        let Some(fixed) = bytes.first_chunk() else {
            return false;
        };
        let head = Head::of(self.order, fixed);
        let fits = head.captured.saturating_add(BESIDE) <= head.len;
        head.kind == kind::ENHANCED_PACKET
            && self.interfaces.get(head.interface as usize).is_some()
            && fits
    }

    /// Gives the packet whose block `bytes` are to `keep`. `None`: they are not one.
    pub(in crate::capture) fn single(
        &mut self,
        bytes: &[u8],
        number: u64,
        keep: &mut impl Keep,
    ) -> Option<()> {
        let mut progress = Progress {
            next: number,
            ..Progress::default()
        };
        let used = self.walk(bytes, &mut progress, keep).used;
        (used == bytes.len() && progress.next == number + 1).then_some(())
    }
}

/// Packets that must follow each other before the first is believed; chosen: inside a packet there may be some of a capture that was sent, but hardly
/// to its end and on.
const LINKS: usize = 3;
