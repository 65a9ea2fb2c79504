//! Segments that ICMP errors quote.

use super::tunnels::ip;
use super::*;
use crate::tcp::IcmpError;

fn quoted(bytes: &[u8]) -> Quoted {
    match decode(&record(RAW, bytes)) {
        Decoded::Quoted(quoted) => quoted,
        other => panic!("{other:?}"),
    }
}

/// The IPv6 packet that carries an error of `kind` and `code` about `v6()`.
fn error6(kind: u8, code: u8) -> Vec<u8> {
    let mut bytes = v6()[..40].to_vec();
    let quote = v6();
    bytes[6] = 58;
    bytes[4..6].copy_from_slice(&u16::try_from(8 + quote.len()).unwrap().to_be_bytes());
    bytes.extend([kind, code, 0, 0, 0, 0, 5, 0]);
    behind(&bytes, &quote)
}

#[test]
fn an_error_says_who_found_what_about_which_segment() {
    let error = ip(1, &behind(&[3, 3, 0, 0, 0, 0, 0, 0], &v4()));
    let quoted = quoted(&error);
    assert_eq!(quoted.reporter.to_string(), "198.51.100.1");
    assert_eq!(quoted.says, IcmpError::PortUnreachable);
    assert_eq!(quoted.from, "192.0.2.1:40000".parse().unwrap());
    assert_eq!(quoted.to, "192.0.2.2:443".parse().unwrap());
    assert_eq!(quoted.seq.map(crate::tcp::SeqNumber::value), Some(1000));
}

#[test]
fn kinds_of_both_versions_are_told_alike() {
    let v4_says = |kind, code| quoted(&ip(1, &behind(&[kind, code, 0, 0, 0, 0, 5, 0], &v4()))).says;
    let v6_says = |kind, code| quoted(&error6(kind, code)).says;
    let mtu = IcmpError::TooBig { mtu: 1280 };
    for (v4_kind, v6_kind, says) in [
        ((3, 0), (1, 0), IcmpError::NetUnreachable),
        ((3, 1), (1, 3), IcmpError::HostUnreachable),
        ((3, 3), (1, 4), IcmpError::PortUnreachable),
        ((3, 13), (1, 1), IcmpError::Prohibited),
        ((3, 10), (1, 5), IcmpError::Prohibited),
        ((3, 4), (2, 0), mtu),
        ((11, 0), (3, 0), IcmpError::TimeExceeded),
    ] {
        assert_eq!(v4_says(v4_kind.0, v4_kind.1), says);
        assert_eq!(v6_says(v6_kind.0, v6_kind.1), says);
    }
    let other = IcmpError::Other { kind: 12, code: 2 };
    assert_eq!(v4_says(12, 2), other);
}

#[test]
fn a_short_quote_gives_what_it_has() {
    let error = |len: usize| ip(1, &behind(&[11, 0, 0, 0, 0, 0, 0, 0], &v4()[..len]));
    assert!(quoted(&error(28)).seq.is_some());
    assert_eq!(quoted(&error(27)).seq, None);
    assert_eq!(quoted(&error(24)).to.port(), 443);
    let bytes = error(23);
    assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp);
}

#[test]
fn what_is_no_error_quotes_nothing() {
    for (kind, code) in [(0, 0), (8, 0), (13, 0)] {
        let bytes = ip(1, &behind(&[kind, code, 0, 0, 0, 0, 0, 0], &v4()));
        assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp);
    }
    let mut udp = v4();
    udp[9] = 17;
    let bytes = ip(1, &behind(&[3, 3, 0, 0, 0, 0, 0, 0], &udp));
    assert_eq!(skip_of(&record(RAW, &bytes)), Skip::NotTcp);
}
