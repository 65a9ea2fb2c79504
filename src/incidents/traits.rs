//! [`Traits`]: what an incident needs of a case beside its report, in a few numbers.

use crate::case::{Refusal, ResetCase};
use crate::origin::SECOND;
use crate::tcp::{Flags, Side};

/// A few numbers of one case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Hop limit of the reset.
    pub hop_limit: u8,
    /// Hop limit of its sender's other segments.
    pub usual_hop_limit: Option<u8>,
    /// The silence before the last thing said, from a second on, where the reset's receiver said it: a request on a connection that
    /// had been idle. Nanoseconds.
    pub idle: Option<i64>,
    /// From the last payload to the reset, in nanoseconds.
    pub quiet: Option<i64>,
    /// From the client's latest request until it gave up by FIN or RST, in nanoseconds.
    pub waited: Option<i64>,
    /// From the first segment to the reset, in nanoseconds.
    pub age: i64,
    /// It is a second capture of a reset that was counted before, and shows nothing new.
    pub is_copy: bool,
    /// What kind of scan would open a connection so: `SYN`, `ACK`, `FIN`, `NULL` or `Xmas`.
    pub opening: Option<&'static str>,
    /// The SYN,ACK leaves out what the SYN offered and a SYN cookie has no room for: window scale and SACK, where there are no timestamps
    /// whose value could hold them (Linux keeps them there).
    pub cookie: bool,
}

impl Traits {
    /// Takes them from a case.
    pub fn of(case: &ResetCase) -> Self {
        let (current, previous) = (case.turns.current(), case.turns.previous());
        let idle = current
            .filter(|turn| turn.from == case.received_by())
            .zip(previous)
            .map(|(turn, before)| turn.first.time - before.last.time)
            .filter(|nanos| *nanos >= SECOND);
        let gave_up = match case.endpoints.client.fin {
            Some(fin) => Some(fin.mark.time),
            None => (case.sent_by == Side::Client).then_some(case.reset.time),
        };
        let asked = case.turns.latest_of(Side::Client);
        Self {
            hop_limit: case.reset.ip.hop_limit,
            usual_hop_limit: case.sender().hop_limit,
            idle,
            quiet: current.map(|turn| case.reset.time - turn.last.time),
            waited: gave_up.zip(asked).map(|(end, turn)| end - turn.first.time),
            age: case.reset.time - case.started.time,
            is_copy: case.copy_of.is_some(),
            opening: opening(case),
            cookie: looks_like_cookie(case),
        }
    }
}

impl Traits {
    /// Those of a refusal: its connection had said nothing yet.
    pub fn of_refusal(refusal: &Refusal) -> Self {
        Self {
            hop_limit: refusal.answer.ip.hop_limit,
            age: refusal.answer.time - refusal.syn.time,
            opening: Some("SYN"),
            ..Self::default()
        }
    }
}

fn looks_like_cookie(case: &ResetCase) -> bool {
    let options = |side| {
        let mut sent = case.before.of(side).map(|line| &line.header);
        let syn = sent.find(|header| header.flags.syn())?;
        syn.options.complete.then_some(syn.options)
    };
    options(Side::Client)
        .zip(options(Side::Server))
        .is_some_and(|(asked, given)| {
            let offered = asked.window_scale.is_some();
            let taken = given.window_scale.is_some() || given.sack_permitted;
            offered && !taken && asked.timestamps.is_none()
        })
}

/// How the client began.
fn opening(case: &ResetCase) -> Option<&'static str> {
    let flags = case.before.of(Side::Client).next()?.header.flags;
    Some(if flags.syn() {
        "SYN"
    } else if flags.ack() {
        "ACK"
    } else {
        match (flags.fin(), flags.has(Flags::PSH) || flags.has(Flags::URG)) {
            (true, true) => "Xmas",
            (true, false) => "FIN",
            (false, _) => "NULL",
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_told_by_what_the_answer_leaves_out() {
        let cookie = |asked: &str, given: &str| {
            let case = crate::testkit::case(&format!(
                "0.0 client > server SYN seq 0 {asked}\n\
                 0.1 server > client SYN,ACK seq 0 ack 1 {given}\n\
                 0.2 client > server ACK seq 1 ack 1\n\
                 0.3 server > client RST seq 1"
            ));
            Traits::of(&case).cookie
        };
        assert!(cookie("mss 1460 scale 7", "mss 1460"));
        assert!(!cookie("mss 1460 scale 7", "mss 1460 scale 7"));
        assert!(
            !cookie("mss 1460 scale 7 ts 1/0", "mss 1460 ts 9/1"),
            "the timestamp may hold them"
        );
        assert!(!cookie("mss 1460", "mss 1460"));
    }
}
