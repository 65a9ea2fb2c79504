//! Addresses and names -> others in their place, so that a report can leave the house: [`Mask`].
//!
//! - *Addresses*: ipcrypt-pfx (draft-denis-ipcrypt), a keyed permutation that preserves prefixes as Crypto-PAn does: two addresses that share
//!   their first n bits share the first n bits of their masks and no more, so that subnets can still be told apart. IPv4 stays IPv4.
//!   Whoever knows some addresses and their masks knows the prefixes of their neighbours: that is the price of every such scheme.
//! - *Names*: `host-` and the first 40 bits of SHA-256 over key and name, under the top-level domain that RFC 2606 reserves for what does not exist.
//!
//! What is masked is the same under the same key, in every form and every run. Ports, times and lengths stay.

use ipcrypt_rs::IpcryptPfx;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

/// A key at work. It remembers what it has masked, within bounds, as one address costs up to 256 blocks of AES.
pub struct Mask {
    key: [u8; Self::KEY_LEN],
    pfx: IpcryptPfx,
    known: HashMap<IpAddr, IpAddr, foldhash::fast::RandomState>,
}

impl Mask {
    /// Bytes of a key.
    pub const KEY_LEN: usize = 32;

    /// Masks with a key. One whose halves are equal would mask nothing, so that its SHA-256 serves in its place.
    pub fn new(key: [u8; Self::KEY_LEN]) -> Self {
        let (one, other) = key.split_at(Self::KEY_LEN / 2);
        if one == other {
            return Self::of_secret(&key);
        }
        Self {
            key,
            pfx: IpcryptPfx::new(key),
            known: HashMap::default(),
        }
    }

    /// Masks with the key that SHA-256 makes of a secret of any length.
    pub fn of_secret(secret: &[u8]) -> Self {
        Self::new(Sha256::digest(secret).into())
    }

    /// What stands for an address.
    pub fn ip(&mut self, address: IpAddr) -> IpAddr {
        if let Some(mask) = self.known.get(&address) {
            return *mask;
        }
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let mask = self.pfx.encrypt_ipaddr(address);
        self.known.insert(address, mask);
        mask
    }

    /// What stands for an address with its port, which stays.
    pub fn socket(&mut self, address: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.ip(address.ip()), address.port())
    }

    /// What stands for a host's name, whichever case it is written in.
    pub fn name(&self, name: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(name.to_ascii_lowercase());
        let mut text = String::from("host-");
        for byte in hash.finalize().iter().take(NAME_BYTES) {
            let _ = write!(text, "{byte:02x}"); // Writing to a String cannot fail.
        }
        text + ".invalid"
    }
}

impl Clone for Mask {
    fn clone(&self) -> Self {
        Self::new(self.key)
    }
}

/// The key is nobody's business.
impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mask").finish_non_exhaustive()
    }
}

/// Stands for text that people or programs wrote and that is not shown.
pub const TEXT: &str = "(masked)";
/// Addresses that are remembered; chosen: four megabytes.
const REMEMBERED: usize = 65_536;
/// Bytes of a name's hash that are shown; chosen: that two of a thousand names share them is less likely than one in a million.
const NAME_BYTES: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Leading bits that two addresses share.
    fn shared(one: IpAddr, other: IpAddr) -> u32 {
        match (one, other) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                (one.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => {
                (one.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => unreachable!("of two families"),
        }
    }

    #[test]
    fn addresses_keep_what_they_share_and_nothing_else() {
        let mut mask = Mask::of_secret(b"a secret");
        for (one, other) in [
            ("10.0.0.1", "10.0.0.2"),
            ("10.0.0.1", "10.9.0.1"),
            ("192.0.2.1", "10.0.0.1"),
            ("2001:db8::1", "2001:db8::2"),
            ("2001:db8::1", "fe80::1"),
        ] {
            let (one, other) = (ip(one), ip(other));
            assert_ne!(mask.ip(one), one);
            assert_eq!(shared(mask.ip(one), mask.ip(other)), shared(one, other));
        }
    }

    /// The test vectors of draft-denis-ipcrypt for ipcrypt-pfx: another implementation under the same key gives the same masks.
    #[test]
    fn addresses_are_masked_as_the_draft_says() {
        let key = [
            0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54,
            0x32, 0x10, 0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 0xef, 0xcd, 0xab, 0x89,
            0x67, 0x45, 0x23, 0x01,
        ];
        let mut mask = Mask::new(key);
        assert_eq!(mask.ip(ip("0.0.0.0")), ip("151.82.155.134"));
        assert_eq!(mask.ip(ip("192.0.2.1")), ip("100.115.72.131"));
        assert_eq!(
            mask.ip(ip("2001:db8::1")),
            ip("c180:5dd4:2587:3524:30ab:fa65:6ab6:f88")
        );
    }

    #[test]
    fn another_key_gives_other_masks_and_the_same_key_the_same() {
        let [mut one, mut same, mut other] = [&b"one"[..], b"one", b"other"].map(Mask::of_secret);
        assert_eq!(one.ip(ip("10.0.0.1")), same.ip(ip("10.0.0.1")));
        assert_ne!(one.ip(ip("10.0.0.1")), other.ip(ip("10.0.0.1")));
        assert_eq!(one.name("Db.Example"), same.name("db.example"));
        assert_ne!(one.name("db.example"), other.name("db.example"));
        assert_ne!(one.name("db.example"), one.name("web.example"));
    }
}
