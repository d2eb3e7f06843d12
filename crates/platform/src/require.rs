//! `#require` lines: which libraries a program wants.

use squirrel::{CompileError, Position};

/// A library that a program requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Its name, `Promise.lib.nut` for example.
    pub name: String,
    /// Its version, `4.0.0` for example; empty where none is written.
    pub version: String,
    /// Where it is required: the line, and the column of the name's quote.
    pub position: Position,
}

impl Required {
    /// The error of a library that is not there.
    pub fn unknown(&self) -> CompileError {
        let colon = if self.version.is_empty() { "" } else { ":" };
        let text = format!("unknown library '{}{colon}{}'", self.name, self.version);
        CompileError { position: self.position, text }
    }
}

/// Finds the libraries that a program requires, in their order: `#require "NAME:VERSION"`, several with commas. What stands in
/// strings and comments requires nothing.
///
/// # Source
/// The vendor's documentation of `#require`.
pub fn requires(source: &[u8]) -> Vec<Required> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut start_of_line = 0;
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        let rest = &source[at..];
        match byte {
            b'\n' => {
                line += 1;
                start_of_line = at + 1;
                at += 1;
            }
            b'#' => {
                let end = end_of_line(rest);
                if let Some(list) = rest[..end].strip_prefix(b"#require") {
                    let column = at + b"#require".len() - start_of_line;
                    names(list, line, column, &mut found);
                }
                at += end;
            }
            b'/' if rest.starts_with(b"//") => at += end_of_line(rest),
            b'/' if rest.starts_with(b"/*") => {
                let length = memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4);
                (line, start_of_line) = after(&rest[..length], at, line, start_of_line);
                at += length;
            }
            b'@' if rest.starts_with(b"@\"") => {
                let length = verbatim(rest);
                (line, start_of_line) = after(&rest[..length], at, line, start_of_line);
                at += length;
            }
            b'"' | b'\'' => at += quoted(rest, byte),
            _ => at += 1,
        }
    }
    found
}

/// The line and its start behind a piece that may have several lines.
fn after(piece: &[u8], at: usize, line: u32, start_of_line: usize) -> (u32, usize) {
    let lines = u32::try_from(memchr::memchr_iter(b'\n', piece).count()).unwrap_or(u32::MAX);
    let start = memchr::memrchr(b'\n', piece).map_or(start_of_line, |newline| at + newline + 1);
    (line.saturating_add(lines), start)
}

fn end_of_line(rest: &[u8]) -> usize {
    memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

/// The length of a string or character that ends on its line.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a verbatim string, in which a quote is written twice.
fn verbatim(rest: &[u8]) -> usize {
    let mut at = 2;
    while let Some(offset) = rest.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) {
        at += offset + 1;
        if rest.get(at) != Some(&b'"') {
            return at;
        }
        at += 1;
    }
    rest.len()
}

/// Reads the names behind `#require`.
fn names(list: &[u8], line: u32, column: usize, found: &mut Vec<Required>) {
    let mut at = 0;
    while let Some(open) = list.get(at..).and_then(|rest| memchr::memchr(b'"', rest)).map(|offset| at + offset) {
        let Some(length) = memchr::memchr(b'"', &list[open + 1..]) else { return };
        let text = String::from_utf8_lossy(&list[open + 1..open + 1 + length]);
        let (name, version) = text.rsplit_once(':').unwrap_or((&text, ""));
        let column = u32::try_from(column + open).unwrap_or(u32::MAX);
        found.push(Required {
            name: name.trim().to_owned(),
            version: version.trim().to_owned(),
            position: Position { line, column },
        });
        at = open + length + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_where_they_are_required() {
        let source = b"#require \"A.class.nut:1.2.3\"\n  #require \"B:2\" , \"C.lib.nut:3.0.0\" // both\nlocal a = \"#require \\\"D:1\\\"\";\n\
            // #require \"E:1\"\n/* \n#require \"F:1\"\n*/ local b = @\"\n#require \"\"G:1\"\"\n\"; local c = '\"';\n#require \"H\"\n#requires\n";
        let found: Vec<_> = requires(source)
            .into_iter()
            .map(|required| (required.name, required.version, required.position.line, required.position.column))
            .collect();
        let expected =
            [("A.class.nut", "1.2.3", 1, 9), ("B", "2", 2, 11), ("C.lib.nut", "3.0.0", 2, 19), ("H", "", 10, 9)];
        let expected =
            expected.map(|(name, version, line, column)| (name.to_owned(), version.to_owned(), line, column));
        assert_eq!(found, expected);
    }

    #[test]
    fn odd_ends_are_no_trouble() {
        for source in ["#require", "#require \"", "#require \"A", "@\"", "\"\\", "/*", "'", "#", "@\"\"\""] {
            assert!(requires(source.as_bytes()).is_empty(), "{source}");
        }
        assert_eq!(requires(b"#require \"A:1").len(), 0);
    }
}
