//! [`Input`]: bytes from a file or a stream, unpacked on the way where they are compressed.

use super::unpack::Unpacker;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Take};
#[cfg(unix)]
use std::os::unix::fs::FileExt;

/// Where a capture's bytes come from.
pub(super) enum Input {
    /// A regular file, which can be read twice.
    File(File),
    /// A part of a regular file: from where it stands, so many bytes.
    Part(Take<File>),
    Stream(Box<dyn Read + Send>),
    Packed {
        unpacker: Box<Unpacker>,
        /// The same open file again, to begin anew.
        file: Option<File>,
    },
}

impl Input {
    /// Reads once, again only when a signal came in between. Zero is the end.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = match self {
                Self::File(file) => file.read(into),
                Self::Part(part) => part.read(into),
                Self::Stream(stream) => stream.read(into),
                Self::Packed { unpacker, .. } => unpacker.read(into),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    /// Fills `into` as far as there are bytes.
    pub(super) fn read_whole(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut len = 0;
        while let Some(free) = into.get_mut(len..)
            && !free.is_empty()
        {
            match self.read(free)? {
                0 => break,
                read => len += read,
            }
        }
        Ok(len)
    }

    /// Fills `into` with what stands in a file from the byte `from` on, as far as there is something; where it reads next is open then.
    pub(super) fn read_whole_at(&mut self, from: u64, into: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        if let Self::File(file) = self {
            // One call in place of two.
            return match file.read_exact_at(into, from) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
                done => done.map(|()| into.len()),
            };
        }
        self.read_some_at(from, into)
    }

    /// The same where there may be less, and how much there is.
    pub(super) fn read_some_at(&mut self, from: u64, into: &mut [u8]) -> io::Result<usize> {
        self.narrow(from, None)?;
        self.read_whole(into)
    }

    /// Unpacks from here on, if `first`, the bytes that were just read, are the beginning of something compressed. `false` if not.
    pub(super) fn unpack(&mut self, first: &[u8]) -> io::Result<bool> {
        let Some(packing) = Unpacker::recognise(first) else {
            return Ok(false);
        };
        let nothing = Self::Stream(Box::new(io::empty()));
        let (rest, file): (Box<dyn Read + Send>, _) = match std::mem::replace(self, nothing) {
            Self::File(file) => (Box::new(file.try_clone()?), Some(file)),
            Self::Stream(stream) => (stream, None),
            Self::Part(part) => (Box::new(part), None),
            // Compressed twice: left as it is.
            packed @ Self::Packed { .. } => {
                *self = packed;
                return Ok(false);
            }
        };
        let whole = Box::new(Cursor::new(first.to_vec()).chain(rest));
        *self = Self::Packed {
            unpacker: Box::new(Unpacker::new(packing, whole)),
            file,
        };
        Ok(true)
    }

    /// What it is compressed with.
    pub(super) fn packing(&self) -> Option<&'static str> {
        match self {
            Self::Packed { unpacker, .. } => Some(unpacker.name()),
            Self::File(_) | Self::Part(_) | Self::Stream(_) => None,
        }
    }

    /// Length of the file in bytes, as it is now; `None` for what has none.
    pub(super) fn len(&self) -> Option<u64> {
        match self {
            Self::File(file) => Some(file.metadata().ok()?.len()),
            Self::Part(_) | Self::Stream(_) | Self::Packed { .. } => None,
        }
    }

    /// Goes to the byte `from` of a file, and ends before the byte `to`, or with the file for `None`. Anything else stays as it is.
    pub(super) fn narrow(&mut self, from: u64, to: Option<u64>) -> io::Result<()> {
        let Self::File(file) = self else {
            return Ok(());
        };
        file.seek(SeekFrom::Start(from))?;
        if let Some(to) = to {
            let part = file.try_clone()?.take(to.saturating_sub(from));
            *self = Self::Part(part);
        }
        Ok(())
    }

    /// Goes back to the first byte. `false` where that cannot be.
    pub(super) fn rewind(&mut self) -> io::Result<bool> {
        match self {
            Self::Packed { file, .. } => match file.take() {
                Some(file) => *self = Self::File(file),
                None => return Ok(false),
            },
            Self::File(_) => {}
            Self::Part(_) | Self::Stream(_) => return Ok(false),
        }
        if let Self::File(file) = self {
            file.rewind()?;
        }
        Ok(true)
    }
}
