//! [`FileSource`]: a capture file or a pipe, read through one large buffer.
//!
//! Bytes are read into the batch they will be used from; only the record that the end of the buffer cut is copied, to the next batch. Memory
//! is bounded by the longest record that is believed, whatever the file claims: the buffer grows as bytes arrive, never ahead of them.

mod show;

use super::batch::Batch;
use super::error::{CaptureError, Damage, Fault, FirstBytes, Place};
use super::info::SourceInfo;
use super::input::Input;
use super::layout::{Layout, Spacing};
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::walk::{Keep, Lost, Progress, Stop, Walked};
use super::{Source, foreign};
use crate::decode::LinkType;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A capture in pcap or pcapng format, from a file, from standard input or from any reader.
pub struct FileSource {
    input: Input,
    format: Format,
    source: u16,
    progress: Progress,
    /// Length of the file when reading began.
    len: Option<u64>,
    /// Bytes read and not yet given: the beginning of a record.
    carry: Vec<u8>,
    /// What stands in a pcapng file before its first packet, once somebody asked for that, and how long it is.
    preamble: Option<(Pcapng, u64)>,
    state: State,
    info: SourceInfo,
}

type Reader = Box<dyn Read + Send>;
/// A place between two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Bytes before it.
    pub offset: u64,
    /// Number of the record that follows, from 1.
    pub record: u64,
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

enum State {
    Reading,
    /// No byte is left to read. What ended that, if it was not the end, and what was skipped before, is told once the records are given.
    Ending(Option<Fault>),
    Ended,
}

impl FileSource {
    /// Opens a file, or standard input for `-`, and reads its header. `source` is its index among the sources, from 0. Standard input that is a
    /// regular file is read as one, where the system lets it be opened once more.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, holds nothing, or is not in a format that is read; nothing was read then.
    pub fn open(path: &Path, source: u16) -> Result<Self, CaptureError> {
        let (source, _) = Self::open_spooled(path, source, |_, input| Ok((input, ())))?;
        Ok(source)
    }

    /// The same, where an input that cannot be read twice goes through `spool` first, which is told its name.
    pub(super) fn open_spooled<S>(
        path: &Path,
        source: u16,
        spool: impl FnOnce(String, Reader) -> io::Result<(Reader, S)>,
    ) -> Result<(Self, Option<S>), CaptureError> {
        let name = path.display().to_string();
        let failed = |error| CaptureError {
            file: name.clone(),
            fault: Fault::Open(error),
        };
        let stream: Reader = if name == "-" {
            if let Some(file) = redirected() {
                return Ok((Self::start(name, source, Input::File(file))?, None));
            }
            let input = io::stdin();
            widen(&input);
            Box::new(input)
        } else {
            let file = open_file(path).map_err(failed)?;
            let kind = file.metadata().map_err(failed)?;
            if kind.is_dir() {
                return Err(CaptureError {
                    file: name,
                    fault: Fault::Directory,
                });
            }
            if kind.is_file() {
                return Ok((Self::start(name, source, Input::File(file))?, None));
            }
            widen(&file);
            Box::new(file)
        };
        let (stream, spooled) = spool(name.clone(), stream).map_err(failed)?;
        Ok((Self::from_reader(name, source, stream)?, Some(spooled)))
    }

    /// Reads a capture from `reader`, which is called `name` in messages.
    ///
    /// # Errors
    ///
    /// As for [`FileSource::open`].
    pub fn from_reader(
        name: String,
        source: u16,
        reader: Box<dyn Read + Send>,
    ) -> Result<Self, CaptureError> {
        Self::start(name, source, Input::Stream(reader))
    }

    fn start(name: String, source: u16, input: Input) -> Result<Self, CaptureError> {
        let mut new = Self {
            info: SourceInfo {
                name,
                ..SourceInfo::default()
            },
            input,
            format: Format::Pcapng(Pcapng::new()),
            source,
            progress: Progress::default(),
            len: None,
            carry: Vec::new(),
            preamble: None,
            state: State::Ended,
        };
        match new.begin() {
            Ok(()) => Ok(new),
            Err(fault) => Err(CaptureError {
                file: new.info.name,
                fault,
            }),
        }
    }

    /// Reads the file's header; what was known before is forgotten.
    fn begin(&mut self) -> Result<(), Fault> {
        (self.format, self.carry) = Format::recognise(&mut self.input)?;
        self.info = SourceInfo {
            name: std::mem::take(&mut self.info.name),
            format: self.format.name(),
            packing: self.input.packing(),
            bytes: self.format.header_len(),
            ..SourceInfo::default()
        };
        self.progress = Progress {
            next: 1,
            offset: self.format.header_len(),
            ..Progress::default()
        };
        self.len = self.input.len();
        self.state = State::Reading;
        Ok(())
    }

    /// Length in bytes of the regular file that is read, when reading began; `None` for anything else.
    pub const fn file_len(&self) -> Option<u64> {
        self.len
    }

    /// Where the next record begins, or would if there were one.
    pub fn position(&self) -> Position {
        Position {
            offset: self.progress.offset,
            record: self.progress.next,
        }
    }

    /// Where the first record begins, if other readers may begin in the middle: that is so where every record stands on its own, in a plain pcap
    /// file, and where all that must be known of them stands before the first, in a pcapng file of one section whose interfaces are alike. What
    /// follows must not be [bound](Layout::Bound) to anything else. `None` elsewhere.
    pub fn divide(&mut self) -> Option<u64> {
        match (&self.input, &self.format) {
            (Input::File(_), Format::Pcap(_)) => Some(self.format.header_len()),
            (Input::File(_), Format::Pcapng(_)) => {
                if self.preamble.is_none() {
                    self.preamble = [CHUNK / 64, CHUNK].into_iter().find_map(|len| {
                        let mut bytes = vec![0; len];
                        let len = self.input.read_some_at(0, &mut bytes).ok()?;
                        Pcapng::preamble(bytes.get(..len)?)
                    });
                    let behind = self.progress.offset + self.carry.len() as u64;
                    self.input.narrow(behind, None).ok()?;
                }
                self.preamble.as_ref().map(|(_, len)| *len)
            }
            _ => None,
        }
    }

    /// The link type of all records, where the input is [divisible](FileSource::divide).
    pub fn link(&mut self) -> Option<LinkType> {
        self.divide()?;
        match (&self.format, &self.preamble) {
            (Format::Pcap(pcap), _) => Some(pcap.link()),
            (Format::Pcapng(_), preamble) => preamble.as_ref()?.0.link(),
        }
    }

    /// How the records lie that were read since the source was opened or [narrowed](FileSource::narrow).
    pub const fn layout(&self) -> Layout {
        match &self.format {
            Format::Pcap(pcap) => Layout::Even(Spacing::new(pcap.header_len(), 1)),
            Format::Pcapng(pcapng) => pcapng.layout(),
        }
    }

    /// Reads only the records from `from` on, up to the byte `to`, or to the end of the file for `None`. A part that ends inside a record has
    /// an end as a file that was cut. `false` where the input is not [divisible](FileSource::divide), and then nothing has changed.
    ///
    /// # Errors
    ///
    /// When it cannot be read from there.
    pub fn narrow(&mut self, from: Position, to: Option<u64>) -> Result<bool, CaptureError> {
        if self.divide().is_none() {
            return Ok(false);
        }
        let at = Place {
            record: from.record,
            offset: from.offset,
        };
        match self.input.narrow(from.offset, to) {
            Ok(()) => {}
            Err(source) => return Err(self.fail(Fault::Read { at, source })),
        }
        if let Some((preamble, _)) = &self.preamble {
            self.format = Format::Pcapng(preamble.clone());
        }
        self.carry.clear();
        self.state = State::Reading;
        self.progress = Progress {
            next: from.record,
            offset: from.offset,
            ..Progress::default()
        };
        Ok(true)
    }

    /// Where a record begins at or shortly behind the byte `near`, as far as that can be told from within. `None`: nothing there looks like a
    /// record, or the input is not divisible.
    pub fn boundary(&mut self, near: u64) -> Option<u64> {
        self.divide()?;
        // Few bytes show it nearly always.
        [CHUNK / 8, CHUNK].into_iter().find_map(|len| {
            let mut bytes = vec![0; len];
            let len = self.input.read_some_at(near, &mut bytes).ok()?;
            let bytes = bytes.get(..len)?;
            let found = match (&self.format, &self.preamble) {
                (Format::Pcap(pcap), _) => pcap.first_record(bytes),
                (Format::Pcapng(_), preamble) => preamble.as_ref()?.0.first_packet(bytes, near),
            };
            Some(near + found? as u64)
        })
    }

    /// Reads on, where there is something left to read.
    fn advance(&mut self, buffer: &mut Vec<u8>, keep: &mut impl Keep) {
        if !matches!(self.state, State::Reading) {
            return;
        }
        match self.read_records(buffer, keep) {
            Ok(Some(())) => {}
            Ok(None) => {
                let fault = self
                    .has_grown()
                    .then(|| Fault::Growing(self.progress.place(0)));
                self.info.complete = fault.is_none() && self.progress.skipped.is_none();
                self.state = State::Ending(fault);
            }
            Err(fault) => self.state = State::Ending(Some(fault)),
        }
    }

    /// Notes what the file has told of its interfaces.
    fn note_interfaces(&mut self) {
        if let Format::Pcapng(pcapng) = &self.format {
            self.info.dropped = pcapng.dropped();
            self.info.interfaces = pcapng.interfaces();
        }
    }

    /// Tells what is to be told behind the last record, once.
    fn end(&mut self) -> Result<bool, CaptureError> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Ending(fault) => self.told(fault).map_or(Ok(false), Err),
            State::Reading | State::Ended => Ok(false),
        }
    }

    /// Reads until a record is kept. `None`: the capture has ended.
    fn read_records(
        &mut self,
        buffer: &mut Vec<u8>,
        keep: &mut impl Keep,
    ) -> Result<Option<()>, Fault> {
        let mut filled = self.carry.len();
        hold(buffer, filled.max(CHUNK));
        if let Some(front) = buffer.get_mut(..filled) {
            front.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        loop {
            let free = buffer.get_mut(filled..).unwrap_or_default();
            let read = self
                .input
                .read(free)
                .map_err(|error| self.not_read(error))?;
            filled += read;
            self.progress.at_end = read == 0;
            let bytes = buffer.get(..filled).unwrap_or_default();
            let progress = &mut self.progress;
            let Walked { used, stop } = match &mut self.format {
                Format::Pcap(pcap) => pcap.walk(bytes, progress, keep),
                Format::Pcapng(pcapng) => pcapng.walk(bytes, progress, keep),
            };
            let had = filled - used;
            progress.offset += used as u64;
            let skipped = progress.skipped.map_or(0, |skipped| skipped.bytes);
            self.info.bytes = progress.offset.saturating_sub(skipped);
            let lost = match stop {
                Stop::Bad(lost) => Some(lost),
                Stop::Need { part, len } if read == 0 => Some(Lost {
                    at: progress.place(0),
                    damage: Damage::Cut {
                        part,
                        needed: len,
                        had: had as u64,
                    },
                }),
                Stop::Boundary | Stop::Need { .. } => None,
            };
            if let Some(Lost { at, damage }) = lost {
                self.info.bytes = at.offset.saturating_sub(skipped);
                // The rest of a record that was cut may be on its way.
                let is_cut = matches!(damage, Damage::Cut { .. });
                self.state = State::Ending(Some(if is_cut && self.has_grown() {
                    Fault::Growing(at)
                } else {
                    Fault::Damaged { at, damage }
                }));
                return Ok(Some(()));
            }
            if keep.has_any() {
                self.carry
                    .extend_from_slice(bytes.get(used..).unwrap_or_default());
                return Ok(Some(()));
            }
            if read == 0 {
                return Ok(None);
            }
            buffer.copy_within(used..filled, 0);
            filled = had;
            if filled == buffer.len() {
                hold(buffer, 2 * filled);
            }
        }
    }

    /// Whether the file is longer than it was when reading began: somebody writes it.
    fn has_grown(&self) -> bool {
        self.input.len() > self.len
    }

    fn not_read(&self, source: io::Error) -> Fault {
        let at = self.progress.place(0);
        match self.input.packing() {
            Some(packing) if source.kind() == io::ErrorKind::UnexpectedEof => {
                let damage = Damage::CutPacked(packing);
                Fault::Damaged { at, damage }
            }
            _ => Fault::Read { at, source },
        }
    }

    /// What is to be told at the end, `fault` being what ended the input, if anything did.
    fn told(&mut self, fault: Option<Fault>) -> Option<CaptureError> {
        let fault = match (self.progress.skipped, fault) {
            (Some(skipped), fault) => Fault::Skipped {
                skipped,
                then: fault.map(Box::new),
            },
            (None, Some(fault)) => fault,
            (None, None) => return None,
        };
        Some(self.fail(fault))
    }

    fn fail(&mut self, fault: Fault) -> CaptureError {
        self.state = State::Ended;
        self.info.problem = Some(fault.to_string());
        CaptureError {
            file: self.info.name.clone(),
            fault,
        }
    }
}

impl Source for FileSource {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, CaptureError> {
        batch.source = self.source;
        batch.index.clear();
        self.advance(&mut batch.bytes, &mut batch.index);
        self.info.note(&batch.index);
        self.note_interfaces();
        if batch.is_empty() {
            return self.end();
        }
        Ok(true)
    }

    fn rewind(&mut self) -> Result<bool, CaptureError> {
        let start = Place {
            record: 1,
            offset: 0,
        };
        match self.input.rewind() {
            Ok(false) => return Ok(false),
            Ok(true) => {}
            Err(source) => return Err(self.fail(Fault::Read { at: start, source })),
        }
        match self.begin() {
            Ok(()) => Ok(true),
            Err(fault) => Err(self.fail(fault)),
        }
    }

    fn info(&self) -> &SourceInfo {
        &self.info
    }
}

impl Format {
    /// Reads the first bytes; gives back those that belong to what follows.
    fn recognise(input: &mut Input) -> Result<(Self, Vec<u8>), Fault> {
        let mut first = [0; Pcap::HEADER_LEN];
        let mut len = input.read_whole(&mut first).map_err(Fault::Open)?;
        if input
            .unpack(first.get(..len).unwrap_or_default())
            .map_err(Fault::Open)?
        {
            len = input.read_whole(&mut first).map_err(Fault::Open)?;
        }
        let first = first.get(..len).unwrap_or_default();
        if first.is_empty() {
            return Err(Fault::Empty);
        }
        if Pcap::recognises(first) {
            let at = Place {
                record: 1,
                offset: 0,
            };
            let pcap = Pcap::new(first).map_err(|damage| Fault::Damaged { at, damage })?;
            return Ok((Self::Pcap(pcap), Vec::new()));
        }
        if Pcapng::recognises(first) {
            return Ok((Self::Pcapng(Pcapng::new()), first.to_vec()));
        }
        Err(foreign::recognise(first).unwrap_or(Fault::NotCapture(FirstBytes::new(first))))
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Pcap(_) => "pcap",
            Self::Pcapng(_) => "pcapng",
        }
    }

    /// Bytes that [`Format::recognise`] has understood for good.
    const fn header_len(&self) -> u64 {
        match self {
            Self::Pcap(_) => Pcap::HEADER_LEN as u64,
            Self::Pcapng(_) => 0,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where captures are opened"
)]
fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Standard input, opened once more, where a whole regular file was redirected into it: another handle on it would share its position, and who
/// reads a file in several places must not. `None`: it is something else, was read from already, or may not be opened.
#[cfg(target_os = "linux")]
fn redirected() -> Option<File> {
    use std::io::Seek;
    use std::os::fd::AsFd;
    let mut given = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let is_whole = given.metadata().ok()?.is_file() && given.stream_position().ok()? == 0;
    is_whole
        .then(|| open_file(Path::new("/dev/stdin")).ok())
        .flatten()
}

/// Elsewhere to open it again gives the same handle.
#[cfg(not(target_os = "linux"))]
fn redirected() -> Option<File> {
    None
}

/// Lets a pipe hold as much as is read at once, so that its two ends wait for each other less often. What is no pipe, or may not grow, stays.
#[cfg(target_os = "linux")]
fn widen(input: &impl std::os::fd::AsFd) {
    use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
    if fcntl_getpipe_size(input).is_ok_and(|size| size < PIPE) {
        // All that can be lost is speed.
        let _ = fcntl_setpipe_size(input, PIPE);
    }
}

/// Elsewhere a pipe has the size that it has.
#[cfg(not(target_os = "linux"))]
fn widen<T>(_: &T) {}

/// Gives a buffer at least `len` bytes.
fn hold(buffer: &mut Vec<u8>, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}

/// Bytes read at once: large enough that the system calls do not show, small enough to stay in the cache until it is used.
const CHUNK: usize = 128 << 10;
/// Bytes that a pipe is to hold; measured: long packets come through it in a sixth less time than through one of a quarter, and in no less through
/// one of twice as many.
const PIPE: usize = 512 << 10;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
