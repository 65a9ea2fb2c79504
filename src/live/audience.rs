//! [`Audience`]: whoever listens to a watch, and what it hears beside resets.

use crate::capture::Drops;
use crate::report::{End, ResetReport};
use std::io;
use std::os::fd::BorrowedFd;

/// Whoever listens to a watch.
pub trait Audience {
    /// Whether a reset is wanted at all.
    fn admits(&mut self, reset: &ResetReport) -> bool;

    /// Takes a reset that has settled.
    ///
    /// # Errors
    ///
    /// When nobody listens any more, which ends the watch.
    fn reset(&mut self, reset: &ResetReport) -> io::Result<()>;

    /// Takes a summary while the watch goes on.
    ///
    /// # Errors
    ///
    /// When nobody listens any more, which ends the watch.
    fn interim(&mut self, end: &End) -> io::Result<()>;

    /// Hears what happens to the watch itself.
    fn notice(&mut self, notice: &Notice<'_>);

    /// The terminal has gone. Whether the watch goes on without it.
    fn goes_on_without_terminal(&mut self) -> bool;

    /// The pipe whose end is to end the watch; `None`: there is none.
    fn pipe(&self) -> Option<BorrowedFd<'_>>;
}

/// What happens to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// This interface lost frames since the last notice of it.
    Dropped {
        /// Its name.
        interface: &'a str,
        /// How many.
        since: Drops,
    },
    /// It went down; the watch waits for it.
    Down(&'a str),
    /// It came up again.
    Up(&'a str),
    /// It is gone, and will not come back under this handle.
    Vanished(&'a str),
    /// Packets of reset connections could not be written, and why.
    PacketsLost(&'a str),
    /// It cannot be read any more, and why.
    Failed(&'a str, &'a str),
}
