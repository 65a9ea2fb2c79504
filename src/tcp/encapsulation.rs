//! What a segment was wrapped in, as part of its connection's identity: equal addresses in two tenants' networks are two connections.

/// One wrapping that carries an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A VLAN tag (802.1Q or 802.1ad): the identifier, 0..=4095.
    Vlan(u16),
}

/// The wrappings of a segment, outermost first; at most [`Encapsulation::DEPTH`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Encapsulation {
    layers: [Option<Layer>; Self::DEPTH],
}

impl Encapsulation {
    /// Wrappings told apart at most. Deeper ones are stripped too, but not part of the identity.
    pub const DEPTH: usize = 4;

    /// Adds the next wrapping inwards.
    pub fn push(&mut self, layer: Layer) {
        if let Some(free) = self.layers.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(layer);
        }
    }

    /// The wrappings, outermost first.
    pub fn layers(&self) -> impl Iterator<Item = Layer> + '_ {
        self.layers.iter().flatten().copied()
    }
}
