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

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(reset: &ResetReport, style: Style) -> String {
        let mut out = Vec::new();
        write(reset, 80, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn story() -> ResetReport {
        let mut reset = ResetReport::sample();
        let line = |record, from, flags: &str| crate::report::TimelineLine {
            source: 0,
            record,
            time: reset.time,
            delta: (record > 1).then(|| crate::report::Seconds::from_nanos(40_000)),
            from,
            flags: flags.into(),
            seq: 0,
            ack: None,
            len: 0,
            window: 0,
            note: None,
            elided: 0,
        };
        reset.timeline = vec![line(1, "client", "SYN"), line(2, "server", "RST,ACK")];
        reset
    }

    #[test]
    fn arrows_point_at_the_receiver_and_fall_back_to_ascii() {
        let plain = ladder(&story(), Style::default());
        assert!(
            plain.contains("|-- SYN seq 0 -------------------------->|"),
            "{plain}"
        );
        assert!(
            plain.contains("|<== RST,ACK seq 0 ======================|"),
            "{plain}"
        );
        let fine = Style {
            colour: false,
            unicode: true,
        };
        assert!(ladder(&story(), fine).contains("│◀══ RST,ACK seq 0 ═"));
    }

    #[test]
    fn a_reset_from_the_path_does_not_begin_at_the_server() {
        let mut reset = story();
        reset.origin = "in-path";
        let text = ladder(&reset, Style::default());
        assert!(
            text.contains("|<== RST,ACK seq 0 ==(on the path)       |"),
            "{text}"
        );
    }

    #[test]
    fn on_one_host_there_is_no_arrow() {
        let mut reset = story();
        reset.connection.client = "10.0.0.2:40000".parse().unwrap();
        let text = ladder(&reset, Style::default());
        assert!(!text.contains('<') && !text.contains("->"), "{text}");
        assert!(text.contains("Both ends are on one host"));
    }
}
