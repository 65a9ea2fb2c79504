//! [`CaptureError`]: why an input could not be opened, or not be read further.

use std::error::Error;
use std::fmt;
use std::io;

/// What went wrong with which input.
///
/// An enum in a struct, as every case has the file's name, and a report that lists inputs needs the sentence without it.
#[derive(Debug)]
pub struct CaptureError {
    /// The path as it was given; `-` for standard input.
    pub file: String,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong. The first five come from opening; the others come later, and the records that were given stand.
#[derive(Debug)]
pub enum Fault {
    /// It cannot be opened: missing, no permission, or what else the system says.
    Open(io::Error),
    /// It is a directory.
    Directory,
    /// It holds no byte.
    Empty,
    /// Its first bytes are no capture's.
    NotCapture(FirstBytes),
    /// It is something known that is not read here.
    Foreign {
        /// What it is.
        format: &'static str,
        /// What turns it into something that is read.
        convert: &'static str,
    },
    /// Reading failed.
    Read {
        /// Where.
        at: Place,
        /// What the system said.
        source: io::Error,
    },
    /// Its bytes end too early or contradict each other.
    Damaged {
        /// Where.
        at: Place,
        /// How.
        damage: Damage,
    },
    /// Bytes were skipped, and what follows them was read.
    Skipped {
        /// How many, where and why.
        skipped: Skipped,
        /// What came later and ended the input; `None` for a sound end.
        then: Option<Box<Fault>>,
    },
    /// The file grew while it was read: it was read to the end that it had then.
    Growing(Place),
}

/// Bytes that were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// How many bytes.
    pub bytes: u64,
    /// In how many places.
    pub places: u64,
    /// The first of them: the record that came behind the damage, and where that begins.
    pub first: Place,
    /// What was wrong there.
    pub damage: Damage,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The record that would have been next, from 1.
    pub record: u64,
    /// The byte where the damaged header, record or block begins, from 0.
    pub offset: u64,
}

/// How bytes are damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The input ends inside a part.
    Cut {
        /// The part.
        part: &'static str,
        /// Its length in bytes.
        needed: u64,
        /// How many of them are there.
        had: u64,
    },
    /// The input ends before what was compressed does.
    CutPacked(&'static str),
    /// A record's header contradicts itself, and no record follows it.
    RecordHeader,
    /// A record claims more bytes than any capture tool writes.
    RecordLength {
        /// The claim, in bytes.
        len: u32,
        /// The longest that is believed.
        most: u32,
    },
    /// A block's length is below its least or above what is believed.
    BlockLength(u32),
    /// A block's length at its end differs from the one at its beginning.
    BlockEnd {
        /// At its beginning.
        first: u32,
        /// At its end.
        last: u32,
    },
    /// A block is too short for what it says it holds.
    BlockContent(&'static str),
    /// A section's byte-order magic is neither order's.
    ByteOrder([u8; 4]),
    /// A version of the format that nobody has written down.
    Version {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A packet names an interface that the section has not described.
    Interface {
        /// The interface's index, from 0.
        index: u32,
        /// Interfaces described.
        known: usize,
    },
    /// A section describes more interfaces than are believed.
    Interfaces(usize),
}

/// Up to eight bytes from the beginning of a file, for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstBytes {
    bytes: [u8; Self::MOST],
    len: usize,
}

impl FirstBytes {
    const MOST: usize = 8;

    pub(super) fn new(file: &[u8]) -> Self {
        let mut bytes = [0; Self::MOST];
        for (to, from) in bytes.iter_mut().zip(file) {
            *to = *from;
        }
        Self {
            bytes,
            len: file.len().min(Self::MOST),
        }
    }
}

impl fmt::Display for FirstBytes {
    /// In hexadecimal, separated by blanks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.bytes.iter().take(self.len).enumerate() {
            write!(f, "{}{byte:02x}", if at == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Display for CaptureError {
    /// The file's name, a colon, and the fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.fault)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => match error.kind() {
                io::ErrorKind::NotFound => f.write_str("there is no such file"),
                io::ErrorKind::PermissionDenied => f.write_str("no permission to read it"),
                _ => write!(f, "cannot be opened: {error}"),
            },
            Self::Directory => f.write_str("is a directory"),
            Self::Empty => f.write_str("is empty"),
            Self::NotCapture(first) => {
                write!(
                    f,
                    "not a capture in pcap or pcapng format: begins with {first}"
                )
            }
            Self::Foreign { format, convert } => {
                write!(f, "{format}, not pcap or pcapng; {convert}")
            }
            Self::Read { at, source } => write!(f, "reading failed at {at}: {source}"),
            Self::Damaged { at, damage } => write!(f, "{damage} ({at})"),
            Self::Skipped { skipped, then } => {
                skipped.fmt(f)?;
                match then {
                    Some(fault) => write!(f, "; then {fault}"),
                    None => Ok(()),
                }
            }
            Self::Growing(at) => write!(f, "is still being written: read up to {at}"),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bytes,
            places,
            first,
            damage,
        } = self;
        let plural = if *bytes == 1 { "" } else { "s" };
        write!(f, "skipped {bytes} byte{plural}")?;
        if *places > 1 {
            write!(f, " in {places} places, the first")?;
        }
        write!(f, " before {first}: {damage}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, byte offset {}", self.record, self.offset)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { part, needed, had } => {
                write!(
                    f,
                    "cut off inside a {part}: needed {needed} bytes, had {had}"
                )
            }
            Self::CutPacked(packing) => write!(f, "cut off inside its {packing} compression"),
            Self::RecordHeader => f.write_str("a record's header contradicts itself"),
            Self::RecordLength { len, most } => {
                write!(
                    f,
                    "a record claims {len} bytes, and none is longer than {most}"
                )
            }
            Self::BlockLength(len) => write!(f, "a block cannot be {len} bytes long"),
            Self::BlockEnd { first, last } => write!(
                f,
                "a block of {first} bytes gives its length as {last} at its end"
            ),
            Self::BlockContent(block) => write!(f, "{block} is too short for its content"),
            Self::ByteOrder(magic) => {
                write!(
                    f,
                    "a section's byte-order magic is {}",
                    FirstBytes::new(magic)
                )
            }
            Self::Version { major, minor } => {
                write!(f, "version {major}.{minor} of the format is unknown")
            }
            Self::Interface { index, known } => write!(
                f,
                "a packet names interface {index}, but {known} are described"
            ),
            Self::Interfaces(most) => write!(f, "a section describes more than {most} interfaces"),
        }
    }
}

impl Error for CaptureError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.fault {
            Fault::Open(source) | Fault::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}
