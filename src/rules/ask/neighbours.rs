//! What went on around the connection.

use crate::case::facts::Facts;
use crate::case::{Happening, ServiceEvent, TwinEnd};
use crate::origin::{MILLISECOND, RecordId, SECOND};
use crate::rules::{Answer, Fact};
use crate::tcp::Side;
use std::net::SocketAddr;

/// Events of other connections of the service that lie within `nanos` of the reset.
pub fn events_near<'a>(facts: &Facts<'a>, nanos: i64) -> impl Iterator<Item = &'a ServiceEvent> {
    let at = facts.case.reset.time;
    facts
        .case
        .neighbourhood
        .events
        .iter()
        .filter(move |event| (event.time - at).abs() <= nanos)
}

/// How many other clients' connections one of these events befell, and its records.
pub fn clients_of<'a>(
    events: impl Iterator<Item = &'a ServiceEvent>,
    is: impl Fn(&Happening) -> bool,
) -> (usize, Vec<RecordId>) {
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

/// Did the connections of the service that stay complete their handshakes before all those that were reset, as a queue fills up?
pub fn queue_filled_in_order(facts: &Facts<'_>) -> Answer {
    let events = &facts.case.neighbourhood.events;
    let lost = |client: SocketAddr| {
        events.iter().any(|event| {
            event.client == client
                && matches!(
                    event.what,
                    Happening::Disowned {
                        only_handshake: true
                    }
                )
        })
    };
    let ended = |client: SocketAddr| {
        let gone = |what| {
            matches!(
                what,
                Happening::Disowned { .. } | Happening::Aborted { .. } | Happening::Finished { .. }
            )
        };
        events.iter().any(|event| {
            event.client == client && gone(event.what) && event.time <= facts.case.reset.time
        })
    };
    let completed = || {
        events
            .iter()
            .filter(|event| event.what == Happening::Completed)
    };
    let own = facts
        .third_step()
        .map_or(facts.case.reset.record, |mark| mark.record);
    let first_lost = completed()
        .filter(|event| lost(event.client))
        .map(|event| event.record)
        .min()
        .map_or(own, |first| first.min(own));
    let survivors = || completed().filter(|event| !lost(event.client) && !ended(event.client));
    let (before, records) = clients_of(
        survivors().filter(|event| event.record < first_lost),
        |_| true,
    );
    let among = survivors().any(|event| event.record > first_lost);
    let refused = events.iter().any(|event| event.what == Happening::Refused);
    Answer::when(
        before > 0 && !among && !refused,
        Fact::QueueFilledInOrder { before },
        records,
    )
}

/// Did other handshakes complete after this one had been answered with a reset, and live?
pub fn others_succeeded_after(facts: &Facts<'_>) -> Answer {
    let events = &facts.case.neighbourhood.events;
    let disowned = |client: SocketAddr| {
        events
            .iter()
            .any(|event| event.client == client && matches!(event.what, Happening::Disowned { .. }))
    };
    let reset = facts.case.reset.record;
    let (connections, records) = clients_of(
        events
            .iter()
            .filter(|event| event.record > reset && !disowned(event.client)),
        |what| *what == Happening::Completed,
    );
    Answer::when(
        connections > 0,
        Fact::OthersSucceeded { connections },
        records,
    )
}

/// Does the silence before the close agree with what the service shows in other connections?
pub fn silence_is_the_service_timeout(facts: &Facts<'_>) -> Answer {
    let clock = facts.case.neighbourhood.service.closes_after;
    let idle = facts
        .idle_before_fin()
        .or_else(|| facts.idle_before_last_turn());
    let agrees = |nanos: i64| {
        let slack = (clock.longest / 33).max(SECOND / 2);
        nanos >= clock.shortest - slack && nanos <= clock.longest + slack
    };
    Answer::when(
        clock.count >= 2 && idle.is_some_and(|idle| agrees(idle.nanos)),
        Fact::IdleTimeoutOfService {
            shortest: clock.shortest,
            longest: clock.longest,
            count: clock.count,
        },
        None,
    )
}

/// Does the silence before the close agree with what the server announced by `Keep-Alive: timeout=`? Its timer may add a second of grace.
pub fn silence_is_the_announced_timeout(facts: &Facts<'_>) -> Answer {
    let idle = facts
        .idle_before_fin()
        .or_else(|| facts.idle_before_last_turn());
    let (Some(seconds), Some(idle)) = (facts.announced_keep_alive(), idle) else {
        return Answer::No;
    };
    let late = idle.nanos - i64::from(seconds) * SECOND;
    Answer::when(
        (-SECOND / 10..=SECOND + SECOND / 2).contains(&late),
        Fact::AnnouncedTimeout {
            nanos: idle.nanos,
            seconds,
        },
        None,
    )
}

/// Did other connections, on which the server had never spoken, end in the same instant, and its listener answer nobody in between?
pub fn others_aborted_unserved(facts: &Facts<'_>) -> Answer {
    if facts.server_spoke() {
        return Answer::No;
    }
    let own = facts.case.reset.record;
    let answered = facts
        .case
        .neighbourhood
        .events
        .iter()
        .filter(|event| event.what == Happening::Answered)
        .map(|event| event.record)
        .chain(facts.server().syn);
    let answered: Vec<RecordId> = answered.collect();
    if service_answers_soon_after(facts) {
        return Answer::No; // A listener that was closed answers nobody.
    }
    let together = events_near(facts, ONE_INSTANT).filter(|event| {
        let (first, last) = (event.record.min(own), event.record.max(own));
        !answered.iter().any(|record| (first..last).contains(record))
    });
    let (connections, records) = clients_of(together, |what| {
        *what == Happening::Aborted { silent: true }
    });
    Answer::when(
        connections > 0,
        Fact::OthersAborted { connections },
        records,
    )
}

/// Did other connections of the service end by FIN in the same instant?
pub fn others_finished_at_once(facts: &Facts<'_>) -> Answer {
    let (connections, records) = clients_of(events_near(facts, ONE_ACT), |what| {
        matches!(what, Happening::Finished { .. })
    });
    Answer::when(
        connections > 0,
        Fact::OthersFinished { connections },
        records,
    )
}

/// Did other connections of the service end by FIN in the same instant, and was the port refused right after: did its process end?
pub fn process_ended(facts: &Facts<'_>) -> Answer {
    match port_closed_soon_after(facts) {
        Answer::Yes(..) if facts.sent_by() == Side::Server => others_finished_at_once(facts),
        _ => Answer::No,
    }
}

/// Was a SYN to the port refused soon after the reset, and none answered in between? Hidden where nobody asked in that time.
pub fn port_closed_soon_after(facts: &Facts<'_>) -> Answer {
    let reset = &facts.case.reset;
    let next = facts.case.neighbourhood.events.iter().find(|event| {
        event.record > reset.record
            && matches!(event.what, Happening::Answered | Happening::Refused)
    });
    match next {
        Some(event) if event.time - reset.time <= CLOSES_WITHIN => Answer::when(
            event.what == Happening::Refused,
            Fact::PortRefusedAfter {
                nanos: event.time - reset.time,
            },
            [event.record],
        ),
        _ => Answer::Hidden(Fact::PortAskedAfter),
    }
}

/// Are clients of other hosts answered by the port, both just before and just after it refused this one? A service that is down refuses all.
pub fn others_are_answered_meanwhile(facts: &Facts<'_>) -> Answer {
    let (reset, own) = (&facts.case.reset, facts.case.connection.client.ip());
    let answered = |is_after: bool| {
        facts.case.neighbourhood.events.iter().find(move |event| {
            let near = (event.time - reset.time).abs() <= CLOSES_WITHIN;
            event.what == Happening::Answered
                && near
                && event.client.ip() != own
                && (event.record > reset.record) == is_after
        })
    };
    match (answered(false), answered(true)) {
        (Some(before), Some(after)) => {
            Answer::Yes(Fact::PortAnswersOthers, vec![before.record, after.record])
        }
        _ => Answer::No,
    }
}

/// Did the service answer a new connection within a second after the reset?
fn service_answers_soon_after(facts: &Facts<'_>) -> bool {
    let reset = &facts.case.reset;
    facts.case.neighbourhood.events.iter().any(|event| {
        event.record > reset.record
            && event.what == Happening::Answered
            && event.time - reset.time <= CLOSES_WITHIN
    })
}

/// Did the service answer new connections after the reset?
pub fn service_goes_on(facts: &Facts<'_>) -> Answer {
    let after = facts
        .case
        .neighbourhood
        .events
        .iter()
        .filter(|event| event.record > facts.case.reset.record);
    let (connections, records) = clients_of(after, |what| *what == Happening::Answered);
    Answer::when(
        connections > 0,
        Fact::OthersSucceeded { connections },
        records,
    )
}

/// Do the numbers of the segment that the reset answers continue another connection?
pub fn continues_another_connection(facts: &Facts<'_>, differs: TwinEnd) -> Answer {
    let twin = facts
        .case
        .neighbourhood
        .twin
        .filter(|twin| twin.differs == differs);
    match twin {
        Some(twin) => Answer::Yes(
            Fact::ContinuesAnother {
                client: twin.client,
                server: twin.server,
            },
            vec![twin.last.record],
        ),
        None => Answer::No,
    }
}

/// Was another leg, which carried the same bytes, reset just before?
pub fn other_leg_was_reset(facts: &Facts<'_>) -> Answer {
    match facts.case.neighbourhood.other_leg {
        Some(leg) => Answer::Yes(
            Fact::OtherLeg {
                remote: leg.remote,
                before: facts.case.reset.time - leg.time,
            },
            vec![leg.record],
        ),
        None => Answer::No,
    }
}

/// Things that one act does to many connections lie within this; measured spreads of a closing listener or a dying process are far
/// below it, those of separate acts mostly above.
const ONE_INSTANT: i64 = 100 * MILLISECOND;
/// A dying process closes its sockets one right after the other; a neighbour's ordinary FIN seldom falls so close; chosen.
const ONE_ACT: i64 = 20 * MILLISECOND;
/// A port that is refused within this after a reset was closed by what caused the reset; the taxonomy's line.
const CLOSES_WITHIN: i64 = SECOND;
