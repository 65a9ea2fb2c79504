//! Link headers, each built by hand, lead to the one segment.

use super::*;

/// IEEE 802.11 data to an access point, with quality of service if `control` says what.
fn wifi(flags: u8, control: Option<[u8; 2]>, body: &[u8]) -> Vec<u8> {
    let kind = if control.is_some() { 0x88 } else { 0x08 };
    let mut frame = vec![kind, flags];
    frame.resize(24, 0);
    frame.extend(control.into_iter().flatten());
    frame.extend(body);
    frame
}

fn snap(packet: &[u8]) -> Vec<u8> {
    behind(&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], packet)
}

fn read(link: u16, bytes: &[u8]) {
    let record = record(LinkType(link), bytes);
    let segment = segment_of(&record);
    assert_eq!(segment.payload, b"why", "link type {link}");
    assert_eq!(segment.header.checksum, Checksum::Right);
}

#[test]
fn serial_lines_lead_to_ip() {
    for header in [
        &[0xff, 3, 0, 0x21][..],
        &[0, 0x21],
        &[0x21],
        &[0xff, 3, 0x21],
    ] {
        read(9, &behind(header, &v4()));
        read(50, &behind(header, &v4()));
        read(166, &behind(&[1], &behind(header, &v4())));
    }
    read(9, &behind(&[0, 0x57], &v6()));
    read(50, &behind(&[0x0f, 0, 8, 0], &v4()));
    read(104, &behind(&[0x8f, 0, 0x86, 0xdd], &v6()));
    read(51, &behind(&[0x11, 0, 0, 7, 0, 45, 0, 0x21], &v4()));
    read(107, &behind(&[0x18, 0x41, 3, 0xcc], &v4()));
    read(
        107,
        &behind(&[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0], &v4()),
    );
}

#[test]
fn rings_and_fabrics_lead_to_ip() {
    read(10, &behind(&[&[0x50][..], &[2; 12]].concat(), &snap(&v4())));
    read(
        6,
        &behind(&[&[0x10, 0x40][..], &[2; 12]].concat(), &snap(&v4())),
    );
    let routed = [
        &[0x10, 0x40][..],
        &[2; 6],
        &[0x82],
        &[2; 5],
        &[6, 0, 1, 2, 3, 4],
    ]
    .concat();
    read(6, &behind(&routed, &snap(&v4())));
    read(242, &behind(&[&[2; 40][..], &[8, 0, 0, 0]].concat(), &v4()));
    read(138, &behind(&[&[2; 16][..], &[0x86, 0xdd]].concat(), &v6()));
    read(122, &behind(&[2; 16], &snap(&v4())));
    read(11, &snap(&v4()));
    read(129, &behind(&[1, 2, 0, 0, 212, 0, 0, 9], &v4()));
    read(129, &behind(&[1, 2, 0, 0, 240], &v4()));
    read(7, &behind(&[1, 2, 212, 0xff, 0, 0, 0, 0, 0, 9], &v4()));
    read(284, &ethernet(&[0xc0, 0x10, 0, 1, 8, 0], &v4()));
    read(
        285,
        &ethernet(&[0xda, 0xda, 0, 0, 0xc0, 0, 0, 1, 8, 0], &v4()),
    );
}

#[test]
fn capture_headers_lead_to_the_link_they_name() {
    let frame = ethernet(&[8, 0], &v4());
    read(192, &behind(&[0, 0, 8, 0, 1, 0, 0, 0], &frame));
    read(258, &behind(&[12, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], &frame));
    read(
        178,
        &behind(&[b'M', b'G', b'C', 0x80, 0, 3, 1, 2, 3], &frame),
    );
    read(178, &behind(&[b'M', b'G', b'C', 0x02, 0, 0, 0, 2], &v4()));
    read(240, &behind(&[0; 4], &frame));
    read(274, &behind(&[0x55; 8], &frame));
    // One header in the other is nothing that exists.
    let nested = behind(&[0, 0, 8, 0, 192, 0, 0, 0], &[0, 0, 8, 0, 192, 0, 0, 0]);
    assert_eq!(skip_of(&record(LinkType(192), &nested)), Skip::NotIp);
}

#[test]
fn netfilters_log_is_read_in_either_byte_order() {
    let len = u16::try_from(v4().len() + 4).unwrap();
    let of = |number: fn(u16) -> [u8; 2]| {
        let list = [number(6), number(3), [1, 2], [0, 0], number(len), number(9)].concat();
        behind(&[2, 0, 0, 0], &behind(&list, &v4()))
    };
    read(239, &of(u16::to_le_bytes));
    read(239, &of(u16::to_be_bytes));
}

#[test]
fn wireless_frames_lead_to_ip_behind_whatever_drivers_put_before_them() {
    let plain = wifi(1, None, &snap(&v4()));
    read(105, &plain);
    read(
        105,
        &wifi(
            1,
            Some([0, 0]),
            &snap(&v6()[..0].iter().chain(&v4()).copied().collect::<Vec<_>>()),
        ),
    );
    read(127, &behind(&[0, 0, 8, 0, 0, 0, 0, 0], &plain));
    let mut prism = vec![0x44, 0, 0, 0, 144, 0, 0, 0];
    prism.resize(144, 0);
    read(119, &behind(&prism, &plain));
    let mut avs = vec![0x80, 0x21, 0x10, 1, 0, 0, 0, 64];
    avs.resize(64, 0);
    read(163, &behind(&avs, &plain));
    read(119, &behind(&avs, &plain));
    read(192, &behind(&[0, 0, 8, 0, 105, 0, 0, 0], &plain));
    // Flags of radiotap, behind a time: a gap between header and body.
    let mut padded = vec![0, 0, 17, 0, 3, 0, 0, 0];
    padded.resize(16, 0);
    padded.push(0x20);
    padded.extend(wifi(1, Some([0, 0]), &behind(&[0, 0], &snap(&v4()))));
    read(127, &padded);
}

#[test]
fn wireless_frames_without_a_readable_packet_say_why() {
    let skip = |bytes: &[u8]| skip_of(&record(LinkType(105), bytes));
    assert_eq!(skip(&wifi(0x41, None, &snap(&v4()))), Skip::Encrypted);
    assert_eq!(skip(&[0x80; 60]), Skip::NotIp);
    let mut later = wifi(1, None, &snap(&v4()));
    later[22] = 1;
    assert_eq!(skip(&later), Skip::Fragment);
}

#[test]
fn aggregated_frames_give_a_segment_each() {
    let part = |packet: &[u8]| {
        let body = snap(packet);
        let len = u16::try_from(body.len()).unwrap().to_be_bytes();
        let mut part = [&[2; 12][..], &len, &body].concat();
        part.resize(part.len().next_multiple_of(4), 0);
        part
    };
    let frame = wifi(2, Some([0x80, 0]), &[part(&v4()), part(&v4())].concat());
    let record = record(LinkType(105), &frame);
    let Decoded::Several(parts) = decode(&record) else {
        panic!("one")
    };
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| matches!(part, Decoded::Segment(_))));
    let one = wifi(2, Some([0x80, 0]), &part(&v4()));
    read(105, &one);
}
