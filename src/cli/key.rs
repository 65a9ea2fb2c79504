//! `--mask` and `--mask-key`: where a mask's key comes from.

use super::plan::Key;
use crate::mask::Mask;
use std::{fs, io};

/// The mask that a plan asks for.
pub fn mask(key: &Key) -> io::Result<Mask> {
    match key {
        Key::Random => {
            let mut secret = [0; Mask::KEY_LEN];
            getrandom::fill(&mut secret).map_err(io::Error::other)?;
            Ok(Mask::new(secret))
        }
        Key::File(path) => {
            let secret = fs::read(path)?;
            if secret.len() < SHORTEST {
                return Err(io::Error::other(format!(
                    "{} bytes are no secret, it takes {SHORTEST} or more",
                    secret.len()
                )));
            }
            Ok(Mask::of_secret(&secret))
        }
    }
}

/// Bytes of a secret that cannot be found by trying: 128 bits.
const SHORTEST: usize = 16;
