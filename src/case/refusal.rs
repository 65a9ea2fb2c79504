//! [`Refusal`]: the short file on a SYN that was refused, where nothing else is known of its connection.

use super::{ConnectionId, Gaps, HostHabits, ServiceHabits};
use crate::origin::{RecordId, Timestamp};
use crate::tcp::{Checksum, Encapsulation, Flags, Header, IpFacts, Options, SeqNumber};
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
    pub answer: Answer,
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

/// What of the header of a refusal does not follow from its SYN.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// See [`Header::record`].
    pub record: RecordId,
    /// See [`Header::time`].
    pub time: Timestamp,
    /// See [`Header::ip`].
    pub ip: IpFacts,
    /// See [`Header::checksum`].
    pub checksum: Checksum,
}

impl Answer {
    /// The control bits of a refusal.
    const FLAGS: Flags = Flags::from_bits(Flags::RST.bits() | Flags::ACK.bits());

    /// The refusal of `syn` that is meant by `header`; `None` where it has another form than that which a host without a listener sends.
    pub fn to(syn: &Header, header: &Header) -> Option<Self> {
        let refuses = header.flags == Self::FLAGS
            && header.seq.value() == 0
            && header.ack == syn.seq_end()
            && header.window == 0
            && header.payload_len == 0
            && header.options == Options::none();
        refuses.then_some(Self {
            record: header.record,
            time: header.time,
            ip: header.ip,
            checksum: header.checksum,
        })
    }

    /// The whole header of the refusal of `syn`.
    pub fn header(&self, syn: &Header) -> Header {
        Header {
            record: self.record,
            time: self.time,
            ip: self.ip,
            seq: SeqNumber::new(0),
            ack: syn.seq_end(),
            flags: Self::FLAGS,
            window: 0,
            options: Options::none(),
            payload_len: 0,
            checksum: self.checksum,
        }
    }
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
