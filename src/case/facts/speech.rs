//! Who had spoken last, what was still to be answered, and how long it had been quiet.

use super::super::{Nature, Turn};
use super::Facts;
use crate::origin::{MILLISECOND, SECOND};
use crate::tcp::{ResetForm, Side};

/// A silence in which neither side sent payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Nanoseconds.
    pub nanos: i64,
    /// The last payload before it.
    pub after: super::super::Mark,
}

impl Idle {
    /// Whether it is long enough to be called idle on a path with this round trip: a second, and five round trips.
    ///
    /// Both bounds are chosen: shorter pauses belong to think time and slow paths, and no common keep-alive timeout is below a second.
    pub fn is_idle(&self, round_trip: Option<i64>) -> bool {
        self.nanos >= SECOND && self.nanos >= 5 * round_trip.unwrap_or(0)
    }
}

impl Facts<'_> {
    /// The turn under way when the reset came.
    pub fn last_turn(&self) -> Option<&Turn> {
        self.case.turns.current()
    }

    /// The last payload came from the reset's receiver.
    pub fn receiver_spoke_last(&self) -> bool {
        self.last_turn()
            .is_some_and(|turn| turn.from == self.case.received_by())
    }

    /// The reset stands beyond all that the capture shows of its sender: some of what that said was missed.
    pub fn sender_spoke_unseen(&self) -> bool {
        let active = self.form.form == ResetForm::Active;
        active
            && self
                .sender()
                .snd_nxt
                .is_some_and(|next| next.precedes(self.case.reset.seq))
    }

    /// Payload of the reset's receiver that its sender, by what it has acknowledged and in the reset itself, had not received; in bytes.
    pub fn undelivered(&self) -> u32 {
        let Some(sent) = self.receiver().snd_nxt else {
            return 0;
        };
        let reset = &self.case.reset;
        let received = if reset.flags.ack() {
            Some(reset.ack)
        } else {
            self.sender().rcv_nxt
        };
        match received {
            Some(received) if received.precedes(sent) => sent.distance_from(received),
            _ => 0,
        }
    }

    /// The window in the reset is larger than the last one its sender had offered, after that had shrunk while data lay unread, or by a
    /// leap: they were thrown away (RFC 2525 2.17). A window that only ever grew in steps grows on, as the buffer behind it does.
    pub fn window_grew(&self) -> Option<(u16, u16)> {
        let sender = self.sender();
        let (before, after) = (sender.window?, self.case.reset.window);
        if !self.case.reset.flags.ack() || after <= before {
            return None;
        }
        let scale = u32::from(sender.window_scale.unwrap_or(0));
        let offered = || {
            self.case.before.of(self.case.sent_by).map(move |line| {
                // Of a SYN the window is not scaled (RFC 7323 2.2).
                let scale = if line.header.flags.syn() { scale } else { 0 };
                line.header.window >> scale
            })
        };
        let shrank = offered().any(|window| window > before);
        let step = offered()
            .zip(offered().skip(1))
            .map(|(one, next)| next.saturating_sub(one))
            .max()
            .unwrap_or(0);
        (shrank || after - before > step).then_some((before, after))
    }

    /// Turns of the client that the server answered.
    pub fn exchanges(&self) -> u64 {
        let first_is_client = self.case.turns.count() % 2
            == u64::from(
                self.last_turn()
                    .is_some_and(|turn| turn.from == Side::Client),
            );
        let turns =
            self.case.turns.count() - u64::from(!first_is_client && self.case.turns.count() > 0);
        turns / 2
    }

    /// The quiet between the last payload and the reset, or the request that the reset answers: from the turn before that request.
    pub fn idle_before_last_turn(&self) -> Option<Idle> {
        let (last, before) = (self.last_turn()?, self.case.turns.previous()?);
        Some(Idle {
            nanos: last.first.time - before.last.time,
            after: before.last,
        })
    }

    /// The quiet between the last payload and the reset itself.
    pub fn idle_before_reset(&self) -> Option<Idle> {
        let last = self.last_turn()?;
        Some(Idle {
            nanos: self.case.reset.time - last.last.time,
            after: last.last,
        })
    }

    /// The quiet between the last segment of any kind, from either side, and the reset.
    pub fn silence_before_reset(&self) -> Option<Idle> {
        let last = self.case.before.latest()?;
        Some(Idle {
            nanos: self.case.reset.time - last.header.time,
            after: super::super::Mark::of(&last.header),
        })
    }

    /// The quiet that the FIN of the reset's sender ended: since the last payload that it had sent or received before it closed.
    ///
    /// A last word of its own just before the FIN (a TLS `close_notify`, a GOAWAY, a farewell) belongs to the closing, not to the talk.
    pub fn idle_before_fin(&self) -> Option<Idle> {
        let fin = self.sender().fin?;
        let mut known = self.case.before.lines().rev().filter(|line| {
            let fresh = line.header.payload_len > 0 && line.nature != Nature::Retransmission;
            let in_time = if line.from == self.case.sent_by {
                line.header.record < fin.mark.record
            } else {
                fin.ack
                    .is_none_or(|ack| !ack.precedes(line.header.seq_end()))
            };
            fresh && in_time
        });
        let last = known.next()?;
        let farewell =
            last.from == self.case.sent_by && fin.mark.time - last.header.time <= FAREWELL;
        let before = known
            .find(|line| last.header.time - line.header.time > FAREWELL || line.from != last.from);
        let spoken = match before {
            Some(before) if farewell && last.header.time - before.header.time >= SECOND => before,
            _ => last,
        };
        Some(Idle {
            nanos: fin.mark.time - spoken.header.time,
            after: super::super::Mark::of(&spoken.header),
        })
    }

    /// The server's answer and the request it crossed: the client's next bytes left before it can have seen the answer. A capture at the
    /// server shows those bytes only after the reset.
    pub fn response_crossed_request(&self) -> Option<(&Turn, &Turn)> {
        let turns: Vec<&Turn> = self.case.turns.recent().collect();
        let before = turns.windows(3).rev().find_map(|three| match three {
            [request, answer, rest] if rest.from == Side::Client && rest.crossed => {
                Some((*answer, *request))
            }
            _ => None,
        });
        before.or_else(|| match turns.as_slice() {
            [.., request, answer]
                if answer.from == Side::Server && self.client_sent_on_past(answer, request) =>
            {
                Some((*answer, *request))
            }
            _ => None,
        })
    }

    /// The client was sending on when the server answered: its answer, or the abort after it, acknowledges less than the client had sent by
    /// then; or fresh payload of the client came after the reset that acknowledges none of the answer.
    fn client_sent_on_past(&self, answer: &Turn, request: &Turn) -> bool {
        let in_flight = answer
            .heard
            .is_some_and(|heard| heard.precedes(request.end))
            && self.undelivered() > 0;
        let sent = self.client().snd_nxt;
        in_flight
            || self.case.after.of(Side::Client).any(|line| {
                let fresh = line.header.payload_len > 0
                    && sent.is_some_and(|sent| sent.precedes(line.header.seq_end()));
                fresh && line.header.ack.offset_from(answer.begin) <= 0
            })
    }

    /// The client has not received all of the server's answer: bytes of it are under way, announced but not sent, or still coming.
    pub fn response_is_in_progress(&self) -> bool {
        let Some(turn) = self.last_turn().filter(|turn| turn.from == Side::Server) else {
            return false;
        };
        let announced = self.latest_response().and_then(|head| head.whole());
        let more_comes = self.case.after.of(Side::Server).any(|line| {
            line.header.payload_len > 0
                && self
                    .server()
                    .snd_nxt
                    .is_some_and(|next| next.precedes(line.header.seq_end()))
        });
        let short = announced.is_some_and(|whole| turn.bytes < whole);
        let complete = announced.is_some_and(|whole| turn.bytes >= whole);
        !complete
            && (short
                || more_comes
                || self.window_grew().is_some()
                || self.undelivered() > 0 && self.sent_by() == Side::Client)
    }
}

impl Facts<'_> {
    /// The longest recent quiet that bears on the reset: before the turn that it answers, or before itself.
    pub fn long_idleness(&self) -> Option<Idle> {
        let answered = self
            .idle_before_last_turn()
            .filter(|_| self.receiver_spoke_last());
        [answered, self.idle_before_reset()]
            .into_iter()
            .flatten()
            .max_by_key(|idle| idle.nanos)
    }

    /// Since when the receiver's window is closed, or had been closed until the segment that the reset answers opened it.
    pub fn receiver_window_was_closed(&self) -> Option<super::super::Mark> {
        if let Some(mark) = self.receiver().window_closed() {
            return Some(mark);
        }
        let trigger = self.form.answers?;
        let before = self
            .case
            .before
            .of(self.case.received_by())
            .rev()
            .find(|line| line.header.record < trigger.header.record)?;
        (before.header.window == 0 && !before.header.flags.rst())
            .then(|| super::super::Mark::of(&before.header))
    }
}

/// A last word lies no further before the FIN than this: one act of the program sends both; chosen.
pub(super) const FAREWELL: i64 = 50 * MILLISECOND;
