//! Did the named endpoint send it? Marks of the path that another sender would leave.

use super::super::ResetCase;
use super::Form;
use crate::tcp::ResetForm;

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
    /// It came sooner after the segment it answers than any answer of the endpoint.
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

/// All marks of a foreign sender.
pub fn tells(case: &ResetCase, form: &Form<'_>) -> Vec<Tell> {
    let mut tells = Vec::new();
    let (reset, sender) = (&case.reset, case.sender());
    if let Some(usual) = usual_hop_limit(case)
        && usual != reset.ip.hop_limit
    {
        tells.push(Tell::HopLimit {
            usual,
            reset: reset.ip.hop_limit,
        });
    }
    if form.form == ResetForm::Active
        && reset.options.complete
        && reset.options.timestamps.is_none()
        && sender.timestamps.is_some()
    {
        tells.push(Tell::NoTimestamps);
    }
    if let Some(trigger) = form.answers {
        let took = reset.time - trigger.header.time;
        let host = case.neighbourhood.hosts[case.sent_by].response_time;
        let least = [sender.response_time, host].into_iter().flatten().min();
        if let Some(least) = least
            && took < least / 2
        {
            tells.push(Tell::TooSoon { took, least });
        }
        let asked = trigger.header.ip.dscp;
        if asked != 0 && reset.ip.dscp == 0 {
            tells.push(Tell::DscpNotCopied { asked });
        }
    }
    tells
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

impl super::Facts<'_> {
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
}
