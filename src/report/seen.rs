//! The small types of a report: when ([`Time`]), how long ([`Seconds`]) and where ([`Reference`]).

use crate::case::Mark;
use crate::origin::{RecordId, Timestamp};
use serde::{Serialize, Serializer};
use std::fmt;

/// A moment of the capture. Written as RFC 3339 in UTC with nanoseconds: `2026-01-31T09:15:02.123456000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    nanos: i64,
}

impl Time {
    /// The moment that lies `nanos` nanoseconds after the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }

    /// How long after `earlier` this is: negative where a clock stepped back.
    pub const fn since(self, earlier: Self) -> Seconds {
        Seconds::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self {
            nanos: time.nanos(),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.nanos)) {
            Ok(time) => write!(f, "{time:.9}"),
            Err(_) => unreachable!("64 bits of nanoseconds end in the year 2262"),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A duration. Written as a number of seconds, exact to the nanosecond up to some hundred days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds {
    nanos: i64,
}

impl Seconds {
    /// A duration of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// The whole duration in nanoseconds; negative where a clock stepped back.
    pub const fn nanos(self) -> i64 {
        self.nanos
    }
}

impl Serialize for Seconds {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number of JSON has 53 bits, which hold nanoseconds of a hundred days"
    )]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.nanos as f64 / 1e9)
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$",
            "description": "A moment of the capture: RFC 3339 in UTC with nanoseconds."
        })
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for Seconds {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "number",
            "description": "A duration in seconds, exact to the nanosecond."
        })
    }
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Reference {
    /// Index into the report's `sources`, from 0.
    pub source: u16,
    /// Number of the record within that source, from 1, as other capture tools number frames.
    pub record: u64,
}

impl From<RecordId> for Reference {
    fn from(id: RecordId) -> Self {
        Self {
            source: id.source(),
            record: id.number(),
        }
    }
}

impl From<Mark> for Reference {
    fn from(mark: Mark) -> Self {
        mark.record.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339_in_utc_with_nanoseconds() {
        let time = Time::from(Timestamp::from_nanos(1_700_000_000_000_001_000));
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.000001000Z");
        let first = Time::from(Timestamp::from_nanos(i64::MIN));
        assert_eq!(first.to_string(), "1677-09-21T00:12:43.145224192Z");
    }

    #[test]
    fn durations_are_numbers_of_seconds() {
        let text = serde_json::to_string(&Seconds::from_nanos(1_500_000_001)).unwrap();
        assert_eq!(text, "1.500000001");
    }
}
