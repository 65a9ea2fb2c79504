//! Questions that several rules ask, as three-valued answers with their fact and its records.
//!
//! What only one rule asks stands in that rule's file.

use super::rule::Recorded;
use super::{Answer, Claim, Fact};
use crate::case::facts::{Facts, Tell, TlsProgress};
use crate::case::{Fin, Happening, Mark, ServiceEvent};
use crate::origin::{MILLISECOND, RecordId, SECOND};
use crate::tcp::{ResetForm, Side, State};
use std::net::SocketAddr;

/// Does it continue its sender's own segments?
pub fn is_abort(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.form.form == ResetForm::Active,
        Fact::IsAbort { window: facts.case.reset.window },
        [facts.case.reset.record],
    )
}

/// Does it answer a segment other than a SYN, whose numbers it bears?
pub fn is_reply(facts: &Facts<'_>) -> Answer {
    match (facts.form.form, facts.form.answers) {
        (ResetForm::Reply, None) => Answer::Hidden(Fact::AnsweredSegment),
        (ResetForm::Reply, Some(line)) => Answer::when(
            !line.header.flags.opens(),
            Fact::AnswersSegment { payload: line.header.payload_len },
            [line.record(), facts.case.reset.record],
        ),
        _ => Answer::No,
    }
}

/// Does it answer a segment with payload?
pub fn is_reply_to_payload(facts: &Facts<'_>) -> Answer {
    match facts.form.answers {
        Some(line) if line.header.payload_len == 0 => Answer::No,
        _ => is_reply(facts),
    }
}

/// Does it answer a SYN?
pub fn is_reply_to_syn(facts: &Facts<'_>) -> Answer {
    let trigger = facts.form.answers.filter(|line| line.header.flags.opens());
    Answer::when(
        trigger.is_some(),
        Fact::AnswersSyn,
        trigger.map(Recorded::record).into_iter().chain([facts.case.reset.record]),
    )
}

/// Had the sender of the reset closed with FIN?
pub fn sender_had_closed(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by();
    match facts.sender().fin {
        Some(fin) => Answer::Yes(Fact::FinSent { side }, vec![fin.mark.record]),
        None if facts.case.gaps.sender_unseen => Answer::Hidden(Fact::FinSent { side }),
        None => Answer::No,
    }
}

/// Had the sender of the reset not closed?
pub fn sender_had_not_closed(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by();
    match facts.sender().fin {
        Some(_) => Answer::No,
        None if facts.case.gaps.sender_unseen => Answer::Hidden(Fact::NoFinSent { side }),
        None => Answer::Yes(Fact::NoFinSent { side }, Vec::new()),
    }
}

/// Had the server answered the SYN?
pub fn syn_ack_was_sent(facts: &Facts<'_>) -> Answer {
    match facts.server().syn {
        Some(mark) => Answer::Yes(Fact::SynAckSent, vec![mark.record]),
        None if facts.server().was_seen() => Answer::No,
        None => Answer::Hidden(Fact::SynAckSent),
    }
}

/// Had the client acknowledged the SYN,ACK?
pub fn handshake_was_acknowledged(facts: &Facts<'_>) -> Answer {
    match facts.third_step() {
        Some(mark) => Answer::Yes(Fact::HandshakeAcknowledged, vec![mark.record]),
        None => Answer::Hidden(Fact::HandshakeAcknowledged),
    }
}

/// Did the server say nothing but SYN,ACK: no payload, no FIN, no acknowledgment of payload?
pub fn server_only_shook_hands(facts: &Facts<'_>) -> Answer {
    if facts.case.gaps.no_handshake || facts.server_spoke() || facts.server_acknowledged_payload() {
        return Answer::No;
    }
    let sent = facts.client().payload_bytes;
    Answer::Yes(
        Fact::PayloadNeverAcknowledged { sent },
        facts.client().first_payload.iter().map(Recorded::record).collect(),
    )
}

/// Did the server never send payload nor FIN?
pub fn server_was_silent(facts: &Facts<'_>) -> Answer {
    let holds = !facts.server_spoke() && facts.server().was_seen();
    Answer::when(holds, Fact::ServerSilent, facts.server().syn.map(|mark| mark.record))
}

/// Did the server repeat its SYN,ACK after the client had acknowledged it?
pub fn acknowledgment_went_unheeded(facts: &Facts<'_>) -> Answer {
    let repeated = facts.unheeded_acks();
    let acked = facts.third_step();
    match (acked, repeated.last()) {
        (None, _) if facts.server().syn_repeats > 0 => Answer::Hidden(Fact::HandshakeAcknowledged),
        (Some(acked), Some(last)) => Answer::when(
            true,
            Fact::SynAckRepeatedAfterAck {
                times: u32::try_from(repeated.len()).unwrap_or(u32::MAX),
                until: last.header.time - acked.time,
            },
            [acked.record].into_iter().chain(repeated.iter().map(Recorded::record)),
        ),
        _ => Answer::No,
    }
}

/// Had the connection been established?
pub fn was_established(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.was_established(),
        Fact::WasEstablished,
        facts.third_step().map(|mark| mark.record),
    )
}

/// Was the receiver's payload the last, with no answer from the sender of the reset?
pub fn receiver_went_unanswered(facts: &Facts<'_>) -> Answer {
    let turn = facts.last_turn().filter(|_| facts.receiver_spoke_last());
    match turn {
        None => Answer::No,
        Some(turn) => Answer::Yes(
            Fact::Unanswered { side: turn.from, bytes: turn.bytes },
            [turn.first.record].into_iter().chain((turn.last != turn.first).then_some(turn.last.record)).collect(),
        ),
    }
}

/// Did the window grow in the reset, as it does when unread data is thrown away first?
pub fn window_grew(facts: &Facts<'_>) -> Answer {
    match facts.window_grew() {
        Some((before, after)) => Answer::Yes(Fact::WindowGrew { before, after }, vec![facts.case.reset.record]),
        None => Answer::No,
    }
}

/// Is the window of the reset the last one offered?
pub fn window_is_unchanged(facts: &Facts<'_>) -> Answer {
    let reset = &facts.case.reset;
    Answer::when(
        reset.flags.ack() && facts.sender().window == Some(reset.window),
        Fact::WindowUnchanged { window: reset.window },
        [reset.record],
    )
}

/// Did the reset leave payload of its receiver unacknowledged?
pub fn left_undelivered(facts: &Facts<'_>) -> Answer {
    let bytes = facts.undelivered();
    Answer::when(bytes > 0, Fact::Undelivered { bytes }, [facts.case.reset.record])
}

/// Had exchanges been completed before?
pub fn had_exchanges(facts: &Facts<'_>) -> Answer {
    let count = facts.exchanges();
    Answer::when(count > 0, Fact::Exchanges { count }, None)
}

/// Did the FIN of the reset's sender end an idle period?
pub fn fin_ended_idleness(facts: &Facts<'_>) -> Answer {
    match facts.idle_before_fin() {
        None => Answer::No,
        Some(idle) => Answer::when(
            idle.is_idle(facts.round_trip()),
            Fact::IdleBeforeFin { nanos: idle.nanos },
            [idle.after.record].into_iter().chain(facts.sender().fin.map(|fin| fin.mark.record)),
        ),
    }
}

/// Can the receiver's application have noticed the FIN before it sent what the reset answers?
pub fn fin_was_noticeable(facts: &Facts<'_>) -> Answer {
    let (Some(fin), Some(trigger)) = (facts.sender().fin, facts.form.answers) else {
        return Answer::Hidden(Fact::AnsweredSegment);
    };
    Answer::when(
        facts.could_notice_fin() == Some(true),
        Fact::HadFinFor { nanos: facts.had_fin_for().unwrap_or(0) },
        [fin.mark.record, trigger.record()],
    )
}

/// The opposite, by whichever of the two facts shows it.
pub fn fin_was_not_noticeable(facts: &Facts<'_>) -> Answer {
    let (Some(fin), Some(trigger)) = (facts.sender().fin, facts.form.answers) else {
        return Answer::Hidden(Fact::AnsweredSegment);
    };
    let fact = if facts.covers_fin() {
        Fact::HadFinFor { nanos: facts.had_fin_for().unwrap_or(0) }
    } else {
        Fact::CrossedFin
    };
    Answer::when(facts.could_notice_fin() == Some(false), fact, [fin.mark.record, trigger.record()])
}

/// Does the reset look like the other segments of its sender?
pub fn looks_like_its_sender(facts: &Facts<'_>) -> Answer {
    let hop_limit = facts.case.reset.ip.hop_limit;
    let compared = facts.sender().hop_limit == Some(hop_limit)
        || facts.case.neighbourhood.hosts[facts.sent_by()].hop_limit == Some(hop_limit);
    Answer::when(facts.tells.is_empty() && compared, Fact::LooksLikeSender { hop_limit }, [facts.case.reset.record])
}

/// Does a mark tell of another sender?
pub fn looks_foreign(facts: &Facts<'_>) -> Answer {
    match facts.tells.first() {
        Some(tell) => Answer::Yes(Fact::Foreign(*tell), vec![facts.case.reset.record]),
        None => Answer::No,
    }
}

/// Does a certain mark tell of another sender?
pub fn bears(facts: &Facts<'_>, is: impl Fn(&Tell) -> bool) -> Answer {
    match facts.tells.iter().find(|tell| is(tell)) {
        Some(tell) => Answer::Yes(Fact::Foreign(*tell), vec![facts.case.reset.record]),
        None => Answer::No,
    }
}

/// Events of other connections of the service that lie within `nanos` of the reset.
pub fn events_near<'a>(facts: &Facts<'a>, nanos: i64) -> impl Iterator<Item = &'a ServiceEvent> {
    let at = facts.case.reset.time;
    facts.case.neighbourhood.events.iter().filter(move |event| (event.time - at).abs() <= nanos)
}

/// How many other clients' connections one of these events befell, and its records.
pub fn clients_of<'a>(events: impl Iterator<Item = &'a ServiceEvent>, is: impl Fn(&Happening) -> bool) -> (usize, Vec<RecordId>) {
    let mut clients: Vec<SocketAddr> = Vec::new();
    let mut records = Vec::new();
    for event in events.filter(|event| is(&event.what)) {
        if !clients.contains(&event.client) {
            clients.push(event.client);
            records.push(event.record);
        }
    }
    (clients.len(), records)
}

/// Whether the reset was sent in this side's name.
pub fn is_from(facts: &Facts<'_>, side: Side) -> Option<()> {
    (facts.sent_by() == side).then_some(())
}

/// Things that one act does to many connections lie within this; measured spreads of a closing listener or a dying process are far
/// below it, those of separate acts mostly above.
pub const ONE_INSTANT: i64 = 100 * MILLISECOND;

/// Had the receiver of the reset closed with FIN?
pub fn receiver_had_closed(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by().other();
    let fin = facts.receiver().fin;
    Answer::when(fin.is_some(), Fact::FinReceived { side }, fin.map(|fin| fin.mark.record))
}

/// Does the reset come within about a round trip of the client's last step of the handshake?
pub fn soon_after_handshake(facts: &Facts<'_>) -> Answer {
    let Some(acked) = facts.third_step() else {
        return Answer::Hidden(Fact::HandshakeAcknowledged);
    };
    let travel = facts.server().response_time.unwrap_or(0);
    let nanos = facts.case.reset.time - acked.time;
    Answer::when(
        nanos <= travel + travel / 2 + REACTION,
        Fact::SoonAfterHandshake { nanos },
        [acked.record, facts.case.reset.record],
    )
}

/// Did other connections to the service complete just before this one and stay, and none after it?
pub fn queue_filled_in_order(facts: &Facts<'_>) -> Answer {
    let at = facts.third_step().map_or(facts.case.reset.record, |mark| mark.record);
    let events = &facts.case.neighbourhood.events;
    let ended = |client: SocketAddr| {
        events.iter().any(|event| {
            event.client == client
                && matches!(event.what, Happening::Disowned { .. } | Happening::Aborted { .. } | Happening::Finished { .. })
                && event.time <= facts.case.reset.time
        })
    };
    let (before, records) = clients_of(events.iter().filter(|event| event.record < at && !ended(event.client)), |what| {
        *what == Happening::Completed
    });
    let refused = events.iter().any(|event| event.what == Happening::Refused);
    let after = !matches!(others_succeeded_after(facts), Answer::No);
    Answer::when(before > 0 && !refused && !after, Fact::QueueFilledInOrder { before }, records)
}

/// Did other handshakes complete after this one had been answered with a reset, and live?
pub fn others_succeeded_after(facts: &Facts<'_>) -> Answer {
    let events = &facts.case.neighbourhood.events;
    let disowned = |client: SocketAddr| {
        events.iter().any(|event| event.client == client && matches!(event.what, Happening::Disowned { .. }))
    };
    let reset = facts.case.reset.record;
    let (connections, records) = clients_of(
        events.iter().filter(|event| event.record > reset && !disowned(event.client)),
        |what| *what == Happening::Completed,
    );
    Answer::when(connections > 0, Fact::OthersSucceeded { connections }, records)
}

/// Is nothing left that the sender of the reset owed an answer, or waited for?
pub fn nothing_is_left_to_answer(facts: &Facts<'_>) -> Answer {
    match facts.last_turn() {
        None => Answer::when(facts.case.gaps.no_handshake, Fact::NothingSaid, None),
        Some(turn) if turn.from == facts.sent_by() => Answer::Yes(
            Fact::SenderSpokeLast { side: turn.from, bytes: turn.bytes },
            vec![turn.last.record],
        ),
        Some(_) => received_its_answer(facts),
    }
}

/// Is the last payload the whole answer to what the sender of the reset, a client, had asked?
pub fn received_its_answer(facts: &Facts<'_>) -> Answer {
    let (Some(answer), Some(request)) = (facts.last_turn(), facts.case.turns.previous()) else {
        return Answer::No;
    };
    let is_answer = facts.sent_by() == Side::Client && answer.from == Side::Server && request.from == Side::Client;
    Answer::when(
        is_answer && !facts.response_is_in_progress(),
        Fact::AnswerReceived { bytes: answer.bytes },
        [request.first.record, answer.last.record],
    )
}

/// Had the client begun a TLS handshake that had not ended?
pub fn tls_handshake_is_open(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.tls() == Some(TlsProgress::Negotiating),
        Fact::TlsNegotiating,
        facts.client().first_payload.map(|mark| mark.record),
    )
}

/// Had the sender of the reset asked again and again without an answer?
pub fn peer_stopped_answering(facts: &Facts<'_>) -> Answer {
    let sender = facts.sender();
    let heard_since = |last: Option<Mark>| {
        last.is_some_and(|last| facts.receiver().last_segment.is_some_and(|heard| heard.record > last.record))
    };
    let probed = sender.probing.count > 0 && !heard_since(sender.probing.last);
    let repeated = sender.repeating.count >= 3 && !heard_since(sender.repeating.last);
    let run = if probed { sender.probing } else { sender.repeating };
    Answer::when(
        probed || repeated,
        Fact::RepeatedInVain { times: run.count },
        run.first.into_iter().chain(run.last).map(|mark| mark.record),
    )
}

/// Did the reset come as soon after the last payload as the path allows?
pub fn came_right_after_payload(facts: &Facts<'_>) -> Answer {
    let Some(turn) = facts.last_turn() else { return Answer::No };
    let nanos = facts.case.reset.time - turn.last.time;
    let travel = if turn.from == facts.sent_by() { 0 } else { facts.sender().response_time.unwrap_or(0) };
    Answer::when(
        nanos <= travel + travel / 4 + REACTION,
        Fact::SoonAfterPayload { nanos },
        [turn.last.record, facts.case.reset.record],
    )
}

/// Of aborts with nothing left to answer, how many in a hundred an application makes rather than somebody who kills its socket.
pub fn share_of_applications(facts: &Facts<'_>) -> u8 {
    let idle = facts.silence_before_reset().is_some_and(|idle| idle.is_idle(facts.round_trip()));
    if idle { 60 } else { 90 }
}

/// Did the server begin its answer while the client was still sending its request?
pub fn answered_mid_request(facts: &Facts<'_>) -> Answer {
    if facts.server().first_payload.is_none() {
        return Answer::No;
    }
    if let Some((answer, request)) = facts.response_crossed_request() {
        return Answer::Yes(
            Fact::AnsweredMidRequest { answer: answer.bytes, request: request.bytes },
            vec![request.first.record, answer.first.record, request.last.record],
        );
    }
    request_is_incomplete(facts)
}

/// Does the only request announce more than was sent?
pub fn request_is_incomplete(facts: &Facts<'_>) -> Answer {
    let Some(request) = facts.first_request().filter(|_| facts.exchanges() <= 1) else {
        return Answer::No;
    };
    let sent = facts.client().payload_bytes.saturating_sub(request.len);
    Answer::when(
        sent < request.announced,
        Fact::RequestIncomplete { announced: request.announced, sent },
        facts.client().first_payload.map(|mark| mark.record),
    )
}

/// Is the server's answer one that refuses a request?
pub fn answer_refuses(facts: &Facts<'_>) -> Answer {
    let code = facts.latest_response().or_else(|| facts.first_response()).map(|response| response.code);
    Answer::when(
        code.is_some_and(|code| code >= 400),
        Fact::HttpStatus { code: code.unwrap_or(0) },
        facts.server().last_payload.map(|mark| mark.record),
    )
}

/// Had nothing been sent for so long that the server must have lost patience?
pub fn lost_patience(facts: &Facts<'_>) -> Answer {
    let Some(idle) = facts.silence_before_reset() else { return Answer::No };
    Answer::when(
        facts.sent_by() == Side::Server && idle.nanos >= PATIENCE,
        Fact::SilentBefore { nanos: idle.nanos },
        [idle.after.record, facts.case.reset.record],
    )
}

/// The claim that the causes of the close family share: payload reached a side that had closed, and no finer cause explains it.
pub fn met_a_closed_side(facts: &Facts<'_>) -> Option<Claim> {
    Claim::new()
        .requires(is_reply_to_payload(facts))?
        .requires(sender_had_closed(facts))?
        .is_excluded_by(&is_after_a_reset(facts))?
        .is_excluded_by(&answered_mid_request(facts))?
        .is_excluded_by(&client_gave_up(facts))?
        .is_excluded_by(&answers_tls_alert(facts))?
        .is_excluded_by(&tls_handshake_is_open(facts))?
        .is_excluded_by(&closed_before_first_payload(facts))
}

/// Had the client closed before the answer had come?
pub fn client_gave_up(facts: &Facts<'_>) -> Answer {
    let fin = facts.client().fin.filter(|_| facts.sent_by() == Side::Client);
    Answer::when(fin.is_some(), Fact::FinSent { side: Side::Client }, fin.map(|fin| fin.mark.record))
}

/// Does the reset answer a TLS alert?
pub fn answers_tls_alert(facts: &Facts<'_>) -> Answer {
    let trigger = facts.form.answers.filter(|_| facts.tls().is_some() && facts.answers_tls_alert());
    Answer::when(
        trigger.is_some(),
        Fact::AnswersTlsAlert { bytes: trigger.map_or(0, |line| line.header.payload_len) },
        trigger.map(Recorded::record),
    )
}

/// Had the server closed without a word before the client's first payload can have reached it?
pub fn closed_before_first_payload(facts: &Facts<'_>) -> Answer {
    let (client, server) = (facts.client(), facts.server());
    let closed_first = |fin: &Fin| {
        server.first_payload.is_none() && client.isn.zip(fin.ack).is_some_and(|(isn, ack)| isn + 1 == ack)
    };
    let fin = server.fin.filter(closed_first);
    Answer::when(
        fin.is_some() && facts.sent_by() == Side::Server,
        Fact::ServerSilent,
        fin.map(|fin| fin.mark.record),
    )
}

/// Was the sender's FIN acknowledged by the segment that the reset answers?
pub fn fin_was_acknowledged(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.covers_fin(),
        Fact::AcknowledgedFin,
        facts.form.answers.map(Recorded::record),
    )
}

/// Had the closed side waited for the other's FIN for longer than its stack waits?
pub fn orphan_timer_had_expired(facts: &Facts<'_>) -> Answer {
    let nanos = facts.had_fin_for().unwrap_or(0);
    Answer::when(nanos >= ORPHAN_TIMER, Fact::HadFinFor { nanos }, facts.sender().fin.map(|fin| fin.mark.record))
}

/// Did the receiver keep its own side open all the while?
pub fn receiver_waited_to_close(facts: &Facts<'_>) -> Answer {
    let side = facts.sent_by().other();
    let state = facts.receiver().state;
    Answer::when(state == State::CloseWait, Fact::StateWas { side, state }, None)
}

/// Did the FIN come while payload was flowing?
pub fn no_idleness_before_fin(facts: &Facts<'_>) -> Answer {
    match facts.idle_before_fin() {
        Some(idle) => Answer::when(
            !idle.is_idle(facts.round_trip()),
            Fact::NoIdleBeforeFin { nanos: idle.nanos },
            [idle.after.record],
        ),
        None => Answer::No,
    }
}

/// Does the silence before the close agree with what the service shows in other connections?
pub fn silence_is_the_service_timeout(facts: &Facts<'_>) -> Answer {
    let clock = facts.case.neighbourhood.service.closes_after;
    let idle = facts.idle_before_fin().or_else(|| facts.idle_before_last_turn());
    let agrees = |nanos: i64| {
        let slack = (clock.longest / 33).max(SECOND / 2);
        nanos >= clock.shortest - slack && nanos <= clock.longest + slack
    };
    Answer::when(
        clock.count >= 2 && idle.is_some_and(|idle| agrees(idle.nanos)),
        Fact::IdleTimeoutOfService { shortest: clock.shortest, longest: clock.longest, count: clock.count },
        None,
    )
}

/// Did the last request come after a silence?
pub fn request_came_after_idleness(facts: &Facts<'_>) -> Answer {
    let Some(idle) = facts.idle_before_last_turn() else { return Answer::No };
    Answer::when(
        idle.is_idle(facts.round_trip()),
        Fact::IdleBeforeRequest { nanos: idle.nanos },
        [idle.after.record].into_iter().chain(facts.last_turn().map(|turn| turn.first.record)),
    )
}

/// Had everything that both sides said been acknowledged?
pub fn all_was_acknowledged(facts: &Facts<'_>) -> Answer {
    Answer::when(facts.all_acknowledged(), Fact::AllAcknowledged, None)
}

/// Does it answer the bare acknowledgment of its sender's FIN?
pub fn is_reply_to_ack_of_fin(facts: &Facts<'_>) -> Answer {
    let trigger = facts.form.answers.filter(|line| line.header.is_bare_ack());
    Answer::when(
        trigger.is_some() && facts.covers_fin() && facts.receiver().fin.is_none(),
        Fact::AcknowledgedFin,
        trigger.map(Recorded::record).into_iter().chain([facts.case.reset.record]),
    )
}

/// Had the server, in whose name the reset is, said nothing at all on a connection whose beginning was captured?
pub fn server_never_said_a_word(facts: &Facts<'_>) -> Answer {
    let holds = facts.sent_by() == Side::Server && !facts.server_spoke() && !facts.case.gaps.no_handshake;
    Answer::when(holds, Fact::ServerSilent, facts.server().syn.map(|mark| mark.record))
}

/// Did both ends show that they knew of the connection?
pub fn both_sides_took_part(facts: &Facts<'_>) -> Answer {
    Answer::when(facts.client().was_seen() && facts.server().was_seen(), Fact::WasEstablished, None)
}

/// Had an earlier reset ended the connection?
pub fn is_after_a_reset(facts: &Facts<'_>) -> Answer {
    let Some(ended) = facts.ended_by() else { return Answer::No };
    let before = facts.case.reset.time - ended.header.time;
    Answer::Yes(Fact::EndedByReset { side: ended.sent_by, before }, vec![ended.header.record])
}

/// Had the sender of the reset repeated its payload, before it fell silent?
pub fn repeated_in_vain(facts: &Facts<'_>) -> Answer {
    let run = facts.sender().repeating;
    Answer::when(
        run.count > 0,
        Fact::RepeatedInVain { times: run.count },
        run.first.into_iter().chain(run.last).map(|mark| mark.record),
    )
}

/// Had the segment that the reset answers left before an earlier reset can have reached its sender?
pub fn trigger_was_under_way(facts: &Facts<'_>) -> Answer {
    let (Some(ended), Some(trigger)) = (facts.ended_by(), facts.form.answers) else {
        return Answer::No;
    };
    let travel = facts.receiver().response_time.unwrap_or(0);
    Answer::when(
        trigger.header.time <= ended.header.time.plus(travel + REACTION),
        Fact::SentBeforeItKnew,
        [trigger.record(), ended.header.record],
    )
}

/// Beside the path itself, what a host may take to act on a segment; chosen.
const REACTION: i64 = 50 * MILLISECOND;
/// A server that has waited this long in silence gave up rather than reacted; the taxonomy's line.
const PATIENCE: i64 = SECOND;
/// Linux forgets a closed connection whose peer does not close after this (`tcp_fin_timeout`).
const ORPHAN_TIMER: i64 = 60 * SECOND;
