//! [`Settled`]: what the tracker hands over.

use super::attempts::Attempt;
use super::connection::Connection;
use crate::case::{Refusal, ResetCase};
use crate::tcp::Side;

/// A case that has settled.
#[expect(
    clippy::large_enum_variant,
    reason = "refusals come by the million, and to box each costs more than to move it"
)]
#[derive(Debug)]
pub enum Settled {
    /// In full.
    Case(Box<ResetCase>),
    /// In few words.
    Refusal(Refusal),
}

impl Settled {
    /// The case in full.
    pub fn into_case(self) -> Box<ResetCase> {
        match self {
            Self::Case(case) => case,
            Self::Refusal(refusal) => Self::case_of(&refusal),
        }
    }

    /// A copy of the case in full.
    pub fn to_case(&self) -> Box<ResetCase> {
        match self {
            Self::Case(case) => case.clone(),
            Self::Refusal(refusal) => Self::case_of(refusal),
        }
    }

    /// The case in full of a refusal.
    pub fn case_of(refusal: &Refusal) -> Box<ResetCase> {
        let id = refusal.connection();
        let attempt = Attempt::new(id.client, id.server, refusal.syn);
        let opening = attempt.opening();
        let mut connection = Connection::new(id, &opening, 0);
        connection.take(Side::Client, &opening, &mut Vec::new());
        let reset = attempt.answer(refusal.answer.header(&refusal.syn));
        let mut case = Box::new(connection.freeze(Side::Server, &reset, 0));
        case.gaps = refusal.gaps();
        case.neighbourhood.service = refusal.service();
        case.neighbourhood.hosts.server = refusal.host;
        case
    }
}
