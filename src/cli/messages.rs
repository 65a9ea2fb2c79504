//! Every warning and hint, worded once, and the exit codes.
//!
//! A message is `rstscope: FILE: what happened`, and below it, indented, what to try.

use super::plan::is_stdin;
use super::progress;
use super::search;
use super::select::{Passed, Wanted};
#[cfg(feature = "live")]
use crate::capture::FilterError;
use crate::capture::{CaptureError, Damage, Fault, Stopped};
use crate::render::text::printable;
use crate::report::{Time, words};
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was read to its end.
    Complete,
    /// Something could not be read; the report covers the rest.
    Partial,
    /// Nothing could be done.
    Nothing,
    /// A reset was reported that `--fail-on` names.
    Alarmed,
}

impl Exit {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Partial => 1,
            Self::Nothing => 2,
            Self::Alarmed => 3,
        }
    }
}

/// Arguments that make no plan.
#[derive(Debug)]
pub enum Mistake {
    /// No format of that name: the parser refuses it before.
    UnknownFormat,
    /// `-` was given twice.
    StandardInputTwice,
    /// More files than references can count.
    TooManyFiles(usize),
    /// A filter, in a build without libpcap.
    NoFilterCompiler,
    /// An output would overwrite a capture.
    OutputIsInput(PathBuf),
    /// An interface, in a build without libpcap.
    NoInterfaces,
    /// An interface was given twice.
    InterfaceTwice(String),
    /// A mask on a watch.
    MaskedWatch,
    /// A filter with bytes that are no text.
    FilterNotText,
    /// The report and the packets would go to one file.
    OutputTwice(PathBuf),
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormat => f.write_str("there is no such format"),
            Self::StandardInputTwice => f.write_str("standard input ('-') can be read only once"),
            Self::TooManyFiles(count) => write!(f, "{count} files are too many, 65535 is the most"),
            Self::NoFilterCompiler => f.write_str("this build cannot compile filters"),
            Self::OutputIsInput(path) => {
                write!(f, "{}: is an input, and would be overwritten", shown(path))
            }
            Self::NoInterfaces => f.write_str("this build cannot watch interfaces"),
            Self::InterfaceTwice(name) => {
                write!(f, "{}: an interface is watched once", printable(name))
            }
            Self::MaskedWatch => f.write_str("a watch is not masked"),
            Self::FilterNotText => f.write_str("the filter holds bytes that are no text"),
            Self::OutputTwice(path) => {
                let name = shown(path);
                write!(f, "{name}: the report and the packets cannot both go there")
            }
        }
    }
}

impl Mistake {
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoFilterCompiler => Some(
                "build it with the feature 'live', or filter first: tcpdump -r FILE -w - FILTER | rstscope -",
            ),
            Self::TooManyFiles(_) => Some("merge them first: mergecap -w all.pcapng FILE..."),
            Self::NoInterfaces => Some(
                "build it with the feature 'live', or let tcpdump watch: tcpdump -i IFACE -U -w - tcp | rstscope -",
            ),
            Self::MaskedWatch => {
                Some("write its packets, and mask their report: rstscope --mask FILE.pcapng")
            }
            Self::UnknownFormat
            | Self::StandardInputTwice
            | Self::OutputIsInput(_)
            | Self::InterfaceTwice(_)
            | Self::OutputTwice(_)
            | Self::FilterNotText => None,
        }
    }
}

/// Says what is wrong with the arguments.
pub fn usage(mistake: &Mistake) -> Exit {
    say(&mistake.to_string(), mistake.hint());
    Exit::Nothing
}

/// An input could not be opened.
pub fn not_opened(error: &CaptureError, path: &Path) {
    say(&described(error), hint(&error.fault, path).as_deref());
}

/// An input could not be read further; what came before stands.
pub fn cut_short(Stopped { error, records }: &Stopped) {
    let place = match error.fault {
        Fault::Skipped { .. } => "around that",
        _ => "before that",
    };
    let read = match records {
        0 => "no record of it could be read".to_owned(),
        1 => format!("the report covers the one record {place}"),
        _ => format!("the report covers the {records} records {place}"),
    };
    say(&described(error), Some(&read));
}

/// The output cannot be written. A closed pipe is a quiet end: whoever read has read enough.
pub fn not_written(error: &io::Error, output: Option<&Path>) -> Exit {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Exit::Complete;
    }
    let name = output.map_or_else(|| "standard output".into(), shown);
    say(&format!("{name}: cannot be written: {error}"), None);
    Exit::Nothing
}

/// There is no key to mask with.
pub fn no_key(error: &io::Error, file: Option<&Path>) -> Exit {
    let name = file.map_or_else(|| "a random key".into(), shown);
    say(
        &format!("{name}: cannot be had to mask with: {error}"),
        Some("a new secret: head -c 32 /dev/urandom > FILE"),
    );
    Exit::Nothing
}

/// So many resets were left out of what `--write` wrote.
pub fn too_many_to_write(left_out: u64) {
    say(
        &format!(
            "{} came too late to be written, with their packets",
            words::count(left_out, "reset", "resets")
        ),
        Some("choose those that matter: --cause, --connection, --from and --to"),
    );
}

/// A filter matched no record.
#[cfg(feature = "live")]
pub fn nothing_matched(filter: &str, records: u64) {
    say(
        &format!(
            "the filter '{}' matched none of {records} records",
            printable(filter)
        ),
        Some("frames with VLAN tags match only behind 'vlan', for example: 'vlan and port 443'"),
    );
}

/// A filter that libpcap does not understand, at all or for the link type of a record.
#[cfg(feature = "live")]
pub fn bad_filter(error: &FilterError) {
    say(
        &printable(&error.to_string()),
        Some("its syntax is that of tcpdump: man pcap-filter"),
    );
}

/// Nothing was selected of the resets that there were: what of them the selection could have named.
pub fn nothing_selected(wanted: &Wanted, passed: &Passed, start: Time) {
    let mut there = Vec::new();
    let list = |shown: Vec<String>| {
        let rest = u64::try_from(shown.len()).map_or(0, |shown| passed.count.saturating_sub(shown));
        (shown.join(", "), if rest > 0 { ", ..." } else { "" })
    };
    if !wanted.connections.is_empty() {
        let ends = passed.connections.iter();
        let (ends, more) = list(
            ends.map(|(client, server)| format!("{client}-{server}"))
                .collect(),
        );
        there.push(format!("their connections: {ends}{more}"));
    }
    if !wanted.records.is_empty() {
        let several = passed.records.iter().any(|at| at.source > 0);
        let place = |source, record| {
            if several {
                format!("{source}:{record}")
            } else {
                format!("{record}")
            }
        };
        let records = passed.records.iter();
        let (records, more) = list(records.map(|at| place(at.source, at.record)).collect());
        there.push(format!("their records: {records}{more}"));
    }
    if !wanted.causes.is_empty() || wanted.severity.is_some() {
        let causes: Vec<String> = passed
            .causes
            .iter()
            .map(|(cause, count)| format!("{cause} ({count})"))
            .collect();
        there.push(format!("their causes: {}", causes.join(", ")));
    }
    if let Some((first, last)) = passed.first.zip(passed.last)
        && (wanted.from.is_some() || wanted.to.is_some())
    {
        let after = |time: Time| words::duration(time.since(start).nanos());
        there.push(format!(
            "their times: {first} to {last}, {} to {} after the first record",
            after(first),
            after(last)
        ));
    }
    let what = match passed.count {
        1 => "the only reset is not among those selected".into(),
        count => format!("none of {count} resets is among those selected"),
    };
    say(&what, Some(&there.join("\n")));
}

/// No cause of that name.
pub fn unknown_cause(words: &str, near: &[&str]) -> Exit {
    let hint = if near.is_empty() {
        "all of them: rstscope causes".to_owned()
    } else {
        format!(
            "did you mean {}? All of them: rstscope causes",
            near.join(" or ")
        )
    };
    say(
        &format!("there is no cause '{}'", printable(words)),
        Some(&hint),
    );
    Exit::Nothing
}

fn described(error: &CaptureError) -> String {
    let name = if error.file == "-" {
        "standard input".into()
    } else {
        printable(&error.file)
    };
    match &error.fault {
        Fault::Open(cause) if cause.kind() == io::ErrorKind::NotFound && is_pattern(&name) => {
            format!("{name}: this pattern matches no file")
        }
        fault => format!("{name}: {}", printable(&fault.to_string())),
    }
}

/// Whether a name was probably meant for the shell, which passes on a pattern that matches nothing.
fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

fn hint(fault: &Fault, path: &Path) -> Option<String> {
    match fault {
        Fault::Open(error) if error.kind() == io::ErrorKind::NotFound && is_pattern(&shown(path)) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Some(match folder {
                Some(folder) => format!("what is there: ls {}", shown(folder)),
                None => "what is there: ls".into(),
            })
        }
        Fault::Open(error) if error.kind() == io::ErrorKind::NotFound => {
            let word = path.to_str().unwrap_or_default();
            let near = search::nearest(word, ["explain", "causes", "interfaces", "schema", "completions", "man"].into_iter());
            near.first()
                .map(|command| format!("the subcommand is: rstscope {command}"))
        }
        Fault::Open(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Some(format!("as root, without giving root to a parser: sudo cat {} | rstscope -", shown(path)))
        }
        Fault::Directory => {
            let folder = shown(path);
            let folder = folder.trim_end_matches('/');
            Some(format!("its files: rstscope {folder}/*.pcap*"))
        }
        Fault::Empty if is_stdin(path) => {
            Some("the program in front of the pipe wrote nothing: has it said why?".into())
        }
        Fault::Empty => Some("a capture that is still being written appears in the file with: tcpdump -U -w FILE".into()),
        Fault::NotCapture(_) => Some("a capture in pcap format comes from: tcpdump -w FILE, or from Wireshark's File > Save As".into()),
        Fault::Damaged { damage: Damage::Cut { .. }, .. } => {
            Some("the file ends within its own header: was it copied while it was written?".into())
        }
        _ => None,
    }
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// Writes to standard error; where that is closed there is nobody to tell.
pub(super) fn say(what: &str, hint: Option<&str>) {
    let mut text = format!("rstscope: {what}\n");
    for line in hint.unwrap_or_default().lines() {
        text.push_str("    ");
        text.push_str(line);
        text.push('\n');
    }
    progress::aside(|| {
        let _ = io::stderr().write_all(text.as_bytes());
    });
}
