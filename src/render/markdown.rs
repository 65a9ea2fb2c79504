//! The report as the text of a ticket: a table of the incidents, then each with the case that shows it best.

use super::style::Style;
use super::table::{headline, ladder};
use super::telling::{brief, failed, lost, records, saw, story, untouched};
use super::text::{printable, stop};
use super::words::{
    MASKED, capital, inputs, legend, listed, quality_text, summary_line, where_and_who,
};
use super::{Options, Renderer, Show};
use crate::report::words::{count, grouped};
use crate::report::{End, Head, Incident, ResetReport};
use std::io::{self, Write};

/// Writes Markdown.
pub struct Markdown {
    options: Options,
    tool: String,
}

impl Markdown {
    /// A text that has not begun.
    pub const fn new(options: Options) -> Self {
        Self {
            options,
            tool: String::new(),
        }
    }
}

impl Renderer for Markdown {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        self.tool = format!("{} {}", head.tool.name, head.tool.version);
        if head.tool.masked {
            writeln!(out, "*{MASKED}*\n")?;
        }
        match self.options.show {
            Show::Every => writeln!(out, "# Every reset"),
            Show::Representatives => Ok(()),
        }
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        match self.options.show {
            Show::Every => {
                writeln!(out, "\n## {}\n", capital(&headline(reset, &self.options)))?;
                let verdict = &reset.verdict;
                writeln!(
                    out,
                    "**{}** (`{}`, {}, {}).",
                    verdict.title, verdict.cause, verdict.confidence, verdict.severity
                )?;
                case(reset, &self.options, out)
            }
            Show::Representatives => Ok(()),
        }
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        let every = self.options.show == Show::Every;
        let (shown, hidden) = listed(&end.incidents, every);
        if every {
            writeln!(out)?;
        }
        writeln!(out, "# Why connections were reset\n")?;
        writeln!(
            out,
            "{}  ",
            plain(&inputs(&end.sources, &self.options.zone))
        )?;
        writeln!(out, "{}\n", plain(&stop(&summary_line(end))))?;
        if !shown.is_empty() {
            writeln!(out, "| | harm | resets | what | who | when | do first |")?;
            writeln!(out, "|---|---|---|---|---|---|---|")?;
            for incident in shown.iter().take(LISTED) {
                row(incident, &self.options, out)?;
            }
            writeln!(out)?;
        }
        if let Some(rest) = shown.get(LISTED..).filter(|rest| !rest.is_empty()) {
            writeln!(
                out,
                "And {}.\n",
                count(rest.len() as u64, "further incident", "further incidents")
            )?;
        }
        if !hidden.is_empty() {
            let texts: Vec<String> = hidden
                .iter()
                .map(|(cause, resets)| format!("{} {cause}", grouped(*resets)))
                .collect();
            writeln!(out, "Benign, counted only: {}.\n", texts.join(", "))?;
        }
        if !every {
            for one in shown.iter().take(TOLD) {
                incident(one, &self.options, out)?;
            }
        }
        if !end.capture_quality.is_empty() {
            writeln!(out, "## What this capture does not show\n")?;
            for item in &end.capture_quality {
                writeln!(out, "- {}", prose(&quality_text(item)))?;
            }
            writeln!(out)?;
        }
        if let Some(legend) = legend(&end.sources) {
            writeln!(out, "Files: {}.\n", plain(&legend))?;
        }
        writeln!(
            out,
            "Written by {}; times in {}.",
            plain(&self.tool),
            plain(&self.options.zone.name())
        )
    }
}

fn row(incident: &Incident, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let first = incident
        .advice
        .first()
        .map(|advice| format!("{}: {}", advice.who, prose(advice.action)))
        .unwrap_or_default();
    writeln!(
        out,
        "| {} | {} | {} | {} (`{}`, {}) | {} | {} | {first} |",
        incident.id,
        incident.severity,
        grouped(incident.count),
        plain(&incident.headline),
        incident.cause,
        incident.confidence,
        plain(&where_and_who(incident)),
        options.zone.clock_span(incident.first, incident.last),
    )
}

fn incident(incident: &Incident, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}: {}\n", incident.id, plain(&incident.headline))?;
    writeln!(
        out,
        "{}, `{}` {}: {}, {}.\n",
        count(incident.count, "reset", "resets"),
        incident.cause,
        incident.confidence,
        plain(&where_and_who(incident)),
        options.zone.span(incident.first, incident.last)
    )?;
    if !incident.meaning.is_empty() {
        writeln!(out, "{}\n", prose(incident.meaning))?;
    }
    for finding in &incident.findings {
        writeln!(out, "> {}\n", prose(&stop(&finding.statement)))?;
    }
    if !incident.advice.is_empty() {
        writeln!(out, "**What to do**\n")?;
        for advice in &incident.advice {
            writeln!(out, "- **{}**: {}", advice.who, prose(&stop(advice.action)))?;
        }
        writeln!(out)?;
    }
    if let Some(best) = incident.representatives.first() {
        writeln!(out, "### Best example: {}", plain(&headline(best, options)))?;
        case(best, options, out)?;
    }
    let others = incident.representatives.get(1..).unwrap_or_default();
    if !others.is_empty() {
        writeln!(out, "### Further examples\n")?;
        for reset in others {
            let filter = &reset.connection.wireshark_filter;
            writeln!(out, "- {}: `{filter}`", plain(&brief(reset, &options.zone)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// One reset: the story, the ladder, what it rests on, and what else it could be.
fn case(reset: &ResetReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}\n\n```text", plain(&story(reset)))?;
    ladder::write(reset, options.width, Style::default(), out)?;
    writeln!(out, "```\n")?;
    let verdict = &reset.verdict;
    if !verdict.evidence.is_empty() {
        writeln!(out, "**What this rests on**\n")?;
        for (number, evidence) in (1..).zip(&verdict.evidence) {
            let number: usize = number;
            let against = if evidence.bearing == "contradicts" {
                "Against it: "
            } else {
                ""
            };
            writeln!(
                out,
                "{number}. {against}{}{}.",
                prose(&evidence.statement),
                records(&evidence.records)
            )?;
        }
        writeln!(out)?;
    }
    for reason in &verdict.reasons {
        writeln!(out, "- Not surer: {}", prose(&stop(reason)))?;
    }
    for rival in &verdict.alternatives {
        writeln!(
            out,
            "- Else `{}` ({}): {} To settle it: {}",
            rival.cause,
            rival.confidence,
            prose(&stop(&rival.against)),
            prose(&stop(&rival.settle))
        )?;
    }
    if !(verdict.reasons.is_empty() && verdict.alternatives.is_empty()) {
        writeln!(out)?;
    }
    writeln!(out, "**{}**\n", saw(reset))?;
    for (name, end) in [
        ("client", &reset.impact.client),
        ("server", &reset.impact.server),
    ] {
        match &end.error {
            None => writeln!(out, "- {name}: {}", untouched(reset, name))?,
            Some(failures) => {
                for text in failed(failures) {
                    writeln!(out, "- {name}: {}", plain(&stop(&text)))?;
                }
            }
        }
        if let Some(text) = lost(name, end).filter(|_| end.error.is_some()) {
            writeln!(out, "- {name}: {text}")?;
        }
    }
    writeln!(
        out,
        "\nWireshark: `{}`\n",
        reset.connection.wireshark_filter
    )
}

/// Text in which nothing is markup.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in printable(text).chars() {
        if matches!(
            letter,
            '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '~'
        ) {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

/// Text with its code spans left as they are.
fn prose(text: &str) -> String {
    if !text.matches('`').count().is_multiple_of(2) {
        return plain(text);
    }
    let part = |(place, part): (usize, &str)| {
        if place % 2 == 1 {
            format!("`{}`", printable(part).replace('|', "\\|"))
        } else {
            plain(part)
        }
    };
    text.split('`').enumerate().map(part).collect()
}

/// Incidents listed.
const LISTED: usize = 50;
/// Incidents told.
const TOLD: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(plain("<b>*a*|b`"), "\\<b\\>\\*a\\*\\|b\\`");
        assert_eq!(prose("run `ss -l` *now*"), "run `ss -l` \\*now\\*");
        assert_eq!(prose("one ` tick"), "one \\` tick");
    }
}
