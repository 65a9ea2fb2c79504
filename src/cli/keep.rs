//! `--write`: the packets of the connections that were reset, each reset with its verdict.
//!
//! Whose packets are wanted is known when all is read, so the inputs are read again: once to find the packets and number them, so that a
//! comment can name those that are evidence, and once to write them. What is kept in between are a few words for each reset, and two
//! numbers for each packet that will be written.

use super::inputs::Inputs;
use super::plan::Diagnosis;
use super::sieve::Sieve;
use super::target::Target;
use crate::analyzer::{Bare, Config, Followed, Marks, bare, headers_len};
use crate::capture::{Merge, Origin, PcapngWriter, Record};
use crate::mask::Mask;
use crate::report::{Head, Reference, ResetReport, words};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

/// What is to be written, as far as it is known.
#[derive(Debug)]
pub struct Kept {
    target: Target,
    connections: HashSet<Reference>,
    marks: Marks,
    notes: HashMap<Reference, Note>,
    left_out: u64,
}

/// What is said of one reset.
#[derive(Debug)]
struct Note {
    cause: &'static str,
    title: &'static str,
    confidence: &'static str,
    evidence: Box<[Reference]>,
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Resets that were too many.
    pub left_out: u64,
}

/// Where each record that is written stands in the file: by source, its number there and its number in the file, both from 1.
#[derive(Debug, Default)]
struct Places {
    of: Vec<Vec<(u64, u64)>>,
    count: u64,
}

impl Kept {
    /// Makes room for the file; nothing is wanted yet.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            connections: HashSet::new(),
            marks: Marks::new(),
            notes: HashMap::new(),
            left_out: 0,
        }
    }

    /// Wants the packets of a reset's connection.
    pub fn note(&mut self, reset: &ResetReport) {
        if self.notes.len() >= MOST {
            self.left_out += 1;
            return;
        }
        let verdict = &reset.verdict;
        let mut evidence: Vec<Reference> = verdict
            .evidence
            .iter()
            .flat_map(|one| one.records.iter().copied())
            .collect();
        evidence.sort_unstable();
        evidence.dedup();
        let trace = reset.connection.trace;
        self.connections.insert(trace.start);
        for flow in trace.flows.into_iter().flatten() {
            self.marks.set(flow);
        }
        let note = Note {
            cause: verdict.cause,
            title: verdict.title,
            confidence: verdict.confidence,
            evidence: evidence.into(),
        };
        self.notes.insert(reset.reference(), note);
    }

    /// Reads the inputs again and writes the file.
    pub fn write(
        self,
        plan: &Diagnosis,
        config: Config,
        mut mask: Option<Mask>,
        inputs: &Inputs,
    ) -> io::Result<Written> {
        let places = self.find(plan, config, inputs)?;
        let (connections, notes) = (self.connections.len() as u64, &self.notes);
        let names = Names::of(inputs);
        let written = Written {
            left_out: self.left_out,
        };
        let tool = Head::default().tool;
        let tool = format!("{} {}", tool.name, tool.version);
        let comment = format!(
            "{tool}: {} on {}, from {}; each reset has its verdict as a comment{}",
            words::count(notes.len() as u64, "reset", "resets"),
            words::count(connections, "connection", "connections"),
            names.list(),
            if mask.is_some() {
                "; masked: addresses are others, and only headers are left"
            } else if plan.headers_only {
                "; payload was cut off"
            } else {
                ""
            },
        );
        self.target.fill(|out| {
            let writer = PcapngWriter::new(out, &tool, &comment)?;
            let reader = Reader {
                inputs,
                names: &names,
                headers_only: plan.headers_only,
                mask: mask.as_mut(),
            };
            copy(writer, reader, &places, |at| {
                notes.get(&at).map(|note| note.text(at, &places, &names))
            })
        })?;
        Ok(written)
    }

    /// Finds the records that belong to a wanted connection.
    fn find(&self, plan: &Diagnosis, config: Config, inputs: &Inputs) -> io::Result<Places> {
        let mut places = Places::default();
        if self.connections.is_empty() {
            return Ok(places);
        }
        let mut sieve = Sieve::new(plan.filter.as_deref()).map_err(|_| changed())?;
        let mut followed = Followed::new(config, self.marks.clone());
        let mut merge = again(inputs)?;
        while goes_on(&mut merge) {
            let Some(record) = merge.given() else { break };
            if sieve.passes(&record)
                && followed.shows(&record, |start| self.connections.contains(&start))
            {
                places.add(record.id.into());
            }
        }
        let records = |merge: &Merge| merge.infos().map(|(_, info)| info.records).sum::<u64>();
        if records(&merge) < records(&inputs.merge) {
            return Err(changed());
        }
        Ok(places)
    }
}

impl Note {
    /// The comment on the reset that stands at `at` in the inputs.
    fn text(&self, at: Reference, places: &Places, names: &Names) -> String {
        let Self {
            cause,
            title,
            confidence,
            evidence,
        } = self;
        let (mut inside, mut outside) = (Vec::new(), Vec::new());
        for one in evidence {
            match places.place(*one) {
                Some(place) => inside.push(place),
                None => outside.push(names.record(*one)),
            }
        }
        inside.sort_unstable();
        let mut basis = Vec::new();
        if !inside.is_empty() {
            let numbers: Vec<String> = inside.iter().map(u64::to_string).collect();
            let what = if numbers.len() == 1 {
                "packet"
            } else {
                "packets"
            };
            basis.push(format!("{what} {}", numbers.join(", ")));
        }
        basis.extend(outside);
        if basis.is_empty() {
            basis.push("what was not captured".into());
        }
        format!(
            "{cause}, {confidence}: {title}. Evidence: {}. In the capture: {}.",
            basis.join("; "),
            names.record(at)
        )
    }
}

impl Places {
    fn add(&mut self, at: Reference) {
        self.count += 1;
        let source = usize::from(at.source);
        if self.of.len() <= source {
            self.of.resize(source + 1, Vec::new());
        }
        if let Some(mine) = self.of.get_mut(source) {
            mine.push((at.record, self.count));
        }
    }

    /// Where a record stands in the file; `None` where it does not.
    fn place(&self, at: Reference) -> Option<u64> {
        let mine = self.of.get(usize::from(at.source))?;
        let found = mine.binary_search_by_key(&at.record, |(number, _)| *number);
        found
            .ok()
            .and_then(|found| mine.get(found))
            .map(|(_, place)| *place)
    }
}

/// How inputs are called, by their index among the sources.
struct Names {
    files: Vec<String>,
    interfaces: Vec<Vec<String>>,
}

impl Names {
    fn of(inputs: &Inputs) -> Self {
        let files: Vec<String> = inputs
            .reports()
            .into_iter()
            .map(|source| source.name)
            .collect();
        let mut interfaces = vec![Vec::new(); files.len()];
        for (index, info) in inputs.merge.infos() {
            // Interfaces are often called after hosts.
            if let Some(room) = interfaces.get_mut(usize::from(index))
                && !inputs.masked
            {
                *room = info.interfaces.iter().map(|one| one.name.clone()).collect();
            }
        }
        Self { files, interfaces }
    }

    fn file(&self, source: u16) -> &str {
        match self
            .files
            .get(usize::from(source))
            .map_or("", String::as_str)
        {
            "-" => "standard input",
            name => name,
        }
    }

    fn record(&self, at: Reference) -> String {
        format!("record {} of {}", at.record, self.file(at.source))
    }

    fn list(&self) -> String {
        let shown: Vec<&str> = (0..)
            .zip(&self.files)
            .take(NAMED)
            .map(|(at, _)| self.file(at))
            .collect();
        let more = self.files.len() - shown.len();
        let rest = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        shown.join(", ") + &rest
    }

    fn origin(&self, source: u16, interface: u32) -> Origin {
        let names = self.interfaces.get(usize::from(source));
        let place = usize::try_from(interface).ok();
        let name = names.zip(place).and_then(|(names, place)| names.get(place));
        Origin {
            name: name.cloned().unwrap_or_default(),
            description: match (self.files.len(), interface) {
                (1, _) => String::new(),
                (_, interface) => format!("{}, interface {interface}", self.file(source)),
            },
        }
    }
}

/// The inputs once more.
fn again(inputs: &Inputs) -> io::Result<Merge> {
    inputs.again().map_err(io::Error::other)
}

/// Goes to the next record. What keeps an input from being read to its end was said the first time.
fn goes_on(merge: &mut Merge) -> bool {
    loop {
        match merge.next() {
            Some(Ok(_)) => return true,
            Some(Err(_)) => {}
            None => return false,
        }
    }
}

/// How records are read again.
struct Reader<'a> {
    inputs: &'a Inputs,
    names: &'a Names,
    headers_only: bool,
    mask: Option<&'a mut Mask>,
}

/// Writes the records that have a place, with what `comment` says of each.
fn copy(
    mut writer: PcapngWriter<impl Write>,
    mut reader: Reader<'_>,
    places: &Places,
    comment: impl Fn(Reference) -> Option<String>,
) -> io::Result<()> {
    let mut merge = again(reader.inputs)?;
    let mut next = vec![0_usize; places.of.len()];
    while goes_on(&mut merge) {
        let Some(record) = merge.given() else { break };
        let source = usize::from(record.id.source());
        let wanted = places.of.get(source).zip(next.get_mut(source));
        let Some((mine, at)) = wanted else { continue };
        if mine
            .get(*at)
            .is_none_or(|(number, _)| *number != record.id.number())
        {
            continue;
        }
        *at += 1;
        let origin = reader.names.origin(record.id.source(), merge.interface());
        let comment = comment(record.id.into());
        reader.shown(record, |record| {
            writer.packet(&origin, &record, comment.as_deref())
        })?;
    }
    if writer.packets() == places.count {
        Ok(())
    } else {
        Err(changed())
    }
}

impl Reader<'_> {
    /// Gives `write` a record as it may be seen.
    fn shown(
        &mut self,
        record: Record<'_>,
        write: impl FnOnce(Record<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(mask) = &mut self.mask else {
            let len = if self.headers_only {
                headers_len(&record)
            } else {
                record.bytes.len()
            };
            let bytes = record.bytes.get(..len).unwrap_or_default();
            return write(Record { bytes, ..record });
        };
        // What cannot be masked keeps its place, so that numbers stay right, and none of its bytes.
        let made = bare(&record, &mut |address| mask.ip(address)).unwrap_or(Bare {
            bytes: Vec::new(),
            original_len: record.original_len,
        });
        write(Record {
            link: Bare::LINK,
            bytes: &made.bytes,
            original_len: made.original_len,
            ..record
        })
    }
}

fn changed() -> io::Error {
    io::Error::other("the inputs have changed since they were read first")
}

/// Resets whose connections are written; chosen: some 200 bytes are kept for each.
const MOST: usize = 1 << 20;
/// Inputs that are named in the file's comment.
const NAMED: usize = 8;
