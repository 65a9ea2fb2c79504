//! RFC 9293 as types: sequence numbers, control bits, options, the two sides of a connection and the states they are in.
//!
//! This room knows no capture, no rule and no dissector. Whoever asks what the standard says asks here.

mod encapsulation;
mod flags;
mod flow;
mod options;
mod prefix;
mod quoted;
mod reset;
mod segment;
mod seq;
mod side;
mod state;
mod window;

pub use encapsulation::{Encapsulation, Layer};
pub use flags::Flags;
pub use flow::Flow;
pub use options::{Mptcp, Options, SackBlocks, Timestamps};
pub use prefix::Prefix;
pub use quoted::{IcmpError, Quoted};
pub use reset::{Reply, ResetForm, reply_to};
pub use segment::{Checksum, Extent, Header, IpFacts, IpVersion, LAST_CHUNK, Segment};
pub use seq::SeqNumber;
pub use side::{Pair, Side};
pub use state::{Event, State};
pub use window::{ResetFit, reset_fit};
