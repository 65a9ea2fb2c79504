//! Many equal things, found by their number: [`Shelf`].

/// A list that grows piece by piece, so that nothing is moved when it grows, and so that a piece fits where the memory of something else was:
/// a long vector would take its own from the system.
#[derive(Debug)]
pub struct Shelf<T> {
    pieces: Vec<Box<[T; PIECE]>>,
    len: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            pieces: Vec::new(),
            len: 0,
        }
    }
}

impl<T: Clone + Default> Shelf<T> {
    /// How many things it has.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Adds one, and says its number, from 0.
    pub fn push(&mut self, thing: T) -> usize {
        let number = self.len;
        if number.is_multiple_of(PIECE)
            && let Ok(piece) = vec![T::default(); PIECE].into_boxed_slice().try_into()
        {
            self.pieces.push(piece);
        }
        self.len += 1;
        if let Some(place) = self.get_mut(number) {
            *place = thing;
        }
        number
    }

    /// The one of that number. Behind the last one there may be some that are nothing yet.
    #[inline]
    pub fn get(&self, number: usize) -> Option<&T> {
        let piece = self.pieces.get(number / PIECE)?;
        Some(&piece[number % PIECE])
    }

    /// The same.
    #[inline]
    pub fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let piece = self.pieces.get_mut(number / PIECE)?;
        Some(&mut piece[number % PIECE])
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let pieces = self.pieces.iter().flat_map(|piece| piece.iter());
        pieces.take(self.len)
    }
}

/// Things in a piece; chosen: of some hundred bytes each, a piece is smaller than what an allocator leaves to the system.
const PIECE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_there_is_found_by_its_number() {
        let mut shelf = Shelf::default();
        assert!((0..1_000).all(|number| shelf.push(number) == number));
        assert!((0..1_000).all(|number| shelf.get(number) == Some(&number)));
        assert!(shelf.iter().copied().eq(0..1_000));
        assert_eq!((shelf.get(1_024), shelf.len()), (None, 1_000));
    }
}
