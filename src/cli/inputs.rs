//! The inputs of a run: opened before any of them is read, and read as one capture.

use super::messages;
use crate::capture::{CaptureError, Merge, SourceInfo, Spool};
use crate::report::{Interface, Source};
use std::path::{Path, PathBuf};

/// The inputs that could be opened, and the others by name.
pub struct Inputs {
    /// The records of those that are open.
    pub merge: Merge,
    /// Those that are not, with their indexes.
    closed: Vec<(u16, Source)>,
    files: Vec<PathBuf>,
    /// Whether their names are not told.
    pub masked: bool,
    /// What those gave that cannot be read twice, with their indexes.
    spools: Vec<(u16, Spool)>,
}

impl Inputs {
    /// Opens each of `files`, so that they can be read `twice` or once; what cannot be opened is said.
    pub fn open(files: &[PathBuf], twice: bool) -> Self {
        let mut inputs = Self {
            merge: Merge::new(),
            closed: Vec::new(),
            files: files.to_vec(),
            masked: false,
            spools: Vec::new(),
        };
        for (index, path) in (0_u16..).zip(files) {
            let added = if twice {
                inputs.add_twice(path, index)
            } else {
                inputs.merge.add_file(path, index)
            };
            if let Err(error) = added {
                messages::not_opened(&error, path);
                inputs.closed.push((index, unread(path, &error)));
            }
        }
        inputs
    }

    /// Adds an input, and a copy of what it gives where it can be read only once.
    fn add_twice(&mut self, path: &Path, index: u16) -> Result<(), CaptureError> {
        let (source, spool) = Spool::open(path, index, tempfile::tempfile)?;
        match spool {
            Some(spool) => {
                self.merge.add(source, index);
                self.spools.push((index, spool));
                Ok(())
            }
            None => self.merge.add_file(path, index),
        }
    }

    /// Those that could be opened, from the beginning.
    pub fn again(&self) -> Result<Merge, CaptureError> {
        let mut merge = Merge::new();
        for (index, path) in (0_u16..).zip(&self.files) {
            let mut spools = self.spools.iter();
            if let Some((_, spool)) = spools.find(|(of, _)| *of == index) {
                merge.add(spool.again()?, index);
            } else if self.closed.iter().all(|(of, _)| *of != index) {
                merge.add_file(path, index)?;
            }
        }
        Ok(merge)
    }

    /// Whether there is nothing to read.
    pub fn none_opened(&self) -> bool {
        self.merge.is_empty()
    }

    /// Bytes that there are to read. `None` where that shows only at the end: behind a pipe, or in what is compressed.
    pub fn size(&self) -> Option<u64> {
        let packed = self.merge.infos().any(|(_, info)| info.packing.is_some());
        let sizes = self.files.iter().map(|path| {
            let file = std::fs::metadata(path).ok();
            Some(file.filter(std::fs::Metadata::is_file)?.len())
        });
        sizes.sum::<Option<u64>>().filter(|_| !packed)
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
        let shown = |(index, source): (u16, Source)| {
            if self.masked {
                masked(index, source)
            } else {
                source
            }
        };
        all.into_iter().map(shown).collect()
    }
}

/// The same without names: files and interfaces are often called after hosts.
fn masked(index: u16, mut source: Source) -> Source {
    if source.name != "-" {
        source.name = format!("input-{}", u32::from(index) + 1);
    }
    for interface in &mut source.interfaces {
        interface.name = None;
    }
    source
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
        packing: info.packing,
        interfaces: info
            .interfaces
            .iter()
            .map(|interface| Interface {
                name: Some(interface.name.clone()).filter(|name| !name.is_empty()),
                link_type: interface.link.0,
                dropped: interface.dropped,
            })
            .collect(),
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
