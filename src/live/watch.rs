//! [`Watch`]: the loop over interfaces, and what ends it.

use super::clock::{Clock, Every, now, time_of_day};
use super::kernel::Kernel;
use super::line::Line;
use super::memory::{Bound, MEMORY, resident};
use super::metrics::{Metrics, Totals};
use super::pieces::Pieces;
use super::ring::{Kept, Ring};
use super::signals::Signals;
use crate::analyzer::{Analyzer, Finished, headers_len};
use crate::capture::{Batch, Drops, Interface, LiveFault, Presence, SourceInfo};
use crate::decode::Record;
use crate::report::{End, KernelCounter, Reference, ResetReport, Source, quality_of_sources};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Whoever listens to a watch.
pub trait Audience {
    /// Whether a reset is wanted at all.
    fn admits(&mut self, reset: &ResetReport) -> bool;

    /// Takes a reset that has settled.
    ///
    /// # Errors
    ///
    /// When nobody listens any more, which ends the watch.
    fn reset(&mut self, reset: &ResetReport) -> io::Result<()>;

    /// Takes a summary while the watch goes on.
    ///
    /// # Errors
    ///
    /// When nobody listens any more, which ends the watch.
    fn interim(&mut self, end: &End) -> io::Result<()>;

    /// Hears what happens to the watch itself.
    fn notice(&mut self, notice: &Notice<'_>);

    /// The terminal has gone. Whether the watch goes on without it.
    fn goes_on_without_terminal(&mut self) -> bool;

    /// The pipe whose end is to end the watch; `None`: there is none.
    fn pipe(&self) -> Option<BorrowedFd<'_>>;
}

/// What happens to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// This interface lost frames since the last notice of it.
    Dropped {
        /// Its name.
        interface: &'a str,
        /// How many.
        since: Drops,
    },
    /// It went down; the watch waits for it.
    Down(&'a str),
    /// It came up again.
    Up(&'a str),
    /// It is gone, and will not come back under this handle.
    Vanished(&'a str),
    /// Packets of reset connections could not be written, and why.
    PacketsLost(&'a str),
    /// It cannot be read any more, and why.
    Failed(&'a str, &'a str),
}

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

/// Where packets of reset connections go.
struct Packets {
    ring: Ring,
    pieces: Pieces,
    headers_only: bool,
}

impl Packets {
    fn keep(&mut self, start: Option<Reference>, record: &Record<'_>) {
        if let Some(start) = start {
            let len = if self.headers_only {
                headers_len(record)
            } else {
                record.bytes.len()
            };
            self.ring.add(start, record, len);
        }
    }

    /// Writes the connections of some resets.
    fn write(
        &mut self,
        resets: &BTreeMap<Reference, BTreeMap<Reference, String>>,
    ) -> io::Result<()> {
        let mut result = Ok(());
        for (start, comments) in resets {
            let records = self.ring.take(*start);
            let comment = |kept: &Kept| comments.get(&kept.record().id.into()).cloned();
            result = result.and(self.pieces.write(records, comment));
        }
        result
    }
}

struct Watched {
    interface: Interface,
    state: State,
    /// What it lost, as counted last, and of that what the audience was told.
    known: Drops,
    told: Drops,
}

impl Watched {
    /// Goes into a state, and says so when it is another.
    fn becomes(&mut self, state: State, audience: &mut dyn Audience) {
        if self.state == state || self.state == State::Gone {
            return;
        }
        self.state = state;
        let name = self.interface.name();
        audience.notice(&match state {
            State::Up => Notice::Up(name),
            State::Down => Notice::Down(name),
            State::Gone => Notice::Vanished(name),
        });
        if state == State::Gone {
            self.interface.end(Some(LiveFault::Vanished.to_string()));
        }
    }

    /// It cannot be read any more, for another reason.
    fn fails(&mut self, fault: &LiveFault, audience: &mut dyn Audience) {
        self.state = State::Gone;
        let why = fault.to_string();
        audience.notice(&Notice::Failed(self.interface.name(), &why));
        self.interface.end(Some(why));
    }

    /// Looks whether the interface is there.
    fn look(&mut self, audience: &mut dyn Audience) {
        let state = match self.interface.presence() {
            Presence::Up => State::Up,
            Presence::Down => State::Down,
            Presence::Gone => State::Gone,
        };
        self.becomes(state, audience);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    Down,
    Gone,
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
        let watched = interfaces.into_iter().map(|interface| Watched {
            interface,
            state: State::Up,
            known: Drops::default(),
            told: Drops::default(),
        });
        Self {
            interfaces: watched.collect(),
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
        self.packets = pieces.map(|pieces| Packets {
            ring: Ring::new(usize::try_from(memory / 4).unwrap_or(usize::MAX)),
            pieces,
            headers_only,
        });
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

    fn count_drops(&mut self, last: bool, audience: &mut dyn Audience) {
        let mut lost = false;
        let tell = last || self.warned.as_mut().is_none_or(Every::is_due);
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
        let mut wanted: BTreeMap<Reference, BTreeMap<Reference, String>> = BTreeMap::new();
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
                let comments = wanted.entry(reset.connection.trace.start).or_default();
                comments.insert(reset.reference(), comment(&reset));
            }
            heard = audience.reset(&reset);
        }
        if let Some(packets) = &mut self.packets
            && let Err(error) = packets.write(&wanted)
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
            && let Err(error) = packets.pieces.end()
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
    let start = analyzer.push(record);
    if let Some(packets) = packets {
        packets.keep(start, record);
    }
}

/// What is said of a reset in the file.
fn comment(reset: &ResetReport) -> String {
    let verdict = &reset.verdict;
    let (cause, confidence, title) = (verdict.cause, verdict.confidence, verdict.title);
    format!(
        "{cause}, {confidence}: {title}. In the watch: record {}.",
        reset.record
    )
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
