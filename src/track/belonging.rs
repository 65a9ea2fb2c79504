//! Which connection a segment belongs to, and who in it is the client.

use super::Tracker;
use super::key::Key;
use super::resets::Settling;
use super::table::{Rank, Slot};
use crate::case::ConnectionId;
use crate::origin::RecordId;
use crate::tcp::{Flow, Segment};
use std::net::SocketAddr;

/// What a segment belongs to.
pub(super) enum Belonging {
    /// A connection.
    Connection(Slot),
    /// An attempt, which has taken it and began in that record.
    Attempt(RecordId),
}

impl Tracker {
    /// What `segment` belongs to: a new connection or attempt where it begins one.
    pub(super) fn connection_of(&mut self, segment: &Segment<'_>, flow: Flow) -> Belonging {
        // Whoever has an attempt has no connection.
        if let Some(belonging) = self.attempt_of(segment, flow) {
            return belonging;
        }
        let mut predecessor = None;
        if let Some(slot) = self.table.find(&Key::of(segment, flow))
            && let Some(connection) = self.table.get(slot)
        {
            let opens = segment.header.flags.opens();
            if !opens || !connection.is_superseded_by(connection.side_of(segment), &segment.header)
            {
                return Belonging::Connection(slot);
            }
            predecessor = connection.leaves();
            self.settle_all(slot, Settling::Whole);
            self.table.remove(slot);
        }
        let is_known = self.knows_all() || flow.is_sampled();
        if is_known && let Some(slot) = self.same_behind(segment) {
            self.is_doubled |= !self.head_is_over;
            self.table.add_ends(roles_of(segment), slot);
            return Belonging::Connection(slot);
        }
        self.counts.connections += 1;
        if !is_known && predecessor.is_none() && self.begin_attempt(segment, flow) {
            return Belonging::Attempt(segment.header.record);
        }
        let rank = if is_known { Rank::Live } else { Rank::Apart };
        let room = self.limits.timeline;
        let slot = self
            .table
            .insert(roles_of(segment), flow, segment, room, rank);
        if let Some(connection) = self.table.get_mut(slot) {
            connection.predecessor = predecessor;
            connection.is_known = is_known;
            connection.is_lasting = is_known;
        }
        Belonging::Connection(slot)
    }

    /// The connection that `segment` belongs to although its addresses or its tags are not those of any.
    pub(super) fn same_behind(&mut self, segment: &Segment<'_>) -> Option<Slot> {
        if let Some((slot, way)) = self.recent.original_of(segment, &self.table)
            && let Some(connection) = self.table.get_mut(slot)
        {
            connection.ways.push(way);
            return Some(slot);
        }
        self.recent.other_direction_of(segment, &self.table)
    }
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

/// Ports below are assigned to services (RFC 6335 6).
const FIRST_REGISTERED: u16 = 1024;

/// Linux takes a client's port from here on (`ip_local_port_range`).
const FIRST_EPHEMERAL: u16 = 32_768;
