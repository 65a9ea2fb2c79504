//! [`EndpointView`]: what was known of one endpoint at one moment.

use super::Mark;
use crate::origin::RecordId;
use crate::tcp::{Header, Pair, Prefix, ResetFit, SeqNumber, Side, State, reset_fit};

/// One endpoint as the capture had shown it. `track` keeps one of these up to date for each side; a case holds a copy from before its reset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointView {
    /// Its inferred state.
    pub state: State,
    /// Segments it sent, resets and copies not counted.
    pub segments: u64,
    /// Its initial sequence number, from its SYN.
    pub isn: Option<SeqNumber>,
    /// Its first SYN or SYN,ACK.
    pub syn: Option<RecordId>,
    /// How often it repeated its SYN or SYN,ACK.
    pub syn_repeats: u32,
    /// Its SYN or SYN,ACK bore timestamps.
    pub offered_timestamps: bool,
    /// SND.NXT: the position after the highest byte, SYN or FIN that it sent.
    pub snd_nxt: Option<SeqNumber>,
    /// SND.UNA: the highest acknowledgment that the other side has sent it.
    pub snd_una: Option<SeqNumber>,
    /// RCV.NXT: the highest acknowledgment that it has sent.
    pub rcv_nxt: Option<SeqNumber>,
    /// The right edge of the highest range it reported by SACK and has not acknowledged since.
    pub sack_edge: Option<SeqNumber>,
    /// The window field of its latest segment, as sent.
    pub window: Option<u16>,
    /// Shift count of its window, when both sides' SYNs were captured: 0 where scaling was not agreed. `None`: not known.
    pub window_scale: Option<u8>,
    /// Maximum segment size that it announced, in bytes.
    pub mss: Option<u16>,
    /// The first segment with ACK that it sent and that is not a SYN: a client's third step of the handshake.
    pub first_ack: Option<Mark>,
    /// Its FIN.
    pub fin: Option<Fin>,
    /// Its first payload.
    pub first_payload: Option<RecordId>,
    /// Its latest fresh payload.
    pub last_payload: Option<RecordId>,
    /// Fresh payload bytes it sent.
    pub payload_bytes: u64,
    /// The position after its latest payload byte.
    pub payload_end: Option<SeqNumber>,
    /// First bytes that it sent.
    pub first_bytes: Prefix,
    /// First bytes of its latest turn, where that is not its first.
    later_bytes: Option<Prefix>,
    /// Whether its latest fresh payload ends with a [`LAST_CHUNK`](crate::tcp::LAST_CHUNK); `None` when its end was not captured, or it is shorter.
    pub ends_body: Option<bool>,
    /// Segments whose payload it had sent before.
    pub retransmissions: u32,
    /// Its latest segment of any kind but a reset.
    pub last_segment: Option<Mark>,
    /// Hop limit of its segments, the latest; resets are not counted.
    pub hop_limit: Option<u8>,
    /// Its hop limit changed between segments.
    pub hop_limit_varies: bool,
    /// Identification of its latest IPv4 segment.
    pub ip_id: Option<u16>,
    /// Steps from one of its identifications to the next that a counter would take.
    pub ip_id_steps: u32,
    /// Steps that no counter would take: a stack that draws them at random, or more than one sender.
    pub ip_id_leaps: u32,
    /// A segment of it bore timestamps.
    pub bears_timestamps: bool,
    /// The shortest time from a segment to it until its acknowledgment, as the capture point saw it, in nanoseconds.
    pub response_time: Option<i64>,
    /// Checksums of its segments, resets not counted.
    pub checksums: Checksums,
    /// What it has had to wait for.
    trouble: Option<Box<Trouble>>,
}

/// What one endpoint has done or told because there was no answer, or too much to take. Most never have any of it, and take no room for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Its latest SYN or SYN,ACK, where it was repeated.
    pub syn_repeated: Option<RecordId>,
    /// Since when its window has been closed.
    pub window_closed: Option<Mark>,
    /// Questions it asked of a silent peer, since it last showed having heard of it.
    pub probing: Probing,
    /// Repetitions of its oldest unacknowledged payload, since it last showed having heard of its peer.
    pub repeating: Probing,
}

/// How many checksums add up; those that were not captured whole count as neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksums {
    /// Right ones.
    pub right: u32,
    /// Wrong ones: damaged on the way, or not computed yet where they were captured.
    pub wrong: u32,
}

/// The end of one side's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fin {
    /// Where it first stands.
    pub mark: Mark,
    /// Its own position in sequence space: the last byte before it is one less.
    pub seq: SeqNumber,
    /// What its sender had received when it closed.
    pub ack: Option<SeqNumber>,
    /// Times it was sent again.
    pub repeats: u32,
}

/// A run of probes or repetitions of one position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probing {
    /// Where they stand in sequence space.
    pub at: Option<SeqNumber>,
    /// How many.
    pub count: u32,
    /// The first of them.
    pub first: Option<Mark>,
    /// The latest.
    pub last: Option<Mark>,
    /// Nanoseconds between the latest two.
    pub interval: Option<i64>,
}

impl EndpointView {
    /// How far a connection's own counter of identifications may advance between two captured segments: offloads number up to 45 at once,
    /// and a capture may miss some; chosen.
    pub const IP_ID_STEP: u16 = 1024;

    /// First bytes of its latest turn.
    pub fn latest_bytes(&self) -> &Prefix {
        self.later_bytes.as_ref().unwrap_or(&self.first_bytes)
    }

    /// Begins a turn that begins with these bytes; `None`: with the first that it sends.
    pub fn begin_turn(&mut self, later: Option<Prefix>) {
        self.later_bytes = later;
    }

    /// Its latest SYN or SYN,ACK, where it was repeated.
    pub fn syn_repeated(&self) -> Option<RecordId> {
        self.trouble.as_ref()?.syn_repeated
    }

    /// Since when its window has been closed.
    pub fn window_closed(&self) -> Option<Mark> {
        self.trouble.as_ref()?.window_closed
    }

    /// Questions it asked of a silent peer, since it last showed having heard of it.
    pub fn probing(&self) -> Probing {
        self.trouble
            .as_ref()
            .map_or_else(Probing::default, |trouble| trouble.probing)
    }

    /// Repetitions of its oldest unacknowledged payload, since it last showed having heard of its peer.
    pub fn repeating(&self) -> Probing {
        self.trouble
            .as_ref()
            .map_or_else(Probing::default, |trouble| trouble.repeating)
    }

    /// What it has had to wait for, to be changed; `None`: nothing ever.
    pub fn trouble_mut(&mut self) -> Option<&mut Trouble> {
        self.trouble.as_deref_mut()
    }

    /// The same where there is something now.
    pub fn in_trouble(&mut self) -> &mut Trouble {
        self.trouble.get_or_insert_default()
    }

    /// The window it last offered, in bytes: scaled where the scale is known.
    pub fn offered_window(&self) -> u64 {
        let scale = u32::from(self.window_scale.unwrap_or(0));
        u64::from(self.window.unwrap_or(0)) << scale
    }

    /// Bytes, SYN and FIN included, that it sent and that no acknowledgment has covered.
    pub fn outstanding(&self) -> Option<u32> {
        let (next, acked) = (self.snd_nxt?, self.snd_una?);
        Some(if acked.precedes(next) {
            next.distance_from(acked)
        } else {
            0
        })
    }

    /// Whether any segment of it is in the capture.
    pub const fn was_seen(&self) -> bool {
        self.segments > 0
    }
}

/// How the numbers of `reset`, sent in the name of `sender`, fit its receiver.
///
/// What the receiver has acknowledged may lag behind what has reached it, so both that and all that was sent to it count as exact. Where it
/// has acknowledged nothing, the capture may have missed what was sent to it: then nothing is wrong beyond doubt.
pub fn fit(endpoints: &Pair<EndpointView>, sender: Side, reset: &Header) -> ResetFit {
    let (sender, receiver) = (&endpoints[sender], &endpoints[sender.other()]);
    let fits = |expected| {
        reset_fit(
            receiver.state,
            expected,
            receiver.offered_window(),
            sender.fin.is_some(),
            receiver.sack_edge,
            reset,
            receiver.snd_nxt,
        )
    };
    let (acknowledged, sent) = (fits(receiver.rcv_nxt), fits(sender.snd_nxt));
    if sent == ResetFit::Exact {
        sent
    } else {
        acknowledged
    }
}
