//! One incident: what happened and to whom, what its connections show together, what to do, and the case that shows it best.

use super::super::Options;
use super::super::words::{capital, lower_bound, where_and_who};
use super::{Esc, Prose, example, overview, plot};
use crate::report::words::count;
use crate::report::{Advice, End, Incident};
use std::io::{self, Write};

/// Writes an incident.
pub fn write(
    incident: &Incident,
    end: &End,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let id = &incident.id;
    writeln!(
        out,
        "<section class=\"incident {}\" id=\"{id}\">\n<p class=\"line\">{} <span class=\"id\">{id}</span> <code>{}</code> \
         <span class=\"sure\">{}</span></p>\n<h2>{}</h2>",
        incident.severity,
        overview::badge(incident.severity),
        incident.cause,
        incident.confidence,
        Esc(&incident.headline),
    )?;
    if !incident.meaning.is_empty() {
        writeln!(out, "<p class=\"meaning\">{}</p>", Prose(incident.meaning))?;
    }
    facts(incident, options, out)?;
    if incident
        .rate
        .counts
        .iter()
        .filter(|count| **count > 0)
        .count()
        > 1
    {
        writeln!(
            out,
            "<div class=\"when-bars {}\">{}</div>",
            incident.severity,
            plot::bars(&incident.rate, 44)
        )?;
    }
    for finding in &incident.findings {
        writeln!(
            out,
            "<div class=\"finding\"><p>{}</p>",
            Prose(&super::super::text::stop(&finding.statement))
        )?;
        if let Some(measure) = &finding.measure {
            plot::distribution(measure, out)?;
        }
        writeln!(out, "</div>")?;
    }
    advice(&incident.advice, out)?;
    for (place, reset) in (1..).zip(&incident.representatives) {
        let place: usize = place;
        example::write(
            reset,
            &format!("{id}-{place}"),
            place == 1,
            end,
            options,
            out,
        )?;
    }
    writeln!(out, "</section>")
}

/// How many, who, where and when.
fn facts(incident: &Incident, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let clients = lower_bound(
        incident.clients.count,
        incident.clients.complete,
        "client",
        "clients",
    );
    let named: Vec<String> = incident
        .clients
        .most
        .iter()
        .map(|client| format!("{} ({})", client.address, client.resets))
        .collect();
    let more = if incident.clients.count as usize > named.len() {
        ", ..."
    } else {
        ""
    };
    writeln!(
        out,
        "<dl class=\"facts\">\n<div><dt>Resets</dt><dd>{}</dd></div>\n<div><dt>Who</dt><dd>{}</dd></div>\n\
         <div><dt>When</dt><dd>{}</dd></div>\n<div><dt>{}</dt><dd>{}{more}</dd></div>\n</dl>",
        Esc(&count(incident.count, "reset", "resets")),
        Esc(&capital(&where_and_who(incident))),
        Esc(&options.zone.span(incident.first, incident.last)),
        Esc(&capital(&clients)),
        Esc(&named.join(", ")),
    )
}

fn advice(advice: &[Advice], out: &mut dyn Write) -> io::Result<()> {
    if advice.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>What to do</h3>\n<ol class=\"advice\">")?;
    for one in advice {
        writeln!(
            out,
            "<li><b class=\"who-acts\">{}</b> {}</li>",
            one.who,
            Prose(one.action)
        )?;
    }
    writeln!(out, "</ol>")
}
