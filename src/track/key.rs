//! [`Key`]: by what a segment's connection is found.

use crate::case::ConnectionId;
use crate::tcp::{Encapsulation, Flow, Segment};
use std::net::{SocketAddr, SocketAddrV4};

/// The same for both directions of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// Its flow.
    pub flow: Flow,
    ends: Ends<'a>,
    encapsulation: &'a Encapsulation,
}

/// Two ends, the lower one first. Nearly all are of IPv4, and compared as numbers.
#[derive(Clone, Copy, Debug)]
enum Ends<'a> {
    V4(u64, u64),
    Others(&'a SocketAddr, &'a SocketAddr),
}

impl<'a> Key<'a> {
    /// The key of the connection that `segment`, which is of that flow, belongs to.
    #[inline]
    pub fn of(segment: &'a Segment<'_>, flow: Flow) -> Self {
        Self::between(&segment.from, &segment.to, &segment.encapsulation, flow)
    }

    /// The key of the connection between these two, whose flow is known.
    #[inline]
    pub fn between(
        one: &'a SocketAddr,
        other: &'a SocketAddr,
        encapsulation: &'a Encapsulation,
        flow: Flow,
    ) -> Self {
        let ends = match (one, other) {
            (SocketAddr::V4(one), SocketAddr::V4(other)) => {
                let (one, other) = (number(*one), number(*other));
                Ends::V4(one.min(other), one.max(other))
            }
            _ => Ends::Others(one.min(other), one.max(other)),
        };
        Self {
            flow,
            ends,
            encapsulation,
        }
    }

    /// Whether it is that of a connection with these ends.
    #[inline]
    pub fn is_of(&self, id: &ConnectionId) -> bool {
        let same_ends = match (self.ends, &id.client, &id.server) {
            (Ends::V4(low, high), SocketAddr::V4(one), SocketAddr::V4(other)) => {
                let (one, other) = (number(*one), number(*other));
                (low, high) == (one, other) || (low, high) == (other, one)
            }
            (Ends::Others(low, high), one, other) => {
                low == one && high == other || low == other && high == one
            }
            (Ends::V4(..), ..) => false,
        };
        same_ends && *self.encapsulation == id.encapsulation
    }
}

/// An IPv4 address and port as one number.
#[inline]
pub fn number(end: SocketAddrV4) -> u64 {
    u64::from(end.ip().to_bits()) << 16 | u64::from(end.port())
}
