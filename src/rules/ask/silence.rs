//! How long nothing was heard, and who asked in vain.

use super::{REACTION, something_was_awaited};
use crate::case::facts::Facts;
use crate::case::{Mark, Probing};
use crate::origin::SECOND;
use crate::rules::{Answer, Fact};
use crate::tcp::Side;

/// Had the sender of the reset asked again and again without an answer?
pub fn peer_stopped_answering(facts: &Facts<'_>) -> Answer {
    let sender = facts.sender();
    let probed = sender.probing().count > 1 && heard_since(facts, &sender.probing()).is_none();
    let repeated = sender.repeating().count >= REPETITIONS
        && heard_since(facts, &sender.repeating()).is_none();
    let run = if probed {
        sender.probing()
    } else {
        sender.repeating()
    };
    Answer::when(
        probed || repeated,
        Fact::RepeatedInVain { times: run.count },
        run.first
            .into_iter()
            .chain(run.last)
            .map(|mark| mark.record),
    )
}

/// Had nothing been sent for so long that the server must have lost patience?
pub fn lost_patience(facts: &Facts<'_>) -> Answer {
    let Some(idle) = facts.silence_before_reset() else {
        return Answer::No;
    };
    Answer::when(
        facts.sent_by() == Side::Server && idle.nanos >= PATIENCE,
        Fact::SilentBefore { nanos: idle.nanos },
        [idle.after.record, facts.case.reset.record],
    )
}

/// Had the sender of the reset repeated its payload, before it fell silent?
pub fn repeated_in_vain(facts: &Facts<'_>) -> Answer {
    let run = facts.sender().repeating();
    Answer::when(
        run.count > 0,
        Fact::RepeatedInVain { times: run.count },
        run.first
            .into_iter()
            .chain(run.last)
            .map(|mark| mark.record),
    )
}

/// Of aborts with nothing left to answer, how many in a hundred an application makes rather than somebody who kills its socket.
pub fn share_of_applications(facts: &Facts<'_>) -> u8 {
    let idle = facts
        .silence_before_reset()
        .is_some_and(|idle| idle.is_idle(facts.round_trip()));
    if idle { 60 } else { 90 }
}

/// Had the server waited in silence for the rest of a request, or for its answer to be taken?
pub fn waited_in_vain(facts: &Facts<'_>) -> Answer {
    match something_was_awaited(facts) {
        Answer::Yes(..) => lost_patience(facts),
        answer => answer,
    }
}

/// Is the silence before the reset a timeout that servers commonly have?
pub fn silence_is_a_known_timeout(facts: &Facts<'_>) -> Answer {
    let nanos = facts.silence_before_reset().map_or(0, |idle| idle.nanos);
    match known_server_timeout(nanos) {
        Some(seconds) => Answer::Yes(
            Fact::KnownTimeout {
                nanos,
                seconds,
                whose: "servers",
            },
            vec![facts.case.reset.record],
        ),
        None => Answer::No,
    }
}

/// Had the connection been idle for as long as middleboxes take to forget it?
pub fn was_idle_for_long(facts: &Facts<'_>) -> Answer {
    let Some(idle) = facts.long_idleness() else {
        return Answer::No;
    };
    Answer::when(
        idle.nanos >= LONG,
        Fact::IdleBeforeRequest { nanos: idle.nanos },
        [idle.after.record],
    )
}

/// Is that idleness just beyond a timeout that middleboxes commonly have?
pub fn idleness_is_a_known_timeout(facts: &Facts<'_>) -> Answer {
    let nanos = facts.long_idleness().map_or(0, |idle| idle.nanos);
    match known_middlebox_timeout(nanos) {
        Some(seconds) => Answer::Yes(
            Fact::KnownTimeout {
                nanos,
                seconds,
                whose: "middleboxes",
            },
            Vec::new(),
        ),
        None => Answer::No,
    }
}

/// Had the sender of the reset probed the connection?
pub fn had_probed(facts: &Facts<'_>) -> Answer {
    if facts.case.gaps.receiver_unseen && facts.sender().probing().count > 0 {
        return Answer::Hidden(Fact::ReceiverCaptured);
    }
    let probing = facts.sender().probing();
    Answer::when(
        probing.count > 0,
        Fact::Probed {
            times: probing.count,
            interval: probing.interval,
        },
        probing
            .first
            .into_iter()
            .chain(probing.last)
            .map(|mark| mark.record),
    )
}

/// Had it probed more than once without an answer?
pub fn had_probed_again_and_again(facts: &Facts<'_>) -> Answer {
    match had_probed(facts) {
        answer @ Answer::Yes(..) if facts.sender().probing().count > 1 => answer,
        Answer::Hidden(fact) => Answer::Hidden(fact),
        _ => Answer::No,
    }
}

/// Did the receiver answer the last probe?
pub fn probes_were_answered(facts: &Facts<'_>) -> Answer {
    let heard = heard_since(facts, &facts.sender().probing());
    Answer::when(
        heard.is_some(),
        Fact::ProbesAnswered,
        heard.map(|mark| mark.record),
    )
}

/// Did the reset come one probe interval after the last probe?
pub fn reset_came_one_interval_later(facts: &Facts<'_>) -> Answer {
    let probing = facts.sender().probing();
    let Some((last, interval)) = probing.last.zip(probing.interval) else {
        return Answer::No;
    };
    let nanos = facts.case.reset.time - last.time;
    let near = (nanos - interval).abs() <= (interval / 10).max(REACTION);
    Answer::when(
        near,
        Fact::IntervalLater { nanos },
        [last.record, facts.case.reset.record],
    )
}

/// Had the sender repeated its oldest payload again and again, up to the reset?
pub fn repeated_until_the_end(facts: &Facts<'_>) -> Answer {
    if facts.case.gaps.receiver_unseen && facts.sender().repeating().count > 0 {
        return Answer::Hidden(Fact::ReceiverCaptured);
    }
    let run = facts.sender().repeating();
    let said_since = facts
        .sender()
        .last_segment
        .is_some_and(|mark| run.last.is_some_and(|last| mark.record > last.record));
    Answer::when(
        run.count >= REPETITIONS && !said_since,
        Fact::RepeatedInVain { times: run.count },
        run.first
            .into_iter()
            .chain(run.last)
            .map(|mark| mark.record),
    )
}

/// Did the receiver answer the last repetition, or acknowledge what is repeated before, as far as the capture goes?
pub fn repetitions_were_answered(facts: &Facts<'_>) -> Answer {
    let run = facts.sender().repeating();
    // What was acknowledged before it was repeated was heard as well: its sender missed the acknowledgment.
    let acknowledged = run
        .at
        .zip(facts.sender().snd_una)
        .is_some_and(|(at, acknowledged)| at.precedes(acknowledged));
    let heard = heard_since(facts, &run).or_else(|| {
        facts
            .receiver()
            .last_segment
            .filter(|_| acknowledged && run.count > 0)
    });
    Answer::when(
        heard.is_some(),
        Fact::RepetitionsAnswered,
        heard.map(|mark| mark.record),
    )
}

/// The latest segment of the receiver, where it came after the last of a run of questions.
fn heard_since(facts: &Facts<'_>, run: &Probing) -> Option<Mark> {
    let last = run.last?;
    facts
        .receiver()
        .last_segment
        .filter(|heard| heard.record > last.record)
}

/// Did the receiver keep its window closed, or leave the sender's payload unacknowledged?
pub fn peer_took_no_more(facts: &Facts<'_>) -> Answer {
    let closed = window_had_been_closed(facts);
    if closed.holds() {
        return closed;
    }
    let bytes = facts.sender().outstanding().unwrap_or(0);
    let full = u64::from(bytes) * 2 >= facts.receiver().offered_window();
    Answer::when(
        bytes > 0 && full,
        Fact::Unacknowledged { bytes },
        facts.sender().last_payload,
    )
}

/// Had the receiver's window been closed, with payload of the sender waiting for it?
pub fn window_had_been_closed(facts: &Facts<'_>) -> Answer {
    let closed = facts.receiver_window_was_closed();
    Answer::when(
        closed.is_some(),
        Fact::WindowClosed {
            nanos: closed.map_or(0, |mark| facts.case.reset.time - mark.time),
        },
        closed.map(|mark| mark.record),
    )
}

/// The timeout of common servers that `nanos` is, in seconds.
fn known_server_timeout(nanos: i64) -> Option<u32> {
    nearest(&SERVER_TIMEOUTS, nanos)
}

/// The idle timeout of common middleboxes that `nanos` is, in seconds.
fn known_middlebox_timeout(nanos: i64) -> Option<u32> {
    nearest(&MIDDLEBOX_TIMEOUTS, nanos)
}

fn nearest(known: &[u32], nanos: i64) -> Option<u32> {
    known.iter().copied().find(|seconds| {
        let exact = i64::from(*seconds) * SECOND;
        (nanos - exact).abs() <= (exact / 33).clamp(SECOND / 10, SECOND)
    })
}

/// A server that has waited this long in silence gave up rather than reacted; the taxonomy's line.
const PATIENCE: i64 = SECOND;
/// No common middlebox forgets a connection sooner; the taxonomy's line.
const LONG: i64 = 30 * SECOND;
/// Fewer repetitions than this are common on any path; the taxonomy's line.
const REPETITIONS: u32 = 3;
/// Seconds after which servers give up on a request: nginx 60, Apache 20 and 300, gunicorn 30, `HAProxy` examples 10 and 50, and round values.
const SERVER_TIMEOUTS: [u32; 12] = [1, 2, 5, 10, 15, 20, 30, 50, 60, 90, 120, 300];
/// Seconds after which middleboxes forget: AWS classic and application balancers 60, Azure and IBM 240, AWS network balancer 350,
/// Google VPC 600, Google Cloud NAT 1200, `FortiGate` 3600.
const MIDDLEBOX_TIMEOUTS: [u32; 6] = [60, 240, 350, 600, 1200, 3600];
