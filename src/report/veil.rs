//! What the applications wrote, out of sight: whatever a report would quote of a payload is replaced here, and nowhere else.

use crate::case::facts::{Said, Stated};
use crate::mask::{self, Mask};
use crate::rules::{Fact, Verdict};

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
