//! After which silence connections are closed or forgotten.

use super::{agreeing, cluster, measure, series, spread};
use crate::case::{Habits, Samples};
use crate::incidents::kind::Kind;
use crate::incidents::known::{self, MIDDLEBOXES, SERVERS};
use crate::origin::SECOND;
use crate::report::Finding;
use crate::report::words::{count, duration};

/// The idle timeout behind resets of reused or idle connections.
pub fn timeout(kind: &Kind, habits: Option<&Habits>) -> Option<Finding> {
    let none = Samples::default();
    let (closed, survived) = habits.map_or((&none, &none), |own| (&own.closed, &own.survived));
    match kind.trio.cause {
        "server-timeout-abort" => patience(kind),
        "keepalive-idle-race" => by_closes(kind, closed, survived)
            .filter(|_| agree(closed, &kind.idle))
            .or_else(|| by_races(kind, survived)),
        "stale-connection-reuse"
        | "data-after-close"
        | "half-close-expired"
        | "unread-data-close" => by_closes(kind, closed, survived),
        "lb-idle-timeout" | "peer-gone" | "nat-mapping-lost" => {
            by_closes(kind, closed, survived).or_else(|| by_losses(kind, survived))
        }
        _ => None,
    }
}

/// The service shows its timeout by its own closes.
fn by_closes(kind: &Kind, closed: &Samples, survived: &Samples) -> Option<Finding> {
    let (low, middle, high) = cluster(closed, 1)?;
    let known = known::matching(SERVERS, middle);
    let after = duration(middle);
    let mut text = match closed.count {
        1 => format!("The service closed an idle connection after {after}"),
        many => format!(
            "The service closes idle connections after {after} ({})",
            spread(low, high, count(many, "close", "closes"))
        ),
    };
    text = agreeing(text, &known);
    if !survived.is_empty() && survived.longest < high {
        text = format!(
            "{text}; requests after up to {} were still answered",
            duration(survived.longest)
        );
    }
    let used = survived.longest.max(kind.idle.longest);
    if used > 0 {
        text = format!(
            "{text}. Clients reused connections that had been idle for up to {}",
            duration(used)
        );
    }
    text = with_advice(text, "let them", middle);
    Some(finding(
        "idle-timeout",
        text,
        (low, middle, high),
        known,
        closed,
        survived,
        &kind.idle,
    ))
}

/// No close was seen that a request did not meet: the silences before those requests are the timeout.
fn by_races(kind: &Kind, survived: &Samples) -> Option<Finding> {
    let (low, middle, high) = cluster(&kind.idle, 1)?;
    let known = known::matching(SERVERS, middle);
    let text = format!(
        "Requests met the close of the service after {} of silence ({})",
        duration(middle),
        spread(low, high, count(kind.idle.count, "request", "requests"))
    );
    let text = with_advice(agreeing(text, &known), "let clients", middle);
    Some(finding(
        "idle-timeout",
        text,
        (low, middle, high),
        known,
        &Samples::default(),
        survived,
        &kind.idle,
    ))
}

/// Whether the silences before the closes and those before the requests that met one come from one timer: where they do not, the closes
/// were others.
fn agree(closed: &Samples, met: &Samples) -> bool {
    match (cluster(closed, 1), cluster(met, 1)) {
        (Some((_, one, _)), Some((_, other, _))) => {
            (one - other).abs() <= (one / 10).max(SECOND / 2)
        }
        _ => true,
    }
}

/// When clients must let go of a connection that the service keeps for `timeout` nanoseconds, where there is time for it.
fn with_advice(text: String, let_them: &str, timeout: i64) -> String {
    let keep = timeout - (timeout / 10).max(SECOND / 2);
    if keep <= 0 {
        return text;
    }
    format!(
        "{text}: {let_them} drop idle connections before {}",
        duration(keep)
    )
}

/// Nothing closes, yet from some silence on the connection is lost: something forgot it.
fn by_losses(kind: &Kind, survived: &Samples) -> Option<Finding> {
    let lost = &kind.idle;
    let told = !survived.is_empty() || lost.shortest >= LONG;
    if lost.is_empty() || !told || survived.longest >= lost.shortest {
        return None;
    }
    let known = if survived.is_empty() {
        known::matching(MIDDLEBOXES, lost.shortest)
    } else {
        known::between(MIDDLEBOXES, survived.longest, lost.shortest)
    };
    let begin = if survived.is_empty() {
        format!(
            "No connection survived a silence of {} or more",
            duration(lost.shortest)
        )
    } else {
        format!(
            "Silences of up to {} were survived, those of {} or more were not",
            duration(survived.longest),
            duration(lost.shortest)
        )
    };
    let text = agreeing(
        format!("{begin}: something forgets idle connections in between, without a word"),
        &known,
    );
    let range = (survived.longest, lost.shortest, lost.shortest);
    Some(finding(
        "silent-idle-timeout",
        text,
        range,
        known,
        &Samples::default(),
        survived,
        lost,
    ))
}

/// How long the service waits for a request before it gives up.
fn patience(kind: &Kind) -> Option<Finding> {
    let (low, middle, high) = cluster(&kind.quiet, 2)?;
    let known = known::matching(SERVERS, middle);
    let text = format!(
        "The service gave up after {} without payload ({})",
        duration(middle),
        spread(
            low,
            high,
            count(kind.quiet.count, "connection", "connections")
        )
    );
    Some(Finding {
        kind: "server-timeout",
        statement: agreeing(text, &known),
        samples: kind.quiet.count,
        measure: Some(measure(
            "patience of the service",
            (low, middle, high),
            known,
            series("reset", &kind.quiet).into_iter().collect(),
        )),
    })
}

fn finding(
    name: &'static str,
    statement: String,
    range: (i64, i64, i64),
    known: Vec<&'static str>,
    closed: &Samples,
    survived: &Samples,
    lost: &Samples,
) -> Finding {
    let all = [
        series("answered", survived),
        series("closed by the service", closed),
        series("reset", lost),
    ];
    Finding {
        kind: name,
        statement,
        samples: closed.count + survived.count + lost.count,
        measure: Some(measure(
            "idle timeout",
            range,
            known,
            all.into_iter().flatten().collect(),
        )),
    }
}

/// No common middlebox forgets a connection sooner; without a survivor to compare with, shorter silences say nothing.
const LONG: i64 = 30 * SECOND;
