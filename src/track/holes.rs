//! [`Holes`]: ranges of one side's sequence space that were passed over, as what came after them was captured and they were not.
//!
//! A hole that is acknowledged was filled where the receiver stands, so the capture lost it. One that is captured later was late, or repeated.
//! What follows the first fragment of a packet begins behind the other fragments, which carry no header: no hole.
//! One that the receiver reports by SACK to be missing was lost on the path.

use crate::case::{Mark, Missing, Nature};
use crate::tcp::{Extent, Header, SeqNumber};

/// The open holes of one side, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Holes {
    open: Vec<Hole>,
    /// The latest segment was longer than its record tells.
    is_open_ended: bool,
}

#[derive(Clone, Copy, Debug)]
struct Hole {
    begin: SeqNumber,
    end: SeqNumber,
    shown_by: Mark,
}

impl Holes {
    /// Whether `header` would be noted where nothing is.
    pub fn begin_with(header: &Header, nature: Nature) -> bool {
        nature == Nature::Ahead || header.ip.extent == Extent::Fragment
    }

    /// Takes a segment of this side, which stood at `next` before it.
    pub fn pass(&mut self, next: Option<SeqNumber>, header: &Header, nature: Nature) {
        if header.flags.syn() {
            self.open.clear(); // Its numbers begin anew.
            return;
        }
        if header.seq_len() > 0 {
            self.is_open_ended = header.ip.extent == Extent::Fragment;
        }
        if let (Nature::Ahead, Some(next)) = (nature, next) {
            self.open(next, header);
        } else if !self.open.is_empty() && header.seq_len() > 0 {
            self.fill(header.seq, header.seq_end());
        }
    }

    /// The latest segment went on in further fragments of its packet, so that more is acknowledged than its record tells.
    pub const fn is_open_ended(&self) -> bool {
        self.is_open_ended
    }

    fn open(&mut self, begin: SeqNumber, header: &Header) {
        // A bare acknowledgment beyond a hole moves nothing, so the next segment beyond it shows the same hole again.
        self.open.retain(|hole| hole.begin != begin);
        if self.open.len() < MOST {
            self.open.push(Hole {
                begin,
                end: header.seq,
                shown_by: Mark::of(header),
            });
        }
    }

    fn fill(&mut self, from: SeqNumber, to: SeqNumber) {
        for hole in &mut self.open {
            let reaches_in = hole.begin.precedes(to) && from.precedes(hole.end);
            if reaches_in && !hole.begin.precedes(from) {
                hole.begin = to;
            } else if reaches_in && !to.precedes(hole.end) {
                hole.end = from;
            }
        }
        self.open.retain(|hole| hole.begin.precedes(hole.end));
    }

    /// Takes an acknowledgment from the other side. Returns how many bytes it covers that were passed over.
    pub fn acknowledge(&mut self, ack: SeqNumber) -> u32 {
        let mut bytes = 0;
        for hole in &mut self.open {
            if hole.begin.precedes(ack) {
                let end = if ack.precedes(hole.end) {
                    ack
                } else {
                    hole.end
                };
                bytes += end.distance_from(hole.begin);
                hole.begin = end;
            }
        }
        if bytes > 0 {
            self.open.retain(|hole| hole.begin.precedes(hole.end));
        }
        bytes
    }

    /// What is passed over still, and not reported missing by a receiver who has all up to `sack_edge` otherwise.
    pub fn missing(&self, sack_edge: Option<SeqNumber>) -> Option<Missing> {
        let reported = |hole: &Hole| sack_edge.is_some_and(|edge| hole.end.precedes(edge));
        let open = || self.open.iter().filter(|hole| !reported(hole));
        Some(Missing {
            bytes: open()
                .map(|hole| u64::from(hole.end.distance_from(hole.begin)))
                .sum(),
            shown_by: open().next_back()?.shown_by,
        })
    }
}

/// Holes kept at a time, the first ones; chosen: a window full of losses has hardly more.
const MOST: usize = 16;

#[cfg(test)]
mod tests {
    use crate::testkit::{case, opened};

    fn lost_and_missing(rest: &str) -> (Option<u64>, Option<u64>) {
        let gaps = case(&opened(rest)).gaps;
        let bytes = |missing: crate::case::Missing| missing.bytes;
        (gaps.lost.map(|lost| lost.bytes), gaps.missing.map(bytes))
    }

    #[test]
    fn a_hole_that_was_acknowledged_is_a_loss_of_the_capture() {
        let said = lost_and_missing(
            "0.020 client > server PSH,ACK seq 1 ack 1 len 100
             0.022 client > server PSH,ACK seq 201 ack 1 len 100
             0.032 server > client ACK seq 1 ack 301
             0.040 server > client RST,ACK seq 1 ack 301",
        );
        assert_eq!(said, (Some(100), None));
    }

    #[test]
    fn a_hole_that_was_filled_later_is_none() {
        let said = lost_and_missing(
            "0.020 client > server PSH,ACK seq 1 ack 1 len 100
             0.022 client > server PSH,ACK seq 301 ack 1 len 100
             0.023 client > server PSH,ACK seq 201 ack 1 len 100
             0.024 client > server PSH,ACK seq 101 ack 1 len 100
             0.032 server > client ACK seq 1 ack 401
             0.040 server > client RST,ACK seq 1 ack 401",
        );
        assert_eq!(said, (None, None));
    }

    #[test]
    fn a_hole_at_the_end_is_missing_whatever_shows_it() {
        for shown_by in [
            "PSH,ACK seq 201 ack 1 len 100",
            "ACK seq 201 ack 1",
            "FIN,ACK seq 201 ack 1",
        ] {
            let said = lost_and_missing(&format!(
                "0.020 client > server PSH,ACK seq 1 ack 1 len 100
                 0.022 client > server {shown_by}
                 0.032 server > client ACK seq 1 ack 101
                 0.040 server > client RST,ACK seq 1 ack 101"
            ));
            assert_eq!(said, (None, Some(100)), "{shown_by}");
        }
    }
}
