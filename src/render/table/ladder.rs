//! The story of one reset as a ladder: two lines of life, an arrow for each segment, silences as one row.

use super::super::digest::{Role, Row, Step, on_one_host, rows};
use super::super::style::{Ink, Style};
use super::super::text::wrap;
use crate::report::ResetReport;
use std::io::{self, Write};

/// Writes the ladder.
pub fn write(
    reset: &ResetReport,
    width: usize,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows = rows(reset, SEGMENTS);
    let longest = rows.iter().map(|row| match row {
        Row::Segment(step) => step.label.chars().count() + DECORATION,
        Row::Silence(text) | Row::LeftOut(text) => text.len() + 2,
    });
    let room = width.saturating_sub(GUTTER + 2);
    let span = longest.max().unwrap_or(0).max(LEAST).min(room);
    let draw = Draw {
        span,
        width,
        style,
        one_host: on_one_host(reset),
    };
    draw.heads(reset, out)?;
    for row in &rows {
        draw.row(row, out)?;
    }
    if draw.one_host {
        let text = "Both ends are on one host: no path lies between them, so no arrows are drawn.";
        out.write_all(wrap(text, "  ", width).as_bytes())?;
    }
    Ok(())
}

struct Draw {
    /// Columns between the lines of life.
    span: usize,
    width: usize,
    style: Style,
    one_host: bool,
}

impl Draw {
    fn heads(&self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        let client = format!("client {}", reset.connection.client);
        let server = format!("server {}", reset.connection.server);
        let gutter = format!("{:>8} {:>9} ", "record", "after");
        let room = self.span + 2;
        if client.len() + 2 + server.len() <= room {
            let gap = room - client.len();
            return writeln!(out, "{gutter}{client}{server:>gap$}");
        }
        let right = GUTTER + room;
        writeln!(out, "{gutter}{client}")?;
        writeln!(out, "{server:>right$}")
    }

    fn row(&self, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (solid, dotted) = if self.style.unicode {
            ('│', '┊')
        } else {
            ('|', ':')
        };
        match row {
            Row::Silence(text) | Row::LeftOut(text) => {
                let text = format!("{text:^width$}", width = self.span);
                let row = format!("{:GUTTER$}{dotted}{text}{dotted}", "");
                writeln!(out, "{}", self.style.paint(Ink::Faint, &row))
            }
            Row::Segment(step) => {
                let mark = if matches!(step.role, Role::Reset | Role::ForeignReset) {
                    '>'
                } else {
                    ' '
                };
                let gutter = format!("{mark}{:>7} {:>9} ", step.line.record, step.after);
                let arrow = self.arrow(step);
                let painted = match step.role {
                    Role::Reset | Role::ForeignReset => self.style.paint(Ink::Error, &arrow),
                    Role::Evidence => self.style.paint(Ink::Strong, &arrow),
                    Role::Other => arrow,
                };
                write!(out, "{gutter}{solid}{painted}{solid}")?;
                self.notes(step, out)
            }
        }
    }

    /// What stands between the lines of life.
    fn arrow(&self, step: &Step<'_>) -> String {
        let weighty = matches!(step.role, Role::Reset | Role::ForeignReset);
        let (line, right, left) = match (self.style.unicode, weighty) {
            (true, true) => ('═', '▶', '◀'),
            (true, false) => ('─', '▶', '◀'),
            (false, true) => ('=', '>', '<'),
            (false, false) => ('-', '>', '<'),
        };
        let to_right = step.line.from == "client";
        let span = self.span;
        if self.one_host {
            let label = format!(" {} ", step.label);
            return if to_right {
                format!("{label:<span$}")
            } else {
                format!("{label:>span$}")
            };
        }
        let strokes = |count: usize| std::iter::repeat_n(line, count).collect::<String>();
        let body = format!(" {} ", step.label);
        let len = body.chars().count();
        let path = if step.role == Role::ForeignReset || step.line.from == "network" {
            PATH
        } else {
            ""
        };
        let rest = span.saturating_sub(len + 3 + path.len());
        // A reset from the path does not begin at the line of life of the endpoint that it names.
        let (near, far) = if path.is_empty() {
            (rest, 0)
        } else {
            (2.min(rest), rest - 2.min(rest))
        };
        let blank = " ".repeat(far);
        if to_right {
            format!("{blank}{path}{}{body}{}{right}", strokes(2), strokes(near))
        } else {
            format!("{left}{}{body}{}{path}{blank}", strokes(2), strokes(near))
        }
    }

    /// Evidence and notes, behind the row where there is room, else below.
    fn notes(&self, step: &Step<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut words: Vec<String> = step.notes.iter().map(|note| (*note).to_owned()).collect();
        if !step.evidence.is_empty() {
            let numbers: Vec<String> = step.evidence.iter().map(usize::to_string).collect();
            words.insert(0, format!("[{}]", numbers.join(",")));
        }
        let text = words.join(" ");
        if text.is_empty() {
            return writeln!(out);
        }
        let used = GUTTER + self.span + 2;
        if used + 1 + text.len() <= self.width {
            return writeln!(out, " {text}");
        }
        writeln!(out)?;
        let indent = format!("{:GUTTER$}^ ", "");
        out.write_all(wrap(&text, &indent, self.width).as_bytes())
    }
}

/// Segments drawn of one story: what fits a screen.
const SEGMENTS: usize = 16;
/// Mark, record and pause.
const GUTTER: usize = 19;
/// Least columns between the lines of life.
const LEAST: usize = 40;
/// What an arrow needs beside its label.
const DECORATION: usize = 7;
/// Where a reset from the path begins.
const PATH: &str = "(on the path)";
