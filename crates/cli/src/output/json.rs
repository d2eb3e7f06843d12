//! Lays JSON out for reading without touching anything but the space between its tokens.

/// Indents a JSON text, which must be valid, by two spaces per level, beginning at `level`.
///
/// Strings, numbers, and the order of members stay byte for byte, unlike on the way through a parsed value.
pub fn indented(json: &str, level: usize) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut level = level;
    let mut rest = json;
    while let Some(c) = rest.chars().next() {
        match c {
            '"' => {
                let end = string_end(rest);
                out.push_str(&rest[..end]);
                rest = &rest[end..];
                continue;
            }
            '{' | '[' => {
                out.push(c);
                let inside = rest[1..].trim_start();
                if let Some(closing) = inside.chars().next().filter(|c| matches!(c, '}' | ']')) {
                    out.push(closing);
                    rest = &inside[1..];
                    continue;
                }
                level += 1;
                new_line(&mut out, level);
            }
            '}' | ']' => {
                level = level.saturating_sub(1);
                new_line(&mut out, level);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, level);
            }
            ':' => out.push_str(": "),
            ' ' | '\t' | '\n' | '\r' => {}
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Length of the string literal at the beginning of `json`, quotes included.
fn string_end(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

fn new_line(out: &mut String, level: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_space_changes() {
        let json = r#"{ "z":1e3,"a" : [ ],"s":"x, {\"y\": [\\","big":12345678901234567890123,"n":{"u":"\u00e9é","e":{}},
            "l":[1 ,[true, null]]}"#;
        let expected = r#"{
  "z": 1e3,
  "a": [],
  "s": "x, {\"y\": [\\",
  "big": 12345678901234567890123,
  "n": {
    "u": "\u00e9é",
    "e": {}
  },
  "l": [
    1,
    [
      true,
      null
    ]
  ]
}"#;
        assert_eq!(indented(json, 0), expected);
        assert_eq!(indented(expected, 0), expected);
        assert_eq!(indented("[1]", 1), "[\n    1\n  ]");
        assert_eq!(indented("12", 0), "12");
    }
}
