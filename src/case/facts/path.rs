//! Did the named endpoint send it? Marks of the path that another sender would leave.

use super::super::{EndpointView, Line, ResetCase};
use super::{Facts, Form};
use crate::origin::MILLISECOND;
use crate::tcp::{Header, ResetForm};

/// One mark by which the reset differs from what the endpoint it names sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tell {
    /// Its hop limit is not that of the endpoint's other segments.
    HopLimit {
        /// The endpoint's.
        usual: u8,
        /// The reset's.
        reset: u8,
    },
    /// The connection uses timestamps, and the reset, in the form of one of its segments, has none.
    NoTimestamps,
    /// Its IPv4 identification is far from the endpoint's counter.
    Identification {
        /// That of the endpoint's last segment.
        usual: u16,
        /// The reset's.
        reset: u16,
    },
    /// It came sooner after the segment it answers, or acknowledges, than any answer of the endpoint.
    TooSoon {
        /// Nanoseconds it took.
        took: i64,
        /// Nanoseconds that the endpoint takes at least.
        least: i64,
    },
    /// The segment it answers was marked with a DSCP, which a host copies and a packet filter does not.
    DscpNotCopied {
        /// The code point of that segment.
        asked: u8,
    },
    /// The endpoint spoke on after it.
    Alive {
        /// Nanoseconds after.
        after: i64,
    },
    /// Further resets in the endpoint's name, with other sequence numbers, some beyond all that it had said, came at the same moment.
    Repeated {
        /// How many.
        others: usize,
    },
    /// A reset in the name of its receiver, not in answer to a segment, left at the same moment.
    BothEnds,
}

/// Who sent the reset, as far as the evidence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The endpoint it names.
    Endpoint,
    /// Something on or beside the path.
    InPath,
    /// Nothing to compare with, or the marks disagree.
    Unknown,
}

/// All marks of a foreign sender, the strongest first.
pub fn tells(case: &ResetCase, form: &Form<'_>) -> Vec<Tell> {
    let reset = &case.reset;
    let usual = usual_hop_limit(case).filter(|usual| *usual != reset.ip.hop_limit);
    let mut tells: Vec<Tell> = [
        usual.map(|usual| Tell::HopLimit {
            usual,
            reset: reset.ip.hop_limit,
        }),
        alive(case),
        repeated(case),
        both_ends(case),
        no_timestamps(case, form),
        too_soon(case, form),
        dscp_not_copied(case, form),
        identification(case, form),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [Tell::TooSoon { .. }] = tells.as_slice()
        && !is_known_to_be_slow(case)
    {
        tells.clear();
    }
    tells
}

/// Whether the endpoint's own answers, or several of its host's, say how soon it can answer: one that another connection got may have been slow, so
/// what came before it is no mark without others.
fn is_known_to_be_slow(case: &ResetCase) -> bool {
    let host = &case.neighbourhood.hosts[case.sent_by];
    case.sender().response_time.is_some() || host.responses_agree()
}

/// The hop limit of the endpoint's own segments, or of its host's others; `None` where neither was captured or they vary.
fn usual_hop_limit(case: &ResetCase) -> Option<u8> {
    let (sender, host) = (case.sender(), &case.neighbourhood.hosts[case.sent_by]);
    if sender.hop_limit.is_some() {
        sender.hop_limit.filter(|_| !sender.hop_limit_varies)
    } else {
        host.hop_limit.filter(|_| !host.hop_limit_varies)
    }
}

fn alive(case: &ResetCase) -> Option<Tell> {
    // A SYN, whoever sends it, begins another connection; what follows it says nothing of this one.
    let mut still = case
        .after
        .lines()
        .take_while(|line| !line.header.flags.opens());
    let spoke = still.find(|line| {
        let flags = line.header.flags;
        line.from == case.sent_by
            && !flags.rst()
            && !flags.syn()
            && line.header.time - case.reset.time > REORDERED
    })?;
    Some(Tell::Alive {
        after: spoke.header.time - case.reset.time,
    })
}

fn repeated(case: &ResetCase) -> Option<Tell> {
    // Whoever guesses aims ahead, at what the endpoint may have said by then; a stack never stands beyond what it said.
    let said = case.sender().snd_nxt;
    let beyond = |header: &Header| said.is_none_or(|next| next.precedes(header.seq));
    let earlier = case
        .earlier
        .iter()
        .filter(|reset| reset.sent_by == case.sent_by)
        .map(|reset| &reset.header);
    let later = case.after.of(case.sent_by).map(|line| &line.header);
    let others = earlier
        .chain(later)
        .filter(|other| {
            let near = (other.time - case.reset.time).abs() <= AT_ONCE;
            other.flags == case.reset.flags
                && other.flags.ack()
                && other.seq != case.reset.seq
                && (beyond(other) || beyond(&case.reset))
                && near
        })
        .count();
    (others > 0).then_some(Tell::Repeated { others })
}

fn both_ends(case: &ResetCase) -> Option<Tell> {
    let at_once = |time| (case.reset.time - time).abs() <= AT_ONCE / 10;
    let after = case.after.of(case.received_by()).map(|line| &line.header);
    let earlier = case
        .earlier
        .iter()
        .filter(|reset| reset.sent_by == case.received_by())
        .map(|reset| &reset.header);
    let mut others = after
        .chain(earlier)
        .filter(|other| other.flags.rst() && other.flags.ack() && at_once(other.time));
    (case.reset.flags.ack() && others.next().is_some()).then_some(Tell::BothEnds)
}

fn no_timestamps(case: &ResetCase, form: &Form<'_>) -> Option<Tell> {
    let options = &case.reset.options;
    let agreed =
        case.endpoints.client.offered_timestamps && case.endpoints.server.offered_timestamps;
    let used = case.sender().bears_timestamps;
    // A stack may leave them out of its aborts; then the counter, which an injector cannot know as well, vouches for it.
    let own = form.form != ResetForm::Reply && case.reset.flags.ack() && !is_next_in_count(case);
    (own && options.complete
        && options.timestamps.is_none()
        && used
        && (agreed || case.gaps.no_handshake))
        .then_some(Tell::NoTimestamps)
}

fn too_soon(case: &ResetCase, form: &Form<'_>) -> Option<Tell> {
    let host = case.neighbourhood.hosts[case.sent_by].response_time;
    let least = [case.sender().response_time, host]
        .into_iter()
        .flatten()
        .min()?;
    let heard: &Line = form.answers.or_else(|| acknowledged_by(case))?;
    let took = case.reset.time - heard.header.time;
    is_too_soon(took, least).then_some(Tell::TooSoon { took, least })
}

/// Whether an answer that took so long came sooner than any of an endpoint that takes at least so long, both in nanoseconds.
pub const fn is_too_soon(took: i64, least: i64) -> bool {
    took < least / 4 && least - took > MILLISECOND
}

/// The latest segment whose payload only the reset itself acknowledges.
fn acknowledged_by(case: &ResetCase) -> Option<&Line> {
    let reset = &case.reset;
    let before = case.sender().rcv_nxt?;
    case.before.of(case.received_by()).rev().find(|line| {
        let end = line.header.seq_end();
        line.header.payload_len > 0
            && reset.flags.ack()
            && before.precedes(end)
            && !reset.ack.precedes(end)
    })
}

fn dscp_not_copied(case: &ResetCase, form: &Form<'_>) -> Option<Tell> {
    let asked = form.answers?.header.ip.dscp;
    (asked != 0 && case.reset.ip.dscp == 0).then_some(Tell::DscpNotCopied { asked })
}

fn identification(case: &ResetCase, form: &Form<'_>) -> Option<Tell> {
    let (usual, reset) = (case.sender().ip_id?, case.reset.ip.id()?);
    let ahead = reset.wrapping_sub(usual);
    let own = form.form != ResetForm::Reply && case.reset.flags.ack();
    (own && counts(case) && ahead > EndpointView::IP_ID_STEP)
        .then_some(Tell::Identification { usual, reset })
}

/// The endpoint numbers its packets by a counter, as far as seen.
fn counts(case: &ResetCase) -> bool {
    let sender = case.sender();
    sender.ip_id_steps > 0 && sender.ip_id_leaps == 0
}

/// The reset bears the next number of the endpoint's counter: the endpoint's own mark.
pub(super) fn is_next_in_count(case: &ResetCase) -> bool {
    let (Some(usual), Some(reset)) = (case.sender().ip_id, case.reset.ip.id()) else {
        return false;
    };
    counts(case)
        && reset != 0
        && (1..=EndpointView::IP_ID_STEP).contains(&reset.wrapping_sub(usual))
}

impl Facts<'_> {
    /// Who sent it: two marks of another sender are needed, or one where a SYN was refused, which has few to show.
    pub fn origin(&self) -> Origin {
        let refuses = self
            .form
            .answers
            .is_some_and(|line| line.header.flags.opens());
        let compared = usual_hop_limit(self.case).is_some();
        match self.tells.len() {
            0 if compared => Origin::Endpoint,
            1 if refuses => Origin::InPath,
            0 | 1 => Origin::Unknown,
            _ => Origin::InPath,
        }
    }

    /// The reset shows more hops behind it than the endpoint it names: nothing between the two can have sent it with an ordinary hop limit.
    pub fn is_from_beyond(&self) -> bool {
        self.tells.iter().any(
            |tell| matches!(tell, Tell::HopLimit { usual, reset } if hops(*reset) > hops(*usual)),
        )
    }

    /// A reset in each direction left at the same moment.
    pub fn sent_to_both_ends(&self) -> bool {
        self.tells.contains(&Tell::BothEnds)
    }
}

/// Segments that overtook each other on the path lie closer together than this; chosen.
const REORDERED: i64 = 10 * MILLISECOND;
/// An injector sends its copies back to back; chosen.
const AT_ONCE: i64 = 50 * MILLISECOND;
/// Hops behind a hop limit, from the nearest initial value in use: 64, 128 or 255.
const fn hops(hop_limit: u8) -> u8 {
    match hop_limit {
        0..=64 => 64 - hop_limit,
        65..=128 => 128 - hop_limit,
        129.. => 255 - hop_limit,
    }
}
