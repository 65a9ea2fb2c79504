//! One self-contained page: it opens anywhere, asks the network for nothing, and can be read without its script and printed.
//!
//! Its size is bounded by the incidents that are told, never by the resets; only `--all` adds a row for each.

mod example;
mod incident;
mod ladder;
mod overview;
mod plot;

use super::words::{MASKED, legend, listed, summary_line};
use super::{Options, Renderer, Show};
use crate::report::{End, Head, ResetReport};
use std::fmt;
use std::io::{self, Write};

/// Writes the page.
pub struct Html {
    options: Options,
    tool: String,
}

impl Html {
    /// A page that has not begun.
    pub const fn new(options: Options) -> Self {
        Self {
            options,
            tool: String::new(),
        }
    }
}

impl Renderer for Html {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        self.tool = format!("{} {}", head.tool.name, head.tool.version);
        write!(
            out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>Why connections were reset</title>\n\
             <style>\n{CSS}</style>\n</head>\n<body>\n<main>\n"
        )?;
        if head.tool.masked {
            writeln!(out, "<p class=\"masked\">{MASKED}</p>")?;
        }
        if self.options.show == Show::Every {
            out.write_all(EVERY.as_bytes())?;
        }
        Ok(())
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        if self.options.show == Show::Representatives {
            return Ok(());
        }
        let (connection, verdict) = (&reset.connection, &reset.verdict);
        writeln!(
            out,
            "<tr><td>{}{}</td><td>{}</td><td>{}</td><td>{}</td><td><b>{}</b> {}</td><td>{}</td></tr>",
            reset.record,
            super::telling::of_file(reset.source),
            Esc(&self.options.zone.time_of_day(reset.time)),
            connection.client,
            connection.server,
            verdict.cause,
            verdict.confidence,
            overview::badge(verdict.severity),
        )
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        let every = self.options.show == Show::Every;
        if every {
            out.write_all(b"</tbody></table></div></section>\n")?;
        }
        let (shown, hidden) = listed(&end.incidents, every);
        overview::write(end, &shown, &hidden, &self.options, out)?;
        for one in shown.iter().take(TOLD) {
            incident::write(one, end, &self.options, out)?;
        }
        overview::quality(end, out)?;
        if let Some(legend) = legend(&end.sources) {
            writeln!(
                out,
                "<section id=\"files\">\n<h2>Files</h2>\n<p>{}</p>\n</section>",
                Esc(&legend)
            )?;
        }
        write!(
            out,
            "<footer><p>{} Written by {}. Times in {}. Record numbers count from 1 within each file, as other capture tools number \
             frames.</p></footer>\n</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
            Esc(&super::text::stop(&summary_line(end))),
            Esc(&self.tool),
            Esc(&self.options.zone.name()),
        )
    }
}

/// Text that may hold anything, safe inside an element or a quoted attribute, with nothing that drives a terminal or turns the writing.
pub struct Esc<'a>(pub &'a str);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in super::text::printable(self.0).chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

/// Text with its `code spans`, escaped.
pub struct Prose<'a>(pub &'a str);

impl fmt::Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let balanced = self.0.matches('`').count().is_multiple_of(2);
        if !balanced {
            return Esc(self.0).fmt(f);
        }
        for (place, part) in self.0.split('`').enumerate() {
            if place % 2 == 1 {
                write!(f, "<code>{}</code>", Esc(part))?;
            } else {
                write!(f, "{}", Esc(part))?;
            }
        }
        Ok(())
    }
}

/// Nothing may be loaded, and nothing sent.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
const CSS: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
/// Incidents told in full. More are listed only.
const TOLD: usize = 20;
const EVERY: &str = "<section id=\"every\" class=\"last\"><h2>Every reset</h2><div class=\"scroll\"><table class=\"every\">\
<thead><tr><th>Record</th><th>Time</th><th>Client</th><th>Server</th><th>Cause</th><th>Harm</th></tr></thead>\n<tbody>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_text_and_nothing_else() {
        let text = Esc("<script>alert('1')</script>&\"\u{202e}\u{1b}").to_string();
        assert_eq!(
            text,
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;\\u{202e}\\u{1b}"
        );
        assert_eq!(
            Prose("run `a<b` now").to_string(),
            "run <code>a&lt;b</code> now"
        );
        assert_eq!(Prose("one ` only").to_string(), "one ` only");
    }
}
