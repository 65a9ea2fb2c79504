//! [`Gaps`]: what the capture did not show of a connection.

use super::Mark;

/// What the capture did not show of one connection, as known when its case settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// No SYN was captured: the connection was under way when the capture began, or its opening was lost.
    pub no_handshake: bool,
    /// Not one segment of the reset's sender, resets apart.
    pub sender_unseen: bool,
    /// Not one segment of the reset's receiver.
    pub receiver_unseen: bool,
    /// Bytes that were acknowledged although no record holds them: the capture lost records. `None`: none.
    pub lost: Option<Lost>,
    /// Bytes that were passed over before the reset, without a sign whether they arrived. `None`: none.
    pub missing: Option<Missing>,
    /// A payload that was looked at was cut by the snap length.
    pub payload_cut: bool,
    /// The middle of the story was dropped, since it was longer than a case keeps.
    pub elided: bool,
    /// The case settled before the time that it should have waited.
    pub settled_early: bool,
    /// The clock of the capture stepped back during the connection, or while the case was open: durations across the step are wrong, and
    /// what came at the same moment is not known.
    pub clock_stepped: bool,
    /// The reset's own fields were cut.
    pub reset_cut: bool,
    /// The capture lost records since the connection began: any of its segments may be among them.
    pub records_dropped: bool,
}

/// Acknowledged bytes that were never captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Bytes missing, as far as they can be counted.
    pub bytes: u64,
    /// The latest segment that showed it.
    pub latest: Mark,
}

/// Bytes of which no record tells: what their sender sent behind them was captured, they were not, and the receiver neither acknowledged them nor
/// reported them lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// How many.
    pub bytes: u64,
    /// The segment behind the last of them.
    pub shown_by: Mark,
}
