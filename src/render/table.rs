//! The report for people: a headline, an overview of the incidents, then the story of a few resets of each.
//!
//! Plain ASCII beside the words themselves, without colour: it reads the same in a terminal, in a pipe and in a ticket.

mod block;
mod ladder;
mod overview;
mod words;

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
    fn begin(&mut self, _: &Head, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        match self.options.show {
            Show::Every => {
                block::write(reset, &block::headline(reset), self.options.width, out)?;
                writeln!(out)
            }
            Show::Representatives => Ok(()),
        }
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        let width = self.options.width;
        overview::write(end, width, out)?;
        if self.options.show == Show::Every {
            return Ok(());
        }
        for incident in overview::order(&end.incidents)
            .into_iter()
            .take(overview::MOST_ROWS)
        {
            let shown = incident.representatives.len();
            if incident
                .representatives
                .iter()
                .all(|reset| reset.follows_reset.is_some())
            {
                continue; // They stand in the timelines of the resets that they follow; the overview counts them.
            }
            for (number, reset) in (1..).zip(&incident.representatives) {
                let headline = if incident.count == 1 {
                    format!("{}: {}", incident.id, block::headline(reset))
                } else {
                    let of = incident.count;
                    format!(
                        "{}, example {number} of {shown} (of {of}): {}",
                        incident.id,
                        block::headline(reset)
                    )
                };
                writeln!(out)?;
                block::write(reset, &headline, width, out)?;
            }
        }
        Ok(())
    }
}
