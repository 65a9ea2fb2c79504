//! Where records lie in a file, as far as one must know who reads some of them again: [`Layout`].

/// How the records lie that were read, one behind the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// There were none.
    #[default]
    Empty,
    /// Nothing lies between them, and all are spaced alike.
    Even(Spacing),
    /// Otherwise.
    Uneven,
    /// Between them stands what another reader must know of what follows.
    Bound,
}

/// What a record takes in its file beside its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spacing {
    /// Bytes before and behind the frame and its padding.
    beside: usize,
    /// The frame is padded to a multiple of so many bytes, a power of two.
    multiple: usize,
}

impl Layout {
    /// The layout of these and of those that follow them.
    pub(super) fn and(self, next: Self) -> Self {
        match (self, next) {
            (one, other) if one == other => one,
            (one, Self::Empty) | (Self::Empty, one) => one,
            (Self::Bound, _) | (_, Self::Bound) => Self::Bound,
            _ => Self::Uneven,
        }
    }

    /// How all records are spaced. `None`: not alike.
    pub const fn spacing(self) -> Option<Spacing> {
        match self {
            Self::Even(spacing) => Some(spacing),
            Self::Empty | Self::Uneven | Self::Bound => None,
        }
    }
}

impl Spacing {
    /// Each record takes `beside` bytes more than its frame, which is padded to a `multiple` that is a power of two.
    pub const fn new(beside: usize, multiple: usize) -> Self {
        Self { beside, multiple }
    }

    /// Bytes of the file that a record takes of which `len` were captured.
    #[inline]
    pub const fn span(self, len: u64) -> u64 {
        let over = self.multiple as u64 - 1;
        self.beside as u64 + (len.saturating_add(over) & !over)
    }
}
