//! How often each of a few words came: [`Tally`].

use std::collections::BTreeMap;

/// Counts of words of the program itself, which are few and come again and again.
#[derive(Clone, Debug, Default)]
pub struct Tally(Vec<(&'static str, u64)>);

impl Tally {
    /// Nothing of each of these yet.
    pub fn of<const N: usize>(words: [&'static str; N]) -> Self {
        Self(words.map(|word| (word, 0)).into())
    }

    /// Counts a word.
    pub fn add(&mut self, word: &'static str) {
        let known = self.0.iter_mut().find(|(known, _)| is_same(known, word));
        match known {
            Some((_, count)) => *count += 1,
            None => self.0.push((word, 1)),
        }
    }

    /// The counts by word.
    pub fn by_word(&self) -> BTreeMap<&'static str, u64> {
        self.0.iter().copied().collect()
    }
}

/// Whether two words are the same: mostly they stand in one place, and need not be read.
pub fn is_same(one: &'static str, other: &'static str) -> bool {
    std::ptr::eq(one, other) || one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_wherever_they_stand() {
        let elsewhere: &'static str = String::from("error").leak();
        let mut tally = Tally::of(["benign", "error"]);
        for word in ["error", elsewhere, "warning"] {
            tally.add(word);
        }
        let expected = [("benign", 0), ("error", 2), ("warning", 1)];
        assert_eq!(tally.by_word(), expected.into());
    }
}
