//! What a service did to many connections at once: a full accept queue, and the end of its process.

use super::counted;
use crate::case::Habits;
use crate::incidents::few::Few;
use crate::incidents::kind::Kind;
use crate::report::Finding;
use crate::report::words::{count, duration, grouped};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A full accept queue, where two of its signs were seen.
pub fn accept_queue(kind: &Kind, habits: &Habits) -> Option<Finding> {
    let bears = matches!(
        kind.trio.cause,
        "accept-queue-overflow"
            | "accept-queue-abort"
            | "handshake-state-lost"
            | "listener-closed"
            | "undetermined"
    );
    let shakes = habits.handshakes;
    let signs = [
        (
            shakes.unheeded,
            "handshake went unheeded (its SYN,ACK was repeated after the client's ACK)",
            "handshakes went unheeded (their SYN,ACK was repeated after the client's ACK)",
        ),
        (
            shakes.asked_again,
            "SYN had to be sent again",
            "SYNs had to be sent again",
        ),
        (
            shakes.disowned,
            "client was reset of whom the service had taken no more than the handshake",
            "clients were reset of whom the service had taken no more than the handshake",
        ),
    ];
    let seen: Vec<String> = signs
        .iter()
        .filter(|(times, ..)| *times > 0)
        .map(|(times, one, many)| count(*times, one, many))
        .collect();
    if !bears || seen.len() < 2 || shakes.unheeded + shakes.asked_again == 0 {
        return None;
    }
    let lasted = shakes
        .pressed_from
        .zip(shakes.pressed_until)
        .map_or(0, |(from, until)| until - from);
    let text = format!(
        "The accept queue was full for {}: {}; {} completed in the whole capture",
        duration(lasted),
        seen.join(", "),
        count(shakes.completed, "handshake was", "handshakes were")
    );
    let samples = shakes.unheeded + shakes.asked_again + shakes.disowned;
    Some(counted("accept-queue", text, samples))
}

/// Many connections ended at one instant, and how long until the port answered again.
pub fn exit(kind: &Kind, habits: Option<&Habits>) -> Option<Finding> {
    let (together, within) = kind.burst;
    let ends = matches!(kind.trio.cause, "process-exit" | "listener-closed");
    if !ends || together < 2 {
        return None;
    }
    let mut text = format!(
        "{} of {} came within {}",
        together,
        count(kind.count, "reset", "resets"),
        duration(within)
    );
    if let Some(habits) = habits
        && habits.handshakes.refused > 0
    {
        let refused = count(habits.handshakes.refused, "SYN", "SYNs");
        text = match habits.handshakes.answered_after {
            Some(again) => format!(
                "{text}; the port then refused {refused}, and answered again {} after the first reset",
                duration(again.nanos() - kind.first.nanos())
            ),
            None => format!("{text}; the port refused {refused}, and was not seen to answer again"),
        };
    }
    Some(counted("process-exit", text, together))
}

/// Connections that their server had forgotten all at once: it was restarted, or another machine has its address.
pub fn restart(kind: &Kind) -> Option<Finding> {
    let hosts: BTreeSet<IpAddr> = kind.services.iter().map(std::net::SocketAddr::ip).collect();
    let one_host = hosts
        .first()
        .filter(|_| hosts.len() == 1 && kind.services_complete)?;
    let forgotten = kind.trio.cause == "peer-gone" && kind.trio.sender == "server";
    if !forgotten || kind.count < SEVERAL {
        return None;
    }
    let (now, before) = &kind.hops;
    let list = |hops: &Few<u8>| {
        hops.iter()
            .map(|hop_limit| hop_limit.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let another = !before.is_empty() && !now.iter().any(|hop_limit| before.contains(hop_limit));
    let end = if another {
        format!(
            "; it answers with hop limit {} where it had {} before: another machine has taken over the address",
            list(now),
            list(before)
        )
    } else {
        ": it was restarted, or another machine has taken over the address".into()
    };
    let text = format!(
        "{one_host} had forgotten {} when they were used again, within {}{end}",
        count(kind.count, "connection", "connections"),
        duration(kind.last.since(kind.first).nanos()),
    );
    Some(counted("host-restart", text, kind.count))
}

/// Handshakes without what a SYN cookie has no room for, where lost ones are the trouble.
pub fn syn_cookies(kind: &Kind) -> Option<Finding> {
    let bears = matches!(
        kind.trio.cause,
        "handshake-state-lost" | "accept-queue-overflow" | "accept-queue-abort"
    );
    let applies = bears && kind.cookies * 2 > kind.count;
    applies.then(|| {
        let text = format!(
            "{} of {} were opened without the window scale and the SACK that their client had offered, as SYN cookies open them: a queue of \
             half-open connections that is full, or a service that knows neither; the host tells which (nstat -az 'TcpExtSyncookies*')",
            grouped(kind.cookies),
            count(kind.count, "connection", "connections")
        );
        counted("syn-cookies", text, kind.cookies)
    })
}

/// Connections that do not fail together by chance. Chosen.
const SEVERAL: u64 = 3;
