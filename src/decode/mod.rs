//! `Record` -> [`Decoded`]: the only room that knows etherparse.

mod record;

pub use record::{LinkType, Record};

use crate::tcp::Segment;

/// What a record holds. Never an error: what cannot be read is a [`Skip`], counted and reported.
#[derive(Clone, Debug)]
pub enum Decoded<'a> {
    /// One TCP segment.
    Segment(Segment<'a>),
    /// No segment, and why.
    Skip(Skip),
}

/// Why a record gave no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Skip {
    /// It carries something else than TCP.
    NotTcp,
}

/// Decodes one record.
pub fn decode<'a>(_record: &Record<'a>) -> Decoded<'a> {
    Decoded::Skip(Skip::NotTcp)
}
