//! What the desk must know of a record: [`Sight`].

use super::Sketch;
use super::packed::{Words, longest, words};
use super::room::Place;
use crate::decode::{Glance, Record, glance, glance_at_once};
use crate::origin::Timestamp;
use crate::tcp::{Flags, Flow, Segment, SeqNumber};

/// What a glance at an ordinary record shows, without the record: it may be made in another thread.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Whose segment it is.
    pub flow: Flow,
    /// Where that is held, as far as this is known.
    pub(super) place: Option<Place>,
    pub(super) said: Said,
    pub(super) parts: Parts,
}

/// What one end says to the other with a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    /// Which of the two ends says it: the lower or the higher one.
    pub side: bool,
    pub flags: Flags,
    pub seq: SeqNumber,
    pub ack: SeqNumber,
    /// Bytes of payload on the wire.
    pub payload_len: u32,
}

/// What is to be kept of a record, as far as one look tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// Bytes of its header that are kept in words, and those words, without its checksums where nobody asks for them.
    pub header: u8,
    pub words: Words,
    /// Its payload: where it begins, and where it ends.
    pub payload: (u32, u32),
    /// The last of it.
    pub tail: [u8; 5],
}

impl Sight {
    /// Sights at a record. `None`: it is not an ordinary one, and must be decoded.
    #[inline]
    pub fn at(record: &Record<'_>) -> Option<Self> {
        let seen = glance_at_once(record).or_else(|| glance(record))?;
        Some(Self {
            flow: seen.flow(),
            place: None,
            said: Said::of_glance(&seen)?,
            parts: Parts::of(&seen, record)?,
        })
    }
}

/// Sights at consecutive records.
#[derive(Clone, Debug, Default)]
pub struct Sights {
    each: Vec<Option<Sight>>,
    /// The first and the last one's time, where no record in between is earlier than the one before it.
    pub rising: Option<(Timestamp, Timestamp)>,
}

impl Sights {
    /// Sights at other records, and adds their flows to `flows`.
    pub fn look<'a>(&mut self, records: impl Iterator<Item = Record<'a>>, flows: &mut Sketch) {
        self.each.clear();
        self.rising = None;
        let mut rises = true;
        for record in records {
            let (first, last) = self.rising.unwrap_or((record.time, record.time));
            rises &= last <= record.time;
            self.rising = Some((first, record.time));
            let seen = Sight::at(&record);
            if let Some(seen) = &seen {
                flows.add(seen.flow);
            }
            self.each.push(seen);
        }
        self.rising = self.rising.filter(|_| rises);
    }

    /// Each of them, in the order of the records.
    pub fn each_mut(&mut self) -> &mut [Option<Sight>] {
        &mut self.each
    }
}

impl Said {
    #[inline]
    fn of_glance(seen: &Glance<'_>) -> Option<Self> {
        Some(Self {
            side: seen.is_from_lower(),
            flags: seen.flags,
            seq: seen.seq,
            ack: seen.ack,
            payload_len: u32::try_from(seen.payload_len).ok()?,
        })
    }

    pub(super) fn of_segment(segment: &Segment<'_>) -> Self {
        let header = &segment.header;
        Self {
            side: segment.from < segment.to,
            flags: header.flags,
            seq: header.seq,
            ack: header.ack,
            payload_len: header.payload_len,
        }
    }

    /// The position after this segment.
    pub fn end(&self) -> SeqNumber {
        self.seq + self.payload_len + u32::from(self.flags.syn()) + u32::from(self.flags.fin())
    }
}

impl Parts {
    #[inline]
    fn of(seen: &Glance<'_>, record: &Record<'_>) -> Option<Self> {
        let (from, to) = seen.payload(record);
        let header = from.min(longest(record.link));
        // A SYN's are judged, and no other's that may be held.
        let checksums = (!seen.flags.syn()).then(|| seen.checksums(record));
        let tail = record.bytes.get(from..to).and_then(<[u8]>::last_chunk);
        Some(Self {
            header: u8::try_from(header).ok()?,
            words: words(record, header, checksums),
            payload: (u32::try_from(from).ok()?, u32::try_from(to).ok()?),
            tail: tail.copied().unwrap_or_default(),
        })
    }
}
