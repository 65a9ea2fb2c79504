//! Questions that several rules ask, as three-valued answers with their fact and its records; one file a theme.

mod bytes;
mod close;
mod form;
mod handshake;
mod neighbours;
mod path;
mod silence;
mod speech;

pub use bytes::*;
pub use close::*;
pub use form::*;
pub use handshake::*;
pub use neighbours::*;
pub use path::*;
pub use silence::*;
pub use speech::*;

use crate::origin::MILLISECOND;

/// Beside the path itself, what a host may take to act on a segment; chosen.
const REACTION: i64 = 50 * MILLISECOND;
