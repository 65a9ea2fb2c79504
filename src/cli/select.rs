//! Which resets are reported: [`Selection`], and what was passed by, for the message when nothing was chosen.
//!
//! The whole capture is tracked and judged all the same, so a verdict is the one that it would be without a selection.

use super::alarm::Harm;
use super::search;
use crate::mask::Mask;
use crate::origin::Timestamp;
use crate::report::{Reference, ResetReport, Time};
use crate::rules::causes::{RULES, UNDETERMINED};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

/// What is wanted. An empty list or `None` asks for nothing in particular; several of one kind are alternatives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Connections, by their two ends.
    pub connections: Vec<Ends>,
    /// Records of resets.
    pub records: Vec<Place>,
    /// Ids of causes.
    pub causes: Vec<&'static str>,
    /// The earliest time.
    pub from: Option<Moment>,
    /// The latest time.
    pub to: Option<Moment>,
    /// The least severity.
    pub severity: Option<Harm>,
}

/// The two ends of a connection, the lower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ends(SocketAddr, SocketAddr);

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index of its source, from 0; `None`: of any.
    source: Option<u16>,
    /// Its number in there, from 1.
    number: u64,
}

/// A time as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nanoseconds since the Unix epoch.
    At(i64),
    /// Nanoseconds after the first record of the capture.
    After(i64),
}

impl Wanted {
    /// The same of a masked report.
    pub fn masked(mut self, mask: &mut Mask) -> Self {
        for Ends(one, other) in &mut self.connections {
            let (left, right) = (mask.socket(*one), mask.socket(*other));
            (*one, *other) = (left.min(right), left.max(right));
        }
        self
    }

    /// Whether nothing in particular is asked for.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}

/// Chooses resets, and remembers a little of those it passes by.
#[derive(Debug, Default)]
pub struct Selection {
    wanted: Wanted,
    start: Option<Timestamp>,
    chosen: u64,
    passed: Passed,
}

/// What was passed by: enough to say what there was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// How many.
    pub count: u64,
    /// How many of each cause.
    pub causes: BTreeMap<&'static str, u64>,
    /// Where the first of them stand.
    pub records: Vec<Reference>,
    /// Their first connections, client first.
    pub connections: Vec<(SocketAddr, SocketAddr)>,
    known: BTreeSet<Ends>,
    /// Seconds from the start of the capture and time of the earliest.
    pub first: Option<Time>,
    /// The same of the latest.
    pub last: Option<Time>,
}

impl Selection {
    /// Chooses what is wanted.
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// Tells the time of a record; the first one is the start of the capture.
    pub fn starts(&mut self, time: Timestamp) {
        self.start.get_or_insert(time);
    }

    /// Whether a reset is reported.
    pub fn admits(&mut self, reset: &ResetReport) -> bool {
        let chosen = self.wanted.is_all() || self.judge(reset);
        if chosen {
            self.chosen += 1;
        } else {
            self.passed.note(reset);
        }
        chosen
    }

    fn judge(&self, reset: &ResetReport) -> bool {
        let wanted = &self.wanted;
        let ends = Ends::of(reset.connection.client, reset.connection.server);
        let any = |none: bool, some: bool| none || some;
        any(
            wanted.connections.is_empty(),
            wanted.connections.contains(&ends),
        ) && any(
            wanted.records.is_empty(),
            wanted.records.iter().any(|place| place.is(reset)),
        ) && any(
            wanted.causes.is_empty(),
            wanted.causes.contains(&reset.verdict.cause),
        ) && wanted
            .from
            .is_none_or(|from| reset.time.nanos() >= self.nanos(from))
            && wanted
                .to
                .is_none_or(|to| reset.time.nanos() <= self.nanos(to))
            && wanted.severity.is_none_or(|least| Harm::of(reset) >= least)
    }

    fn nanos(&self, moment: Moment) -> i64 {
        match moment {
            Moment::At(nanos) => nanos,
            Moment::After(nanos) => self.start.unwrap_or_default().plus(nanos).nanos(),
        }
    }

    /// What there was, and what had been asked for, where nothing was chosen of it.
    pub fn in_vain(&self) -> Option<(&Wanted, &Passed, Time)> {
        let start = Time::from(self.start.unwrap_or_default());
        (self.chosen == 0 && self.passed.count > 0).then_some((&self.wanted, &self.passed, start))
    }
}

impl Passed {
    fn note(&mut self, reset: &ResetReport) {
        self.count += 1;
        *self.causes.entry(reset.verdict.cause).or_default() += 1;
        if self.records.len() < SHOWN {
            self.records.push(reset.reference());
        }
        let (client, server) = (reset.connection.client, reset.connection.server);
        if self.connections.len() < SHOWN && self.known.insert(Ends::of(client, server)) {
            self.connections.push((client, server));
        }
        self.first = Some(self.first.map_or(reset.time, |time| time.min(reset.time)));
        self.last = self.last.max(Some(reset.time));
    }
}

impl Ends {
    fn of(one: SocketAddr, other: SocketAddr) -> Self {
        Self(one.min(other), one.max(other))
    }

    /// Reads `A:P-B:Q`, in either order; IPv6 addresses in brackets.
    pub fn parse(text: &str) -> Result<Self, String> {
        let ends = text.split_once('-').and_then(|(one, other)| {
            let other = other.strip_prefix('>').unwrap_or(other);
            Some(Self::of(
                one.trim().parse().ok()?,
                other.trim().parse().ok()?,
            ))
        });
        ends.ok_or_else(|| {
            "not two ends, such as 10.0.0.1:40000-10.0.0.2:443 or [2001:db8::1]:40000-[2001:db8::2]:443".into()
        })
    }
}

impl Place {
    fn is(self, reset: &ResetReport) -> bool {
        self.number == reset.record && self.source.is_none_or(|source| source == reset.source)
    }

    /// Reads `N` or `SOURCE:N`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (source, number) = match text.split_once(':') {
            Some((source, number)) => (Some(source.parse::<u16>()), number),
            None => (None, text),
        };
        match (source.transpose(), number.parse::<u64>()) {
            (Ok(source), Ok(number)) if number > 0 => Ok(Self { source, number }),
            _ => Err("not a record, such as 7, or 0:7 for the first file's".into()),
        }
    }
}

impl Moment {
    /// Reads RFC 3339, or seconds from the first record.
    pub fn parse(text: &str) -> Result<Self, String> {
        let within = |nanos: i128| i64::try_from(nanos).ok();
        let seconds = text
            .parse::<f64>()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .and_then(|after| i64::try_from(after.as_nanos()).ok())
            .map(Self::After);
        let time = || {
            let time = text.parse::<jiff::Timestamp>().ok()?;
            within(time.as_nanosecond()).map(Self::At)
        };
        seconds.or_else(time).ok_or_else(|| {
            "neither seconds from the first record, such as 12.5, nor a time with its zone, such as 2026-01-31T09:15:02Z".into()
        })
    }
}

/// Reads the id of a cause, or another name of it.
pub fn cause(text: &str) -> Result<&'static str, String> {
    let pages = || RULES.iter().map(|rule| rule.doc).chain([UNDETERMINED]);
    search::named(text, pages())
        .map(|page| page.id)
        .ok_or_else(|| {
            let near = search::nearest(text, pages().flat_map(search::names));
            if near.is_empty() {
                "there is no such cause; all of them: rstscope causes".into()
            } else {
                format!(
                    "there is no such cause; did you mean {}?",
                    near.join(" or ")
                )
            }
        })
}

/// Records and connections that the message about nothing shows.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(wanted: Wanted, reset: &ResetReport) -> bool {
        Selection::new(wanted).admits(reset)
    }

    #[test]
    fn a_connection_is_named_in_either_order() {
        let reset = ResetReport::sample();
        for text in [
            "10.0.0.1:40000-10.0.0.2:80",
            "10.0.0.2:80-10.0.0.1:40000",
            "10.0.0.1:40000 -> 10.0.0.2:80",
        ] {
            let connections = vec![Ends::parse(text).unwrap()];
            assert!(
                selects(
                    Wanted {
                        connections,
                        ..Wanted::default()
                    },
                    &reset
                ),
                "{text}"
            );
        }
        let connections = vec![Ends::parse("10.0.0.1:40001-10.0.0.2:80").unwrap()];
        assert!(!selects(
            Wanted {
                connections,
                ..Wanted::default()
            },
            &reset
        ));
        assert_eq!(
            Ends::parse("[2001:db8::1]:1-[2001:db8::2]:2"),
            Ends::parse("[2001:db8::2]:2-[2001:db8:0::1]:1")
        );
        for text in [
            "10.0.0.1:1",
            "10.0.0.1-10.0.0.2",
            "2001:db8::1:1-2001:db8::2:2",
            "",
        ] {
            assert!(Ends::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_record_is_that_of_any_file_unless_one_is_named() {
        let mut reset = ResetReport::sample();
        reset.source = 1;
        for (text, expected) in [("2", true), ("1:2", true), ("0:2", false), ("3", false)] {
            let records = vec![Place::parse(text).unwrap()];
            assert_eq!(
                selects(
                    Wanted {
                        records,
                        ..Wanted::default()
                    },
                    &reset
                ),
                expected,
                "{text}"
            );
        }
        for text in ["0", "a", ":2", "1:", "70000:1", "-1"] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_seconds_from_the_first_record_or_have_a_zone() {
        assert_eq!(Moment::parse("1.5"), Ok(Moment::After(1_500_000_000)));
        let at = Ok(Moment::At(1_700_000_000_000_000_000));
        assert_eq!(Moment::parse("2023-11-14T22:13:20Z"), at);
        assert_eq!(Moment::parse("2023-11-14T23:13:20.000+01:00"), at);
        for text in ["2023-11-14T22:13:20", "yesterday", "-1", "nan", "1e300", ""] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn both_ends_of_a_span_belong_to_it() {
        let reset = ResetReport::sample();
        let start = Timestamp::from_nanos(reset.time.nanos() - 2_000_000_000);
        for (from, to, expected) in [
            (Some("2"), Some("2"), true),
            (Some("2.1"), None, false),
            (None, Some("1.9"), false),
            (Some("2023-11-14T22:13:20Z"), None, true),
        ] {
            let moment = |text: &str| Moment::parse(text).unwrap();
            let mut selection = Selection::new(Wanted {
                from: from.map(moment),
                to: to.map(moment),
                ..Wanted::default()
            });
            selection.starts(start);
            selection.starts(Timestamp::from_nanos(0));
            assert_eq!(selection.admits(&reset), expected, "{from:?} {to:?}");
            assert_eq!(selection.in_vain().is_none(), expected);
        }
    }

    #[test]
    fn causes_are_known_by_all_their_names() {
        assert_eq!(cause("Port-Closed"), Ok("port-closed"));
        assert_eq!(cause("undetermined"), Ok("undetermined"));
        for page in RULES.iter().map(|rule| rule.doc) {
            for name in page.aliases {
                assert_eq!(cause(name), Ok(page.id));
            }
        }
        assert!(
            cause("port-close")
                .unwrap_err()
                .contains("did you mean port-closed")
        );
        assert!(cause("anything").unwrap_err().contains("rstscope causes"));
    }
}
