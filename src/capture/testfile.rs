//! Tiny captures for this room's tests, written field by field in either byte order.

use super::bytes::ByteOrder;
use super::{Batch, CaptureError, FileSource, Source};
use crate::decode::Record;
use std::io::Read;

/// Bytes of a file in the making.
pub(super) struct Writer {
    pub(super) order: ByteOrder,
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new(order: ByteOrder) -> Self {
        Self {
            order,
            bytes: Vec::new(),
        }
    }

    pub(super) fn u16(&mut self, value: u16) -> &mut Self {
        match self.order {
            ByteOrder::Little => self.raw(&value.to_le_bytes()),
            ByteOrder::Big => self.raw(&value.to_be_bytes()),
        }
    }

    pub(super) fn u32(&mut self, value: u32) -> &mut Self {
        match self.order {
            ByteOrder::Little => self.raw(&value.to_le_bytes()),
            ByteOrder::Big => self.raw(&value.to_be_bytes()),
        }
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        match self.order {
            ByteOrder::Little => self.raw(&value.to_le_bytes()),
            ByteOrder::Big => self.raw(&value.to_be_bytes()),
        }
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Adds a pcapng block around what `body` writes.
    pub(super) fn block(&mut self, kind: u32, body: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self::new(self.order);
        body(&mut inner);
        inner.bytes.resize(inner.bytes.len().next_multiple_of(4), 0);
        let len = u32::try_from(inner.bytes.len() + 12).unwrap();
        self.u32(kind).u32(len).raw(&inner.bytes).u32(len)
    }

    /// Adds a pcapng option.
    pub(super) fn option(&mut self, code: u16, value: &[u8]) -> &mut Self {
        self.u16(code)
            .u16(u16::try_from(value.len()).unwrap())
            .raw(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }
}

/// What a record says, owned: number, nanoseconds, link type, original length, bytes.
pub(super) type Seen = (u64, i64, u16, u32, Vec<u8>);

pub(super) fn seen(record: Record<'_>) -> Seen {
    let Record {
        id,
        time,
        link,
        bytes,
        original_len,
    } = record;
    (
        id.number(),
        time.nanos(),
        link.0,
        original_len,
        bytes.to_vec(),
    )
}

pub(super) fn open(bytes: &[u8]) -> Result<FileSource, CaptureError> {
    let reader = std::io::Cursor::new(bytes.to_vec());
    FileSource::from_reader("file".into(), 3, Box::new(reader))
}

/// The records of `source`, and the error that ended them.
pub(super) fn drain(source: &mut FileSource) -> (Vec<Seen>, Option<CaptureError>) {
    let (mut batch, mut all) = (Batch::new(), Vec::new());
    loop {
        match source.fill(&mut batch) {
            Ok(true) => all.extend(batch.records().map(seen)),
            Ok(false) => return (all, None),
            Err(error) => {
                assert!(batch.is_empty() && !source.fill(&mut batch).unwrap());
                return (all, Some(error));
            }
        }
    }
}

/// The records of a sound file.
pub(super) fn read(bytes: &[u8]) -> Vec<Seen> {
    let mut source = open(bytes).unwrap();
    let (records, error) = drain(&mut source);
    assert!(error.is_none(), "{error:?}");
    assert!(source.info().complete);
    assert_eq!(source.info().bytes, bytes.len() as u64);
    records
}

/// What keeps a damaged file from being opened or read on, in words.
pub(super) fn complaint(bytes: &[u8]) -> String {
    match open(bytes) {
        Ok(mut source) => drain(&mut source).1.unwrap().to_string(),
        Err(error) => error.to_string(),
    }
}

/// Cuts a file after each byte: what can be read is a beginning of `whole`, and unless the cut lies between two records, the error says
/// where.
pub(super) fn survives_cuts(bytes: &[u8], whole: &[Seen], boundaries: &[usize]) {
    for cut in 0..bytes.len() {
        let Ok(mut source) = open(&bytes[..cut]) else {
            assert!(cut < 24, "cut at {cut}");
            continue;
        };
        let (records, error) = drain(&mut source);
        assert!(whole.starts_with(&records), "cut at {cut}");
        assert_eq!(error.is_none(), boundaries.contains(&cut), "cut at {cut}");
        if let Some(error) = error {
            let next = format!("(record {}, byte offset ", records.len() + 1);
            let message = error.to_string();
            assert!(
                message.contains("cut off") && message.contains(&next),
                "{message}"
            );
            assert_eq!(source.info().problem, Some(error.fault.to_string()));
        }
        assert_eq!(source.info().complete, boundaries.contains(&cut));
    }
}

/// Gives its bytes one at a time, as a slow pipe does.
pub(super) struct Trickle(pub(super) Vec<u8>);

impl Read for Trickle {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some(free) = into.first_mut().filter(|_| !self.0.is_empty()) else {
            return Ok(0);
        };
        *free = self.0.remove(0);
        Ok(1)
    }
}
