//! [`Refusal`]: the short file on a SYN that was refused, where nothing else is known of its connection.

use super::{ConnectionId, Gaps, HostHabits, ServiceHabits};
use crate::tcp::{Encapsulation, Header};
use std::net::SocketAddr;

/// A SYN without any wrapping and the reset that answered it in the form of a refusal, of a service that does nothing but refuse: what a scan and a service that is
/// down leave behind, by the million. It holds all that a [`ResetCase`](super::ResetCase) of the two would, but for what other connections met
/// at the same service, refusals too, and for what the client's host usually does, of which nobody asks where the client has said one thing.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Whose SYN it was.
    pub client: SocketAddr,
    /// Who refused it.
    pub server: SocketAddr,
    /// The SYN.
    pub syn: Header,
    /// The reset.
    pub reset: Header,
    /// See [`Gaps::settled_early`].
    pub settled_early: bool,
    /// See [`Gaps::clock_stepped`].
    pub clock_stepped: bool,
    /// See [`Gaps::records_dropped`].
    pub records_dropped: bool,
    /// SYNs that the service has refused by now.
    pub refused: u64,
    /// What its host usually does.
    pub host: HostHabits,
}

impl Refusal {
    /// The connection that was asked for.
    pub fn connection(&self) -> ConnectionId {
        ConnectionId {
            client: self.client,
            server: self.server,
            encapsulation: Encapsulation::default(),
            roles_known: true,
        }
    }

    /// What the service usually does.
    pub fn service(&self) -> ServiceHabits {
        ServiceHabits {
            refused: self.refused,
            ..ServiceHabits::default()
        }
    }

    /// What the capture did not show.
    pub fn gaps(&self) -> Gaps {
        Gaps {
            sender_unseen: true,
            settled_early: self.settled_early,
            clock_stepped: self.clock_stepped,
            records_dropped: self.records_dropped,
            ..Gaps::default()
        }
    }
}
