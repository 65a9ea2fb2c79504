//! libpcap's filter compiler, applied to records from any source: [`Filter`].
//!
//! What a filter means depends on the link type, so one program is compiled for each that occurs. Programs see the captured length of a
//! record as its length: `greater` and `less` judge what was captured.

use crate::decode::{LinkType, Record};
use pcap::{BpfProgram, Capture, Linktype};
use std::error::Error;
use std::fmt;

/// A filter expression, in the syntax of tcpdump.
pub struct Filter {
    expression: String,
    programs: Vec<(LinkType, Option<BpfProgram>)>,
}

/// Why a filter cannot be used: libpcap's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The expression.
    pub expression: String,
    /// The link type that it makes no sense for; `None` when it is no expression at all.
    pub link: Option<LinkType>,
    /// What libpcap says.
    pub why: String,
}

impl Filter {
    /// Takes an expression.
    ///
    /// # Errors
    ///
    /// When it makes no sense on any common link.
    pub fn new(expression: &str) -> Result<Self, FilterError> {
        let filter = Self {
            expression: expression.to_owned(),
            programs: Vec::new(),
        };
        match (filter.compile(ETHERNET), filter.compile(IEEE802_11)) {
            (Err(error), Err(_)) => Err(FilterError {
                link: None,
                ..error
            }),
            _ => Ok(filter),
        }
    }

    /// Whether it lets `record` pass.
    ///
    /// # Errors
    ///
    /// Once for each link type on which the expression makes no sense; records of that type do not pass afterwards.
    pub fn matches(&mut self, record: &Record<'_>) -> Result<bool, FilterError> {
        let link = judged_as(record);
        let known = self.programs.iter().find(|(known, _)| *known == link);
        if let Some((_, program)) = known {
            let passes = |program: &BpfProgram| program.filter(record.bytes);
            return Ok(program.as_ref().is_some_and(passes));
        }
        match self.compile(link) {
            Ok(program) => {
                let passes = program.filter(record.bytes);
                self.programs.push((link, Some(program)));
                Ok(passes)
            }
            Err(error) => {
                self.programs.push((link, None));
                Err(error)
            }
        }
    }

    fn compile(&self, link: LinkType) -> Result<BpfProgram, FilterError> {
        Capture::dead(Linktype(data_link(link)))
            .and_then(|capture| capture.compile(&self.expression, true))
            .map_err(|error| FilterError {
                expression: self.expression.clone(),
                link: Some(link),
                why: match error {
                    pcap::Error::PcapError(why) => why,
                    other => other.to_string(),
                },
            })
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.expression).finish()
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the filter '{}'", self.expression)?;
        match self.link {
            Some(link) => write!(f, " makes no sense for link type {link}: {}", self.why),
            None => write!(f, " is not understood: {}", self.why),
        }
    }
}

impl Error for FilterError {}

/// The link type whose program judges a record: that of BSD loopback has its address family in the order of the machine that captured, and
/// libpcap's program expects that of this one. A family that begins with zero is in network order, which is the other loopback's.
fn judged_as(record: &Record<'_>) -> LinkType {
    match (record.link, record.bytes) {
        (BSD_LOOPBACK, [0, ..]) => OPENBSD_LOOPBACK,
        (link, _) => link,
    }
}

/// The number by which libpcap knows a link type in memory. Files have their own, the same on every system, for a few of them.
fn data_link(link: LinkType) -> i32 {
    match link.0 {
        100 => 11,               // RFC 1483 ATM
        12 | 14 | 101 => RAW_IP, // 12 and 14 are what the number in memory was, here and there, before files had their own
        other => i32::from(other),
    }
}

/// `DLT_RAW`; OpenBSD alone has another number.
const RAW_IP: i32 = if cfg!(target_os = "openbsd") { 14 } else { 12 };
const BSD_LOOPBACK: LinkType = LinkType(0);
const OPENBSD_LOOPBACK: LinkType = LinkType(108);
const ETHERNET: LinkType = LinkType(1);
const IEEE802_11: LinkType = LinkType(105);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{RecordId, Timestamp};

    /// An IPv4 header without options: TCP from 10.0.0.1 to 10.0.0.2, then ports 1025 and 80.
    const PACKET: [u8; 40] = [
        0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, // IP
        4, 1, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 4, 0, 0, 0, 0, 0, 0, // TCP
    ];

    fn raw(bytes: &[u8]) -> Record<'_> {
        Record {
            id: RecordId::default(),
            time: Timestamp::default(),
            link: LinkType(101),
            bytes,
            original_len: 40,
        }
    }

    #[test]
    fn a_filter_is_compiled_for_the_link_type_of_the_record() {
        let mut http = Filter::new("tcp port 80").unwrap();
        assert_eq!(http.matches(&raw(&PACKET)), Ok(true));
        let mut https = Filter::new("tcp port 443").unwrap();
        assert_eq!(https.matches(&raw(&PACKET)), Ok(false));
        assert_eq!(http.matches(&raw(&[])), Ok(false));
    }

    #[test]
    fn what_is_no_filter_is_said_in_libpcaps_words() {
        let error = Filter::new("prot 80").unwrap_err();
        assert_eq!(error.link, None);
        assert!(
            error
                .to_string()
                .starts_with("the filter 'prot 80' is not understood: ")
        );
    }

    #[test]
    fn a_filter_that_needs_another_link_type_is_said_once() {
        let mut filter = Filter::new("ether host 02:00:00:00:00:01").unwrap();
        let error = filter.matches(&raw(&PACKET)).unwrap_err();
        assert_eq!(error.link, Some(LinkType(101)));
        assert_eq!(filter.matches(&raw(&PACKET)), Ok(false));
    }
}
