//! Who talked and what they wrote, out of sight: whatever a report would tell of it is replaced here, and nowhere else.

use crate::case::ResetCase;
use crate::case::facts::{Said, Stated};
use crate::mask::{self, Mask};
use crate::rules::{Fact, Verdict};

/// Masks every address in a case. Rules compare addresses and look at none, so that no verdict changes.
pub fn case(case: &mut ResetCase, mask: &mut Mask) {
    for id in [&mut case.connection, &mut case.carried] {
        (id.client, id.server) = (mask.socket(id.client), mask.socket(id.server));
    }
    for error in &mut case.icmp {
        error.reporter = mask.ip(error.reporter);
        (error.from, error.to) = (mask.socket(error.from), mask.socket(error.to));
    }
    let around = &mut case.neighbourhood;
    for event in &mut around.events {
        event.client = mask.socket(event.client);
    }
    if let Some(twin) = &mut around.twin {
        (twin.client, twin.server) = (mask.socket(twin.client), mask.socket(twin.server));
    }
    if let Some(leg) = &mut around.other_leg {
        leg.remote = mask.socket(leg.remote);
    }
}

/// What an application said, without its own words: what kind of thing it was stays.
pub fn said(said: Said, mask: &Mask) -> Said {
    match said {
        Said::HttpRequest(line) => {
            let method = line.split(' ').next().unwrap_or_default();
            Said::HttpRequest(format!("{method} {}", mask::TEXT))
        }
        Said::TlsHello { name } => Said::TlsHello {
            name: name.map(|name| mask.name(&name)),
        },
        Said::ServerError { protocol, .. } => Said::ServerError {
            protocol,
            text: mask::TEXT.into(),
        },
        Said::HttpAnswer(_)
        | Said::KeepsAlive { .. }
        | Said::WillClose
        | Said::Http2
        | Said::GoAway { .. }
        | Said::TlsAlert { .. }
        | Said::ProxyHeader => said,
    }
}

/// Takes the words out of a verdict's evidence that stand in a payload.
pub fn verdict(verdict: &mut Verdict) {
    for evidence in &mut verdict.evidence {
        if let Fact::Stated(Stated::Text(text)) = &mut evidence.fact {
            mask::TEXT.clone_into(text);
        }
    }
}
