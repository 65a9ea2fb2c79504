//! Second captures of one packet: bridges, pairs of virtual interfaces, the `any` interface, mirrors of several ports and routers that were
//! captured on both sides show each packet more than once. It is one packet with a path, and no repetition by its sender.
//!
//! A copy has the same TCP bytes, and comes within [`COPY_WITHIN`], before any stack would repeat itself unasked. What else tells it from a
//! repetition: the IPv4 identification, which a repetition bears anew; or where that is zero or there is none (IPv6, RFC 6864 4.1), the hop
//! limit, which only the path changes.

use super::connection::Connection;
use super::table::{Slot, Table};
use crate::case::ConnectionId;
use crate::origin::{MILLISECOND, RecordId, Timestamp};
use crate::tcp::{Encapsulation, Header, Segment, SeqNumber, Side};
use std::collections::VecDeque;
use std::net::SocketAddr;

/// What two segments of one sender with the same TCP bytes have in common beyond them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// The mark of one packet: its identification, or a hop limit that the path has changed.
    Marked,
    /// No mark, but bytes, a SYN or a FIN, which nobody repeats so soon unless asked to.
    Unasked,
    /// No mark, and nothing that would not be sent twice: an acknowledgment or a reset.
    Alike,
}

/// Whether `header` may be another capture of the packet that bore `earlier`. `None`: it is another packet.
pub fn compare(earlier: &Header, header: &Header) -> Option<Sameness> {
    let same_bytes = earlier.seq == header.seq
        && earlier.ack == header.ack
        && earlier.flags == header.flags
        && earlier.window == header.window
        && earlier.payload_len == header.payload_len
        && earlier.options == header.options
        && earlier.ip.flow_label() == header.ip.flow_label();
    if !same_bytes || (header.time - earlier.time).abs() > COPY_WITHIN {
        return None;
    }
    match (earlier.ip.id(), header.ip.id()) {
        (Some(first), Some(second)) if first != 0 || second != 0 => {
            (first == second).then_some(Sameness::Marked)
        }
        _ => match earlier.ip.hop_limit.abs_diff(header.ip.hop_limit) {
            0 if header.seq_len() > 0 => Some(Sameness::Unasked),
            0 => Some(Sameness::Alike),
            1..=HOPS_APART => Some(Sameness::Marked),
            _ => None,
        },
    }
}

/// Whether `header` is the packet of `earlier` behind a translation of its addresses, which leaves its numbers as they are.
///
/// Scanners send equal numbers to many ports, so a mark of the one packet is needed: its identification, or its timestamps.
fn is_translated(earlier: &Header, header: &Header) -> bool {
    let (was, is) = (&earlier.options, &header.options);
    let same_bytes = earlier.seq == header.seq
        && earlier.ack == header.ack
        && earlier.flags == header.flags
        && earlier.window == header.window
        && earlier.payload_len == header.payload_len
        && was.timestamps == is.timestamps
        && earlier.ip.id() == header.ip.id();
    let marked = header.ip.id().is_some_and(|id| id != 0) || is.timestamps.is_some();
    same_bytes && marked && (header.time - earlier.time).abs() <= COPY_WITHIN
}

/// The latest segments of all connections, among which the first of a new one may have its original: with other tags around it, or with
/// other addresses.
#[derive(Debug)]
pub struct Recent {
    entries: VecDeque<Entry>,
    /// How many of the entries have a number like this in its last bits: most first segments have no original, and that is seen at once.
    alike: Box<[u8]>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: Timestamp,
    seq: SeqNumber,
    record: RecordId,
    slot: Slot,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            entries: VecDeque::with_capacity(RECENT),
            alike: vec![0; ALIKE].into(),
        }
    }
}

impl Recent {
    fn alike(&mut self, seq: SeqNumber) -> &mut u8 {
        &mut self.alike[seq.value() as usize % ALIKE]
    }

    /// Remembers a segment of the connection at `slot` that is no copy itself.
    pub fn add(&mut self, header: &Header, slot: Slot) {
        if self.entries.len() >= RECENT
            && let Some(oldest) = self.entries.pop_front()
        {
            *self.alike(oldest.seq) -= 1;
        }
        *self.alike(header.seq) += 1;
        self.entries.push_back(Entry {
            time: header.time,
            seq: header.seq,
            record: header.record,
            slot,
        });
    }

    /// The connection that `segment` belongs to by its numbers, although its addresses or its tags are not those of any, and its ends there.
    pub fn original_of(
        &self,
        segment: &Segment<'_>,
        table: &Table,
    ) -> Option<(Slot, ConnectionId)> {
        let header = &segment.header;
        if self.alike[header.seq.value() as usize % ALIKE] == 0 {
            return None;
        }
        self.entries
            .iter()
            .rev()
            .take_while(|entry| header.time - entry.time <= COPY_WITHIN)
            .filter(|entry| entry.seq == header.seq)
            .find_map(|entry| {
                let connection = table.get(entry.slot).filter(|known| known.is_known)?;
                let lines = connection.timeline.lines().rev();
                let mut lines = lines.take_while(|line| line.header.record >= entry.record);
                let line = lines.find(|line| line.header.record == entry.record)?;
                let id = ends(segment, line.from, connection.id.roles_known);
                let same_ends =
                    id.client == connection.id.client && id.server == connection.id.server;
                let same = if same_ends {
                    compare(&line.header, header).is_some()
                } else {
                    is_translated(&line.header, header)
                };
                (same && connection.ways.len() < WAYS).then_some((entry.slot, id))
            })
    }
}

impl Recent {
    /// The connection whose other direction `segment` begins, in tags of its own: a switch or a router may tag each direction differently.
    /// Nothing but the exact acknowledgment of all that was said tells it from a connection of the same addresses in another network.
    pub fn other_direction_of(&self, segment: &Segment<'_>, table: &Table) -> Option<Slot> {
        let header = &segment.header;
        let answers = |connection: &Connection| {
            let ends = [connection.id.client, connection.id.server];
            let same_ends =
                ends == [segment.from, segment.to] || ends == [segment.to, segment.from];
            let side = connection.side_of(segment);
            let heard = connection.endpoints[side.other()].snd_nxt;
            same_ends
                && connection.is_known
                && connection.id.encapsulation != segment.encapsulation
                && !connection.endpoints[side].was_seen()
                && heard == Some(header.ack)
        };
        if !header.flags.ack() {
            return None;
        }
        let mut slots = self.entries.iter().rev().map(|entry| entry.slot);
        slots.find(|slot| table.get(*slot).is_some_and(answers))
    }
}

/// The ends of a connection of which `side` sent `segment`.
pub const fn ends(segment: &Segment<'_>, side: Side, roles_known: bool) -> ConnectionId {
    let (client, server) = match side {
        Side::Client => (segment.from, segment.to),
        Side::Server => (segment.to, segment.from),
    };
    ConnectionId {
        client,
        server,
        encapsulation: segment.encapsulation,
        roles_known,
    }
}

/// Second copies, by what the path had done to the packet in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// All of them.
    pub all: u64,
    /// Those with another hop limit than the first: a router lies between.
    pub routed: u64,
    /// Those in other tags or another tunnel than the connection's first segment.
    pub wrapped: u64,
    /// Those with another address or port.
    pub translated: u64,
    /// The first of them.
    pub first: Option<RecordId>,
}

impl Copies {
    /// Counts a copy of the packet that was captured in `original` before.
    pub fn note(&mut self, connection: &Connection, original: &Header, segment: &Segment<'_>) {
        let header = &segment.header;
        self.all += 1;
        self.first.get_or_insert(header.record);
        self.routed += u64::from(original.ip.hop_limit != header.ip.hop_limit);
        let (client, server): (SocketAddr, SocketAddr) =
            (connection.id.client, connection.id.server);
        let ends = [segment.from, segment.to];
        self.translated += u64::from(ends != [client, server] && ends != [server, client]);
        let usual: Encapsulation = connection.id.encapsulation;
        self.wrapped += u64::from(segment.encapsulation != usual);
    }
}

/// Captures of one packet on its way through a host or a switch lie closer together than this; chosen, below what any retransmission timer
/// waits for (RFC 8985 7.2 probes after two round trips, and Linux not before 2 ms).
pub const COPY_WITHIN: i64 = 2 * MILLISECOND;
/// Segments among which a copy is looked for, the latest first; chosen: more than a network interface hands over at once.
pub const COPY_AMONG: usize = 64;
/// Hops between two captures of one packet that are believed; chosen: one host or one rack.
const HOPS_APART: u8 = 8;
/// Segments of all connections that are remembered; chosen, as above.
const RECENT: usize = 128; // At most 255, so that a byte counts them.
/// Classes of sequence numbers by their last bits; chosen: some times as many as there are segments to be told apart.
const ALIKE: usize = 1024;
/// Ways beside the first that one connection may take through a capture; chosen: a bridge has some ports, a host some namespaces.
const WAYS: usize = 8;
