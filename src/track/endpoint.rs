//! One segment's effect on the view of its sender and of its receiver: sequence variables, state, window, habits.
//!
//! RFC 9293 3.3.1 names the variables; 3.10.7.4 says how they move. An observer takes what it sees sent to an endpoint for received.

use crate::case::{EndpointView, Fin, Mark, Nature, Probing};
use crate::origin::{SECOND, Timestamp};
use crate::tcp::{Checksum, Event, Header, SeqNumber};

/// A question under way whose answer gives a response time: the position to be acknowledged, and when it was asked.
pub type Timing = Option<(SeqNumber, Timestamp)>;

/// What `header` is to the sequence space of `sender`, before it is counted there.
pub fn nature(sender: &EndpointView, receiver: &EndpointView, header: &Header) -> Nature {
    let Some(next) = sender.snd_nxt else {
        return Nature::Fresh;
    };
    let closed = receiver.window_closed().is_some();
    let just_below = header.seq + 1 == next;
    if header.seq_len() == 0 {
        return match (just_below && header.flags.ack(), closed) {
            (true, true) => Nature::WindowProbe,
            (true, false) => Nature::KeepAlive,
            (false, _) if next.precedes(header.seq) => Nature::Ahead,
            (false, _) => Nature::Fresh,
        };
    }
    let one_byte = header.payload_len == 1 && header.seq_len() == 1;
    if next.precedes(header.seq) {
        Nature::Ahead
    } else if next.precedes(header.seq_end()) {
        if one_byte && closed {
            Nature::WindowProbe
        } else {
            Nature::Fresh
        }
    } else if one_byte && just_below && closed {
        Nature::WindowProbe
    } else if one_byte && just_below && sender.snd_una == Some(next) {
        // The byte had been acknowledged: nobody sends it for its own sake.
        Nature::KeepAlive
    } else {
        Nature::Retransmission
    }
}

/// Ends a run of probes that the receiver has answered in the meantime: its sender, as far as the capture goes, has heard of it.
pub fn hears(view: &mut EndpointView, receiver: &EndpointView) {
    if let Some(trouble) = view.trouble_mut()
        && let Some(probe) = trouble.probing.last
        && let Some(heard) = receiver.last_segment
        && heard.record > probe.record
    {
        trouble.probing = Probing::default();
    }
}

/// Counts a segment, which is no reset, in the view of its sender.
pub fn sends(view: &mut EndpointView, header: &Header, nature: Nature) {
    view.segments += 1;
    view.last_segment = Some(Mark::of(header));
    habits(view, header);
    if header.flags.syn() {
        sends_syn(view, header);
    } else if header.flags.ack() && view.first_ack.is_none() {
        view.first_ack = Some(Mark::of(header));
    }
    count_probes(view, header, nature);
    if header.payload_len > 0 && matches!(nature, Nature::Fresh | Nature::Ahead) {
        let begin = view
            .snd_nxt
            .map_or(header.seq, |next| next.later(header.seq));
        let payload_end = header.seq + u32::from(header.flags.syn()) + header.payload_len;
        view.payload_bytes += u64::from(payload_end.distance_from(begin).min(header.payload_len));
        view.payload_end = Some(payload_end);
        view.first_payload.get_or_insert(header.record);
        view.last_payload = Some(header.record);
    }
    if header.flags.fin() {
        match &mut view.fin {
            Some(fin) => fin.repeats += 1,
            None => {
                view.fin = Some(Fin {
                    mark: Mark::of(header),
                    seq: header.seq + header.payload_len,
                    ack: header.flags.ack().then_some(header.ack),
                    repeats: 0,
                });
            }
        }
    }
    if header.seq_len() > 0 || view.snd_nxt.is_none() {
        let end = header.seq_end();
        view.snd_nxt = Some(view.snd_nxt.map_or(end, |next| next.later(end)));
    }
    view.state = view.state.after(if header.flags.opens() {
        Event::SendsSyn
    } else if header.flags.syn() {
        Event::SendsSynAck
    } else {
        Event::SendsSegment
    });
    if header.flags.fin() {
        view.state = view.state.after(Event::SendsFin);
    }
    if !header.flags.syn() {
        note_window(view, header);
    }
    view.window = Some(header.window);
}

fn note_window(view: &mut EndpointView, header: &Header) {
    if header.window == 0 {
        let closed = &mut view.in_trouble().window_closed;
        closed.get_or_insert(Mark::of(header));
    } else if let Some(trouble) = view.trouble_mut() {
        trouble.window_closed = None;
    }
}

fn habits(view: &mut EndpointView, header: &Header) {
    if view
        .hop_limit
        .is_some_and(|before| before != header.ip.hop_limit)
    {
        view.hop_limit_varies = true;
    }
    view.hop_limit = Some(header.ip.hop_limit);
    match header.checksum {
        Checksum::Right => view.checksums.right = view.checksums.right.saturating_add(1),
        Checksum::Wrong => view.checksums.wrong = view.checksums.wrong.saturating_add(1),
        Checksum::Unknown => {}
    }
    if let (Some(before), Some(id)) = (view.ip_id, header.ip.id())
        && before != 0
        && id != 0
    {
        if id.wrapping_sub(before) <= EndpointView::IP_ID_STEP {
            view.ip_id_steps += 1;
        } else {
            view.ip_id_leaps += 1;
        }
    }
    // Linux sends zero where no fragment can come: in SYN,ACK, and for sockets that are only half there.
    view.ip_id = header
        .ip
        .id()
        .filter(|id| *id != 0)
        .or(view.ip_id)
        .or(header.ip.id());
    view.bears_timestamps |= header.options.timestamps.is_some();
}

fn sends_syn(view: &mut EndpointView, header: &Header) {
    if view.isn == Some(header.seq) {
        view.syn_repeats += 1;
        view.in_trouble().syn_repeated = Some(header.record);
    } else {
        view.isn = Some(header.seq);
        view.syn = Some(header.record);
        view.syn_repeats = 0;
        view.snd_nxt = None;
        if let Some(trouble) = view.trouble_mut() {
            trouble.syn_repeated = None;
        }
    }
    view.offered_timestamps = header.options.timestamps.is_some();
    view.mss = header.options.mss;
}

fn count_probes(view: &mut EndpointView, header: &Header, nature: Nature) {
    match nature {
        Nature::KeepAlive | Nature::WindowProbe => {
            extend(&mut view.in_trouble().probing, header);
        }
        Nature::Retransmission => {
            view.retransmissions += 1;
            extend(&mut view.in_trouble().repeating, header);
        }
        Nature::Fresh | Nature::Ahead => {
            if let Some(trouble) = view.trouble_mut() {
                trouble.probing = Probing::default();
            }
        }
    }
}

/// Counts one more of a run; another position begins another run.
fn extend(run: &mut Probing, header: &Header) {
    let mark = Mark::of(header);
    if run.at != Some(header.seq) {
        *run = Probing {
            at: Some(header.seq),
            ..Probing::default()
        };
    }
    run.count += 1;
    run.first.get_or_insert(mark);
    run.interval = run.last.map(|last| mark.time - last.time);
    run.last = Some(mark);
}

/// Bytes that were acknowledged although the capture never showed them.
pub type Unseen = u32;

/// Counts a segment, which is no reset, in the view of its receiver, to whom it may acknowledge something and tell of the end.
///
/// Returns how many acknowledged bytes of the receiver the capture had not shown.
pub fn gets(
    view: &mut EndpointView,
    sender: &mut EndpointView,
    header: &Header,
    timing: &mut Timing,
) -> Unseen {
    let mut unseen = 0;
    if header.flags.ack() {
        unseen = gets_ack(view, sender, header, timing);
    }
    if header.flags.fin() {
        view.state = view.state.after(Event::GetsFin);
    }
    if let Some(edge) = header.options.sack.highest() {
        sender.sack_edge = Some(edge);
    }
    unseen
}

fn gets_ack(
    view: &mut EndpointView,
    sender: &mut EndpointView,
    header: &Header,
    timing: &mut Timing,
) -> Unseen {
    let ack = header.ack;
    if header.flags.syn() {
        // A SYN,ACK whose acknowledgment is not of our SYN tells nothing about our sequence space (3.10.7.3, first).
        if view
            .snd_nxt
            .is_some_and(|next| next != ack && view.isn.is_some_and(|isn| isn + 1 != ack))
        {
            return 0;
        }
        view.state = view.state.after(Event::GetsSynAck);
    }
    let mut unseen = 0;
    if let Some(next) = view.snd_nxt
        && next.precedes(ack)
    {
        if !view.state.is_synchronized() {
            return 0; // Not an acknowledgment of anything in this connection: an old one speaks (RFC 9293 figure 9).
        }
        unseen = ack.distance_from(next);
        view.snd_nxt = Some(ack);
    }
    let advances = view.snd_una.is_none_or(|una| una.precedes(ack));
    if advances {
        view.snd_una = Some(ack);
        if let Some(trouble) = view.trouble_mut() {
            trouble.repeating = Probing::default();
        }
    }
    sender.rcv_nxt = Some(sender.rcv_nxt.map_or(ack, |had| had.later(ack)));
    if let Some(edge) = sender.sack_edge
        && !ack.precedes(edge)
    {
        sender.sack_edge = None;
    }
    if let Some((asked, at)) = *timing
        && !ack.precedes(asked)
    {
        let took = header.time - at;
        if (0..=LONGEST_RESPONSE).contains(&took) {
            sender.response_time = Some(sender.response_time.map_or(took, |least| least.min(took)));
        }
        *timing = None;
    }
    if view.isn.is_some_and(|isn| isn.precedes(ack)) {
        view.state = view.state.after(Event::GetsAckOfSyn);
    }
    if view.fin.is_some_and(|fin| fin.seq.precedes(ack)) {
        view.state = view.state.after(Event::GetsAckOfFin);
    }
    unseen
}

/// The window scales that a SYN and its SYN,ACK agree on: both offer one, or neither is used (RFC 7323 2.2).
pub fn agree_on_scale(offered: Option<u8>, answered: Option<u8>) -> (u8, u8) {
    match (offered, answered) {
        (Some(client), Some(server)) => (client.min(MAX_SCALE), server.min(MAX_SCALE)),
        _ => (0, 0),
    }
}

/// RFC 7323 2.3: a larger shift is taken for this one.
const MAX_SCALE: u8 = 14;
/// No stack delays an acknowledgment longer (RFC 9293 3.8.6.3 allows half a second): what took longer had an answer that was not captured.
const LONGEST_RESPONSE: i64 = SECOND;
