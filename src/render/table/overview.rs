//! The first screen: what the inputs are, how many of what, and each incident in three lines.

use super::super::columns::columns;
use super::super::style::{Ink, Style};
use super::super::text::{printable, shorten, stop, wrap};
use super::super::words::{
    harm, inputs, legend, listed, one_line, quality_text, summary_line, where_and_who,
};
use super::super::{Options, Show};
use crate::report::words::{count, grouped};
use crate::report::{End, Incident};
use std::io::{self, Write};

/// Writes headline, incidents and capture quality.
pub fn write(end: &End, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let width = options.width;
    out.write_all(wrap(&inputs(&end.sources, &options.zone), "", width).as_bytes())?;
    let headline = wrap(&stop(&summary_line(end)), "", width);
    out.write_all(
        options
            .style
            .paint(Ink::Strong, headline.trim_end())
            .as_bytes(),
    )?;
    writeln!(out)?;
    let (shown, hidden) = listed(&end.incidents, options.show == Show::Every);
    let roomy = shown.len() <= ROOMY;
    for (place, incident) in shown.iter().enumerate() {
        if place == 0 {
            writeln!(out)?;
        }
        if place < IN_FULL {
            in_full(incident, roomy, options, out)?;
        }
    }
    let brief = shown.iter().take(MOST_ROWS).skip(IN_FULL).map(|incident| {
        let (id, harm) = (incident.id.clone(), harm(incident.severity).to_owned());
        let text = shorten(&one_line(incident), width.saturating_sub(BRIEF_MARGIN));
        [id, harm, text]
    });
    let brief: Vec<[String; 3]> = brief.collect();
    if !brief.is_empty() {
        writeln!(out)?;
        out.write_all(columns(brief, " ", width).as_bytes())?;
    }
    let rest = shown.get(MOST_ROWS..).unwrap_or_default();
    if !rest.is_empty() {
        let resets = rest.iter().map(|incident| incident.count).sum::<u64>();
        let text = format!(
            "{} with {} not listed here; --format html or json has them.",
            count(rest.len() as u64, "further incident", "further incidents"),
            count(resets, "reset", "resets")
        );
        out.write_all(wrap(&text, "     ", width).as_bytes())?;
    }
    if !hidden.is_empty() {
        let texts: Vec<String> = hidden
            .iter()
            .map(|(cause, resets)| format!("{} {cause}", grouped(*resets)))
            .collect();
        let text = format!(
            "Benign, counted only (--all shows them): {}.",
            texts.join(", ")
        );
        writeln!(out)?;
        out.write_all(wrap(&text, "     ", width).as_bytes())?;
    }
    if !end.capture_quality.is_empty() {
        writeln!(out, "\nWhat this capture does not show")?;
        for item in &end.capture_quality {
            out.write_all(wrap(&quality_text(item), "  - ", width).as_bytes())?;
        }
    }
    if let Some(legend) = legend(&end.sources) {
        writeln!(out, "\nFiles")?;
        out.write_all(wrap(&legend, "  ", width).as_bytes())?;
    }
    Ok(())
}

/// An incident in three lines: what, who and when, what to do first; and what was found, where there is room.
fn in_full(
    incident: &Incident,
    roomy: bool,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (width, style) = (options.width, options.style);
    let line = |out: &mut dyn Write, first: &str, text: &str| {
        let room = width.saturating_sub(first.chars().count());
        writeln!(out, "{first}{}", shorten(text, room))
    };
    let severity = harm(incident.severity);
    let first = format!("{:>4} {severity} ", incident.id);
    let text = shorten(
        &one_line_headline(incident),
        width.saturating_sub(first.len()),
    );
    let painted = style.paint(Ink::of_severity(incident.severity), severity);
    writeln!(
        out,
        "{:>4} {painted} {}",
        incident.id,
        style.paint(Ink::Strong, &text)
    )?;
    line(out, "     ", &where_and_when(incident, options, style))?;
    if let Some(finding) = incident.findings.first().filter(|_| roomy) {
        line(out, "     found: ", &printable(&finding.statement))?;
    }
    if let Some(advice) = incident.advice.first() {
        line(out, &format!("     {}: ", advice.who), advice.action)?;
    }
    Ok(())
}

fn one_line_headline(incident: &Incident) -> String {
    let headline = printable(&incident.headline);
    format!("{} x {headline}", grouped(incident.count))
}

fn where_and_when(incident: &Incident, options: &Options, style: Style) -> String {
    let when = options.zone.clock_span(incident.first, incident.last);
    let busy = incident
        .rate
        .counts
        .iter()
        .filter(|count| **count > 0)
        .count();
    let mut text = format!(
        "{}, {when}, {}",
        where_and_who(incident),
        incident.confidence
    );
    if busy > 1 {
        let counts = thinned(&incident.rate.counts);
        let with_rate = format!("{text} |{}|", style.sparkline(&counts));
        if with_rate.chars().count() + INDENT <= options.width {
            text = with_rate;
        }
    }
    text
}

/// The same counts in a few columns.
fn thinned(counts: &[u64]) -> Vec<u64> {
    let each = counts.len().div_ceil(COLUMNS).max(1);
    counts.chunks(each).map(|some| some.iter().sum()).collect()
}

/// Incidents with three lines each: what the first screen holds.
const IN_FULL: usize = 6;
/// With so few there is a line for what was found, too.
const ROOMY: usize = 4;
/// Incidents that are listed and told; more are read by nobody at a terminal. Chosen.
pub const MOST_ROWS: usize = 20;
/// Columns before the lines below a headline.
const INDENT: usize = 5;
/// Columns of a rate.
const COLUMNS: usize = 12;
/// Columns of a brief row before its text, at most: identifier, harm and the blanks around them.
const BRIEF_MARGIN: usize = 22;
