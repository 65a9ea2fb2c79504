//! One look at each record of a capture that is read once: [`Desk`].

use super::packed::Cut;
use super::room::{Room, Step};
use super::{Marks, Sketch, Survey};
use crate::decode::{Decoded, Glance, Record, Skip, decode, glance};
use crate::tcp::{Flags, Flow};

/// Lets the records pass that matter now, holds those that may matter later, and counts all.
///
/// What has passed in the end is what would have passed a [`Gate`](super::Gate) that knew all resets from the beginning. Only the order differs:
/// what was held comes when its flow is reset.
#[derive(Debug)]
pub struct Desk {
    /// Whether the head of the capture goes on, of which every segment passes.
    is_head: bool,
    /// Whether every record passes.
    is_open: bool,
    /// Whether anything is held.
    holds: bool,
    reset: Marks,
    room: Room,
    survey: Survey,
    sketch: Sketch,
}

/// Takes a record that was held, what of its payload was left out, and the flow for which it was held.
pub trait Late: FnMut(&Record<'_>, Option<Cut>, Flow) {}

impl<F: FnMut(&Record<'_>, Option<Cut>, Flow)> Late for F {}

/// What becomes of a segment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lot {
    Passes,
    /// It waits for a reset of its flow.
    Waits,
}

impl Desk {
    /// A desk at the head of a capture, which holds at most `most` bytes.
    pub fn new(most: usize) -> Self {
        Self {
            is_head: true,
            is_open: false,
            holds: true,
            reset: Marks::new(),
            room: Room::new(most),
            survey: Survey::default(),
            sketch: Sketch::new(),
        }
    }

    /// Whether `record` passes. What was held of a flow that it resets is given to `late` before.
    #[inline]
    pub fn passes(&mut self, record: &Record<'_>, late: &mut impl Late) -> bool {
        self.survey.records += 1;
        let Some(seen) = glance(record) else {
            return self.look_closer(record, &decode(record), late);
        };
        let flow = seen.flow();
        match self.see(flow, seen.flags, late) {
            Lot::Passes => true,
            Lot::Waits => {
                self.room.hold(flow, record, step(&seen, record));
                self.is_head
            }
        }
    }

    #[inline(never)]
    fn look_closer(
        &mut self,
        record: &Record<'_>,
        decoded: &Decoded<'_>,
        late: &mut impl Late,
    ) -> bool {
        match decoded {
            Decoded::Segment(segment) => {
                let flow = segment.flow();
                let lot = self.see(flow, segment.header.flags, late);
                if lot == Lot::Waits {
                    let whole = Step {
                        payload: None,
                        side: segment.from < segment.to,
                        fin: segment.header.flags.fin(),
                    };
                    self.room.hold(flow, record, whole);
                }
                lot == Lot::Passes || self.is_head
            }
            // No short circuit: each is counted.
            Decoded::Several(parts) => parts.iter().fold(false, |passes, part| {
                self.look_closer(record, part, late) | passes
            }),
            Decoded::Quoted(quoted) => {
                self.survey.skip(Skip::Quoted);
                let flow = quoted.flow();
                if self.room.has(flow) {
                    self.room.hold(flow, record, Step::default());
                }
                true
            }
            Decoded::Skip(skip) => {
                self.survey.skip(*skip);
                false
            }
        }
    }

    #[inline]
    fn see(&mut self, flow: Flow, flags: Flags, late: &mut impl Late) -> Lot {
        self.survey.segments += 1;
        self.sketch.add(flow);
        // Where nothing is held, whoever finds out the resets says behind the head which of what has passed may be forgotten.
        if self.is_open || !self.holds || flow.is_sampled() {
            return Lot::Passes;
        }
        if flags.rst() {
            self.reset.set(flow);
        }
        if self.reset.has(flow) {
            if self.is_head {
                self.room.let_go(flow); // It has passed, record by record.
            } else {
                self.room.take(flow, |record, cut| late(record, cut, flow));
            }
            return Lot::Passes;
        }
        Lot::Waits
    }

    /// From now on holds nothing and lets everything pass: which flows will be reset is found out otherwise.
    pub fn hold_nothing(&mut self) {
        self.holds = false;
        self.room.clear();
    }

    /// Whether it holds what may matter later.
    pub const fn holds(&self) -> bool {
        self.holds
    }

    /// From now on lets everything pass.
    pub fn open(&mut self) {
        self.is_open = true;
        self.room.clear();
    }

    /// Lets the head of the capture end: from now on only those pass that matter.
    pub fn end_head(&mut self) {
        self.is_head = false;
    }

    /// Whether a flow has been reset, or one that shares its mark.
    pub fn has_reset(&self, flow: Flow) -> bool {
        self.reset.has(flow)
    }

    /// What was counted.
    pub const fn survey(&self) -> &Survey {
        &self.survey
    }

    /// The flows that were seen.
    pub const fn sketch(&self) -> &Sketch {
        &self.sketch
    }

    /// Flows of which records were forgotten because too many were held.
    pub const fn forgotten(&self) -> u64 {
        self.room.forgotten()
    }
}

fn step(seen: &Glance<'_>, record: &Record<'_>) -> Step {
    Step {
        // What a SYN carries counts for its checksum.
        payload: (!seen.flags.syn()).then(|| seen.payload(record)),
        side: seen.is_from_lower(),
        fin: seen.flags.fin(),
    }
}
