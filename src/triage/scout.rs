//! The first of two looks at a capture: [`Scout`].

use super::{Marks, Passage, Recall};
use crate::decode::{Decoded, Glance, Look, Record, decode, glance, glance_at_once};
use crate::tcp::Flow;

/// A first look at every record, for [`Marks`] and a [`Recall`].
#[derive(Debug)]
pub struct Scout {
    marks: Marks,
    recall: Recall,
    /// The records since it was asked last.
    passage: Passage,
    /// Bytes of memory that may be taken to remember records.
    most: usize,
    /// Resets among the records since it was asked last.
    resets: u64,
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
            resets: 0,
        }
    }

    /// The records since this was asked last. After a flood of resets the next are not remembered: most would have to be looked at again.
    pub fn take_passage(&mut self) -> Passage {
        self.passage.end(&self.recall);
        let was_flood = std::mem::take(&mut self.resets) > self.passage.records() / FLOOD;
        let remembers = self.recall.size() < self.most && !was_flood;
        let next = Passage::begin(&self.recall, remembers);
        std::mem::replace(&mut self.passage, next)
    }

    /// Takes a copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn look_closer(&mut self, record: Record<'_>) {
        if let Some(seen) = glance(&record) {
            self.see(&seen, &record);
            return;
        }
        self.mark_all(&decode(&record));
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
            self.mark(seen.flow());
        }
        if self.passage.is_whole() {
            self.recall.note(Some(seen.flow()), record);
        }
    }

    #[inline]
    fn mark(&mut self, flow: Flow) {
        self.marks.set(flow);
        self.resets += 1;
    }

    fn mark_all(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) if segment.header.flags.rst() => self.mark(segment.flow()),
            Decoded::Several(parts) => parts.iter().for_each(|part| self.mark_all(part)),
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

/// Records to a reset in a flood, at most; chosen: an attempt that is refused has two or three, a connection that did anything ten or more.
const FLOOD: u64 = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::LinkType;
    use crate::origin::{RecordId, Timestamp};

    /// A segment of 20 bytes in IPv4 in Ethernet, with these control bits.
    fn frame(port: u16, flags: u8) -> [u8; 54] {
        let mut bytes = [0; 54];
        bytes[12] = 8;
        bytes[14] = 0x45;
        bytes[17] = 40;
        bytes[23] = 6;
        bytes[34..36].copy_from_slice(&port.to_be_bytes());
        bytes[46] = 0x50;
        bytes[47] = flags;
        bytes
    }

    fn look(scout: &mut Scout, resets: u16, others: u16) {
        for port in 0..resets + others {
            let bytes = frame(port, if port < resets { 0x04 } else { 0x10 });
            scout.look(&Record {
                id: RecordId::default(),
                time: Timestamp::default(),
                link: LinkType::ETHERNET,
                bytes: &bytes,
                original_len: 54,
            });
        }
    }

    #[test]
    fn behind_a_flood_nothing_is_remembered_until_it_is_over() {
        let mut scout = Scout::new(usize::MAX);
        let remembered: Vec<_> = [(50, 50), (50, 50), (1, 99), (1, 99)]
            .into_iter()
            .map(|(resets, others)| {
                look(&mut scout, resets, others);
                scout.take_passage().is_whole()
            })
            .collect();
        assert_eq!(remembered, [true, false, false, true]);
        assert_eq!(scout.into_found().1.size(), 200 * size_of::<u32>());
    }
}
