//! Conversations as text -> segments -> cases and verdicts, and -> capture bytes. For tests, benches and fuzzing only.
//!
//! A story has one segment a line, in the notation of the causes' pages:
//!
//! ```text
//! 0.000  client > server  SYN      seq 0
//! 0.010  server > client  SYN,ACK  seq 0 ack 1
//! 0.011  client > server  PSH,ACK  seq 1 ack 1 len 90  anything after the known words is a note
//! ```
//!
//! Sequence and acknowledgment numbers are relative to a base of each side, but a reset with ACK and `seq 0` bears zero itself. Words after
//! the flags: `seq N`, `ack N`, `len N`, `win N`, `ttl N`, `id N`, `dscp N`, `ts V/E`, `mss N`, `scale N`, `data "TEXT"`, `tls RECORD`
//! (hello, handshake, data, alert), `mptcp REASON`, `join`. Names stand for addresses: `client`, `C`, `client B`, `server`, `nat:4001` ...;
//! a name that begins with `b`, `o`, `p`, `s` or `S` (backend, origin, proxy, server) has a service's port.

mod beginnings;
mod formats;
mod frame;
mod rewrite;
mod story;
mod traffic;

pub use beginnings::{across_the_wrap, at_the_server, begun_midway, only_from, opened, served};
pub use formats::{FORMATS, FileFormat, pcapng_of};
pub use frame::{pcap, pcapng};
pub use rewrite::{Frame, Kind, WRAPPINGS, Wrapping, frames};
pub use story::{Told, tell};
pub use traffic::{Ending, Segments, Traffic};

use crate::case::ResetCase;
use crate::case::facts::Facts;
use crate::rules::{Confidence, Verdict};
use crate::track::{Limits, Tracker};

/// The cases of a story, in the order in which they settle.
///
/// # Panics
///
/// When the story cannot be read: it is part of a test.
pub fn cases(story: &str) -> Vec<ResetCase> {
    let mut tracker = Tracker::new(Limits::default());
    for told in tell(story) {
        tracker.observe(&told.segment());
    }
    tracker.finish();
    std::iter::from_fn(|| tracker.next_case())
        .map(|case| *case)
        .collect()
}

/// The case of the last reset of a story.
///
/// # Panics
///
/// When the story cannot be read or has no reset.
#[expect(
    clippy::expect_used,
    reason = "a story without a reset is a broken test"
)]
pub fn case(story: &str) -> ResetCase {
    let last = cases(story)
        .into_iter()
        .max_by_key(|case| case.reset.record);
    last.expect("the story has a reset")
}

/// The verdict on the last reset of a story.
pub fn verdict(story: &str) -> Verdict {
    Verdict::on(&Facts::of(&case(story)))
}

/// The id and the confidence of the verdict on the last reset of a story.
pub fn judged(story: &str) -> (&'static str, Confidence) {
    let verdict = verdict(story);
    (verdict.cause.id, verdict.confidence)
}

/// The id of the verdict on each reset of a story, by record.
pub fn judged_all(story: &str) -> Vec<(u64, &'static str, Confidence)> {
    let mut all: Vec<_> = cases(story)
        .iter()
        .map(|case| {
            let verdict = Verdict::on(&Facts::of(case));
            (
                case.reset.record.number(),
                verdict.cause.id,
                verdict.confidence,
            )
        })
        .collect();
    all.sort_by_key(|row| row.0);
    all
}
