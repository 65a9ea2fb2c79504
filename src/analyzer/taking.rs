//! How records come in: one after the other, with a look at each that was taken before, or sifted by another gate.

use super::Analyzer;
use crate::decode::{Decoded, Record, decode};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::Flow;
use crate::track::Tracker;
use crate::triage::{Cut, Item, Late, Place, Sifted, Sight, Sights, Sketch};

impl Analyzer {
    /// Takes the next record of the capture.
    pub fn push(&mut self, record: &Record<'_>) {
        if self.desk.lets_all_pass() {
            return self.push_through(record);
        }
        let look = Sight::at(record);
        if let Some(look) = &look {
            self.desk.count(look.flow);
        }
        self.end_head();
        self.pass(record.id.at(self.records() + 1), record.time);
        self.push_seen(look.as_ref(), None, || Some(*record));
    }

    /// Takes the next record, which passes whatever it holds.
    fn push_through(&mut self, record: &Record<'_>) {
        self.end_head();
        let mut record = *record;
        record.id = record.id.at(self.records() + 1);
        self.pass(record.id, record.time);
        let decoded = decode(&record);
        self.desk.let_pass(&decoded);
        self.take(&decoded);
    }

    /// Takes the next records of the capture, at which somebody has looked already; `record` gives the one at a place, from 0. When he has seen
    /// his last, [`Analyzer::join`] the flows that he has counted.
    pub fn push_all<'a>(&mut self, looks: &Sights, record: impl Fn(usize) -> Option<Record<'a>>) {
        let rises = looks
            .rising
            .filter(|(from, _)| self.clock.latest.is_none_or(|latest| latest <= *from));
        let mut at = 0;
        for some in looks.each().chunks(AT_ONCE) {
            let places = self.desk.find::<AT_ONCE>(some);
            for (look, place) in some.iter().zip(places) {
                let record = || record(at);
                // Time that only rises passes no other way in the records that are held.
                if rises.is_none() || !self.head_is_over {
                    self.end_head();
                    if let Some(record) = record() {
                        self.pass(record.id.at(self.records() + 1), record.time);
                    }
                }
                self.push_seen(look.as_ref(), place, record);
                at += 1;
            }
        }
        if let Some((from, to)) = rises
            && let Some(last) = at.checked_sub(1).and_then(record)
        {
            self.clock.first.get_or_insert(from);
            self.clock.latest = Some(to);
            self.tracker.pass(last.id.at(self.records()), to);
        }
    }

    /// Takes a record, at which there was a look if it has one segment; if what is held of that is at a place, this is known.
    #[inline]
    fn push_seen<'a>(
        &mut self,
        look: Option<&Sight>,
        place: Option<Place>,
        record: impl Fn() -> Option<Record<'a>>,
    ) {
        let order = self.records() + 1;
        let record = || {
            let mut record = record()?;
            record.id = record.id.at(order);
            Some(record)
        };
        let tracker = &mut self.tracker;
        let passes = if let Some(look) = look {
            let (id, time) = (look.id.at(order), look.time);
            let mut late = |held: &Late<'_>, flow: Flow| {
                tracker.pass(id, time);
                take_late(tracker, held, flow);
            };
            self.desk.passes_seen(look, place, id, record, &mut late)
        } else {
            record().is_some_and(|record| {
                let mut late = |held: &Late<'_>, flow: Flow| {
                    tracker.pass(record.id, record.time);
                    take_late(tracker, held, flow);
                };
                self.desk.passes(&record, &mut late)
            })
        };
        if passes && let Some(record) = record() {
            self.tracker.pass(record.id, record.time);
            self.take(&decode(&record));
        }
    }

    /// Lets the head of the capture end where it does.
    fn end_head(&mut self) {
        if self.head_is_over || !self.tracker.reach(self.desk.survey().segments) {
            return;
        }
        self.head_is_over = true;
        self.desk.end_head();
        if self.tracker.knows_all() {
            self.desk.open();
        } else if self.desk.holds() {
            // What is left out here is held there.
            let desk = &self.desk;
            self.tracker.forget_unless(|flow| desk.follows(flow));
        }
    }

    /// Takes the next records of the capture, which another gate has looked at already. When that has seen its last, [`Analyzer::join`] what it
    /// knows of flows.
    pub fn absorb(&mut self, sifted: &Sifted) {
        let first = self.records() + 1;
        self.absorbed.add(&sifted.survey);
        let rises = sifted.rising.filter(|(from, _)| {
            sifted.times.is_empty() || self.clock.latest.is_none_or(|latest| latest <= *from)
        });
        if let Some((from, _)) = rises {
            self.clock.first.get_or_insert(from);
        }
        let (mut next, mut reached) = (0, 0);
        for (place, time) in sifted.timed(rises.is_some()) {
            let order = first + place as u64;
            self.pass(sifted.record(place).at(order), time);
            let give = |item: Item<'_>| observe(&mut self.tracker, item);
            next = sifted.passed.give(next, place + 1, first, give);
            reached = place + 1;
        }
        let Some((_, to)) = rises else {
            return;
        };
        // Time that only rises passes no other way in the records that are left out.
        let give = |item: Item<'_>| observe(&mut self.tracker, item);
        sifted.passed.give(next, usize::MAX, first, give);
        self.clock.latest = Some(to);
        // The next record's time is compared with the last one's here, whether or not that was let pass.
        if sifted.survey.records > reached as u64 {
            self.tracker.pass(sifted.last(), to);
        }
    }

    /// Takes over the flows that a gate has seen, for the number of connections.
    pub fn join(&mut self, flows: Sketch) {
        match &mut self.sketch {
            Some(sketch) => sketch.join(&flows),
            None => self.sketch = Some(flows),
        }
    }

    /// Lets a record pass that was captured at `time`, whatever it holds.
    fn pass(&mut self, record: RecordId, time: Timestamp) {
        self.clock.tick(record, time);
        self.tracker.pass(record, time);
    }

    /// Takes what a record holds that has been let [pass](Tracker::pass).
    fn take(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) => {
                self.tracker.observe_late(segment, segment.flow());
            }
            Decoded::Quoted(quoted) => {
                self.tracker.observe_late_error(quoted);
            }
            Decoded::Several(parts) => parts.iter().for_each(|part| self.take(part)),
            Decoded::Skip(_) => {}
        }
    }
}

fn observe(tracker: &mut Tracker, item: Item<'_>) {
    match item {
        Item::Segment(segment, flow) => tracker.observe_of(segment, flow),
        Item::Error(quoted) => tracker.observe_error(quoted),
    };
}

/// Takes what was held of a flow.
fn take_late(tracker: &mut Tracker, held: &Late<'_>, flow: Flow) {
    match held {
        Late::Segment(segment) => {
            tracker.observe_late(segment, flow);
        }
        Late::Record(record, cut) => take_late_record(tracker, &decode(record), *cut, flow),
    }
}

/// Takes what a record that was held has of the flow for which it was.
fn take_late_record(tracker: &mut Tracker, decoded: &Decoded<'_>, cut: Option<Cut>, flow: Flow) {
    match decoded {
        Decoded::Segment(segment) if segment.flow() == flow => {
            let mut segment = *segment;
            if let Some(cut) = cut {
                segment.captured = cut.captured;
                segment.ends_body = cut.ends_body;
            }
            tracker.observe_late(&segment, flow);
        }
        Decoded::Quoted(quoted) => {
            tracker.observe_late_error(quoted);
        }
        Decoded::Several(parts) => parts
            .iter()
            .for_each(|part| take_late_record(tracker, part, cut, flow)),
        Decoded::Segment(_) | Decoded::Skip(_) => {}
    }
}

/// Records whose connections are looked for together; measured: where no cache holds them all, a twentieth less time than with half as many, and no
/// more than with twice as many.
const AT_ONCE: usize = 32;
