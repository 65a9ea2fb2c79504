//! The first of two looks at a capture: [`Scout`].

use super::{Marks, Passage, Recall};
use crate::decode::{Decoded, Glance, Look, Record, decode, glance, glance_at_once};

/// A first look at every record, for [`Marks`] and a [`Recall`].
#[derive(Debug)]
pub struct Scout {
    marks: Marks,
    recall: Recall,
    /// The records since it was asked last.
    passage: Passage,
    /// Bytes of memory that may be taken to remember records.
    most: usize,
}

impl Scout {
    /// A scout that has seen nothing, and takes about `most` bytes to remember records.
    pub fn new(most: usize) -> Self {
        let recall = Recall::default();
        Self {
            marks: Marks::new(),
            passage: Passage::begin(&recall, most > 0),
            recall,
            most,
        }
    }

    /// The records since this was asked last.
    pub fn take_passage(&mut self) -> Passage {
        self.passage.end(&self.recall);
        let next = Passage::begin(&self.recall, self.recall.size() < self.most);
        std::mem::replace(&mut self.passage, next)
    }

    /// Takes a copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn look_closer(&mut self, record: Record<'_>) {
        if let Some(seen) = glance(&record) {
            self.see(&seen, &record);
            return;
        }
        self.mark(&decode(&record));
        if self.passage.is_whole() {
            self.recall.note(None, &record);
        }
    }

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn see(&mut self, seen: &Glance<'_>, record: &Record<'_>) {
        if seen.flags.rst() {
            self.marks.set(seen.flow());
        }
        if self.passage.is_whole() {
            self.recall.note(Some(seen.flow()), record);
        }
    }

    fn mark(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) if segment.header.flags.rst() => {
                self.marks.set(segment.flow());
            }
            Decoded::Several(parts) => parts.iter().for_each(|part| self.mark(part)),
            Decoded::Segment(_) | Decoded::Quoted(_) | Decoded::Skip(_) => {}
        }
    }

    /// The flows that were reset, and what it remembers.
    pub fn into_found(self) -> (Marks, Recall) {
        (self.marks, self.recall)
    }
}

impl Look for Scout {
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn look(&mut self, record: &Record<'_>) {
        self.passage.pass(record.time);
        match glance_at_once(record) {
            Some(seen) => self.see(&seen, record),
            None => self.look_closer(*record),
        }
    }
}
