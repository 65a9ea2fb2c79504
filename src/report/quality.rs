//! What the capture did not show, folded into one line per kind: memory is bounded by the kinds, never by the resets.

use super::words::{bytes, count, grouped};
use super::{CaptureQuality, Reference, Source};
use crate::case::Gaps;
use crate::origin::RecordId;

/// Gathers what many cases lacked.
#[derive(Clone, Debug, Default)]
pub struct Quality {
    no_handshake: Seen,
    one_direction: Seen,
    lost: Seen,
    lost_bytes: u64,
    missing: Seen,
    payload_cut: Seen,
    reset_cut: Seen,
    dropped: Seen,
    elided: Seen,
    clock_stepped: Seen,
}

/// How many, and the first of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many.
    pub count: u64,
    /// Where the first stands; `None` when there is none.
    pub first: Option<Reference>,
}

impl Seen {
    /// Counts one more.
    pub fn note(&mut self, here: Reference) {
        self.count += 1;
        self.first.get_or_insert(here);
    }
}

/// What is known of the whole capture beside its cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Second copies of packets.
    pub copies: Doubled,
    /// Segments of a capture so long that of the connections without a reset only a sample was followed; 0 where all were.
    pub sampled: u64,
    /// Connections forgotten since there were too many at a time.
    pub forgotten: u64,
    /// Cases settled early since too many were open.
    pub crowded: u64,
    /// Segments that bear more than their receiver's maximum segment size.
    pub oversized: Seen,
    /// Segments in packets whose length field is 0.
    pub unsized_packets: Seen,
    /// Segments whose checksum their sender's interface had still to compute.
    pub unfinished: Seen,
    /// Segments with a wrong checksum among others of their sender with a right one.
    pub damaged: Seen,
    /// Records that were older than the one before by little.
    pub disordered: Seen,
    /// Times at which a record was older than the one before by more.
    pub steps_back: u64,
    /// The longest of these steps, in nanoseconds.
    pub longest_step: i64,
    /// The first record that was older than the one before.
    pub first_step: Option<Reference>,
}

/// Packets that were captured more than once on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubled {
    /// Copies beyond each packet's first.
    pub all: u64,
    /// Those with another hop limit.
    pub routed: u64,
    /// Those in other tags or tunnels.
    pub wrapped: u64,
    /// Those with other addresses.
    pub translated: u64,
    /// The first of them.
    pub first: Option<Reference>,
}

impl Doubled {
    fn statement(&self) -> String {
        let mut text = format!(
            "{} of a packet that the capture holds already, from another point of its path",
            count(self.all, "record is a copy", "records are copies")
        );
        let ways: Vec<String> = [
            (self.routed, "with another hop limit, from beyond a router"),
            (self.wrapped, "in other tags or another tunnel"),
            (self.translated, "with translated addresses"),
        ]
        .into_iter()
        .filter(|(copies, _)| *copies > 0)
        .map(|(copies, how)| format!("{} {how}", grouped(copies)))
        .collect();
        if !ways.is_empty() {
            text.push_str(": ");
            text.push_str(&ways.join(", "));
        }
        text
    }
}

impl Quality {
    /// Takes what one case lacked.
    pub fn note(&mut self, gaps: &Gaps, reset: RecordId) {
        let here = Reference::from(reset);
        let lost = gaps.lost.is_some();
        for (lacks, seen) in [
            (gaps.no_handshake, &mut self.no_handshake),
            (
                gaps.sender_unseen || gaps.receiver_unseen,
                &mut self.one_direction,
            ),
            (lost, &mut self.lost),
            (gaps.missing.is_some(), &mut self.missing),
            (gaps.payload_cut, &mut self.payload_cut),
            (gaps.reset_cut, &mut self.reset_cut),
            (gaps.records_dropped, &mut self.dropped),
            (gaps.elided, &mut self.elided),
            (gaps.clock_stepped, &mut self.clock_stepped),
        ] {
            if lacks {
                seen.note(here);
            }
        }
        if let Some(lost) = gaps.lost {
            self.lost_bytes = self.lost_bytes.saturating_add(lost.bytes);
            if self.lost.count == 1 {
                self.lost.first = Some(lost.latest.into());
            }
        }
        if let Some(missing) = gaps.missing
            && self.missing.count == 1
        {
            self.missing.first = Some(missing.shown_by.into());
        }
    }

    /// One line for each kind that occurred, in a fixed order.
    pub fn items(&self, traits: &Traits) -> Vec<CaptureQuality> {
        let lines = self
            .of_cases()
            .into_iter()
            .chain(of_capture(traits))
            .chain(of_bounds(traits));
        lines.filter(|item| item.count > 0).collect()
    }

    fn of_cases(&self) -> [CaptureQuality; 9] {
        let resets = |seen: &Seen| count(seen.count, "reset", "resets");
        [
            (
                "no-handshake",
                self.no_handshake,
                format!(
                    "No SYN was captured of the connections of {}",
                    resets(&self.no_handshake)
                ),
                "Who is client and who server is a guess, and no verdict on them is certain",
            ),
            (
                "one-direction",
                self.one_direction,
                format!(
                    "Only one direction was captured of the connections of {}",
                    resets(&self.one_direction)
                ),
                "What the other side said is not known: no verdict on them is certain, unless the reset itself says what it answers",
            ),
            (
                "loss",
                self.lost,
                format!(
                    "The capture lost segments: {} were acknowledged that it does not hold, on the connections of {}",
                    bytes(self.lost_bytes),
                    resets(&self.lost)
                ),
                "What was lost may be what the reset answers: no verdict on them is certain",
            ),
            (
                "missing",
                self.missing,
                format!(
                    "Segments are missing just before what was captured, and nothing tells whether they arrived, on the connections of {}",
                    resets(&self.missing)
                ),
                "What is missing may be what the reset answers: no verdict on them is certain",
            ),
            (
                "snap-length",
                self.payload_cut,
                format!(
                    "The snap length cut payload on the connections of {}",
                    resets(&self.payload_cut)
                ),
                "Causes that are known by what was said (HTTP, TLS) cannot be told; all others are judged as usual",
            ),
            (
                "reset-cut",
                self.reset_cut,
                format!(
                    "The header itself was cut or malformed of {}",
                    resets(&self.reset_cut)
                ),
                "Options may have been there that were not captured: no verdict on them is certain",
            ),
            (
                "dropped-meanwhile",
                self.dropped,
                format!(
                    "Records were lost while the connections of {} lived",
                    resets(&self.dropped)
                ),
                "Any of their segments may be among them: no verdict on them is certain",
            ),
            (
                "long-story",
                self.elided,
                format!(
                    "The middle of the connection was not kept for {}: it was longer than a case keeps",
                    resets(&self.elided)
                ),
                "None as a rule: verdicts rest on the beginning, the end and running counts",
            ),
            (
                "clock-step",
                self.clock_stepped,
                format!(
                    "The clock stepped back during the connections of {}",
                    resets(&self.clock_stepped)
                ),
                "Silences and intervals across the step are wrong: no verdict on them is certain",
            ),
        ]
        .map(line)
    }
}

fn of_capture(traits: &Traits) -> [CaptureQuality; 7] {
    [
        (
            "duplicates",
            Seen {
                count: traits.copies.all,
                first: traits.copies.first,
            },
            traits.copies.statement(),
            "None: a copy is no retransmission, and the copy of a reset has the verdict of the first, which it follows",
        ),
        (
            "clock-steps",
            Seen {
                count: traits.steps_back,
                first: traits.first_step,
            },
            format!(
                "The clock stepped back {}, by {} at most",
                count(traits.steps_back, "time", "times"),
                super::words::duration(traits.longest_step)
            ),
            "Durations across a step are wrong by as much",
        ),
        (
            "disordered",
            traits.disordered,
            format!(
                "{} older than the one before, by 10 ms at most, as when several interfaces or processors capture",
                count(traits.disordered.count, "record is", "records are")
            ),
            "What came first of two segments that near is not known; times are taken as they are",
        ),
        (
            "offload",
            traits.oversized,
            format!(
                "{} more than the receiver takes in one: captured at an endpoint whose interface cuts or joins them",
                count(traits.oversized.count, "segment holds", "segments hold")
            ),
            "None: positions are counted in bytes; on the wire there were more segments",
        ),
        (
            "ip-length-zero",
            traits.unsized_packets,
            format!(
                "{} IP length 0, being handed to an interface to be cut (TSO) and too long for the field: the length is that of the captured frame",
                count(traits.unsized_packets.count, "segment has", "segments have")
            ),
            "None as a rule: positions are counted by the frame's length; on the wire there were more segments",
        ),
        (
            "checksums-unfinished",
            traits.unfinished,
            format!(
                "{} no right checksum, like all of their sender: captured before an interface computed it",
                count(traits.unfinished.count, "segment has", "segments have")
            ),
            "None: the segments are taken for sound",
        ),
        (
            "checksums-wrong",
            traits.damaged,
            format!(
                "{} a wrong checksum among right ones of the same sender",
                count(traits.damaged.count, "segment has", "segments have")
            ),
            "A receiver drops what is damaged; here it is counted as if it had arrived",
        ),
    ]
    .map(line)
}

/// What was not looked at, or not to its end, for want of room or time.
fn of_bounds(traits: &Traits) -> [CaptureQuality; 3] {
    [
        (
            "crowded",
            Seen {
                count: traits.crowded,
                first: None,
            },
            format!(
                "{} judged before all that followed was seen, since too many were open at a time",
                count(traits.crowded, "reset was", "resets were")
            ),
            "No verdict on them is certain",
        ),
        (
            "forgotten",
            Seen {
                count: traits.forgotten,
                first: None,
            },
            format!(
                "{} forgotten to stay within the bound of memory",
                count(traits.forgotten, "connection was", "connections were")
            ),
            "What came later on them is judged as begun mid-connection",
        ),
        (
            "sampled",
            Seen {
                count: traits.sampled,
                first: None,
            },
            format!(
                "{} are more than are followed one by one: behind the first of them, of the connections that were not reset only a sample was",
                count(traits.sampled, "segment", "segments")
            ),
            "What each reset's own connection shows is complete; what others did at the same time is evidence less often",
        ),
    ]
    .map(line)
}

/// Kind, how many, statement and effect as one item.
fn line(
    (kind, seen, statement, effect): (&'static str, Seen, String, &'static str),
) -> CaptureQuality {
    CaptureQuality {
        kind,
        count: seen.count,
        statement,
        effect,
        example: seen.first,
    }
}

/// Which of several interfaces lost how many.
fn where_lost(source: &Source) -> String {
    if source.interfaces.len() < 2 {
        return String::new();
    }
    let told: Vec<String> = (0..)
        .zip(&source.interfaces)
        .filter_map(|(number, interface): (usize, _)| {
            let lost = interface.dropped.filter(|lost| *lost > 0)?;
            let name = interface.name.clone();
            let name = name.unwrap_or_else(|| format!("interface {number}"));
            Some(format!("{} at {name}", grouped(lost)))
        })
        .collect();
    format!(": {}", told.join(", "))
}

/// What the inputs themselves say that they lack: parts that could not be read, and packets lost while capturing.
pub fn quality_of_sources(sources: &[Source]) -> Vec<CaptureQuality> {
    let unread = sources
        .iter()
        .filter_map(|source| Some((source, source.problem.as_deref()?)))
        .map(|(source, problem)| CaptureQuality {
            kind: "incomplete",
            count: 1,
            statement: format!("{}: {problem}", source.name),
            effect: if source.records == 0 {
                "Nothing of it is in this report"
            } else {
                "What could not be read is not in this report"
            },
            example: None,
        });
    let dropped = sources
        .iter()
        .filter_map(|source| Some((source, source.dropped.filter(|lost| *lost > 0)?)))
        .map(|(source, lost)| CaptureQuality {
            kind: "dropped",
            count: lost,
            statement: format!(
                "{}: {} while it was captured{}",
                source.name,
                count(lost, "packet was lost", "packets were lost"),
                where_lost(source)
            ),
            effect: "A connection that lost some is never judged with certainty, where it shows",
            example: None,
        });
    unread.chain(dropped).collect()
}
