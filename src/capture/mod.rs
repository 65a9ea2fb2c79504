//! Bytes -> [`Record`]: the only room that opens inputs. It knows file formats and nothing of what records hold.
//!
//! # Why the walk over records is our own
//!
//! Two maintained crates read both formats in pure Rust, and both were measured beside this room: medians of nine alternating runs over five
//! million records cut at 96 bytes, in the page cache, through a buffer of 1 MiB. Time relative to ours, from run to run:
//!
//! | | pcap | pcapng |
//! |---|---|---|
//! | here, with the index of a batch | 1 (0.08 s) | 1 (0.11 s) |
//! | pcap-parser 0.17 | 1.2 to 1.4 | 2.1 |
//! | pcap-file 3.0.0-rc.3 | 0.9 | 2.1 to 2.3 |
//!
//! Over whole packets (560 bytes on average) the three are alike, as the kernel's copying is most of it. Speed alone would not decide it.
//! What does is in their sources: pcap-parser refuses every base-two `if_tsresol`, reads `if_tsoffset` in one byte order only.
//! pcap-file refuses records longer than the snap length or with a fraction above one second, which occur and which other tools read, and its
//! reader rests on `unsafe`. Both lend one record at a time, so a batch that can cross threads would cost a
//! copy of every record.

mod batch;
mod bytes;
mod error;
mod file;
#[cfg(feature = "live")]
mod filter;
mod foreign;
mod info;
mod input;
mod layout;
#[cfg(feature = "live")]
mod live;
mod merge;
mod pcap;
mod pcapng;
mod spool;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod testfile;
mod unpack;
mod walk;

pub use batch::Batch;
pub use error::{CaptureError, Damage, Fault, FirstBytes, Place, Skipped};
pub use file::{FileSource, Position};
#[cfg(feature = "live")]
pub use filter::{Filter, FilterError};
pub use info::{InterfaceInfo, SourceInfo};
pub use layout::{Layout, Spacing};
#[cfg(feature = "live")]
pub use live::{
    BUFFER, Drops, Interface, LiveError, LiveFault, Presence, SNAP_LENGTH, Sniffable, StampedBy,
    Tuning, interfaces,
};
pub use merge::{FilePiece, Merge, Stopped};
pub use pcapng::{Origin, PcapngWriter};
pub use spool::Spool;

/// What sources give, and who may be shown it.
pub use crate::decode::{Look, Record};

use std::path::Path;

/// Where records come from, a batch at a time.
pub trait Source {
    /// Replaces what `batch` holds by the next records. `false` is the end: the batch is empty then, and every later call gives the same.
    ///
    /// # Errors
    ///
    /// When no further record can be read. Every record given before stands, and the next call says that the source has ended.
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, CaptureError>;

    /// Begins again with the first record. `false` where the input cannot be read twice, and then nothing has changed.
    ///
    /// # Errors
    ///
    /// When the input could be read twice, but is not what it was.
    fn rewind(&mut self) -> Result<bool, CaptureError>;

    /// What is known of the input so far.
    fn info(&self) -> &SourceInfo;
}

/// Opens a capture file, or standard input for `-`. `source` is its index among the sources, from 0.
///
/// # Errors
///
/// When it cannot be opened, holds nothing, or is not in a format that is read; the message says which.
pub fn open(path: &Path, source: u16) -> Result<FileSource, CaptureError> {
    FileSource::open(path, source)
}
