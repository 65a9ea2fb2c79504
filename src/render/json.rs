//! One JSON object, written as a stream: nothing is kept, however many resets there are.
//!
//! Each part stands on a line of its own, so that the file can be looked at with tools that know nothing of JSON.

use super::{Options, Renderer, Show};
use crate::report::{End, Head, ResetReport};
use serde::Serialize;
use std::io::{self, Write};

/// Writes `head`'s fields, `resets[]`, then `incidents`, `capture_quality`, `summary`, `sources` and, of a live run, `kernel`.
pub struct Json {
    show: Show,
    written: bool,
}

impl Json {
    /// A stream that has not begun.
    pub const fn new(options: &Options) -> Self {
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
        if !end.kernel.is_empty() {
            out.write_all(b",\n\"kernel\":")?;
            value(&end.kernel, out)?;
        }
        out.write_all(b"}\n")
    }
}

fn value(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, value).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Format;
    use serde_json::Value;

    fn written(format: &str, show: Show, resets: u64) -> Vec<String> {
        let format = Format::named(format).unwrap();
        let mut renderer = format.renderer(Options {
            width: 80,
            show,
            style: crate::render::Style::default(),
            zone: crate::render::Zone::default(),
        });
        let mut out = Vec::new();
        renderer.begin(&Head::default(), &mut out).unwrap();
        let mut sizes = Vec::new();
        for record in 1..=resets {
            let mut reset = ResetReport::sample();
            reset.record = record;
            renderer.reset(&reset, &mut out).unwrap();
            sizes.push(out.len());
        }
        renderer.end(&End::default(), &mut out).unwrap();
        if show == Show::Every {
            assert!(
                sizes.is_sorted_by(|one, other| one < other),
                "nothing is kept back"
            );
        }
        String::from_utf8(out)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_stream_is_one_object_however_many_resets_there_are() {
        for resets in [0, 1, 3] {
            let text = written("json", Show::Every, resets).join("\n");
            let report: Value = serde_json::from_str(&text).unwrap();
            let records: Vec<u64> = report["resets"]
                .as_array()
                .unwrap()
                .iter()
                .map(|reset| reset["record"].as_u64().unwrap())
                .collect();
            assert_eq!(records, (1..=resets).collect::<Vec<_>>());
        }
    }

    #[test]
    fn only_representatives_are_written_when_asked() {
        let text = written("json", Show::Representatives, 3).join("\n");
        let report: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(report["resets"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn ndjson_writes_the_same_objects_with_a_type() {
        let lines = written("ndjson", Show::Every, 2);
        let mut first: Value = serde_json::from_str(&lines[1]).unwrap();
        assert_eq!(first["type"], "reset");
        let stream: Value =
            serde_json::from_str(&written("json", Show::Every, 2).join("\n")).unwrap();
        first.as_object_mut().unwrap().remove("type");
        assert_eq!(first, stream["resets"][0]);
    }
}
