//! [`Refusal`]: the short file on a SYN that was refused, where nothing else is known of its connection.

use super::{ConnectionId, Gaps, HostHabits, ServiceHabits};
use crate::tcp::{Header, Pair};

/// A SYN and the reset that answered it in the form of a refusal, of a service that does nothing but refuse: what a scan and a service that is
/// down leave behind, by the million. It holds all that a [`ResetCase`](super::ResetCase) of the two would, but for what other connections met
/// at the same service: refusals too.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Whose SYN it was, and who refused it.
    pub connection: ConnectionId,
    /// The SYN.
    pub syn: Header,
    /// The reset.
    pub reset: Header,
    /// What the capture did not show.
    pub gaps: Gaps,
    /// What the service usually does.
    pub service: ServiceHabits,
    /// What the two hosts usually do.
    pub hosts: Pair<HostHabits>,
}
