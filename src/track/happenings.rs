//! What of a connection its service should know: what [`Happening`]s its segments are.

use super::connection::Connection;
use crate::case::{Happening, Nature};
use crate::tcp::{Header, Side};

/// What of this connection its service has been told already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reported {
    completed: bool,
    served: bool,
    unheeded: bool,
}

impl Connection {
    /// What concerns the service, asked before the segment is counted.
    pub(super) fn before_state(
        &self,
        side: Side,
        header: &Header,
        nature: Nature,
        happenings: &mut Vec<Happening>,
    ) {
        let (client, server) = (&self.endpoints.client, &self.endpoints.server);
        match side {
            Side::Client if header.flags.opens() => {
                happenings.push(if client.isn == Some(header.seq) && !server.was_seen() {
                    Happening::AskedAgain
                } else {
                    Happening::Asked
                });
            }
            Side::Server if header.flags.syn() && server.isn != Some(header.seq) => {
                happenings.push(Happening::Answered);
            }
            Side::Server
                if header.flags.fin()
                    && server.fin.is_none()
                    && nature != Nature::Retransmission =>
            {
                let last = self.turns.current();
                happenings.push(Happening::Finished {
                    request_open: header.payload_len == 0
                        && last.is_some_and(|turn| turn.from == Side::Client),
                });
            }
            _ => {}
        }
    }

    /// What concerns the service, once, asked after the segment is counted.
    pub(super) fn after_state(
        &mut self,
        side: Side,
        header: &Header,
        happenings: &mut Vec<Happening>,
    ) {
        let (client, server) = (&self.endpoints.client, &self.endpoints.server);
        if !self.reported.completed
            && side == Side::Client
            && client.first_ack.is_some()
            && server.syn.is_some()
        {
            self.reported.completed = true;
            happenings.push(Happening::Completed);
        }
        if !self.reported.served
            && side == Side::Server
            && (server.first_payload.is_some() || self.payload_was_acknowledged())
        {
            self.reported.served = true;
            happenings.push(Happening::Served);
        }
        if !self.reported.unheeded
            && side == Side::Server
            && header.flags.syn()
            && server.syn_repeats > 0
            && client.first_ack.is_some()
        {
            self.reported.unheeded = true;
            happenings.push(Happening::Unheeded);
        }
    }

    /// The server acknowledged more of the client than its SYN.
    fn payload_was_acknowledged(&self) -> bool {
        let (client, server) = (&self.endpoints.client, &self.endpoints.server);
        client
            .isn
            .zip(server.rcv_nxt)
            .is_some_and(|(isn, ack)| (isn + 1).precedes(ack))
    }

    /// What the service should know of a reset in this connection.
    pub fn happening_of(&self, side: Side, header: &Header) -> Option<Happening> {
        if side != Side::Server {
            return None;
        }
        let server = &self.endpoints.server;
        let to_syn =
            self.endpoints.client.syn.is_some() && server.syn.is_none() && header.flags.ack();
        let acknowledged = self.payload_was_acknowledged();
        Some(if to_syn {
            Happening::Refused
        } else if header.flags.ack() {
            Happening::Aborted {
                silent: server.first_payload.is_none() && server.fin.is_none(),
            }
        } else {
            Happening::Disowned {
                only_handshake: server.first_payload.is_none()
                    && !acknowledged
                    && server.fin.is_none(),
            }
        })
    }
}
