//! The story of one reset: what the application saw, what the verdict rests on, what else it could be, what to do, and the timeline.

use super::super::text::{moment, stop, wrap};
use super::ladder;
use super::words::{calls, ends, runtimes, who};
use crate::report::words::{bytes, duration};
use crate::report::{Advice, Alternative, EndImpact, Evidence, Failures, Reference, ResetReport};
use std::io::{self, Write};

/// Where and when: the words above a block.
pub fn headline(reset: &ResetReport) -> String {
    let file = of_file(reset.source);
    format!("record {}{file}, {}", reset.record, moment(reset.time))
}

/// Writes the block under `headline`.
pub fn write(
    reset: &ResetReport,
    headline: &str,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { width, out };
    page.text("", headline)?;
    page.line(&"=".repeat(headline.chars().count().min(width)))?;
    let verdict = &reset.verdict;
    page.text("", &stop(verdict.title))?;
    page.text(
        "",
        &format!(
            "[{}] {}, severity {}",
            verdict.cause, verdict.confidence, verdict.severity
        ),
    )?;
    page.text("", &story(reset))?;
    applications(reset, &mut page)?;
    if !verdict.evidence.is_empty() {
        page.heading("What this rests on")?;
        for (number, evidence) in (1..).zip(&verdict.evidence) {
            page.evidence(number, evidence)?;
        }
    }
    if !verdict.reasons.is_empty() {
        page.heading("What keeps it from being surer")?;
        for reason in &verdict.reasons {
            page.text("  - ", &stop(reason))?;
        }
    }
    if !verdict.alternatives.is_empty() {
        page.heading("What else it could be")?;
        for alternative in &verdict.alternatives {
            page.alternative(alternative)?;
        }
    }
    if !reset.advice.is_empty() {
        page.heading("What to do")?;
        for advice in &reset.advice {
            page.advice(advice)?;
        }
    }
    page.heading("Timeline")?;
    ladder::write(reset, page.width, page.out)?;
    page.heading("Wireshark filter")?;
    page.line(&format!("  {}", reset.connection.wireshark_filter)) // Whole, so that it can be copied.
}

struct Page<'a> {
    width: usize,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    fn text(&mut self, first: &str, text: &str) -> io::Result<()> {
        self.out.write_all(wrap(text, first, self.width).as_bytes())
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}")
    }

    fn evidence(&mut self, number: usize, evidence: &Evidence) -> io::Result<()> {
        let against = if evidence.bearing == "contradicts" {
            "Against it: "
        } else {
            ""
        };
        let shown = records(&evidence.records);
        let first = format!("  {number:>2}. ");
        self.text(&first, &format!("{against}{}{shown}.", evidence.statement))
    }

    fn alternative(&mut self, alternative: &Alternative) -> io::Result<()> {
        self.text(
            "  - ",
            &format!("[{}] {}", alternative.cause, alternative.confidence),
        )?;
        self.text(
            "    ",
            &format!("Against it: {}", stop(&alternative.against)),
        )?;
        self.text(
            "    ",
            &format!("To settle it: {}", stop(&alternative.settle)),
        )
    }

    fn advice(&mut self, advice: &Advice) -> io::Result<()> {
        self.text("  - ", &format!("{}: {}", advice.who, stop(advice.action)))
    }

    /// What one end's application saw; `idle` where no call failed.
    fn end(&mut self, name: &str, end: &EndImpact, idle: &str) -> io::Result<()> {
        let Some(failures) = &end.error else {
            return self.text("  ", &format!("The {name}: {idle}"));
        };
        self.text("  ", &format!("The {name}:"))?;
        for text in failed(failures) {
            self.text("    - ", &stop(&text))?;
        }
        let mut more = Vec::new();
        if let Some(left) = end.unacknowledged_bytes.filter(|left| *left > 0) {
            more.push(format!(
                "{} of its own were never acknowledged",
                bytes(left)
            ));
        }
        if end.response_lost == Some(true) {
            more.push(if name == "client" {
                "the answer that it waited for did not come whole".into()
            } else {
                "its answer was not acknowledged whole".into()
            });
        }
        if more.is_empty() {
            return Ok(());
        }
        self.text("    - ", &stop(&more.join("; ")))
    }
}

/// What calls fail with: one sentence for each, or one for both where both fail alike.
fn failed(failures: &Failures) -> Vec<String> {
    let alike = failures
        .read
        .zip(failures.write)
        .is_some_and(|(read, write)| read.errno == write.errno);
    calls(failures)
        .filter(|(call, _)| !(alike && *call == "write"))
        .map(|(call, failure)| {
            let words = runtimes(&failure);
            match (call, failure.errno) {
                (_, "EOF") => format!("{call} ends as if all were said: {words}"),
                (_, errno) if alike => format!("read or write fails with {errno}: {words}"),
                (_, errno) => format!("{call} fails with {errno}: {words}"),
            }
        })
        .collect()
}

/// Who did what to whom, and when in the life of the connection.
fn story(reset: &ResetReport) -> String {
    let (from, to) = ends(reset);
    let sender = match reset.origin {
        "in-path" => format!(
            "Something on the path, in the name of the {} {from},",
            reset.sender
        ),
        _ => format!("The {} {from}", reset.sender),
    };
    let form = match reset.form {
        "active" if reset.origin == "in-path" => "sent a reset to".to_owned(),
        "active" => "aborted its connection with".to_owned(),
        "reply" => match reset.answers {
            Some(at) => format!("answered record {} with a reset, to", at.record),
            None => "answered a segment with a reset, to".into(),
        },
        _ => "sent a reset, neither an abort nor an answer by its numbers, to".into(),
    };
    let other = if reset.sender == "client" {
        "server"
    } else {
        "client"
    };
    let age = reset.time.since(reset.connection.started);
    let mut sentences = vec![format!(
        "{sender} {form} the {other} {to}, {} after the connection's first segment (phase: {}).",
        duration(age.nanos()),
        reset.connection.phase
    )];
    if let Some(at) = reset.follows_reset {
        sentences.push(format!(
            "It follows from the reset in record {}.",
            at.record
        ));
    }
    let obeyed = match reset.accepted {
        "no" => "Its receiver did not obey it.",
        "challenged" => "Its receiver challenged it, and the connection lived on.",
        "unknown" => "Whether its receiver obeyed, the capture does not show.",
        _ => "",
    };
    sentences.push(obeyed.into());
    match reset.connection.captured_at {
        "unknown" => {}
        "between" => {
            sentences.push("It was captured between the two, with routers to both sides.".into());
        }
        end => sentences.push(format!("It was captured at the {end}'s end.")),
    }
    if !reset.connection.roles_known {
        sentences.push("Who is client and who server is a guess.".into());
    }
    if !reset.connection.encapsulation.is_empty() {
        let wrapping = reset.connection.encapsulation.join(", ");
        sentences.push(format!("It was wrapped in {wrapping}."));
    }
    sentences.join(" ")
}

fn applications(reset: &ResetReport, page: &mut Page<'_>) -> io::Result<()> {
    page.heading(if reset.accepted == "unknown" {
        "What the applications saw, if it was obeyed"
    } else {
        "What the applications saw"
    })?;
    for (name, end) in [
        ("client", &reset.impact.client),
        ("server", &reset.impact.server),
    ] {
        let idle = if name != reset.sender {
            if matches!(reset.accepted, "no" | "challenged") {
                "nothing, for this reset changed nothing there."
            } else {
                "nothing: no application there was using the connection."
            }
        } else if who(reset.sender, reset.origin) == "something on the path" {
            "nothing: it knows nothing of the reset sent in its name."
        } else {
            "no error: the reset went out from there."
        };
        page.end(name, end, idle)?;
    }
    Ok(())
}

/// The records that show a fact, in parentheses.
fn records(records: &[Reference]) -> String {
    let Some(first) = records.first() else {
        return String::new();
    };
    let numbers: Vec<String> = records.iter().map(|at| at.record.to_string()).collect();
    let word = if records.len() == 1 {
        "record"
    } else {
        "records"
    };
    format!(" ({word} {}{})", numbers.join(", "), of_file(first.source))
}

/// Names a file by the number that the headline gives it, unless it is the first.
fn of_file(source: u16) -> String {
    match source {
        0 => String::new(),
        _ => format!(" of file ({})", u32::from(source) + 1),
    }
}
