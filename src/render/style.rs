//! Colour and characters of a terminal. Neither ever carries what the words do not say.

/// What a terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Escape sequences for colour and weight.
    pub colour: bool,
    /// Lines and arrows beyond ASCII.
    pub unicode: bool,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Something was lost.
    Error,
    /// Something may have been lost.
    Warning,
    /// Nothing was lost, or it is an aside.
    Faint,
    /// A heading.
    Strong,
}

impl Ink {
    /// The ink of a severity.
    pub fn of_severity(severity: &str) -> Self {
        match severity {
            "error" => Self::Error,
            "warning" => Self::Warning,
            _ => Self::Faint,
        }
    }
}

impl Style {
    /// `text` in this ink.
    pub fn paint(self, ink: Ink, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Error => "1;31",
            Ink::Warning => "1;33",
            Ink::Faint => "2",
            Ink::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// How many came when, a character for each span.
    pub fn sparkline(self, counts: &[u64]) -> String {
        let ramp: [char; 8] = if self.unicode {
            ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
        } else {
            ['.', ':', '-', '=', '+', '*', '#', '@']
        };
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        let steps = ramp.len() as u64;
        counts
            .iter()
            .map(|count| match count {
                0 => ' ',
                count => {
                    let step = (count.saturating_mul(steps).div_ceil(most)).clamp(1, steps) - 1;
                    let step = usize::try_from(step).unwrap_or(0);
                    ramp.get(step).copied().unwrap_or('@')
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_is_the_most_and_none_is_blank() {
        let plain = Style::default();
        assert_eq!(plain.sparkline(&[0, 1, 50, 100]), " .=@");
        assert_eq!(plain.paint(Ink::Error, "x"), "x");
        let colour = Style {
            colour: true,
            unicode: true,
        };
        assert_eq!(colour.sparkline(&[8, 1]), "█▁");
        assert_eq!(colour.paint(Ink::Strong, "x"), "\u{1b}[1mx\u{1b}[0m");
    }
}
