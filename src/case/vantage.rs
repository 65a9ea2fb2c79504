//! [`Vantage`]: where on a connection's path it was captured.
//!
//! Hop limits leave their senders at 64, 128 or 255, and each router takes one: an endpoint whose segments still bear such a number is on the
//! same link. Where that says nothing, times do: the nearer end answers sooner, as the capture point sees it.

use super::EndpointView;
use crate::origin::MICROSECOND;
use crate::tcp::Pair;

/// Where a connection was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vantage {
    /// At the client, or on its link.
    Client,
    /// At the server, or on its link. On a relay this is said of the connections that it accepts, and the other of those that it opens.
    Server,
    /// With routers to both sides.
    Between,
    /// The marks are missing, or they disagree.
    Unknown,
}

impl Vantage {
    /// Where the connection of these two was captured.
    pub fn of(endpoints: &Pair<EndpointView>) -> Self {
        let (hops, times) = (by_hop_limits(endpoints), by_times(endpoints));
        match (hops, times) {
            (Self::Client, Self::Server) | (Self::Server, Self::Client) => Self::Unknown,
            (Self::Unknown, times) => match (times, by_checksums(endpoints)) {
                (Self::Unknown, checksums) => checksums,
                (times, _) => times,
            },
            (hops, _) => hops,
        }
    }
}

fn by_hop_limits(endpoints: &Pair<EndpointView>) -> Vantage {
    let on_link = |view: &EndpointView| {
        let steady = view.hop_limit.filter(|_| !view.hop_limit_varies)?;
        Some(matches!(steady, 64 | 128 | 255))
    };
    match (on_link(&endpoints.client), on_link(&endpoints.server)) {
        (Some(true), Some(false)) => Vantage::Client,
        (Some(false), Some(true)) => Vantage::Server,
        (Some(false), Some(false)) => Vantage::Between,
        _ => Vantage::Unknown,
    }
}

/// The server's time is that from SYN to SYN,ACK, or from a request to its acknowledgment; the client's that from SYN,ACK to ACK, and so on.
fn by_times(endpoints: &Pair<EndpointView>) -> Vantage {
    let (client, server) = (
        endpoints.client.response_time,
        endpoints.server.response_time,
    );
    let much_sooner = |one: i64, other: i64| one < other / 4 && other - one > TELLING;
    match client.zip(server) {
        Some((client, server)) if much_sooner(client, server) => Vantage::Client,
        Some((client, server)) if much_sooner(server, client) => Vantage::Server,
        _ => Vantage::Unknown,
    }
}

/// An interface that computes checksums leaves them undone in what is captured before it: at the sender.
fn by_checksums(endpoints: &Pair<EndpointView>) -> Vantage {
    let undone = |view: &EndpointView| view.checksums.wrong > 0 && view.checksums.right == 0;
    let done = |view: &EndpointView| view.checksums.right > 0 && view.checksums.wrong == 0;
    match (&endpoints.client, &endpoints.server) {
        (client, server) if undone(client) && done(server) => Vantage::Client,
        (client, server) if done(client) && undone(server) => Vantage::Server,
        _ => Vantage::Unknown,
    }
}

/// Below this a difference of response times may be that of two machines, and not of two paths; chosen.
const TELLING: i64 = 200 * MICROSECOND;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit;

    fn vantage(story: &str) -> Vantage {
        Vantage::of(&testkit::case(story).endpoints)
    }

    fn refused_after(ttl: (u8, u8), times: (f64, f64)) -> String {
        let (client, server) = ttl;
        let (answer, ack) = (times.0, times.0 + times.1);
        format!(
            "0.000000 client > server SYN seq 0 ttl {client}
             {answer:.6} server > client SYN,ACK seq 0 ack 1 ttl {server}
             {ack:.6} client > server ACK seq 1 ack 1 ttl {client}
             5.000000 server > client RST,ACK seq 1 ack 1 ttl {server}"
        )
    }

    #[test]
    fn an_untouched_hop_limit_is_that_of_the_link() {
        let far = (0.010, 0.010);
        assert_eq!(vantage(&refused_after((64, 57), far)), Vantage::Client);
        assert_eq!(vantage(&refused_after((119, 64), far)), Vantage::Server);
        assert_eq!(vantage(&refused_after((63, 254), far)), Vantage::Between);
    }

    #[test]
    fn where_hop_limits_do_not_tell_the_nearer_end_answers_sooner() {
        assert_eq!(
            vantage(&refused_after((64, 64), (0.010, 0.000_1))),
            Vantage::Client
        );
        assert_eq!(
            vantage(&refused_after((64, 64), (0.000_1, 0.010))),
            Vantage::Server
        );
        assert_eq!(
            vantage(&refused_after((64, 64), (0.000_1, 0.000_1))),
            Vantage::Unknown
        );
        assert_eq!(
            vantage(&refused_after((64, 57), (0.000_1, 0.010))),
            Vantage::Unknown
        );
    }
}
