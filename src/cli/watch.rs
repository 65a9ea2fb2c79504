//! `-i`: opens everything, gives up what allowed it, and writes what the watch tells.

use super::alarm::Alarm;
use super::inputs::reported;
use super::messages::{self, Exit};
use super::notices;
use super::plan::Watching;
use super::run::{options, output_name};
use super::select::Selection;
use super::sink::Sink;
use crate::analyzer::{Analyzer, Config};
use crate::capture::{Interface, StampedBy, Tuning};
use crate::live::kernel::Kernel;
use crate::live::{
    Audience, MEMORY, Notice, Pieces, Server, Signals, Stops, Turns, Watch, fence, privileges,
};
use crate::origin::Timestamp;
use crate::render::{Lines, Renderer};
use crate::report::{End, Head, ResetReport};
use std::io;
use std::os::fd::BorrowedFd;

/// Watches interfaces until something ends it.
pub fn watch(plan: &Watching) -> Exit {
    match begin(plan) {
        Ok((watch, listener)) => listener.listen(watch),
        Err(exit) => exit,
    }
}

/// Opens everything, then drops privileges. The order is the point: nothing is parsed before the last line.
fn begin(plan: &Watching) -> Result<(Watch, Listener), Exit> {
    let live = &plan.live;
    let interfaces = open(plan)?;
    let identity =
        privileges::choose(live.user.as_deref()).map_err(|fault| notices::not_dropped(&fault))?;
    let signals = Signals::take().map_err(|error| notices::no_signals(&error))?;
    let server = live
        .metrics
        .map(|address| Server::bind(address).map_err(|error| notices::no_metrics(address, &error)));
    let server = server.transpose()?;
    let listener = Listener::open(plan)?;
    let pieces = pieces(plan)?;
    let kernel = live.kernel.then(|| {
        let (kernel, absent) = Kernel::open();
        absent.iter().for_each(notices::kernel_absent);
        kernel
    });
    privileges::drop_to(identity.as_ref()).map_err(|fault| notices::not_dropped(&fault))?;
    let fence = fence::close(&[]);
    let names: Vec<String> = interfaces.iter().map(|one| one.name().to_owned()).collect();
    notices::begins(
        &names,
        identity.as_ref().map(privileges::Identity::name),
        fence,
    );
    let memory = live.max_memory.unwrap_or(MEMORY);
    // A quarter is for packets, where they are written.
    let rest = memory.saturating_sub(buffers(plan));
    let mut config = Config::within(if pieces.is_some() { rest / 2 } else { rest });
    config.incidents.examples = plan.report.examples;
    let stops = Stops {
        duration: live.duration,
        count: live.count,
        cause: live.until_cause,
    };
    let watch = Watch::new(interfaces, Analyzer::new(config), signals, reported)
        .until(stops)
        .summarize_every(live.summary_every)
        .within(memory)
        .write_packets(pieces, plan.report.headers_only, memory)
        .with_kernel(kernel);
    if let (Some(server), Some(address)) = (server, live.metrics) {
        let started = server.start(watch.metrics());
        started.map_err(|error| notices::no_metrics(address, &error))?;
    }
    Ok((watch, listener))
}

/// The files of `--write`, all of them open.
fn pieces(plan: &Watching) -> Result<Option<Pieces>, Exit> {
    let Some(path) = &plan.report.write else {
        return Ok(None);
    };
    let default = Turns::default();
    let turns = Turns {
        files: plan.live.write_files.unwrap_or(default.files),
        size: plan.live.write_size.unwrap_or(default.size),
        age: plan.live.write_age.unwrap_or(default.age),
    };
    let tool = Head::default().tool;
    let tool = format!("{} {}", tool.name, tool.version);
    Pieces::open(path, turns, tool, &plan.live.interface)
        .map(Some)
        .map_err(|error| messages::not_written(&error, Some(path)))
}

/// The kernel's buffers, which count as this process's memory.
fn buffers(plan: &Watching) -> u64 {
    let each = plan
        .live
        .buffer_size
        .unwrap_or_else(|| Tuning::default().buffer.into());
    each.saturating_mul(plan.live.interface.len() as u64)
}

fn open(plan: &Watching) -> Result<Vec<Interface>, Exit> {
    let live = &plan.live;
    let default = Tuning::default();
    let tuning = Tuning {
        snap_length: live.snap_length.unwrap_or(default.snap_length),
        buffer: live.buffer_size.map_or(default.buffer, |size| {
            u32::try_from(size).unwrap_or(u32::MAX)
        }),
        promiscuous: live.promiscuous,
        clock: match live.time_source.as_deref() {
            Some("host-precise") => StampedBy::HostPrecise,
            Some("adapter") => StampedBy::Adapter,
            Some("adapter-alone") => StampedBy::AdapterAlone,
            _ => StampedBy::Host,
        },
    };
    let filter = plan.report.filter.as_deref();
    let opened = (0..).zip(&live.interface).map(|(index, name)| {
        Interface::open(name, index, filter, &tuning).map_err(|error| notices::not_opened(&error))
    });
    opened.collect()
}

/// Writes what the watch tells.
struct Listener {
    renderer: Box<dyn Renderer>,
    sink: Sink,
    name: String,
    selection: Selection,
    alarms: Vec<Alarm>,
    alarmed: bool,
    /// For summaries on standard error, where the form has no place for them.
    aside: Lines,
}

impl Listener {
    fn open(plan: &Watching) -> Result<Self, Exit> {
        let report = &plan.report;
        let options = options(report);
        let sink = Sink::open(report.output.as_deref())
            .map_err(|error| messages::not_written(&error, report.output.as_deref()))?;
        let renderer: Box<dyn Renderer> = if report.format.name == "table" {
            Box::new(Lines::new(options.clone()))
        } else {
            report.format.renderer(options.clone())
        };
        Ok(Self {
            renderer,
            sink,
            name: output_name(report.output.as_deref()),
            selection: Selection::new(report.wanted.clone()),
            alarms: report.alarms.clone(),
            alarmed: false,
            aside: Lines::new(options),
        })
    }

    fn listen(mut self, watch: Watch) -> Exit {
        let begun = self.renderer.begin(&Head::default(), self.sink.page());
        if let Err(error) = begun.and_then(|()| self.deliver(0)) {
            return messages::not_written(&error, None);
        }
        let ended = watch.run(&mut self);
        let gone = ended.gone;
        let all_gone = gone == ended.end.sources.len();
        if let Some(error) = ended.unheard {
            return messages::not_written(&error, None);
        }
        let written = self.renderer.end(&ended.end, self.sink.page());
        if let Err(error) = written.and_then(|()| self.deliver(0)) {
            return messages::not_written(&error, None);
        }
        if let Some((wanted, passed, start)) = self.selection.in_vain() {
            messages::nothing_selected(wanted, passed, start);
        }
        let left_out = self.sink.lost();
        if left_out > 0 {
            notices::left_out(&self.name, left_out);
        }
        match () {
            () if all_gone => Exit::Nothing,
            () if self.alarmed => Exit::Alarmed,
            () if gone > 0 || self.sink.is_broken() => Exit::Partial,
            () => Exit::Complete,
        }
    }

    /// Hands the page to the output. A full disk does not end a watch: what does not fit is counted.
    fn deliver(&mut self, resets: u64) -> io::Result<()> {
        let before = (self.sink.is_broken(), self.sink.lost());
        match self.sink.deliver(resets) {
            Ok(()) if before.0 => notices::goes_on_writing(&self.name, before.1),
            Ok(()) => {}
            Err(error) if ends_it(&error) => return Err(error),
            Err(error) if !before.0 => notices::held_up(&self.name, &error),
            Err(_) => {}
        }
        Ok(())
    }
}

impl Audience for Listener {
    fn admits(&mut self, reset: &ResetReport) -> bool {
        self.selection
            .starts(Timestamp::from_nanos(reset.connection.started.nanos()));
        self.selection.admits(reset)
    }

    fn reset(&mut self, reset: &ResetReport) -> io::Result<()> {
        self.alarmed |= self.alarms.iter().any(|alarm| alarm.rings(reset));
        self.renderer.reset(reset, self.sink.page())?;
        self.deliver(1)
    }

    fn interim(&mut self, end: &End) -> io::Result<()> {
        if self.renderer.interim(end, self.sink.page())? {
            return self.deliver(0);
        }
        // Where standard error is closed there is nobody to tell.
        let _ = self.aside.interim(end, &mut io::stderr());
        Ok(())
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        notices::happened(notice);
    }

    fn goes_on_without_terminal(&mut self) -> bool {
        let goes_on = !self.sink.is_terminal();
        notices::hung_up(goes_on);
        goes_on
    }

    fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.sink.pipe()
    }
}

/// Whoever read has gone: a closed pipe, or a terminal that does not exist any more.
fn ends_it(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
        || error.raw_os_error() == Some(nix::errno::Errno::EIO as i32)
}
