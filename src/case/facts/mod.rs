//! Questions that many rules ask of a case, answered once: [`Facts`].
//!
//! Each file here holds one theme. An answer is plain data; what it means for a cause, the rules say.

mod after;
mod application;
mod close;
mod form;
mod handshake;
mod http;
mod path;
mod reason;
mod speech;
mod tls;

pub use after::Accepted;
use after::went_on_after;
pub use application::Said;
pub use close::NOTICES_WITHIN;
pub use form::Form;
pub use http::{RequestHead, ResponseHead};
pub use path::{Origin, Tell, is_too_soon};
pub use reason::Stated;
pub use speech::Idle;
pub use tls::TlsProgress;

use super::{EarlierReset, EndpointView, Nature, ResetCase, fit};
use crate::origin::SECOND;
use crate::tcp::{ResetFit, Side};

/// A case with the answers that nearly every rule needs.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The case.
    pub case: &'a ResetCase,
    /// How the reset came to be, and what it answers.
    pub form: Form<'a>,
    /// How its numbers fit its receiver.
    pub fit: ResetFit,
    /// Whether its receiver obeyed it.
    pub accepted: Accepted,
    /// What tells that another than the named endpoint sent it.
    pub tells: Vec<Tell>,
    heads: http::Heads,
}

impl<'a> Facts<'a> {
    /// Looks at a case.
    pub fn of(case: &'a ResetCase) -> Self {
        let form = form::form(case);
        let fit = fit(&case.endpoints, case.sent_by, &case.reset);
        let accepted = after::accepted(case, fit);
        let tells = path::tells(case, &form);
        Self {
            case,
            form,
            fit,
            accepted,
            tells,
            heads: http::Heads::default(),
        }
    }

    /// The endpoint in whose name the reset was sent.
    pub fn sender(&self) -> &'a EndpointView {
        self.case.sender()
    }

    /// The endpoint that the reset is meant for.
    pub fn receiver(&self) -> &'a EndpointView {
        self.case.receiver()
    }

    /// The client's view.
    pub const fn client(&self) -> &'a EndpointView {
        &self.case.endpoints.client
    }

    /// The server's view.
    pub const fn server(&self) -> &'a EndpointView {
        &self.case.endpoints.server
    }

    /// In whose name it was sent.
    pub const fn sent_by(&self) -> Side {
        self.case.sent_by
    }

    /// The first earlier reset of this connection that ended it: its receiver obeyed it, or its sender, which is the sender of this one,
    /// knew the connection no more. One after which both sides talked on ended nothing, whatever its numbers.
    pub fn ended_by(&self) -> Option<&'a EarlierReset> {
        let same =
            |earlier: &EarlierReset| earlier.answered && earlier.sent_by == self.case.sent_by;
        self.case
            .earlier
            .iter()
            .find(|earlier| (earlier.fitted || same(earlier)) && !self.talked_on_after(earlier))
    }

    /// Each side sent fresh payload after this reset, or its receiver acknowledged what its sender said after it.
    fn talked_on_after(&self, reset: &EarlierReset) -> bool {
        let conversed = [Side::Client, Side::Server].into_iter().all(|side| {
            self.case.before.of(side).any(|line| {
                let later = line.header.record > reset.header.record
                    && line.header.time - reset.header.time > SECOND / 100;
                later && line.header.payload_len > 0 && line.nature == Nature::Fresh
            })
        });
        conversed
            || went_on_after(
                &reset.header,
                reset.sent_by,
                self.case.before.lines().chain(self.case.after.lines()),
            )
    }

    /// The time from the capture point to both ends and back, in nanoseconds: what a segment and its answer take on the whole path.
    pub fn round_trip(&self) -> Option<i64> {
        let (client, server) = (self.client().response_time, self.server().response_time);
        match (client, server) {
            (Some(client), Some(server)) => Some(client + server),
            (one, other) => one.or(other),
        }
    }
}
