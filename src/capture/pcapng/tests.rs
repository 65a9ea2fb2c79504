use super::super::testfile::{Writer, complaint, drain, open, read, survives_cuts};
use super::block::option;
use super::*;
use crate::capture::Source;
use crate::decode::LinkType;

const ORDERS: [ByteOrder; 2] = [ByteOrder::Little, ByteOrder::Big];

fn section(file: &mut Writer) {
    file.block(kind::SECTION, |block| {
        block.u32(BYTE_ORDER_MAGIC).u16(1).u16(0).u64(u64::MAX);
    });
}

fn interface(file: &mut Writer, link: u16, snap_len: u32, options: &[(u16, &[u8])]) {
    file.block(kind::INTERFACE, |block| {
        block.u16(link).u16(0).u32(snap_len);
        for (code, value) in options {
            block.option(*code, value);
        }
        block.option(option::END, &[]);
    });
}

fn enhanced(file: &mut Writer, interface: u32, ticks: u64, bytes: &[u8], options: &[(u16, &[u8])]) {
    let len = u32::try_from(bytes.len()).unwrap();
    file.block(kind::ENHANCED_PACKET, |block| {
        let [high, low] =
            [ticks >> 32, ticks & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
        block
            .u32(interface)
            .u32(high)
            .u32(low)
            .u32(len)
            .u32(1500)
            .raw(bytes);
        block.bytes.resize(block.bytes.len().next_multiple_of(4), 0);
        for (code, value) in options {
            block.option(*code, value);
        }
    });
}

fn statistics(file: &mut Writer, interface: u32, options: &[(u16, u64)]) {
    file.block(kind::STATISTICS, |block| {
        block.u32(interface).u64(0);
        for (code, value) in options {
            block.u16(*code).u16(8).u64(*value);
        }
    });
}

/// A section with one interface and one packet of 5 bytes at 1 s.
fn small(order: ByteOrder) -> Writer {
    let mut file = Writer::new(order);
    section(&mut file);
    interface(&mut file, 1, 0, &[]);
    enhanced(&mut file, 0, 1_000_000, b"abcde", &[]);
    file
}

#[test]
fn each_section_has_its_byte_order_and_its_interfaces() {
    let mut file = Writer::new(ByteOrder::Little);
    for (order, link) in [
        (ByteOrder::Little, 113),
        (ByteOrder::Big, 1),
        (ByteOrder::Little, 276),
    ] {
        file.order = order;
        section(&mut file);
        interface(&mut file, link, 0, &[]);
        interface(&mut file, 101, 96, &[(option::IF_TSRESOL, &[9])]);
        enhanced(&mut file, 1, (1 << 32) + 5, b"abc", &[]);
        enhanced(&mut file, 0, 1_000_000, b"", &[]);
    }
    let expected: Vec<_> = [113, 1, 276]
        .into_iter()
        .zip([1, 3, 5])
        .flat_map(|(link, number)| {
            [
                (number, (1 << 32) + 5, 101, 1500, b"abc".to_vec()),
                (number + 1, 1_000_000_000, link, 1500, vec![]),
            ]
        })
        .collect();
    assert_eq!(read(&file.bytes), expected);
}

#[test]
fn resolutions_and_offsets_are_each_interfaces_own() {
    for order in ORDERS {
        let mut file = Writer::new(order);
        section(&mut file);
        let mut offset = Writer::new(order);
        offset.u64((-2_i64).cast_unsigned());
        interface(&mut file, 1, 0, &[(option::IF_TSRESOL, &[3])]);
        interface(&mut file, 1, 0, &[(option::IF_TSRESOL, &[0x94])]);
        interface(&mut file, 1, 0, &[(option::IF_TSOFFSET, &offset.bytes)]);
        for (index, ticks) in [(0, 1_500), (1, 3 << 19), (2, 3_500_000)] {
            enhanced(&mut file, index, ticks, b"", &[]);
        }
        let times: Vec<_> = read(&file.bytes).iter().map(|record| record.1).collect();
        assert_eq!(times, [1_500_000_000; 3]);
    }
}

#[test]
fn simple_and_obsolete_packets_are_read() {
    for order in ORDERS {
        let mut file = small(order);
        let mut cut = Writer::new(order);
        section(&mut cut);
        interface(&mut cut, 1, 3, &[]);
        for writer in [&mut file, &mut cut] {
            writer.block(kind::SIMPLE_PACKET, |block| {
                block.u32(5).raw(b"vwxyz");
            });
            writer.block(kind::PACKET, |block| {
                block
                    .u16(0)
                    .u16(2)
                    .u32(0)
                    .u32(7)
                    .u32(3)
                    .u32(9)
                    .raw(b"old\0");
                // An option of the obsolete kind: its code 4 counts no losses.
                block.option(4, &[0, 0, 0, 0, 0, 0, 0, 9]);
            });
        }
        let old = |number| (number, 7_000, 1, 9, b"old".to_vec());
        assert_eq!(
            read(&file.bytes)[1..],
            [(2, 1_000_000_000, 1, 5, b"vwxyz".to_vec()), old(3)]
        );
        assert_eq!(read(&cut.bytes), [(1, 0, 1, 5, b"vwx".to_vec()), old(2)]);
        let mut source = open(&file.bytes).unwrap();
        drain(&mut source);
        assert_eq!(source.info().dropped, Some(2));
    }
}

#[test]
fn losses_are_counted_once_however_they_are_told() {
    for order in ORDERS {
        let mut file = small(order);
        interface(&mut file, 1, 0, &[]);
        let mut three = Writer::new(order);
        three.u64(3);
        for _ in 0..2 {
            enhanced(
                &mut file,
                0,
                0,
                b"abc",
                &[(option::EPB_DROPCOUNT, &three.bytes)],
            );
        }
        // The same losses and one more, in total; then another interface's, twice, of which the later holds.
        statistics(
            &mut file,
            0,
            &[(option::ISB_IFDROP, 4), (option::ISB_OSDROP, 3)],
        );
        statistics(&mut file, 1, &[(option::ISB_IFDROP, 1)]);
        statistics(&mut file, 1, &[(option::ISB_IFDROP, 10)]);
        statistics(&mut file, 9, &[(option::ISB_IFDROP, 1000)]);
        let dropped = |file: &Writer| {
            let mut source = open(&file.bytes).unwrap();
            assert!(drain(&mut source).1.is_none());
            source.info().dropped
        };
        assert_eq!(dropped(&small(order)), None);
        assert_eq!(dropped(&file), Some(17));
        section(&mut file);
        interface(&mut file, 1, 0, &[]);
        statistics(&mut file, 0, &[(option::ISB_OSDROP, 100)]);
        assert_eq!(dropped(&file), Some(117));
    }
}

#[test]
fn records_are_numbered_as_wireshark_numbers_them() {
    let mut file = small(ByteOrder::Little);
    // Unknown, name resolution, decryption secrets: no records. Custom blocks, a journal entry, system calls: records.
    for block in [
        0x7777_7777,
        4,
        10,
        0x0bad,
        0x4000_0bad,
        9,
        0x204,
        0x216,
        0x221,
    ] {
        file.block(block, |body| {
            body.raw(&[0; 64]);
        });
    }
    enhanced(&mut file, 0, 0, b"", &[]);
    let numbers: Vec<_> = read(&file.bytes).iter().map(|record| record.0).collect();
    assert_eq!(numbers, [1, 8]);
}

#[test]
fn a_long_block_that_is_passed_over_is_not_held_in_memory() {
    let mut file = small(ByteOrder::Little);
    file.block(10, |body| body.bytes.resize(20 << 20, 1));
    enhanced(&mut file, 0, 0, b"end", &[]);
    let mut source = open(&file.bytes).unwrap();
    let mut batch = crate::capture::Batch::new();
    let mut records = 0;
    while source.fill(&mut batch).unwrap() {
        records += batch.len();
    }
    assert_eq!(records, 2);
    assert!(batch.bytes.len() < 4 << 20);
}

#[test]
fn a_length_that_forgot_its_padding_is_forgiven() {
    let mut file = small(ByteOrder::Little);
    file.u32(0x7777).u32(15).raw(b"abc\0").u32(15);
    file.u32(kind::ENHANCED_PACKET)
        .u32(35)
        .u32(0)
        .u64(0)
        .u32(3)
        .u32(3)
        .raw(b"abc\0")
        .u32(35);
    assert_eq!(read(&file.bytes).len(), 2);
}

#[test]
fn a_cut_anywhere_leaves_the_records_before_it() {
    for order in ORDERS {
        let mut file = small(order);
        let mut boundaries = vec![28, 52, file.bytes.len()];
        statistics(&mut file, 0, &[(option::ISB_IFDROP, 1)]);
        boundaries.push(file.bytes.len());
        file.block(4, |body| {
            body.raw(&[0; 20]);
        });
        boundaries.push(file.bytes.len());
        enhanced(&mut file, 0, 0, b"xyz", &[(1, b"a comment")]);
        boundaries.push(file.bytes.len());
        section(&mut file);
        survives_cuts(&file.bytes, &read(&file.bytes), &boundaries);
    }
}

#[test]
fn damage_is_named() {
    let damaged = |at: usize, value: u8| {
        let mut file = small(ByteOrder::Little);
        file.bytes[at] = value;
        complaint(&file.bytes)
    };
    let packet = 52;
    for (at, value, sentence) in [
        (
            8,
            0,
            "a section's byte-order magic is 00 3c 2b 1a (record 1, byte offset 0)",
        ),
        (
            12,
            2,
            "version 2.0 of the format is unknown (record 1, byte offset 0)",
        ),
        (
            32,
            8,
            "a block cannot be 8 bytes long (record 1, byte offset 28)",
        ),
        (
            35,
            2,
            "a block cannot be 33554456 bytes long (record 1, byte offset 28)",
        ),
        (
            packet + 8,
            3,
            "a packet names interface 3, but 1 are described (record 1, byte offset 52)",
        ),
        (
            packet + 20,
            99,
            "a packet block is too short for its content (record 1, byte offset 52)",
        ),
        (
            packet + 22,
            99,
            "a record claims 6488069 bytes, and none is longer than 262144 (record 1, byte offset 52)",
        ),
        (
            packet + 36,
            44,
            "a block of 40 bytes gives its length as 44 at its end (record 1, byte offset 52)",
        ),
    ] {
        assert_eq!(damaged(at, value), format!("file: {sentence}"));
    }
}

#[test]
fn a_file_of_interfaces_does_not_fill_the_memory() {
    let mut file = small(ByteOrder::Little);
    for _ in 0..=MOST_INTERFACES {
        interface(&mut file, 1, 0, &[]);
    }
    assert!(complaint(&file.bytes).contains("more than 65536 interfaces"));
}

#[test]
fn packets_behind_a_damaged_block_are_read() {
    for order in ORDERS {
        for garbage in [&[0xa5; 37][..], &[0; 8], &[6, 0, 0, 0, 40, 0, 0, 0, 1, 2]] {
            let mut file = small(order);
            file.raw(garbage);
            enhanced(&mut file, 0, 7, b"behind", &[]);
            enhanced(&mut file, 0, 8, b"and on", &[]);
            let mut source = open(&file.bytes).unwrap();
            let (records, error) = drain(&mut source);
            let bodies: Vec<_> = records.iter().map(|record| record.4.clone()).collect();
            assert_eq!(bodies[1..], [b"behind".to_vec(), b"and on".to_vec()]);
            let said = error.unwrap().to_string();
            let skipped = format!(
                "skipped {} bytes before record 2, byte offset 92: ",
                garbage.len()
            );
            assert!(said.contains(&skipped), "{said}");
        }
    }
}

#[test]
fn interfaces_are_told_with_their_losses_across_sections() {
    let mut file = Writer::new(ByteOrder::Big);
    section(&mut file);
    interface(&mut file, 1, 0, &[(2, b"eth0")]);
    interface(&mut file, 113, 0, &[]);
    statistics(&mut file, 1, &[(option::ISB_IFDROP, 4)]);
    section(&mut file);
    interface(&mut file, 101, 0, &[(2, b"tun0")]);
    let mut source = open(&file.bytes).unwrap();
    drain(&mut source);
    let told = |name: &str, link, dropped| InterfaceInfo {
        name: name.into(),
        link: LinkType(link),
        dropped,
    };
    assert_eq!(
        source.info().interfaces,
        [
            told("eth0", 1, None),
            told("", 113, Some(4)),
            told("tun0", 101, None)
        ]
    );
}

/// How long what stands before the first packet is, for those who begin in the middle.
fn preamble(file: &Writer) -> Option<u64> {
    Pcapng::preamble(&file.bytes).map(|(_, len)| len)
}

fn plain(file: &mut Writer) {
    enhanced(file, 0, 7, b"abc", &[]);
}

fn commented(file: &mut Writer) {
    enhanced(file, 0, 7, b"abc", &[(option::COMMENT, b"seen")]);
}

/// Blocks on which what follows depends.
const BINDING: [fn(&mut Writer); 6] = [
    section,
    |file| interface(file, 1, 0, &[]),
    |file| enhanced(file, 0, 7, b"abc", &[(option::EPB_DROPCOUNT, &[0; 8])]),
    |file| {
        file.block(kind::SIMPLE_PACKET, |block| {
            block.u32(4).raw(b"abcd");
        });
    },
    |file| {
        file.block(0x0bad, |block| {
            block.raw(b"numbered");
        });
    },
    |file| {
        file.block(0x4000_0bad, |block| block.bytes.resize(600_000, 0));
    },
];

#[test]
fn a_preamble_is_one_section_with_interfaces_that_are_alike() {
    for order in ORDERS {
        let mut file = Writer::new(order);
        section(&mut file);
        assert_eq!(preamble(&file), None, "no packet");
        for _ in 1..SourceInfo::INTERFACES {
            interface(&mut file, 1, 0, &[(option::IF_TSRESOL, &[9])]);
        }
        statistics(&mut file, 1, &[(option::ISB_IFDROP, 10)]);
        file.block(4, |names| {
            names.raw(&[0; 20]);
        });
        let behind = |before: &[fn(&mut Writer)]| {
            let bytes = file.bytes.clone();
            let mut file = Writer { order, bytes };
            for write in before {
                write(&mut file);
            }
            let len = file.bytes.len() as u64;
            plain(&mut file);
            (preamble(&file), len)
        };
        let [section, one_more, lossy, simple, custom, long] = BINDING;
        let (found, len) = behind(&[one_more]);
        assert_eq!(found, Some(len));
        assert_eq!(behind(&[lossy]).0, Some(file.bytes.len() as u64));
        let unlike: fn(&mut Writer) = |file| interface(file, 113, 0, &[]);
        let passed: fn(&mut Writer) = |file| {
            file.block(4, |block| block.bytes.resize(600_000, 0));
        };
        for before in [section, simple, custom, long, unlike, passed] {
            assert_eq!(behind(&[before]).0, None);
        }
        assert_eq!(behind(&[one_more, one_more]).0, None, "too many");
    }
}

#[test]
fn how_packets_lie_is_seen_as_they_are_read() {
    let layout = |rest: &[fn(&mut Writer)]| {
        let mut file = small(ByteOrder::Big);
        for write in rest {
            write(&mut file);
        }
        let (mut section, from) = Pcapng::preamble(&file.bytes).unwrap();
        let bytes = &file.bytes[usize::try_from(from).unwrap()..];
        section.walk(bytes, &mut Progress::default(), &mut Vec::new());
        section.layout()
    };
    let spacing = layout(&[plain]).spacing().unwrap();
    assert_eq!([3, 4, 5].map(|len| spacing.span(len)), [36, 36, 40]);
    let statistics: fn(&mut Writer) = |file| statistics(file, 0, &[(option::ISB_IFDROP, 1)]);
    for other in [commented, statistics] {
        assert_eq!(layout(&[other]), Layout::Uneven);
    }
    for (place, binding) in BINDING.into_iter().enumerate() {
        let layout = layout(&[binding, statistics]);
        assert_eq!(layout, Layout::Bound, "block {place}");
    }
}

#[test]
fn a_packet_is_found_from_anywhere_and_none_inside_another() {
    for order in ORDERS {
        // Packets that bear captures themselves.
        let mut inner = Writer::new(order);
        for time in 0..9 {
            enhanced(&mut inner, 0, time, b"a packet in a packet", &[]);
        }
        let mut file = small(order);
        file.bytes.truncate(52);
        let mut starts = Vec::new();
        for time in 0..40 {
            starts.push(file.bytes.len());
            let frame = [&[7; 3][..], &inner.bytes].concat();
            let frame = &frame[usize::from(time % 3 == 0) * 3..];
            enhanced(&mut file, 0, time, frame, &[]);
            if time % 7 == 0 {
                statistics(&mut file, 0, &[]);
            }
        }
        let (section, _) = Pcapng::preamble(&file.bytes).unwrap();
        for near in 52..file.bytes.len() - 3 * 600 {
            let found = section.first_packet(&file.bytes[near..], near as u64);
            let expected = starts.iter().find(|start| **start >= near).unwrap();
            assert_eq!(found.map(|at| near + at), Some(*expected));
        }
        assert_eq!(section.first_packet(&[0x5a; 4_000], 0), None);
    }
}

#[test]
fn a_single_packet_is_given_by_its_block_and_nothing_else_is() {
    for order in ORDERS {
        for options in [&[][..], &[(option::COMMENT, &b"seen"[..])]] {
            let mut file = small(order);
            let from = file.bytes.len();
            enhanced(&mut file, 0, 9_000_000, b"xyz", options);
            let (mut section, _) = Pcapng::preamble(&file.bytes).unwrap();
            let mut given: Vec<Entry> = Vec::new();
            assert_eq!(
                section.single(&file.bytes[from..], 70, &mut given),
                Some(())
            );
            let [entry] = given[..] else {
                unreachable!("one was given")
            };
            assert_eq!(
                (entry.number, entry.time.nanos(), entry.len),
                (70, 9_000_000_000, 3)
            );
            for wrong in [
                &file.bytes[from + 4..],
                &file.bytes[from - 40..],
                &file.bytes[28..52],
                &[],
            ] {
                let (mut section, _) = Pcapng::preamble(&file.bytes).unwrap();
                assert_eq!(section.single(wrong, 70, &mut Vec::new()), None);
            }
        }
    }
}
