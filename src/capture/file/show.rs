//! Records shown and not kept: one after the other, or from where they are known to be.

use super::{CHUNK, FileSource, Format, Position, hold};
use crate::capture::CaptureError;
use crate::capture::batch::Entry;
use crate::capture::walk::Keep;
use crate::decode::Look;

impl FileSource {
    /// Shows the next records to `looker`, who needs few of them for longer; `buffer` is where they lie meanwhile, of use for the next call.
    /// `false` is the end. Of their times and link types [`Source::info`](crate::capture::Source::info) knows nothing then, and of interfaces only
    /// then.
    ///
    /// # Errors
    ///
    /// As for [`Source::fill`](crate::capture::Source::fill).
    pub fn show(
        &mut self,
        buffer: &mut Vec<u8>,
        looker: &mut impl Look,
    ) -> Result<bool, CaptureError> {
        let mut shown = Shown {
            looker,
            source: self.source,
            records: 0,
        };
        self.advance(buffer, &mut shown);
        self.info.records += shown.records;
        if shown.has_any() {
            return Ok(true);
        }
        self.note_interfaces();
        self.end()
    }

    /// Shows `looker` the records that begin at these places, in the order of the file, each of which takes so many bytes there. `buffer` is as for
    /// [`FileSource::show`], and for what is read next the source must be [narrowed](FileSource::narrow). `None`: the file is not as it was, and some
    /// of them may have been shown; or it is not [divisible](FileSource::divide).
    pub fn show_again(
        &mut self,
        mut places: &[(Position, u64)],
        buffer: &mut Vec<u8>,
        looker: &mut impl Look,
    ) -> Option<()> {
        let Some((first, _)) = places.first() else {
            return Some(());
        };
        self.narrow(*first, None).ok().filter(|done| *done)?;
        while let Some((first, _)) = places.first() {
            let from = first.offset;
            let end = |(place, len): &(Position, u64)| place.offset + len;
            let mut to = from;
            let many = places
                .iter()
                .take_while(|place| {
                    let is_near = place.0.offset <= to + NEAR && end(place) <= from + CHUNK as u64;
                    let is_with = to == from || is_near;
                    if is_with {
                        to = end(place);
                    }
                    is_with
                })
                .count();
            let (near, others) = places.split_at(many);
            places = others;
            let len = usize::try_from(to - from).ok()?;
            hold(buffer, len);
            let bytes = buffer.get_mut(..len)?;
            (self.input.read_whole_at(from, bytes).ok()? == len).then_some(())?;
            let mut shown = Shown {
                looker,
                source: self.source,
                records: 0,
            };
            for place in near {
                let part = |offset: u64| usize::try_from(offset - from).ok();
                let record = bytes.get(part(place.0.offset)?..part(end(place))?)?;
                let number = place.0.record;
                match &mut self.format {
                    Format::Pcap(pcap) => pcap.single(record, number, &mut shown),
                    Format::Pcapng(pcapng) => pcapng.single(record, number, &mut shown),
                }?;
            }
        }
        Some(())
    }
}

/// Records that are shown and not kept.
struct Shown<'a, L> {
    looker: &'a mut L,
    source: u16,
    records: u64,
}

impl<L: Look> Keep for Shown<'_, L> {
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: what is not looked at need not be put together then"
    )]
    fn keep(&mut self, entry: Entry, frame: &[u8]) {
        self.records += 1;
        self.looker.look(&entry.record(self.source, frame));
    }

    fn has_any(&self) -> bool {
        self.records > 0
    }
}

/// What lies between two records is read with them when it is no longer than this many bytes: about as long as another call takes; chosen.
const NEAR: u64 = 4 << 10;
