//! The state machine of RFC 9293 section 3.3.2, as one can infer it from outside.
//!
//! An observer sees what an endpoint sends and what is sent to it, and takes the second for received. LISTEN is missing, since
//! nobody can see it; `Unseen` is added for an endpoint of which nothing has been captured.

/// State of one endpoint, in the standard's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// No segment from or to it has told anything yet.
    #[default]
    Unseen,
    /// It sent a SYN.
    SynSent,
    /// It answered a SYN.
    SynReceived,
    /// The handshake is complete, or the capture began after it.
    Established,
    /// It sent FIN, not yet acknowledged.
    FinWait1,
    /// Its FIN is acknowledged, the other side has not closed.
    FinWait2,
    /// It received FIN and has not closed.
    CloseWait,
    /// Both sent FIN before either was acknowledged.
    Closing,
    /// It received FIN, then sent its own.
    LastAck,
    /// Both FINs are acknowledged, and it closed first.
    TimeWait,
    /// Nothing is left.
    Closed,
}

/// What moves an endpoint's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// It sends SYN without ACK.
    SendsSyn,
    /// It sends SYN,ACK.
    SendsSynAck,
    /// It sends anything else that is neither FIN nor RST.
    SendsSegment,
    /// It sends FIN.
    SendsFin,
    /// It sends RST.
    SendsReset,
    /// SYN,ACK arrives.
    GetsSynAck,
    /// An acknowledgment of its SYN arrives.
    GetsAckOfSyn,
    /// A FIN arrives in order.
    GetsFin,
    /// An acknowledgment of its FIN arrives.
    GetsAckOfFin,
    /// A reset arrives that it obeys.
    GetsReset,
}

impl State {
    /// The state after `event`; the same state where the event does not move it.
    #[must_use]
    pub const fn after(self, event: Event) -> Self {
        use Event as E;
        use State as S;
        match (self, event) {
            // 3.5.2, 3.10.7: a reset, sent or obeyed, ends the connection in any state.
            (_, E::SendsReset | E::GetsReset) => S::Closed,
            // 3.10.1: an active open sends SYN. A closed or finished endpoint may open again.
            (S::Unseen | S::Closed | S::TimeWait, E::SendsSyn) => S::SynSent,
            // 3.10.7.2 and 3.10.7.3: a SYN is answered, also by an endpoint that has sent one itself.
            (S::Unseen | S::SynSent | S::Closed | S::TimeWait, E::SendsSynAck) => S::SynReceived,
            // 3.10.7.3: SYN,ACK completes the initiator's handshake.
            (S::SynSent, E::GetsSynAck) => S::Established,
            // 3.10.7.4, fifth: the acknowledgment of its SYN completes the responder's.
            (S::SynReceived, E::GetsAckOfSyn) => S::Established,
            // Not in the standard: a capture begun late shows a segment of an endpoint whose handshake is over.
            (S::Unseen, E::SendsSegment) => S::Established,
            // 3.10.4: CLOSE sends FIN. The first arm holds for an endpoint never seen before, too.
            (S::Unseen | S::SynReceived | S::Established, E::SendsFin) => S::FinWait1,
            (S::CloseWait, E::SendsFin) => S::LastAck,
            // 3.10.7.4, fifth: the acknowledgment of its FIN.
            (S::FinWait1, E::GetsAckOfFin) => S::FinWait2,
            (S::Closing, E::GetsAckOfFin) => S::TimeWait,
            (S::LastAck, E::GetsAckOfFin) => S::Closed,
            // 3.10.7.4, eighth: the FIN bit.
            (S::Unseen | S::SynReceived | S::Established, E::GetsFin) => S::CloseWait,
            (S::FinWait1, E::GetsFin) => S::Closing,
            (S::FinWait2, E::GetsFin) => S::TimeWait,
            _ => self,
        }
    }

    /// Whether both sides' sequence numbers are agreed: ESTABLISHED and the states of closing (RFC 9293 3.5.1).
    pub const fn is_synchronized(self) -> bool {
        matches!(
            self,
            Self::Established
                | Self::FinWait1
                | Self::FinWait2
                | Self::CloseWait
                | Self::Closing
                | Self::LastAck
                | Self::TimeWait
        )
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 11] = [
        State::Unseen,
        State::SynSent,
        State::SynReceived,
        State::Established,
        State::FinWait1,
        State::FinWait2,
        State::CloseWait,
        State::Closing,
        State::LastAck,
        State::TimeWait,
        State::Closed,
    ];
    const EVENTS: [Event; 10] = [
        Event::SendsSyn,
        Event::SendsSynAck,
        Event::SendsSegment,
        Event::SendsFin,
        Event::SendsReset,
        Event::GetsSynAck,
        Event::GetsAckOfSyn,
        Event::GetsFin,
        Event::GetsAckOfFin,
        Event::GetsReset,
    ];

    /// Every pair that moves, and the section that says so. A pair that is not here must not move.
    const MOVES: [(State, Event, State, &str); 24] = [
        (State::Unseen, Event::SendsSyn, State::SynSent, "3.10.1"),
        (State::Closed, Event::SendsSyn, State::SynSent, "3.10.1"),
        (State::TimeWait, Event::SendsSyn, State::SynSent, "3.10.1"),
        (
            State::Unseen,
            Event::SendsSynAck,
            State::SynReceived,
            "3.10.7.2",
        ),
        (
            State::SynSent,
            Event::SendsSynAck,
            State::SynReceived,
            "3.10.7.3",
        ),
        (
            State::Closed,
            Event::SendsSynAck,
            State::SynReceived,
            "3.10.7.2",
        ),
        (
            State::TimeWait,
            Event::SendsSynAck,
            State::SynReceived,
            "3.10.7.4, fourth",
        ),
        (
            State::SynSent,
            Event::GetsSynAck,
            State::Established,
            "3.10.7.3",
        ),
        (
            State::SynReceived,
            Event::GetsAckOfSyn,
            State::Established,
            "3.10.7.4, fifth",
        ),
        (
            State::Unseen,
            Event::SendsSegment,
            State::Established,
            "begun late",
        ),
        (
            State::Unseen,
            Event::SendsFin,
            State::FinWait1,
            "begun late",
        ),
        (
            State::SynReceived,
            Event::SendsFin,
            State::FinWait1,
            "3.10.4",
        ),
        (
            State::Established,
            Event::SendsFin,
            State::FinWait1,
            "3.10.4",
        ),
        (State::CloseWait, Event::SendsFin, State::LastAck, "3.10.4"),
        (
            State::FinWait1,
            Event::GetsAckOfFin,
            State::FinWait2,
            "3.10.7.4, fifth",
        ),
        (
            State::Closing,
            Event::GetsAckOfFin,
            State::TimeWait,
            "3.10.7.4, fifth",
        ),
        (
            State::LastAck,
            Event::GetsAckOfFin,
            State::Closed,
            "3.10.7.4, fifth",
        ),
        (
            State::Unseen,
            Event::GetsFin,
            State::CloseWait,
            "begun late",
        ),
        (
            State::SynReceived,
            Event::GetsFin,
            State::CloseWait,
            "3.10.7.4, eighth",
        ),
        (
            State::Established,
            Event::GetsFin,
            State::CloseWait,
            "3.10.7.4, eighth",
        ),
        (
            State::FinWait1,
            Event::GetsFin,
            State::Closing,
            "3.10.7.4, eighth",
        ),
        (
            State::FinWait2,
            Event::GetsFin,
            State::TimeWait,
            "3.10.7.4, eighth",
        ),
        (State::SynSent, Event::SendsReset, State::Closed, "3.10.5"),
        (
            State::Established,
            Event::GetsReset,
            State::Closed,
            "3.10.7.4, second",
        ),
    ];

    #[test]
    fn exactly_the_listed_pairs_move() {
        for state in STATES {
            for event in EVENTS {
                let listed = MOVES
                    .iter()
                    .find(|row| row.0 == state && row.1 == event)
                    .map(|row| row.2);
                let expected = match event {
                    Event::SendsReset | Event::GetsReset => State::Closed,
                    _ => listed.unwrap_or(state),
                };
                assert_eq!(state.after(event), expected, "{state:?} after {event:?}");
            }
        }
    }
}
