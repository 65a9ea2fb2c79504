//! [`LiveError`]: why an interface could not be opened, or not be read further.

use std::error::Error;
use std::fmt;

/// What went wrong with which interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveError {
    /// Its name as it was given.
    pub interface: String,
    /// What went wrong.
    pub fault: LiveFault,
}

/// What went wrong with an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveFault {
    /// There is no such interface.
    Missing,
    /// The system does not let this user capture: its own words.
    Forbidden(String),
    /// The filter makes no sense on it: libpcap's words.
    Filter(String),
    /// It is down. While reading, it may come up again, and reading goes on.
    Down,
    /// It was there, and is not any more.
    Vanished,
    /// Anything else, in libpcap's words.
    Other(String),
}

impl LiveFault {
    /// Tells libpcap's errors apart by their words: its binding passes on nothing else.
    pub(super) fn of_opening(error: pcap::Error) -> Self {
        let words = words(error);
        let says = |part: &str| words.contains(part);
        if says("ermission") || says("not permitted") {
            Self::Forbidden(words)
        } else if says("No such device") {
            Self::Missing
        } else if says("not up") {
            Self::Down
        } else {
            Self::Other(words)
        }
    }

    pub(super) fn of_reading(error: pcap::Error, exists: bool) -> Self {
        let words = words(error);
        if !exists || words.contains("disappeared") {
            Self::Vanished
        } else if words.contains("down") || words.contains("not up") {
            Self::Down
        } else {
            Self::Other(words)
        }
    }
}

fn words(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(words) => words,
        other => other.to_string(),
    }
}

impl fmt::Display for LiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such interface"),
            Self::Forbidden(_) => f.write_str("this user may not capture on it"),
            Self::Filter(why) => write!(f, "the filter makes no sense on it: {why}"),
            Self::Down => f.write_str("it is down"),
            Self::Vanished => f.write_str("the interface has vanished"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl fmt::Display for LiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.interface, self.fault)
    }
}

impl Error for LiveError {}
