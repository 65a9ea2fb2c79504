//! The form of a reset: what RFC 9293 3.5.2 makes a stack put into it.
//!
//! A socket that aborts builds its reset like any other segment of the connection. A stack that finds no use for a segment knows
//! nothing but that segment, so its reset is a function of it, and can be proven by it.

use super::{Flags, Header, SeqNumber};

/// How a reset came to be, as its fields show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResetForm {
    /// The sender's own abort: it continues the sender's segments.
    Active,
    /// The answer to one segment: its numbers are copied from that.
    Reply,
    /// Neither fits, or too little was captured to tell.
    Unclear,
}

/// The numbers of the reset with which a stack answers a segment it has no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// SEG.SEQ of the reset.
    pub seq: SeqNumber,
    /// SEG.ACK of the reset; `None` when the reset carries no ACK flag.
    pub ack: Option<SeqNumber>,
}

impl Reply {
    /// Whether `reset` bears these numbers and flags.
    pub fn matches(&self, reset: &Header) -> bool {
        let ack = reset.flags.ack().then_some(reset.ack);
        reset.flags.has(Flags::RST) && reset.seq == self.seq && ack == self.ack
    }
}

/// The reset that `segment` would provoke (RFC 9293 3.5.2, groups 1 and 2); `None` for a reset, which is never answered.
pub fn reply_to(segment: &Header) -> Option<Reply> {
    if segment.flags.rst() {
        return None;
    }
    Some(if segment.flags.ack() {
        Reply {
            seq: segment.ack,
            ack: None,
        }
    } else {
        Reply {
            seq: SeqNumber::new(0),
            ack: Some(segment.seq_end()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::{RecordId, Timestamp};
    use crate::tcp::{Checksum, IpFacts, Options};

    fn header(flags: Flags, seq: u32, ack: u32, payload_len: u32) -> Header {
        Header {
            record: RecordId::default(),
            time: Timestamp::default(),
            ip: IpFacts::default(),
            seq: SeqNumber::new(seq),
            ack: SeqNumber::new(ack),
            flags,
            window: 0,
            options: Options::default(),
            payload_len,
            checksum: Checksum::Unknown,
        }
    }

    #[test]
    fn a_segment_with_ack_is_answered_at_its_ack() {
        let reply = reply_to(&header(Flags::ACK, 7, 900, 3)).unwrap();
        assert!(reply.matches(&header(Flags::RST, 900, 0, 0)));
        assert!(!reply.matches(&header(Flags::RST | Flags::ACK, 900, 10, 0)));
    }

    #[test]
    fn a_segment_without_ack_is_answered_with_its_end() {
        let reply = reply_to(&header(Flags::SYN, 7, 0, 3)).unwrap();
        assert!(reply.matches(&header(Flags::RST | Flags::ACK, 0, 11, 0)));
        assert!(!reply.matches(&header(Flags::RST, 0, 0, 0)));
    }

    #[test]
    fn a_reset_is_never_answered() {
        assert_eq!(reply_to(&header(Flags::RST, 7, 0, 0)), None);
    }
}
