//! The packets of `--write` in a watch: kept until a reset of their connection has settled, then written.

use super::pieces::Pieces;
use super::ring::{Kept, Ring};
use crate::analyzer::headers_len;
use crate::decode::{Decoded, Record, decode};
use crate::report::{Reference, ResetReport};
use crate::tcp::Flow;
use std::collections::HashMap;
use std::io;

/// Resets whose connections are to be written: their flows, and what is said of which record.
pub type Wanted = Vec<([Option<Flow>; 2], Reference, String)>;

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

    /// Keeps a record, if it belongs to a connection.
    pub fn keep(&mut self, record: &Record<'_>) {
        if let Some(flow) = flow_of(&decode(record)) {
            let len = if self.headers_only {
                headers_len(record)
            } else {
                record.bytes.len()
            };
            self.ring.add(flow, record, len);
        }
    }

    /// Writes the connections of some resets.
    ///
    /// # Errors
    ///
    /// When the file takes no more.
    pub fn write(&mut self, wanted: Wanted) -> io::Result<()> {
        let (mut flows, mut comments) = (Vec::new(), HashMap::new());
        for (of, record, comment) in wanted {
            flows.extend(of.into_iter().flatten());
            comments.insert(record, comment);
        }
        let mut result = Ok(());
        for flow in flows {
            let records = self.ring.take(flow);
            let comment = |kept: &Kept| comments.get(&kept.record().id.into()).cloned();
            if !records.is_empty() {
                result = result.and(self.pieces.write(records, comment));
            }
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

/// The flow of what was decoded; that of the connection that an ICMP error is about.
fn flow_of(decoded: &Decoded<'_>) -> Option<Flow> {
    match decoded {
        Decoded::Segment(segment) => Some(segment.flow()),
        Decoded::Quoted(quoted) => Some(quoted.flow()),
        Decoded::Several(parts) => parts.iter().find_map(flow_of),
        Decoded::Skip(_) => None,
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
