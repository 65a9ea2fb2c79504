//! The first of two looks at a capture: [`Scout`].

use super::{Marks, Recall};
use crate::decode::{Decoded, Glance, Look, Record, decode, glance, glance_at_once};
use crate::tcp::Flow;

/// A first look at every record, for [`Marks`] and a [`Recall`].
#[derive(Debug, Default)]
pub struct Scout {
    recall: Recall,
    /// Flows of the resets among those records.
    resets: Vec<Flow>,
    was_flood: bool,
}

impl Scout {
    /// Begins with other records, which are remembered in `recall`, whose content is forgotten: only their times where not `remembers`, or behind a flood
    /// of resets, since most would have to be looked at again.
    pub fn begin(&mut self, mut recall: Recall, remembers: bool) {
        recall.begin(remembers && !self.was_flood);
        self.recall = recall;
    }

    /// Marks the flows of the resets among those records, and says what is remembered of them.
    pub fn end(&mut self, marks: &mut Marks) -> Recall {
        self.was_flood = self.resets.len() as u64 > self.recall.records() / FLOOD;
        self.resets.drain(..).for_each(|flow| marks.set(flow));
        self.recall.end();
        std::mem::take(&mut self.recall)
    }

    /// Takes a copy: a record that nothing here points to stays in registers.
    #[inline(never)]
    fn look_closer(&mut self, record: Record<'_>) {
        if let Some(seen) = glance(&record) {
            self.see(&seen, &record);
            return;
        }
        self.mark_all(&decode(&record));
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
            self.resets.push(seen.flow());
        }
        if self.recall.is_whole() {
            self.recall.note(Some(seen.flow()), record);
        }
    }

    fn mark_all(&mut self, decoded: &Decoded<'_>) {
        match decoded {
            Decoded::Segment(segment) if segment.header.flags.rst() => {
                self.resets.push(segment.flow());
            }
            Decoded::Several(parts) => parts.iter().for_each(|part| self.mark_all(part)),
            Decoded::Segment(_) | Decoded::Quoted(_) | Decoded::Skip(_) => {}
        }
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
        let mut marks = Marks::new();
        let mut scout = Scout::default();
        let remembered: Vec<_> = [(50, 50), (50, 50), (1, 99), (1, 99)]
            .into_iter()
            .map(|(resets, others)| {
                scout.begin(Recall::default(), true);
                look(&mut scout, resets, others);
                scout.end(&mut marks).is_whole()
            })
            .collect();
        assert_eq!(remembered, [true, false, false, true]);
    }

    #[test]
    fn flows_are_marked_that_were_reset() {
        let mut marks = Marks::new();
        let mut scout = Scout::default();
        look(&mut scout, 1, 1);
        scout.end(&mut marks);
        let has = |port| {
            let bytes = frame(port, 0);
            let record = Record {
                id: RecordId::default(),
                time: Timestamp::default(),
                link: LinkType::ETHERNET,
                bytes: &bytes,
                original_len: 54,
            };
            marks.has(glance(&record).unwrap().flow())
        };
        assert_eq!([0, 1].map(has), [true, false]);
    }
}
