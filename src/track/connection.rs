//! One connection: two endpoints and their story.

use super::copies::{self, Sameness};
use super::endpoint::{self, Timing};
use super::happenings::Reported;
use super::holes::Holes;
use crate::case::{
    ConnectionId, EarlierReset, EndpointView, Happening, Line, Lost, Mark, Missing, Nature,
    Predecessor, ResetCase, Sighting, Sightings, Timeline, Turn, Turns, fit,
};
use crate::origin::{MILLISECOND, SECOND, Timestamp};
use crate::tcp::{
    Event, Extent, Header, Pair, Prefix, Quoted, ResetFit, Segment, Side, State, reply_to,
};

/// One connection, from its first segment in the capture to its expiry or the reuse of its addresses.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its addresses in their roles.
    pub id: ConnectionId,
    /// Its ends where further copies of its packets were captured: behind other tags, or with translated addresses.
    pub ways: Vec<ConnectionId>,
    /// Further captures of its packets.
    pub sightings: Option<Box<Sightings>>,
    /// How often one packet of it was captured, at most and beyond doubt.
    captured: u8,
    /// The cases of others may know of it.
    pub is_known: bool,
    /// They may for good. Else nothing is news to them [any more](Connection::is_news_at) soon after its latest reset.
    pub is_lasting: bool,
    /// It is remembered among those that may be the twin of another.
    pub is_among_twins: bool,
    /// Its first segment.
    pub started: Mark,
    /// When its latest segment came, the last one of its story.
    pub last_time: Timestamp,
    /// Its two ends.
    pub endpoints: Pair<EndpointView>,
    /// Who spoke when.
    pub turns: Turns,
    /// Its segments.
    pub timeline: Timeline,
    /// Its first resets.
    pub earlier: Vec<EarlierReset>,
    /// ICMP errors about its segments, the first ones.
    pub icmp: Vec<Quoted>,
    /// Bytes that the capture lost.
    pub lost: Option<Box<Lost>>,
    /// The clock stepped back between two of its segments.
    pub clock_stepped: bool,
    /// Payload that was looked at was cut.
    pub payload_cut: bool,
    /// The connection before it.
    pub predecessor: Option<Box<Predecessor>>,
    /// Serial numbers of its open cases, oldest first.
    pub open_cases: Vec<u64>,
    /// Until when its open cases wait.
    pub settles_at: Timestamp,
    offered_scales: Pair<Option<u8>>,
    timing: Pair<Timing>,
    /// Few have any.
    holes: Option<Box<Pair<Holes>>>,
    pub(super) reported: Reported,
}

impl Connection {
    /// A connection that begins with `segment`, sent by `side`.
    pub fn new(id: ConnectionId, segment: &Segment<'_>, room: usize) -> Self {
        Self {
            id,
            ways: Vec::new(),
            sightings: None,
            captured: 1,
            is_known: true,
            is_lasting: true,
            is_among_twins: false,
            started: Mark::of(&segment.header),
            last_time: segment.header.time,
            endpoints: Pair::default(),
            turns: Turns::default(),
            timeline: Timeline::new(room),
            earlier: Vec::new(),
            icmp: Vec::new(),
            lost: None,
            clock_stepped: false,
            payload_cut: false,
            predecessor: None,
            open_cases: Vec::new(),
            settles_at: segment.header.time,
            offered_scales: Pair::default(),
            timing: Pair::default(),
            holes: None,
            reported: Reported::default(),
        }
    }

    /// Becomes the connection that begins with `segment`, in the memory of the one it was.
    pub fn begin_anew(&mut self, id: ConnectionId, segment: &Segment<'_>) {
        let mut timeline = std::mem::replace(&mut self.timeline, Timeline::new(0));
        let mut turns = std::mem::take(&mut self.turns);
        timeline.clear();
        turns.clear();
        *self = Self {
            turns,
            timeline,
            ..Self::new(id, segment, 0)
        };
    }

    /// Whose segment it is.
    pub fn side_of(&self, segment: &Segment<'_>) -> Side {
        let (from, to) = (&segment.from, &segment.to);
        let side_in = |id: &ConnectionId| {
            if *from == id.client && *to == id.server {
                Some(Side::Client)
            } else if *from == id.server && *to == id.client {
                Some(Side::Server)
            } else {
                None
            }
        };
        side_in(&self.id)
            .or_else(|| self.ways.iter().find_map(side_in))
            .unwrap_or(Side::Server)
    }

    /// Its ends as `segment`, sent by `side`, names them.
    pub const fn carried_by(&self, side: Side, segment: &Segment<'_>) -> ConnectionId {
        copies::ends(segment, side, self.id.roles_known)
    }

    /// Whether others may know of it behind the head of the capture.
    pub fn is_of_note(&self) -> bool {
        self.is_lasting || !self.earlier.is_empty()
    }

    /// Whether others may know what it does at `time`: one that they only know since it was reset is soon nobody's business any more, unless it is
    /// reset again. So whoever looks for resets from the end of a capture need not look back for what goes on long behind one.
    pub fn is_news_at(&self, time: Timestamp) -> bool {
        self.is_known && (self.is_lasting || time <= self.settles_at)
    }

    /// Whether payload was captured by which it can be told what it has in common with another.
    pub fn has_shown_bytes(&self) -> bool {
        let shown = |view: &EndpointView| !view.first_bytes.bytes().is_empty();
        shown(&self.endpoints.client) || shown(&self.endpoints.server)
    }

    /// Which of its ways `segment` takes: 0 the connection's own, else one more than the place in [`Connection::ways`].
    pub fn way_of(&self, segment: &Segment<'_>) -> u8 {
        let same = |id: &ConnectionId| {
            let ends = [segment.from, segment.to];
            id.encapsulation == segment.encapsulation
                && (ends == [id.client, id.server] || ends == [id.server, id.client])
        };
        let mut numbered = (1..).zip(&self.ways);
        if self.ways.is_empty() || same(&self.id) {
            return 0;
        }
        numbered.find(|(_, id)| same(id)).map_or(0, |(way, _)| way)
    }

    /// Notes one more capture of the packet of which `first` was the first.
    pub fn saw_again(&mut self, first: &Header, segment: &Segment<'_>) {
        let way = self.way_of(segment);
        self.sightings.get_or_insert_default().push(Sighting {
            first: first.record,
            record: segment.header.record,
            hop_limit: segment.header.ip.hop_limit,
            way,
        });
    }

    /// Both ends have closed, or one was reset.
    pub fn is_finished(&self) -> bool {
        let over = |view: &EndpointView| matches!(view.state, State::Closed | State::TimeWait);
        over(&self.endpoints.client) || over(&self.endpoints.server)
    }

    /// Whether `header`, a SYN from `side`, opens another connection between the same addresses.
    ///
    /// A SYN with the same initial sequence number is a repetition. While the SYN,ACK to an earlier SYN is open, another SYN meets that
    /// half-open connection and belongs to its story (RFC 9293 3.10.7.4, fourth).
    pub fn is_superseded_by(&self, side: Side, header: &Header) -> bool {
        if !header.flags.opens() {
            return false;
        }
        let (mine, theirs) = (&self.endpoints[side], &self.endpoints[side.other()]);
        let half_open = theirs.state == State::SynReceived && mine.first_ack.is_none();
        mine.isn != Some(header.seq)
            && !half_open
            && (mine.was_seen() || theirs.was_seen() || !self.earlier.is_empty())
    }

    /// What the next connection between the same addresses should know of this one; `None` when it had ended in order.
    pub fn leaves(&self) -> Option<Box<Predecessor>> {
        let server = &self.endpoints.server;
        let left = || Predecessor {
            last: self
                .timeline
                .latest()
                .map_or(self.started, |line| Mark::of(&line.header)),
            server_state: server.state,
            server_snd_nxt: server.snd_nxt,
            server_rcv_nxt: server.rcv_nxt,
        };
        server.state.is_synchronized().then(|| Box::new(left()))
    }

    /// The first capture of the packet in which `header` came, where it was captured before.
    ///
    /// A packet without a mark is a copy while the other side has said nothing in between that could have asked for it again; an
    /// acknowledgment or a reset without one only as often as packets of this connection are captured otherwise.
    #[inline]
    pub fn copied_by(&mut self, side: Side, header: &Header) -> Option<Header> {
        // Most connections rest between their segments. That is known without a look at the latest of them.
        if header.time - self.last_time > copies::COPY_WITHIN {
            return None;
        }
        self.among_latest(side, header)
    }

    #[inline(never)]
    fn among_latest(&mut self, side: Side, header: &Header) -> Option<Header> {
        let mut unasked = true;
        let latest = self.timeline.lines_mut().rev().take(copies::COPY_AMONG);
        for line in latest.take_while(|line| header.time - line.header.time <= copies::COPY_WITHIN)
        {
            if line.from != side {
                unasked = false;
                continue;
            }
            let same = copies::compare(&line.header, header);
            let copied = match same {
                None => false,
                Some(Sameness::Marked) => true,
                Some(Sameness::Unasked) => unasked,
                Some(Sameness::Alike) => unasked && line.captured < self.captured,
            };
            if copied {
                line.captured = line.captured.saturating_add(1);
                self.captured = self.captured.max(line.captured);
                return Some(line.header);
            }
        }
        None
    }

    /// Takes a segment that is no reset, and tells in `happenings` what of it concerns the service.
    pub fn take(&mut self, side: Side, segment: &Segment<'_>, happenings: &mut Vec<Happening>) {
        let header = &segment.header;
        self.pass_to(header.time);
        if header.flags.opens() {
            self.earlier.clear(); // A SYN begins anew: what follows is no consequence of an earlier reset.
        }
        let (sender, receiver) = self.endpoints.both_mut(side);
        let nature = match endpoint::nature(sender, receiver, header) {
            // Behind the further fragments of the packet before it.
            Nature::Ahead if self.is_open_ended(side) => Nature::Fresh,
            nature => nature,
        };
        let fresh = header.payload_len > 0 && matches!(nature, Nature::Fresh | Nature::Ahead);
        if fresh {
            self.speak(side, segment);
        }
        self.before_state(side, header, nature, happenings);
        let (sender, receiver) = self.endpoints.both_mut(side);
        if self.holes.is_some() || Holes::begin_with(header, nature) {
            let holes = self.holes.get_or_insert_default();
            holes[side].pass(sender.snd_nxt, header, nature);
        }
        endpoint::hears(sender, receiver);
        endpoint::sends(sender, header, nature);
        let timing = &mut self.timing;
        if header.seq_len() > 0 {
            let repeated =
                nature == Nature::Retransmission || sender.syn_repeats > 0 && header.flags.syn();
            if repeated {
                timing[side] = None;
            } else if timing[side].is_none() {
                timing[side] = Some((header.seq_end(), header.time));
            }
        }
        let mut unseen = endpoint::gets(receiver, sender, header, &mut timing[side.other()]);
        if header.flags.ack()
            && let Some(holes) = &mut self.holes
        {
            let holes = &mut holes[side.other()];
            if holes.is_open_ended() {
                unseen = 0;
            }
            unseen += holes.acknowledge(header.ack);
        }
        if unseen > 0 {
            let lost = self.lost.get_or_insert_with(|| {
                Box::new(Lost {
                    bytes: 0,
                    latest: Mark::of(header),
                })
            });
            lost.bytes += u64::from(unseen);
            lost.latest = Mark::of(header);
        }
        if header.flags.syn() {
            self.offered_scales[side] = header.options.window_scale;
            if !header.flags.opens() {
                let (client, server) = endpoint::agree_on_scale(
                    self.offered_scales.client,
                    self.offered_scales.server,
                );
                self.endpoints.client.window_scale = self.endpoints.client.isn.map(|_| client);
                self.endpoints.server.window_scale = Some(server);
            }
        }
        self.after_state(side, header, happenings);
        self.timeline.push(Line {
            from: side,
            header: *header,
            nature,
            captured: 1,
            way: self.way_of(segment),
        });
    }

    /// What either side passed over, as far as nothing tells what became of it.
    pub fn missing(&self) -> Option<Missing> {
        let holes = self.holes.as_deref()?;
        let of = |side: Side| holes[side].missing(self.endpoints[side.other()].sack_edge);
        match (of(Side::Client), of(Side::Server)) {
            (Some(one), Some(other)) => Some(Missing {
                bytes: one.bytes + other.bytes,
                shown_by: other.shown_by,
            }),
            (one, other) => one.or(other),
        }
    }

    fn is_open_ended(&self, side: Side) -> bool {
        let holes = self.holes.as_deref();
        holes.is_some_and(|holes| holes[side].is_open_ended())
    }

    /// Lets time pass; a step back beyond what disorders records is one of the clock.
    fn pass_to(&mut self, time: Timestamp) {
        self.clock_stepped |= self.last_time - time > DISORDERED;
        self.last_time = time;
    }

    /// Continues the turn of `side`, or begins its next one.
    fn speak(&mut self, side: Side, segment: &Segment<'_>) {
        let header = &segment.header;
        let (mark, end) = (
            Mark::of(header),
            header.seq + u32::from(header.flags.syn()) + header.payload_len,
        );
        let (sender, receiver) = self.endpoints.both_mut(side);
        let is_fragment = header.ip.extent == Extent::Fragment;
        // What lies in the later fragments is payload too, of unknown length: one byte more stands for it.
        let full_len = header.payload_len + u32::from(is_fragment);
        let whole = segment.captured == header.payload_len && !is_fragment;
        if (segment.captured as usize) < (full_len as usize).min(Prefix::CAPACITY) {
            self.payload_cut = true;
        }
        let is_first = sender.first_payload.is_none();
        if is_first {
            sender.first_bytes = Prefix::new(segment.payload, full_len);
        }
        sender.ends_body = segment.ends_body.filter(|_| whole);
        let said = receiver.payload_end;
        match self.turns.current_mut() {
            Some(turn) if turn.from == side => {
                turn.last = mark;
                turn.bytes += u64::from(header.payload_len);
                turn.end = end;
            }
            _ => {
                let later = (!is_first).then(|| Prefix::new(segment.payload, full_len));
                sender.begin_turn(later);
                self.turns.begin(Turn {
                    from: side,
                    first: mark,
                    last: mark,
                    bytes: u64::from(header.payload_len),
                    begin: header.seq,
                    end,
                    heard: header.flags.ack().then_some(header.ack),
                    crossed: said
                        .is_some_and(|said| !header.flags.ack() || header.ack.precedes(said)),
                });
            }
        }
    }

    /// Learns from a reset where its sender stands, whose latest segment went on in further fragments.
    pub fn learn_end(&mut self, side: Side, header: &Header) {
        let is_open_ended = self.is_open_ended(side);
        let view = &mut self.endpoints[side];
        if is_open_ended
            && view
                .snd_nxt
                .is_some_and(|next| header.seq.is_within(next, LONGEST_PACKET))
        {
            view.snd_nxt = Some(header.seq);
        }
    }

    /// Takes a reset: whether its receiver obeyed decides what becomes of the states. Its numbers move nothing, for it may be forged.
    pub fn take_reset(&mut self, side: Side, segment: &Segment<'_>) {
        let header = &segment.header;
        self.pass_to(header.time);
        let fit = fit(&self.endpoints, side, header);
        let fitted = matches!(fit, ResetFit::Exact | ResetFit::Unknown);
        if self.earlier.len() < ResetCase::EARLIER {
            let mut heard = self.timeline.of(side.other());
            let answered =
                heard.any(|line| reply_to(&line.header).is_some_and(|reply| reply.matches(header)));
            self.earlier.push(EarlierReset {
                header: *header,
                sent_by: side,
                fitted,
                answered,
            });
        }
        if fitted {
            let (sender, receiver) = self.endpoints.both_mut(side);
            sender.state = sender.state.after(Event::SendsReset);
            receiver.state = receiver.state.after(Event::GetsReset);
        }
        let line = self.line_of(side, segment);
        self.timeline.push(line);
    }

    /// The silence before `header`, if it is the first payload or the FIN after at least a second without payload.
    pub fn silence_before(&self, header: &Header) -> Option<i64> {
        let last = self.turns.current()?.last;
        let silence = header.time - last.time;
        (silence >= SECOND).then_some(silence)
    }
}

/// What one packet holds at most, in bytes, however many fragments it has (RFC 791 3.1).
const LONGEST_PACKET: u32 = 65_535;
/// Records of several queues, interfaces or processors are disordered by less; chosen.
pub const DISORDERED: i64 = 10 * MILLISECOND;

#[cfg(test)]
mod tests {
    use super::*;

    /// Thousands of connections are held at once, each segment of them is a line, and memory that is touched is time: what is added here should
    /// be worth its room.
    #[test]
    fn a_connection_and_its_lines_stay_small() {
        assert!(size_of::<Connection>() <= 1088);
        assert!(size_of::<EndpointView>() <= 328);
        assert!(size_of::<Line>() <= 88);
    }
}
