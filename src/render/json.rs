//! One JSON object, written as a stream: nothing is kept, however many resets there are.
//!
//! Each part stands on a line of its own, so that the file can be looked at with tools that know nothing of JSON.

use super::{Options, Renderer, Show};
use crate::report::{End, Head, ResetReport};
use serde::Serialize;
use std::io::{self, Write};

/// Writes `head`'s fields, `resets[]`, then `incidents`, `capture_quality`, `summary` and `sources`.
pub struct Json {
    show: Show,
    written: bool,
}

impl Json {
    /// A stream that has not begun.
    pub const fn new(options: Options) -> Self {
        Self {
            show: options.show,
            written: false,
        }
    }

    fn element(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.written { b",\n" } else { b"\n" })?;
        self.written = true;
        value(reset, out)
    }
}

impl Renderer for Json {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        write!(
            out,
            "{{\"schema_version\":{},\n\"tool\":",
            head.schema_version
        )?;
        value(&head.tool, out)?;
        out.write_all(b",\n\"resets\":[")
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        match self.show {
            Show::Every => self.element(reset, out),
            Show::Representatives => Ok(()),
        }
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        if self.show == Show::Representatives {
            for reset in end.incidents.iter().flat_map(|one| &one.representatives) {
                self.element(reset, out)?;
            }
        }
        out.write_all(b"\n],\n\"incidents\":")?;
        value(&end.incidents, out)?;
        out.write_all(b",\n\"capture_quality\":")?;
        value(&end.capture_quality, out)?;
        out.write_all(b",\n\"summary\":")?;
        value(&end.summary, out)?;
        out.write_all(b",\n\"sources\":")?;
        value(&end.sources, out)?;
        out.write_all(b"}\n")
    }
}

fn value(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}
