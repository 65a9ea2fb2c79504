//! A connection's part in the case of a reset: as it was before it, and what the capture lacks of it when the case settles.

use super::connection::Connection;
use crate::case::{Gaps, Line, Nature, Neighbourhood, ResetCase, Sightings, Timeline};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Prefix, Segment, Side};

/// What the capture lacks as far as it was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lacks {
    /// The latest record before which the clock had stepped back.
    pub stepped: Option<RecordId>,
    /// Until when records were lost, at the latest.
    pub dropped_at: Option<Timestamp>,
}

impl Lacks {
    /// What it lacks since the reset in `record`, whose case settles now.
    pub fn since(&self, record: RecordId, settled_early: bool) -> Since {
        Since {
            stepped: self.stepped > Some(record),
            dropped_at: self.dropped_at,
            settled_early,
        }
    }
}

/// What the capture lacks since a reset.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// The clock has stepped back.
    pub stepped: bool,
    /// Until when records were lost, at the latest.
    pub dropped_at: Option<Timestamp>,
    /// The case settles before its time.
    pub settled_early: bool,
}

impl Connection {
    /// The line of a reset.
    pub fn line_of(&self, side: Side, segment: &Segment<'_>) -> Line {
        Line {
            from: side,
            header: segment.header,
            nature: Nature::Fresh,
            captured: 1,
            way: self.way_of(segment),
        }
    }

    /// The case of a reset that comes now, with room for so many segments behind it.
    pub fn freeze(&mut self, side: Side, segment: &Segment<'_>, room: usize) -> ResetCase {
        let header = segment.header;
        self.learn_end(side, &header);
        ResetCase {
            connection: self.id,
            carried: self.carried_by(side, segment),
            started: self.started,
            reset: header,
            payload: Prefix::new(segment.payload, header.payload_len),
            sent_by: side,
            endpoints: self.endpoints.clone(),
            turns: self.turns.clone(),
            before: self.timeline.clone(),
            after: Timeline::new(room),
            earlier: self.earlier.clone(),
            copy_of: None,
            sightings: Sightings::default(),
            predecessor: self.predecessor.as_deref().copied(),
            icmp: Vec::new(),
            gaps: Gaps {
                missing: self.missing(),
                ..Gaps::default()
            },
            neighbourhood: Neighbourhood::default(),
        }
    }

    /// Tells a case what has come to be known of the connection by the time that it settles.
    pub fn complete(&self, case: &mut ResetCase, since: &Since) {
        case.icmp.clone_from(&self.icmp);
        if let Some(sightings) = &self.sightings {
            case.sightings.clone_from(sightings);
            case.sightings.set_ways(&self.ways);
        }
        let seen = |side: Side| case.endpoints[side].was_seen();
        case.gaps = Gaps {
            no_handshake: case.endpoints.client.syn.is_none()
                && case.endpoints.server.syn.is_none(),
            sender_unseen: !seen(case.sent_by),
            receiver_unseen: !seen(case.received_by()),
            lost: self.lost.as_deref().copied(),
            missing: case.gaps.missing,
            clock_stepped: self.clock_stepped || since.stepped,
            payload_cut: self.payload_cut,
            elided: case.before.elided() > 0,
            settled_early: since.settled_early,
            reset_cut: !case.reset.options.complete,
            records_dropped: since.dropped_at.is_some_and(|at| at >= self.started.time),
        };
    }
}
