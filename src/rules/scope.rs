//! [`Scope`]: which resets can have a cause, by what a glance at the case tells.

use crate::case::facts::Facts;
use crate::tcp::{ResetForm, Side};

/// A set of resets, by their form, their sender, and whether it had closed.
///
/// A rule declares it, so that no question is asked of a reset that a required fact of the page rules out at a glance. It may hold more
/// than the rule admits, and never less: debug builds ask the rules outside their scopes, too, and stop where one claims the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope(u32);

impl Scope {
    /// All resets.
    pub const ANY: Self = Self((1 << (FORMS * SENDERS * CLOSES)) - 1);
    /// It answers a SYN.
    pub const REFUSAL: Self = Self::form(REFUSES);
    /// It answers another segment, or one that was not captured.
    pub const REPLY: Self = Self::form(REPLIES);
    /// It continues its sender's own segments.
    pub const ABORT: Self = Self::form(ABORTS);
    /// Its form is neither.
    pub const UNCLEAR: Self = Self::form(DOES_NEITHER);

    /// Those of either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of this set that are not of the other.
    #[must_use]
    pub const fn but(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those sent in this side's name.
    #[must_use]
    pub const fn by(self, side: Side) -> Self {
        self.where_every(SENDERS * CLOSES, sender(side) * CLOSES, CLOSES)
    }

    /// Those whose sender had closed with FIN, or may have, unseen.
    #[must_use]
    pub const fn after_own_fin(self) -> Self {
        self.where_every(CLOSES, UNSEEN, 2)
    }

    /// Those whose sender had not closed, as far as it was seen.
    #[must_use]
    pub const fn before_own_fin(self) -> Self {
        self.where_every(CLOSES, OPEN, 2)
    }

    /// The scope of this reset alone.
    pub fn of(facts: &Facts<'_>) -> Self {
        let form = match (facts.form.form, facts.form.answers) {
            (ResetForm::Reply, Some(line)) if line.header.flags.opens() => REFUSES,
            (ResetForm::Reply, _) => REPLIES,
            (ResetForm::Active, _) => ABORTS,
            (ResetForm::Unclear, _) => DOES_NEITHER,
        };
        let close = match facts.sender().fin {
            Some(_) => CLOSED,
            None if facts.case.gaps.sender_unseen => UNSEEN,
            None => OPEN,
        };
        Self(1 << ((form * SENDERS + sender(facts.sent_by())) * CLOSES + close))
    }

    /// Whether it holds all of these.
    pub const fn holds(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    const fn form(form: u32) -> Self {
        Self(((1 << (SENDERS * CLOSES)) - 1) << (form * SENDERS * CLOSES))
    }

    /// Of every `period` bits, those `len` that begin at `at`.
    const fn where_every(self, period: u32, at: u32, len: u32) -> Self {
        let mut mask = 0;
        let mut bit = 0;
        while bit < FORMS * SENDERS * CLOSES {
            if bit % period >= at && bit % period < at + len {
                mask |= 1 << bit;
            }
            bit += 1;
        }
        Self(self.0 & mask)
    }
}

const fn sender(side: Side) -> u32 {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}

const FORMS: u32 = 4;
const REFUSES: u32 = 0;
const REPLIES: u32 = 1;
const ABORTS: u32 = 2;
const DOES_NEITHER: u32 = 3;
const SENDERS: u32 = 2;
const CLOSES: u32 = 3;
/// Whether the sender had closed: what was not seen lies between, so that it goes with either.
const OPEN: u32 = 0;
const UNSEEN: u32 = 1;
const CLOSED: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit;

    fn scope(story: &str) -> Scope {
        Scope::of(&Facts::of(&testkit::case(story)))
    }

    #[test]
    fn a_refused_syn_is_a_refusal_by_the_server_and_nothing_else() {
        let refused = scope(
            "0.0 client > server SYN seq 0\n\
             0.1 server > client RST,ACK seq 0 ack 1",
        );
        assert!(Scope::REFUSAL.by(Side::Server).holds(refused));
        assert!(!Scope::REFUSAL.by(Side::Client).holds(refused));
        assert!(!Scope::ANY.but(Scope::REFUSAL).holds(refused));
        // Nothing was seen of the server before, so it goes with either.
        assert!(Scope::REFUSAL.before_own_fin().holds(refused));
        assert!(Scope::REFUSAL.after_own_fin().holds(refused));
    }

    #[test]
    fn an_abort_is_told_by_whether_its_sender_had_closed() {
        let opening = "0.0 client > server SYN seq 0\n\
             0.1 server > client SYN,ACK seq 0 ack 1\n\
             0.2 client > server ACK seq 1 ack 1\n";
        let open = scope(&format!("{opening}0.3 client > server RST,ACK seq 1 ack 1"));
        let closed = scope(&format!(
            "{opening}0.3 client > server FIN,ACK seq 1 ack 1\n\
             0.4 client > server RST,ACK seq 2 ack 1"
        ));
        assert!(Scope::ABORT.by(Side::Client).before_own_fin().holds(open));
        assert!(!Scope::ABORT.after_own_fin().holds(open));
        assert!(Scope::ABORT.by(Side::Client).after_own_fin().holds(closed));
        assert!(!Scope::ANY.before_own_fin().holds(closed));
    }

    #[test]
    fn the_forms_share_nothing_and_leave_nothing_out() {
        let forms = [Scope::REFUSAL, Scope::REPLY, Scope::ABORT, Scope::UNCLEAR];
        let all = forms.iter().fold(Scope(0), |all, form| {
            assert_eq!(all.0 & form.0, 0);
            all.or(*form)
        });
        assert_eq!(all, Scope::ANY);
    }
}
