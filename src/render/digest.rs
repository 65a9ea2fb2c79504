//! The story of one reset as the rows of a ladder: what every form for people draws, each in its own way.

use crate::report::words::{count, duration};
use crate::report::{ResetReport, TimelineLine};
use std::collections::BTreeSet;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row<'a> {
    /// Nothing was sent for so long: `350.0 s silent`.
    Silence(String),
    /// Segments that are not drawn: how many, and how long they took.
    LeftOut(String),
    /// A segment.
    Segment(Step<'a>),
}

/// A segment that is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// What the report says of it.
    pub line: &'a TimelineLine,
    /// Since the segment above, empty for the first and below a row that says it.
    pub after: String,
    /// Flags, relative numbers and length: `PSH,ACK seq 1 ack 1 len 5`.
    pub label: String,
    /// Which pieces of evidence it shows, from 1.
    pub evidence: Vec<usize>,
    /// What to notice, evidence apart.
    pub notes: Vec<&'a str>,
    /// Why it is drawn with weight.
    pub role: Role,
}

/// What a segment is to the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The reset that the story is about, sent by the endpoint it names.
    Reset,
    /// The same, sent by something on the path.
    ForeignReset,
    /// It is evidence.
    Evidence,
    /// None.
    Other,
}

/// Whether both ends are on one host: nothing travels between two places then.
pub fn on_one_host(reset: &ResetReport) -> bool {
    let connection = &reset.connection;
    connection.client.ip() == connection.server.ip()
}

/// The rows of a story, with at most about `most` segments: the beginning, what is evidence, and what stands around the reset.
pub fn rows(reset: &ResetReport, most: usize) -> Vec<Row<'_>> {
    let lines = &reset.timeline;
    let kept = kept(reset, most);
    let mut rows = Vec::new();
    let mut left_out = (0_u64, 0_i64);
    for (place, line) in lines.iter().enumerate() {
        let delta = line.delta.map_or(0, crate::report::Seconds::nanos);
        if !kept.contains(&place) {
            left_out.0 += 1 + line.elided;
            left_out.1 += delta;
            continue;
        }
        let (segments, lasted) = std::mem::take(&mut left_out);
        let segments = segments + line.elided;
        let mut after = String::new();
        if segments > 0 {
            let text = count(segments, "segment", "segments");
            rows.push(Row::LeftOut(format!(
                "{text} left out, {}",
                duration(lasted + delta)
            )));
        } else if delta >= SILENCE {
            rows.push(Row::Silence(format!("{} silent", duration(delta))));
        } else if line.delta.is_some() {
            after = format!("+{}", duration(delta));
        }
        rows.push(Row::Segment(step(reset, line, after)));
    }
    if left_out.0 > 0 {
        let text = count(left_out.0, "segment", "segments");
        rows.push(Row::LeftOut(format!(
            "{text} left out, {}",
            duration(left_out.1)
        )));
    }
    rows
}

/// Which lines are drawn.
fn kept(reset: &ResetReport, most: usize) -> BTreeSet<usize> {
    let lines = &reset.timeline;
    if lines.len() <= most {
        return (0..lines.len()).collect();
    }
    let is_reset = |line: &TimelineLine| line.source == reset.source && line.record == reset.record;
    let at = lines.iter().position(is_reset).unwrap_or(0);
    let mut kept = BTreeSet::from([at]);
    let evidence = (0..lines.len()).filter(|place| {
        lines
            .get(*place)
            .is_some_and(|line| !evidence_of(reset, line).is_empty())
    });
    let near = (1..lines.len())
        .flat_map(|far| [at.checked_sub(far), at.checked_add(far)])
        .flatten();
    for place in evidence.chain([0, 1, 2]).chain(near) {
        if kept.len() >= most {
            break;
        }
        if place < lines.len() {
            kept.insert(place);
        }
    }
    kept
}

fn step<'a>(reset: &ResetReport, line: &'a TimelineLine, after: String) -> Step<'a> {
    let evidence = evidence_of(reset, line);
    let is_reset = line.source == reset.source && line.record == reset.record;
    let role = match (is_reset, reset.origin) {
        (true, "in-path") => Role::ForeignReset,
        (true, _) => Role::Reset,
        (false, _) if !evidence.is_empty() => Role::Evidence,
        _ => Role::Other,
    };
    Step {
        line,
        after,
        label: label(line),
        evidence,
        notes: line
            .note
            .iter()
            .flat_map(|note| note.split("; "))
            .filter(|note| !note.starts_with("evidence "))
            .collect(),
        role,
    }
}

/// The numbers of the evidence that a line shows, from 1.
pub fn evidence_of(reset: &ResetReport, line: &TimelineLine) -> Vec<usize> {
    let shows =
        |at: &crate::report::Reference| at.source == line.source && at.record == line.record;
    (1..)
        .zip(&reset.verdict.evidence)
        .filter(|(_, evidence)| evidence.records.iter().any(shows))
        .map(|(number, _)| number)
        .collect()
}

fn label(line: &TimelineLine) -> String {
    let flags = if line.flags.len() <= LONG_FLAGS {
        line.flags.clone()
    } else {
        line.flags
            .split(',')
            .filter_map(|name| name.chars().next())
            .collect()
    };
    if line.from == "network" {
        return flags; // An ICMP error has no numbers of its own.
    }
    let mut text = format!("{flags} seq {}", line.seq);
    if let Some(ack) = line.ack {
        text = format!("{text} ack {ack}");
    }
    if line.len > 0 {
        text = format!("{text} len {}", line.len);
    }
    text
}

/// Three names and two commas; of more, initials are enough.
const LONG_FLAGS: usize = 11;
/// A pause from which on a row is drawn for it, in nanoseconds: a second, the least that any idle timer counts.
const SILENCE: i64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Seconds;

    fn story(segments: u64) -> ResetReport {
        let mut reset = ResetReport::sample();
        reset.record = segments;
        reset.timeline = (1..=segments)
            .map(|record| TimelineLine {
                source: 0,
                record,
                time: reset.time,
                delta: (record > 1).then(|| Seconds::from_nanos(1_000)),
                from: "client",
                flags: "ACK".into(),
                seq: 1,
                ack: Some(1),
                len: 0,
                window: 0,
                note: None,
                elided: 0,
            })
            .collect();
        reset
    }

    #[test]
    fn a_long_story_keeps_its_beginning_and_its_end() {
        let reset = story(100);
        let rows = rows(&reset, 6);
        let drawn: Vec<u64> = rows
            .iter()
            .filter_map(|row| match row {
                Row::Segment(step) => Some(step.line.record),
                _ => None,
            })
            .collect();
        assert_eq!(drawn, [1, 2, 3, 98, 99, 100]);
        assert!(rows.contains(&Row::LeftOut("94 segments left out, 95 us".into())));
    }

    #[test]
    fn a_silence_is_one_row() {
        let mut reset = story(2);
        if let Some(line) = reset.timeline.last_mut() {
            line.delta = Some(Seconds::from_nanos(350_000_000_000));
        }
        assert_eq!(
            rows(&reset, 9).get(1),
            Some(&Row::Silence("350.0 s silent".into()))
        );
    }
}
