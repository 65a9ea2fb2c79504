//! What a rule is: the page about a cause, and the question whether a case is one of it.
//!
//! A rule asks three-valued questions. An [`Answer`] that nothing captured can give is `Hidden`: it neither speaks for the cause nor
//! excludes it, but it keeps the claim from being more than possible.

use super::{Fact, Scope};
use crate::case::{Line, Mark, facts::Facts};
use crate::origin::RecordId;

/// Text of a page: plain English, whole sentences.
pub type Text = &'static str;

/// One cause of a reset: its page and its question. Stateless; must not panic on any case.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The page.
    pub doc: &'static CauseDoc,
    /// The resets that can have it; of others it is not asked.
    pub scope: Scope,
    /// The cause is an act of the endpoint that the reset names, so that marks of another sender speak against it.
    pub blames_endpoint: bool,
    /// The question: `None` when a required fact is refuted, or nothing speaks for the cause.
    pub examine: fn(&Facts<'_>) -> Option<Claim>,
}

/// The page about a cause. Every field is required, so a cause without its documentation does not compile.
#[derive(Clone, Copy, Debug)]
pub struct CauseDoc {
    /// Its public name, in kebab-case; never changes its meaning.
    pub id: Text,
    /// Other words that people use for it, and former ids: a search by any of them finds this page.
    pub aliases: &'static [Text],
    /// A title for a line of a table: what happened, in under 60 characters.
    pub title: Text,
    /// When in a connection's life it strikes.
    pub phase: Phase,
    /// What it costs.
    pub severity: Severity,
    /// What happened, on the hosts or on the path.
    pub happens: Text,
    /// A typical exchange, one segment a line, in the notation of the pages.
    pub ladder: Text,
    /// What the rule requires, what supports it and what contradicts it.
    pub looks_for: Text,
    /// What looks alike, what separates the two, and what would settle it where the wire does not.
    pub told_apart: &'static [Rival],
    /// What the client's application sees.
    pub client_sees: Text,
    /// What the server's application sees.
    pub server_sees: Text,
    /// Which data are lost or in doubt, and whether a repeat is safe.
    pub at_stake: Text,
    /// What to do, by whom.
    pub advice: &'static [Advice],
    /// Standards, sources, measurements.
    pub references: &'static [Text],
    /// The version that first knew it.
    pub since: Text,
}

/// A look-alike of a cause.
#[derive(Clone, Copy, Debug)]
pub struct Rival {
    /// Its id.
    pub cause: Text,
    /// What separates the two.
    pub by: Text,
    /// Which further capture, counter or log would settle it.
    pub settle: Text,
}

/// One piece of advice.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// Who can follow it.
    pub who: Who,
    /// Whether it helps in the incident or prevents the next.
    pub horizon: Horizon,
    /// What to do, in the imperative.
    pub action: Text,
}

/// Who can follow an advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Whoever runs or writes the client.
    Client,
    /// Whoever runs or writes the server.
    Server,
    /// Whoever runs what lies between.
    Network,
}

/// When an advice helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Horizon {
    /// During the incident.
    Now,
    /// For good.
    Lasting,
}

/// When in a connection's life a cause strikes, in the order of that life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// While the connection is opened.
    Connect,
    /// Between the handshake and the first answer.
    FirstExchange,
    /// While data flow.
    Data,
    /// When a quiet connection is used again.
    Reuse,
    /// While nothing is said.
    Idle,
    /// While the connection is closed.
    Close,
    /// At any time.
    Any,
}

/// What a reset costs, one for each cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing: no byte was lost that anyone waited for.
    Benign,
    /// A repeat, or it cannot be judged.
    Warning,
    /// An exchange.
    Error,
}

/// How a fact bears on a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bearing {
    /// The cause needs it.
    Requires,
    /// It speaks for the cause.
    Supports,
    /// It speaks against the cause without excluding it.
    Contradicts,
}

/// One observed fact in numbers, and the records that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// How it bears on the cause.
    pub bearing: Bearing,
    /// It excludes every other cause of a reset of this form and phase.
    pub decisive: bool,
    /// The fact.
    pub fact: Fact,
    /// The records that show it, at most a handful.
    pub records: Vec<RecordId>,
}

/// The answer to one question about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is so, as this fact shows.
    Yes(Fact, Vec<RecordId>),
    /// It is not so.
    No,
    /// The capture does not show whether it is so; the fact names what is missing.
    Hidden(Fact),
}

impl Answer {
    /// `Yes` with the records of `lines` where `holds`, else `No`.
    pub fn when(holds: bool, fact: Fact, records: impl IntoIterator<Item = RecordId>) -> Self {
        if holds {
            Self::Yes(fact, records.into_iter().take(RECORDS).collect())
        } else {
            Self::No
        }
    }
}

impl Answer {
    /// Itself, unless it is not so: a rule asks first, by this, what its cause needs and what is seldom so. In what order the questions are
    /// asked decides nothing, for one refuted fact that a cause needs is enough; their order in the claim is that of the page.
    pub fn may_hold(self) -> Option<Self> {
        (!matches!(self, Self::No)).then_some(self)
    }

    /// Whether it is so, as the capture shows.
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Yes(..))
    }
}

/// Records of marks and lines, for [`Answer::when`].
pub trait Recorded {
    /// The record.
    fn record(&self) -> RecordId;
}

impl Recorded for Mark {
    fn record(&self) -> RecordId {
        self.record
    }
}

impl Recorded for Line {
    fn record(&self) -> RecordId {
        self.header.record
    }
}

impl<T: Recorded> Recorded for &T {
    fn record(&self) -> RecordId {
        (*self).record()
    }
}

/// A tie that the wire cannot break: the same segments would come from the rival cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    /// The other cause's id.
    pub rival: Text,
    /// This cause's share in a hundred of such resets: serves for their order only.
    pub share: u8,
}

/// A rule's yes: what speaks for its cause in a case, and what it could not see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// Facts, in the order asked.
    pub evidence: Vec<Evidence>,
    /// Required facts that lie in a gap of the capture.
    pub hidden: Vec<Fact>,
    /// Facts in a gap of the capture that would exclude the cause, were they so.
    pub unexcluded: Vec<Fact>,
    /// The rival from whom the wire cannot tell it.
    pub tie: Option<Tie>,
}

impl Claim {
    /// A claim with nothing to it yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether anything that was seen speaks for it: a claim of which all is hidden is none.
    pub fn has_something_to_show(&self) -> bool {
        self.evidence
            .iter()
            .any(|evidence| evidence.bearing != Bearing::Contradicts)
    }

    /// The cause needs this: `None` ends the claim where it is not so.
    #[must_use]
    pub fn requires(self, answer: Answer) -> Option<Self> {
        self.needs(answer, false)
    }

    /// The cause needs this, and where it is so, no other cause of this form and phase fits.
    #[must_use]
    pub fn is_decided_by(self, answer: Answer) -> Option<Self> {
        self.needs(answer, true)
    }

    /// This excludes the cause: `None` ends the claim where it is so.
    #[must_use]
    pub fn is_excluded_by(self, answer: &Answer) -> Option<Self> {
        (!matches!(answer, Answer::Yes(..))).then_some(self)
    }

    /// This excludes the cause, too, and where the capture hides whether it is so, the claim is never certain.
    #[must_use]
    pub fn must_not_be(mut self, answer: Answer) -> Option<Self> {
        match answer {
            Answer::Yes(..) => None,
            Answer::No => Some(self),
            Answer::Hidden(fact) => {
                self.unexcluded.push(fact);
                Some(self)
            }
        }
    }

    /// This speaks for the cause where it is so.
    #[must_use]
    pub fn is_supported_by(self, answer: Answer) -> Self {
        self.noting(Bearing::Supports, false, answer)
    }

    /// This speaks for the cause where it is so, and then no other cause of this form and phase fits.
    #[must_use]
    pub fn is_settled_by(self, answer: Answer) -> Self {
        self.noting(Bearing::Supports, true, answer)
    }

    /// This speaks against the cause where it is so, without excluding it.
    #[must_use]
    pub fn is_weakened_by(self, answer: Answer) -> Self {
        self.noting(Bearing::Contradicts, false, answer)
    }

    /// The wire cannot tell this cause from `rival`; `share` in a hundred such resets are of this one.
    #[must_use]
    pub const fn ties_with(mut self, rival: Text, share: u8) -> Self {
        self.tie = Some(Tie { rival, share });
        self
    }

    #[inline]
    fn needs(mut self, answer: Answer, decisive: bool) -> Option<Self> {
        match answer {
            Answer::Yes(fact, records) => {
                self.evidence.push(Evidence {
                    bearing: Bearing::Requires,
                    decisive,
                    fact,
                    records,
                });
                Some(self)
            }
            Answer::No => None,
            Answer::Hidden(fact) => {
                self.hidden.push(fact);
                Some(self)
            }
        }
    }

    fn noting(mut self, bearing: Bearing, decisive: bool, answer: Answer) -> Self {
        if let Answer::Yes(fact, records) = answer {
            self.evidence.push(Evidence {
                bearing,
                decisive,
                fact,
                records,
            });
        }
        self
    }
}

impl Who {
    /// `client`, `server` or `network`.
    pub const fn name(self) -> Text {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Network => "network",
        }
    }
}

impl Severity {
    /// `benign`, `warning` or `error`.
    pub const fn name(self) -> Text {
        match self {
            Self::Benign => "benign",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Phase {
    /// Its name in reports and lists.
    pub const fn name(self) -> Text {
        match self {
            Self::Connect => "connect",
            Self::FirstExchange => "first exchange",
            Self::Data => "data",
            Self::Reuse => "reuse",
            Self::Idle => "idle",
            Self::Close => "close",
            Self::Any => "any",
        }
    }
}

/// Records that one fact shows at most: a reader opens two or three, never thirty.
const RECORDS: usize = 6;
