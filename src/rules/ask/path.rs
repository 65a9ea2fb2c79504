//! Who sent it, and whether it was obeyed.

use super::REACTION;
use crate::case::facts::{Accepted, Facts, Tell};
use crate::rules::rule::Recorded;
use crate::rules::{Answer, Fact};
use crate::tcp::{ResetFit, ResetForm};

/// Does the reset look like the other segments of its sender?
pub fn looks_like_its_sender(facts: &Facts<'_>) -> Answer {
    let hop_limit = facts.case.reset.ip.hop_limit;
    let compared = facts.sender().hop_limit == Some(hop_limit)
        || facts.case.neighbourhood.hosts[facts.sent_by()].hop_limit == Some(hop_limit);
    Answer::when(
        facts.tells.is_empty() && compared,
        Fact::LooksLikeSender { hop_limit },
        [facts.case.reset.record],
    )
}

/// Does a mark tell of another sender?
pub fn looks_foreign(facts: &Facts<'_>) -> Answer {
    foreign(facts, facts.tells.first())
}

/// Does a certain mark tell of another sender?
pub fn bears(facts: &Facts<'_>, is: impl Fn(&Tell) -> bool) -> Answer {
    foreign(facts, facts.tells.iter().find(|tell| is(tell)))
}

/// Do two independent marks tell of another sender?
pub fn is_foreign_in_two_ways(facts: &Facts<'_>) -> Answer {
    foreign(facts, facts.tells.get(1))
}

/// `Yes` by this mark, where there is one.
fn foreign(facts: &Facts<'_>, tell: Option<&Tell>) -> Answer {
    match tell {
        Some(tell) => Answer::Yes(Fact::Foreign(*tell), vec![facts.case.reset.record]),
        None => Answer::No,
    }
}

/// Is it in form what no stack would send: foreign to its sender's segments and no answer to the receiver's?
pub fn bears_odd_numbers(facts: &Facts<'_>) -> Answer {
    let odd = |tell: &Tell| {
        matches!(
            tell,
            Tell::NoTimestamps | Tell::Identification { .. } | Tell::Repeated { .. }
        )
    };
    if let answer @ Answer::Yes(..) = bears(facts, odd) {
        return answer;
    }
    if facts.is_from_beyond() {
        return bears(facts, |tell| matches!(tell, Tell::HopLimit { .. }));
    }
    Answer::when(
        facts.form.form == ResetForm::Unclear && facts.sender().was_seen(),
        Fact::FitsNoForm,
        [facts.case.reset.record],
    )
}

/// Did further resets of the same name come with it?
pub fn came_with_copies(facts: &Facts<'_>) -> Answer {
    bears(facts, |tell| matches!(tell, Tell::Repeated { .. }))
}

/// Had one of the resets that came with it been obeyed?
pub fn is_a_copy_of_an_obeyed_one(facts: &Facts<'_>) -> Answer {
    match facts.ended_by() {
        Some(ended) if ended.sent_by == facts.sent_by() => came_with_copies(facts),
        _ => Answer::No,
    }
}

/// Had the sender of the reset, of whom a mark tells that it did not send it, spoken so shortly before that it had hardly time to be gone?
pub fn spoke_just_before(facts: &Facts<'_>) -> Answer {
    let Some(last) = facts
        .sender()
        .last_segment
        .filter(|_| !facts.tells.is_empty())
    else {
        return Answer::No;
    };
    let nanos = facts.case.reset.time - last.time;
    let path = 2 * facts.round_trip().unwrap_or(0) + REACTION;
    Answer::when(
        nanos <= path,
        Fact::SpokeJustBefore { nanos },
        [last.record, facts.case.reset.record],
    )
}

/// Did the receiver not obey it?
pub fn was_ignored(facts: &Facts<'_>) -> Answer {
    let receiver = facts.sent_by().other();
    let spoke = facts
        .case
        .after
        .of(receiver)
        .find(|line| !line.header.flags.rst());
    let records = [facts.case.reset.record]
        .into_iter()
        .chain(spoke.map(Recorded::record));
    // The answer to a segment may come too late to matter, but that is no attempt that failed.
    let plain = facts.form.form == ResetForm::Reply && facts.fit != ResetFit::InWindow;
    match (facts.accepted, facts.fit) {
        (Accepted::Challenged, _) => Answer::when(true, Fact::Challenged, records),
        (Accepted::No, ResetFit::InWindow | ResetFit::Outside) if !plain => {
            Answer::when(true, Fact::NotAcceptable, records)
        }
        _ => Answer::No,
    }
}
