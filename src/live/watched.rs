//! [`Watched`]: an interface of a watch, whether it is there, and what it lost.

use super::audience::{Audience, Notice};
use crate::capture::{Drops, Interface, LiveFault, Presence};

/// An interface, and what is known of it.
#[derive(Debug)]
pub struct Watched {
    /// The interface.
    pub interface: Interface,
    /// Whether it is there.
    pub state: State,
    /// What it lost, as counted last.
    pub known: Drops,
    /// Of that, what the audience was told.
    pub told: Drops,
}

impl Watched {
    /// An interface that was just opened.
    pub fn new(interface: Interface) -> Self {
        Self {
            interface,
            state: State::Up,
            known: Drops::default(),
            told: Drops::default(),
        }
    }

    /// Goes into a state, and says so when it is another.
    pub fn becomes(&mut self, state: State, audience: &mut dyn Audience) {
        if self.state == state || self.state == State::Gone {
            return;
        }
        self.state = state;
        let name = self.interface.name();
        audience.notice(&match state {
            State::Up => Notice::Up(name),
            State::Down => Notice::Down(name),
            State::Gone => Notice::Vanished(name),
        });
        if state == State::Gone {
            self.interface.end(Some(LiveFault::Vanished.to_string()));
        }
    }

    /// It cannot be read any more, for another reason.
    pub fn fails(&mut self, fault: &LiveFault, audience: &mut dyn Audience) {
        self.state = State::Gone;
        let why = fault.to_string();
        audience.notice(&Notice::Failed(self.interface.name(), &why));
        self.interface.end(Some(why));
    }

    /// Looks whether the interface is there.
    pub fn look(&mut self, audience: &mut dyn Audience) {
        let state = match self.interface.presence() {
            Presence::Up => State::Up,
            Presence::Down => State::Down,
            Presence::Gone => State::Gone,
        };
        self.becomes(state, audience);
    }
}

/// Whether an interface is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is read.
    Up,
    /// It may come up again.
    Down,
    /// It will not come back.
    Gone,
}
