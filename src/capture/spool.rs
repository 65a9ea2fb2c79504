//! [`Spool`]: what a pipe gave, written down while it is read, so that it can be read a second time.

use super::{CaptureError, FileSource};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// The bytes of an input that cannot be read twice, in a file of the caller's.
#[derive(Debug)]
pub struct Spool {
    file: File,
    name: String,
    source: u16,
}

impl Spool {
    /// Opens an input as [`open`](super::open) does. Where it is a pipe, standard input or a device, what it gives is written to the file that
    /// `room` makes, and a spool comes back with the source; a regular file needs none.
    ///
    /// # Errors
    ///
    /// As for [`open`](super::open), and when there is no room. When writing fails later, reading fails with that.
    pub fn open(
        path: &Path,
        source: u16,
        room: impl FnOnce() -> io::Result<File>,
    ) -> Result<(FileSource, Option<Self>), CaptureError> {
        FileSource::open_spooled(path, source, |name, input| {
            let file = room()?;
            let copy = file.try_clone()?;
            let spool = Self { file, name, source };
            Ok((
                Box::new(Copying { input, copy }) as Box<dyn Read + Send>,
                spool,
            ))
        })
    }

    /// Reads from the beginning what the input gave.
    ///
    /// # Errors
    ///
    /// As for [`open`](super::open).
    pub fn again(&self) -> Result<FileSource, CaptureError> {
        let failed = |error| CaptureError {
            file: self.name.clone(),
            fault: super::Fault::Open(error),
        };
        let mut file = self.file.try_clone().map_err(failed)?;
        file.rewind().map_err(failed)?;
        FileSource::from_reader(self.name.clone(), self.source, Box::new(file))
    }
}

/// Reads, and writes down what was read.
struct Copying {
    input: Box<dyn Read + Send>,
    copy: File,
}

impl Read for Copying {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(into)?;
        let written = self.copy.write_all(into.get(..read).unwrap_or_default());
        written.map_err(|error| {
            let what = format!("the copy that is kept of it cannot be written: {error}");
            io::Error::new(error.kind(), what)
        })?;
        Ok(read)
    }
}
