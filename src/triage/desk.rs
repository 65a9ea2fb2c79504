//! One look at each record of a capture that is read once: [`Desk`].

use super::packed::Cut;
use super::room::{Place, Room, Step, Yielded};
use super::sight::{Said, Sight};
use super::{Marks, Sketch, Survey};
use crate::decode::{Decoded, Record, Skip, decode};
use crate::tcp::Flow;

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
    /// Flows that were reset, and those of which too much would have to be held.
    followed: Marks,
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
            followed: Marks::new(),
            room: Room::new(most),
            survey: Survey::default(),
            sketch: Sketch::new(),
        }
    }

    /// Whether `record` passes, at which `look` was made. What was held of a flow that it resets is given to `late` before. Its flow is not
    /// counted where there was a look.
    #[inline]
    pub fn passes(
        &mut self,
        record: &Record<'_>,
        look: Option<&Sight>,
        late: &mut impl Late,
    ) -> bool {
        self.survey.records += 1;
        let Some(look) = look else {
            return self.look_closer(record, &decode(record), late);
        };
        let step = Step {
            said: Some(&look.said),
            parts: Some(&look.parts),
        };
        self.see(record, look.flow, look.place, step, late) == Lot::Passes || self.is_head
    }

    /// Finds out where the flows of some looks are held, and reads what will be needed of each. Memory is slow, and to wait for many flows at
    /// once takes little more than for one.
    #[inline]
    pub fn approach(&self, looks: &mut [Option<Sight>]) {
        for look in looks.iter_mut().flatten() {
            look.place = self.room.find(look.flow);
        }
        let read = looks.iter().flatten().fold(0, |read, look| {
            let place = look.place;
            read ^ place.map_or(0, |place| self.room.approach(place, look.said.side))
        });
        std::hint::black_box(read);
    }

    /// Counts a flow.
    #[inline]
    pub fn count(&mut self, flow: Flow) {
        self.sketch.add(flow);
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
                let said = Said::of_segment(segment);
                let step = Step {
                    said: Some(&said),
                    parts: None,
                };
                let flow = segment.flow();
                self.count(flow);
                self.see(record, flow, None, step, late) == Lot::Passes || self.is_head
            }
            // No short circuit: each is counted.
            Decoded::Several(parts) => parts.iter().fold(false, |passes, part| {
                self.look_closer(record, part, late) | passes
            }),
            Decoded::Quoted(quoted) => {
                self.survey.skip(Skip::Quoted);
                let flow = quoted.flow();
                let place = self.room.find(flow);
                if place.is_some() {
                    self.hold(record, flow, place, Step::default(), late);
                }
                true
            }
            Decoded::Skip(skip) => {
                self.survey.skip(*skip);
                false
            }
        }
    }

    /// Decides on a segment, and holds it where it waits.
    #[inline]
    fn see(
        &mut self,
        record: &Record<'_>,
        flow: Flow,
        place: Option<Place>,
        step: Step<'_>,
        late: &mut impl Late,
    ) -> Lot {
        self.survey.segments += 1;
        // Where nothing is held, whoever finds out the resets says behind the head which of what has passed may be forgotten.
        if self.is_open || !self.holds || flow.is_sampled() {
            return Lot::Passes;
        }
        if step.said.is_some_and(|said| said.flags.rst()) {
            self.follow(flow, late);
            return Lot::Passes;
        }
        let place = place
            .filter(|place| self.room.has(flow, *place))
            .or_else(|| self.room.find(flow));
        // What is held is not followed: to ask first where it is costs less.
        if place.is_none() && self.followed.has(flow) {
            return Lot::Passes;
        }
        self.hold(record, flow, place, step, late)
    }

    #[inline]
    fn hold(
        &mut self,
        record: &Record<'_>,
        flow: Flow,
        mut place: Option<Place>,
        step: Step<'_>,
        late: &mut impl Late,
    ) -> Lot {
        while !self.room.hold(flow, place, record, step) {
            match self.room.give_way() {
                Yielded::Nothing => break,
                Yielded::Forgotten => {}
                Yielded::Long(long) => {
                    self.follow(long, late);
                    if long == flow {
                        return Lot::Passes;
                    }
                }
            }
            place = self.room.find(flow);
        }
        Lot::Waits
    }

    /// From now on lets a flow pass, and before that what was held of it.
    fn follow(&mut self, flow: Flow, late: &mut impl Late) {
        self.followed.set(flow);
        if self.is_head {
            self.room.let_go(flow); // It has passed, record by record.
        } else {
            self.room.take(flow, |record, cut| late(record, cut, flow));
        }
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
        // Of those that share a mark all that came has passed.
        let followed = &self.followed;
        self.room.let_go_those(|flow| followed.has(flow));
    }

    /// Whether a flow passes since it was reset or is long, or since one is that shares its mark.
    pub fn follows(&self, flow: Flow) -> bool {
        self.followed.has(flow)
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
