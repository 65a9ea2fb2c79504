//! The first screen of the page: what happened, who must act, what to do first; and below it, when.

use super::super::words::{inputs, resets_of, where_and_who, where_of};
use super::super::{Options, Show};
use super::{Esc, Prose, TOLD, plot};
use crate::report::words::{count, grouped};
use crate::report::{End, Incident};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the head of the page.
pub fn write(
    end: &End,
    shown: &[&Incident],
    hidden: &BTreeMap<&'static str, u64>,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let summary = &end.summary;
    writeln!(
        out,
        "<header>\n<p class=\"inputs\">{}</p>\n<h1>{}</h1>",
        Esc(&inputs(&end.sources, &options.zone)),
        Esc(&title(end, shown))
    )?;
    let of = |severity: &str| resets_of(end, severity);
    writeln!(out, "<ul class=\"counts\">")?;
    for (number, [one, many], class) in [
        (of("error"), ["error", "errors"], "error"),
        (of("warning"), ["warning", "warnings"], "warning"),
        (of("benign"), ["benign", "benign"], "benign"),
        (summary.resets, ["reset", "resets"], ""),
        (summary.connections, ["connection", "connections"], ""),
        (summary.segments, ["segment", "segments"], ""),
    ] {
        let what = if number == 1 { one } else { many };
        let faint = if number == 0 { " none" } else { "" };
        writeln!(
            out,
            "<li class=\"{class}{faint}\"><b>{}</b> {what}</li>",
            grouped(number)
        )?;
    }
    writeln!(out, "</ul>\n</header>")?;
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<section id=\"incidents\">\n<div class=\"tools\" hidden><label>Filter <input type=\"search\" id=\"filter\"></label> \
         <label>Sort <select id=\"sort\"><option value=\"rank\">by harm</option><option value=\"count\">by number</option>\
         <option value=\"first\">by time</option></select></label></div>\n<ol class=\"cards\">"
    )?;
    for (place, incident) in shown.iter().take(LISTED).enumerate() {
        card(incident, place, options, out)?;
    }
    writeln!(out, "</ol>")?;
    rest(shown, hidden, options, out)?;
    writeln!(out, "</section>")?;
    plot::over_time(shown, options, out)
}

/// The page's title in one sentence.
fn title(end: &End, shown: &[&Incident]) -> String {
    if end.summary.segments == 0 {
        return "No TCP segment in this capture".into();
    }
    if end.summary.resets == 0 {
        return "No connection was reset".into();
    }
    let resets = count(end.summary.resets, "reset", "resets");
    match shown {
        [only] if only.count < end.summary.resets => {
            format!("{}: {} of {resets}", only.headline, grouped(only.count))
        }
        [only] => format!("{} ({resets})", only.headline),
        _ => format!(
            "{resets}, {}",
            count(shown.len() as u64, "story", "stories")
        ),
    }
}

/// One incident in a few lines.
fn card(
    incident: &Incident,
    place: usize,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let id = &incident.id;
    let headline = if place < TOLD {
        format!("<a href=\"#{id}\">{}</a>", Esc(&incident.headline))
    } else {
        Esc(&incident.headline).to_string()
    };
    writeln!(
        out,
        "<li class=\"card {}\" data-rank=\"{place}\" data-count=\"{}\" data-first=\"{}\">\n\
         <p class=\"line\">{} <span class=\"id\">{id}</span> <span class=\"sure\">{}</span> <b class=\"n\">{}</b></p>\n\
         <h3>{headline}</h3>\n\
         <p class=\"who\">{} <span class=\"when\">{}</span></p>",
        incident.severity,
        incident.count,
        incident.first.nanos(),
        badge(incident.severity),
        incident.confidence,
        Esc(&count(incident.count, "reset", "resets")),
        Esc(&where_and_who(incident)),
        Esc(&options.zone.clock_span(incident.first, incident.last)),
    )?;
    let found = incident.findings.first();
    let what = found.map_or(incident.meaning, |finding| finding.statement.as_str());
    if !what.is_empty() {
        writeln!(out, "<p class=\"found\">{}</p>", Prose(what))?;
    }
    if let Some(advice) = incident.advice.first() {
        writeln!(
            out,
            "<p class=\"do\"><b>{}</b> {}</p>",
            advice.who,
            Prose(advice.action)
        )?;
    }
    writeln!(out, "</li>")
}

/// What is not listed.
fn rest(
    shown: &[&Incident],
    hidden: &BTreeMap<&'static str, u64>,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(more) = shown.get(LISTED..).filter(|more| !more.is_empty()) {
        let resets = more.iter().map(|incident| incident.count).sum::<u64>();
        writeln!(
            out,
            "<p class=\"aside\">{} with {} are not listed; the JSON form has them.</p>",
            count(more.len() as u64, "further incident", "further incidents"),
            count(resets, "reset", "resets")
        )?;
    }
    if hidden.is_empty() || options.show == Show::Every {
        return Ok(());
    }
    let texts: Vec<String> = hidden
        .iter()
        .map(|(cause, resets)| format!("{} {cause}", grouped(*resets)))
        .collect();
    writeln!(
        out,
        "<p class=\"aside\">Benign, counted only: {}. They cost nothing, at most a line in a log.</p>",
        Esc(&texts.join(", "))
    )
}

/// The word for a severity, marked.
pub fn badge(severity: &str) -> String {
    format!("<span class=\"badge {severity}\">{severity}</span>")
}

/// What the capture did not show.
pub fn quality(end: &End, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section id=\"quality\">\n<h2>What this capture does not show</h2>"
    )?;
    if end.capture_quality.is_empty() {
        writeln!(
            out,
            "<p>Nothing was found missing: no loss, both directions, from the beginning.</p>"
        )?;
    } else {
        writeln!(out, "<ul class=\"plain\">")?;
        for item in &end.capture_quality {
            let example = item
                .example
                .map(|at| format!(" (first at record {})", at.record))
                .unwrap_or_default();
            writeln!(
                out,
                "<li><b>{}</b>{example}. {}</li>",
                Esc(&item.statement),
                Esc(&super::super::text::stop(item.effect))
            )?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</section>")
}

/// What an incident is called in a few letters, for the plot.
pub fn label(incident: &Incident) -> String {
    format!(
        "{} {}",
        incident.pattern.unwrap_or(incident.cause),
        where_of(incident)
    )
}

/// Incidents listed.
const LISTED: usize = 200;
