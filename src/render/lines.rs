//! A watch for people: one line for each reset as it settles, or its whole case; summaries by incident in between and at the end.

use super::style::Ink;
use super::table::{block_of, overview_of};
use super::telling::ends;
use super::text::{stop, wrap};
use super::words::harm;
use super::{Options, Renderer, Show};
use crate::report::{End, Head, ResetReport};
use std::io::{self, Write};

/// Writes lines, or whole cases where [`Show::Every`] asks for them.
pub struct Lines {
    options: Options,
}

impl Lines {
    /// Lines as wide as they need be: a terminal wraps them, and a pipe keeps them whole.
    pub const fn new(options: Options) -> Self {
        Self { options }
    }

    fn summary(&self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        let options = Options {
            show: Show::Representatives,
            ..self.options.clone()
        };
        writeln!(out)?;
        overview_of(end, &options, out)?;
        if !end.kernel.is_empty() {
            writeln!(out, "\nWhat this host's kernel counted meanwhile")?;
            for counter in &end.kernel {
                out.write_all(wrap(&stop(&counter.statement), "  - ", options.width).as_bytes())?;
            }
        }
        Ok(())
    }
}

impl Renderer for Lines {
    fn begin(&mut self, _: &Head, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        if self.options.show == Show::Every {
            block_of(reset, &self.options, out)?;
            return writeln!(out);
        }
        writeln!(out, "{}", line(reset, &self.options))
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        self.summary(end, out)
    }

    fn interim(&mut self, end: &End, out: &mut dyn Write) -> io::Result<bool> {
        self.summary(end, out)?;
        writeln!(out)?;
        Ok(true)
    }
}

/// When, how bad, who reset whom, why, how sure.
fn line(reset: &ResetReport, options: &Options) -> String {
    let verdict = &reset.verdict;
    let (from, to) = ends(reset);
    let from = match reset.origin {
        "in-path" => format!("(in the name of) {from}"),
        _ => from,
    };
    let severity = options
        .style
        .paint(Ink::of_severity(verdict.severity), harm(verdict.severity));
    let follows = if reset.follows_reset.is_some() {
        ", follows an earlier one"
    } else {
        ""
    };
    format!(
        "{} {severity} {from} > {to}  {} ({}{follows}): {}",
        options.zone.time_of_day(reset.time),
        verdict.cause,
        verdict.confidence,
        verdict.title
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Style, Zone};

    fn options(colour: bool) -> Options {
        Options {
            width: 80,
            show: Show::Representatives,
            style: Style {
                colour,
                unicode: false,
            },
            zone: Zone::default(),
        }
    }

    #[test]
    fn a_line_says_when_who_why_and_how_sure() {
        let reset = ResetReport::sample();
        let text = line(&reset, &options(false));
        for part in [
            "22:13:20.000",
            "10.0.0.2:80",
            "10.0.0.1:40000",
            reset.verdict.cause,
            reset.verdict.confidence,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(line(&reset, &options(true)).contains("\u{1b}["));
    }

    #[test]
    fn a_summary_has_its_place_between_lines() {
        let mut out = Vec::new();
        let mut lines = Lines::new(options(false));
        assert!(lines.interim(&End::default(), &mut out).unwrap());
        assert!(!out.is_empty());
    }
}
