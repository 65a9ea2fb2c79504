//! [`Unpacker`]: gzip (RFC 1952) and Zstandard (RFC 8878), unpacked as a stream.
//!
//! What comes out is never held whole, so that a file that unpacks to any length takes no more memory than a plain one and, for Zstandard,
//! the window that it asks for, up to [`WINDOW`].

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, BufReader, Read};

/// A compression that is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

type Packed = BufReader<Box<dyn Read + Send>>;

/// Unpacks one input, however many members or frames it has.
pub(super) struct Unpacker {
    stream: Stream,
    /// What ends it: told once the bytes before it are given.
    error: Option<io::Error>,
}

enum Stream {
    Gzip(Box<MultiGzDecoder<Packed>>),
    Zstd(Box<Zstd>),
}

/// Zstandard's frames, one after the other.
struct Zstd {
    packed: Packed,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl Unpacker {
    /// What a file that begins so is compressed with.
    pub(super) fn recognise(first: &[u8]) -> Option<Packing> {
        match *first {
            // Method 8 is the only one there is.
            [0x1f, 0x8b, 8, ..] => Some(Packing::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
            // A frame to be skipped may come first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstd),
            _ => None,
        }
    }

    pub(super) fn new(packing: Packing, packed: Box<dyn Read + Send>) -> Self {
        let packed = BufReader::with_capacity(STEP, packed);
        let stream = match packing {
            Packing::Gzip => Stream::Gzip(Box::new(MultiGzDecoder::new(packed))),
            Packing::Zstd => Stream::Zstd(Box::new(Zstd::new(packed))),
        };
        Self {
            stream,
            error: None,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        match self.stream {
            Stream::Gzip(_) => "gzip",
            Stream::Zstd(_) => "zstd",
        }
    }

    /// Reads in small steps, as a step that fails loses what it has unpacked.
    pub(super) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let mut len = 0;
        while let Some(free) = into.get_mut(len..)
            && !free.is_empty()
            && len < MOST_AT_ONCE
        {
            let most = free.len().min(STEP);
            let step = free.get_mut(..most).unwrap_or_default();
            let read = match &mut self.stream {
                Stream::Gzip(gzip) => gzip.read(step),
                Stream::Zstd(zstd) => zstd.read(step),
            };
            match read {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if len == 0 => return Err(error),
                Err(error) => {
                    self.error = Some(error);
                    break;
                }
            }
        }
        Ok(len)
    }
}

impl Zstd {
    fn new(packed: Packed) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self {
            packed,
            decoder,
            in_frame: false,
        }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame {
                if self.packed.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                match self.decoder.init(&mut self.packed) {
                    Ok(()) => self.in_frame = true,
                    Err(FrameDecoderError::ReadFrameHeaderError(
                        ReadFrameHeaderError::SkipFrame { length, .. },
                    )) => {
                        let frame = &mut Read::by_ref(&mut self.packed).take(u64::from(length));
                        io::copy(frame, &mut io::sink())?;
                        continue;
                    }
                    Err(error) => return Err(self.failed(error)),
                }
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(into);
            }
            if self.decoder.is_finished() {
                self.in_frame = false;
                continue;
            }
            let one = BlockDecodingStrategy::UptoBlocks(1);
            if let Err(error) = self.decoder.decode_blocks(&mut self.packed, one) {
                return Err(self.failed(error));
            }
        }
    }

    /// What fails where no byte is left has been cut.
    fn failed(&mut self, error: FrameDecoderError) -> io::Error {
        if let FrameDecoderError::WindowSizeTooBig { requested, .. } = error {
            let text = format!(
                "unpacking it takes a window of {} MiB, and {} MiB are the most here; unpack it with: zstd -dc --long=31 FILE > OUT",
                requested >> 20,
                WINDOW >> 20
            );
            return io::Error::other(text);
        }
        match self.packed.fill_buf() {
            Ok([]) => io::Error::new(io::ErrorKind::UnexpectedEof, error),
            Ok(_) => io::Error::other(error),
            Err(error) => error,
        }
    }
}

/// Bytes unpacked in one step; chosen.
const STEP: usize = 32 << 10;
/// Bytes after which a read returns, so that they are used while they are in the cache; chosen.
const MOST_AT_ONCE: usize = 256 << 10;
/// The largest window of a Zstandard frame, in bytes: that of its `--long` option.
const WINDOW: u64 = 128 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::super::bytes::ByteOrder;
    use super::super::testfile::{Seen, Writer, drain, open};
    use super::super::{FileSource, Source};
    use std::io::Write;

    fn capture(records: u32) -> Vec<u8> {
        let mut file = Writer::new(ByteOrder::Little);
        file.u32(0xa1b2_c3d4).u16(2).u16(4).u64(0).u32(0).u32(1);
        for second in 0..records {
            let body = [second.to_le_bytes()[0]; 900];
            file.u32(second).u32(0).u32(900).u32(900).raw(&body);
        }
        file.bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        ruzstd::encoding::compress_to_vec(bytes, level)
    }

    fn records(bytes: &[u8]) -> (Vec<Seen>, Option<String>) {
        let (records, error) = drain(&mut open(bytes).unwrap());
        (records, error.map(|error| error.fault.to_string()))
    }

    #[test]
    fn what_is_compressed_reads_as_what_is_not() {
        let plain = capture(3_000);
        let (first, second) = plain.split_at(1_000_001);
        let skipped = [
            &[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..],
            &zstd(&plain),
        ]
        .concat();
        for packed in [
            gzip(&plain),
            zstd(&plain),
            [gzip(first), gzip(second)].concat(),
            [zstd(first), zstd(second)].concat(),
            skipped,
        ] {
            assert_eq!(records(&packed), records(&plain));
        }
        let mut source = open(&gzip(&plain)).unwrap();
        drain(&mut source);
        let info = source.info();
        assert!(info.complete);
        assert_eq!((info.packing, info.format), (Some("gzip"), "pcap"));
        assert_eq!(info.bytes, plain.len() as u64);
    }

    #[test]
    fn a_cut_keeps_what_was_unpacked_before_it() {
        let plain = capture(3_000);
        for (packed, name) in [(gzip(&plain), "gzip"), (zstd(&plain), "zstd")] {
            let (found, said) = records(&packed[..packed.len() / 2]);
            assert!(found.len() > 100, "{}", found.len());
            let said = said.unwrap();
            let cut = format!("cut off inside its {name} compression (record ");
            assert!(said.starts_with(&cut), "{said}");
        }
    }

    #[test]
    fn a_compressed_file_is_read_twice() {
        let name = format!("rstscope-packed-{}.pcap.gz", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, gzip(&capture(50))).unwrap();
        let mut source = FileSource::open(&path, 0).unwrap();
        let first = drain(&mut source).0;
        assert!(source.rewind().unwrap());
        let second = drain(&mut source).0;
        std::fs::remove_file(&path).unwrap();
        assert_eq!(first.len(), 50);
        assert_eq!(first, second);
    }

    #[test]
    fn a_window_that_is_too_large_is_said_with_the_way_out() {
        // No flags; a window of 2^(10 + 21) bytes.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 1, 0, 0];
        let said = open(&frame).err().unwrap().to_string();
        assert!(said.contains("2048 MiB"), "{said}");
        assert!(said.contains("zstd -dc --long=31"), "{said}");
    }

    #[test]
    fn what_is_compressed_twice_is_not_unpacked_twice() {
        let error = open(&gzip(&gzip(&capture(1)))).err().unwrap();
        assert!(error.to_string().contains("gzip -dc"));
    }
}
