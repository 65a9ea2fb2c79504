//! [`ResetCase`](crate::case::ResetCase) -> [`Verdict`]: what is documented, the code that looks for it, and the ranked answer.

mod ask;
pub mod causes;
mod fact;
mod rule;
mod scope;
mod shape;
mod verdict;

pub use fact::{Fact, SynAckTrouble};
pub use rule::{
    Advice, Answer, Bearing, CauseDoc, Claim, Evidence, Horizon, Phase, Rival, Rule, Severity, Tie,
    Who,
};
pub use scope::Scope;
pub use shape::Shape;
pub use verdict::{Against, Alternative, Confidence, Reason, Verdict, diagnose};
