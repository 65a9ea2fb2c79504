//! The content of the JSON report, one object a line, each with its `type`: `head`, `reset`, `incident`, `end`; in a live
//! run also `interim`, a summary while it goes on.

use super::{Options, Renderer, Show};
use crate::report::{CaptureQuality, End, Head, KernelCounter, ResetReport, Source, Summary};
use serde::Serialize;
use std::io::{self, Write};

/// Writes a line per object.
pub struct Ndjson {
    show: Show,
}

impl Ndjson {
    /// A stream that has not begun.
    pub const fn new(options: &Options) -> Self {
        Self { show: options.show }
    }
}

/// An object with its type in front.
#[derive(Serialize)]
struct Typed<'a, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    value: &'a T,
}

/// What has no line of its own.
#[derive(Serialize)]
struct Rest<'a> {
    capture_quality: &'a [CaptureQuality],
    summary: &'a Summary,
    sources: &'a [Source],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    kernel: &'a [KernelCounter],
}

impl Renderer for Ndjson {
    fn begin(&mut self, head: &Head, out: &mut dyn Write) -> io::Result<()> {
        line("head", head, out)
    }

    fn reset(&mut self, reset: &ResetReport, out: &mut dyn Write) -> io::Result<()> {
        match self.show {
            Show::Every => line("reset", reset, out),
            Show::Representatives => Ok(()),
        }
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<()> {
        for incident in &end.incidents {
            if self.show == Show::Representatives {
                for reset in &incident.representatives {
                    line("reset", reset, out)?;
                }
            }
            line("incident", incident, out)?;
        }
        let rest = Rest {
            capture_quality: &end.capture_quality,
            summary: &end.summary,
            sources: &end.sources,
            kernel: &end.kernel,
        };
        line("end", &rest, out)
    }

    fn interim(&mut self, end: &End, out: &mut dyn Write) -> io::Result<bool> {
        line("interim", end, out).map(|()| true)
    }
}

fn line(kind: &'static str, value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Typed { kind, value }).map_err(io::Error::from)?;
    out.write_all(b"\n")
}
