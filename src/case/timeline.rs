//! The bounded story of a connection: [`Timeline`], its [`Line`]s, and the [`Turns`] of those who speak.

use super::ends::Ends;
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Header, SeqNumber, Side};

/// When and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The record.
    pub record: RecordId,
    /// Its time.
    pub time: Timestamp,
}

impl Mark {
    /// The place of a segment.
    pub const fn of(header: &Header) -> Self {
        Self {
            record: header.record,
            time: header.time,
        }
    }
}

/// One segment in the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who sent it.
    pub from: Side,
    /// The segment.
    pub header: Header,
    /// What it was to its sender's sequence space.
    pub nature: Nature,
    /// How often its packet was captured on its way, this record included.
    pub captured: u8,
    /// By what addresses and in what tags it was captured: see [`super::Sightings::way`].
    pub way: u8,
}

/// What a segment was to the sequence space of its sender, as known when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// It continues where its sender stood, or carries no sequence space at all.
    Fresh,
    /// It begins beyond where its sender stood: segments between were lost, reordered, or not captured.
    Ahead,
    /// Its payload, SYN or FIN had been sent before.
    Retransmission,
    /// Zero or one byte from just below where its sender stands, asking for an acknowledgment (RFC 9293 3.8.4).
    KeepAlive,
    /// The same into a window that its receiver had closed (RFC 9293 3.8.6.1).
    WindowProbe,
}

/// The first segments, the last ones, and how many lie between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    kept: Ends<Line>,
    elided: u64,
}

impl Timeline {
    /// Segments kept from the beginning.
    pub const FIRST: usize = 8;

    /// An empty story that keeps the first [`Timeline::FIRST`] segments and the last `room`, 1..=65,527.
    pub fn new(room: usize) -> Self {
        let first = Self::FIRST as u16;
        let room = u16::try_from(room).unwrap_or(u16::MAX);
        Self {
            kept: Ends::new(first, room.min(u16::MAX - first), first),
            elided: 0,
        }
    }

    /// Forgets all segments, and keeps its room.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.elided = 0;
    }

    /// Adds a segment.
    pub fn push(&mut self, line: Line) {
        self.elided += u64::from(self.kept.push(line).is_some());
    }

    /// The kept segments, oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.kept.iter()
    }

    /// The kept segments, oldest first, to be changed.
    pub fn lines_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Line> {
        self.kept.iter_mut()
    }

    /// The kept segments of one side, oldest first.
    pub fn of(&self, side: Side) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines().filter(move |line| line.from == side)
    }

    /// The segments from the beginning, then those from the end: what lies between was dropped, [`Timeline::elided`] of them.
    pub fn halves(&self) -> (&[Line], impl Iterator<Item = &Line>) {
        self.kept.halves()
    }

    /// Segments that were dropped between the first and the last ones.
    pub const fn elided(&self) -> u64 {
        self.elided
    }

    /// The latest segment.
    pub fn latest(&self) -> Option<&Line> {
        self.kept.latest()
    }

    /// How many segments are kept.
    pub const fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether nothing was ever added.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A run of fresh payload from one side, uninterrupted by payload of the other: a request, a response, or a piece of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who spoke.
    pub from: Side,
    /// Its first segment.
    pub first: Mark,
    /// Its last segment so far.
    pub last: Mark,
    /// Payload bytes.
    pub bytes: u64,
    /// The position of its first byte.
    pub begin: SeqNumber,
    /// The position after its last byte.
    pub end: SeqNumber,
    /// What its sender had received when it began to speak.
    pub heard: Option<SeqNumber>,
    /// Its first segment did not acknowledge all that the other side had said before: the two crossed.
    pub crossed: bool,
}

/// The alternation of payloads: how many turns there were, and the latest of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turns {
    recent: Ends<Turn>,
    count: u64,
}

impl Turns {
    /// Turns kept.
    pub const RECENT: usize = 8;

    /// Forgets all turns.
    pub fn clear(&mut self) {
        self.recent.clear();
        self.count = 0;
    }

    /// Begins a turn.
    pub fn begin(&mut self, turn: Turn) {
        self.recent.push(turn);
        self.count += 1;
    }

    /// The turn under way.
    pub fn current(&self) -> Option<&Turn> {
        self.recent.latest()
    }

    /// The turn under way, to be continued.
    pub fn current_mut(&mut self) -> Option<&mut Turn> {
        self.recent.latest_mut()
    }

    /// The latest turns, oldest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &Turn> {
        self.recent.iter()
    }

    /// The latest turn of `side`.
    pub fn latest_of(&self, side: Side) -> Option<&Turn> {
        self.recent().rev().find(|turn| turn.from == side)
    }

    /// The turn before the current one.
    pub fn previous(&self) -> Option<&Turn> {
        self.recent().rev().nth(1)
    }

    /// How many turns there were in all.
    pub const fn count(&self) -> u64 {
        self.count
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            recent: Ends::new(0, Self::RECENT as u16, 2),
            count: 0,
        }
    }
}
