//! A set that nearly always has one member: [`Few`].

use super::tally::is_same;

/// A member of such a set.
pub trait Member: Copy + Ord {
    /// Whether the two are equal.
    fn is(self, other: Self) -> bool {
        self == other
    }
}

impl Member for u8 {}

impl Member for &'static str {
    fn is(self, other: Self) -> bool {
        is_same(self, other)
    }
}

/// A sorted set in one piece, for members that are few and mostly met again.
#[derive(Clone, Debug, Default)]
pub struct Few<T>(Vec<T>);

impl<T: Member> Few<T> {
    /// Adds a member, unless it is one.
    pub fn insert(&mut self, member: T) {
        if self.contains(member) {
            return;
        }
        let place = self.0.partition_point(|known| *known < member);
        self.0.insert(place, member);
    }

    /// The member, where there is one only.
    pub fn only(&self) -> Option<T> {
        match self.0.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Whether this is a member.
    pub fn contains(&self, member: T) -> bool {
        self.0.iter().any(|known| known.is(member))
    }

    /// Whether it has no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its members in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> {
        self.0.iter().copied()
    }
}

impl<T: Member> Extend<T> for Few<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, members: I) {
        members.into_iter().for_each(|member| self.insert(member));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_their_order_and_once() {
        let mut few = Few::default();
        few.extend([64, 255, 64, 57, 255]);
        assert!(few.iter().eq([57, 64, 255]));
        assert_eq!(few.only(), None);
        assert!(few.contains(64) && !few.contains(65));
    }

    #[test]
    fn one_member_is_the_only_one_however_often_it_came() {
        let mut few = Few::default();
        assert!(few.is_empty());
        few.insert("server");
        few.insert("server");
        assert_eq!(few.only(), Some("server"));
    }
}
