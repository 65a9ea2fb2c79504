//! Finds causes by what people type: ids, other names, words of titles, and near misses.

use crate::rules::CauseDoc;

/// What a search found.
#[derive(Debug)]
pub enum Found {
    /// Exactly one page.
    One(&'static CauseDoc),
    /// Several pages, in the order of the documentation.
    Several(Vec<&'static CauseDoc>),
    /// None; the nearest names.
    Nothing(Vec<&'static str>),
}

/// Looks for `words` among `pages`: a name of a page wins, then pages with all the words, then none.
pub fn find(words: &str, pages: &[&'static CauseDoc]) -> Found {
    let wanted = normal(words);
    if let Some(page) = named(words, pages.iter().copied()) {
        return Found::One(page);
    }
    let parts: Vec<&str> = wanted.split('-').filter(|part| !part.is_empty()).collect();
    let has_all = |page: &&&CauseDoc| {
        let text: Vec<String> = names(page).chain([page.title]).map(normal).collect();
        let text = text.join(" ");
        !parts.is_empty() && parts.iter().all(|part| text.contains(part))
    };
    let mut matching: Vec<&'static CauseDoc> = pages.iter().filter(has_all).copied().collect();
    match (matching.pop(), matching.is_empty()) {
        (Some(page), true) => Found::One(page),
        (Some(page), false) => {
            matching.push(page);
            Found::Several(matching)
        }
        (None, _) => Found::Nothing(nearest(&wanted, pages.iter().flat_map(|page| names(page)))),
    }
}

/// The page of which `name` is the id or another name.
pub fn named(
    name: &str,
    mut pages: impl Iterator<Item = &'static CauseDoc>,
) -> Option<&'static CauseDoc> {
    let wanted = normal(name);
    pages.find(|page| names(page).any(|name| normal(name) == wanted))
}

/// At most three of `names` that differ from `word` by few letters, the nearest first.
pub fn nearest(word: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let word = normal(word);
    let most = (word.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, &'static str)> = names
        .map(|name| (distance(&word, &normal(name)), name))
        .filter(|(far, _)| *far <= most)
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The id of a page and its other names.
pub fn names(page: &CauseDoc) -> impl Iterator<Item = &'static str> + use<> {
    [page.id].into_iter().chain(page.aliases.iter().copied())
}

/// Small letters, and a hyphen for everything else.
fn normal(text: &str) -> String {
    let plain = |letter: char| {
        if letter.is_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    text.trim().chars().map(plain).collect()
}

/// Letters to insert, drop or change to make one word of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = number;
        let mut left = number + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, candidate) in row.iter_mut().skip(1).zip(other.chars()) {
            let changed = diagonal + usize::from(letter != candidate);
            diagonal = *cell;
            left = changed.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("causes", "causes"), 0);
        assert_eq!(distance("cause", "causes"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn near_misses_are_few_letters_away() {
        let names = || ["explain", "causes"].into_iter();
        assert_eq!(nearest("expain", names()), ["explain"]);
        assert_eq!(nearest("Causes", names()), ["causes"]);
        assert!(nearest("trouble.pcap", names()).is_empty());
    }
}
