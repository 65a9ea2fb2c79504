//! The timeline of a report: the case's segments with relative numbers, and notes where a reader should look.

use super::reset::TimelineLine;
use super::{Time, words};
use crate::case::facts::Facts;
use crate::case::{Line, Nature, Sighting};
use crate::origin::RecordId;
use crate::rules::Evidence;
use crate::tcp::{Header, Pair, Quoted, SeqNumber, Side};

/// The story of a case: what came before the reset, the reset, and what followed.
pub fn timeline(facts: &Facts<'_>, evidence: &[Evidence]) -> Vec<TimelineLine> {
    let case = facts.case;
    let mut writer = Writer::new(facts, evidence);
    let (first, last) = case.before.halves();
    writer.run(first.iter(), 0);
    writer.run(last, case.before.elided());
    let reset = Line {
        from: case.sent_by,
        header: case.reset,
        nature: Nature::Fresh,
        captured: 1,
        way: case.sightings.number_of(&case.carried),
    };
    writer.run([&reset].into_iter(), 0);
    let (first, last) = case.after.halves();
    writer.run(first.iter(), 0);
    writer.run(last, case.after.elided());
    for error in &case.icmp {
        writer.insert(error);
    }
    writer.lines
}

struct Writer<'a> {
    facts: &'a Facts<'a>,
    evidence: &'a [Evidence],
    bases: Pair<Option<SeqNumber>>,
    lines: Vec<TimelineLine>,
}

impl<'a> Writer<'a> {
    fn new(facts: &'a Facts<'a>, evidence: &'a [Evidence]) -> Self {
        Self {
            facts,
            evidence,
            bases: Pair {
                client: facts.client().isn,
                server: facts.server().isn,
            },
            lines: Vec::new(),
        }
    }

    /// Adds lines, before the first of which `elided` segments were left out.
    fn run<'l>(&mut self, lines: impl Iterator<Item = &'l Line>, mut elided: u64) {
        for line in lines {
            self.add(line, elided);
            elided = 0;
        }
    }

    fn add(&mut self, line: &Line, elided: u64) {
        let header = &line.header;
        let (seq, ack) = self.relative(line.from, header);
        let time = header.time.into();
        let previous = self.lines.last().map(|line| line.time);
        self.lines.push(TimelineLine {
            source: header.record.source(),
            record: header.record.number(),
            time,
            delta: previous.map(|previous| time.since(previous)),
            from: line.from.name(),
            flags: header.flags.to_string(),
            seq,
            ack,
            len: header.payload_len,
            window: self.window(line.from, header),
            note: self.note(line),
            elided,
        });
    }

    /// Puts an ICMP error into its place among the segments.
    fn insert(&mut self, error: &Quoted) {
        let time: Time = error.time.into();
        let place = self
            .lines
            .iter()
            .take_while(|line| line.time <= time)
            .count();
        let before = place
            .checked_sub(1)
            .and_then(|place| self.lines.get(place))
            .map(|line| line.time);
        if let Some(next) = self.lines.get_mut(place) {
            next.delta = Some(next.time.since(time));
        }
        let line = TimelineLine {
            source: error.record.source(),
            record: error.record.number(),
            time,
            delta: before.map(|before| time.since(before)),
            from: "network",
            flags: "ICMP".into(),
            seq: 0,
            ack: None,
            len: 0,
            window: 0,
            note: Some(words::icmp(error)),
            elided: 0,
        };
        self.lines.insert(place, line);
    }

    /// Numbers relative to each side's SYN. Where none was captured the first number seen is 1, as Wireshark counts.
    fn relative(&mut self, from: Side, header: &Header) -> (i64, Option<i64>) {
        let before_first = |number: SeqNumber| number + u32::MAX;
        let own = *self.bases[from].get_or_insert(before_first(header.seq));
        let ack = header.flags.ack().then(|| {
            let base = *self.bases[from.other()].get_or_insert(before_first(header.ack));
            signed(header.ack.distance_from(base))
        });
        (signed(header.seq.distance_from(own)), ack)
    }

    fn window(&self, from: Side, header: &Header) -> u64 {
        let scale = if header.flags.syn() {
            0 // Never scaled in a SYN (RFC 7323 2.2).
        } else {
            self.facts.case.endpoints[from].window_scale.unwrap_or(0)
        };
        u64::from(header.window) << scale
    }

    fn note(&self, line: &Line) -> Option<String> {
        let (case, header) = (self.facts.case, &line.header);
        let mut notes: Vec<String> = Vec::new();
        if header.record == case.reset.record {
            notes.push(match case.copy_of {
                Some(_) => "the reset, captured again".into(),
                None => "the reset".into(),
            });
        } else if Some(header.record) == case.copy_of {
            notes.push("the same reset, captured before".into());
        } else if header.flags.rst() {
            notes.push("another reset".into());
        }
        let answered = self.facts.form.answers.map(|line| line.header.record);
        if answered == Some(header.record) {
            notes.push("answered by the reset".into());
        }
        match line.nature {
            Nature::Fresh => {}
            Nature::Ahead => notes.push("something before it is missing".into()),
            Nature::Retransmission => notes.push("retransmission".into()),
            Nature::KeepAlive => notes.push("keep-alive probe".into()),
            Nature::WindowProbe => notes.push("window probe".into()),
        }
        notes.extend(self.path(line));
        notes.extend(self.shown_by(header.record));
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// Where else the packet was captured, and what the path had made of it there.
    fn path(&self, line: &Line) -> Option<String> {
        let case = self.facts.case;
        let home = line.header.record;
        let again: Vec<&Sighting> = case.sightings.of(home).collect();
        let differ = |of: &dyn Fn(&Sighting) -> bool| again.iter().any(|sighting| of(sighting));
        let interfaces = differ(&|sighting| sighting.record.interface() != home.interface());
        let ways = line.way > 0 || differ(&|sighting| sighting.way > 0);
        let stop = |record: RecordId, hop_limit: u8, way: u8| {
            let way = ways.then(|| case.sightings.way(way).unwrap_or(&case.connection));
            let interface = record.interface().filter(|_| interfaces);
            words::stop(&case.connection, way, interface, hop_limit)
        };
        let further = again.iter().map(|sighting| {
            let record = sighting.record;
            let place = words::place(record, home.source());
            let stop = stop(record, sighting.hop_limit, sighting.way);
            format!("{place} {stop}")
        });
        let first = stop(home, line.header.ip.hop_limit, line.way);
        let path: Vec<String> = std::iter::once(first).chain(further).collect();
        (path.len() > 1).then(|| format!("seen {}x: {}", path.len(), path.join(", ")))
    }

    /// Which pieces of evidence a record shows, numbered from 1 as the report lists them.
    fn shown_by(&self, record: RecordId) -> Option<String> {
        let shown: Vec<String> = (1..)
            .zip(super::build::told_once(self.evidence))
            .filter(|(_, evidence)| evidence.records.contains(&record))
            .map(|(number, _): (usize, _)| number.to_string())
            .collect();
        (!shown.is_empty()).then(|| format!("evidence {}", shown.join(", ")))
    }
}

/// A distance as a reader expects it: what lies a little before the base is negative.
fn signed(distance: u32) -> i64 {
    let distance = i64::from(distance);
    if distance >= NEGATIVE_FROM {
        distance - (1 << 32)
    } else {
        distance
    }
}

/// Up to 3 GiB are read as after the base, the last GiB as before it: long transfers are common, numbers far before the SYN are not.
const NEGATIVE_FROM: i64 = 3 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_a_little_before_the_base_are_negative() {
        assert_eq!(signed(0), 0);
        assert_eq!(signed(u32::MAX), -1);
        assert_eq!(signed(1 << 31), 1 << 31);
    }
}
