//! How the connection was being closed when the reset came.

use super::Facts;
use crate::origin::{MILLISECOND, SECOND};

impl Facts<'_> {
    /// The segment that the reset answers acknowledged its sender's FIN: the answering TCP knew that no more would come.
    pub fn covers_fin(&self) -> bool {
        self.sender()
            .fin
            .is_some_and(|fin| fin.seq.precedes(self.case.reset.seq))
    }

    /// How long the receiver had had the sender's FIN when it first sent what the reset answers, in nanoseconds.
    ///
    /// The FIN needs half a round trip to the receiver, and the segment the other half back: both together are what the receiver's
    /// responses take as seen from the capture point. Of a repetition, the first sending counts: then its application spoke.
    pub fn had_fin_for(&self) -> Option<i64> {
        let (fin, trigger) = (self.sender().fin?, self.form.answers?);
        let mut sent = self.case.before.of(self.case.received_by());
        let first = sent
            .find(|line| line.header.seq == trigger.header.seq && line.header.payload_len > 0)
            .unwrap_or(trigger);
        Some(first.header.time - fin.mark.time - self.receiver().response_time.unwrap_or(0))
    }

    /// The receiver can have noticed the FIN before it sent that segment.
    pub fn could_notice_fin(&self) -> Option<bool> {
        Some(self.covers_fin() && self.had_fin_for()? > NOTICES_WITHIN)
    }

    /// The sender of the reset had closed its side long before, and was heard.
    pub fn sender_closed_long_before(&self) -> bool {
        let sender = self.sender();
        sender.fin.is_some_and(|fin| {
            let heard = sender.snd_una.is_some_and(|una| fin.seq.precedes(una));
            heard && self.case.reset.time - fin.mark.time >= SECOND
        })
    }

    /// Everything that both sides sent as payload was acknowledged.
    pub fn all_acknowledged(&self) -> bool {
        let settled =
            |view: &super::super::EndpointView, also: Option<crate::tcp::SeqNumber>| match (
                view.payload_end,
                view.snd_una,
            ) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(end), Some(acked)) => {
                    !acked.precedes(end) || also.is_some_and(|ack| !ack.precedes(end))
                }
            };
        let said = self.case.reset.flags.ack().then_some(self.case.reset.ack);
        settled(self.sender(), None) && settled(self.receiver(), said)
    }
}

/// An application that watches its connection notices the end of stream within this; chosen, and the same as the taxonomy's line
/// between a race and a connection that was used although its peer had closed.
pub const NOTICES_WITHIN: i64 = 100 * MILLISECOND;
