//! Tables of text, aligned by the cells that characters take on a terminal.

use super::text::{Paint, visible};
use crate::context::Environment;
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Rows under headings. The last column takes what is left of a terminal's line, and is cut there, which `…` shows;
/// elsewhere nothing is ever cut.
pub struct Table<const N: usize> {
    headings: [&'static str; N],
    rows: Vec<[String; N]>,
}

const GAP: usize = 2;
/// The last column is not cut to less than this: a line that wraps is better then.
const LEAST_LAST: usize = 10;

impl<const N: usize> Table<N> {
    pub const fn new(headings: [&'static str; N]) -> Self {
        Self { headings, rows: Vec::new() }
    }

    pub fn push(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| visible(&cell).into_owned()));
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn render(&self, environment: &Environment) -> String {
        let paint = Paint::stdout(environment);
        let widths: [usize; N] = std::array::from_fn(|column| {
            let cells = self.rows.iter().map(|row| row[column].width());
            cells.chain([self.headings[column].width()]).max().unwrap_or(0)
        });
        let before_last: usize = widths[..N - 1].iter().map(|width| width + GAP).sum();
        let room = environment.width.filter(|_| environment.stdout_is_terminal);
        let last = room.map_or(usize::MAX, |room| room.saturating_sub(before_last).max(LEAST_LAST));

        let mut out = String::new();
        let headings = line(&self.headings, &widths, usize::MAX);
        let _ = writeln!(out, "{}", paint.heading(headings));
        for row in &self.rows {
            let _ = writeln!(out, "{}", line(row, &widths, last));
        }
        out
    }
}

fn line(cells: &[impl AsRef<str>], widths: &[usize], last: usize) -> String {
    let mut out = String::new();
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let cell = cell.as_ref();
        if index + 1 == cells.len() {
            cut(&mut out, cell, last);
        } else {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', width - cell.width() + GAP));
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn cut(out: &mut String, cell: &str, room: usize) {
    if cell.width() <= room {
        out.push_str(cell);
        return;
    }
    let mut left = room.saturating_sub(1);
    for c in cell.chars() {
        let width = c.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        out.push(c);
    }
    out.push('…');
}

/// Names and values, one pair a line; a pair without a value shows `-`.
pub fn pairs(pairs: &[(&str, String)], environment: &Environment) -> String {
    let paint = Paint::stdout(environment);
    let width = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in pairs {
        let gap = " ".repeat(width - name.width() + 1);
        let value = if value.is_empty() { "-".into() } else { visible(value) };
        let _ = writeln!(out, "{}{gap}{value}", paint.heading(format_args!("{name}:")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<3> {
        let mut table = Table::new(["ID", "NAME", "DESCRIPTION"]);
        for (id, name, description) in [
            ("1", "Greenhouse", "Soil probes in beds"),
            ("22", "温室", ""),
            ("3", "e\u{301}t\x1be\u{301}", "温室温室温室温室"),
        ] {
            table.push([id.into(), name.into(), description.into()]);
        }
        table
    }

    #[test]
    fn columns_align_by_cells() {
        let expected = "\
ID  NAME        DESCRIPTION
1   Greenhouse  Soil probes in beds
22  温室
3   e\u{301}t␛e\u{301}        温室温室温室温室
";
        assert_eq!(table().render(&Environment::default()), expected);
    }

    #[test]
    fn the_last_column_is_cut_on_terminals_only() {
        let narrow = Environment { width: Some(28), no_color: true, ..Environment::default() };
        assert_eq!(table().render(&narrow), table().render(&Environment::default()));
        let expected = "\
ID  NAME        DESCRIPTION
1   Greenhouse  Soil probes…
22  温室
3   e\u{301}t␛e\u{301}        温室温室温…
";
        assert_eq!(table().render(&Environment { stdout_is_terminal: true, ..narrow }), expected);
    }
}
