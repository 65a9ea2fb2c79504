use super::*;
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Checksum, Layer};
use etherparse::PacketBuilder;
use proptest::prelude::*;

mod icmp;
mod links;
mod tunnels;
mod wrappings;

const ETHERNET: LinkType = LinkType(1);
const RAW: LinkType = LinkType(101);

fn record(link: LinkType, bytes: &[u8]) -> Record<'_> {
    record_of(link, bytes, bytes.len())
}

/// A record of a frame that had `on_wire` bytes.
fn record_of(link: LinkType, bytes: &[u8], on_wire: usize) -> Record<'_> {
    Record {
        id: RecordId::default(),
        time: Timestamp::default(),
        link,
        bytes,
        original_len: u32::try_from(on_wire).unwrap(),
    }
}

fn segment_of<'a>(record: &Record<'a>) -> Segment<'a> {
    match decode(record) {
        Decoded::Segment(segment) => segment,
        other => panic!("{other:?}"),
    }
}

fn skip_of(record: &Record<'_>) -> Skip {
    match decode(record) {
        Decoded::Skip(skip) => skip,
        other => panic!("{other:?}"),
    }
}

/// A reset in IPv4, with 3 bytes of payload.
fn v4() -> Vec<u8> {
    let mut bytes = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 61)
        .tcp(40_000, 443, 1000, 512)
        .rst()
        .ack(2000)
        .write(&mut bytes, b"why")
        .unwrap();
    bytes
}

/// The same in IPv6.
fn v6() -> Vec<u8> {
    let mut bytes = Vec::new();
    let address = |last| std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last).octets();
    PacketBuilder::ipv6(address(1), address(2), 61)
        .tcp(40_000, 443, 1000, 512)
        .rst()
        .ack(2000)
        .write(&mut bytes, b"why")
        .unwrap();
    bytes
}

/// `v6()` with extension headers before TCP, the first of which has number `next`.
fn v6_extended(next: u8, extensions: &[u8]) -> Vec<u8> {
    let mut bytes = v6();
    let len = u16::try_from(23 + extensions.len()).unwrap();
    bytes[4..6].copy_from_slice(&len.to_be_bytes());
    bytes[6] = next;
    bytes.splice(40..40, extensions.iter().copied());
    bytes
}

fn behind(header: &[u8], packet: &[u8]) -> Vec<u8> {
    [header, packet].concat()
}

fn ethernet(protocol: &[u8], packet: &[u8]) -> Vec<u8> {
    behind(&[&[2; 12], protocol].concat(), packet)
}

#[test]
fn every_field_of_an_ipv4_reset_is_read() {
    let bytes = v4();
    let segment = segment_of(&record(RAW, &bytes));
    assert_eq!(segment.from, "192.0.2.1:40000".parse().unwrap());
    assert_eq!(segment.to, "192.0.2.2:443".parse().unwrap());
    assert_eq!(segment.payload, b"why");
    let header = segment.header;
    assert_eq!((header.seq.value(), header.ack.value()), (1000, 2000));
    assert_eq!(header.flags.to_string(), "RST,ACK");
    assert_eq!(header.window, 512);
    assert_eq!(header.payload_len, 3);
    assert_eq!(header.ip.hop_limit, 61);
    assert!(header.ip.id().is_some() && header.ip.dont_fragment().is_some());
    assert_eq!(header.ip.flow_label(), None);
    assert_eq!(header.checksum, Checksum::Right);
    assert!(header.options.complete);
}

#[test]
fn every_field_of_an_ipv6_reset_is_read() {
    let mut bytes = v6();
    // Traffic class 0xb9, which is DSCP 46 and ECN 1; flow label 0x12345.
    bytes[..4].copy_from_slice(&[0x6b, 0x91, 0x23, 0x45]);
    let segment = segment_of(&record(RAW, &bytes));
    assert_eq!(segment.from, "[2001:db8::1]:40000".parse().unwrap());
    assert_eq!(segment.payload, b"why");
    let ip = segment.header.ip;
    assert_eq!((ip.hop_limit, ip.dscp), (61, 46));
    assert_eq!(ip.flow_label(), Some(0x12345));
    assert_eq!((ip.id(), ip.dont_fragment()), (None, None));
    assert_eq!(segment.header.checksum, Checksum::Right);
}

#[test]
fn every_link_type_leads_to_the_same_segment() {
    let (v4, v6) = (v4(), v6());
    let cooked = |protocol: [u8; 2]| [&[0; 14][..], &protocol].concat();
    let cooked2 = |protocol: [u8; 2]| [&protocol[..], &[0; 18]].concat();
    let mut frames = vec![
        (1, ethernet(&[0x08, 0x00], &v4), false),
        (1, ethernet(&[0x86, 0xdd], &v6), true),
        (
            1,
            ethernet(&[0, 51, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &v4),
            false,
        ),
        (1, ethernet(&[0, 46, 6, 6, 3], &v4), false),
        (113, behind(&cooked([0x08, 0x00]), &v4), false),
        (113, behind(&cooked([0x86, 0xdd]), &v6), true),
        (276, behind(&cooked2([0x08, 0x00]), &v4), false),
        (276, behind(&cooked2([0x86, 0xdd]), &v6), true),
        (228, v4.clone(), false),
        (229, v6.clone(), true),
    ];
    for raw in [12, 14, 101] {
        frames.push((raw, v4.clone(), false));
        frames.push((raw, v6.clone(), true));
    }
    for loopback in [0, 108] {
        for family in [2_u32, 10, 23, 24, 26, 28, 30] {
            let (packet, is_v6) = if family == 2 {
                (&v4, false)
            } else {
                (&v6, true)
            };
            frames.push((loopback, behind(&family.to_le_bytes(), packet), is_v6));
            frames.push((loopback, behind(&family.to_be_bytes(), packet), is_v6));
        }
    }
    for (link, bytes, is_v6) in &frames {
        let segment = segment_of(&record(LinkType(*link), bytes));
        assert_eq!(segment.from.is_ipv6(), *is_v6, "link type {link}");
        assert_eq!(
            (segment.from.port(), segment.payload),
            (40_000, &b"why"[..])
        );
        assert_eq!(segment.header.checksum, Checksum::Right);
    }
}

#[test]
fn tags_are_stripped_and_kept_as_identity() {
    let tags = [
        0x88, 0xa8, 0x20, 0x64, 0x81, 0x00, 0xe0, 0xc8, 0x91, 0x00, 0, 3, 0x81, 0, 0, 4, 0x81, 0,
        0, 5, 8, 0,
    ];
    let bytes = ethernet(&tags, &v4());
    let segment = segment_of(&record(ETHERNET, &bytes));
    let kept: Vec<_> = segment.encapsulation.layers().collect();
    let mut expected = [0, 200, 3, 4].map(Layer::Vlan);
    expected[0] = Layer::ServiceVlan(100);
    assert_eq!(kept, expected);
    let cooked = behind(&[&[0; 14][..], &[0x81, 0, 0, 7, 8, 0]].concat(), &v4());
    let segment = segment_of(&record(LinkType(113), &cooked));
    assert!(segment.encapsulation.layers().eq([Layer::Vlan(7)]));
}

#[test]
fn padding_of_the_link_is_no_payload() {
    let mut bytes = ethernet(&[8, 0], &v4());
    bytes.extend([0; 20]);
    assert_eq!(segment_of(&record(ETHERNET, &bytes)).payload, b"why");
    let mut bytes = ethernet(&[0x86, 0xdd], &v6());
    bytes.extend([0; 20]);
    let segment = segment_of(&record(ETHERNET, &bytes));
    assert_eq!(
        (segment.payload, segment.header.payload_len),
        (&b"why"[..], 3)
    );
}

#[test]
fn a_packet_length_of_zero_means_that_of_the_frame() {
    let mut bytes = ethernet(&[8, 0], &v4());
    bytes[16..18].fill(0);
    let segment = segment_of(&record_of(ETHERNET, &bytes, bytes.len() + 70_000));
    assert_eq!(
        (segment.payload, segment.header.payload_len),
        (&b"why"[..], 70_003)
    );
    let mut bytes = v6();
    bytes[4..6].fill(0);
    let segment = segment_of(&record(RAW, &bytes));
    assert_eq!(
        (segment.payload, segment.header.payload_len),
        (&b"why"[..], 3)
    );
}

#[test]
fn a_snap_length_cuts_payload_then_options_then_all() {
    let mut bytes = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 61)
        .tcp(40_000, 443, 1000, 512)
        .syn()
        .options_raw(&[2, 4, 5, 0xb4, 1, 3, 3, 7])
        .unwrap()
        .write(&mut bytes, b"early")
        .unwrap();
    for cut in 0..bytes.len() {
        let record = record_of(RAW, &bytes[..cut], bytes.len());
        match decode(&record) {
            Decoded::Segment(segment) => {
                assert!(cut >= 34, "cut at {cut}");
                assert_eq!(segment.header.payload_len, 5);
                assert_eq!(segment.payload.len(), cut.saturating_sub(48));
                assert_eq!(segment.header.options.complete, cut >= 48);
                assert_eq!(segment.header.checksum, Checksum::Unknown);
                assert_eq!(segment.header.flags.to_string(), "SYN");
            }
            Decoded::Skip(Skip::Cut(_)) => assert!(cut < 34, "cut at {cut}"),
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[test]
fn extension_headers_are_passed_over() {
    let six = 6;
    let options = [six, 0, 1, 4, 0, 0, 0, 0];
    let authentication = [six, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9];
    for (next, extension) in [
        (0, &options[..]),
        (60, &options),
        (135, &options),
        (51, &authentication),
    ] {
        let bytes = v6_extended(next, extension);
        let segment = segment_of(&record(RAW, &bytes));
        assert_eq!(segment.payload, b"why", "extension {next}");
        assert_eq!(segment.header.checksum, Checksum::Right);
    }
    let chain = [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
    let bytes = v6_extended(0, &chain);
    assert_eq!(segment_of(&record(RAW, &bytes)).payload, b"why");
}

#[test]
fn a_route_with_stops_ahead_leaves_the_checksum_unknown() {
    for (left, verdict) in [(0, Checksum::Right), (1, Checksum::Unknown)] {
        let bytes = v6_extended(43, &[6, 0, 0, left, 0, 0, 0, 0]);
        assert_eq!(segment_of(&record(RAW, &bytes)).header.checksum, verdict);
    }
}

#[test]
fn an_authentication_header_in_ipv4_is_passed_over() {
    let mut bytes = v4();
    bytes[9] = 51;
    bytes[3] += 16;
    bytes.splice(20..20, [6, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9]);
    assert_eq!(segment_of(&record(RAW, &bytes)).payload, b"why");
}

#[test]
fn a_first_fragment_is_read_and_a_later_one_is_not() {
    let mut bytes = v4();
    bytes[6] = 0x20;
    assert_eq!(
        segment_of(&record(RAW, &bytes)).header.checksum,
        Checksum::Unknown
    );
    bytes[6..8].copy_from_slice(&[0, 1]);
    assert_eq!(skip_of(&record(RAW, &bytes)), Skip::Fragment);
    bytes[9] = 17;
    assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp);

    let fragment = |offset: u8| v6_extended(44, &[6, 0, 0, offset, 0, 0, 0, 1]);
    assert_eq!(
        segment_of(&record(RAW, &fragment(0))).header.checksum,
        Checksum::Right
    );
    assert_eq!(
        segment_of(&record(RAW, &fragment(1))).header.checksum,
        Checksum::Unknown
    );
    assert_eq!(skip_of(&record(RAW, &fragment(8))), Skip::Fragment);
}

#[test]
fn a_checksum_is_judged_where_it_matters() {
    let mut bytes = v4();
    bytes[36] ^= 1;
    assert_eq!(
        segment_of(&record(RAW, &bytes)).header.checksum,
        Checksum::Wrong
    );
    // A bare ACK's is not looked at.
    bytes[33] = 0x10;
    assert_eq!(
        segment_of(&record(RAW, &bytes)).header.checksum,
        Checksum::Unknown
    );
}

#[test]
fn headers_that_contradict_themselves_are_malformed() {
    let malformed = |at: usize, value: u8| {
        let mut bytes = v4();
        bytes[at] = value;
        matches!(skip_of(&record(RAW, &bytes)), Skip::Malformed(_))
    };
    assert!(malformed(0, 0x44), "IPv4 header of 16 bytes");
    assert!(malformed(3, 19), "IPv4 packet shorter than its header");
    assert!(malformed(3, 39), "IPv4 packet shorter than TCP's header");
    assert!(malformed(32, 0x40), "TCP header of 16 bytes");
    assert!(malformed(32, 0xf0), "TCP header longer than its packet");
    let bytes = ethernet(&[8, 0], &v6());
    assert!(matches!(
        skip_of(&record(ETHERNET, &bytes)),
        Skip::Malformed(_)
    ));
}

#[test]
fn what_is_not_tcp_says_so() {
    let mut bytes = v4();
    bytes[9] = 1;
    assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp);
    let arp = ethernet(&[8, 6], &[0; 28]);
    assert_eq!(skip_of(&record(ETHERNET, &arp)), Skip::NotIp);
    assert_eq!(skip_of(&record(RAW, &[0x50; 40])), Skip::NotIp);
    let usb = LinkType(249);
    assert_eq!(skip_of(&record(usb, &[0; 40])), Skip::UnknownLink(usb));
    assert_eq!(skip_of(&record(ETHERNET, &[0; 13])), Skip::Cut("Ethernet"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_decode_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..160),
        link in proptest::sample::select(link::decoded()),
        on_wire: u32,
    ) {
        let record = Record { original_len: on_wire, ..record(LinkType(link), &bytes) };
        decode(&record);
    }

    #[test]
    fn no_damage_to_a_segment_makes_decode_panic(
        is_v6: bool,
        tag in proptest::sample::select(&[0x0800_u16, 0x86dd, 0x8100][..]),
        changes in proptest::collection::vec((0_usize..90, any::<u8>()), 0..6),
        cut in 0_usize..110,
        on_wire in 0_u32..200,
    ) {
        let packet = if is_v6 { v6_extended(0, &[6, 0, 1, 4, 0, 0, 0, 0]) } else { v4() };
        let mut bytes = ethernet(&tag.to_be_bytes(), &packet);
        for (at, value) in changes {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        bytes.truncate(cut);
        let record = Record { original_len: on_wire, ..record(ETHERNET, &bytes) };
        if let Decoded::Segment(segment) = decode(&record) {
            prop_assert!(segment.payload.len() <= segment.header.payload_len as usize);
        }
    }
}
