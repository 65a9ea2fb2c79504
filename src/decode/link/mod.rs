//! Link types: their numbers, their names and how each is stripped.
//!
//! A decoder only strips: it says what comes next and where. A new link type is a file here, if it needs one, and a row in the table.

mod ethernet;
mod linux_cooked;
mod null;
mod raw;

use super::{Frame, LinkType, Skip};
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
    row(276, "Linux cooked v2", linux_cooked::strip_v2),
    row(101, "raw IP", raw::strip),
    row(228, "raw IPv4", raw::strip),
    row(229, "raw IPv6", raw::strip),
    // Raw IP had one number on OpenBSD and another elsewhere before it had 101, and files with both are about.
    row(12, "raw IP", raw::strip),
    row(14, "raw IP", raw::strip),
    row(0, "BSD loopback", null::strip),
    row(108, "OpenBSD loopback", null::strip),
    named(9, "PPP"),
    named(10, "FDDI"),
    named(50, "PPP in HDLC"),
    named(51, "PPPoE"),
    named(104, "Cisco HDLC"),
    named(105, "IEEE 802.11"),
    named(107, "Frame Relay"),
    named(127, "IEEE 802.11 with radiotap"),
    named(189, "USB on Linux"),
    named(192, "per-packet information"),
    named(239, "netfilter log"),
    named(249, "USBPcap"),
    named(253, "netlink"),
    named(258, "PKTAP"),
];

fn find(link: LinkType) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.link == link)
}

/// Strips the link header of a frame.
pub(super) fn strip(link: LinkType, bytes: &[u8]) -> Result<Frame<'_>, Skip> {
    match find(link).and_then(|row| row.strip) {
        Some(strip) => strip(bytes),
        None => Err(Skip::UnknownLink(link)),
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
        assert!(!LinkType(127).is_decoded());
    }
}
