//! What stands between a link and IP.

use super::tunnels::ip;
use super::*;

fn layers(bytes: &[u8]) -> Vec<Layer> {
    let record = record(ETHERNET, bytes);
    let segment = segment_of(&record);
    assert_eq!(segment.payload, b"why");
    let encapsulation = segment.encapsulation;
    encapsulation
        .layers()
        .chain(encapsulation.one_way())
        .collect()
}

#[test]
fn labels_lead_to_ip_or_to_ethernet() {
    let labels = [0x88, 0x47, 0, 1, 0x10, 64, 0, 2, 1, 64];
    let kept = [Layer::Mpls(17), Layer::Mpls(32)];
    assert_eq!(layers(&ethernet(&labels, &v4())), kept);
    let inner = ethernet(&[0x86, 0xdd], &v6());
    assert_eq!(layers(&ethernet(&labels, &inner)), kept);
    assert_eq!(layers(&ethernet(&labels, &behind(&[0; 4], &inner))), kept);
}

#[test]
fn sessions_and_services_are_identity() {
    let session = [0x88, 0x64, 0x11, 0, 0, 7, 0, 45, 0, 0x21];
    assert_eq!(layers(&ethernet(&session, &v4())), [Layer::Pppoe(7)]);
    let inner = ethernet(&[8, 0], &v4());
    let service = [0x88, 0xa8, 0, 5, 0x88, 0xe7, 0, 1, 2, 3];
    assert_eq!(
        layers(&ethernet(&service, &inner)),
        [Layer::ServiceVlan(5), Layer::Service(0x01_0203)]
    );
    let discovery = ethernet(&[0x88, 0x64, 0x11, 9, 0, 0, 0, 0], &v4());
    assert_eq!(skip_of(&record(ETHERNET, &discovery)), Skip::NotIp);
}

#[test]
fn tags_about_ports_leave_no_trace() {
    let inner = ethernet(&[8, 0], &v4());
    for bytes in [
        ethernet(&[0x89, 0x3f, 0, 0, 0, 1, 0, 0, 8, 0], &v4()),
        ethernet(&[0x89, 0x26, 0, 1, 0, 2, 8, 0], &v4()),
        ethernet(&[0x89, 0x03, 0x12, 0x34], &inner),
        ethernet(&[0x89, 0x4f, 0x0f, 0xc2, 2, 1, 0, 0, 1, 255], &v4()),
        ethernet(&[0x65, 0x58], &inner),
    ] {
        assert_eq!(layers(&bytes), []);
    }
}

#[test]
fn wrapping_comes_to_an_end() {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        bytes.extend([0x81, 0, 0, 1]);
    }
    bytes.extend([8, 0]);
    let bytes = ethernet(&bytes, &v4());
    assert_eq!(skip_of(&record(ETHERNET, &bytes)), Skip::Nested);
    assert_eq!(Skip::Nested.to_string(), "wrapped more than 24 times");
    let mut packet = v4();
    for _ in 0..30 {
        packet = ip(4, &packet);
    }
    assert_eq!(skip_of(&record(RAW, &packet)), Skip::Nested);
}
