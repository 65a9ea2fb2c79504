//! The story of one reset: the ladder, what it rests on, what the applications saw, what else it could be, and what to do.

use super::super::Options;
use super::super::style::Ink;
use super::super::telling::{failed, lost, of_file, records, saw, story, untouched};
use super::super::text::{stop, wrap};
use super::ladder;
use crate::report::{Advice, Alternative, EndImpact, Evidence, ResetReport};
use std::io::{self, Write};

/// Where and when: the words above a block.
pub fn headline(reset: &ResetReport, options: &Options) -> String {
    let file = of_file(reset.source);
    format!(
        "record {}{file}, {}",
        reset.record,
        options.zone.moment(reset.time)
    )
}

/// Writes a reset that stands alone, under its headline.
pub fn write(reset: &ResetReport, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { options, out };
    page.title(&headline(reset, options))?;
    page.text("", &stop(reset.verdict.title))?;
    let verdict = &reset.verdict;
    page.text(
        "",
        &format!(
            "[{}] {}, severity {}",
            verdict.cause, verdict.confidence, verdict.severity
        ),
    )?;
    page.case(reset)?;
    page.advice(&reset.advice)?;
    page.filter(reset)
}

/// Writes parts of a page.
pub struct Page<'a> {
    /// How it is written.
    pub options: &'a Options,
    /// Where to.
    pub out: &'a mut dyn Write,
}

impl Page<'_> {
    /// Text in lines, the first of which begins with `first`.
    pub fn text(&mut self, first: &str, text: &str) -> io::Result<()> {
        let lines = wrap(text, first, self.options.width);
        self.out.write_all(lines.as_bytes())
    }

    /// A title, underlined.
    pub fn title(&mut self, text: &str) -> io::Result<()> {
        let lines = wrap(text, "", self.options.width);
        let painted = self.options.style.paint(Ink::Strong, lines.trim_end());
        let rule = "=".repeat(text.chars().count().min(self.options.width));
        writeln!(self.out, "{painted}\n{rule}")
    }

    /// A heading with a blank line above.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        let painted = self.options.style.paint(Ink::Strong, text);
        writeln!(self.out, "\n{painted}")
    }

    /// All that is known of one reset.
    pub fn case(&mut self, reset: &ResetReport) -> io::Result<()> {
        self.text("", &story(reset))?;
        writeln!(self.out)?;
        ladder::write(reset, self.options.width, self.options.style, self.out)?;
        let verdict = &reset.verdict;
        if !verdict.evidence.is_empty() {
            self.heading("What this rests on")?;
            for (number, evidence) in (1..).zip(&verdict.evidence) {
                self.evidence(number, evidence)?;
            }
        }
        if !verdict.reasons.is_empty() {
            self.heading("What keeps it from being surer")?;
            for reason in &verdict.reasons {
                self.text("  - ", &stop(reason))?;
            }
        }
        if !verdict.alternatives.is_empty() {
            self.heading("What else it could be")?;
            for alternative in &verdict.alternatives {
                self.alternative(alternative)?;
            }
        }
        self.heading(saw(reset))?;
        self.end("client", &reset.impact.client, reset)?;
        self.end("server", &reset.impact.server, reset)
    }

    /// What to do.
    pub fn advice(&mut self, advice: &[Advice]) -> io::Result<()> {
        if advice.is_empty() {
            return Ok(());
        }
        self.heading("What to do")?;
        for one in advice {
            self.text("  - ", &format!("{}: {}", one.who, stop(one.action)))?;
        }
        Ok(())
    }

    /// How to see the same records elsewhere.
    pub fn filter(&mut self, reset: &ResetReport) -> io::Result<()> {
        self.heading("Wireshark filter")?;
        writeln!(self.out, "  {}", reset.connection.wireshark_filter) // Whole, so that it can be copied.
    }

    fn evidence(&mut self, number: usize, evidence: &Evidence) -> io::Result<()> {
        let against = if evidence.bearing == "contradicts" {
            "Against it: "
        } else {
            ""
        };
        let shown = records(&evidence.records);
        let first = format!("  {:>4} ", format!("[{number}]"));
        self.text(&first, &format!("{against}{}{shown}.", evidence.statement))
    }

    fn alternative(&mut self, alternative: &Alternative) -> io::Result<()> {
        let text = format!(
            "{} ({}). Against it: {} To settle it: {}",
            alternative.cause,
            alternative.confidence,
            stop(&alternative.against),
            stop(&alternative.settle)
        );
        self.text("  - ", &text)
    }

    /// What one end's application saw.
    fn end(&mut self, name: &str, end: &EndImpact, reset: &ResetReport) -> io::Result<()> {
        let Some(failures) = &end.error else {
            return self.text("  - ", &format!("{name}: {}", untouched(reset, name)));
        };
        for text in failed(failures) {
            self.text("  - ", &format!("{name}: {}", stop(&text)))?;
        }
        if let Some(text) = lost(name, end) {
            self.text("  - ", &format!("{name}: {text}"))?;
        }
        Ok(())
    }
}
