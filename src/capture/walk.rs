//! What the walks over both formats share: how far they came, why they stopped, and what they had to skip.

use super::batch::Entry;
use super::error::{Damage, Place, Skipped};
use crate::decode::LinkType;

/// Where in its input a walk is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Number of the next record, from 1.
    pub(super) next: u64,
    /// Offset in the input of the first byte in hand.
    pub(super) offset: u64,
    /// Whether no byte will follow those in hand.
    pub(super) at_end: bool,
    /// What was skipped; `None` while nothing was.
    pub(super) skipped: Option<Skipped>,
}

impl Progress {
    /// The place `at` bytes behind the first byte in hand.
    pub(super) const fn place(&self, at: usize) -> Place {
        Place {
            record: self.next,
            offset: self.offset + at as u64,
        }
    }

    /// Notes that what lies between `lost` and a place `at` bytes behind the first in hand was skipped.
    pub(super) fn skip(&mut self, lost: Lost, at: usize) {
        let bytes = (self.offset + at as u64).saturating_sub(lost.at.offset);
        let skipped = self.skipped.get_or_insert(Skipped {
            bytes: 0,
            places: 0,
            first: lost.at,
            damage: lost.damage,
        });
        skipped.bytes += bytes;
        skipped.places += 1;
    }
}

/// Where a walk lost its way, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) at: Place,
    pub(super) damage: Damage,
}

/// Whether something sound begins at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    Yes,
    No,
    /// More bytes must tell.
    Unknown,
}

/// Finds the first of `bytes` at which `judge` sees something sound. `Err`: none of so many is, and the next, if there is one, is unknown.
pub(super) fn search(bytes: &[u8], judge: impl Fn(&[u8]) -> Sound) -> Result<usize, usize> {
    for at in 0..bytes.len() {
        match judge(bytes.get(at..).unwrap_or_default()) {
            Sound::Yes => return Ok(at),
            Sound::No => {}
            Sound::Unknown => return Err(at),
        }
    }
    Err(bytes.len())
}

/// What becomes of the records that a walk finds.
pub(super) trait Keep {
    /// Takes the next record; `frame` are its bytes.
    fn keep(&mut self, entry: Entry, frame: &[u8]);

    /// Whether it has taken any.
    fn has_any(&self) -> bool;
}

/// How far a walk over a buffer came.
pub(super) struct Walked {
    /// Bytes that are done with.
    pub(super) used: usize,
    pub(super) stop: Stop,
}

/// Why a walk over a buffer stopped.
pub(super) enum Stop {
    /// The buffer ends where a record does.
    Boundary,
    /// The buffer ends inside something that is `len` bytes long.
    Need { part: &'static str, len: u64 },
    /// What follows from there on cannot be read.
    Bad(Lost),
}

impl Stop {
    pub(super) const fn need(part: &'static str, len: usize) -> Self {
        let len = len as u64;
        Self::Need { part, len }
    }
}

/// The longest record that is believed, in bytes: beyond it a length is damage. The usual limit is that of libpcap and of Wireshark
/// (`MAXIMUM_SNAPLEN`, `WTAP_MAX_PACKET_SIZE_STANDARD`), whatever snap length a file states: writers exceed that.
pub(super) const fn longest_record(link: LinkType) -> u32 {
    match link.0 {
        // D-Bus, USBPcap and EBHSCR, where those two allow up to 128 MiB. None carries TCP, but a file may mix them with what does.
        231 | 249 | 279 => LONGEST_BLOCK_RECORD,
        _ => 262_144,
    }
}

/// As long as the longest block that is held in memory.
pub(super) const LONGEST_BLOCK_RECORD: u32 = 16 << 20;
