//! Segments -> [`ResetCase`]s. Memory is bounded, and the order of segments alone decides what comes out.
//!
//! The tracker infers what RFC 9293 says two endpoints must be doing, opens a case at each reset, lets it grow by what follows, and
//! hands it over when it settles. It never asks what a reset means.

mod connection;
mod copies;
mod endpoint;
mod holes;
mod limits;
mod neighbours;
mod pending;
mod table;
mod twins;

pub use connection::DISORDERED;
pub use copies::Copies;
pub use limits::Limits;

use crate::case::{
    ConnectionId, Gaps, Habits, Happening, Line, Nature, Neighbourhood, ResetCase, ServiceEvent,
    Sightings, Timeline,
};
use crate::origin::{RecordId, SECOND, Timestamp};
use crate::tcp::{Checksum, Extent, Flow, Header, Prefix, Quoted, Segment, Side};
use connection::Connection;
use copies::Recent;
use neighbours::{Ending, Neighbours};
use pending::Pending;
use std::collections::VecDeque;
use std::net::SocketAddr;
use table::{Key, Rank, Slot, Table};
use twins::Twins;

/// What was tracked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Segments observed, copies included.
    pub segments: u64,
    /// Connections met; each reuse of two addresses counts anew.
    pub connections: u64,
    /// Resets, each of which gave a case.
    pub resets: u64,
    /// Second copies of packets, left out of the story.
    pub copies: Copies,
    /// Segments that bear more than their receiver's maximum segment size.
    pub oversized: Met,
    /// Segments in packets that say no length of their own: handed to an interface to be cut into packets.
    pub unsized_packets: Met,
    /// Segments with a wrong checksum from an endpoint that sends none with a right one: computed later, by its interface.
    pub unfinished: Met,
    /// Segments with a wrong checksum from an endpoint that sends others with a right one.
    pub damaged: Met,
    /// Connections forgotten because there were too many.
    pub forgotten: u64,
    /// Cases settled early because too many were open.
    pub crowded: u64,
}

/// What a tracker keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Connections.
    pub connections: usize,
    /// Resets whose case has not settled.
    pub open_cases: usize,
}

/// How often something was met, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// How often.
    pub count: u64,
    /// Where first; `None` when never.
    pub first: Option<RecordId>,
}

impl Met {
    fn note(&mut self, record: RecordId) {
        self.count += 1;
        self.first.get_or_insert(record);
    }
}

/// Follows connections. Push segments with [`Tracker::observe`] in the order of the capture, pull settled cases with
/// [`Tracker::next_case`], and call [`Tracker::finish`] at the end.
#[derive(Debug)]
pub struct Tracker {
    limits: Limits,
    table: Table,
    pending: Pending,
    neighbours: Neighbours,
    twins: Twins,
    recent: Recent,
    /// The latest record's time, and the latest one before which the clock had stepped back.
    now: Option<Timestamp>,
    stepped: Option<RecordId>,
    /// Until when records were lost, at the latest.
    dropped_at: Option<Timestamp>,
    settled: VecDeque<Box<ResetCase>>,
    counts: Counts,
    happenings: Vec<Happening>,
    head_is_over: bool,
    /// Whether a connection was found under further addresses or tags at the head of the capture.
    is_doubled: bool,
}

impl Tracker {
    /// A tracker within `limits`.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            table: Table::new(),
            pending: Pending::default(),
            neighbours: Neighbours::new(limits.habits),
            twins: Twins::new(limits.habits),
            recent: Recent::default(),
            now: None,
            stepped: None,
            dropped_at: None,
            settled: VecDeque::new(),
            counts: Counts::default(),
            happenings: Vec::new(),
            head_is_over: false,
            is_doubled: false,
        }
    }

    /// Takes the next segment of the capture, or the next of those that are to be followed. Says where the connection that it belongs to
    /// begins in the capture; `None` for one that was forgotten at once.
    pub fn observe(&mut self, segment: &Segment<'_>) -> Option<RecordId> {
        self.pass(segment.header.record, segment.header.time);
        self.observe_late(segment)
    }

    /// The same of a segment that came earlier than others that were observed. That is no loss for a connection of which
    /// [nobody else may know](Limits::head): its segments must only come in their order.
    pub fn observe_late(&mut self, segment: &Segment<'_>) -> Option<RecordId> {
        let header = &segment.header;
        self.counts.segments += 1;
        let slot = self.connection_of(segment);
        let connection = self.table.get_mut(slot)?;
        let start = connection.started.record;
        let side = connection.side_of(segment);
        if let Some(first) = connection.copied_by(side, header) {
            if connection.is_known {
                self.counts.copies.note(connection, &first, segment);
            }
            connection.saw_again(&first, segment);
            if header.flags.rst() {
                self.open_copy(slot, side, segment, &first);
            }
        } else {
            if connection.is_known {
                self.recent.add(header, slot);
            }
            if header.flags.rst() {
                self.open_case(slot, side, segment);
            } else {
                self.follow(slot, side, segment);
            }
        }
        self.rank(slot);
        self.forget_some();
        Some(start)
    }

    /// Tells how many segments the capture has had so far, those included that were not observed: behind its head most connections are nobody's
    /// business but their own.
    /// Whether that head is over.
    pub fn reach(&mut self, segments: u64) -> bool {
        let is_over =
            segments >= self.limits.head || self.counts.connections >= self.limits.head_connections;
        if is_over && !self.head_is_over {
            self.head_is_over = true;
            self.end_head();
        }
        self.head_is_over
    }

    fn end_head(&mut self) {
        let everything = self.is_doubled;
        let apart: Vec<Slot> = self
            .table
            .iter_mut()
            .filter(|(_, connection)| !everything && !connection.is_of_note())
            .map(|(slot, connection)| {
                connection.is_known = false;
                slot
            })
            .collect();
        for slot in apart {
            self.rank(slot);
        }
        if !everything {
            let table = &self.table;
            let is_known = |slot| {
                table
                    .get(slot)
                    .is_some_and(|connection| connection.is_known)
            };
            self.twins.retain(is_known);
            self.neighbours.retain_endings(is_known);
            self.recent = Recent::default();
        }
    }

    /// Whether every connection is known to the cases of others: so it is at the head of the capture, and to its end where connections were
    /// captured at the head more than once behind different addresses or tags. What belongs together is seen only where everything is
    /// followed; and that is decided at the head, before anybody leaves out the rest.
    pub const fn knows_all(&self) -> bool {
        !self.head_is_over || self.is_doubled
    }

    /// Forgets those that no case of another may know of, but for those whose flow is to be kept.
    pub fn forget_unless(&mut self, keep: impl Fn(Flow) -> bool) {
        let gone: Vec<Slot> = self
            .table
            .iter_mut()
            .filter(|(_, connection)| {
                let id = connection.id;
                !connection.is_known
                    && !keep(Flow::between(id.client, id.server, &id.encapsulation))
            })
            .map(|(slot, _)| slot)
            .collect();
        for slot in gone {
            self.table.remove(slot);
        }
    }

    fn rank(&mut self, slot: Slot) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let rank = match (connection.is_known, connection.is_finished()) {
            _ if !connection.open_cases.is_empty() => Rank::Awaited,
            (false, _) => Rank::Apart,
            (true, true) => Rank::Finished,
            (true, false) => Rank::Live,
        };
        self.table.touch(slot, rank);
    }

    /// Forgets what there is too much of. Connections with an open case are bounded by the number of those, and stay.
    fn forget_some(&mut self) {
        if self.table.len(Rank::Finished) > self.limits.finished
            && let Some(slot) = self.table.oldest(Rank::Finished)
        {
            self.table.remove(slot);
        }
        self.forget_one();
    }

    /// Forgets a connection where there are too many. Whether there were.
    fn forget_one(&mut self) -> bool {
        let (finished, live) = (self.table.len(Rank::Finished), self.table.len(Rank::Live));
        let crowded = match finished + live > self.limits.connections {
            true if finished > 0 => Some(Rank::Finished),
            true => Some(Rank::Live),
            false if self.table.len(Rank::Apart) > self.limits.connections => Some(Rank::Apart),
            false => None,
        };
        let Some(slot) = crowded.and_then(|rank| self.table.oldest(rank)) else {
            return false;
        };
        self.counts.forgotten += 1;
        self.table.remove(slot);
        true
    }

    /// Follows a quarter fewer connections from now on than are followed now, though never fewer than [`Limits::FEWEST`]; forgets the rest.
    pub fn tighten(&mut self) {
        let known = self.table.len(Rank::Finished) + self.table.len(Rank::Live);
        let most = known.max(self.table.len(Rank::Apart));
        self.limits.connections = (most / 4 * 3)
            .max(Limits::FEWEST)
            .min(self.limits.connections);
        while self.forget_one() {}
    }

    /// Notes that the capture lost records until `time` at the latest: what is open then may lack one.
    pub fn note_drops(&mut self, time: Timestamp) {
        self.dropped_at = self.dropped_at.max(self.now).max(Some(time));
    }

    /// Takes an ICMP error about a segment: it belongs to the story of that segment's connection, if that is followed. Says where that one
    /// begins, as [`Tracker::observe`] does; `None` when it is not followed.
    pub fn observe_error(&mut self, quoted: &Quoted) -> Option<RecordId> {
        self.pass(quoted.record, quoted.time);
        self.observe_late_error(quoted)
    }

    /// The same of an error that came earlier than what was observed.
    pub fn observe_late_error(&mut self, quoted: &Quoted) -> Option<RecordId> {
        let key = Key::between(quoted.from, quoted.to, quoted.encapsulation);
        let slot = self.table.find(&key)?;
        let connection = self.table.get_mut(slot)?;
        if connection.icmp.len() < ResetCase::EARLIER {
            connection.icmp.push(*quoted);
        }
        Some(connection.started.record)
    }

    /// Lets a record pass that was captured at `time`, whatever it holds.
    pub fn pass(&mut self, record: RecordId, time: Timestamp) {
        self.advance_to(time);
        if self.now.is_some_and(|now| now - time > DISORDERED) {
            self.stepped = Some(record);
        }
        self.now = Some(time);
    }

    /// Lets capture time pass, so that cases settle that have waited long enough.
    pub fn advance_to(&mut self, now: Timestamp) {
        while let Some(slot) = self.pending.due(now) {
            self.settle_all(slot, Settling::Whole);
        }
    }

    /// Whether a case has settled.
    pub fn has_settled(&self) -> bool {
        !self.settled.is_empty()
    }

    /// The next settled case.
    pub fn next_case(&mut self) -> Option<Box<ResetCase>> {
        self.settled.pop_front()
    }

    /// Settles what is open: nothing more will come.
    pub fn finish(&mut self) {
        while let Some(serial) = self.pending.oldest() {
            self.settle(serial, Settling::Whole);
        }
    }

    /// How much is kept at the moment.
    pub fn kept(&self) -> Kept {
        Kept {
            connections: [Rank::Finished, Rank::Live, Rank::Apart, Rank::Awaited]
                .map(|rank| self.table.len(rank))
                .iter()
                .sum(),
            open_cases: self.pending.len(),
        }
    }

    /// What was tracked so far.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// What each service did over the whole capture so far, in the order of their addresses: bounded by [`Limits::habits`].
    pub fn habits(&self) -> Vec<Habits> {
        self.neighbours.habits()
    }

    /// The slot of the connection that `segment` belongs to: a new one where it begins one.
    fn connection_of(&mut self, segment: &Segment<'_>) -> Slot {
        let key = Key::of(segment);
        let mut predecessor = None;
        if let Some(slot) = self.table.find(&key)
            && let Some(connection) = self.table.get(slot)
        {
            if !connection.is_superseded_by(connection.side_of(segment), &segment.header) {
                return slot;
            }
            predecessor = connection.leaves();
            self.settle_all(slot, Settling::Whole);
            self.table.remove(slot);
        }
        let flow = Flow::between(segment.from, segment.to, &segment.encapsulation);
        let is_known = self.knows_all() || flow.is_sampled();
        if is_known && let Some(slot) = self.same_behind(segment) {
            self.is_doubled |= !self.head_is_over;
            self.table.add_key(key, slot);
            return slot;
        }
        self.counts.connections += 1;
        let rank = if is_known { Rank::Live } else { Rank::Apart };
        let room = self.limits.timeline;
        let slot = self
            .table
            .insert(key, roles_of(segment), segment, room, rank);
        if let Some(connection) = self.table.get_mut(slot) {
            connection.predecessor = predecessor;
            connection.is_known = is_known;
            connection.is_sampled = flow.is_sampled();
            if is_known {
                self.twins.add(connection, slot);
            }
        }
        slot
    }

    /// The connection that `segment` belongs to although its addresses or its tags are not those of any.
    fn same_behind(&mut self, segment: &Segment<'_>) -> Option<Slot> {
        if let Some((slot, way)) = self.recent.original_of(segment, &self.table)
            && let Some(connection) = self.table.get_mut(slot)
        {
            connection.ways.push(way);
            return Some(slot);
        }
        self.recent.other_direction_of(segment, &self.table)
    }

    /// Takes a segment that is no reset.
    fn follow(&mut self, slot: Slot, side: Side, segment: &Segment<'_>) {
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
        if connection.is_known {
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
        if let Some(line) = connection.timeline.latest().copied() {
            self.add_to_open_cases(slot, line);
        }
    }

    /// Tells the neighbours of a connection what a segment means to them.
    fn tell_neighbours(&mut self, slot: Slot, side: Side, segment: &Segment<'_>, news: &News) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let header = &segment.header;
        let service = (connection.id.server, connection.id.encapsulation);
        let client = connection.id.client;
        for what in self.happenings.drain(..) {
            let event = ServiceEvent {
                record: header.record,
                time: header.time,
                client,
                what,
            };
            self.neighbours.note(service, event);
            if let (
                Happening::Finished {
                    request_open: false,
                },
                Some(nanos),
            ) = (what, news.silence)
            {
                self.neighbours.closed_after(service, nanos);
            }
        }
        if side == Side::Server
            && let Some(nanos) = answered_after_silence(connection, segment)
        {
            self.neighbours.survived(service, nanos);
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
        if news.first_fin {
            self.neighbours.ended(Ending {
                record: header.record,
                time: header.time,
                slot,
                side,
            });
        }
    }

    /// Opens the case of a reset, with both ends as they were before it.
    fn open_case(&mut self, slot: Slot, side: Side, segment: &Segment<'_>) {
        let header = segment.header;
        let way = self
            .table
            .get(slot)
            .map_or(0, |found| found.way_of(segment));
        let line = Line {
            from: side,
            header,
            nature: Nature::Fresh,
            captured: 1,
            way,
        };
        self.add_to_open_cases(slot, line);
        let Some(connection) = self.table.get_mut(slot) else {
            return;
        };
        if !connection.is_known {
            connection.is_known = true;
            self.twins.add(connection, slot);
        }
        connection.learn_end(side, &header);
        let case = Box::new(ResetCase {
            connection: connection.id,
            carried: connection.carried_by(side, segment),
            started: connection.started,
            reset: header,
            payload: Prefix::new(segment.payload, header.payload_len),
            sent_by: side,
            endpoints: connection.endpoints.clone(),
            turns: connection.turns.clone(),
            before: connection.timeline.clone(),
            after: Timeline::new(self.limits.case_segments),
            earlier: connection.earlier.clone(),
            copy_of: None,
            sightings: Sightings::default(),
            predecessor: connection.predecessor,
            icmp: Vec::new(),
            gaps: Gaps {
                missing: connection.missing(),
                ..Gaps::default()
            },
            neighbourhood: Neighbourhood::default(),
        });
        let server = &connection.endpoints.server;
        let to_syn =
            connection.endpoints.client.syn.is_some() && server.syn.is_none() && header.flags.ack();
        let happening = connection.happening_of(side, &header, to_syn);
        let service = (connection.id.server, connection.id.encapsulation);
        let client = connection.id.client;
        connection.take_reset(side, &header);
        connection.timeline.push(line);
        if let Some(what) = happening {
            let event = ServiceEvent {
                record: header.record,
                time: header.time,
                client,
                what,
            };
            self.neighbours.note(service, event);
        }
        self.neighbours.ended(Ending {
            record: header.record,
            time: header.time,
            slot,
            side,
        });
        self.counts.resets += 1;
        self.wait_for_more(slot, case);
    }

    /// Opens the case of a second copy of a reset: the case of the first, under the copy's own record.
    fn open_copy(&mut self, slot: Slot, side: Side, segment: &Segment<'_>, first: &Header) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        let original = connection
            .open_cases
            .iter()
            .find_map(|serial| {
                self.pending
                    .get(*serial)
                    .filter(|open| open.case.reset.record == first.record)
            })
            .map(|open| open.case.clone());
        let Some(mut case) = original else {
            return self.open_case(slot, side, segment);
        };
        // Judged by what the first copy bore: the path has changed the second.
        case.reset.record = segment.header.record;
        case.reset.time = segment.header.time;
        case.carried = connection.carried_by(side, segment);
        case.copy_of = Some(first.record);
        self.counts.resets += 1;
        self.wait_for_more(slot, case);
    }

    fn wait_for_more(&mut self, slot: Slot, case: Box<ResetCase>) {
        if self.pending.len() >= self.limits.open_cases
            && let Some(oldest) = self.pending.oldest()
        {
            self.counts.crowded += 1;
            self.settle(oldest, Settling::Early);
        }
        if let Some(open) = self
            .table
            .get(slot)
            .map(|connection| &connection.open_cases)
            && open.len() >= CASES_OF_ONE
            && let Some(oldest) = open.first().copied()
        {
            self.counts.crowded += 1;
            self.settle(oldest, Settling::Early);
        }
        let until = case.reset.time.plus(self.limits.case_wait);
        let serial = self.pending.open(case, slot);
        if let Some(connection) = self.table.get_mut(slot) {
            connection.open_cases.push(serial);
            let before = std::mem::replace(&mut connection.settles_at, until);
            self.pending.wait(slot, before, until);
        }
    }

    fn add_to_open_cases(&mut self, slot: Slot, line: Line) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        if connection.open_cases.is_empty() {
            return;
        }
        for serial in connection.open_cases.clone() {
            if self.pending.follow(serial, line) >= self.limits.case_segments {
                self.settle(serial, Settling::Whole);
            }
        }
    }

    fn settle_all(&mut self, slot: Slot, how: Settling) {
        let Some(connection) = self.table.get(slot) else {
            return;
        };
        for serial in connection.open_cases.clone() {
            self.settle(serial, how);
        }
    }

    /// Takes a case out of those that wait, with what its connection and its neighbours can tell by now.
    fn settle(&mut self, serial: u64, how: Settling) {
        let Some(pending::OpenCase { mut case, slot }) = self.pending.close(serial) else {
            return;
        };
        if let Some(connection) = self.table.get_mut(slot) {
            connection.open_cases.retain(|open| *open != serial);
            if connection.open_cases.is_empty() {
                self.pending.stop(slot, connection.settles_at);
            }
            case.icmp.clone_from(&connection.icmp);
            if let Some(sightings) = &connection.sightings {
                case.sightings.clone_from(sightings);
                case.sightings.set_ways(&connection.ways);
            }
            let seen = |side: Side| case.endpoints[side].was_seen();
            case.gaps = Gaps {
                no_handshake: case.endpoints.client.syn.is_none()
                    && case.endpoints.server.syn.is_none(),
                sender_unseen: !seen(case.sent_by),
                receiver_unseen: !seen(case.received_by()),
                lost: connection.lost,
                missing: case.gaps.missing,
                clock_stepped: connection.clock_stepped || self.stepped > Some(case.reset.record),
                payload_cut: connection.payload_cut,
                elided: case.before.elided() > 0,
                settled_early: how == Settling::Early,
                reset_cut: !case.reset.options.complete,
                records_dropped: self
                    .dropped_at
                    .is_some_and(|at| at >= connection.started.time),
            };
        }
        case.neighbourhood = self.neighbours.around(&case);
        if let Some(connection) = self.table.get(slot) {
            case.neighbourhood.twin = self.twins.twin_of(&case, connection, &self.table);
            let endings = self.neighbours.endings_before(case.reset.time);
            case.neighbourhood.other_leg =
                twins::other_leg(&case, connection, endings, &self.table);
        }
        self.settled.push_back(case);
        self.rank(slot);
    }
}

/// What a segment brought that was new for its connection.
struct News {
    /// How long the connection had rested when its service, alone so far, spoke.
    silence: Option<i64>,
    first_fin: bool,
    hop_limit_is_new: bool,
}

/// Whether a case settled with all that it waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settling {
    Whole,
    Early,
}

/// The silence before the request that `segment`, the server's, begins to answer.
fn answered_after_silence(connection: &Connection, segment: &Segment<'_>) -> Option<i64> {
    let mut latest = connection.turns.recent().rev();
    let (answer, request, before) = (latest.next()?, latest.next()?, latest.next()?);
    let begins = answer.from == Side::Server && answer.first.record == segment.header.record;
    let silence = request.first.time - before.last.time;
    (begins && silence >= SECOND).then_some(silence)
}

/// Who is the client, by a SYN where there is one, else by a guess.
fn roles_of(segment: &Segment<'_>) -> ConnectionId {
    let flags = segment.header.flags;
    let (client, server) = if flags.opens() {
        (segment.from, segment.to)
    } else if flags.syn() || !is_likely_client(segment) {
        (segment.to, segment.from)
    } else {
        (segment.from, segment.to)
    };
    ConnectionId {
        client,
        server,
        encapsulation: segment.encapsulation,
        roles_known: flags.syn(),
    }
}

/// A guess by ports: services live on low ones. Where both are high, whoever is seen speaking first asks.
fn is_likely_client(segment: &Segment<'_>) -> bool {
    let low = |address: SocketAddr| address.port() < FIRST_REGISTERED;
    let ephemeral = |address: SocketAddr| address.port() >= FIRST_EPHEMERAL;
    let (from, to) = (segment.from, segment.to);
    if low(from) != low(to) {
        low(to)
    } else if ephemeral(from) != ephemeral(to) {
        ephemeral(from)
    } else {
        // A reset says nothing of who asked; what it answers came from the other side.
        segment.header.payload_len > 0 && !segment.header.flags.rst()
    }
}

/// Open cases of one connection: each segment of it is looked at for each of them. Past it its oldest settles at once. Chosen: a reset waits for sixteen
/// segments, and is captured some times.
const CASES_OF_ONE: usize = 256;
/// Ports below are assigned to services (RFC 6335 6).
const FIRST_REGISTERED: u16 = 1024;
/// Linux takes a client's port from here on (`ip_local_port_range`).
const FIRST_EPHEMERAL: u16 = 32_768;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::tell;

    /// A tracker that follows three connections, after `story`.
    fn after(story: &str) -> Tracker {
        let mut tracker = Tracker::new(Limits {
            connections: 3,
            ..Limits::default()
        });
        for told in tell(story) {
            tracker.observe(&told.segment());
        }
        tracker
    }

    #[test]
    fn the_finished_are_forgotten_before_the_idle_and_an_open_case_never() {
        let tracker = after(
            "0.000  client A > server    SYN      seq 0
             0.001  server    > client A RST,ACK  seq 0 ack 1
             0.010  client B > server    SYN      seq 0
             0.020  client C > server    SYN      seq 0
             0.021  server    > client C SYN,ACK  seq 0 ack 1
             0.022  client C > server    FIN,ACK  seq 1 ack 1
             0.023  server    > client C FIN,ACK  seq 1 ack 2
             0.024  client C > server    ACK      seq 2 ack 2
             0.030  client D > server    SYN      seq 0
             0.040  client E > server    SYN      seq 0
             0.050  client F > server    SYN      seq 0",
        );
        let ranks = [Rank::Finished, Rank::Live, Rank::Awaited];
        assert_eq!(ranks.map(|rank| tracker.table.len(rank)), [0, 3, 1]);
        assert_eq!(tracker.counts().forgotten, 2);
    }

    #[test]
    fn records_lost_while_a_connection_lived_are_a_gap_of_its_cases_alone() {
        let mut tracker = after("0.000  client A > server  SYN  seq 0");
        let lost = tracker.now.unwrap().plus(SECOND);
        tracker.note_drops(lost);
        let later = "0.001  server > client A  RST,ACK  seq 0 ack 1
                     2.000  client B > server  SYN  seq 0
                     2.001  server > client B  RST,ACK  seq 0 ack 1";
        for told in tell(later) {
            tracker.observe(&told.segment());
        }
        tracker.finish();
        let gaps: Vec<bool> = std::iter::from_fn(|| tracker.next_case())
            .map(|case| case.gaps.records_dropped)
            .collect();
        assert_eq!(gaps, [true, false]);
    }
}
