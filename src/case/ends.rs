//! [`Ends`]: the first of many and the last of them.

use std::mem;

/// The first items that came and the last ones; those between are dropped. One piece of memory, which grows with what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ends<T> {
    /// The first ones, then a ring of the last ones.
    kept: Vec<T>,
    /// How many first ones, and how many last ones, are kept at most.
    first: u16,
    last: u16,
    /// For how many more room is made at once.
    usual: u16,
    /// The oldest of the ring.
    oldest: u16,
}

impl<T> Ends<T> {
    /// Keeps so many of the first ones and of the last ones, of which at least one; room is made for `usual` more at once.
    /// More than 65,535 are never kept.
    pub(super) fn new(first: usize, last: usize, usual: usize) -> Self {
        let short = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        let first = short(first).min(u16::MAX - 1);
        Self {
            kept: Vec::new(),
            first,
            last: short(last).clamp(1, u16::MAX - first),
            usual: short(usual),
            oldest: 0,
        }
    }

    /// Forgets all, and keeps as much memory as is usual: else, used again and again, all would come to take the most.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.kept.shrink_to(self.usual.into());
        self.oldest = 0;
    }

    /// Adds one. Gives back the one that is dropped for it.
    #[inline]
    pub(super) fn push(&mut self, item: T) -> Option<T> {
        let len = self.kept.len();
        let most = usize::from(self.first) + usize::from(self.last);
        if len < most {
            if len == self.kept.capacity() {
                let more = usize::from(self.usual);
                self.kept.reserve_exact(more.min(most - len));
            }
            self.kept.push(item);
            return None;
        }
        let place = usize::from(self.first + self.oldest);
        self.oldest = (self.oldest + 1) % self.last;
        self.kept
            .get_mut(place)
            .map(|oldest| mem::replace(oldest, item))
    }

    /// The first ones, and the two halves of the ring in their order.
    fn parts(&self) -> [&[T]; 3] {
        let (first, ring) = self.kept.split_at(self.kept.len().min(self.first.into()));
        let (newer, older) = ring.split_at(self.oldest.into());
        [first, older, newer]
    }

    /// All that is kept, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        let [first, older, newer] = self.parts();
        first.iter().chain(older).chain(newer)
    }

    /// The same, to be changed.
    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        let len = self.kept.len();
        let (first, ring) = self.kept.split_at_mut(len.min(self.first.into()));
        let (newer, older) = ring.split_at_mut(self.oldest.into());
        first.iter_mut().chain(older).chain(newer)
    }

    /// The first ones, and the last ones, oldest first.
    pub(super) fn halves(&self) -> (&[T], impl Iterator<Item = &T>) {
        let [first, older, newer] = self.parts();
        (first, older.iter().chain(newer))
    }

    /// The latest.
    #[inline]
    pub(super) fn latest(&self) -> Option<&T> {
        self.kept.get(self.latest_place()?)
    }

    /// The latest, to be changed.
    #[inline]
    pub(super) fn latest_mut(&mut self) -> Option<&mut T> {
        let place = self.latest_place()?;
        self.kept.get_mut(place)
    }

    fn latest_place(&self) -> Option<usize> {
        match self.oldest {
            0 => self.kept.len().checked_sub(1),
            oldest => Some(usize::from(self.first + oldest - 1)),
        }
    }

    /// How many are kept.
    pub(super) const fn len(&self) -> usize {
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_stay_in_their_order() {
        let mut ends = Ends::new(2, 3, 2);
        let dropped: Vec<_> = (0..12).map(|item| ends.push(item)).collect();
        assert_eq!(dropped[..5], [None; 5]);
        assert!(dropped[5..].iter().copied().eq((2..9).map(Some)));
        assert!(ends.iter().copied().eq([0, 1, 9, 10, 11]));
        assert!(
            ends.iter_mut()
                .rev()
                .map(|item| *item)
                .eq([11, 10, 9, 1, 0])
        );
        assert_eq!((ends.latest(), ends.len()), (Some(&11), 5));
        let (first, last) = ends.halves();
        assert_eq!(first, [0, 1]);
        assert!(last.copied().eq([9, 10, 11]));
        ends.clear();
        assert_eq!((ends.latest(), ends.len()), (None, 0));
        ends.push(7);
        assert_eq!(ends.latest_mut(), Some(&mut 7));
    }

    #[test]
    fn at_every_length_the_latest_is_the_last_of_all() {
        let mut ends = Ends::new(0, 4, 1);
        for item in 0..10 {
            ends.push(item);
            assert_eq!(ends.iter().next_back(), Some(&item));
            assert_eq!(ends.latest(), Some(&item));
        }
    }
}
