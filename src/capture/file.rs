//! [`FileSource`]: a capture file or a pipe, read through one large buffer.
//!
//! Bytes are read into the batch they will be used from; only the record that the end of the buffer cut is copied, to the next batch. Memory
//! is bounded by the longest record that is believed, whatever the file claims: the buffer grows as bytes arrive, never ahead of them.

use super::batch::Batch;
use super::error::{CaptureError, Damage, Fault, FirstBytes, Place};
use super::info::SourceInfo;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use super::{Source, foreign};
use crate::decode::LinkType;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

/// A capture in pcap or pcapng format, from a file, from standard input or from any reader.
pub struct FileSource {
    input: Input,
    format: Format,
    source: u16,
    /// Number of the next record.
    next: u64,
    /// Bytes read and not yet given: the beginning of a record.
    carry: Vec<u8>,
    state: State,
    info: SourceInfo,
}

enum Input {
    /// A regular file, which can be read twice.
    File(File),
    Stream(Box<dyn Read + Send>),
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

enum State {
    Reading,
    /// Records were given before the fault; the next call reports it.
    Failing(Fault),
    Ended,
}

/// How far a walk over a buffer came.
pub(super) struct Walked {
    /// Bytes understood.
    pub(super) used: usize,
    pub(super) stop: Stop,
}

/// Why a walk over a buffer stopped.
pub(super) enum Stop {
    /// The buffer ends where a record does.
    Boundary,
    /// The buffer ends inside something that is `len` bytes long.
    Need { part: &'static str, len: u64 },
    /// What follows cannot be read.
    Bad(Damage),
}

impl Stop {
    pub(super) const fn need(part: &'static str, len: usize) -> Self {
        let len = len as u64;
        Self::Need { part, len }
    }
}

/// The longest record that is believed, in bytes: beyond it a length is damage. The usual limit is that of libpcap and of Wireshark
/// (`MAXIMUM_SNAPLEN`, `WTAP_MAX_PACKET_SIZE_STANDARD`), whatever snap length a file states: writers exceed that.
pub(super) const fn longest_record(link: LinkType) -> u32 {
    match link.0 {
        // D-Bus, USBPcap and EBHSCR, where those two allow up to 128 MiB. None carries TCP, but a file may mix them with what does.
        231 | 249 | 279 => LONGEST_BLOCK_RECORD,
        _ => 262_144,
    }
}

impl FileSource {
    /// Opens a file, or standard input for `-`, and reads its header. `source` is its index among the sources, from 0.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, holds nothing, or is not in a format that is read; nothing was read then.
    pub fn open(path: &Path, source: u16) -> Result<Self, CaptureError> {
        let name = path.display().to_string();
        let failed = |fault| CaptureError {
            file: name.clone(),
            fault,
        };
        if name == "-" {
            return Self::from_reader(name, source, Box::new(io::stdin()));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "the one place where captures are opened"
        )]
        let file = File::open(path).map_err(|error| failed(Fault::Open(error)))?;
        let kind = file
            .metadata()
            .map_err(|error| failed(Fault::Open(error)))?;
        if kind.is_dir() {
            return Err(failed(Fault::Directory));
        }
        if kind.is_file() {
            Self::start(name, source, Input::File(file))
        } else {
            Self::from_reader(name, source, Box::new(file))
        }
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

    fn start(name: String, source: u16, mut input: Input) -> Result<Self, CaptureError> {
        match Format::recognise(&mut input) {
            Ok((format, carry)) => Ok(Self {
                info: SourceInfo {
                    name,
                    format: format.name(),
                    bytes: format.header_len(),
                    ..SourceInfo::default()
                },
                input,
                format,
                source,
                next: 1,
                carry,
                state: State::Reading,
            }),
            Err(fault) => Err(CaptureError { file: name, fault }),
        }
    }

    /// Reads until the batch holds a record. `None`: the capture has ended.
    fn read_records(&mut self, batch: &mut Batch) -> Result<Option<()>, Fault> {
        let mut filled = self.carry.len();
        batch.hold(filled.max(CHUNK));
        if let Some(front) = batch.bytes.get_mut(..filled) {
            front.copy_from_slice(&self.carry);
        }
        self.carry.clear();
        loop {
            let free = batch.bytes.get_mut(filled..).unwrap_or_default();
            let read = self.input.read(free).map_err(|source| Fault::Read {
                at: self.place(),
                source,
            })?;
            filled += read;
            let bytes = batch.bytes.get(..filled).unwrap_or_default();
            let Walked { used, stop } = match &mut self.format {
                Format::Pcap(pcap) => pcap.walk(bytes, &mut self.next, &mut batch.index),
                Format::Pcapng(pcapng) => pcapng.walk(bytes, &mut self.next, &mut batch.index),
            };
            let had = filled - used;
            self.info.bytes += used as u64;
            let fault = match stop {
                Stop::Bad(damage) => Some(damage),
                Stop::Need { part, len } if read == 0 => Some(Damage::Cut {
                    part,
                    needed: len,
                    had: had as u64,
                }),
                Stop::Boundary | Stop::Need { .. } => None,
            };
            if let Some(damage) = fault {
                let at = self.place();
                self.state = State::Failing(Fault::Damaged { at, damage });
                return Ok(Some(()));
            }
            if !batch.index.is_empty() {
                self.carry
                    .extend_from_slice(bytes.get(used..).unwrap_or_default());
                return Ok(Some(()));
            }
            if read == 0 {
                return Ok(None);
            }
            batch.bytes.copy_within(used..filled, 0);
            filled = had;
            if filled == batch.bytes.len() {
                batch.hold(2 * filled);
            }
        }
    }

    fn place(&self) -> Place {
        Place {
            record: self.next,
            offset: self.info.bytes,
        }
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
        if matches!(self.state, State::Reading) {
            match self.read_records(batch) {
                Ok(Some(())) => {}
                Ok(None) => {
                    self.state = State::Ended;
                    self.info.complete = true;
                }
                Err(fault) => self.state = State::Failing(fault),
            }
            self.info.note(&batch.index);
            if let Format::Pcapng(pcapng) = &self.format {
                self.info.dropped = pcapng.dropped();
            }
        }
        if !batch.is_empty() {
            return Ok(true);
        }
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Failing(fault) => Err(self.fail(fault)),
            State::Reading | State::Ended => Ok(false),
        }
    }

    fn rewind(&mut self) -> Result<bool, CaptureError> {
        let Input::File(file) = &mut self.input else {
            return Ok(false);
        };
        let begun = file
            .rewind()
            .map_err(|source| Fault::Read {
                at: Place {
                    record: 1,
                    offset: 0,
                },
                source,
            })
            .and_then(|()| Format::recognise(&mut self.input));
        match begun {
            Ok((format, carry)) => {
                self.info = SourceInfo {
                    name: std::mem::take(&mut self.info.name),
                    format: format.name(),
                    bytes: format.header_len(),
                    ..SourceInfo::default()
                };
                (self.format, self.carry) = (format, carry);
                (self.next, self.state) = (1, State::Reading);
                Ok(true)
            }
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
        let mut len = 0;
        while let Some(free) = first.get_mut(len..)
            && !free.is_empty()
        {
            match input.read(free).map_err(Fault::Open)? {
                0 => break,
                read => len += read,
            }
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

impl Input {
    /// Reads once, again only when a signal came in between. Zero is the end.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::File(file) => file.read(into),
                Self::Stream(stream) => stream.read(into),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

impl Batch {
    /// Gives the buffer at least `len` bytes.
    fn hold(&mut self, len: usize) {
        if self.bytes.len() < len {
            self.bytes.resize(len, 0);
        }
    }
}

/// Bytes read at once: large enough that the system calls do not show, small enough to stay in the cache until it is used.
const CHUNK: usize = 1 << 20;
/// As long as the longest block that is held in memory.
const LONGEST_BLOCK_RECORD: u32 = 16 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
