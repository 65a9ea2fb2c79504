//! How the connection was opened.

use super::{REACTION, is_reply};
use crate::case::facts::Facts;
use crate::origin::SECOND;
use crate::rules::rule::Recorded;
use crate::rules::{Answer, Fact, SynAckTrouble};
use crate::tcp::{Header, Side};

/// Had the server answered the SYN?
pub fn syn_ack_was_sent(facts: &Facts<'_>) -> Answer {
    match facts.server().syn {
        Some(record) => Answer::Yes(Fact::SynAckSent, vec![record]),
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
        facts.client().first_payload.into_iter().collect(),
    )
}

/// Did the server never send payload nor FIN?
pub fn server_was_silent(facts: &Facts<'_>) -> Answer {
    let holds = !facts.server_spoke() && facts.server().was_seen();
    Answer::when(holds, Fact::ServerSilent, facts.server().syn)
}

/// Did the server repeat its SYN,ACK after the client had acknowledged it?
pub fn acknowledgment_went_unheeded(facts: &Facts<'_>) -> Answer {
    let repeated = facts.unheeded_acks();
    let acked = facts.third_step();
    match (acked, repeated.last()) {
        (None, _) if facts.server().syn_repeats > 0 => Answer::Hidden(Fact::HandshakeAcknowledged),
        (Some(_), None) if facts.server().syn_repeats > 0 && client_had_spoken_unseen(facts) => {
            Answer::Hidden(Fact::HandshakeAcknowledged)
        }
        (Some(acked), Some(last)) => Answer::when(
            true,
            Fact::SynAckRepeatedAfterAck {
                times: u32::try_from(repeated.len()).unwrap_or(u32::MAX),
                until: last.header.time - acked.time,
            },
            [acked.record]
                .into_iter()
                .chain(repeated.iter().map(Recorded::record)),
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

/// Had the server, in whose name the reset is, said nothing at all on a connection whose beginning was captured?
pub fn server_never_said_a_word(facts: &Facts<'_>) -> Answer {
    let holds =
        facts.sent_by() == Side::Server && !facts.server_spoke() && !facts.case.gaps.no_handshake;
    Answer::when(holds, Fact::ServerSilent, facts.server().syn)
}

/// Did both ends show that they knew of the connection?
pub fn both_sides_took_part(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.client().was_seen() && facts.server().was_seen(),
        Fact::WasEstablished,
        None,
    )
}

/// Does it answer a SYN,ACK that acknowledges the client's SYN and echoes its timestamp?
pub fn answers_acceptable_syn_ack(facts: &Facts<'_>) -> Answer {
    syn_ack_answered(facts, |trouble| trouble.is_none())
}

/// Does it answer a SYN,ACK that acknowledges something else, or echoes a timestamp that the client never sent?
pub fn answers_unacceptable_syn_ack(facts: &Facts<'_>) -> Answer {
    syn_ack_answered(facts, |trouble| trouble.is_some())
}

fn syn_ack_answered(facts: &Facts<'_>, wanted: impl Fn(Option<SynAckTrouble>) -> bool) -> Answer {
    let trigger = facts
        .form
        .answers
        .filter(|line| line.header.flags.syn() && line.header.flags.ack());
    let Some(line) = trigger else {
        return Answer::No;
    };
    if facts.client().isn.is_none() {
        return Answer::Hidden(Fact::SynCaptured);
    }
    let trouble = trouble_of(facts, &line.header);
    Answer::when(
        wanted(trouble),
        trouble.map_or(Fact::AnswersSynAck, Fact::SynAckUnacceptable),
        [line.record(), facts.case.reset.record],
    )
}

fn trouble_of(facts: &Facts<'_>, synack: &Header) -> Option<SynAckTrouble> {
    let isn = facts.client().isn?;
    if synack.ack != isn + 1 {
        return Some(SynAckTrouble::Acknowledgment {
            off_by: synack.ack.offset_from(isn + 1),
        });
    }
    let echo = synack.options.timestamps?.echo;
    let mut sent = facts
        .case
        .before
        .of(Side::Client)
        .filter(|line| line.header.flags.opens())
        .filter_map(|line| line.header.options.timestamps)
        .peekable();
    sent.peek()?;
    (!sent.any(|stamps| stamps.value == echo)).then_some(SynAckTrouble::TimestampEcho { echo })
}

/// Does it answer a bare ACK, in place of a SYN,ACK, that acknowledges something else than the client's SYN?
pub fn answers_ack_of_an_old_connection(facts: &Facts<'_>) -> Answer {
    let trigger = facts
        .form
        .answers
        .filter(|line| line.header.flags.ack() && !line.header.flags.syn());
    let Some((line, isn)) = trigger.zip(facts.client().isn) else {
        return Answer::No;
    };
    Answer::when(
        facts.client().first_ack.is_none() && line.header.ack != isn + 1,
        Fact::AnswersOldAck {
            off_by: line.header.ack.offset_from(isn + 1),
        },
        [line.record(), facts.case.reset.record],
    )
}

/// Did the server, which had answered the SYN, know nothing of the connection when the next segment came?
pub fn server_forgot_the_handshake(facts: &Facts<'_>) -> Answer {
    match (facts.sent_by(), is_reply(facts)) {
        (Side::Server, Answer::Yes(..)) => server_only_shook_hands(facts),
        _ => Answer::No,
    }
}

/// Was the connection never opened in this capture, nor spoken on by the side that reset it?
pub fn never_opened(facts: &Facts<'_>) -> Answer {
    Answer::when(
        facts.client().isn.is_none() && !facts.sender().was_seen(),
        Fact::NeverOpened,
        facts.form.answers.map(Recorded::record),
    )
}

/// Had the client waited, after the handshake, before it aborted?
pub fn client_waited(facts: &Facts<'_>) -> Answer {
    let nanos = facts
        .third_step()
        .map_or(0, |mark| facts.case.reset.time - mark.time);
    Answer::when(
        nanos > SECOND,
        Fact::SoonAfterHandshake { nanos },
        [facts.case.reset.record],
    )
}

/// Does the abort acknowledge no byte of what the client said?
pub fn reset_acknowledges_no_payload(facts: &Facts<'_>) -> Answer {
    let reset = &facts.case.reset;
    let nothing = facts.client().isn.is_some_and(|isn| isn + 1 == reset.ack);
    Answer::when(
        nothing && reset.flags.ack(),
        Fact::AcknowledgesNoPayload,
        [reset.record],
    )
}

/// Does the client's first segment after its SYN stand beyond that, so that the acknowledgment itself was not captured?
fn client_had_spoken_unseen(facts: &Facts<'_>) -> bool {
    let isn = facts.client().isn;
    let first = facts
        .case
        .before
        .of(Side::Client)
        .find(|line| !line.header.flags.syn());
    first
        .zip(isn)
        .is_some_and(|(line, isn)| (isn + 1).precedes(line.header.seq))
}

/// Did the server send its SYN,ACK more than once?
pub fn syn_ack_was_repeated(facts: &Facts<'_>) -> Answer {
    let repeated = facts.server().syn_repeated();
    Answer::when(
        repeated.is_some(),
        Fact::SynAckRepeated {
            times: facts.server().syn_repeats,
        },
        repeated,
    )
}
