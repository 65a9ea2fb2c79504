//! The report for people at a terminal: an overview of the incidents that fits a screen, then each incident with the ladder of the
//! case that shows it best.
//!
//! Colour and line characters only where a terminal takes them, and never as the only carrier: it reads the same in a ticket.

mod block;
mod incident;
pub mod ladder;
mod overview;

pub use block::{headline, write as block_of};
pub use overview::write as overview_of;

use super::text::wrap;
use super::words::{MASKED, listed};
use super::{Options, Renderer, Show};
use crate::report::{End, Head, ResetReport};
use std::io::{self, Write};

/// Writes the table.
pub struct Table {
    options: Options,
}

impl Table {
    /// A table of `options.width` columns.
    pub const fn new(options: Options) -> Self {
        Self { options }
    }
}

impl Renderer for Table {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        if head.tool.masked {
            out.write_all(wrap(MASKED, "", self.options.width).as_bytes())?;
        }
        Ok(())
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        match self.options.show {
            Show::Every => {
                block::write(reset, &self.options, out)?;
                writeln!(out)
            }
            Show::Representatives => Ok(()),
        }
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        overview::write(end, &self.options, out)?;
        if self.options.show == Show::Every {
            return Ok(());
        }
        let (shown, _) = listed(&end.incidents, false);
        for one in shown.into_iter().take(overview::MOST_ROWS) {
            writeln!(out)?;
            incident::write(one, &self.options, out)?;
        }
        Ok(())
    }
}
