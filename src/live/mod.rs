//! Watching interfaces: records from the wire -> the analyzer -> whoever listens, for an hour or for a year.
//!
//! The order of a watch: everything that needs a privilege is opened ([`crate::capture::Interface`], the outputs, [`Server`],
//! [`kernel::Kernel`]); then [`privileges::drop_to`] and [`fence::close`]; then, and not before, [`Watch::run`] looks at the first byte.
//!
//! This room has clocks and signals, and no words: what it has to say is a [`Notice`], and whoever listens is an [`Audience`]. Capture time
//! rules all the same: the host's clock only measures for how long there was no record (`clock`).

mod audience;
mod clock;
pub mod fence;
pub mod kernel;
mod line;
mod memory;
pub mod metrics;
mod packets;
mod pieces;
pub mod privileges;
mod ring;
mod signals;
mod watch;
mod watched;

pub use audience::{Audience, Notice};
pub use memory::{Bound, MEMORY, resident};
pub use metrics::Server;
pub use pieces::{Pieces, Turns};
pub use signals::Signals;
pub use watch::{Ended, Stops, Watch};
