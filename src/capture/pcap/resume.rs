//! Where records go on behind damage.
//!
//! Nothing marks the beginning of a record, but its header is hard to hit by chance: a fraction below a second, a time near that of the
//! record before, a captured length not above the original one, and at the end of the record another such header.

use super::{Head, Pcap, RECORD_HEADER_LEN};
use crate::capture::error::Damage;
use crate::capture::walk::{LONGEST_BLOCK_RECORD, Progress, Sound, search};

impl Pcap {
    /// Whether a header is one that damage may have made, though careless writers make such, too.
    #[inline]
    pub(super) fn is_odd(&self, head: &Head) -> bool {
        match self.last {
            Some(last) => self.is_odd_after(last, head),
            None => head.len > self.longest || !self.is_consistent(head),
        }
    }

    /// The same, when the record before came at the second `last`.
    #[inline]
    pub(super) fn is_odd_after(&self, last: u32, head: &Head) -> bool {
        head.len > self.longest || !self.is_consistent(head) || last.abs_diff(head.seconds) > NEAR
    }

    /// Decides about an odd header at the beginning of `rest`: `Ok` takes it as it stands, `Err(None)` needs more bytes to tell.
    pub(super) fn weigh(
        &mut self,
        rest: &[u8],
        head: &Head,
        progress: &Progress,
        at: usize,
    ) -> Result<(), Option<Damage>> {
        if head.len > self.longest {
            return Err(Some(Damage::RecordLength {
                len: head.len,
                most: self.longest,
            }));
        }
        // A file that was laid out longer than it was written ends in zeros.
        let is_blank = head.seconds == 0 && head.fraction == 0 && head.len == 0;
        if is_blank && head.original_len == 0 {
            return Err(Some(Damage::RecordHeader));
        }
        let offset = progress.offset + at as u64;
        if offset < self.searched {
            return Ok(());
        }
        // Followed by records of its time it is only odd.
        let next = rest.get(RECORD_HEADER_LEN + self.extra + head.len as usize..);
        let followed = match next {
            None if progress.at_end => Sound::No,
            None => Sound::Unknown,
            Some([]) if progress.at_end && head.original_len > 0 => Sound::Yes,
            Some(next) => match self.head(next) {
                Some(second)
                    if second.len <= self.longest
                        && second.original_len > 0
                        && second.seconds.abs_diff(head.seconds) <= NEAR =>
                {
                    Sound::Yes
                }
                None if !progress.at_end => Sound::Unknown,
                _ => Sound::No,
            },
        };
        match followed {
            Sound::Yes => return Ok(()),
            Sound::Unknown => return Err(None),
            Sound::No => {}
        }
        let behind = rest.get(1..).unwrap_or_default();
        let found = search(behind, |bytes| {
            self.chain(bytes, self.last, progress.at_end)
        });
        match found {
            Ok(_) => Err(Some(Damage::RecordHeader)),
            Err(_) if !progress.at_end && rest.len() < WINDOW => Err(None),
            Err(searched) => {
                self.searched = offset + 1 + searched as u64;
                Ok(())
            }
        }
    }

    /// Where the first record begins in bytes from the middle of a file.
    pub(in crate::capture) fn first_record(&self, bytes: &[u8]) -> Option<usize> {
        search(bytes, |bytes| self.chain(bytes, None, false)).ok()
    }

    /// Whether `bytes` begin with [`LINKS`] sound records, or with fewer that end where the input does; the first near the time `last`.
    pub(super) fn chain(&self, mut bytes: &[u8], mut last: Option<u32>, at_end: bool) -> Sound {
        for link in 0..LINKS {
            let Some(head) = self.head(bytes) else {
                return match (at_end, link) {
                    (false, _) => Sound::Unknown,
                    (true, 0) => Sound::No,
                    (true, _) => Sound::Yes,
                };
            };
            let is_sound = head.len <= self.longest
                && head.len > 0
                && self.is_consistent(&head)
                && last.is_none_or(|last| last.abs_diff(head.seconds) <= NEAR);
            if !is_sound {
                return Sound::No;
            }
            last = Some(head.seconds);
            let whole = RECORD_HEADER_LEN + self.extra + head.len as usize;
            bytes = match (bytes.get(whole..), at_end, link) {
                (Some(rest), ..) => rest,
                (None, false, _) => return Sound::Unknown,
                (None, true, 0) => return Sound::No,
                (None, true, _) => return Sound::Yes,
            };
        }
        Sound::Yes
    }

    /// Whether fraction and lengths agree with what they mean.
    #[inline]
    fn is_consistent(&self, head: &Head) -> bool {
        head.fraction < self.second
            && head.len <= head.original_len
            && head.original_len <= LONGEST_BLOCK_RECORD
            && head.original_len > 0
    }
}

/// Records that must follow each other before they are believed; chosen: with one, a stray number is met too easily.
const LINKS: usize = 3;
/// Seconds within which records follow each other: a day; chosen. Captures are merged and clocks are set, so more is only odd.
const NEAR: u32 = 86_400;
/// Bytes that must have come before a search in vain ends; chosen: a pipe delays no odd record longer.
const WINDOW: usize = 256 << 10;
