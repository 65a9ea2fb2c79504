//! The first of two looks at a capture: [`Scout`].

use super::{Marks, Recall};
use crate::decode::{Decoded, Glance, Look, Record, decode, glance, glance_at_once};

/// A first look at every record, for [`Marks`] and [`Recall`].
#[derive(Debug)]
pub struct Scout {
    marks: Marks,
    recall: Recall,
    /// Bytes of memory that may still be taken to remember records.
    left: usize,
}

impl Scout {
    /// A scout that has seen nothing, and takes about `most` bytes to remember records.
    pub fn new(most: usize) -> Self {
        Self {
            marks: Marks::new(),
            recall: Recall::new(most > 0),
            left: most,
        }
    }

    /// What it remembers of the records since this was asked last.
    pub fn take_recall(&mut self) -> Recall {
        self.left = self.left.saturating_sub(self.recall.size());
        std::mem::replace(&mut self.recall, Recall::new(self.left > 0))
    }

    /// Takes a copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn look_closer(&mut self, record: Record<'_>) {
        if let Some(seen) = glance(&record) {
            self.see(&seen, &record);
            return;
        }
        self.mark(&decode(&record));
        if self.recall.is_whole() {
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
        if self.recall.is_whole() {
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

    /// The flows that were reset.
    pub fn into_marks(self) -> Marks {
        self.marks
    }
}

impl Look for Scout {
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "measured: the walk over a file takes half as long"
    )]
    fn look(&mut self, record: &Record<'_>) {
        self.recall.pass(record.time);
        match glance_at_once(record) {
            Some(seen) => self.see(&seen, record),
            None => self.look_closer(*record),
        }
    }
}
