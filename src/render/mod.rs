//! Report -> bytes on a writer: one file per format. This room sees nothing but the report, so a format cannot grow its own opinion.

mod clock;
pub mod columns;
mod digest;
mod html;
mod json;
mod lines;
mod markdown;
mod ndjson;
mod style;
mod table;
mod telling;
pub mod text;
mod words;

pub use clock::Zone;
pub use lines::Lines;
pub use style::Style;

use crate::report::{End, Head, ResetReport};
use std::io::{self, Write};

/// Streams a report and keeps nothing: resets as they settle, then the end, which holds each incident's few representatives whole.
pub trait Renderer {
    /// Writes what comes before any reset.
    ///
    /// # Errors
    ///
    /// When the writer fails, here as in the other methods.
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()>;

    /// Writes a reset, or leaves it to the end.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()>;

    /// Writes the rest.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()>;

    /// Writes a summary while a watch goes on. `false` where this form has no place for one, and then nothing was written.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    fn interim(&mut self, _end: &End, _out: &mut dyn Write) -> io::Result<bool> {
        Ok(false)
    }
}

/// What a renderer may be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Columns of a line, for forms that wrap text.
    pub width: usize,
    /// Which resets are shown.
    pub show: Show,
    /// What the terminal can show.
    pub style: Style,
    /// The zone of times in the forms for people.
    pub zone: Zone,
}

/// Which resets a report shows in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Every one, as it settles.
    Every,
    /// The representatives of each incident, at the end.
    Representatives,
}

/// A form that a report can take.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, one line of help.
    pub help: &'static str,
    /// What it shows unless told otherwise.
    pub shows: Show,
    make: fn(Options) -> Box<dyn Renderer>,
}

impl Format {
    /// Every format; the first is the default.
    pub const ALL: [Self; 5] = [
        Self {
            name: "table",
            help: "for people: an overview, then the story of a few resets of each kind",
            shows: Show::Representatives,
            make: |options| Box::new(table::Table::new(options)),
        },
        Self {
            name: "json",
            help: "for programs: one object with every reset",
            shows: Show::Every,
            make: |options| Box::new(json::Json::new(&options)),
        },
        Self {
            name: "ndjson",
            help: "for pipes: one object a line, each with its type",
            shows: Show::Every,
            make: |options| Box::new(ndjson::Ndjson::new(&options)),
        },
        Self {
            name: "markdown",
            help: "for the text of a ticket",
            shows: Show::Representatives,
            make: |options| Box::new(markdown::Markdown::new(options)),
        },
        Self {
            name: "html",
            help: "to attach to it: one page that opens in any browser and asks the network for nothing",
            shows: Show::Representatives,
            make: |options| Box::new(html::Html::new(options)),
        },
    ];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name == name)
    }

    /// A renderer that writes this format.
    pub fn renderer(&self, options: Options) -> Box<dyn Renderer> {
        (self.make)(options)
    }
}
