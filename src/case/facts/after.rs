//! What followed: whether the receiver obeyed the reset (RFC 9293 3.10.7.4, RFC 5961 3).

use super::super::{Line, Nature, ResetCase};
use crate::origin::MILLISECOND;
use crate::tcp::{Header, ResetFit, SeqNumber, Side, State};

/// Whether the receiver obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Accepted {
    /// Its numbers were exact and the receiver did not speak on, as far as the capture goes.
    Yes,
    /// Its numbers were wrong, or the receiver spoke on as if nothing had come.
    No,
    /// The receiver asked back with a challenge ACK.
    Challenged,
    /// Too little of the receiver was captured.
    Unknown,
}

/// Decides it for a case whose reset fits its receiver as `fit` says.
pub fn accepted(case: &ResetCase, fit: ResetFit) -> Accepted {
    let receiver = case.receiver();
    if matches!(receiver.state, State::Closed) && case.earlier.iter().any(|earlier| earlier.fitted)
    {
        return Accepted::No; // Nothing was left to be reset.
    }
    let speaks_on = speaks_on(case);
    match fit {
        ResetFit::Exact if speaks_on => Accepted::No,
        ResetFit::Exact => Accepted::Yes,
        ResetFit::InWindow if challenged(case) => Accepted::Challenged,
        ResetFit::InWindow if speaks_on => Accepted::No,
        ResetFit::InWindow => Accepted::Unknown,
        ResetFit::Outside => Accepted::No,
        ResetFit::Unknown if speaks_on => Accepted::No,
        ResetFit::Unknown => Accepted::Unknown,
    }
}

/// The receiver sent something other than a reset after the reset must have reached it.
fn speaks_on(case: &ResetCase) -> bool {
    let reached_by = match case.receiver().response_time {
        Some(took) => took + took / 4 + REACTION,
        None => UNKNOWN_PATH,
    };
    went_on_after(&case.reset, case.sent_by, case.after.lines())
        || case.after.of(case.received_by()).any(|line| {
            let since = line.header.time - case.reset.time;
            let heard_more = case
                .sender()
                .snd_nxt
                .is_some_and(|next| next.precedes(line.header.ack));
            !line.header.flags.rst()
                && !line.header.flags.opens()
                && (since > reached_by || heard_more)
        })
}

/// Its receiver acknowledged what its sender said after it: whatever was sent, no reset was obeyed.
///
/// A SYN,ACK behind it was sent after it beyond doubt; payload may only have been overtaken, unless some time lies between.
pub(super) fn went_on_after<'a>(
    reset: &Header,
    sent_by: Side,
    lines: impl Iterator<Item = &'a Line>,
) -> bool {
    let mut said: Option<SeqNumber> = None;
    for line in lines.filter(|line| line.header.record > reset.record) {
        let header = &line.header;
        if header.flags.opens() {
            return false; // Another try.
        }
        if line.from == sent_by {
            let late = header.time - reset.time > REACTION && line.nature == Nature::Fresh;
            if header.flags.syn() || header.seq_len() > 0 && late {
                said = Some(header.seq_end());
            }
        } else if let Some(said) = said
            && header.flags.ack()
            && !header.flags.rst()
            && header.ack == said
        {
            return true;
        }
    }
    false
}

/// A bare acknowledgment of what the receiver expected, right after the reset.
fn challenged(case: &ResetCase) -> bool {
    case.after
        .of(case.received_by())
        .any(|line| line.header.is_bare_ack() && Some(line.header.ack) == case.receiver().rcv_nxt)
}

/// Beside the path itself, what a stack may take to act on a segment; chosen.
const REACTION: i64 = 10 * MILLISECOND;
/// Where no response time was measured, a segment of the receiver this long after the reset was sent in knowledge of it; chosen.
const UNKNOWN_PATH: i64 = 500 * MILLISECOND;
