//! One look at each record of a capture that is read once: [`Desk`].

use super::held::Whole;
use super::replay::Late;
use super::room::{Place, Room, Yielded};
use super::sight::Sight;
use super::talk::Said;
use super::{Marks, Sketch, Survey};
use crate::decode::{Decoded, Record, Skip, decode};
use crate::origin::RecordId;
use crate::tcp::{Flags, Flow, Prefix};

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

/// What becomes of a segment.
#[derive(Clone, Copy)]
enum Lot {
    Passes,
    /// It waits for a reset of its flow, where that is held, if it is.
    Waits(Option<Place>),
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

    /// Whether a record passes, at which there was a look; it has its place in the capture by `id`, and `record` gives it. What was held of a
    /// flow that it resets is given to `late` before. Its flow is not counted.
    #[inline]
    pub fn passes_seen<'a>(
        &mut self,
        sight: &Sight,
        place: Option<Place>,
        id: RecordId,
        record: impl Fn() -> Option<Record<'a>>,
        late: &mut impl FnMut(&Late<'_>, Flow),
    ) -> bool {
        self.survey.records += 1;
        let flow = sight.flow;
        let place = match self.see(flow, place, sight.brief.flags(), late) {
            Lot::Passes => return true,
            Lot::Waits(place) => place,
        };
        if sight.is_plain {
            let payload = || {
                let bytes = record().map_or(&[][..], |record| record.bytes);
                bytes.get(sight.payload()).unwrap_or_default()
            };
            let Some(place) = self.make_room(flow, place, Prefix::CAPACITY, late) else {
                return true;
            };
            if self.room.hold(place, sight, id, payload) {
                return self.is_head;
            }
        }
        self.hold_odd(sight, id, record(), late) || self.is_head
    }

    /// Holds a record that is not plain, or not of the ends of which plain ones are held. Whether its flow is followed by now.
    #[inline(never)]
    fn hold_odd(
        &mut self,
        sight: &Sight,
        id: RecordId,
        record: Option<Record<'_>>,
        late: &mut impl FnMut(&Late<'_>, Flow),
    ) -> bool {
        let Some(record) = record else { return false };
        let whole = Whole {
            record: Record { id, ..record },
            said: Some(sight.said()),
            payload: sight.may_be_cut(),
        };
        !self.hold(sight.flow, self.room.find(sight.flow), &whole, late)
    }

    /// The same of a record with no segment, or with several.
    pub fn passes(&mut self, record: &Record<'_>, late: &mut impl FnMut(&Late<'_>, Flow)) -> bool {
        self.survey.records += 1;
        self.look_closer(record, &decode(record), late)
    }

    /// Where flows of some looks are held. It asks for all of them at once, since to wait for memory of several takes little longer than for
    /// that of one; a place found may have changed its flow before its turn comes, which is then seen.
    #[inline]
    pub fn find<const N: usize>(&self, looks: &[Option<Sight>]) -> [Option<Place>; N] {
        let mut flows = [Flow::default(); N];
        for (flow, look) in flows.iter_mut().zip(looks) {
            *flow = look.as_ref().map(|look| look.flow).unwrap_or_default();
        }
        self.room.find_each(&flows)
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
        late: &mut impl FnMut(&Late<'_>, Flow),
    ) -> bool {
        match decoded {
            Decoded::Segment(segment) => {
                let flow = segment.flow();
                self.count(flow);
                match self.see(flow, None, segment.header.flags, late) {
                    Lot::Passes => true,
                    Lot::Waits(place) => {
                        let whole = Whole {
                            record: *record,
                            said: Some(Said::of_segment(segment)),
                            payload: None,
                        };
                        !self.hold(flow, place, &whole, late) || self.is_head
                    }
                }
            }
            // No short circuit: each is counted.
            Decoded::Several(parts) => parts.iter().fold(false, |passes, part| {
                self.look_closer(record, part, late) | passes
            }),
            Decoded::Quoted(quoted) => {
                self.survey.skip(Skip::Quoted);
                let flow = quoted.flow();
                if let Some(place) = self.room.find(flow) {
                    let whole = Whole {
                        record: *record,
                        said: None,
                        payload: None,
                    };
                    self.hold(flow, Some(place), &whole, late);
                }
                true
            }
            Decoded::Skip(skip) => {
                self.survey.skip(*skip);
                false
            }
        }
    }

    /// Decides on a segment.
    #[inline]
    fn see(
        &mut self,
        flow: Flow,
        place: Option<Place>,
        flags: Flags,
        late: &mut impl FnMut(&Late<'_>, Flow),
    ) -> Lot {
        self.survey.segments += 1;
        // Where nothing is held, whoever finds out the resets says behind the head which of what has passed may be forgotten.
        if self.lets_all_pass() || flow.is_sampled() {
            return Lot::Passes;
        }
        if flags.rst() {
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
        Lot::Waits(place)
    }

    /// Holds a record. `false`: its flow is followed by now.
    fn hold(
        &mut self,
        flow: Flow,
        place: Option<Place>,
        whole: &Whole<'_>,
        late: &mut impl FnMut(&Late<'_>, Flow),
    ) -> bool {
        let place = self.make_room(flow, place, whole.record.bytes.len(), late);
        if let Some(place) = place {
            self.room.hold_whole(flow, place, whole);
        }
        place.is_some()
    }

    /// Makes room for so many bytes of a record beside its facts, and says where its flow is held then. `None`: it is long itself, and followed.
    #[inline]
    #[expect(clippy::option_option, reason = "where, if anywhere by now")]
    fn make_room(
        &mut self,
        flow: Flow,
        place: Option<Place>,
        bytes: usize,
        late: &mut impl FnMut(&Late<'_>, Flow),
    ) -> Option<Option<Place>> {
        if !self.room.lacks(bytes) {
            return Some(place);
        }
        while self.room.lacks(bytes) {
            match self.room.give_way() {
                Yielded::Nothing => break,
                Yielded::Forgotten => {}
                Yielded::Long(long) => {
                    self.follow(long, late);
                    if long == flow {
                        return None;
                    }
                }
            }
        }
        Some(self.room.find(flow))
    }

    /// From now on lets a flow pass, and before that what was held of it.
    fn follow(&mut self, flow: Flow, late: &mut impl FnMut(&Late<'_>, Flow)) {
        self.followed.set(flow);
        if self.is_head {
            self.room.let_go(flow); // It has passed, record by record.
        } else {
            self.room.take(flow, |held| late(held, flow));
        }
    }

    /// From now on holds nothing and lets everything pass: which flows will be reset is found out otherwise.
    pub fn hold_nothing(&mut self) {
        self.holds = false;
        self.room.clear();
    }

    /// From now on holds again what may matter later, since nobody else finds it out.
    pub const fn hold_again(&mut self) {
        self.holds = true;
    }

    /// Whether it holds what may matter later.
    pub const fn holds(&self) -> bool {
        self.holds
    }

    /// Whether everything passes, and nothing is held.
    pub const fn lets_all_pass(&self) -> bool {
        self.is_open || !self.holds
    }

    /// Counts what a record holds that passes as all do.
    pub fn let_pass(&mut self, decoded: &Decoded<'_>) {
        self.survey.records += 1;
        self.count_all(decoded);
    }

    fn count_all(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) => {
                self.survey.segments += 1;
                let flow = segment.flow();
                self.sketch.add(flow);
                if segment.header.flags.rst() {
                    self.followed.set(flow);
                }
            }
            Decoded::Several(parts) => parts.iter().for_each(|part| self.count_all(part)),
            Decoded::Quoted(_) => self.survey.skip(Skip::Quoted),
            Decoded::Skip(skip) => self.survey.skip(*skip),
        }
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
