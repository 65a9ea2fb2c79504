//! Rows of text in columns as wide as they need to be, the last one wrapped: comfy-table, without lines.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// Lays rows out within `width` columns, each line behind `indent`.
pub fn columns<const N: usize>(
    rows: impl IntoIterator<Item = [String; N]>,
    indent: &str,
    width: usize,
) -> String {
    let mut table = Table::new();
    let room = width.saturating_sub(indent.len());
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(room).unwrap_or(u16::MAX));
    for row in rows {
        table.add_row(row);
    }
    table.lines().fold(String::new(), |mut text, line| {
        let line = format!("{indent}{}", line.trim_end());
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_the_last_is_wrapped() {
        let rows =
            [["a", "one two three four"], ["long", "five"]].map(|row| row.map(str::to_owned));
        let text = columns(rows, "  ", 20);
        assert!(
            text.lines().all(|line| line.chars().count() <= 20),
            "{text}"
        );
        assert!(text.lines().count() > 2, "{text}");
        assert!(text.contains("long"), "{text}");
    }
}
