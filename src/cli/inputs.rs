//! The inputs of a run: opened before any of them is read, and read as one capture.

use super::messages;
use crate::capture::{CaptureError, Merge, SourceInfo};
use crate::report::Source;
use std::path::{Path, PathBuf};

/// The inputs that could be opened, and the others by name.
pub struct Inputs {
    /// The records of those that are open.
    pub merge: Merge,
    /// Those that are not, with their indexes.
    closed: Vec<(u16, Source)>,
}

impl Inputs {
    /// Opens each of `files`; what cannot be opened is said.
    pub fn open(files: &[PathBuf]) -> Self {
        let mut inputs = Self {
            merge: Merge::new(),
            closed: Vec::new(),
        };
        for (index, path) in (0_u16..).zip(files) {
            if let Err(error) = inputs.merge.add_file(path, index) {
                messages::not_opened(&error, path);
                inputs.closed.push((index, unread(path, &error)));
            }
        }
        inputs
    }

    /// Whether there is nothing to read.
    pub fn none_opened(&self) -> bool {
        self.merge.is_empty()
    }

    /// Whether each was read to a sound end.
    pub fn all_complete(&self) -> bool {
        self.closed.is_empty() && self.merge.infos().all(|(_, info)| info.complete)
    }

    /// What the report says of each, in the order given.
    pub fn reports(&self) -> Vec<Source> {
        let opened = self.merge.infos();
        let mut all: Vec<(u16, Source)> = opened
            .map(|(index, info)| (index, reported(info)))
            .chain(self.closed.iter().cloned())
            .collect();
        all.sort_by_key(|(index, _)| *index);
        all.into_iter().map(|(_, source)| source).collect()
    }
}

fn unread(path: &Path, error: &CaptureError) -> Source {
    Source {
        name: path.display().to_string(),
        problem: Some(error.fault.to_string()),
        ..Source::default()
    }
}

/// What a report says of an input.
pub fn reported(info: &SourceInfo) -> Source {
    Source {
        name: info.name.clone(),
        format: Some(info.format),
        link_types: info.links.iter().map(|link| link.0).collect(),
        records: info.records,
        bytes: info.bytes,
        first: info.first.map(Into::into),
        last: info.last.map(Into::into),
        dropped: info.dropped,
        complete: info.complete,
        problem: info.problem.clone(),
    }
}
