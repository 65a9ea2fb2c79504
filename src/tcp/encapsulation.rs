//! What a segment was wrapped in. Part of it belongs to its connection's identity: equal addresses in two tenants' networks are two connections.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// One wrapping that carries a number.
///
/// The first seven name a network, the same for both directions of a connection. The numbers of the others are each direction's own or may be
/// missing in one of them (the last router before a tunnel's end takes an MPLS label off), so they are shown and not compared. Wrappings
/// without a number (IP in IP, Teredo) leave no trace: a load balancer may wrap one direction only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A VLAN tag (802.1Q, or 802.1ad for customers): the identifier, 0..=4095.
    Vlan(u16),
    /// A provider's VLAN tag around customers' (802.1ad): the identifier, 0..=4095.
    ServiceVlan(u16),
    /// Provider backbone bridging (802.1ah): the service instance identifier, 24 bits.
    Service(u32),
    /// `PPPoE` (RFC 2516): the session.
    Pppoe(u16),
    /// VXLAN (RFC 7348), also with the generic protocol extension: the network identifier, 24 bits.
    Vxlan(u32),
    /// Geneve (RFC 8926): the network identifier, 24 bits.
    Geneve(u32),
    /// GRE (RFC 2890): the key; of NVGRE (RFC 7637), the virtual subnet, 24 bits.
    Gre(u32),
    /// MPLS (RFC 3032): the label, 20 bits.
    Mpls(u32),
    /// GTP-U (3GPP TS 29.281): the tunnel endpoint that the receiver has chosen.
    Gtp(u32),
    /// `L2TPv2` (RFC 2661): the session that the receiver has chosen.
    L2tp(u16),
    /// ERSPAN: the mirror session, which tells where a frame was copied, not where it belongs.
    Erspan(u16),
}

impl Layer {
    /// Whether it tells connections apart.
    pub const fn is_identity(self) -> bool {
        self.packed().0 <= LAST_IDENTITY
    }

    pub(super) const fn packed(self) -> (u8, u32) {
        match self {
            Self::Vlan(vlan) => (1, vlan as u32),
            Self::ServiceVlan(vlan) => (2, vlan as u32),
            Self::Service(service) => (3, service),
            Self::Pppoe(session) => (4, session as u32),
            Self::Vxlan(network) => (5, network),
            Self::Geneve(network) => (6, network),
            Self::Gre(key) => (LAST_IDENTITY, key),
            Self::Mpls(label) => (8, label),
            Self::Gtp(endpoint) => (9, endpoint),
            Self::L2tp(session) => (10, session as u32),
            Self::Erspan(session) => (11, session as u32),
        }
    }

    const fn unpacked(kind: u8, value: u32) -> Option<Self> {
        let [_, _, high, low] = value.to_be_bytes();
        let short = u16::from_be_bytes([high, low]);
        Some(match kind {
            1 => Self::Vlan(short),
            2 => Self::ServiceVlan(short),
            3 => Self::Service(value),
            4 => Self::Pppoe(short),
            5 => Self::Vxlan(value),
            6 => Self::Geneve(value),
            LAST_IDENTITY => Self::Gre(value),
            8 => Self::Mpls(value),
            9 => Self::Gtp(value),
            10 => Self::L2tp(short),
            11 => Self::Erspan(short),
            _ => return None,
        })
    }
}

/// The wrappings of a segment. Both directions of a connection have equal ones: only what tells connections apart is compared.
///
/// Packed, as every segment and every connection carries one.
#[derive(Clone, Copy, Default)]
pub struct Encapsulation {
    identity: Layers<{ Self::DEPTH }>,
    shown: Layers<{ Self::SHOWN }>,
}

/// Layers, outermost first; a kind of zero is a free place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Layers<const N: usize> {
    values: [u32; N],
    kinds: [u8; N],
}

impl<const N: usize> Layers<N> {
    fn push(&mut self, layer: Layer) {
        let mut places = self.kinds.iter_mut().zip(&mut self.values);
        if let Some((kind, value)) = places.find(|(kind, _)| **kind == 0) {
            (*kind, *value) = layer.packed();
        }
    }

    fn iter(&self) -> impl Iterator<Item = Layer> + '_ {
        let places = self.kinds.iter().zip(&self.values);
        places.map_while(|(kind, value)| Layer::unpacked(*kind, *value))
    }
}

impl<const N: usize> Default for Layers<N> {
    fn default() -> Self {
        Self {
            values: [0; N],
            kinds: [0; N],
        }
    }
}

impl Encapsulation {
    /// Wrappings told apart at most. Deeper ones are stripped too, but not part of the identity.
    pub const DEPTH: usize = 4;
    /// Wrappings at most that are shown without being part of the identity.
    pub const SHOWN: usize = 2;

    /// Adds the next wrapping inwards.
    pub fn push(&mut self, layer: Layer) {
        if layer.is_identity() {
            self.identity.push(layer);
        } else {
            self.shown.push(layer);
        }
    }

    /// Whether there is none.
    pub fn is_bare(&self) -> bool {
        self.identity.kinds[0] == 0 && self.shown.kinds[0] == 0
    }

    /// Whether there is one that tells connections apart.
    #[inline]
    pub const fn has_identity(&self) -> bool {
        self.identity.kinds[0] != 0
    }

    /// The wrappings that tell connections apart, outermost first.
    pub fn layers(&self) -> impl Iterator<Item = Layer> + '_ {
        self.identity.iter()
    }

    /// The wrappings whose numbers are one direction's own, outermost first.
    pub fn one_way(&self) -> impl Iterator<Item = Layer> + '_ {
        self.shown.iter()
    }
}

impl fmt::Debug for Encapsulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.layers().chain(self.one_way()))
            .finish()
    }
}

impl PartialEq for Encapsulation {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // Nearly all have none, and then no values either.
        let (mine, theirs) = (&self.identity, &other.identity);
        mine.kinds == theirs.kinds && (!self.has_identity() || mine.values == theirs.values)
    }
}

impl Eq for Encapsulation {}

impl PartialOrd for Encapsulation {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Encapsulation {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity.cmp(&other.identity)
    }
}

impl Hash for Encapsulation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

/// Kinds up to this one tell connections apart.
const LAST_IDENTITY: u8 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(layers: &[Layer]) -> Encapsulation {
        let mut encapsulation = Encapsulation::default();
        for layer in layers {
            encapsulation.push(*layer);
        }
        encapsulation
    }

    #[test]
    fn what_differs_between_directions_splits_no_connection() {
        let there = of(&[Layer::Vlan(7), Layer::Gtp(1)]);
        let back = of(&[Layer::Gtp(2), Layer::Vlan(7)]);
        assert_eq!(there, back);
        assert!(there.one_way().eq([Layer::Gtp(1)]));
        // The label was taken off by the last router but one.
        assert_eq!(of(&[Layer::Mpls(16)]), of(&[]));
    }

    #[test]
    fn networks_are_told_apart() {
        assert_ne!(of(&[Layer::Vxlan(7)]), of(&[Layer::Vxlan(8)]));
        assert_ne!(of(&[Layer::Vxlan(7)]), of(&[Layer::Geneve(7)]));
        assert_ne!(of(&[Layer::Vlan(7)]), of(&[]));
    }
}
