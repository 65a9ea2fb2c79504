//! Refused SYNs, which come by the million: [`Refusals`] judges those of one shape once.

use crate::case::facts::Facts;
use crate::case::{Refusal, ResetCase};
use crate::incidents::Traits;
use crate::report::Gist;
use crate::rules::{Shape, Verdict};
use crate::track::Settled;
use foldhash::fast::RandomState;
use std::collections::HashMap;

/// The verdicts by shape.
#[derive(Debug, Default)]
pub struct Refusals {
    known: HashMap<Shape, Gist, RandomState>,
    /// The latest, which mostly comes again.
    latest: Option<(Shape, Gist)>,
}

impl Refusals {
    /// The gist of the report on a refusal.
    pub fn gist(&mut self, refusal: &Refusal) -> Gist {
        let shape = Shape::of(refusal);
        let latest = self.latest.as_ref().filter(|(latest, _)| *latest == shape);
        let gist = if let Some((_, like)) = latest {
            like.of_refusal(refusal)
        } else {
            let like = self.like(shape, refusal);
            self.latest = Some((shape, like));
            like.of_refusal(refusal)
        };
        debug_assert_eq!(gist, gist_of(&Settled::case_of(refusal)));
        debug_assert_eq!(
            Traits::of_refusal(refusal),
            Traits::of(&Settled::case_of(refusal))
        );
        gist
    }

    /// The gist of the report on the first refusal of that shape.
    fn like(&mut self, shape: Shape, refusal: &Refusal) -> Gist {
        if let Some(like) = self.known.get(&shape) {
            return *like;
        }
        if self.known.len() >= SHAPES {
            self.known.clear();
        }
        let gist = gist_of(&Settled::case_of(refusal));
        self.known.insert(shape, gist);
        gist
    }
}

/// The gist of the report on a case.
pub fn gist_of(case: &ResetCase) -> Gist {
    let facts = Facts::of(case);
    Gist::of(&facts, &Verdict::on(&facts))
}

/// Shapes remembered; chosen: more than any capture was seen to have, and still few.
const SHAPES: usize = 4_096;
