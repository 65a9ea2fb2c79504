//! [`Flow`]: a connection's two ends in one number, by which most segments can be told from those that matter.

use super::{Encapsulation, Layer};
use std::net::SocketAddr;

/// The same for both directions of a connection, and for every connection between the same ends.
///
/// It depends on the ends alone, never on a run: what is sampled by it is sampled alike however a capture is read. Two connections may have
/// the same number, so it can say that a segment does not matter, and never that it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow(u64);

impl Flow {
    /// Of so many flows one is sampled.
    pub const SAMPLED: u64 = 256;

    /// The flow between two ends, in either order.
    #[inline]
    pub fn between(one: SocketAddr, other: SocketAddr, encapsulation: &Encapsulation) -> Self {
        let bare = Self::of_ends(end(one), end(other));
        if !encapsulation.has_identity() {
            return bare;
        }
        encapsulation
            .layers()
            .fold(bare, |Self(flow), layer| Self(fold(flow, number(layer))))
    }

    /// The flow between two IPv4 ends without encapsulation, as their headers state them.
    #[inline]
    pub const fn between_v4(one: (u32, u16), other: (u32, u16)) -> Self {
        Self::of_ends(end_v4(one.0, one.1), end_v4(other.0, other.1))
    }

    #[inline]
    const fn of_ends(one: u64, other: u64) -> Self {
        let (low, high) = if one < other {
            (one, other)
        } else {
            (other, one)
        };
        Self(fold(fold(low, K[0]) ^ K[1], high))
    }

    /// Its number, each bit of which is as good as any other.
    #[inline]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Whether it is one of the few that stand for all.
    #[inline]
    pub const fn is_sampled(self) -> bool {
        self.0 >> (u64::BITS - Self::SAMPLED.trailing_zeros()) == 0
    }
}

#[inline]
fn end(address: SocketAddr) -> u64 {
    match address {
        SocketAddr::V4(address) => end_v4(address.ip().to_bits(), address.port()),
        SocketAddr::V6(address) => {
            let bits = address.ip().to_bits();
            let (high, low) = halves(bits);
            let address_hash = fold(high ^ K[2], low ^ K[3]);
            fold(address_hash, u64::from(address.port()))
        }
    }
}

const fn end_v4(address: u32, port: u16) -> u64 {
    (address as u64) << 16 | port as u64
}

fn number(layer: Layer) -> u64 {
    let (kind, value) = layer.packed();
    u64::from(kind) << 32 | u64::from(value)
}

/// Multiplies two numbers and folds the halves of the product together: a hash as fast as it is even.
#[inline]
const fn fold(one: u64, other: u64) -> u64 {
    let (high, low) = halves((one ^ K[4]) as u128 * (other ^ K[5]) as u128);
    high ^ low
}

#[expect(clippy::cast_possible_truncation, reason = "that is what halves are")]
const fn halves(number: u128) -> (u64, u64) {
    ((number >> 64) as u64, number as u64)
}

/// Odd numbers without a pattern: the fractions of the square roots of 2, 3, 5, 7, 11 and 13 (FIPS 180-4 5.3.5).
const K: [u64; 6] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_one_flow_and_wrappings_make_another() {
        let (one, other) = (
            "10.0.0.1:40000".parse().unwrap(),
            "10.0.0.2:80".parse().unwrap(),
        );
        let bare = Encapsulation::default();
        let flow = Flow::between(one, other, &bare);
        assert_eq!(flow, Flow::between(other, one, &bare));
        assert_eq!(
            flow,
            Flow::between_v4((0x0a00_0002, 80), (0x0a00_0001, 40000))
        );
        let mut wrapped = bare;
        wrapped.push(Layer::Vlan(7));
        assert_ne!(flow, Flow::between(one, other, &wrapped));
    }

    #[test]
    fn one_flow_of_so_many_is_sampled_whatever_counts_up() {
        let flows = 64 * Flow::SAMPLED * 16;
        for step in [1_u64, 1 << 16, 65_537] {
            let sampled = (0..flows)
                .filter(|n| {
                    let end = n * step;
                    let address = u32::try_from(end >> 16).unwrap() | 0x0a00_0000;
                    let client = (address, u16::try_from(end & 0xffff).unwrap());
                    Flow::between_v4(client, (0xc0a8_0001, 443)).is_sampled()
                })
                .count() as u64;
            let expected = flows / Flow::SAMPLED;
            assert!(
                sampled.abs_diff(expected) < expected / 4,
                "{sampled} of {flows}"
            );
        }
    }
}
