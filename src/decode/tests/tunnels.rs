//! What IP carries that is a packet again.

use super::*;

/// An IPv4 packet from 198.51.100.1 to 198.51.100.2.
pub(super) fn ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![0x45, 0, len[0], len[1], 0, 1, 0, 0, 64, protocol, 0, 0];
    bytes.extend([198, 51, 100, 1, 198, 51, 100, 2]);
    behind(&bytes, payload)
}

fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(8 + payload.len()).unwrap();
    let header = [from, to, len, 0].map(u16::to_be_bytes).concat();
    ip(17, &behind(&header, payload))
}

fn layers(bytes: &[u8]) -> Vec<Layer> {
    let record = record(RAW, bytes);
    let segment = segment_of(&record);
    assert_eq!(segment.payload, b"why");
    assert_eq!(segment.header.checksum, Checksum::Right);
    let encapsulation = segment.encapsulation;
    encapsulation
        .layers()
        .chain(encapsulation.one_way())
        .collect()
}

fn frame() -> Vec<u8> {
    ethernet(&[8, 0], &v4())
}

#[test]
fn ip_in_ip_leaves_no_trace() {
    assert_eq!(layers(&ip(4, &v4())), []);
    assert_eq!(layers(&ip(41, &v6())), []);
    assert_eq!(layers(&ip(97, &behind(&[0x30, 0], &frame()))), []);
    let label = [0, 1, 0x11, 64];
    assert_eq!(layers(&ip(137, &behind(&label, &v4()))), [Layer::Mpls(17)]);
}

#[test]
fn gre_is_read_with_all_its_fields() {
    let gre = |header: &[u8], packet: &[u8]| ip(47, &behind(header, packet));
    assert_eq!(layers(&gre(&[0, 0, 8, 0], &v4())), []);
    assert_eq!(layers(&gre(&[0, 0, 0x86, 0xdd], &v6())), []);
    let all = [0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1];
    assert_eq!(layers(&gre(&all, &v4())), [Layer::Gre(9)]);
    let routed = [0x40, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0, 2, 7, 7, 0, 0, 0, 0];
    assert_eq!(layers(&gre(&routed, &v4())), []);
    let pptp = [
        0x30, 0x81, 0x88, 0x0b, 0, 45, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x21,
    ];
    assert_eq!(layers(&gre(&pptp, &v4())), []);
    let virtual_subnet = [0x20, 0, 0x65, 0x58, 0, 0x12, 0x34, 0x56];
    assert_eq!(
        layers(&gre(&virtual_subnet, &frame())),
        [Layer::Gre(0x1234)]
    );
    let small_key = [0x20, 0, 0x65, 0x58, 0, 0, 0, 77];
    assert_eq!(layers(&gre(&small_key, &frame())), [Layer::Gre(77)]);
    let wccp = [0, 0, 0x88, 0x3e, 0, 1, 2, 3];
    assert_eq!(layers(&gre(&wccp, &v4())), []);
}

#[test]
fn mirrored_frames_are_read_in_all_three_types() {
    let gre = |header: &[u8]| ip(47, &behind(header, &frame()));
    assert_eq!(layers(&gre(&[0, 0, 0x88, 0xbe])), []);
    let second = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 5, 0, 0, 0, 0];
    assert_eq!(layers(&gre(&second)), [Layer::Erspan(5)]);
    let mut third = vec![0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 6];
    third.extend([0; 8]);
    assert_eq!(layers(&gre(&third)), [Layer::Erspan(6)]);
    third[19] = 1;
    third.extend([0; 8]);
    assert_eq!(layers(&gre(&third)), [Layer::Erspan(6)]);
}

#[test]
fn overlays_over_udp_are_read() {
    let vxlan = behind(&[8, 0, 0, 0, 0, 1, 2, 0], &frame());
    for port in [4789, 8472] {
        assert_eq!(layers(&udp(50_000, port, &vxlan)), [Layer::Vxlan(0x0102)]);
    }
    let policy = behind(&[0x88, 0, 0, 7, 0, 1, 2, 0], &frame());
    assert_eq!(layers(&udp(1, 4789, &policy)), [Layer::Vxlan(0x0102)]);
    for (next, packet) in [(1, v4()), (2, v6()), (3, frame())] {
        let generic = behind(&[0x0c, 0, 0, next, 0, 0, 9, 0], &packet);
        assert_eq!(layers(&udp(1, 4790, &generic)), [Layer::Vxlan(9)]);
    }
    let geneve = behind(
        &[2, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 1, 9, 9, 9, 9],
        &frame(),
    );
    assert_eq!(layers(&udp(1, 6081, &geneve)), [Layer::Geneve(9)]);
}

#[test]
fn mobile_and_access_tunnels_are_read() {
    let len = u8::try_from(v4().len()).unwrap();
    let plain = behind(&[0x30, 0xff, 0, len, 0, 0, 0, 7], &v4());
    assert_eq!(layers(&udp(2152, 2152, &plain)), [Layer::Gtp(7)]);
    let extended = [
        0x34,
        0xff,
        0,
        len + 8,
        0,
        0,
        0,
        8,
        0,
        1,
        0,
        0x85,
        1,
        2,
        3,
        0,
    ];
    assert_eq!(
        layers(&udp(1, 2152, &behind(&extended, &v4()))),
        [Layer::Gtp(8)]
    );
    let session = behind(&[0, 2, 0, 5, 0, 6, 0xff, 3, 0, 0x21], &v4());
    assert_eq!(layers(&udp(1701, 1701, &session)), [Layer::L2tp(6)]);
    let full = [
        0x4a,
        2,
        0,
        len + 18,
        0,
        5,
        0,
        6,
        0,
        1,
        0,
        2,
        0,
        2,
        9,
        9,
        0,
        0x21,
    ];
    assert_eq!(
        layers(&udp(1701, 9, &behind(&full, &v4()))),
        [Layer::L2tp(6)]
    );
    let ethernet = behind(&[0, 0x10, 0, 0, 0, 0, 0, 0], &frame());
    assert_eq!(layers(&udp(5247, 9, &ethernet)), []);
    for control in [[0x08, 0x01], [0x01, 0x08]] {
        let mut wifi = vec![0, 0x10, 0x03, 0, 0, 0, 0, 0];
        wifi.extend(control);
        wifi.extend([0; 22]);
        wifi.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
        assert_eq!(layers(&udp(9, 5247, &behind(&wifi, &v4()))), []);
    }
}

#[test]
fn ipv6_over_udp_is_read() {
    assert_eq!(layers(&udp(3544, 9, &v6())), []);
    let mut headers = vec![0, 1, 0, 0];
    headers.extend([0; 9]);
    headers.extend([0, 0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(layers(&udp(9, 3544, &behind(&headers, &v6()))), []);
    let mut identity = vec![0x42, 0x52, 0x11, 41, 0, 0, 0, 0];
    identity.resize(8 + 16 + 20, 1);
    assert_eq!(layers(&udp(9, 5072, &behind(&identity, &v6()))), []);
}

#[test]
fn a_port_alone_makes_no_tunnel() {
    let inner = frame();
    let wrong = [
        (4789, behind(&[0, 0, 0, 0, 0, 1, 2, 0], &inner)),
        (4789, behind(&[8, 0, 0, 0, 0, 1, 2, 3], &inner)),
        (4790, behind(&[8, 0, 0, 1, 0, 0, 9, 0], &inner)),
        (6081, behind(&[0x40, 0, 0x65, 0x58, 0, 0, 9, 0], &inner)),
        (2152, behind(&[0x30, 1, 0, 43, 0, 0, 0, 7], &v4())),
        (2152, behind(&[0x30, 0xff, 0, 1, 0, 0, 0, 7], &v4())),
        (3544, v4()),
        (1701, behind(&[0xc8, 2, 0, 5, 0, 6], &v4())),
        (5247, behind(&[1, 0x10, 0, 0, 0, 0, 0, 0], &inner)),
        (5072, behind(&[0x42, 0, 0x12, 41], &v6())),
        // The header fits, what follows does not.
        (4789, behind(&[8, 0, 0, 0, 0, 1, 2, 0], &[0x50; 60])),
        (4789, behind(&[8, 0, 0, 0, 0, 1, 2, 0], &inner[..30])),
    ];
    for (port, payload) in wrong {
        let bytes = udp(40_000, port, &payload);
        assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp, "port {port}");
    }
    let mut long = frame();
    long[17] += 100;
    let bytes = udp(9, 4789, &behind(&[8, 0, 0, 0, 0, 1, 2, 0], &long));
    assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_in_a_tunnel_make_decode_panic(
        protocol in proptest::sample::select(&[4_u8, 41, 47, 97, 137, 1, 58][..]),
        port in proptest::sample::select(&[4789_u16, 4790, 6081, 2152, 3544, 1701, 5247, 5072][..]),
        start in proptest::collection::vec(any::<u8>(), 0..24),
        is_frame: bool,
        changes in proptest::collection::vec((0_usize..90, any::<u8>()), 0..4),
    ) {
        let inner = if is_frame { frame() } else { v4() };
        let payload = behind(&start, &inner);
        for mut bytes in [ip(protocol, &payload), udp(port, port, &payload)] {
            for (at, value) in &changes {
                if let Some(byte) = bytes.get_mut(*at) {
                    *byte = *value;
                }
            }
            decode(&record(RAW, &bytes));
        }
    }
}
