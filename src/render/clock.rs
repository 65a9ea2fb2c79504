//! Times as people read them, in the zone they asked for. JSON never comes here: it is always UTC.

use crate::report::Time;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// The zone in which times are shown to people.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
}

impl Default for Zone {
    fn default() -> Self {
        Self {
            zone: TimeZone::UTC,
        }
    }
}

impl Zone {
    /// The zone of this machine.
    pub fn local() -> Self {
        Self {
            zone: TimeZone::system(),
        }
    }

    /// A fixed offset, east positive: `+02:00`, `-0530`, `2` or `Z`. `None` for anything else.
    pub fn offset(text: &str) -> Option<Self> {
        let text = text.trim();
        if matches!(text, "Z" | "z" | "UTC" | "utc") {
            return Some(Self::default());
        }
        let (sign, digits) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
            (Some(rest), _) => (-1, rest),
            (_, Some(rest)) => (1, rest),
            _ => (1, text),
        };
        let (hours, minutes) = match digits.split_once(':') {
            Some((hours, minutes)) => (hours, minutes),
            None if digits.len() == 4 => digits.split_at_checked(2)?,
            None => (digits, "0"),
        };
        let number = |text: &str| -> Option<i32> {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse().ok()).flatten()
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        if hours > 14 || minutes > 59 {
            return None;
        }
        let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
        Some(Self {
            zone: TimeZone::fixed(offset),
        })
    }

    /// The zone's name, as people write it.
    pub fn name(&self) -> String {
        match self.zone.to_fixed_offset() {
            Ok(offset) if offset == Offset::UTC => "UTC".into(),
            Ok(offset) => offset.to_string(),
            Err(_) => self.zone.iana_name().unwrap_or("local time").to_owned(),
        }
    }

    /// A time to the microsecond: `2026-01-31 09:15:02.123456 UTC`.
    pub fn moment(&self, time: Time) -> String {
        self.zoned(time).map_or_else(
            || time.to_string(),
            |at| format!("{} {}", at.strftime("%Y-%m-%d %H:%M:%S.%6f"), name(&at)),
        )
    }

    /// The time of day to the millisecond: `09:15:02.123`.
    pub fn time_of_day(&self, time: Time) -> String {
        self.zoned(time).map_or_else(
            || time.to_string(),
            |at| at.strftime("%H:%M:%S.%3f").to_string(),
        )
    }

    /// From `first` to `last`, without repeating the day: `2026-01-31 09:15:02 to 09:16:40 UTC`.
    pub fn span(&self, first: Time, last: Time) -> String {
        let Some((from, to)) = self.zoned(first).zip(self.zoned(last)) else {
            return format!("{first} to {last}");
        };
        let begin = from.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let end = to.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let zone = name(&to);
        if begin == end {
            format!("{begin} {zone}")
        } else if from.date() == to.date() {
            format!("{begin} to {} {zone}", to.strftime("%H:%M:%S"))
        } else {
            format!("{begin} to {end} {zone}")
        }
    }

    /// From `first` to `last` by the clock alone, where the day stands above: `09:15:02 to 09:16:40`.
    pub fn clock_span(&self, first: Time, last: Time) -> String {
        let Some((from, to)) = self.zoned(first).zip(self.zoned(last)) else {
            return format!("{first} to {last}");
        };
        if from.date() != to.date() {
            return self.span(first, last);
        }
        let begin = from.strftime("%H:%M:%S").to_string();
        let end = to.strftime("%H:%M:%S").to_string();
        if begin == end {
            begin
        } else {
            format!("{begin} to {end}")
        }
    }

    fn zoned(&self, time: Time) -> Option<Zoned> {
        let at = Timestamp::from_nanosecond(i128::from(time.nanos())).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

/// `UTC`, or the offset.
fn name(at: &Zoned) -> String {
    if at.offset() == Offset::UTC {
        "UTC".into()
    } else {
        at.strftime("%:z").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: i64) -> Time {
        Time::from_nanos(nanos)
    }

    #[test]
    fn times_are_read_without_counting_digits() {
        let utc = Zone::default();
        assert_eq!(
            utc.moment(at(1_700_000_000_000_001_999)),
            "2023-11-14 22:13:20.000001 UTC"
        );
        let (begin, end) = (at(1_700_000_000_000_000_000), at(1_700_000_061_000_000_000));
        assert_eq!(utc.span(begin, end), "2023-11-14 22:13:20 to 22:14:21 UTC");
        assert_eq!(utc.span(begin, begin), "2023-11-14 22:13:20 UTC");
        assert_eq!(utc.clock_span(begin, end), "22:13:20 to 22:14:21");
    }

    #[test]
    fn offsets_are_taken_as_people_write_them() {
        let show = |text: &str| {
            Zone::offset(text)
                .map(|zone| zone.span(at(1_700_000_000_000_000_000), at(1_700_000_000_000_000_000)))
        };
        assert_eq!(
            show("+02:00").as_deref(),
            Some("2023-11-15 00:13:20 +02:00")
        );
        assert_eq!(show("-0530").as_deref(), Some("2023-11-14 16:43:20 -05:30"));
        assert_eq!(show("Z").as_deref(), Some("2023-11-14 22:13:20 UTC"));
        for wrong in ["", "east", "25", "+2:99", "+-2"] {
            assert_eq!(show(wrong), None, "{wrong}");
        }
    }
}
