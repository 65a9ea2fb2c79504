//! What the path does: a rule that changed, and one box behind many resets.

use super::counted;
use crate::incidents::kind::Kind;
use crate::report::Finding;
use crate::report::words::{count, duration};
use std::collections::BTreeSet;

/// What all kinds together show of the path.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    resets: u64,
    hops: BTreeSet<u8>,
    usual: BTreeSet<u8>,
}

impl Shared {
    /// Looks at the resets that something on the path sent.
    pub fn of(kinds: &[Kind]) -> Self {
        let mut shared = Self::default();
        for kind in kinds.iter().filter(|kind| kind.trio.origin == "in-path") {
            shared.resets += kind.count;
            shared.hops.extend(kind.hops.0.iter());
            shared.usual.extend(kind.hops.1.iter());
        }
        shared
    }
}

/// Resets of unrelated connections that began at one instant.
pub fn rule_change(kind: &Kind) -> Option<Finding> {
    let (together, within) = kind.burst;
    let many = kind.services.len().max(kind.clients.len()) >= UNRELATED;
    let applies = kind.trio.cause == "firewall-reject-midstream" && many && together >= FEW;
    applies.then(|| {
        let text = format!(
            "{together} of {}, on connections of {} to {}, came within {}: a rule that was changed, not a fault of one connection",
            count(kind.count, "reset", "resets"),
            count(kind.clients.len() as u64, "client", "clients"),
            count(kind.services.len() as u64, "service", "services"),
            duration(within)
        );
        counted("rule-change", text, together)
    })
}

/// All resets from the path have one hop limit, which is not that of the hosts they name.
pub fn one_box(kind: &Kind, shared: &Shared) -> Option<Finding> {
    let only = shared.hops.first().filter(|_| shared.hops.len() == 1)?;
    let strange = !shared.usual.is_empty() && !shared.usual.contains(only);
    if kind.trio.origin != "in-path" || shared.resets < 2 || !strange {
        return None;
    }
    let usual: Vec<String> = shared.usual.iter().map(u8::to_string).collect();
    let away = match hops(*only) {
        0 => "at the capture point itself or beside it".to_owned(),
        hops => format!("{} from the capture point", count(hops, "hop", "hops")),
    };
    let text = format!(
        "All {} that something on the path sent have hop limit {only}, while the hosts they name show {}: one box, {away}",
        count(shared.resets, "reset", "resets"),
        usual.join(", ")
    );
    Some(counted("one-box", text, shared.resets))
}

/// Hops behind a hop limit, from the nearest initial value in use: 64, 128 or 255.
const fn hops(hop_limit: u8) -> u8 {
    match hop_limit {
        0..=64 => 64 - hop_limit,
        65..=128 => 128 - hop_limit,
        129.. => 255 - hop_limit,
    }
}

/// Services or clients that have nothing to do with each other. Chosen.
const UNRELATED: usize = 3;
/// Resets at once that one act explains. Chosen.
const FEW: u64 = 3;
