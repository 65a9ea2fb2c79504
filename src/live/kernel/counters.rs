//! The kernel's own counters of what ends in resets, before and after: `/proc/net/netstat`, of this network namespace.

use crate::report::KernelCounter;
use crate::report::words::{count, grouped};
use std::collections::BTreeMap;
use std::fs;
use std::io;

/// Values by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    values: BTreeMap<&'static str, u64>,
}

impl Counters {
    /// Reads them now.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, as on systems other than Linux.
    pub fn read() -> io::Result<Self> {
        fs::read_to_string("/proc/self/net/netstat").map(|text| Self::parse(&text))
    }

    /// A line of names stands over a line of values.
    fn parse(text: &str) -> Self {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("TcpExt:"));
        let (names, values) = (
            lines.next().unwrap_or_default(),
            lines.next().unwrap_or_default(),
        );
        let wanted = |name: &str| {
            NAMES
                .iter()
                .map(|(known, _)| *known)
                .find(|known| *known == name)
        };
        let pairs = names
            .split_ascii_whitespace()
            .zip(values.split_ascii_whitespace());
        Self {
            values: pairs
                .filter_map(|(name, value)| Some((wanted(name)?, value.parse().ok()?)))
                .collect(),
        }
    }

    /// What grew until `now`, and how that fits the verdicts on the resets that this host sent.
    pub fn growth(&self, now: &Self, judged: &BTreeMap<&'static str, u64>) -> Vec<KernelCounter> {
        let rows = NAMES.iter().filter_map(|(name, cause)| {
            let (before, after) = (*self.values.get(name)?, *now.values.get(name)?);
            let grown = after.saturating_sub(before);
            let resets = cause
                .and_then(|cause| judged.get(cause))
                .copied()
                .unwrap_or(0);
            (grown > 0 || resets > 0).then(|| KernelCounter {
                counter: name,
                before,
                after,
                statement: statement(name, grown, cause.map(|cause| (cause, resets))),
            })
        });
        rows.collect()
    }
}

fn statement(name: &str, grown: u64, judged: Option<(&str, u64)>) -> String {
    let grew = format!("{name} grew by {}", grouped(grown));
    match judged {
        None | Some((_, 0)) => grew,
        Some((cause, resets)) => {
            let resets_of = count(resets, "reset", "resets");
            let verb = if grown < resets {
                "speaks against some of"
            } else {
                "agrees with"
            };
            format!("{grew}, which {verb} the {resets_of} of this host judged {cause}")
        }
    }
}

/// The counters, and the cause each of whose resets adds to it, where there is one.
const NAMES: [(&str, Option<&str>); 9] = [
    ("ListenOverflows", Some("accept-queue-overflow")),
    ("ListenDrops", None),
    ("TCPAbortOnData", None),
    ("TCPAbortOnClose", Some("unread-data-close")),
    ("TCPAbortOnMemory", Some("orphan-abort")),
    ("TCPAbortOnTimeout", Some("keepalive-timeout")),
    ("TCPAbortOnLinger", None),
    ("TCPAbortFailed", None),
    ("EmbryonicRsts", None),
];

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "TcpExt: SyncookiesSent ListenOverflows TCPAbortOnClose EmbryonicRsts\nTcpExt: 5 1 10 0\nIpExt: InNoRoutes\nIpExt: 0\n";
    const AFTER: &str = "TcpExt: SyncookiesSent ListenOverflows TCPAbortOnClose EmbryonicRsts\nTcpExt: 9 1 12 4\nIpExt: InNoRoutes\nIpExt: 7\n";

    #[test]
    fn growth_is_held_against_the_verdicts() {
        let judged = [("unread-data-close", 2), ("accept-queue-overflow", 1)].into();
        let grown = Counters::parse(BEFORE).growth(&Counters::parse(AFTER), &judged);
        let statements: Vec<&str> = grown.iter().map(|row| row.statement.as_str()).collect();
        assert_eq!(
            statements,
            [
                "ListenOverflows grew by 0, which speaks against some of the 1 reset of this host judged accept-queue-overflow",
                "TCPAbortOnClose grew by 2, which agrees with the 2 resets of this host judged unread-data-close",
                "EmbryonicRsts grew by 4",
            ]
        );
    }
}
