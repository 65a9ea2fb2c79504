//! [`Merge`]: several inputs as one capture, their records in the order of time.
//!
//! Rotated pieces are put in order by their first records, and pieces that overlap are merged record by record. Records of one input keep
//! their order, whatever their times. At equal times the input that begins earlier comes first, so that a clock that ticks slowly does not
//! mix the end of one piece with the beginning of the next; of two that begin together, the one that was given first.

use super::file::FileSource;
use super::{Batch, CaptureError, Source, SourceInfo};
use crate::decode::Record;
use crate::origin::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};

/// Inputs read together. Memory is one batch for each that is open.
#[derive(Default)]
pub struct Merge {
    /// In the order given; once begun, in the order of their first records.
    pieces: Vec<Piece>,
    /// The pieces that have a next record and are not the current one, by its time, then by their place.
    heads: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// The piece whose record was given last.
    current: Option<usize>,
    stopped: VecDeque<Stopped>,
    begun: bool,
}

/// An input that could not be read further; what it gave before stands.
#[derive(Debug)]
pub struct Stopped {
    /// Why.
    pub error: CaptureError,
    /// Records that it gave.
    pub records: u64,
}

/// A file that is a piece of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePiece {
    /// Where it is.
    pub path: PathBuf,
    /// Its index among the sources, from 0.
    pub index: u16,
}

impl FilePiece {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// As for [`open`](super::open).
    pub fn open(&self) -> Result<FileSource, CaptureError> {
        super::open(&self.path, self.index)
    }
}

struct Piece {
    /// Where it can be opened again; `None` for what cannot be read twice.
    path: Option<PathBuf>,
    index: u16,
    /// When its first record was captured; `None` before it was looked at, and where it has none.
    first: Option<Timestamp>,
    state: State,
}

enum State {
    /// Its next record is the one at `place` of the batch.
    Open {
        source: Box<FileSource>,
        batch: Batch,
        place: usize,
    },
    /// Closed until the time of its first record comes.
    Waiting(SourceInfo),
    Ended(SourceInfo),
}

impl Merge {
    /// No input yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, or standard input for `-`, under its index among the sources.
    ///
    /// # Errors
    ///
    /// As for [`open`](super::open); then nothing was added.
    pub fn add_file(&mut self, path: &Path, index: u16) -> Result<(), CaptureError> {
        let source = super::open(path, index)?;
        self.add_piece(source, Some(path.to_owned()), index);
        Ok(())
    }

    /// Adds an input that stays open until it has been read.
    pub fn add(&mut self, source: FileSource, index: u16) {
        self.add_piece(source, None, index);
    }

    fn add_piece(&mut self, source: FileSource, path: Option<PathBuf>, index: u16) {
        let state = State::Open {
            source: Box::new(source),
            batch: Batch::new(),
            place: 0,
        };
        self.pieces.push(Piece {
            path,
            index,
            first: None,
            state,
        });
        let many = self.pieces.len() > OPEN_AT_ONCE;
        if many && let Some(piece) = self.pieces.last_mut() {
            // Its header was sound; when its turn to be looked at comes, it is opened again.
            piece.close();
        }
    }

    /// Takes out the input, where it is a single file that nothing was read of yet: whoever takes it gives back what became of it by
    /// [`Merge::ended`].
    pub fn take_sole(&mut self) -> Option<(FileSource, FilePiece)> {
        let [piece] = self.pieces.as_mut_slice() else {
            return None;
        };
        let path = piece.path.clone().filter(|_| !self.begun)?;
        let ended = State::Ended(SourceInfo::default());
        match std::mem::replace(&mut piece.state, ended) {
            State::Open { source, .. } => {
                self.begun = true;
                let index = piece.index;
                Some((*source, FilePiece { path, index }))
            }
            other => {
                piece.state = other;
                None
            }
        }
    }

    /// The inputs that have records, in the order of their first ones, where all of them are files of which nothing was given yet. Whoever reads them
    /// otherwise gives back what became of each by [`Merge::ended`].
    pub fn files(&mut self) -> Option<Vec<FilePiece>> {
        if self.begun || self.pieces.iter().any(|piece| !piece.is_file()) {
            return None;
        }
        self.begun = true;
        self.begin();
        let filled = self.pieces.iter_mut().filter(|piece| piece.first.is_some());
        let files = filled.map(|piece| {
            piece.close();
            let (path, index) = (piece.path.clone()?, piece.index);
            Some(FilePiece { path, index })
        });
        files
            .collect::<Option<Vec<_>>>()
            .filter(|_| self.stopped.is_empty())
    }

    /// Takes back what became of an input.
    pub fn ended(&mut self, index: u16, info: SourceInfo) {
        if let Some(piece) = self.pieces.iter_mut().find(|piece| piece.index == index) {
            piece.state = State::Ended(info);
        }
    }

    /// Whether no input could be added.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// What is known of each input so far, with its index among the sources, in no order.
    pub fn infos(&self) -> impl Iterator<Item = (u16, &SourceInfo)> {
        self.pieces.iter().map(|piece| (piece.index, piece.info()))
    }

    /// The next record of all, or the news that an input ends here. `None` is the end of all.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend what it gives"
    )]
    pub fn next(&mut self) -> Option<Result<Record<'_>, Stopped>> {
        self.advance();
        if let Some(stopped) = self.stopped.pop_front() {
            return Some(Err(stopped));
        }
        self.given().map(Ok)
    }

    /// The record that was given last, once more. `None` before the first and behind the last.
    pub fn given(&self) -> Option<Record<'_>> {
        self.pieces.get(self.current?)?.record()
    }

    /// Which interface captured the record that was given last, from 0 in the order in which its source describes them.
    pub fn interface(&self) -> u32 {
        let piece = self.current.and_then(|at| self.pieces.get(at));
        match piece.map(|piece| &piece.state) {
            Some(State::Open { batch, place, .. }) => batch.interface(*place).unwrap_or(0),
            _ => 0,
        }
    }

    /// Finds the piece that gives the next record, unless one has stopped: that is news to be given first.
    fn advance(&mut self) {
        if !self.begun {
            self.begun = true;
            self.begin();
        }
        if !self.stopped.is_empty() {
            return;
        }
        if let Some(at) = self.current
            && let Some(piece) = self.pieces.get_mut(at)
        {
            match piece.step(Ahead::Next) {
                Ok(Some(time)) => {
                    let mine = (time, at);
                    match self.heads.peek() {
                        Some(Reverse(other)) if *other < mine => {
                            self.heads.push(Reverse(mine));
                            self.current = None;
                        }
                        _ => return,
                    }
                }
                Ok(None) => self.current = None,
                Err(stopped) => {
                    self.current = None;
                    self.stopped.push_back(stopped);
                    return;
                }
            }
        }
        while let Some(Reverse((_, at))) = self.heads.pop() {
            let Some(piece) = self.pieces.get_mut(at) else {
                continue;
            };
            match piece.step(Ahead::First) {
                Ok(Some(_)) => {
                    self.current = Some(at);
                    return;
                }
                Ok(None) => {}
                Err(stopped) => {
                    self.stopped.push_back(stopped);
                    return;
                }
            }
        }
    }

    /// Looks for the first record of each input; one alone is just read, as it comes.
    fn begin(&mut self) {
        if let [piece] = self.pieces.as_mut_slice() {
            match piece.step(Ahead::First) {
                Ok(Some(time)) => self.heads.push(Reverse((time, 0))),
                Ok(None) => {}
                Err(stopped) => self.stopped.push_back(stopped),
            }
            return;
        }
        let many = self.pieces.len() > OPEN_AT_ONCE;
        for piece in &mut self.pieces {
            match piece.step(Ahead::First) {
                Ok(first) => piece.first = first,
                Err(stopped) => self.stopped.push_back(stopped),
            }
            if many {
                piece.close();
            }
        }
        self.pieces.sort_by_key(|piece| piece.first);
        let firsts = self.pieces.iter().map(|piece| piece.first).enumerate();
        self.heads = firsts
            .filter_map(|(at, first)| Some(Reverse((first?, at))))
            .collect();
    }
}

/// Which record of a piece is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ahead {
    /// The one that it stands at.
    First,
    /// The one after it.
    Next,
}

impl Piece {
    /// Whether it is a file that can be opened again: what a pipe gives, it gives once.
    fn is_file(&self) -> bool {
        let is_file = match &self.state {
            State::Open { source, .. } => source.file_len().is_some(),
            State::Waiting(_) | State::Ended(_) => true,
        };
        is_file && self.path.is_some()
    }

    fn info(&self) -> &SourceInfo {
        match &self.state {
            State::Open { source, .. } => source.info(),
            State::Waiting(info) | State::Ended(info) => info,
        }
    }

    fn record(&self) -> Option<Record<'_>> {
        match &self.state {
            State::Open { batch, place, .. } => batch.record(*place),
            State::Waiting(_) | State::Ended(_) => None,
        }
    }

    /// Goes to a record and says when it was captured. `None`: it has ended.
    fn step(&mut self, ahead: Ahead) -> Result<Option<Timestamp>, Stopped> {
        if let (State::Waiting(info), Some(path)) = (&self.state, &self.path) {
            match super::open(path, self.index) {
                Ok(source) => {
                    self.state = State::Open {
                        source: Box::new(source),
                        batch: Batch::new(),
                        place: 0,
                    };
                }
                Err(error) => {
                    // It could be opened before, and is gone.
                    let mut info = info.clone();
                    info.problem = Some(error.fault.to_string());
                    self.state = State::Ended(info);
                    return Err(Stopped { error, records: 0 });
                }
            }
        }
        let State::Open {
            source,
            batch,
            place,
        } = &mut self.state
        else {
            return Ok(None);
        };
        if ahead == Ahead::Next {
            *place += 1;
        }
        if let Some(record) = batch.record(*place) {
            return Ok(Some(record.time));
        }
        *place = 0;
        let filled = source.fill(batch);
        if let (Ok(true), Some(record)) = (&filled, batch.record(0)) {
            return Ok(Some(record.time));
        }
        let info = source.info().clone();
        let records = info.records;
        self.state = State::Ended(info);
        match filled {
            Ok(_) => Ok(None),
            Err(error) => Err(Stopped { error, records }),
        }
    }

    /// Closes what can be opened again, before any record of it was given.
    fn close(&mut self) {
        if let State::Open { source, .. } = &mut self.state
            && self.path.is_some()
            && !matches!(source.rewind(), Ok(false))
        {
            self.state = State::Waiting(source.info().clone());
        }
    }
}

/// Inputs that are held open together. A machine allows a process some hundred open files, and each has a buffer of a megabyte; what is
/// beyond is closed until its first record's time has come.
const OPEN_AT_ONCE: usize = 64;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests;
