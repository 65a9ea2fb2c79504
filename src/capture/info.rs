//! [`SourceInfo`]: what a report says of one input.

use super::batch::Entry;
use crate::decode::LinkType;
use crate::origin::Timestamp;

/// What is known of one input: complete when it has been read to its end, the state so far before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceInfo {
    /// The path as it was given; `-` for standard input.
    pub name: String,
    /// `pcap`, `pcapng`, or `live` for an interface.
    pub format: &'static str,
    /// What it was compressed with: `gzip` or `zstd`; `None` for a plain file. Counts of bytes are of what was unpacked.
    pub packing: Option<&'static str>,
    /// The interfaces as a pcapng file describes them, in its order, up to [`SourceInfo::INTERFACES`] in all; none of a pcap file.
    pub interfaces: Vec<InterfaceInfo>,
    /// The link types of its records, each once, in the order of their first record.
    pub links: Vec<LinkType>,
    /// Records read.
    pub records: u64,
    /// Bytes of input understood, headers included.
    pub bytes: u64,
    /// The earliest time of a record; `None` without records.
    pub first: Option<Timestamp>,
    /// The latest time of a record; `None` without records. Clocks step back, so the last record's may be another.
    pub last: Option<Timestamp>,
    /// Packets that interfaces or the system lost while capturing, as pcapng files and live interfaces count them; `None` when nothing is said.
    pub dropped: Option<u64>,
    /// Whether it was read to a sound end.
    pub complete: bool,
    /// What kept it from that: a sentence without the file's name. `None` while none is known.
    pub problem: Option<String>,
}

/// One interface of a pcapng file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceInfo {
    /// Its name; empty where none is given.
    pub name: String,
    /// Its link type.
    pub link: LinkType,
    /// Packets lost at it while capturing; `None` when the file does not say.
    pub dropped: Option<u64>,
}

impl SourceInfo {
    /// Interfaces that are told at most; chosen: they are for a report's reader.
    pub const INTERFACES: usize = 64;

    /// Adds what is known of the part of the same input that follows. What is counted at interfaces is counted from the beginning.
    pub fn join(&mut self, next: &Self) {
        let both = |one: Option<Timestamp>, other: Option<Timestamp>, pick: fn(_, _) -> _| {
            one.zip(other)
                .map(|(one, other)| pick(one, other))
                .or(one)
                .or(other)
        };
        self.first = both(self.first, next.first, Timestamp::min);
        self.last = both(self.last, next.last, Timestamp::max);
        if self.interfaces.is_empty() {
            self.interfaces.clone_from(&next.interfaces);
        }
        for (one, other) in self.interfaces.iter_mut().zip(&next.interfaces) {
            one.dropped = one.dropped.max(other.dropped);
        }
        if !self.interfaces.is_empty() {
            let each = self.interfaces.iter().filter_map(|one| one.dropped);
            self.dropped = each.reduce(u64::saturating_add);
        }
        let new = next.links.iter().filter(|link| !self.links.contains(link));
        let new: Vec<_> = new.copied().collect();
        self.links.extend(new);
        self.records += next.records;
        self.bytes = self.bytes.max(next.bytes);
        self.complete = next.complete;
        self.problem.clone_from(&next.problem);
    }

    pub(super) fn note(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else {
            return;
        };
        let (mut earliest, mut latest) = (self.first.unwrap_or(first.time), first.time);
        latest = self.last.map_or(latest, |time| time.max(latest));
        let mut link = None;
        for entry in entries {
            earliest = earliest.min(entry.time);
            latest = latest.max(entry.time);
            if link != Some(entry.link) {
                link = Some(entry.link);
                if !self.links.contains(&entry.link) {
                    self.links.push(entry.link);
                }
            }
        }
        self.records += entries.len() as u64;
        (self.first, self.last) = (Some(earliest), Some(latest));
    }
}
