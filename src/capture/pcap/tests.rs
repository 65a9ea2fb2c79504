use super::super::Source as _;
use super::super::testfile::{Writer, complaint, drain, open, read, survives_cuts};
use super::*;

const ORDERS: [ByteOrder; 2] = [ByteOrder::Little, ByteOrder::Big];

fn file(order: ByteOrder, magic: u32, version: (u16, u16), network: u32) -> Writer {
    let mut file = Writer::new(order);
    file.u32(magic)
        .u16(version.0)
        .u16(version.1)
        .u64(0)
        .u32(65_535)
        .u32(network);
    file
}

fn usual(order: ByteOrder) -> Writer {
    file(order, 0xa1b2_c3d4, (2, 4), 1)
}

/// Two records: at 1.5 s, 3 of 60 bytes; at 4,294,967,295 s and the last unit before the next second, 2 of 2 bytes.
fn two_records(file: &mut Writer, half: u32, last: u32, extra: &[u8]) {
    file.u32(1).u32(half).u32(3).u32(60).raw(extra).raw(b"abc");
    file.u32(u32::MAX)
        .u32(last)
        .u32(2)
        .u32(2)
        .raw(extra)
        .raw(b"de");
}

#[test]
fn both_byte_orders_and_both_resolutions_read_alike() {
    for order in ORDERS {
        let mut micro = usual(order);
        two_records(&mut micro, 500_000, 999_999, &[]);
        let mut nano = file(order, 0xa1b2_3c4d, (2, 4), 1);
        two_records(&mut nano, 500_000_000, 999_999_000, &[]);
        let mut patched = file(order, 0xa1b2_cd34, (2, 4), 1);
        two_records(&mut patched, 500_000, 999_999, &[9; 8]);
        for file in [micro, nano, patched] {
            assert_eq!(
                read(&file.bytes),
                [
                    (1, 1_500_000_000, 1, 60, b"abc".to_vec()),
                    (2, 4_294_967_295_999_999_000, 1, 2, b"de".to_vec()),
                ]
            );
        }
    }
}

#[test]
fn a_cut_anywhere_leaves_the_records_before_it() {
    for order in ORDERS {
        let mut file = usual(order);
        two_records(&mut file, 0, 0, &[]);
        survives_cuts(&file.bytes, &read(&file.bytes), &[24, 43]);
    }
}

#[test]
fn a_cut_is_described_by_part_and_lengths() {
    let mut file = usual(ByteOrder::Little);
    two_records(&mut file, 0, 0, &[]);
    assert_eq!(
        complaint(&file.bytes[..60]),
        "file: cut off inside a record: needed 18 bytes, had 17 (record 2, byte offset 43)"
    );
    assert_eq!(
        complaint(&file.bytes[..50]),
        "file: cut off inside a record header: needed 16 bytes, had 7 (record 2, byte offset 43)"
    );
    assert_eq!(
        complaint(&file.bytes[..20]),
        "file: cut off inside a file header: needed 24 bytes, had 20 (record 1, byte offset 0)"
    );
}

#[test]
fn a_record_of_impossible_length_ends_the_file() {
    let mut file = usual(ByteOrder::Big);
    two_records(&mut file, 0, 0, &[]);
    file.u32(0).u32(0).u32(262_145).u32(262_145).raw(&[0; 64]);
    assert_eq!(
        complaint(&file.bytes),
        "file: a record claims 262145 bytes, and none is longer than 262144 (record 3, byte offset 61)"
    );
}

#[test]
fn the_longest_record_is_read() {
    let mut file = usual(ByteOrder::Big);
    let long = vec![7; 262_144];
    for _ in 0..9 {
        file.u32(0).u32(0).u32(262_144).u32(262_144).raw(&long);
    }
    let records = read(&file.bytes);
    assert_eq!(records.len(), 9);
    assert!(records.iter().all(|record| record.4 == long));
}

#[test]
fn old_versions_have_the_lengths_the_other_way_round() {
    for (version, first, second) in [
        ((2, 2), 60, 3),
        ((2, 3), 60, 3),
        ((2, 3), 3, 60),
        ((2, 4), 3, 60),
    ] {
        let mut file = file(ByteOrder::Little, 0xa1b2_c3d4, version, 1);
        file.u32(0).u32(0).u32(first).u32(second).raw(b"abc");
        assert_eq!(read(&file.bytes), [(1, 0, 1, 60, b"abc".to_vec())]);
    }
}

#[test]
fn another_major_version_is_not_guessed_at() {
    let file = file(ByteOrder::Little, 0xa1b2_c3d4, (1, 4), 1);
    assert!(complaint(&file.bytes).contains("version 1.4 of the format is unknown"));
}

#[test]
fn what_a_header_says_of_check_sequences_is_no_link_type() {
    for order in ORDERS {
        let mut file = file(order, 0xa1b2_c3d4, (2, 4), 0x2400_0071);
        two_records(&mut file, 0, 0, &[]);
        let links: Vec<_> = read(&file.bytes).iter().map(|record| record.2).collect();
        assert_eq!(links, [113, 113]);
    }
}

#[test]
fn a_capture_without_records_is_whole() {
    assert_eq!(read(&usual(ByteOrder::Big).bytes), []);
}

#[test]
fn the_sources_index_is_in_every_record() {
    let mut file = usual(ByteOrder::Big);
    two_records(&mut file, 0, 0, &[]);
    let mut batch = super::super::Batch::new();
    let mut source = open(&file.bytes).unwrap();
    assert!(super::super::Source::fill(&mut source, &mut batch).unwrap());
    assert!(batch.records().all(|record| record.id.source() == 3));
}

/// Records a second apart, each of its number's bytes, with `garbage` before the fourth.
fn damaged(order: ByteOrder, garbage: &[u8]) -> Writer {
    let mut file = usual(order);
    for second in 1..=6_u8 {
        if second == 4 {
            file.raw(garbage);
        }
        let time = 1_700_000_000 + u32::from(second);
        file.u32(time).u32(10).u32(20).u32(60).raw(&[second; 20]);
    }
    file
}

#[test]
fn records_behind_garbage_are_read() {
    for order in ORDERS {
        for garbage in [
            &[0xff; 37][..],
            &[0; 48],
            &[0xa5],
            &[1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 0, 0, 0, 9, 1, 1, 1],
            b"a line that some program has printed between two records\n",
        ] {
            let file = damaged(order, garbage);
            let mut source = open(&file.bytes).unwrap();
            let (records, error) = drain(&mut source);
            let seen: Vec<_> = records
                .iter()
                .map(|record| (record.0, record.4[0]))
                .collect();
            assert_eq!(seen, [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)]);
            let said = error.unwrap().fault.to_string();
            let plural = if garbage.len() == 1 { "" } else { "s" };
            let skipped = format!(
                "skipped {} byte{plural} before record 4, byte offset 132: a record",
                garbage.len()
            );
            assert!(said.starts_with(&skipped), "{said}");
            let info = source.info();
            assert_eq!(info.problem, Some(said));
            assert!(!info.complete);
            assert_eq!(info.bytes, (file.bytes.len() - garbage.len()) as u64);
        }
    }
}

#[test]
fn a_wrong_length_costs_the_records_that_it_spans() {
    for wrong in [21, 55, 45, 0x7fff_ffff] {
        let mut file = damaged(ByteOrder::Little, &[]);
        // The captured length of the second record.
        file.bytes[24 + 36 + 8..][..4].copy_from_slice(&u32::to_le_bytes(wrong));
        let (records, error) = drain(&mut open(&file.bytes).unwrap());
        let last: Vec<_> = records
            .iter()
            .rev()
            .take(3)
            .map(|record| record.4[0])
            .collect();
        assert_eq!(last, [6, 5, 4], "{wrong}");
        assert!(error.unwrap().to_string().contains("skipped "), "{wrong}");
    }
}

#[test]
fn odd_records_are_read_as_they_stand() {
    for order in ORDERS {
        let mut file = usual(order);
        // Years apart, fractions above a second, captured lengths above the original.
        for (seconds, fraction, len) in [(1, 5_000_000, 60), (900_000_000, 0, 3), (5, 2_000_000, 2)]
        {
            file.u32(seconds).u32(fraction).u32(4).u32(len).raw(b"abcd");
            file.u32(seconds).u32(fraction).u32(4).u32(len).raw(b"efgh");
        }
        assert_eq!(read(&file.bytes).len(), 6);
    }
}

#[test]
fn damage_in_several_places_is_added_up_and_a_cut_told_behind_it() {
    let mut file = damaged(ByteOrder::Big, &[0xff; 30]);
    file.raw(&[0xee; 50]);
    let more = damaged(ByteOrder::Big, &[]);
    file.raw(&more.bytes[24..more.bytes.len() - 5]);
    let said = complaint(&file.bytes);
    assert!(
        said.contains("skipped 80 bytes in 2 places, the first before record 4, byte offset 132: ")
            && said.contains("; then cut off inside a record: needed 36 bytes, had 31 (record 12,"),
        "{said}"
    );
}

#[test]
fn zeros_behind_the_records_are_no_records() {
    for order in ORDERS {
        let mut file = damaged(order, b"");
        let records = drain(&mut open(&file.bytes).unwrap()).0;
        file.raw(&[0; 100]);
        let (seen, error) = drain(&mut open(&file.bytes).unwrap());
        assert_eq!(seen, records);
        assert!(error.is_some());
    }
}
