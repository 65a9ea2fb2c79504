//! The timeline of one reset as a table of segments: columns as wide as they need, silences as lines of their own.

use super::super::text::wrap;
use crate::report::words::{count, duration};
use crate::report::{ResetReport, TimelineLine};
use std::io::{self, Write};

/// Writes the timeline.
pub fn write(reset: &ResetReport, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; COLUMNS]> = reset.timeline.iter().map(cells).collect();
    let mut widths = HEADER.map(str::len);
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(cell.len());
        }
    }
    line(&HEADER.map(str::to_owned), &widths, None, width, out)?;
    for (row, segment) in rows.iter().zip(&reset.timeline) {
        if let Some(pause) = pause(segment) {
            writeln!(out, "  ... {pause} ...")?;
        }
        line(row, &widths, segment.note.as_deref(), width, out)?;
    }
    Ok(())
}

fn cells(segment: &TimelineLine) -> [String; COLUMNS] {
    [
        segment.record.to_string(),
        segment
            .delta
            .filter(|_| pause(segment).is_none())
            .map(|delta| format!("+{}", duration(delta.nanos())))
            .unwrap_or_default(),
        if segment.from == "client" {
            "C > S"
        } else {
            "S > C"
        }
        .to_owned(),
        flags(&segment.flags),
        segment.seq.to_string(),
        segment.ack.map(|ack| ack.to_string()).unwrap_or_default(),
        segment.len.to_string(),
        segment.window.to_string(),
    ]
}

/// What a line of its own says above a segment: how long nothing was sent, or how much is left out.
fn pause(segment: &TimelineLine) -> Option<String> {
    let delta = segment.delta?.nanos();
    match segment.elided {
        0 if delta < SILENCE => None,
        0 => Some(format!("{} silent", duration(delta))),
        elided => Some(format!(
            "{} left out, {}",
            count(elided, "segment", "segments"),
            duration(delta)
        )),
    }
}

/// The control bits; their initials where so many are set that the names take more than a column.
fn flags(names: &str) -> String {
    if names.len() <= FLAGS {
        names.to_owned()
    } else {
        names
            .split(',')
            .filter_map(|name| name.chars().next())
            .collect()
    }
}

/// Writes one line; its note stands behind it where there is room, else below it.
fn line(
    cells: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
    note: Option<&str>,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = String::from(" ");
    for ((cell, width), left) in cells.iter().zip(widths).zip(LEFT) {
        let cell = if left {
            format!(" {cell:<width$}")
        } else {
            format!(" {cell:>width$}")
        };
        text.push_str(&cell);
    }
    let Some(note) = note else {
        return writeln!(out, "{}", text.trim_end());
    };
    if text.len() + 4 + note.len() <= width {
        return writeln!(out, "{text}  < {note}");
    }
    writeln!(out, "{}", text.trim_end())?;
    let indent = format!("  {:>1$} ^ ", "", widths[0]);
    out.write_all(wrap(note, &indent, width).as_bytes())
}

/// Three names and two commas.
const FLAGS: usize = 11;
/// Columns of a line, the note not counted.
const COLUMNS: usize = 8;
const HEADER: [&str; COLUMNS] = [
    "record", "after", "from", "flags", "seq", "ack", "len", "window",
];
/// Which columns begin at their left.
const LEFT: [bool; COLUMNS] = [false, false, true, true, false, false, false, false];
/// A pause from which on a line is drawn for it, in nanoseconds: a second, the least that any idle timer counts.
const SILENCE: i64 = 1_000_000_000;
