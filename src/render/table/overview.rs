//! The headline, and the table of the incidents with what the capture did not show below it.

use super::super::text::{printable, span, stop, wrap};
use super::words::{seen, who};
use crate::report::words::{count, grouped};
use crate::report::{CaptureQuality, End, Incident, Source};
use comfy_table::presets::ASCII_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};
use std::io::{self, Write};

/// Writes headline, incidents and capture quality.
pub fn write(end: &End, width: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(wrap(&inputs(&end.sources), "", width).as_bytes())?;
    out.write_all(wrap(&stop(&headline(end)), "", width).as_bytes())?;
    if !end.incidents.is_empty() {
        writeln!(out)?;
        for line in table(&end.incidents, width).lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    quality(&end.capture_quality, width, out)
}

/// The incidents as people want them: the gravest first, and those of one severity in the order of their first resets.
pub fn order(incidents: &[Incident]) -> Vec<&Incident> {
    let mut sorted: Vec<&Incident> = incidents.iter().collect();
    sorted.sort_by_key(|incident| match incident.severity {
        "error" => 0,
        "warning" => 1,
        _ => 2,
    });
    sorted
}

fn inputs(sources: &[Source]) -> String {
    let names: Vec<String> = match sources {
        [only] => vec![name(&only.name)],
        _ => (1..)
            .zip(sources)
            .map(|(number, source): (usize, _)| format!("({number}) {}", name(&source.name)))
            .collect(),
    };
    let first = sources.iter().filter_map(|source| source.first).min();
    let last = sources.iter().filter_map(|source| source.last).max();
    let mut text = names.join(", ");
    if let Some((first, last)) = first.zip(last) {
        text.push_str(": ");
        text.push_str(&span(first, last));
    }
    text
}

fn name(name: &str) -> String {
    if name == "-" {
        "standard input".into()
    } else {
        printable(name)
    }
}

/// What was found, in one sentence.
fn headline(end: &End) -> String {
    let summary = &end.summary;
    let looked_at = format!(
        "{} of {}",
        count(summary.segments, "segment", "segments"),
        count(summary.connections, "connection", "connections")
    );
    if summary.segments == 0 {
        let records = count(summary.records, "record", "records");
        return format!("No TCP segment in {records}{}", skipped(end));
    }
    if summary.resets == 0 && summary.unselected > 0 {
        let all = count(summary.unselected, "reset", "resets");
        return format!("Nothing was selected of {all} in {looked_at}");
    }
    if summary.resets == 0 {
        return format!("No RST in {looked_at}");
    }
    let selected = match summary.unselected {
        0 => String::new(),
        others => format!(
            ", selected of {},",
            grouped(others.saturating_add(summary.resets))
        ),
    };
    let of = |severity| summary.by_severity.get(severity).copied().unwrap_or(0);
    format!(
        "{}{selected} in {looked_at}: {}, {}, {} benign",
        count(summary.resets, "reset", "resets"),
        count(of("error"), "error", "errors"),
        count(of("warning"), "warning", "warnings"),
        grouped(of("benign"))
    )
}

fn skipped(end: &End) -> String {
    let reasons: Vec<String> = end
        .summary
        .skipped
        .iter()
        .map(|(reason, times)| format!("{} {}", grouped(*times), printable(reason)))
        .collect();
    if reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", reasons.join("; "))
    }
}

fn table(incidents: &[Incident], width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_style(ASCII_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(["", "Why", "Who and when"]);
    let sorted = order(incidents);
    for incident in sorted.iter().take(MOST_ROWS) {
        table.add_row([which(incident), why(incident), who_and_when(incident)]);
    }
    let rest = sorted.get(MOST_ROWS..).unwrap_or_default();
    if !rest.is_empty() {
        let resets = rest.iter().map(|incident| incident.count).sum::<u64>();
        let text = format!(
            "{} with {} not listed here; --format json has all",
            count(rest.len() as u64, "further incident", "further incidents"),
            count(resets, "reset is", "resets are")
        );
        table.add_row(["...", &text, ""]);
    }
    table
}

fn which(incident: &Incident) -> String {
    format!(
        "{}\n{}\n{}",
        incident.id,
        incident.severity,
        count(incident.count, "reset", "resets")
    )
}

fn why(incident: &Incident) -> String {
    let mut lines = vec![
        incident.title.to_owned(),
        format!("[{}] {}", incident.cause, incident.confidence),
    ];
    if let Some(example) = incident.representatives.first() {
        if let Some(seen) = seen(&example.impact) {
            lines.push(format!("Seen by the {seen}"));
        }
        if let Some(advice) = example.advice.first() {
            lines.push(format!("Do ({}): {}", advice.who, advice.action));
        }
    }
    lines.join("\n")
}

fn who_and_when(incident: &Incident) -> String {
    let mut lines: Vec<String> = Vec::new();
    if let (Some(service), Some(sender), Some(origin)) =
        (incident.service, incident.sender, incident.origin)
    {
        let clients = match incident.representatives.first() {
            Some(example) if incident.count == 1 => {
                format!("client {}", example.connection.client)
            }
            Some(example) if incident.clients.count == 1 => {
                format!("client {}", example.connection.client.ip())
            }
            _ => clients(incident),
        };
        lines.push(format!("server {service}"));
        lines.push(clients);
        lines.push(format!("reset by {}", who(sender, origin)));
    } else {
        lines.push(clients(incident));
    }
    lines.push(span(incident.first, incident.last));
    lines.join("\n")
}

fn clients(incident: &Incident) -> String {
    let number = count(incident.clients.count, "client", "clients");
    if incident.clients.complete {
        number
    } else {
        format!("{number} or more")
    }
}

/// What the capture did not show.
fn quality(items: &[CaptureQuality], width: usize, out: &mut dyn Write) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWhat this capture does not show")?;
    for item in items {
        let example = item
            .example
            .map(|at| format!(" (first seen at record {})", at.record))
            .unwrap_or_default();
        let text = format!(
            "{}{example}. {}",
            printable(&item.statement),
            stop(item.effect)
        );
        out.write_all(wrap(&text, "  - ", width).as_bytes())?;
    }
    Ok(())
}

/// Incidents that are listed and told; more are read by nobody at a terminal. Chosen.
pub const MOST_ROWS: usize = 20;
