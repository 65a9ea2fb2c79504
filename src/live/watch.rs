//! [`Watch`]: the loop over interfaces, and what ends it.

use super::audience::{Audience, Notice};
use super::clock::{Clock, Every, now, time_of_day};
use super::kernel::Kernel;
use super::line::Line;
use super::memory::{Bound, MEMORY, resident};
use super::metrics::{Metrics, Totals};
use super::packets::{Packets, Wanted, comment};
use super::pieces::Pieces;
use super::signals::Signals;
use super::watched::{State, Watched};
use crate::analyzer::{Analyzer, Finished};
use crate::capture::{Batch, Drops, Interface, LiveFault, SourceInfo};
use crate::decode::Record;
use crate::report::{End, KernelCounter, Source, quality_of_sources};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// What ends a watch, beside a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stops {
    /// After so long.
    pub duration: Option<Duration>,
    /// After so many resets that were wanted.
    pub count: Option<u64>,
    /// After a reset of this cause.
    pub cause: Option<&'static str>,
}

/// How a watch ended.
#[derive(Debug)]
pub struct Ended {
    /// Everything that is known.
    pub end: End,
    /// Interfaces that vanished or failed.
    pub gone: usize,
    /// How the audience failed; `None`: it listened to the end.
    pub unheard: Option<io::Error>,
}

/// A watch that is about to begin: everything is open, and nothing was read.
pub struct Watch {
    interfaces: Vec<Watched>,
    analyzer: Analyzer,
    signals: Signals,
    stops: Stops,
    summaries: Option<Every>,
    metrics: Metrics,
    kernel: Option<Kernel>,
    bound: Bound,
    warned: Option<Every>,
    clock: Clock,
    line: Option<Line>,
    batch: Batch,
    packets: Option<Packets>,
    describe: fn(&SourceInfo) -> Source,
    given: u64,
    found: bool,
}

impl Watch {
    /// A watch over `interfaces`, each of which a report tells of as `describe` says.
    pub fn new(
        interfaces: Vec<Interface>,
        analyzer: Analyzer,
        signals: Signals,
        describe: fn(&SourceInfo) -> Source,
    ) -> Self {
        let several = interfaces.len() > 1;
        Self {
            interfaces: interfaces.into_iter().map(Watched::new).collect(),
            analyzer,
            signals,
            stops: Stops::default(),
            summaries: None,
            metrics: Metrics::default(),
            kernel: None,
            bound: Bound::new(MEMORY),
            warned: None,
            clock: Clock::default(),
            line: several.then(Line::default),
            batch: Batch::new(),
            packets: None,
            describe,
            given: 0,
            found: false,
        }
    }

    /// Ends it by `stops`, too.
    #[must_use]
    pub fn until(mut self, stops: Stops) -> Self {
        self.stops = stops;
        self
    }

    /// Gives a summary each `span`.
    #[must_use]
    pub fn summarize_every(mut self, span: Option<Duration>) -> Self {
        self.summaries = span.map(Every::new);
        self
    }

    /// Stays within so many bytes of memory.
    #[must_use]
    pub const fn within(mut self, bytes: u64) -> Self {
        self.bound = Bound::new(bytes);
        self
    }

    /// Asks the kernel about each reset.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Option<Kernel>) -> Self {
        self.kernel = kernel;
        self
    }

    /// Writes the packets of connections that were reset, of which a quarter of the memory keeps the latest.
    #[must_use]
    pub fn write_packets(
        mut self,
        pieces: Option<Pieces>,
        headers_only: bool,
        memory: u64,
    ) -> Self {
        self.packets = pieces.map(|pieces| Packets::new(pieces, headers_only, memory / 4));

        self
    }

    /// What it counts.
    pub const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Watches until something ends it.
    pub fn run(mut self, audience: &mut dyn Audience) -> Ended {
        let unheard = self.watch(audience).err();
        self.end(audience, unheard)
    }

    fn watch(&mut self, audience: &mut dyn Audience) -> io::Result<()> {
        let begun = now();
        let mut upkeep = Every::new(UPKEEP);
        while !self.is_over(begun.elapsed()) {
            if self.signals.hangup() && !audience.goes_on_without_terminal() {
                break;
            }
            if !self.wait(audience.pipe()) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let read = self.read(audience);
            if read == 0 {
                self.let_time_pass();
            }
            if upkeep.is_due() {
                self.upkeep(audience);
            }
            self.give(audience)?;
            let asked = self.signals.summary();
            let due = self.summaries.as_mut().is_some_and(Every::is_due);
            if asked || due {
                self.count_drops(false, audience);
                let finished = self.analyzer.so_far();
                audience.interim(&self.so_far(finished))?;
            }
        }
        Ok(())
    }

    /// Whether the resets came that were waited for.
    fn has_enough(&self) -> bool {
        self.found || self.stops.count.is_some_and(|count| self.given >= count)
    }

    /// Reads what the kernel has gathered before the end. It hands over the last of it within a moment.
    fn drain(&mut self, audience: &mut dyn Audience) {
        let begun = now();
        while begun.elapsed() < LAST_LOOK {
            self.wait(None);
            self.read(audience);
        }
    }

    fn is_over(&self, lasted: Duration) -> bool {
        self.signals.end()
            || self.has_enough()
            || self.stops.duration.is_some_and(|span| lasted >= span)
            || self.interfaces.iter().all(|one| one.state == State::Gone)
    }

    /// Waits for something to read, not for long. `false`: the other end of the pipe has gone.
    fn wait(&self, pipe: Option<BorrowedFd<'_>>) -> bool {
        let up = self.interfaces.iter().filter(|one| one.state == State::Up);
        let mut fds: Vec<PollFd<'_>> = up
            .map(|one| PollFd::new(one.interface.as_fd(), PollFlags::POLLIN))
            .collect();
        // Nothing is asked of it: that it has gone is told anyway.
        fds.extend(pipe.map(|pipe| PollFd::new(pipe, PollFlags::empty())));
        // A signal ends the wait, too; then there is simply nothing to read.
        let _ = poll(&mut fds, PollTimeout::from(TURN));
        let gone = |fd: &PollFd<'_>| {
            fd.revents()
                .is_some_and(|events| events.contains(PollFlags::POLLERR))
        };
        !(pipe.is_some() && fds.last().is_some_and(gone))
    }

    /// Reads what has come, some of each interface in turn. Returns how many records.
    fn read(&mut self, audience: &mut dyn Audience) -> usize {
        let mut read = 0;
        for at in 0..self.interfaces.len() {
            for _ in 0..BATCHES {
                let got = self.read_one(at, audience);
                read += got;
                if got < BATCH {
                    break;
                }
            }
        }
        if let Some(line) = &mut self.line {
            let (clock, analyzer, packets) = (self.clock, &mut self.analyzer, &mut self.packets);
            line.release(clock.time(), |record| push(analyzer, packets, record));
        }
        read
    }

    fn read_one(&mut self, at: usize, audience: &mut dyn Audience) -> usize {
        let Some(one) = self
            .interfaces
            .get_mut(at)
            .filter(|one| one.state != State::Gone)
        else {
            return 0;
        };
        if let Err(error) = one.interface.fill(&mut self.batch, BATCH) {
            match error.fault {
                LiveFault::Down => one.becomes(State::Down, audience),
                LiveFault::Vanished | LiveFault::Missing => one.becomes(State::Gone, audience),
                other => one.fails(&other, audience),
            }
        }
        if let Some(last) = self
            .batch
            .len()
            .checked_sub(1)
            .and_then(|last| self.batch.record(last))
        {
            self.clock.saw(last.time);
        }
        match &mut self.line {
            Some(line) => line.add(&self.batch),
            None => {
                for record in self.batch.records() {
                    push(&mut self.analyzer, &mut self.packets, &record);
                }
            }
        }
        self.batch.len()
    }

    /// Nothing has come: cases settle by the time that has passed.
    fn let_time_pass(&mut self) {
        if let Some(time) = self.clock.time() {
            let behind = if self.line.is_some() { Line::WAIT } else { 0 };
            self.analyzer.advance_to(time.plus(-behind));
        }
    }

    /// What need not be done for each record.
    fn upkeep(&mut self, audience: &mut dyn Audience) {
        for one in &mut self.interfaces {
            one.look(audience);
        }
        self.count_drops(false, audience);
        if let Some(kernel) = &mut self.kernel {
            kernel.listen();
        }
        let totals = self.totals();
        if totals.memory.is_some_and(|now| self.bound.is_near(now)) {
            self.analyzer.tighten();
        }
        self.metrics.show(&totals);
    }

    fn count_drops(&mut self, at_end: bool, audience: &mut dyn Audience) {
        let mut lost = false;
        let tell = at_end || self.warned.as_mut().is_none_or(Every::is_due);
        for one in self
            .interfaces
            .iter_mut()
            .filter(|one| one.state != State::Gone)
        {
            let drops = one.interface.count_drops();
            let since = Drops {
                kernel: drops.kernel - one.told.kernel,
                interface: drops.interface - one.told.interface,
            };
            lost |= drops != one.known;
            one.known = drops;
            if since.all() > 0 && tell {
                audience.notice(&Notice::Dropped {
                    interface: one.interface.name(),
                    since,
                });
                one.told = drops;
                self.warned = Some(Every::new(WARNINGS));
            }
            self.metrics
                .drops(one.interface.name(), drops.kernel, drops.interface);
        }
        if lost {
            self.analyzer.note_drops(time_of_day());
        }
    }

    fn totals(&self) -> Totals {
        Totals {
            progress: self.analyzer.progress(),
            memory: resident(),
        }
    }

    /// Gives the resets that have settled.
    fn give(&mut self, audience: &mut dyn Audience) -> io::Result<()> {
        let kernel = &mut self.kernel;
        let mut wanted = Wanted::new();
        let mut heard = Ok(());
        while heard.is_ok()
            && !self.found
            && self.stops.count.is_none_or(|count| self.given < count)
        {
            let next = self.analyzer.next_selected(|reset| {
                if let Some(kernel) = kernel.as_mut() {
                    kernel.testify(reset);
                }
                audience.admits(reset)
            });
            let Some(reset) = next else { break };
            self.given += 1;
            self.found = self.stops.cause == Some(reset.verdict.cause);
            self.metrics.reset(&reset);
            if self.packets.is_some() {
                wanted.push((
                    reset.connection.trace.flows,
                    reset.reference(),
                    comment(&reset),
                ));
            }
            heard = audience.reset(&reset);
        }
        if let Some(packets) = &mut self.packets
            && let Err(error) = packets.write(wanted)
        {
            audience.notice(&Notice::PacketsLost(&error.to_string()));
        }
        heard
    }

    fn end(mut self, audience: &mut dyn Audience, mut unheard: Option<io::Error>) -> Ended {
        if unheard.is_none() && !self.has_enough() {
            self.drain(audience);
        }
        self.count_drops(true, audience);
        if let Some(mut line) = self.line.take() {
            let (analyzer, packets) = (&mut self.analyzer, &mut self.packets);
            line.empty(|record| push(analyzer, packets, record));
        }
        if let Some(kernel) = &mut self.kernel {
            kernel.listen();
        }
        self.analyzer.settle();
        if unheard.is_none() {
            unheard = self.give(audience).err();
        }
        if let Some(packets) = &mut self.packets
            && let Err(error) = packets.end()
        {
            audience.notice(&Notice::PacketsLost(&error.to_string()));
        }
        for one in self
            .interfaces
            .iter_mut()
            .filter(|one| one.state != State::Gone)
        {
            one.interface.end(None);
        }
        let finished = self.analyzer.so_far();
        Ended {
            end: self.so_far(finished),
            gone: self
                .interfaces
                .iter()
                .filter(|one| one.state == State::Gone)
                .count(),
            unheard,
        }
    }

    fn so_far(&self, finished: Finished) -> End {
        let sources: Vec<Source> = self
            .interfaces
            .iter()
            .map(|one| (self.describe)(one.interface.info()))
            .collect();
        let mut capture_quality = quality_of_sources(&sources);
        capture_quality.extend(finished.capture_quality);
        let kernel: Vec<KernelCounter> = self
            .kernel
            .as_ref()
            .map(Kernel::counters)
            .unwrap_or_default();
        End {
            incidents: finished.incidents,
            capture_quality,
            summary: finished.summary,
            sources,
            kernel,
        }
    }
}

/// Gives a record to the analysis, and keeps it where packets are to be written.
fn push(analyzer: &mut Analyzer, packets: &mut Option<Packets>, record: &Record<'_>) {
    analyzer.push(record);
    if let Some(packets) = packets {
        packets.keep(record);
    }
}

/// How long a wait lasts at most: what is asked by a signal or by the time is done that soon.
const TURN: u8 = 100;
/// Between two looks at counters: a case that records were lost from must know it before it settles, two seconds after its reset.
const UPKEEP: Duration = Duration::from_millis(250);
/// Longer than the kernel gathers frames, and at once to a person.
const LAST_LOOK: Duration = Duration::from_millis(150);
/// Between two warnings about losses; the first comes at once.
const WARNINGS: Duration = Duration::from_secs(10);
/// Records read at a time from one interface.
const BATCH: usize = 1024;
/// Batches read from one interface before it is another's turn.
const BATCHES: usize = 16;
