//! Link types: their numbers, their names and how each is stripped.
//!
//! A decoder only strips: it says what comes next and where. A new link type is a file here, if it needs one, and a row in the table.

mod arcnet;
mod capture_header;
mod dsa;
pub(super) mod ethernet;
mod juniper;
mod linux_cooked;
mod nflog;
mod null;
mod raw;
mod ring;
mod serial;
mod wifi;

use super::{Frame, LinkType, Record, Skip};
use crate::origin::RecordId;
use std::fmt;

/// One link type of the registry at tcpdump.org.
struct Row {
    link: LinkType,
    name: &'static str,
    /// `None`: known by name alone.
    strip: Option<Strip>,
}

type Strip = for<'a> fn(&'a [u8]) -> Result<Frame<'a>, Skip>;

const fn row(number: u16, name: &'static str, strip: Strip) -> Row {
    Row {
        link: LinkType(number),
        name,
        strip: Some(strip),
    }
}

const fn named(number: u16, name: &'static str) -> Row {
    Row {
        link: LinkType(number),
        name,
        strip: None,
    }
}

/// The commonest first, as it is searched in this order for every record.
const TABLE: &[Row] = &[
    row(1, "Ethernet", ethernet::strip),
    row(113, "Linux cooked", linux_cooked::strip_v1),
    row(LINUX_SLL2, "Linux cooked v2", linux_cooked::strip_v2),
    row(101, "raw IP", raw::strip),
    row(228, "raw IPv4", raw::strip),
    row(229, "raw IPv6", raw::strip),
    // Raw IP had one number on OpenBSD and another elsewhere before it had 101, and files with both are about.
    row(12, "raw IP", raw::strip),
    row(14, "raw IP", raw::strip),
    row(0, "BSD loopback", null::strip),
    row(108, "OpenBSD loopback", null::strip),
    row(127, "IEEE 802.11 with radiotap", wifi::strip_radiotap),
    row(105, "IEEE 802.11", wifi::strip),
    row(119, "IEEE 802.11 with Prism header", wifi::strip_prism),
    row(163, "IEEE 802.11 with AVS header", wifi::strip_avs),
    row(192, "per-packet information", capture_header::strip_ppi),
    row(258, "PKTAP", capture_header::strip_pktap),
    row(239, "netfilter log", nflog::strip),
    row(9, "PPP", serial::strip_ppp),
    row(50, "PPP in HDLC", serial::strip_hdlc),
    row(51, "PPPoE", serial::strip_pppoe),
    row(166, "PPP with direction", serial::strip_directed),
    row(204, "PPP with direction", serial::strip_directed),
    row(104, "Cisco HDLC", serial::strip_cisco),
    row(107, "Frame Relay", serial::strip_frame_relay),
    row(178, "Juniper Ethernet", juniper::strip_ethernet),
    row(284, "Marvell DSA", dsa::strip),
    row(285, "Marvell EDSA", dsa::strip_extended),
    row(242, "IP over InfiniBand", ring::strip_infiniband),
    row(10, "FDDI", ring::strip_fddi),
    row(6, "Token Ring", ring::strip_token_ring),
    row(11, "LLC over ATM", ring::strip_llc),
    row(138, "IP over FireWire", ring::strip_firewire),
    row(122, "IP over Fibre Channel", ring::strip_fibre_channel),
    row(129, "ARCNET on Linux", arcnet::strip_linux),
    row(7, "ARCNET", arcnet::strip),
    row(109, "OpenBSD IPsec", raw::strip_behind::<12>),
    row(240, "Ethernet on netANALYZER", ethernet::strip_behind::<4>),
    row(
        241,
        "Ethernet on netANALYZER with preamble",
        ethernet::strip_behind::<12>,
    ),
    row(274, "Ethernet with preamble", ethernet::strip_behind::<8>),
    named(8, "SLIP"),
    named(117, "OpenBSD packet filter log"),
    named(143, "DOCSIS"),
    named(187, "Bluetooth HCI"),
    named(189, "USB on Linux"),
    named(220, "USB on Linux, padded"),
    named(227, "CAN"),
    named(249, "USBPcap"),
    named(253, "netlink"),
];

#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "measured: decoding takes a fifth longer without"
)]
fn find(link: LinkType) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.link == link)
}

/// Strips the link header of a frame.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "measured: decoding takes a fifth longer without"
)]
pub(super) fn strip(link: LinkType, bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    match find(link).and_then(|row| row.strip) {
        Some(strip) => strip(bytes),
        None => Err(Skip::UnknownLink(link)),
    }
}

/// Where a record stands, with the interface that its link header names.
pub(super) fn place(record: &Record<'_>) -> RecordId {
    if record.link.0 == LINUX_SLL2 {
        record.id.through(linux_cooked::interface_v2(record.bytes))
    } else {
        record.id
    }
}

impl LinkType {
    /// Its name, for the usual ones.
    pub fn name(self) -> Option<&'static str> {
        find(self).map(|row| row.name)
    }

    /// Whether records of this type are decoded.
    pub fn is_decoded(self) -> bool {
        find(self).is_some_and(|row| row.strip.is_some())
    }
}

impl fmt::Display for LinkType {
    /// Its number, and its name in parentheses where it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} ({name})", self.0),
            None => self.0.fmt(f),
        }
    }
}

/// The numbers of the types that are decoded.
#[cfg(test)]
pub(super) fn decoded() -> Vec<u16> {
    let rows = TABLE.iter().filter(|row| row.strip.is_some());
    rows.map(|row| row.link.0).collect()
}

/// `LINKTYPE_LINUX_SLL2`.
const LINUX_SLL2: u16 = 276;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_link_type_has_one_row() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(
                TABLE[..at].iter().all(|earlier| earlier.link != row.link),
                "{}",
                row.link
            );
        }
    }

    #[test]
    fn link_types_are_named_where_known() {
        assert_eq!(LinkType(1).to_string(), "1 (Ethernet)");
        assert_eq!(LinkType(147).to_string(), "147");
        assert!(LinkType(276).is_decoded());
        assert!(!LinkType(249).is_decoded());
    }
}
