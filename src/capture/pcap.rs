//! Classic pcap (draft-ietf-opsawg-pcap): one file header, then records.
//!
//! Read in both byte orders, with times in microseconds or nanoseconds, and in the "patched" form whose record headers are eight bytes
//! longer. Writers before version 2.4 disagreed about which of a record's two lengths comes first; libpcap's rule for them is kept.

mod resume;

use super::batch::Entry;
use super::bytes::{ByteOrder, Fields};
use super::error::Damage;
use super::walk::{Keep, Lost, Progress, Stop, Walked, longest_record, search};
use crate::decode::LinkType;
use crate::origin::{MICROSECOND, SECOND, Timestamp};

/// How to read the records of one file, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pcap {
    order: ByteOrder,
    /// Nanoseconds in one unit of a record's fraction.
    unit: i64,
    /// How many units a second has.
    second: u32,
    /// Bytes of a record header behind the sixteen that all have.
    extra: usize,
    lengths: Lengths,
    link: LinkType,
    longest: u32,
    /// Seconds of the latest record.
    last: Option<u32>,
    /// Set while the next sound record is searched for.
    lost: Option<Lost>,
    /// Offset before which a search has found nothing.
    searched: u64,
}

/// What a record's header says.
#[derive(Clone, Copy, Debug)]
struct Head {
    seconds: u32,
    fraction: u32,
    len: u32,
    original_len: u32,
}

/// Which of a record's lengths comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    OriginalFirst,
    /// Version 2.3: whichever is smaller is the captured one.
    Either,
}

impl Pcap {
    /// Length of the file header in bytes.
    pub(super) const HEADER_LEN: usize = 24;

    /// Whether a file that begins so is pcap.
    pub(super) fn recognises(first: &[u8]) -> bool {
        variant(first).is_some()
    }

    /// Reads the file header.
    pub(super) fn new(header: &[u8]) -> Result<Self, Damage> {
        let cut = Damage::Cut {
            part: "file header",
            needed: Self::HEADER_LEN as u64,
            had: header.len() as u64,
        };
        let (order, unit, extra) = variant(header).ok_or(cut)?;
        let mut fields = Fields::new(order, header);
        let mut read = || {
            fields.take(4)?;
            let version = (fields.u16()?, fields.u16()?);
            // Zone, accuracy and snap length: no writer sets the first two, and records may be longer than the third.
            fields.take(12)?;
            Some((version, fields.u32()?))
        };
        let ((major, minor), network) = read().ok_or(cut)?;
        if major != 2 {
            return Err(Damage::Version { major, minor });
        }
        // The upper half tells about a frame check sequence, which the lengths inside the frame cut off.
        let [.., high, low] = network.to_be_bytes();
        let link = LinkType(u16::from_be_bytes([high, low]));
        Ok(Self {
            order,
            unit,
            second: u32::try_from(SECOND / unit).unwrap_or(u32::MAX),
            extra,
            lengths: match minor {
                0..3 => Lengths::OriginalFirst,
                3 => Lengths::Either,
                _ => Lengths::CapturedFirst,
            },
            link,
            longest: longest_record(link),
            last: None,
            lost: None,
            searched: 0,
        })
    }

    /// Gives the records that lie whole in `bytes` to `keep`, and says where it stopped and why.
    pub(super) fn walk(
        &mut self,
        bytes: &[u8],
        progress: &mut Progress,
        keep: &mut impl Keep,
    ) -> Walked {
        let header_len = self.header_len();
        let mut at = 0;
        let stop = loop {
            if self.lost.is_none() && self.lengths == Lengths::CapturedFirst {
                at = match self.order {
                    ByteOrder::Little => self.run::<true>(bytes, at, &mut progress.next, keep),
                    ByteOrder::Big => self.run::<false>(bytes, at, &mut progress.next, keep),
                };
            }
            let rest = bytes.get(at..).unwrap_or(&[]);
            if let Some(lost) = self.lost {
                match search(rest, |bytes| self.chain(bytes, self.last, progress.at_end)) {
                    Ok(found) => {
                        at += found;
                        progress.skip(lost, at);
                        self.lost = None;
                        continue;
                    }
                    Err(_) if progress.at_end => break Stop::Bad(lost),
                    Err(searched) => {
                        at += searched;
                        break Stop::need("record", 1);
                    }
                }
            }
            if rest.is_empty() {
                break Stop::Boundary;
            }
            let Some(head) = self.head(rest) else {
                break Stop::need("record header", header_len);
            };
            if self.is_odd(&head) {
                match self.weigh(rest, &head, progress, at) {
                    Ok(()) => {}
                    Err(Some(damage)) => {
                        let at = progress.place(at);
                        self.lost = Some(Lost { at, damage });
                        continue;
                    }
                    Err(None) => break Stop::need("record", header_len + head.len as usize),
                }
            }
            let whole = header_len + head.len as usize;
            let Some(frame) = rest.get(header_len..whole) else {
                break Stop::need("record", whole);
            };
            keep.keep(self.entry(&head, progress.next, at + header_len), frame);
            self.last = Some(head.seconds);
            progress.next += 1;
            at += whole;
        };
        Walked { used: at, stop }
    }

    /// Gives on records from the byte `at` on, as long as each is whole and nothing about it is odd, and says where the next would begin.
    ///
    /// What nearly every record comes through, so without a question too many: half of the time of reading went into these.
    #[inline(never)]
    fn run<const LITTLE: bool>(
        &mut self,
        bytes: &[u8],
        mut at: usize,
        next: &mut u64,
        keep: &mut impl Keep,
    ) -> usize {
        let Some(mut last) = self.last else {
            return at;
        };
        let order = ByteOrder::of(LITTLE);
        let header_len = self.header_len();
        let mut number = *next;
        while let Some(rest) = bytes.get(at..)
            && let Some(fixed) = rest.first_chunk::<RECORD_HEADER_LEN>()
        {
            let field =
                |at: usize| order.u32([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
            let head = Head {
                seconds: field(0),
                fraction: field(4),
                len: field(8),
                original_len: field(12),
            };
            let whole = header_len + head.len as usize;
            let Some(frame) = rest.get(header_len..whole) else {
                break;
            };
            if self.is_odd_after(last, &head) {
                break;
            }
            keep.keep(self.entry(&head, number, at + header_len), frame);
            last = head.seconds;
            number += 1;
            at += whole;
        }
        self.last = Some(last);
        *next = number;
        at
    }

    /// The link type of all records.
    pub(super) const fn link(&self) -> LinkType {
        self.link
    }

    /// Bytes of a record before its frame.
    pub(super) const fn header_len(&self) -> usize {
        RECORD_HEADER_LEN + self.extra
    }

    /// Gives the record that `bytes` are to `keep`. `None`: they are not one, or there is something odd about it.
    pub(super) fn single(&self, bytes: &[u8], number: u64, keep: &mut impl Keep) -> Option<()> {
        let head = self.head(bytes)?;
        let frame = bytes.get(self.header_len()..)?;
        let is_whole = frame.len() == head.len as usize && !self.is_odd(&head);
        is_whole.then(|| keep.keep(self.entry(&head, number, self.header_len()), frame))
    }

    #[inline]
    fn entry(&self, head: &Head, number: u64, start: usize) -> Entry {
        Entry {
            number,
            time: Timestamp::from_nanos(
                i64::from(head.seconds) * SECOND + i64::from(head.fraction) * self.unit,
            ),
            start,
            len: head.len,
            original_len: head.original_len,
            link: self.link,
            interface: None,
        }
    }

    #[inline]
    fn head(&self, bytes: &[u8]) -> Option<Head> {
        let (head, behind): (&[u8; RECORD_HEADER_LEN], _) = bytes.split_first_chunk()?;
        if behind.len() < self.extra {
            return None;
        }
        let field = |at: usize| {
            self.order
                .u32([head[at], head[at + 1], head[at + 2], head[at + 3]])
        };
        let (first, second) = (field(8), field(12));
        let (len, original_len) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::OriginalFirst => (second, first),
            Lengths::Either => (first.min(second), first.max(second)),
        };
        Some(Head {
            seconds: field(0),
            fraction: field(4),
            len,
            original_len,
        })
    }
}

/// Byte order, nanoseconds in a fraction's unit, and further bytes of a record header, as the magic number tells.
fn variant(first: &[u8]) -> Option<(ByteOrder, i64, usize)> {
    let magic = *first.first_chunk()?;
    [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find_map(|order| match order.u32(magic) {
            0xa1b2_c3d4 => Some((order, MICROSECOND, 0)),
            0xa1b2_3c4d => Some((order, 1, 0)),
            // Written by patched libpcaps of old: interface index, protocol and packet type follow.
            0xa1b2_cd34 => Some((order, MICROSECOND, 8)),
            _ => None,
        })
}

const RECORD_HEADER_LEN: usize = 16;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
