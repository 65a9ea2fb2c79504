//! The story of one reset as a ladder: two lines of life, an arrow in SVG for each segment, evidence linked both ways.

use super::super::digest::{Role, Row, Step, on_one_host, rows};
use super::Esc;
use crate::report::ResetReport;
use std::io::{self, Write};

/// Writes the ladder; `name` makes its anchors unique on the page.
pub fn write(reset: &ResetReport, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let one_host = on_one_host(reset);
    let connection = &reset.connection;
    writeln!(
        out,
        "<div class=\"ladder{}\" role=\"table\" aria-label=\"Segments\">\n<div class=\"rung head\" role=\"row\">\
         <span class=\"rec\">record</span><span class=\"after\">after</span>\
         <span class=\"ends\"><span>client<br><b>{}</b></span><span>server<br><b>{}</b></span></span><span class=\"notes\"></span></div>",
        if one_host { " one-host" } else { "" },
        connection.client,
        connection.server,
    )?;
    for row in rows(reset, SEGMENTS) {
        match row {
            Row::Silence(text) => pause("silence", &text, out)?,
            Row::LeftOut(text) => pause("left-out", &text, out)?,
            Row::Segment(step) => rung(&step, name, one_host, out)?,
        }
    }
    if one_host {
        writeln!(
            out,
            "<p class=\"aside\">Both ends are on one host: no path lies between them, so no arrows are drawn.</p>"
        )?;
    }
    writeln!(out, "</div>")
}

fn pause(class: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<div class=\"rung {class}\" role=\"row\"><span class=\"rec\"></span><span class=\"after\"></span><span class=\"arrow\">\
         <span class=\"label\">{}</span></span><span class=\"notes\"></span></div>",
        Esc(text)
    )
}

fn rung(step: &Step<'_>, name: &str, one_host: bool, out: &mut dyn Write) -> io::Result<()> {
    let role = match step.role {
        Role::Reset => "reset",
        Role::ForeignReset => "reset foreign",
        Role::Evidence => "evidence",
        Role::Other => "other",
    };
    let line = step.line;
    write!(
        out,
        "<div class=\"rung {role} from-{from}\" role=\"row\" id=\"{name}-r{source}-{record}\"><span class=\"rec\">{record}</span>\
         <span class=\"after\">{}</span><span class=\"arrow\"><span class=\"label\">{}</span>{}</span><span class=\"notes\">",
        Esc(&step.after),
        Esc(&step.label),
        if one_host { String::new() } else { arrow(step) },
        from = line.from,
        source = line.source,
        record = line.record,
    )?;
    for number in &step.evidence {
        write!(
            out,
            "<a class=\"mark\" href=\"#{name}-e{number}\">{number}</a>"
        )?;
    }
    writeln!(out, " {}</span></div>", Esc(&step.notes.join("; ")))
}

/// A line across, with its head at the receiver; one from the path begins halfway. An error message of the network has neither end.
fn arrow(step: &Step<'_>) -> String {
    if step.line.from == "network" {
        return String::new();
    }
    let to_right = step.line.from == "client";
    let foreign = step.role == Role::ForeignReset;
    let (from, to) = match (to_right, foreign) {
        (true, false) => ("0", "100%"),
        (true, true) => ("50%", "100%"),
        (false, false) => ("100%", "0"),
        (false, true) => ("50%", "0"),
    };
    let head = if to_right {
        "M-9,-4.5 L0,0 L-9,4.5 Z"
    } else {
        "M9,-4.5 L0,0 L9,4.5 Z"
    };
    let source = if foreign {
        "<svg x=\"50%\" y=\"7\" overflow=\"visible\"><rect class=\"box\" x=\"-5\" y=\"-5\" width=\"10\" height=\"10\"/></svg>"
    } else {
        ""
    };
    format!(
        "<svg class=\"shaft\" height=\"14\" aria-hidden=\"true\"><line x1=\"{from}\" x2=\"{to}\" y1=\"7\" y2=\"7\"/>{source}\
         <svg x=\"{to}\" y=\"7\" overflow=\"visible\"><path d=\"{head}\"/></svg></svg>"
    )
}

/// Segments drawn of one story.
const SEGMENTS: usize = 40;
