//! One case in full: the ladder, what it rests on, what each end saw, what else it could be, and how to see the same records elsewhere.

use super::super::Options;
use super::super::telling::{calls, lost, of_file, saw, story, untouched, verb, worded};
use super::super::text::stop;
use super::super::words::name as input_name;
use super::{Esc, Prose, ladder};
use crate::report::{End, EndImpact, Evidence, ResetReport};
use std::io::{self, Write};

/// Writes a case, open or to be opened.
pub fn write(
    reset: &ResetReport,
    name: &str,
    open: bool,
    end: &End,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let title = format!(
        "Record {}{}, {}",
        reset.record,
        of_file(reset.source),
        options.zone.moment(reset.time)
    );
    writeln!(
        out,
        "<details class=\"example\"{}>\n<summary><b>{}</b> {}</summary>\n<p>{}</p>",
        if open { " open" } else { "" },
        if open {
            "Best example"
        } else {
            "Further example"
        },
        Esc(&title),
        Esc(&story(reset))
    )?;
    ladder::write(reset, name, out)?;
    evidence(reset, name, out)?;
    sure(reset, out)?;
    ends(reset, out)?;
    alternatives(reset, out)?;
    elsewhere(reset, end, out)?;
    writeln!(out, "</details>")
}

fn evidence(reset: &ResetReport, name: &str, out: &mut dyn Write) -> io::Result<()> {
    if reset.verdict.evidence.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>What this rests on</h3>\n<ol class=\"proof\">")?;
    for (number, evidence) in (1..).zip(&reset.verdict.evidence) {
        let number: usize = number;
        let bearing = match evidence.bearing {
            "requires" => "needed",
            "contradicts" => "against it",
            other => other,
        };
        writeln!(
            out,
            "<li id=\"{name}-e{number}\" class=\"{}\">{}. {}<span class=\"bearing\">{bearing}</span></li>",
            evidence.bearing,
            Prose(&evidence.statement),
            links(evidence, reset, name),
        )?;
    }
    writeln!(out, "</ol>")
}

/// The records of a piece of evidence, linked where the ladder has them.
fn links(evidence: &Evidence, reset: &ResetReport, name: &str) -> String {
    let shown = |at: &crate::report::Reference| {
        reset
            .timeline
            .iter()
            .any(|line| line.source == at.source && line.record == at.record)
    };
    evidence
        .records
        .iter()
        .map(|at| {
            if shown(at) {
                format!(
                    "<a class=\"rec-link\" href=\"#{name}-r{}-{1}\">record {1}</a> ",
                    at.source, at.record
                )
            } else {
                format!(
                    "<span class=\"rec-link\">record {}{}</span> ",
                    at.record,
                    of_file(at.source)
                )
            }
        })
        .collect()
}

fn sure(reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
    if reset.verdict.reasons.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h3>What keeps it from being surer</h3>\n<ul class=\"plain\">"
    )?;
    for reason in &reset.verdict.reasons {
        writeln!(out, "<li>{}</li>", Prose(&stop(reason)))?;
    }
    writeln!(out, "</ul>")
}

fn ends(reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h3>{}</h3>\n<div class=\"both\">", saw(reset))?;
    for (name, address, end) in [
        ("client", reset.connection.client, &reset.impact.client),
        ("server", reset.connection.server, &reset.impact.server),
    ] {
        writeln!(
            out,
            "<div class=\"side\"><h4>{name} <code>{address}</code></h4>"
        )?;
        side(reset, name, end, out)?;
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</div>")
}

fn side(reset: &ResetReport, name: &str, end: &EndImpact, out: &mut dyn Write) -> io::Result<()> {
    let Some(failures) = &end.error else {
        return writeln!(
            out,
            "<p>{}</p>",
            Esc(&super::super::words::capital(untouched(reset, name)))
        );
    };
    for (call, failure) in calls(failures) {
        writeln!(
            out,
            "<p><b>{call}</b> {} <b class=\"errno\">{}</b></p>\n<dl class=\"runtimes\">",
            verb(call, failures, &failure),
            failure.errno
        )?;
        for (runtime, text) in worded(&failure) {
            writeln!(out, "<div><dt>{runtime}</dt><dd>{}</dd></div>", Esc(text))?;
        }
        writeln!(out, "</dl>")?;
    }
    if let Some(text) = lost(name, end) {
        writeln!(
            out,
            "<p class=\"lost\">{}</p>",
            Esc(&super::super::words::capital(&text))
        )?;
    }
    Ok(())
}

fn alternatives(reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
    if reset.verdict.alternatives.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "<h3>What else it could be</h3>\n<div class=\"rivals\">"
    )?;
    for rival in &reset.verdict.alternatives {
        writeln!(
            out,
            "<div class=\"rival\"><p><code>{}</code> <span class=\"sure\">{}</span></p><p><b>Against it:</b> {}</p>\
             <p><b>What would settle it:</b> {}</p></div>",
            rival.cause,
            rival.confidence,
            Prose(&stop(&rival.against)),
            Prose(&stop(&rival.settle))
        )?;
    }
    writeln!(out, "</div>")
}

/// How to open the same records in other tools.
fn elsewhere(reset: &ResetReport, end: &End, out: &mut dyn Write) -> io::Result<()> {
    let source = end.sources.get(usize::from(reset.source));
    let file = source.map_or_else(|| "FILE".into(), |source| input_name(&source.name));
    let file = if file == "standard input" {
        "FILE".to_owned()
    } else {
        file
    };
    let filter = &reset.connection.wireshark_filter;
    writeln!(
        out,
        "<h3>The same records in Wireshark</h3>\n<p>Open <code>{}</code>, go to packet <b>{}</b>, or paste as display filter:</p>\n\
         <pre>{}</pre>\n<p>In a shell:</p>\n<pre>tshark -r {} -Y {}</pre>\n<p class=\"aside\">Community ID {}</p>",
        Esc(&file),
        reset.record,
        Esc(filter),
        Esc(&quoted(&file)),
        Esc(&quoted(filter)),
        Esc(&reset.connection.community_id),
    )
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
