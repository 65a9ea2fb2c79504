//! The files of `--write` in a watch: a few pcapng files in turn, each as large and as old as it may be, then the oldest is written anew.
//!
//! All of them are opened before privileges are dropped, since afterwards no folder may be written to. A piece is readable at any moment; when
//! it is full, or the watch ends, it is written once more with its packets in the order of time.

use super::clock::Every;
use super::ring::Kept;
use crate::capture::{Origin, PcapngWriter};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How files take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns {
    /// How many there are, at least one.
    pub files: usize,
    /// Bytes of each.
    pub size: u64,
    /// How long each is written to.
    pub age: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            files: 4,
            size: 16 << 20,
            age: Duration::from_secs(3600),
        }
    }
}

/// Files that are written in turn.
#[derive(Debug)]
pub struct Pieces {
    files: Vec<File>,
    turns: Turns,
    tool: String,
    origins: Vec<Origin>,
    current: usize,
    due: Every,
    writer: Option<PcapngWriter<BufWriter<File>>>,
    kept: Vec<(Kept, Option<String>)>,
    bytes: u64,
}

impl Pieces {
    /// Opens `path`, and beside it as many more as take turns: `NAME.1.pcapng`, `NAME.2.pcapng`. `interfaces` are the names of the sources.
    ///
    /// # Errors
    ///
    /// When one cannot be made.
    pub fn open(
        path: &Path,
        turns: Turns,
        tool: String,
        interfaces: &[String],
    ) -> io::Result<Self> {
        let files = (0..turns.files.max(1)).map(|number| {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            options.open(name(path, number))
        });
        let origins = interfaces.iter().map(|name| Origin {
            name: name.clone(),
            description: String::new(),
        });
        let mut pieces = Self {
            files: files.collect::<io::Result<_>>()?,
            turns,
            tool,
            origins: origins.collect(),
            current: 0,
            due: Every::new(turns.age),
            writer: None,
            kept: Vec::new(),
            bytes: 0,
        };
        // Each is a capture from the beginning, if one without packets.
        for number in 0..pieces.files.len() {
            pieces.begin(number)?;
        }
        pieces.begin(0)?;
        Ok(pieces)
    }

    /// Writes what is kept of a connection, with a comment on some records.
    ///
    /// # Errors
    ///
    /// When the file takes no more. The next piece may.
    pub fn write(
        &mut self,
        records: Vec<Kept>,
        comment: impl Fn(&Kept) -> Option<String>,
    ) -> io::Result<()> {
        if self.bytes >= self.turns.size || self.bytes > 0 && self.due.is_due() {
            self.turn()?;
        }
        for kept in records {
            let text = comment(&kept);
            self.put(&kept, text.as_deref())?;
            self.bytes += kept.cost() as u64;
            self.kept.push((kept, text));
        }
        match &mut self.writer {
            Some(writer) => writer.get_mut().flush(),
            None => Ok(()),
        }
    }

    /// Ends the current piece.
    ///
    /// # Errors
    ///
    /// When it cannot be written in order; then it stays as it was.
    pub fn end(&mut self) -> io::Result<()> {
        let mut kept = std::mem::take(&mut self.kept);
        if kept.is_empty() {
            return Ok(());
        }
        kept.sort_by_key(|(kept, _)| (kept.record().time, kept.record().id.order()));
        self.begin(self.current)?;
        for (kept, text) in &kept {
            self.put(kept, text.as_deref())?;
        }
        match self.writer.take() {
            Some(writer) => writer.into_inner().flush(),
            None => Ok(()),
        }
    }

    fn turn(&mut self) -> io::Result<()> {
        let ended = self.end();
        self.current = (self.current + 1) % self.files.len();
        self.due = Every::new(self.turns.age);
        self.begin(self.current)?;
        ended
    }

    fn begin(&mut self, number: usize) -> io::Result<()> {
        let Some(file) = self.files.get(number) else {
            return Ok(());
        };
        let mut file = file.try_clone()?;
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        self.bytes = 0;
        let comment =
            "The packets of connections that were reset; each reset has its verdict as a comment.";
        let mut writer = PcapngWriter::new(BufWriter::new(file), &self.tool, comment)?;
        writer.get_mut().flush()?;
        self.writer = Some(writer);
        Ok(())
    }

    fn put(&mut self, kept: &Kept, comment: Option<&str>) -> io::Result<()> {
        let record = kept.record();
        let origin = self
            .origins
            .get(usize::from(record.id.source()))
            .cloned()
            .unwrap_or_default();
        match &mut self.writer {
            Some(writer) => writer.packet(&origin, &record, comment),
            None => Ok(()),
        }
    }
}

/// The first bears the name as it was given, the others a number before its ending.
fn name(path: &Path, number: usize) -> PathBuf {
    if number == 0 {
        return path.to_owned();
    }
    let ending = path.extension().map(|ending| ending.to_string_lossy());
    path.with_extension(match ending {
        Some(ending) => format!("{number}.{ending}"),
        None => number.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_numbered_before_the_ending() {
        let names = [0, 1, 2].map(|number| name(Path::new("a/resets.pcapng"), number));
        assert_eq!(
            names.map(|name| name.display().to_string()),
            ["a/resets.pcapng", "a/resets.1.pcapng", "a/resets.2.pcapng"]
        );
        assert_eq!(name(Path::new("resets"), 3), Path::new("resets.3"));
    }
}
