//! Would the receiver obey this reset? RFC 9293 3.10.7.3 and 3.10.7.4 (first and second), with RFC 5961 section 3 as stacks follow it.

use super::{Header, SeqNumber, State};

/// How a reset's numbers fit what its receiver expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetFit {
    /// The one position at which a reset must be obeyed; or, for a SYN-SENT receiver, an acknowledgment of its SYN.
    Exact,
    /// In the window but not exact: answered by a challenge ACK, and the connection lives (RFC 5961 3.2).
    InWindow,
    /// Outside the window, or not an answer to the SYN: dropped without a word.
    Outside,
    /// Too little of the receiver was captured to say.
    Unknown,
}

/// How `reset` fits a receiver in `state` that expects `expected` next and offers `window` bytes (scaled).
///
/// `expected` is `None` when nothing told it. `fin_seen`: the receiver has taken a FIN, so that the position before it counts as
/// exact too, as Linux has it since a sender may reset from before its own FIN. `sack_edge`: the right edge of the highest
/// range that the receiver reported by SACK, at which Linux obeys as well.
pub fn reset_fit(
    state: State,
    expected: Option<SeqNumber>,
    window: u64,
    fin_seen: bool,
    sack_edge: Option<SeqNumber>,
    reset: &Header,
    sent: Option<SeqNumber>,
) -> ResetFit {
    if state == State::SynSent {
        return match (reset.flags.ack(), sent) {
            (false, _) => ResetFit::Outside,
            (true, None) => ResetFit::Unknown,
            (true, Some(sent)) if reset.ack == sent => ResetFit::Exact,
            (true, Some(_)) => ResetFit::Outside,
        };
    }
    let Some(expected) = expected else {
        return ResetFit::Unknown;
    };
    let before_fin = fin_seen && reset.seq + 1 == expected;
    if reset.seq == expected || before_fin || sack_edge == Some(reset.seq) {
        return ResetFit::Exact;
    }
    let window = u32::try_from(window).unwrap_or(u32::MAX);
    if reset.seq.is_within(expected, window) {
        ResetFit::InWindow
    } else {
        ResetFit::Outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{RecordId, Timestamp};
    use crate::tcp::{Checksum, Flags, IpFacts, Options};

    fn reset(flags: Flags, seq: u32, ack: u32) -> Header {
        Header {
            record: RecordId::default(),
            time: Timestamp::default(),
            ip: IpFacts::default(),
            seq: SeqNumber::new(seq),
            ack: SeqNumber::new(ack),
            flags,
            window: 0,
            options: Options::default(),
            payload_len: 0,
            checksum: Checksum::Unknown,
        }
    }

    fn fit(
        state: State,
        expected: u32,
        fin_seen: bool,
        sack_edge: Option<u32>,
        seq: u32,
    ) -> ResetFit {
        let reset = reset(Flags::RST, seq, 0);
        reset_fit(
            state,
            Some(SeqNumber::new(expected)),
            1000,
            fin_seen,
            sack_edge.map(SeqNumber::new),
            &reset,
            None,
        )
    }

    #[test]
    fn a_synchronized_receiver_obeys_the_exact_position_only() {
        assert_eq!(
            fit(State::Established, 500, false, None, 500),
            ResetFit::Exact
        );
        assert_eq!(
            fit(State::Established, 500, false, None, 501),
            ResetFit::InWindow
        );
        assert_eq!(
            fit(State::Established, 500, false, None, 1500),
            ResetFit::Outside
        );
        assert_eq!(
            fit(State::Established, 500, false, None, 499),
            ResetFit::Outside
        );
        assert_eq!(
            fit(State::Established, u32::MAX, false, None, 5),
            ResetFit::InWindow
        );
    }

    #[test]
    fn the_position_before_a_fin_counts_once_the_fin_was_taken() {
        assert_eq!(fit(State::CloseWait, 500, true, None, 499), ResetFit::Exact);
        assert_eq!(
            fit(State::CloseWait, 500, true, None, 498),
            ResetFit::Outside
        );
    }

    #[test]
    fn the_edge_of_the_highest_sack_block_counts() {
        assert_eq!(
            fit(State::Established, 500, false, Some(900), 900),
            ResetFit::Exact
        );
    }

    #[test]
    fn a_syn_is_refused_only_by_an_acknowledgment_of_it() {
        let sent = Some(SeqNumber::new(100));
        let answer = |flags, ack| {
            reset_fit(
                State::SynSent,
                None,
                0,
                false,
                None,
                &reset(flags, 0, ack),
                sent,
            )
        };
        assert_eq!(answer(Flags::RST | Flags::ACK, 100), ResetFit::Exact);
        assert_eq!(answer(Flags::RST | Flags::ACK, 101), ResetFit::Outside);
        assert_eq!(answer(Flags::RST, 0), ResetFit::Outside);
    }
}
