//! What a segment that is no reset changes: its connection, and what the neighbours of that know.

use super::Tracker;
use super::connection::Connection;
use super::neighbours::service_of;
use super::table::Slot;
use crate::case::Happening;
use crate::origin::SECOND;
use crate::tcp::{Checksum, Extent, Segment, Side};

impl Tracker {
    /// Takes a segment that is no reset, of which others may know where it `is_news`.
    pub(super) fn follow(&mut self, slot: Slot, side: Side, segment: &Segment<'_>, is_news: bool) {
        let Some(connection) = self.table.get_mut(slot) else {
            return;
        };
        let header = &segment.header;
        let silence = connection.silence_before(header);
        let sender = &connection.endpoints[side];
        let first_fin = header.flags.fin() && sender.fin.is_none();
        let hop_limit_is_new = sender.hop_limit != Some(header.ip.hop_limit);
        connection.take(side, segment, &mut self.happenings);
        let closes_alone = connection.endpoints.client.fin.is_none();
        let silence = silence.filter(|_| closes_alone);
        if is_news {
            if !connection.is_among_twins {
                self.twins.add(connection, slot);
            }
            let news = News {
                silence,
                first_fin,
                hop_limit_is_new,
            };
            self.tell_neighbours(slot, side, segment, &news);
        }
        self.happenings.clear();
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        if !connection.open_cases.is_empty()
            && let Some(line) = connection.timeline.latest().copied()
        {
            self.add_to_open_cases(slot, line);
        }
    }

    /// Tells the neighbours of a connection what a segment means to them.
    fn tell_neighbours(&mut self, slot: Slot, side: Side, segment: &Segment<'_>, news: &News) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let header = &segment.header;
        let service = || service_of(&connection.id);
        for what in self.happenings.drain(..) {
            self.neighbours.note(&connection.id, header, what);
            if let (
                Happening::Finished {
                    request_open: false,
                },
                Some(nanos),
            ) = (what, news.silence)
            {
                self.neighbours.closed_after(service(), nanos);
            }
        }
        if side == Side::Server
            && let Some(nanos) = answered_after_silence(connection, segment)
        {
            self.neighbours.survived(service(), nanos);
        }
        let receiver = &connection.endpoints[side.other()];
        if receiver
            .mss
            .is_some_and(|mss| header.payload_len > u32::from(mss))
        {
            self.counts.oversized.note(header.record);
        }
        if header.ip.extent == Extent::Unsaid {
            self.counts.unsized_packets.note(header.record);
        }
        if header.checksum == Checksum::Wrong {
            let alone = connection.endpoints[side].checksums.right == 0;
            let met = if alone {
                &mut self.counts.unfinished
            } else {
                &mut self.counts.damaged
            };
            met.note(header.record);
        }
        let answered_in = (header.flags.syn() && side == Side::Server)
            .then_some(connection.endpoints.server.response_time)
            .flatten();
        if news.hop_limit_is_new || answered_in.is_some() {
            self.neighbours.meet(
                segment.from.ip(),
                segment.encapsulation,
                header,
                answered_in,
            );
        }
        if news.first_fin && connection.has_shown_bytes() {
            self.neighbours.ended(header, slot, side);
        }
    }
}

/// What a segment brought that was new for its connection.
struct News {
    /// How long the connection had rested when its service, alone so far, spoke.
    silence: Option<i64>,
    first_fin: bool,
    hop_limit_is_new: bool,
}

/// The silence before the request that `segment`, the server's, begins to answer.
fn answered_after_silence(connection: &Connection, segment: &Segment<'_>) -> Option<i64> {
    let answer = connection.turns.current()?;
    if answer.from != Side::Server || answer.first.record != segment.header.record {
        return None;
    }
    let mut earlier = connection.turns.recent().rev().skip(1);
    let (request, before) = (earlier.next()?, earlier.next()?);
    let silence = request.first.time - before.last.time;
    (silence >= SECOND).then_some(silence)
}
