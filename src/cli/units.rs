//! Spans of time and sizes as they are typed: `90`, `10m`, `1h30m`; `256M`, `64MiB`.

use std::time::Duration;

/// Reads seconds, or numbers with `s`, `m`, `h` or `d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    const WRONG: &str = "no span of time such as 90, 90s, 10m, 1h30m or 2d";
    let mut seconds = 0_u64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = rest.split_at_checked(digits).ok_or(WRONG)?;
        let each = match unit.bytes().next() {
            None | Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3600,
            Some(b'd') => 86_400,
            Some(_) => return Err(WRONG.into()),
        };
        let number: u64 = number.parse().map_err(|_| WRONG)?;
        seconds = number
            .checked_mul(each)
            .and_then(|more| seconds.checked_add(more))
            .ok_or(WRONG)?;
        rest = unit.get(1..).unwrap_or_default();
    }
    if seconds == 0 {
        return Err(WRONG.into());
    }
    Ok(Duration::from_secs(seconds))
}

/// Reads bytes, or a number with `K`, `M` or `G`, powers of 1024 each.
pub fn size(text: &str) -> Result<u64, String> {
    const WRONG: &str = "no size such as 64M, 256MiB or 1G";
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or(WRONG)?;
    let shift = match unit
        .to_ascii_uppercase()
        .trim_end_matches("IB")
        .trim_end_matches('B')
    {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err(WRONG.into()),
    };
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    number
        .checked_mul(1 << shift)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| WRONG.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_seconds_unless_a_unit_is_named() {
        for (text, seconds) in [
            ("90", 90),
            ("90s", 90),
            ("10m", 600),
            ("1h30m", 5400),
            ("2d", 172_800),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "0", "s", "1w", "-1", "1.5", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_bytes_unless_a_unit_is_named() {
        for (text, bytes) in [
            ("4096", 4096),
            ("64K", 65_536),
            ("32M", 32 << 20),
            ("256MiB", 256 << 20),
            ("1g", 1 << 30),
            ("1GB", 1 << 30),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "M", "1T", "-1", "99999999999999999999"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
