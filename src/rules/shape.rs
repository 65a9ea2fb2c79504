//! [`Shape`]: all that the verdict on a refused SYN depends on.

use crate::case::Refusal;
use crate::case::facts::is_too_soon;

/// What the rules can see of a [`Refusal`] beside its numbers, its addresses and its times: two of one shape get the same verdict, on the same
/// evidence in other figures. Where a million SYNs were refused, there are a handful of shapes.
///
/// A rule that comes to look at more of a refusal adds it here; debug builds judge every refusal for itself, and stop where its verdict is not
/// that of its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Code points of the SYN and of the reset.
    dscp: (u8, u8),
    hop_limit: u8,
    /// That of the host's other segments, and whether it varies.
    usual_hop_limit: (Option<u8>, bool),
    /// Where it came sooner than the host ever answered, whether the host's answers agree.
    too_soon: Option<bool>,
    /// The port has refused others, too.
    refuses_again: bool,
    settled_early: bool,
    clock_stepped: bool,
    records_dropped: bool,
}

impl Shape {
    /// The shape of a refusal.
    pub fn of(refusal: &Refusal) -> Self {
        let Refusal { syn, answer, .. } = refusal;
        let host = &refusal.host;
        let took = answer.time - syn.time;
        Self {
            dscp: (syn.ip.dscp, answer.ip.dscp),
            hop_limit: answer.ip.hop_limit,
            usual_hop_limit: (host.hop_limit, host.hop_limit_varies),
            too_soon: host
                .response_time
                .filter(|least| is_too_soon(took, *least))
                .map(|_| host.responses_agree()),
            refuses_again: refusal.refused > 1,
            settled_early: refusal.settled_early,
            clock_stepped: refusal.clock_stepped,
            records_dropped: refusal.records_dropped,
        }
    }
}
