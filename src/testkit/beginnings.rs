//! Beginnings that many stories share, and other views of a whole story: another capture point, a late start, one direction, a wrap.

use std::fmt::Write as _;

/// A connection opened over a path with a round trip of 10 ms, captured at the client. Both sides go on at `seq 1 ack 1`, from 0.011 on.
pub fn opened(rest: &str) -> String {
    format!(
        "0.000  client > server  SYN      seq 0
         0.010  server > client  SYN,ACK  seq 0 ack 1
         0.010  client > server  ACK      seq 1 ack 1
         {rest}"
    )
}

/// The same after a first exchange: a request of 100 bytes, an answer of 200, and its acknowledgment at 0.022. The client goes on at
/// `seq 101 ack 201`, the server at `seq 201 ack 101`.
pub fn served(rest: &str) -> String {
    opened(&format!(
        "0.011  client > server  PSH,ACK  seq 1 ack 1 len 100
         0.022  server > client  PSH,ACK  seq 1 ack 101 len 200
         0.022  client > server  ACK      seq 101 ack 201
         {rest}"
    ))
}

/// The same story as a capture at the server shows it, on a path of 10 ms there and back: what the client sends is seen half of that
/// later, what the server sends half of it earlier. Its clock begins with the first SYN's arrival at 0.010.
pub fn at_the_server(story: &str) -> String {
    let mut lines: Vec<(f64, &str)> = lines(story)
        .map(|line| {
            let later = if serves(line) { 0.0 } else { ROUND_TRIP };
            let micros = (time(line) + later) * 1e6;
            (micros.round(), line)
        })
        .collect();
    lines.sort_by(|one, other| one.0.total_cmp(&other.0));
    lines
        .iter()
        .fold(String::new(), |mut text, (micros, line)| {
            let (_, rest) = line.split_once(' ').unwrap_or_default();
            let _ = writeln!(text, "{:.6} {rest}", micros / 1e6);
            text
        })
}

/// The same story from a capture that began after the handshake.
pub fn begun_midway(story: &str) -> String {
    keep(story, |line| {
        !line.contains("SYN") && !line.ends_with("seq 1 ack 1")
    })
}

/// The same story from a capture that shows only what `side` (`client` or `server`) sends.
pub fn only_from(side: &str, story: &str) -> String {
    keep(story, |line| serves(line) == side.starts_with('s'))
}

/// The same story between sides whose sequence numbers pass from the highest to zero in the first exchange.
pub fn across_the_wrap(story: &str) -> String {
    lines(story).fold(String::new(), |mut text, line| {
        let refusal = line.contains("RST,ACK") && line.contains("seq 0 ");
        let (mine, theirs) = if serves(line) {
            (SERVER_WRAP, CLIENT_WRAP)
        } else {
            (CLIENT_WRAP, SERVER_WRAP)
        };
        let mut before = "";
        for word in line.split_whitespace() {
            let moved = match (before, word.parse::<u32>()) {
                ("seq", Ok(number)) if !refusal => Some(number.wrapping_add(mine)),
                ("ack", Ok(number)) => Some(number.wrapping_add(theirs)),
                _ => None,
            };
            let _ = match moved {
                Some(number) => write!(text, "{number} "),
                None => write!(text, "{word} "),
            };
            before = word;
        }
        text.push('\n');
        text
    })
}

fn keep(story: &str, wanted: impl Fn(&str) -> bool) -> String {
    lines(story)
        .filter(|line| wanted(line))
        .collect::<Vec<_>>()
        .join("\n")
}

fn lines(story: &str) -> impl Iterator<Item = &str> {
    story
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn time(line: &str) -> f64 {
    let word = line.split_whitespace().next();
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// A service sent it, by the first letter of its name.
fn serves(line: &str) -> bool {
    let sender = line.split_whitespace().nth(1).unwrap_or_default();
    sender.starts_with(super::story::SERVES)
}

/// The round trip of the shared beginnings, in seconds.
const ROUND_TRIP: f64 = 0.01;
/// What brings each side's first byte, counted from its base, just below the highest number.
const CLIENT_WRAP: u32 = 4_293_967_246;
const SERVER_WRAP: u32 = 4_289_967_246;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::tell;

    #[test]
    fn a_capture_at_the_server_shows_the_request_later_and_the_answer_sooner() {
        let times: Vec<i64> = tell(&at_the_server(&served("")))
            .iter()
            .map(|told| told.header.time.nanos() / 1_000_000 % 1_000)
            .collect();
        assert_eq!(times, [10, 10, 20, 21, 22, 32]);
    }

    #[test]
    fn a_late_capture_begins_with_the_request() {
        assert_eq!(tell(&begun_midway(&served(""))).len(), 3);
    }

    #[test]
    fn each_direction_holds_its_own_segments() {
        let story = served("");
        assert_eq!(tell(&only_from("client", &story)).len(), 4);
        assert_eq!(tell(&only_from("server", &story)).len(), 2);
    }

    #[test]
    fn both_sides_pass_zero_within_the_first_exchange() {
        let told = tell(&across_the_wrap(&served("")));
        let numbers = |place: usize| {
            let header = told[place].header;
            (header.seq.value(), header.ack.value())
        };
        assert_eq!(numbers(0), (u32::MAX - 49, 0));
        assert_eq!(numbers(1), (u32::MAX - 49, u32::MAX - 48));
        assert_eq!(numbers(5), (51, 151));
    }
}
