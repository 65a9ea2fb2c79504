//! The loop: source -> analyzer -> renderer.

use super::alarm::Alarm;
use super::inputs::Inputs;
use super::keep::Kept;
use super::key;
use super::messages::{self, Exit, Mistake};
use super::plan::{Colour, Diagnosis, Key};
use super::progress;
use super::select::Selection;
use super::sieve::Sieve;
use super::target::{self, Target};
use crate::analyzer::{Analyzer, Config};
use crate::capture::{FilePiece, FileSource, Merge, Stopped};
use crate::mask::Mask;
use crate::passes::{self, Reading};
use crate::render::{Options, Renderer, Show, Style};
use crate::report::{End, Head, quality_of_sources};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

/// Reads the captures of a plan and writes its report.
pub fn run(plan: &Diagnosis) -> Exit {
    let sieve = match Sieve::new(plan.filter.as_deref()) {
        Ok(sieve) => sieve,
        Err(exit) => return exit,
    };
    for output in [&plan.output, &plan.write].into_iter().flatten() {
        if target::is_input(output, &plan.files) {
            return messages::usage(&Mistake::OutputIsInput(output.clone()));
        }
    }
    let mask = match plan.mask.as_ref().map(|key| (key, key::mask(key))) {
        None => None,
        Some((_, Ok(mask))) => Some(mask),
        Some((Key::File(path), Err(error))) => return messages::no_key(&error, Some(path)),
        Some((Key::Random, Err(error))) => return messages::no_key(&error, None),
    };
    let mut inputs = Inputs::open(&plan.files, plan.write.is_some());
    if inputs.none_opened() {
        return Exit::Nothing;
    }
    inputs.masked = mask.is_some();
    let kept = match plan.write.as_deref().map(Target::create).transpose() {
        Ok(target) => target.map(Kept::new),
        Err(error) => return messages::not_written(&error, plan.write.as_deref()),
    };
    let mut run = match Run::begin(plan, sieve, kept, mask.clone()) {
        Ok(run) => run,
        Err(error) => return messages::not_written(&error, plan.output.as_deref()),
    };
    progress::begin(inputs.size());
    let written = run
        .giving
        .renderer
        .begin(&Head::new(mask.is_some()), &mut run.giving.out)
        .and_then(|()| run.read(&mut inputs.merge));
    progress::end();
    let written = written.and_then(|()| run.end(&inputs));
    let ending = match written {
        Ok(ending) => ending,
        Err(error) => return messages::not_written(&error, plan.output.as_deref()),
    };
    let packets = ending
        .kept
        .is_none_or(|kept| write(kept, plan, mask, &inputs));
    match ending.alarmed {
        true => Exit::Alarmed,
        false if ending.whole && packets && inputs.all_complete() => Exit::Complete,
        false => Exit::Partial,
    }
}

/// Writes the packets of `--write`. Whether all of them could be; what could not is said.
fn write(kept: Kept, plan: &Diagnosis, mask: Option<Mask>, inputs: &Inputs) -> bool {
    match kept.write(plan, config(plan), mask, inputs) {
        Ok(written) if written.left_out == 0 => true,
        Ok(written) => {
            messages::too_many_to_write(written.left_out);
            false
        }
        Err(error) => {
            messages::not_written(&error, plan.write.as_deref());
            false
        }
    }
}

fn config(plan: &Diagnosis) -> Config {
    let mut config = Config::default();
    config.incidents.examples = plan.examples;
    config
}

/// Columns for text: those of the terminal where there is one, within reason, else [`COLUMNS`].
pub fn width(to_stdout: bool) -> usize {
    let terminal = (to_stdout && io::stdout().is_terminal())
        .then(terminal_size::terminal_size)
        .flatten();
    terminal.map_or(COLUMNS, |(width, _)| {
        usize::from(width.0).clamp(NARROW, WIDE)
    })
}

/// How a report is written.
pub fn options(plan: &Diagnosis) -> Options {
    Options {
        width: width(plan.output.is_none()),
        show: plan.show,
        style: style(plan),
        zone: plan.zone.clone(),
    }
}

/// The name of the output, for messages.
#[cfg(feature = "live")]
pub fn output_name(output: Option<&Path>) -> String {
    output.map_or_else(
        || "standard output".into(),
        |path| crate::render::text::printable(&path.display().to_string()),
    )
}

/// What the output can show: a terminal colour, and line characters where its locale has them; a pipe and a file neither.
fn style(plan: &Diagnosis) -> Style {
    let terminal = plan.output.is_none() && io::stdout().is_terminal();
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL")
        .or_else(|| set("LC_CTYPE"))
        .or_else(|| set("LANG"));
    let unicode = locale.is_some_and(|name| {
        let name = name.to_ascii_uppercase();
        name.contains("UTF-8") || name.contains("UTF8")
    });
    Style {
        colour: match plan.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && set("NO_COLOR").is_none(),
        },
        unicode: terminal && unicode,
    }
}

/// How an analysis ended.
struct Ending {
    /// Every record could be looked at.
    whole: bool,
    /// A reset was reported that `--fail-on` names.
    alarmed: bool,
    /// Whose packets are to be written.
    kept: Option<Kept>,
}

/// One analysis on its way to the output.
struct Run {
    sieve: Sieve,
    analyzer: Analyzer,
    giving: Giving,
}

/// The way of settled resets to the output.
struct Giving {
    alarms: Vec<Alarm>,
    alarmed: bool,
    kept: Option<Kept>,
    /// Nothing asks for single resets: only incidents are shown.
    folds: bool,
    selection: Selection,
    renderer: Box<dyn Renderer>,
    out: BufWriter<Box<dyn Write>>,
}

impl Run {
    fn begin(
        plan: &Diagnosis,
        sieve: Sieve,
        kept: Option<Kept>,
        mask: Option<Mask>,
    ) -> io::Result<Self> {
        let out: Box<dyn Write> = match &plan.output {
            Some(path) => Box::new(File::create(path)?),
            None => progress::standard_output(),
        };
        let wanted = plan.wanted.clone();
        let (wanted, analyzer) = match mask {
            Some(mut mask) => {
                let wanted = wanted.masked(&mut mask);
                (wanted, Analyzer::masked(config(plan), mask))
            }
            None => (wanted, Analyzer::new(config(plan))),
        };
        let options = options(plan);
        Ok(Self {
            sieve,
            analyzer,
            giving: Giving {
                alarms: plan.alarms.clone(),
                alarmed: false,
                kept,
                folds: plan.show == Show::Representatives
                    && wanted.is_all()
                    && plan.alarms.is_empty()
                    && plan.write.is_none(),
                selection: Selection::new(wanted),
                renderer: plan.format.renderer(options),
                out: BufWriter::new(out),
            },
        })
    }

    /// Reads the inputs to their ends. One that fails is said, and what it gave before stands.
    fn read(&mut self, inputs: &mut Merge) -> io::Result<()> {
        if self.sieve.is_open() {
            if let Some((source, file)) = inputs.take_sole() {
                return self.read_sole(source, &file, inputs);
            }
            if let Some(files) = inputs.files()
                && self.read_row(&files, inputs)?
            {
                return Ok(());
            }
        }
        let mut records = 0_u64;
        while let Some(next) = inputs.next() {
            records += 1;
            match next {
                Ok(record) => {
                    self.giving.selection.starts(record.time);
                    if self.sieve.passes(&record) {
                        self.analyzer.push(&record);
                        self.giving.give(&mut self.analyzer)?;
                    }
                }
                Err(stopped) => messages::cut_short(&stopped),
            }
            if records.is_multiple_of(SOME) {
                progress::reach(inputs.infos().map(|(_, info)| info.bytes).sum());
            }
        }
        Ok(())
    }

    /// Reads a single input, as fast as it can be.
    fn read_sole(
        &mut self,
        source: FileSource,
        file: &FilePiece,
        inputs: &mut Merge,
    ) -> io::Result<()> {
        let (analyzer, folds) = (&mut self.analyzer, self.giving.folds);
        let given = |analyzer: &mut Analyzer, bytes| self.giving.reach(analyzer, bytes);
        let reading = passes::read(source, file, analyzer, folds, given)?;
        ended(reading, file, inputs);
        Ok(())
    }

    /// Reads files that follow each other, as fast as they can be. `false`: they do not.
    fn read_row(&mut self, files: &[FilePiece], inputs: &mut Merge) -> io::Result<bool> {
        let (analyzer, folds) = (&mut self.analyzer, self.giving.folds);
        let given = |analyzer: &mut Analyzer, bytes| self.giving.reach(analyzer, bytes);
        let Some(readings) = passes::read_row(files, analyzer, folds, given)? else {
            return Ok(false);
        };
        for (reading, file) in readings.into_iter().zip(files) {
            ended(reading, file, inputs);
        }
        Ok(true)
    }

    /// Writes the rest.
    fn end(mut self, inputs: &Inputs) -> io::Result<Ending> {
        self.analyzer.settle();
        self.giving.give(&mut self.analyzer)?;
        let finished = self.analyzer.end();
        // The process ends soon: to take tens of megabytes apart, piece by piece, would only make it wait.
        std::mem::forget(self.analyzer);
        let sources = inputs.reports();
        let mut capture_quality = quality_of_sources(&sources);
        capture_quality.extend(finished.capture_quality);
        let end = End {
            incidents: finished.incidents,
            capture_quality,
            summary: finished.summary,
            sources,
            kernel: Vec::new(),
        };
        self.giving.renderer.end(&end, &mut self.giving.out)?;
        self.giving.out.flush()?;
        if let Some((wanted, passed, start)) = self.giving.selection.in_vain() {
            messages::nothing_selected(wanted, passed, start);
        }
        Ok(Ending {
            whole: self.sieve.end(),
            alarmed: self.giving.alarmed,
            kept: self.giving.kept,
        })
    }
}

/// Takes note of how the reading of a file ended.
fn ended(reading: Reading, file: &FilePiece, inputs: &mut Merge) {
    if let Some(error) = reading.error {
        let records = reading.info.records;
        messages::cut_short(&Stopped { error, records });
    }
    inputs.ended(file.index, reading.info);
}

impl Giving {
    /// Writes what has settled when a reading has come so far.
    fn reach(&mut self, analyzer: &mut Analyzer, bytes: u64) -> io::Result<()> {
        progress::reach(bytes);
        if self.folds {
            return Ok(()); // Another thread takes it.
        }
        self.give(analyzer)
    }

    /// Writes the resets that have settled.
    fn give(&mut self, analyzer: &mut Analyzer) -> io::Result<()> {
        if let Some(start) = analyzer.started() {
            self.selection.starts(start);
        }
        if self.folds {
            analyzer.fold();
        }
        while let Some(reset) = analyzer.next_selected(|reset| self.selection.admits(reset)) {
            self.alarmed |= self.alarms.iter().any(|alarm| alarm.rings(&reset));
            if let Some(kept) = &mut self.kept {
                kept.note(&reset);
            }
            self.renderer.reset(&reset, &mut self.out)?;
        }
        Ok(())
    }
}

/// Columns where there is no terminal: what tickets and mails hold.
const COLUMNS: usize = 80;
/// Records between two looks at how far the reading has come; chosen: a fraction of a millisecond.
const SOME: u64 = 4_096;
/// Below this many columns a table is no table.
const NARROW: usize = 60;
/// Longer lines are hard to read.
const WIDE: usize = 120;
