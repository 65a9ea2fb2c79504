//! What each end's application sees, derived from its own state as a stack derives it; never from the other end's.
//!
//! A stack that obeys a reset maps its state to an error: a refused connect in SYN-SENT, a broken pipe after the peer's FIN, a
//! reset connection otherwise. So a reset behind a FIN never shows as a reset connection to a reader, and the reader says so here.

use super::{EndImpact, Ends, Failure, Failures};
use crate::case::EndpointView;
use crate::case::facts::{Accepted, Facts, Origin};
use crate::tcp::{SeqNumber, Side, State};

/// What both ends see. `cause` is the verdict's id: an abort by a timer reaches the application of the reset's own sender.
pub fn impact(facts: &Facts<'_>, cause: &str) -> Ends<EndImpact> {
    Ends {
        client: end(facts, Side::Client, cause),
        server: end(facts, Side::Server, cause),
    }
}

fn end(facts: &Facts<'_>, side: Side, cause: &str) -> EndImpact {
    let obeyed = matches!(facts.accepted, Accepted::Yes | Accepted::Unknown);
    let error = if side == facts.case.received_by() {
        failures(facts.receiver().state).filter(|_| obeyed)
    } else {
        own_failures(cause).filter(|_| facts.origin() != Origin::InPath)
    };
    EndImpact {
        error,
        unacknowledged_bytes: unacknowledged(facts, side),
        response_lost: response_lost(facts, side),
    }
}

/// What the calls of an end fail with that obeys a reset in `state`. `None`: there is no application to tell.
pub const fn failures(state: State) -> Option<Failures> {
    match state {
        State::SynSent => Some(Failures {
            connect: Some(REFUSED),
            read: None,
            write: None,
        }),
        State::Established => Some(Failures {
            connect: None,
            read: Some(RESET_READ),
            write: Some(RESET_WRITE),
        }),
        // Its own direction is closed: it can only read.
        State::FinWait1 | State::FinWait2 => Some(Failures {
            connect: None,
            read: Some(RESET_READ),
            write: None,
        }),
        // The FIN was there first, and what a reader gets after the last byte is the end of the stream.
        State::CloseWait => Some(Failures {
            connect: None,
            read: Some(END_READ),
            write: Some(PIPE_WRITE),
        }),
        // A half-open connection belongs to nobody yet; and whoever closed after the peer's FIN is not listening any more.
        State::Unseen
        | State::SynReceived
        | State::Closing
        | State::LastAck
        | State::TimeWait
        | State::Closed => None,
    }
}

/// What the application of the reset's own sender sees: something only where a timer or another program aborted its socket.
fn own_failures(cause: &str) -> Option<Failures> {
    let (read, write) = match cause {
        "keepalive-timeout" | "retransmit-timeout-abort" => (TIMED_OUT_READ, TIMED_OUT_WRITE),
        "socket-destroyed" => (ABORTED_READ, ABORTED_WRITE),
        _ => return None,
    };
    Some(Failures {
        connect: None,
        read: Some(read),
        write: Some(write),
    })
}

/// Payload bytes of `side` that no acknowledgment covered, the one in the reset included.
fn unacknowledged(facts: &Facts<'_>, side: Side) -> Option<u64> {
    let view = &facts.case.endpoints[side];
    let Some(end) = view.payload_end else {
        return view.was_seen().then_some(0);
    };
    Some(match acknowledged(facts, side) {
        Some(acked) if acked.precedes(end) => u64::from(end.distance_from(acked)),
        Some(_) => 0,
        None => view.payload_bytes,
    })
}

/// Up to where the other side has acknowledged what `side` sent.
fn acknowledged(facts: &Facts<'_>, side: Side) -> Option<SeqNumber> {
    let reset = &facts.case.reset;
    let by_reset =
        (side == facts.case.received_by() && reset.flags.ack() && facts.origin() != Origin::InPath)
            .then_some(reset.ack);
    match (facts.case.endpoints[side].snd_una, by_reset) {
        (Some(one), Some(other)) => Some(one.later(other)),
        (one, other) => one.or(other),
    }
}

fn response_lost(facts: &Facts<'_>, side: Side) -> Option<bool> {
    let server: &EndpointView = facts.server();
    let Some(last) = facts.last_turn() else {
        // Nothing was ever asked, as far as the capture goes.
        return (!facts.case.gaps.no_handshake).then_some(false);
    };
    match (side, last.from) {
        (Side::Client, Side::Client) => {
            (facts.accepted == Accepted::Yes || facts.sent_by() == Side::Client).then_some(true)
        }
        // The answer had begun: whole if the server had closed behind it or had the next word, and all of it arrived.
        (Side::Client, Side::Server) => {
            let arrived = unacknowledged(facts, Side::Server) == Some(0);
            (arrived && server.fin.is_some()).then_some(false)
        }
        (Side::Server, _) if server.first_payload.is_none() => Some(false),
        (Side::Server, _) => unacknowledged(facts, Side::Server).map(|bytes| bytes > 0),
    }
}

const REFUSED: Failure = Failure {
    errno: "ECONNREFUSED",
    java: Some("ConnectException: Connection refused"),
    node: Some("connect ECONNREFUSED"),
    go: Some("connect: connection refused"),
    python: Some("ConnectionRefusedError: [Errno 111] Connection refused"),
    curl: Some("(7) Failed to connect"),
    nginx: Some("connect() failed (111: Connection refused) while connecting to upstream"),
};
const RESET_READ: Failure = Failure {
    errno: "ECONNRESET",
    java: Some("SocketException: Connection reset"),
    node: Some("read ECONNRESET"),
    go: Some("read: connection reset by peer"),
    python: Some("ConnectionResetError: [Errno 104] Connection reset by peer"),
    curl: Some("(56) Recv failure: Connection reset by peer"),
    nginx: Some(
        "recv() failed (104: Connection reset by peer) while reading response header from upstream",
    ),
};
const RESET_WRITE: Failure = Failure {
    errno: "ECONNRESET",
    java: Some("SocketException: Connection reset by peer"),
    node: Some("write ECONNRESET"),
    go: Some("write: connection reset by peer"),
    python: Some("ConnectionResetError: [Errno 104] Connection reset by peer"),
    curl: Some("(55) Send failure: Connection reset by peer"),
    nginx: Some(
        "writev() failed (104: Connection reset by peer) while sending request to upstream",
    ),
};
const END_READ: Failure = Failure {
    errno: "EOF",
    java: Some("read() returns -1; HttpURLConnection: Unexpected end of file from server"),
    node: Some("'end' event; http: socket hang up (code ECONNRESET)"),
    go: Some("EOF"),
    python: Some("recv() returns b''; http.client: RemoteDisconnected"),
    curl: Some("(52) Empty reply from server"),
    nginx: Some(
        "upstream prematurely closed connection while reading response header from upstream",
    ),
};
const PIPE_WRITE: Failure = Failure {
    errno: "EPIPE",
    java: Some("SocketException: Broken pipe"),
    node: Some("write EPIPE"),
    go: Some("write: broken pipe"),
    python: Some("BrokenPipeError: [Errno 32] Broken pipe"),
    curl: Some("(55) Send failure: Broken pipe"),
    nginx: Some("writev() failed (32: Broken pipe) while sending request to upstream"),
};
const TIMED_OUT_READ: Failure = Failure {
    errno: "ETIMEDOUT",
    java: Some("SocketException: Connection timed out"),
    node: Some("read ETIMEDOUT"),
    go: Some("read: connection timed out"),
    python: Some("TimeoutError: [Errno 110] Connection timed out"),
    curl: Some("(56) Recv failure: Connection timed out"),
    nginx: Some(
        "recv() failed (110: Connection timed out) while reading response header from upstream",
    ),
};
const TIMED_OUT_WRITE: Failure = Failure {
    errno: "ETIMEDOUT",
    java: Some("SocketException: Connection timed out"),
    node: Some("write ETIMEDOUT"),
    go: Some("write: connection timed out"),
    python: Some("TimeoutError: [Errno 110] Connection timed out"),
    curl: Some("(55) Send failure: Connection timed out"),
    nginx: Some("writev() failed (110: Connection timed out) while sending request to upstream"),
};
const ABORTED_READ: Failure = Failure {
    errno: "ECONNABORTED",
    java: Some("SocketException: Software caused connection abort"),
    node: Some("read ECONNABORTED"),
    go: Some("read: software caused connection abort"),
    python: Some("ConnectionAbortedError: [Errno 103] Software caused connection abort"),
    curl: Some("(56) Recv failure: Software caused connection abort"),
    nginx: None,
};
const ABORTED_WRITE: Failure = Failure {
    errno: "ECONNABORTED",
    java: Some("SocketException: Software caused connection abort"),
    node: Some("write ECONNABORTED"),
    go: Some("write: software caused connection abort"),
    python: Some("ConnectionAbortedError: [Errno 103] Software caused connection abort"),
    curl: Some("(55) Send failure: Software caused connection abort"),
    nginx: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    /// State, then the errno of connect, read and write; `-` for a call that cannot fail there.
    const SEEN: [(State, [&str; 3]); 11] = [
        (State::Unseen, ["-", "-", "-"]),
        (State::SynSent, ["ECONNREFUSED", "-", "-"]),
        (State::SynReceived, ["-", "-", "-"]),
        (State::Established, ["-", "ECONNRESET", "ECONNRESET"]),
        (State::FinWait1, ["-", "ECONNRESET", "-"]),
        (State::FinWait2, ["-", "ECONNRESET", "-"]),
        (State::CloseWait, ["-", "EOF", "EPIPE"]),
        (State::Closing, ["-", "-", "-"]),
        (State::LastAck, ["-", "-", "-"]),
        (State::TimeWait, ["-", "-", "-"]),
        (State::Closed, ["-", "-", "-"]),
    ];

    #[test]
    fn each_state_gives_the_error_that_a_stack_gives() {
        for (state, expected) in SEEN {
            let failures = failures(state).unwrap_or_default();
            let seen = [failures.connect, failures.read, failures.write]
                .map(|failure| failure.map_or("-", |failure| failure.errno));
            assert_eq!(seen, expected, "{}", state.name());
        }
    }

    #[test]
    fn only_timers_and_third_programs_reach_the_senders_own_application() {
        let errno = |cause| own_failures(cause).and_then(|failures| failures.read);
        assert_eq!(errno("keepalive-timeout"), Some(TIMED_OUT_READ));
        assert_eq!(errno("socket-destroyed"), Some(ABORTED_READ));
        assert_eq!(errno("linger-zero-abort"), None);
    }
}
