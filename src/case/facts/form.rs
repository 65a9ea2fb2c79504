//! The form of the reset, and the segment that it answers (RFC 9293 3.5.2).

use super::super::{Line, Nature, ResetCase};
use super::path::is_next_in_count;
use crate::origin::{MILLISECOND, SECOND};
use crate::tcp::{ResetForm, reply_to};

/// How a reset came to be.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// Its form.
    pub form: ResetForm,
    /// The segment it answers, where it is a reply and that segment was captured.
    pub answers: Option<&'a Line>,
    /// That segment came longer before the reset than the sender takes to answer: what it answers may be a later one that was not captured.
    pub is_late: bool,
}

/// Decides the form of a case's reset.
///
/// With ACK and a position of its own, a reset continues its sender's segments. Without ACK, or at position zero, its numbers must be
/// those of the answer to one segment; that segment is then looked for.
pub fn form(case: &ResetCase) -> Form<'_> {
    let reset = &case.reset;
    let bare = reset.options.timestamps.is_none() && reset.options.sack.is_empty();
    let answers = answered(case);
    let unseen = !case.receiver().was_seen();
    let form = if reset.flags.ack() {
        let at_zero = reset.seq.value() == 0 && reset.window == 0 && bare;
        match (at_zero, answers.is_some(), continues(case)) {
            (true, true, _) => ResetForm::Reply,
            (true, false, false) if unseen => ResetForm::Reply,
            (_, _, true) => ResetForm::Active,
            _ => ResetForm::Unclear,
        }
    } else if answers.is_some() || (bare && reset.window == 0 && (unseen || answers_unseen(case))) {
        ResetForm::Reply
    } else {
        ResetForm::Unclear
    };
    let answers = answers.filter(|_| form == ResetForm::Reply);
    Form {
        form,
        answers,
        is_late: answers.is_some_and(|line| is_late(case, line)),
    }
}

/// Whether the reset stands where its sender's next segment would: at the end of what it sent, or, where the receiver shrank its
/// window, at a position that it had sent already. Where the sender's position is not known, its bearing like a segment must do.
fn continues(case: &ResetCase) -> bool {
    let (reset, sender) = (&case.reset, case.sender());
    match (sender.snd_nxt, sender.snd_una) {
        (Some(next), _) if reset.seq == next => true,
        // Beyond it: the capture missed some of what it sent, and its own marks vouch for it.
        (Some(next), _) if reset.seq.is_within(next, HOLE) => vouched(case),
        (Some(next), Some(una)) => !reset.seq.precedes(una) && reset.seq.precedes(next),
        (Some(_), None) => false,
        (None, _) => {
            case.receiver().rcv_nxt == Some(reset.seq) || reset.options.timestamps.is_some()
        }
    }
}

/// The reset stands where the answer to some segment of the receiver would, though that segment was not captured: at a position that the
/// sender has reached and the receiver may have acknowledged.
fn answers_unseen(case: &ResetCase) -> bool {
    let sender = case.sender();
    let (Some(next), Some(una)) = (sender.snd_nxt, sender.snd_una) else {
        return false;
    };
    !case.reset.seq.precedes(una) && !next.precedes(case.reset.seq)
}

/// The reset bears marks of its sender that an injector can hardly know: timestamps where it uses them, or the next number of its counter.
fn vouched(case: &ResetCase) -> bool {
    let stamped = !case.sender().bears_timestamps || case.reset.options.timestamps.is_some();
    stamped
        && case.reset.window > 0
        && (is_next_in_count(case) || case.reset.options.timestamps.is_some())
}

/// The segment whose numbers the reset bears.
///
/// A stack answers at once, so the answered segment is about as old as the sender's other answers took. Among several such, each reset
/// answers one: those that earlier resets of the same numbers answered are passed over, and a segment that asks for something is
/// answered rather than an acknowledgment beside it. One that the sender had acknowledged, it had taken in. One that is far too old had its answer long ago, or none.
fn answered(case: &ResetCase) -> Option<&Line> {
    let usual = case.sender().response_time;
    let age = |line: &Line| case.reset.time - line.header.time;
    let candidates = || {
        case.before
            .of(case.received_by())
            .filter(|line| reply_to(&line.header).is_some_and(|reply| reply.matches(&case.reset)))
            .filter(|line| !was_taken_in(case, line))
    };
    let latest = candidates().next_back()?;
    if age(latest) > usual.map_or(LONGEST_WAIT, |took| 2 * took + LATE) {
        return None;
    }
    let least = usual.map_or(0, |took| (took - MILLISECOND).max(0) / 10 * 8);
    let most = usual.map_or(LONGEST_WAIT, |took| took + took / 2 + QUEUED);
    let in_time = |line: &&Line| (least..=most).contains(&age(line));
    // A path that was measured once or twice may be faster than it seemed.
    let early = |line: &&Line| (least / 4..=most).contains(&age(line));
    let asks = |line: &&Line| line.header.seq_len() > 0;
    let earlier = case.earlier.iter().filter(|reset| {
        reset.sent_by == case.sent_by
            && reset.header.seq == case.reset.seq
            && reset.header.flags == case.reset.flags
    });
    let passed = earlier.count();
    candidates()
        .filter(in_time)
        .filter(asks)
        .nth(passed)
        .or_else(|| candidates().filter(early).filter(asks).nth(passed))
        .or_else(|| candidates().rfind(in_time))
        .or(Some(latest))
}

/// A stack answers at once, so an answer takes as long as the path. Where no segment is that young, the young one may be missing.
fn is_late(case: &ResetCase, line: &Line) -> bool {
    let age = case.reset.time - line.header.time;
    let usual = case.sender().response_time;
    usual.is_some_and(|took| age > 2 * took + BUSY)
}

/// The sender of the reset had acknowledged this segment before, so it had taken it in and answers another.
fn was_taken_in(case: &ResetCase, line: &Line) -> bool {
    let news =
        line.nature == Nature::Fresh && line.header.seq_len() > 0 && !line.header.flags.opens();
    news && case.before.of(case.sent_by).rev().any(|later| {
        let header = &later.header;
        header.record > line.header.record
            && header.flags.ack()
            && !header.flags.rst()
            && !header.ack.precedes(line.header.seq_end())
    })
}

/// Beside the path, what may delay an answer that a stack gives at once: queues on the way; chosen.
const LATE: i64 = SECOND / 10;
/// What an idle path and a busy host add to an answer that was the only one under way; chosen, of 149 answers of real kernels whose path
/// was measured one took longer.
const BUSY: i64 = 5 * MILLISECOND;
/// The same as [`LATE`] where the path was never measured; chosen.
const LONGEST_WAIT: i64 = 5 * SECOND;
/// The same for choosing among several: closer, so that the segment just answered is not taken for one of long before; chosen.
const QUEUED: i64 = 20 * MILLISECOND;
/// What a capture may have missed of a sender just before its abort, in bytes; chosen, a common window.
const HOLE: u32 = 65_536;
