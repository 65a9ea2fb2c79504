//! The packets of `--write` in a watch: kept until a reset of their connection has settled, then written.

use super::pieces::Pieces;
use super::ring::{Kept, Ring};
use crate::analyzer::headers_len;
use crate::decode::Record;
use crate::report::{Reference, ResetReport};
use std::collections::BTreeMap;
use std::io;

/// Connections by their first record, and what is said of their resets by the records of these.
pub type Wanted = BTreeMap<Reference, BTreeMap<Reference, String>>;

/// Where packets of reset connections go.
#[derive(Debug)]
pub struct Packets {
    ring: Ring,
    pieces: Pieces,
    headers_only: bool,
}

impl Packets {
    /// Keeps the latest packets in so many bytes, and writes to `pieces`.
    pub fn new(pieces: Pieces, headers_only: bool, bytes: u64) -> Self {
        Self {
            ring: Ring::new(usize::try_from(bytes).unwrap_or(usize::MAX)),
            pieces,
            headers_only,
        }
    }

    /// Keeps a record of the connection that began with `start`.
    pub fn keep(&mut self, start: Option<Reference>, record: &Record<'_>) {
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
    ///
    /// # Errors
    ///
    /// When the file takes no more.
    pub fn write(&mut self, resets: &Wanted) -> io::Result<()> {
        let mut result = Ok(());
        for (start, comments) in resets {
            let records = self.ring.take(*start);
            let comment = |kept: &Kept| comments.get(&kept.record().id.into()).cloned();
            result = result.and(self.pieces.write(records, comment));
        }
        result
    }

    /// Ends the file that is being written.
    ///
    /// # Errors
    ///
    /// When it cannot be written in order.
    pub fn end(&mut self) -> io::Result<()> {
        self.pieces.end()
    }
}

/// What is said of a reset in the file.
pub fn comment(reset: &ResetReport) -> String {
    let verdict = &reset.verdict;
    let (cause, confidence, title) = (verdict.cause, verdict.confidence, verdict.title);
    format!(
        "{cause}, {confidence}: {title}. In the watch: record {}.",
        reset.record
    )
}
