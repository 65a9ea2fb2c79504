use super::super::bytes::ByteOrder;
use super::super::testfile::{Seen, Trickle, Writer, complaint, drain, open, seen};
use super::super::walk::LONGEST_BLOCK_RECORD;
use super::*;
use crate::decode::{LinkType, Look, Record};
use proptest::prelude::*;
use std::io::Write as _;

/// Who keeps what is shown.
#[derive(Default)]
struct Kept(Vec<Seen>);

impl Look for Kept {
    fn look(&mut self, record: &Record<'_>) {
        self.0.push(seen(*record));
    }
}

/// A pcap file with `records` records of `len` bytes each, one a second.
fn pcap(records: u32, len: u32) -> Vec<u8> {
    let mut file = Writer::new(ByteOrder::Little);
    file.u32(0xa1b2_c3d4)
        .u16(2)
        .u16(4)
        .u64(0)
        .u32(65_535)
        .u32(1);
    for second in 0..records {
        let body = vec![second.to_le_bytes()[0]; len as usize];
        file.u32(second).u32(0).u32(len).u32(len).raw(&body);
    }
    file.bytes
}

/// A pcapng file of the same records.
fn pcapng(records: u32, len: u32) -> Vec<u8> {
    let mut file = Writer::new(ByteOrder::Little);
    file.block(0x0a0d_0d0a, |block| {
        block.u32(0x1a2b_3c4d).u16(1).u16(0).u64(u64::MAX);
    });
    file.block(1, |block| {
        block.u16(1).u16(0).u32(0);
    });
    for second in 0..records {
        let body = vec![second.to_le_bytes()[0]; len as usize];
        let ticks = second.wrapping_mul(1_000);
        file.block(6, |block| {
            block.u32(0).u32(0).u32(ticks).u32(len).u32(len).raw(&body);
        });
    }
    file.bytes
}

#[test]
fn records_survive_the_ends_of_the_buffer() {
    let bytes = pcap(5_000, 1_499);
    let mut source = open(&bytes).unwrap();
    let (records, error) = drain(&mut source);
    assert!(error.is_none());
    assert_eq!(records.len(), 5_000);
    for (at, (number, nanos, _, _, body)) in (0_u32..).zip(&records) {
        assert_eq!(*number, u64::from(at) + 1);
        assert_eq!(*nanos, i64::from(at) * 1_000_000_000);
        assert!(body.len() == 1_499 && body.iter().all(|byte| *byte == at.to_le_bytes()[0]));
    }
    let info = source.info();
    assert_eq!((info.records, info.bytes), (5_000, bytes.len() as u64));
    assert_eq!(info.links, [LinkType(1)]);
    assert_eq!(info.first.unwrap().nanos(), 0);
    assert_eq!(info.last.unwrap().nanos(), 4_999 * 1_000_000_000);
}

#[test]
fn what_is_shown_is_what_a_batch_is_filled_with() {
    let whole = pcap(5_000, 1_499);
    for len in [whole.len(), whole.len() - 7] {
        let bytes = &whole[..len];
        let mut filled = open(bytes).unwrap();
        let (records, error) = drain(&mut filled);
        let (mut shown, mut kept, mut buffer) = (open(bytes).unwrap(), Kept::default(), Vec::new());
        let ended = loop {
            match shown.show(&mut buffer, &mut kept) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(kept.0 == records);
        assert_eq!(
            ended.map(|error| error.to_string()),
            error.map(|error| error.to_string())
        );
        let (shown, filled) = (shown.info(), filled.info());
        assert_eq!((shown.records, shown.bytes), (filled.records, filled.bytes));
        assert_eq!(
            (shown.complete, &shown.problem),
            (filled.complete, &filled.problem)
        );
    }
}

#[test]
fn records_are_shown_again_from_where_they_are_known_to_be_and_none_that_is_not_there() {
    for (bytes, first, span) in [(pcap(3_000, 700), 24, 716), (pcapng(3_000, 697), 48, 732)] {
        shows_again(&bytes, first, span);
    }
    let place = Position {
        offset: 24,
        record: 1,
    };
    let mut stream = open(&pcap(3, 9)).unwrap();
    let shown = stream.show_again(&[(place, 25)], &mut Vec::new(), &mut Kept::default());
    assert_eq!(shown, None);
}

/// Shows records again of a file of 3,000, of which the first begins at `first` and each takes `span` bytes.
fn shows_again(bytes: &[u8], first: u64, span: u64) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let mut source = FileSource::open(file.path(), 3).unwrap();
    assert_eq!(source.divide(), Some(first));
    let (records, _) = drain(&mut source);
    assert_eq!(
        records.len(),
        3_000,
        "to ask whether it can be divided reads nothing"
    );
    let place = |number: u64| Position {
        offset: first + (number - 1) * span,
        record: number,
    };
    let numbers: Vec<u64> = (1..=3_000).filter(|n| n % 97 < 3 || *n > 2_000).collect();
    let places: Vec<_> = numbers
        .iter()
        .map(|number| (place(*number), span))
        .collect();
    let (mut kept, mut buffer) = (Kept::default(), Vec::new());
    source.show_again(&places, &mut buffer, &mut kept).unwrap();
    let wanted = records
        .iter()
        .filter(|(number, ..)| numbers.contains(number));
    assert!(kept.0.iter().eq(wanted));
    let beside = Position {
        offset: place(5).offset + 4,
        record: 5,
    };
    for wrong in [
        (place(5), span - 1),
        (place(3_000), span + 1),
        (beside, span),
    ] {
        let mut kept = Kept::default();
        assert_eq!(source.show_again(&[wrong], &mut buffer, &mut kept), None);
        assert!(kept.0.is_empty());
    }
    assert_eq!(source.show_again(&[], &mut buffer, &mut kept), Some(()));
    // And from the middle on, as a part.
    source
        .narrow(place(1_001), Some(place(2_001).offset))
        .unwrap();
    let mut part = Kept::default();
    while source.show(&mut buffer, &mut part).unwrap() {}
    assert!(part.0 == records[1_000..2_000] && source.info().complete);
    let spacing = source.layout().spacing().unwrap();
    assert_eq!(spacing.span(records[0].4.len() as u64), span);
}

#[test]
fn a_pipe_gives_each_record_as_it_comes() {
    let reader = Box::new(Trickle(pcap(3, 10)));
    let mut source = FileSource::from_reader("-".into(), 0, reader).unwrap();
    let mut batch = Batch::new();
    for _ in 0..3 {
        assert!(source.fill(&mut batch).unwrap());
        assert_eq!(batch.len(), 1);
    }
    assert!(!source.rewind().unwrap());
    assert!(!source.fill(&mut batch).unwrap());
    assert!(source.info().complete);
}

#[test]
fn a_file_is_read_twice_with_the_same_result() {
    let path = std::env::temp_dir().join(format!("rstscope-rewind-{}.pcap", std::process::id()));
    std::fs::write(&path, &pcap(2_000, 900)[..1_000_000]).unwrap();
    let mut source = FileSource::open(&path, 0).unwrap();
    let first = (drain(&mut source).0, source.info().clone());
    assert!(source.rewind().unwrap());
    assert_eq!(source.info().records, 0);
    let second = (drain(&mut source).0, source.info().clone());
    std::fs::remove_file(&path).unwrap();
    assert!(first.0.len() > 1_000 && first.1.problem.is_some());
    assert_eq!(first, second);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let fails = |path: &Path| FileSource::open(path, 0).err().unwrap();
    let dir = std::env::temp_dir();
    assert!(matches!(fails(&dir).fault, Fault::Directory));
    let missing = fails(&dir.join("rstscope-no-such-file.pcap"));
    assert!(missing.to_string().ends_with("there is no such file"));
    assert!(std::error::Error::source(&missing).is_some());
}

#[test]
fn what_is_no_capture_is_named() {
    let random = [0xde, 0xad, 0, 1, 2];
    for (bytes, sentence) in [
        (&b""[..], "is empty"),
        (
            b"BZh91AY",
            "bzip2-compressed, not pcap or pcapng; decompress it with: bzip2 -dc FILE > OUT",
        ),
        (
            b"snoop\0\0\0\0\0\0\x02",
            "a snoop capture, not pcap or pcapng; convert it with: editcap -F pcapng FILE OUT.pcapng",
        ),
        (
            &random,
            "not a capture in pcap or pcapng format: begins with de ad 00 01 02",
        ),
    ] {
        assert_eq!(complaint(bytes), format!("file: {sentence}"));
    }
    let erf = [
        0, 0, 0, 0, 0, 0, 0, 0x60, 2, 4, 0, 80, 0, 0, 0, 60, 0, 0, 1, 2,
    ];
    assert!(complaint(&erf).contains("probably an ERF capture"));
    assert!(complaint(b"12:00:01.5 IP 192.0.2.1.80 > ").contains("text2pcap"));
}

#[test]
fn a_failing_reader_fails_with_its_place() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let reader = Box::new(io::Cursor::new(pcap(1, 10)).chain(Failing));
    let mut source = FileSource::from_reader("x".into(), 0, reader).unwrap();
    let (records, error) = drain(&mut source);
    assert_eq!(records.len(), 1);
    assert_eq!(
        error.unwrap().to_string(),
        "x: reading failed at record 2, byte offset 50: the disk is gone"
    );
}

#[test]
fn a_claimed_length_takes_no_memory_before_its_bytes_come() {
    let mut file = Writer::new(ByteOrder::Little);
    file.u32(0xa1b2_c3d4).u16(2).u16(4).u64(0).u32(0).u32(231);
    file.u32(0)
        .u32(0)
        .u32(LONGEST_BLOCK_RECORD)
        .u32(0)
        .raw(&[0; 99]);
    let mut source = open(&file.bytes).unwrap();
    let mut batch = Batch::new();
    assert!(source.fill(&mut batch).is_err());
    assert_eq!(batch.bytes.len(), CHUNK);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(
        magic in proptest::sample::select(&[0xa1b2_c3d4_u32, 0x4d3c_b2a1, 0xa1b2_cd34, 0x0a0d_0d0a][..]),
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let file = [&magic.to_be_bytes(), &bytes[..]].concat();
        if let Ok(mut source) = open(&file) {
            drain(&mut source);
        }
    }

    #[test]
    fn small_reads_give_what_large_ones_give(records in 0_u32..5, len in 0_u32..40, cut in 0_usize..40) {
        let mut bytes = pcap(records, len);
        bytes.truncate((bytes.len() - cut.min(bytes.len())).max(24));
        let reader = Box::new(Trickle(bytes.clone()));
        let mut slow = FileSource::from_reader("file".into(), 3, reader).unwrap();
        let mut fast = open(&bytes).unwrap();
        let (slowly, at_once) = (drain(&mut slow), drain(&mut fast));
        prop_assert_eq!(slowly.0, at_once.0);
        prop_assert_eq!(slow.info(), fast.info());
    }
}

#[test]
fn a_file_that_grew_is_said_to_be_written_still_even_where_it_ends_inside_a_record() {
    let whole = pcap(3, 60);
    for end in [whole.len(), whole.len() - 3] {
        let name = format!("rstscope-growing-{}-{end}.pcap", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, &whole[..24]).unwrap();
        let mut source = FileSource::open(&path, 0).unwrap();
        std::fs::write(&path, &whole[..end]).unwrap();
        let said = drain(&mut source).1.unwrap().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(
            said.contains("is still being written: read up to record"),
            "{said}"
        );
    }
}
