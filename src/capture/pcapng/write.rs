//! [`PcapngWriter`]: records -> one little-endian section, with comments that Wireshark shows beside its packets.
//!
//! Frames stay as they were captured: their bytes, their length on the wire, their link type and interface, and their time to the nanosecond.
//! Nothing is kept but the interfaces, so a capture of any length can be written, or one that does not end.

use super::block::{kind, option, padding};
use super::{BYTE_ORDER_MAGIC, SECTION};
use crate::decode::{LinkType, Record};
use crate::origin::SECOND;
use std::io::{self, Write};

/// Where written records were captured; equal ones are one interface of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The interface's name; empty where it is not known.
    pub name: String,
    /// What else there is to say of it; may be empty.
    pub description: String,
}

/// Writes a capture in pcapng format.
#[derive(Debug)]
pub struct PcapngWriter<W> {
    out: W,
    interfaces: Vec<(Origin, LinkType, Epoch)>,
    block: Vec<u8>,
    packets: u64,
}

/// From when an interface's clock counts: the ticks of a packet have no sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Epoch {
    Unix,
    /// The beginning of the range of [`Timestamp`](crate::origin::Timestamp), in whole seconds.
    Earliest,
}

impl<W: Write> PcapngWriter<W> {
    /// Begins the file. `comment` is shown with the file's properties; `tool` is the program that writes.
    ///
    /// # Errors
    ///
    /// When `out` fails, here as in the other methods.
    pub fn new(out: W, tool: &str, comment: &str) -> io::Result<Self> {
        let mut new = Self {
            out,
            interfaces: Vec::new(),
            block: Vec::new(),
            packets: 0,
        };
        new.words(&[BYTE_ORDER_MAGIC, VERSION, u32::MAX, u32::MAX]); // The section's length is not known.
        new.text(option::COMMENT, comment);
        new.text(option::SHB_USERAPPL, tool);
        new.end(u32::from_be_bytes(SECTION))?;
        Ok(new)
    }

    /// Writes a record that was captured at `origin`, with a comment on it.
    ///
    /// # Errors
    ///
    /// When the writer fails, or when the file would have more than 2^32 interfaces.
    pub fn packet(
        &mut self,
        origin: &Origin,
        record: &Record<'_>,
        comment: Option<&str>,
    ) -> io::Result<()> {
        let epoch = if record.time.nanos() < 0 {
            Epoch::Earliest
        } else {
            Epoch::Unix
        };
        let interface = self.interface(origin, record.link, epoch)?;
        let since =
            i128::from(record.time.nanos()) - i128::from(epoch.seconds()) * i128::from(SECOND);
        let ticks = u64::try_from(since).unwrap_or(0);
        let [high, low] = [ticks >> 32, ticks & u64::from(u32::MAX)]
            .map(|half| u32::try_from(half).unwrap_or(u32::MAX));
        let len = u32::try_from(record.bytes.len()).map_err(io::Error::other)?;
        self.words(&[interface, high, low, len, record.original_len]);
        self.bytes(record.bytes);
        if let Some(comment) = comment {
            self.text(option::COMMENT, comment);
        }
        self.packets += 1;
        self.end(kind::ENHANCED_PACKET)
    }

    /// Packets written.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// What it writes to, for a flush.
    pub const fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Ends the file, and gives back what it was written to; not flushed.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn interface(&mut self, origin: &Origin, link: LinkType, epoch: Epoch) -> io::Result<u32> {
        let mut known = self.interfaces.iter();
        if let Some(place) =
            known.position(|(at, of, from)| at == origin && *of == link && *from == epoch)
        {
            return u32::try_from(place).map_err(io::Error::other);
        }
        let place = u32::try_from(self.interfaces.len()).map_err(io::Error::other)?;
        self.words(&[u32::from(link.0), NO_SNAP_LEN]);
        self.text(option::IF_NAME, &origin.name);
        self.text(option::IF_DESCRIPTION, &origin.description);
        self.option(option::IF_TSRESOL, &[NANOSECONDS]);
        if epoch != Epoch::Unix {
            self.option(option::IF_TSOFFSET, &epoch.seconds().to_le_bytes());
        }
        self.end(kind::INTERFACE)?;
        self.interfaces.push((origin.clone(), link, epoch));
        Ok(place)
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.block.extend(word.to_le_bytes());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
        self.block
            .extend(std::iter::repeat_n(0, padding(bytes.len())));
    }

    /// A text that is not empty; one that is longer than an option can be is cut.
    fn text(&mut self, code: u16, text: &str) {
        if !text.is_empty() {
            let most = text.len().min(usize::from(u16::MAX));
            let end = (0..=most).rev().find(|end| text.is_char_boundary(*end));
            let fitting = end.and_then(|end| text.get(..end));
            self.option(code, fitting.unwrap_or_default().as_bytes());
        }
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.block.extend(code.to_le_bytes());
        self.block.extend(len.to_le_bytes());
        self.bytes(value);
    }

    /// Writes the block whose body was gathered. Every block may have options, and the mark of their end takes no room worth saving.
    fn end(&mut self, kind: u32) -> io::Result<()> {
        self.words(&[u32::from(option::END)]);
        let len = u32::try_from(self.block.len() + FRAME).map_err(io::Error::other)?;
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(&self.block)?;
        self.out.write_all(&len.to_le_bytes())?;
        self.block.clear();
        Ok(())
    }
}

impl Epoch {
    /// In seconds from the Unix epoch.
    const fn seconds(self) -> i64 {
        match self {
            Self::Unix => 0,
            Self::Earliest => i64::MIN / SECOND,
        }
    }
}

/// Version 1.0, the major number first.
const VERSION: u32 = 1;
/// Captures are cut by the lengths of their records, not by a limit that is known for all.
const NO_SNAP_LEN: u32 = 0;
const NANOSECONDS: u8 = 9;
/// Kind, and length twice.
const FRAME: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Batch, FileSource, Source};
    use crate::origin::{RecordId, Timestamp};

    #[test]
    fn what_is_written_is_read_again_to_the_nanosecond() {
        let times = [
            1_700_000_000_123_456_789,
            -1,
            0,
            i64::MIN + SECOND,
            i64::MAX,
        ];
        let mut writer = PcapngWriter::new(Vec::new(), "a test", "two lines\nof text").unwrap();
        let [first, second] = ["eth0", "eth1"].map(|name| Origin {
            name: name.into(),
            ..Origin::default()
        });
        for (number, time) in (1..).zip(times) {
            let record = Record {
                id: RecordId::default(),
                time: Timestamp::from_nanos(time),
                link: LinkType(number % 2),
                bytes: b"a frame".get(..usize::from(number)).unwrap(),
                original_len: 1500,
            };
            let origin = if number < 3 { &first } else { &second };
            writer.packet(origin, &record, Some("why")).unwrap();
        }
        assert_eq!(writer.packets(), 5);
        let file = writer.into_inner();
        assert_eq!(file.len() % 4, 0);
        let reader = Box::new(io::Cursor::new(file));
        let mut source = FileSource::from_reader("memory".into(), 0, reader).unwrap();
        let mut batch = Batch::new();
        assert!(source.fill(&mut batch).unwrap());
        let read: Vec<_> = batch
            .records()
            .map(|record| {
                (
                    record.time.nanos(),
                    record.link.0,
                    record.bytes.len(),
                    record.original_len,
                )
            })
            .collect();
        let written: Vec<_> = (1..)
            .zip(times)
            .map(|(number, time)| (time, number % 2, usize::from(number), 1500))
            .collect();
        assert_eq!(read, written);
        let names = source.info().interfaces.iter().map(|one| one.name.as_str());
        assert!(names.eq(["eth0", "eth0", "eth1", "eth1"]));
        assert!(!source.fill(&mut batch).unwrap());
        assert!(source.info().complete);
    }

    #[test]
    fn a_comment_longer_than_an_option_is_cut_between_letters() {
        let long = "é".repeat(40_000);
        let mut writer = PcapngWriter::new(Vec::new(), "a test", &long).unwrap();
        writer.text(option::COMMENT, &long);
        let value = writer.block.get(4..).unwrap();
        assert_eq!(value.len(), 65_536, "padded");
        assert!(std::str::from_utf8(value.get(..65_534).unwrap()).is_ok());
    }
}
