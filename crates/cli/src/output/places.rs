//! Places where code does not compile, with the code.

use super::text::{Paint, visible};
use impstead_client::wire::CompileError;
use std::fmt::Write as _;

/// A file that was uploaded.
pub struct Source<'a> {
    /// `device_code` or `agent_code`: what the service calls it.
    pub wire_name: &'a str,
    /// What the user calls it.
    pub path: String,
    pub code: &'a str,
}

/// Describes each place: file, row, column and message, the line of code, and a caret under the column.
pub fn describe(places: &[CompileError], sources: &[Source<'_>], paint: Paint) -> String {
    let mut out = String::new();
    for place in places {
        let source = sources.iter().find(|source| source.wire_name == place.file);
        let name = source.map_or(place.file.as_str(), |source| &source.path);
        let _ = writeln!(
            out,
            "{}:{}:{}: {} {}",
            visible(name),
            place.row,
            place.column,
            paint.severity(&place.kind, format_args!("{}:", visible(&place.kind))),
            visible(&place.text)
        );
        if let Some(line) = source.and_then(|source| nth_line(source.code, place.row)) {
            let number = place.row.to_string();
            let margin = " ".repeat(number.len());
            let _ = writeln!(out, "  {number} | {}", shown(line));
            let _ = writeln!(out, "  {margin} | {}{}", indent_to(line, caret(place)), paint.severity(&place.kind, "^"));
        }
    }
    out
}

/// The column of the last byte of what is wrong. The compiler counts to it on the first line, and beyond it on the others.
fn caret(place: &CompileError) -> u32 {
    if place.row > 1 { place.column.saturating_sub(1).max(1) } else { place.column }
}

fn nth_line(code: &str, row: u32) -> Option<&str> {
    code.lines().nth(usize::try_from(row).ok()?.checked_sub(1)?)
}

/// The line as it is shown: tabs stay, for the caret's line has the same ones.
fn shown(line: &str) -> String {
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t")
}

/// What brings a caret under a column, which counts bytes from 1. A column past the end is right after the end.
fn indent_to(line: &str, column: u32) -> String {
    let before = usize::try_from(column).map_or(usize::MAX, |column| column.saturating_sub(1));
    let chars = line.char_indices().take_while(|(at, _)| *at < before).map(|(_, c)| c);
    chars.map(|c| if c == '\t' { "\t".to_owned() } else { " ".repeat(cells(c)) }).collect()
}

fn cells(c: char) -> usize {
    // A control character is shown as its picture, one cell wide.
    unicode_width::UnicodeWidthChar::width(c).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Environment;

    #[test]
    fn carets_stand_under_columns() {
        let code = "function f() {\n\tlocal = 1;\n  s <- \"温\" + ;\n}";
        let source = || [Source { wire_name: "device_code", path: "src/device.nut".into(), code }];
        let place = |file: &str, row, column| CompileError {
            file: file.into(),
            row,
            column,
            kind: "error".into(),
            text: "expected 'IDENTIFIER'".into(),
        };
        let places = [
            place("device_code", 1, 10),
            place("device_code", 2, 9),
            place("device_code", 3, 17),
            place("device_code", 4, 99),
            place("device_code", 9, 1),
            place("other", 1, 1),
        ];
        let expected = "\
src/device.nut:1:10: error: expected 'IDENTIFIER'
  1 | function f() {
    |          ^
src/device.nut:2:9: error: expected 'IDENTIFIER'
  2 | \tlocal = 1;
    | \t      ^
src/device.nut:3:17: error: expected 'IDENTIFIER'
  3 |   s <- \"温\" + ;
    |               ^
src/device.nut:4:99: error: expected 'IDENTIFIER'
  4 | }
    |  ^
src/device.nut:9:1: error: expected 'IDENTIFIER'
other:1:1: error: expected 'IDENTIFIER'
";
        assert_eq!(describe(&places, &source(), Paint::stderr(&Environment::default())), expected);
    }
}
