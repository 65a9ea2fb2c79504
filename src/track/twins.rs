//! Connections that share one end, so that one whose numbers continue in another can be found: what a NAT leaves behind when it maps a
//! connection anew, or lets a segment past untranslated.

use super::connection::Connection;
use super::neighbours::Ending;
use super::remembered::{Place, Remembered, Value};
use super::table::{Slot, Table};
use crate::case::{Mark, OtherLeg, ResetCase, Twin, TwinEnd};
use crate::tcp::Side;

/// The latest connections of each client's and each server's address and port.
#[derive(Debug)]
pub struct Twins {
    of: Remembered<Sharing>,
}

/// The latest connections that share an end. Most clients' ports have one alone.
#[derive(Clone, Debug, Default)]
struct Sharing {
    latest: Option<Slot>,
    earlier: Option<Box<Ring>>,
}

/// Those before the latest, the next place to be taken last.
#[derive(Clone, Copy, Debug, Default)]
struct Ring {
    slots: [Option<Slot>; SHARING - 1],
    next: usize,
}

impl Value for Sharing {}

impl Sharing {
    fn add(&mut self, slot: Slot) {
        if let Some(before) = self.latest.replace(slot) {
            let ring = self.earlier.get_or_insert_default();
            ring.slots[ring.next] = Some(before);
            ring.next = (ring.next + 1) % ring.slots.len();
        }
    }

    fn latest_first(&self) -> impl Iterator<Item = Slot> {
        let earlier = self.earlier.as_deref().map(|ring| {
            let (newer, older) = ring.slots.split_at(ring.next);
            newer.iter().rev().chain(older.iter().rev()).copied()
        });
        let earlier = earlier.into_iter().flatten();
        std::iter::once(self.latest).chain(earlier).flatten()
    }
}

impl Twins {
    /// Remembers the connections of `capacity` addresses.
    pub fn new(capacity: usize) -> Self {
        Self {
            of: Remembered::new(capacity),
        }
    }

    /// Remembers a connection, once, and as soon as it can be anybody's twin.
    pub fn add(&mut self, connection: &mut Connection, slot: Slot) {
        if connection.is_among_twins || !may_have_twin(connection) {
            return;
        }
        connection.is_among_twins = true;
        let id = connection.id;
        for address in [id.client, id.server] {
            self.of
                .entry(Place::of(address, id.encapsulation))
                .add(slot);
        }
    }

    /// Forgets all but those that are to be kept.
    pub fn retain(&mut self, keep: impl Fn(Slot) -> bool) {
        for sharing in self.of.values_mut() {
            let kept: Vec<Slot> = sharing.latest_first().filter(|slot| keep(*slot)).collect();
            *sharing = Sharing::default();
            for slot in kept.into_iter().rev() {
                sharing.add(slot);
            }
        }
    }

    /// The connection that the case's connection continues, or that continues it, at the other end of one changed address.
    pub fn twin_of(&self, case: &ResetCase, own: &Connection, table: &Table) -> Option<Twin> {
        if !may_have_twin(own) {
            return None;
        }
        [Side::Client, Side::Server].into_iter().find_map(|shared| {
            let id = &case.connection;
            let slots = self
                .of
                .get(&Place::of(id.address(shared), id.encapsulation))?;
            slots
                .latest_first()
                .filter_map(|slot| table.get(slot))
                .filter(|other| other.is_news_at(other.last_time.max(case.reset.time)))
                .find_map(|other| {
                    let id = other.id;
                    let differs = match shared {
                        Side::Client => {
                            id.client == case.connection.client
                                && id.server != case.connection.server
                        }
                        Side::Server => {
                            id.server == case.connection.server
                                && id.client != case.connection.client
                        }
                    };
                    let continues = differs && (continues(own, other) || continues(other, own));
                    continues.then(|| Twin {
                        client: id.client,
                        server: id.server,
                        last: other
                            .timeline
                            .latest()
                            .map_or(other.started, |line| Mark::of(&line.header)),
                        differs: match shared {
                            Side::Client => TwinEnd::Server,
                            Side::Server => TwinEnd::Client,
                        },
                    })
                })
        })
    }
}

/// Whether it can continue another connection, or be continued: one that was opened and has said nothing does neither.
fn may_have_twin(connection: &Connection) -> bool {
    connection.turns.count() > 0 || !was_opened(connection)
}

fn was_opened(connection: &Connection) -> bool {
    connection.endpoints.client.isn.is_some() || connection.endpoints.server.isn.is_some()
}

/// Whether `stray`, of whose opening nothing was captured, goes on where `whole` stands: its first segment asks for what `whole` would
/// send next, and acknowledges what `whole` had received, or lies not far above that.
fn continues(stray: &Connection, whole: &Connection) -> bool {
    let spoken = whole.endpoints.client.was_seen()
        && whole.endpoints.server.was_seen()
        && whole.turns.count() > 0;
    if was_opened(stray) || !spoken || stray.started.record < whole.started.record {
        return false;
    }
    let Some(first) = stray.timeline.lines().find(|line| !line.header.flags.rst()) else {
        return false;
    };
    let (speaker, listener) = (
        &whole.endpoints[first.from],
        &whole.endpoints[first.from.other()],
    );
    let exact = |ack| Some(ack) == listener.snd_nxt || Some(ack) == speaker.rcv_nxt;
    let in_reach = speaker
        .snd_nxt
        .is_some_and(|next| first.header.seq.offset_from(next).unsigned_abs() <= REACH);
    first.header.flags.ack() && exact(first.header.ack) && in_reach
}

/// The leg on which a relay had just been told of an end, where the case's reset passes that on: both legs carried the same bytes.
pub fn other_leg(
    case: &ResetCase,
    own: &Connection,
    endings: impl Iterator<Item = Ending>,
    table: &Table,
) -> Option<OtherLeg> {
    if !own.has_shown_bytes() {
        return None;
    }
    let relay = case.sent_by;
    endings
        .filter(|ending| ending.record < case.reset.record)
        .find_map(|ending| {
            let other = table
                .get(ending.slot)
                .filter(|other| other.is_known && has(other, &ending))?;
            // Clients of one service say the same without relaying anything to each other.
            let same_service = other.id.server == own.id.server;
            let alike = |side: Side| {
                let (mine, theirs) = (
                    &own.endpoints[side].first_bytes,
                    &other.endpoints[side].first_bytes,
                );
                !mine.bytes().is_empty() && mine == theirs
            };
            // The relay answers on one leg and asks on the other, so the ending came from the same side as its own reset goes out in, and
            // from another host: one that ends two connections of its own passes nothing on.
            let passed_on =
                ending.side == relay && other.id.address(relay).ip() != own.id.address(relay).ip();
            (!same_service && passed_on && (alike(Side::Client) || alike(Side::Server))).then(
                || OtherLeg {
                    record: ending.record,
                    time: ending.time,
                    remote: other.id.address(ending.side),
                    relay,
                },
            )
        })
}

/// Whether an ending is this connection's: its place in the table may have passed to another since.
fn has(connection: &Connection, ending: &Ending) -> bool {
    let fin = connection.endpoints[ending.side]
        .fin
        .map(|fin| fin.mark.record);
    let mut resets = connection.earlier.iter().map(|reset| reset.header.record);
    fin == Some(ending.record) || resets.any(|record| record == ending.record)
}

/// Connections remembered of each address: enough for a pool's neighbours, and few enough to look through for each case.
const SHARING: usize = 8;
/// How far from the expected position a segment that slipped past a NAT may lie, in bytes: conntrack lets untranslated what lies beyond
/// the window, which is below a gigabyte; chosen as that limit of RFC 7323.
const REACH: u32 = 1 << 30;
