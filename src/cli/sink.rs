//! Where a watch writes: a page at a time, so that an output which takes no more for a while loses whole resets and never half a line.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// An output that may fail and come back.
pub struct Sink {
    out: Out,
    /// What is to be written next.
    page: Vec<u8>,
    /// The last write failed, perhaps in the middle of a line.
    broken: bool,
    /// Bytes of a line that was cut.
    cut: bool,
    lost: u64,
}

enum Out {
    Standard(io::Stdout),
    File(File),
}

impl Sink {
    /// Opens a file, or standard output for `None`.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let out = match path {
            Some(path) => Out::File(File::create(path)?),
            None => Out::Standard(io::stdout()),
        };
        Ok(Self {
            out,
            page: Vec::new(),
            broken: false,
            cut: false,
            lost: 0,
        })
    }

    /// Where to write.
    pub const fn page(&mut self) -> &mut Vec<u8> {
        &mut self.page
    }

    /// Writes the page, which holds this many resets. When that fails they are lost, and counted.
    pub fn deliver(&mut self, resets: u64) -> io::Result<()> {
        let page = std::mem::take(&mut self.page);
        let result = self.write(&page);
        self.broken = result.is_err();
        if result.is_err() {
            self.lost += resets;
        }
        result
    }

    fn write(&mut self, page: &[u8]) -> io::Result<()> {
        if self.cut && !page.is_empty() {
            self.put(b"\n")?;
            self.cut = false;
        }
        self.put(page)
    }

    fn put(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match &mut self.out {
                Out::Standard(out) => out.write(bytes).and_then(|len| out.flush().map(|()| len)),
                Out::File(file) => file.write(bytes),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => {
                    bytes = bytes.get(len..).unwrap_or_default();
                    self.cut = !bytes.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether the last write failed.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Resets that could not be written.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether a terminal shows it.
    pub fn is_terminal(&self) -> bool {
        match &self.out {
            Out::Standard(out) => out.is_terminal(),
            Out::File(_) => false,
        }
    }

    /// Standard output, whose other end may go.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        match &self.out {
            Out::Standard(out) => Some(out.as_fd()),
            Out::File(_) => None,
        }
    }
}
