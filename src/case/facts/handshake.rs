//! The opening of the connection, as far as it was captured.

use super::super::{Line, Mark};
use super::Facts;
use crate::tcp::Side;

impl<'a> Facts<'a> {
    /// The SYN,ACKs that were captured, the first one first.
    pub fn syn_acks(&self) -> impl Iterator<Item = &'a Line> {
        self.case
            .before
            .of(Side::Server)
            .filter(|line| line.header.flags.syn() && line.header.flags.ack())
    }

    /// The client's acknowledgment of the SYN,ACK, or the first segment that bears it.
    pub fn third_step(&self) -> Option<Mark> {
        self.server().syn?;
        self.client().first_ack
    }

    /// SYN,ACKs that the server sent again although the client's acknowledgment had been captured before.
    pub fn unheeded_acks(&self) -> Vec<&'a Line> {
        let Some(acked) = self.third_step() else {
            return Vec::new();
        };
        let travel = self
            .server()
            .response_time
            .or_else(|| self.syn_to_syn_ack())
            .unwrap_or(0);
        self.syn_acks()
            .skip(1)
            .filter(|line| line.header.time - acked.time > travel)
            .collect()
    }

    /// The time from the latest SYN to the SYN,ACK after it: what the path takes at least, where no clean measurement was possible.
    fn syn_to_syn_ack(&self) -> Option<i64> {
        let synack = self.syn_acks().next()?;
        let mut asked = self
            .case
            .before
            .of(Side::Client)
            .filter(|line| line.header.flags.opens());
        let syn = asked.rfind(|line| line.header.record < synack.header.record)?;
        Some(synack.header.time - syn.header.time)
    }

    /// The server acknowledged payload of the client, so the connection had left the listener.
    pub fn server_acknowledged_payload(&self) -> bool {
        let (client, server) = (self.client(), self.server());
        client
            .isn
            .zip(server.rcv_nxt)
            .is_some_and(|(isn, ack)| client.payload_bytes > 0 && (isn + 1).precedes(ack))
    }

    /// The server has said something of its own: payload or FIN, captured or only acknowledged by the client.
    pub fn server_spoke(&self) -> bool {
        let server = self.server();
        let unseen = server
            .isn
            .zip(server.snd_una)
            .is_some_and(|(isn, heard)| (isn + 1).precedes(heard));
        server.first_payload.is_some() || server.fin.is_some() || unseen
    }

    /// The connection was established, or had been when the capture began.
    pub fn was_established(&self) -> bool {
        let (client, server) = (self.client(), self.server());
        if self.case.gaps.no_handshake {
            client.was_seen() || server.was_seen()
        } else {
            client.first_ack.is_some() && (server.syn.is_some() || server.was_seen())
        }
    }
}
