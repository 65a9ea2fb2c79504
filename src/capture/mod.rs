//! Bytes -> [`Record`](crate::decode::Record): the only room that opens inputs. It knows file formats and nothing of what records hold.

mod batch;
mod bytes;
mod error;
mod file;
#[cfg(feature = "live")]
mod filter;
mod foreign;
mod info;
mod pcap;
mod pcapng;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod testfile;

pub use batch::Batch;
pub use error::{CaptureError, Damage, Fault, FirstBytes, Place};
pub use file::FileSource;
#[cfg(feature = "live")]
pub use filter::{Filter, FilterError};
pub use info::SourceInfo;

/// What sources give.
pub use crate::decode::Record;

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
