//! Text for terminals: escaping what came from outside, wrapping and shortening.

/// `text` with control characters, and those that turn the direction of writing, escaped: a file name must not drive a terminal.
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() || turns_direction(letter) {
            safe.extend(letter.escape_unicode());
        } else {
            safe.push(letter);
        }
    }
    safe
}

/// Characters that make a terminal show others in another order (Unicode 3.3, UAX 9).
const fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` in lines of at most `width` columns; the first begins with `first`, the others with as many blanks. A word that is too long
/// for a line stands on one of its own, whole, so that it can be copied.
pub fn wrap(text: &str, first: &str, width: usize) -> String {
    let indent = first.chars().count();
    let mut lines = String::from(first);
    let mut column = indent;
    for word in text.split_whitespace() {
        let len = word.chars().count();
        if column > indent && column + 1 + len > width {
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += len;
    }
    lines.push('\n');
    lines
}

/// Paragraphs, wrapped one by one; those that are indented, as listings and ladders are, stay as they are.
pub fn wrap_paragraphs(text: &str, first: &str, width: usize) -> String {
    let mut lines = String::new();
    for (number, paragraph) in text.split("\n\n").enumerate() {
        if number > 0 {
            lines.push('\n');
        }
        if paragraph.starts_with(' ') {
            for line in paragraph.lines() {
                lines.push_str(first);
                lines.push_str(line);
                lines.push('\n');
            }
        } else {
            lines.push_str(&wrap(paragraph, first, width));
        }
    }
    lines
}

/// `text` in at most `width` columns: cut at a word, with three dots.
pub fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(3);
    let cut: String = text.chars().take(room + 1).collect();
    let whole = cut
        .rfind(' ')
        .and_then(|at| cut.get(..at))
        .filter(|whole| whole.chars().count() * 2 > room)
        .map_or_else(|| text.chars().take(room).collect(), str::to_owned);
    format!("{}...", whole.trim_end_matches([' ', ',', ';', ':', '.']))
}

/// `text` as a sentence: with a full stop, unless it has one.
pub fn stop(text: &str) -> String {
    if text.ends_with(['.', '?', '!']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_escaped() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(printable("naïve.pcap"), "naïve.pcap");
    }

    #[test]
    fn lines_keep_their_width_and_their_indent() {
        assert_eq!(
            wrap("one two three four", "- ", 10),
            "- one two\n  three\n  four\n"
        );
        assert_eq!(wrap("", "- ", 10), "- \n");
        assert_eq!(
            wrap("incomprehensibilities a", "", 10),
            "incomprehensibilities\na\n"
        );
    }

    #[test]
    fn listings_stay_as_they_are() {
        let text = "one two three\n\n    C > S  SYN   seq 0\n    S > C  SYN,ACK";
        let expected = "one two\nthree\n\n    C > S  SYN   seq 0\n    S > C  SYN,ACK\n";
        assert_eq!(wrap_paragraphs(text, "", 10), expected);
    }

    #[test]
    fn what_is_cut_ends_in_dots() {
        assert_eq!(shorten("one two three", 13), "one two three");
        assert_eq!(shorten("one two three", 11), "one two...");
        assert_eq!(shorten("incomprehensibilities", 9), "incomp...");
    }
}
