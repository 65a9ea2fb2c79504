//! Whose turn it is in a connection, as far as its room must know: [`Talk`].
//!
//! A verdict reads how the first payload of each end begins, and how its latest turn does. The tracker knows which those are; here it is only
//! said of which payloads they cannot be. So what is uncertain is kept: a segment that may be a repetition neither begins nor ends a turn.

use crate::tcp::{Flags, Segment, SeqNumber};

/// What one end says to the other with a segment.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// Which of the two ends says it: the lower or the higher one.
    pub side: bool,
    pub flags: Flags,
    pub seq: SeqNumber,
    pub ack: SeqNumber,
    /// Bytes of payload on the wire.
    pub payload_len: u32,
}

impl Said {
    pub fn of_segment(segment: &Segment<'_>) -> Self {
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
    fn end(&self) -> SeqNumber {
        self.seq + self.payload_len + u32::from(self.flags.syn()) + u32::from(self.flags.fin())
    }
}

/// How far both ends have come in what they say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Talk {
    ends: [End; 2],
    /// Whose turn it is for sure.
    turn: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default)]
struct End {
    /// Where its latest SYN stands, if it had one.
    isn: SeqNumber,
    had_syn: bool,
    /// No payload of it that ends here or before is sure to be new: whatever the tracker takes for its next position is no later one.
    edge: SeqNumber,
    was_seen: bool,
    /// Its first payload was seen for sure.
    spoke: bool,
}

/// What becomes of the beginning of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Nobody asks for it.
    Needless,
    /// It begins a turn, so that nobody asks any more how that end's turn before this one began.
    OfTurn,
    /// It may be asked for whatever follows.
    Kept,
}

impl Talk {
    /// Takes what was said, and says what becomes of the beginning of its payload.
    pub fn goes_on(&mut self, said: &Said) -> Beginning {
        let side = usize::from(said.side);
        if said.flags.syn() {
            self.turn = None;
            self.ends.iter_mut().for_each(|end| end.spoke = false);
        }
        let fresh = self.ends[side].passes(said);
        if said.flags.ack() {
            let other = &mut self.ends[1 - side];
            other.edge = other.edge.later(said.ack);
        }
        if said.payload_len == 0 {
            return Beginning::Needless;
        }
        let had_spoken = self.ends[side].spoke;
        let before = self.turn;
        if fresh {
            self.ends[side].spoke = true;
            self.turn = Some(said.side);
        } else if before != Some(said.side) {
            self.turn = None;
        }
        match before {
            _ if !had_spoken => Beginning::Kept,
            Some(turn) if turn == said.side => Beginning::Needless,
            Some(_) if fresh => Beginning::OfTurn,
            _ => Beginning::Kept,
        }
    }
}

impl End {
    /// Goes on to behind a segment. Whether what it bears is new for sure.
    fn passes(&mut self, said: &Said) -> bool {
        let end = said.end();
        if said.flags.syn() && !(self.had_syn && self.isn == said.seq) {
            self.isn = said.seq;
            self.had_syn = true;
            self.was_seen = false;
        }
        let fresh = !self.was_seen || self.edge.precedes(end);
        self.edge = if self.was_seen {
            self.edge.later(end)
        } else {
            end
        };
        self.was_seen = true;
        // A single byte may be a probe.
        fresh && said.payload_len > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(side: bool, seq: u32, payload_len: u32) -> Said {
        Said {
            side,
            flags: Flags::from_bits(0x18),
            seq: SeqNumber::new(seq),
            ack: SeqNumber::new(0),
            payload_len,
        }
    }

    fn beginnings(said: &[Said]) -> Vec<Beginning> {
        let mut talk = Talk::default();
        said.iter().map(|said| talk.goes_on(said)).collect()
    }

    #[test]
    fn the_first_payloads_are_kept_and_then_the_beginnings_of_turns() {
        use Beginning::{Kept, Needless, OfTurn};
        let said = [
            data(true, 100, 50),
            data(true, 150, 50),
            data(false, 900, 50),
            data(false, 950, 50),
            data(true, 200, 50),
            data(true, 250, 0),
            data(true, 250, 50),
            data(false, 1_000, 50),
        ];
        assert_eq!(
            beginnings(&said),
            [
                Kept, Needless, Kept, Needless, OfTurn, Needless, Needless, OfTurn
            ]
        );
    }

    #[test]
    fn what_may_be_a_repetition_makes_nobodys_turn() {
        use Beginning::{Kept, Needless, OfTurn};
        let said = [
            data(true, 100, 50),
            data(false, 900, 50),
            data(true, 100, 50), // Again: the turn may be either's.
            data(true, 150, 50),
            data(false, 949, 1), // A probe, or not.
            data(false, 950, 50),
            data(true, 200, 50),
        ];
        assert_eq!(
            beginnings(&said),
            [Kept, Kept, Kept, Kept, Kept, Kept, OfTurn]
        );
        assert_eq!(beginnings(&said[..1]), [Kept]);
        assert_eq!(
            beginnings(&[data(true, 1, 9), data(true, 10, 9)]),
            [Kept, Needless]
        );
    }

    #[test]
    fn another_connection_between_the_same_ends_begins_anew() {
        use Beginning::{Kept, Needless};
        let syn = Said {
            flags: Flags::from_bits(2),
            ..data(true, 5_000, 0)
        };
        let said = [
            data(true, 100, 50),
            syn,
            data(true, 5_001, 10),
            data(true, 5_011, 10),
        ];
        assert_eq!(beginnings(&said), [Kept, Needless, Kept, Needless]);
    }
}
