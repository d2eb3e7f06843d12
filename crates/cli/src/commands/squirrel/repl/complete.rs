//! What may stand where the cursor is.

use super::{help::has, session::Session};
use squirrel::{BUILTINS, Owner};
use std::collections::BTreeSet;

const KEYWORDS: [&str; 35] = [
    "base",
    "break",
    "case",
    "catch",
    "class",
    "clone",
    "const",
    "constructor",
    "continue",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "extends",
    "false",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "instanceof",
    "local",
    "null",
    "resume",
    "return",
    "static",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "while",
    "yield",
];

/// Finds where the word under the cursor begins, and what it may become, sorted.
pub fn candidates(session: &Session, line: &str, cursor: usize) -> (usize, Vec<String>) {
    let before = &line[..cursor];
    let start = before.len() - trailing_name(before).len();
    let word = &before[start..];
    let names = match before[..start].strip_suffix('.') {
        Some(object) => members(session, object.trim_end()),
        None if before[..start].ends_with("::") => globals(session),
        None if word.is_empty() => return (start, Vec::new()),
        None => {
            let constants = session.constants().map(|name| String::from_utf8_lossy(name).into_owned());
            let keywords = KEYWORDS.iter().map(|&keyword| keyword.to_owned());
            globals(session).into_iter().chain(constants).chain(keywords).collect()
        }
    };
    (start, names.into_iter().filter(|name| name.starts_with(word)).collect())
}

fn globals(session: &Session) -> BTreeSet<String> {
    let heap = session.vm.heap();
    let entries = heap.entries(session.vm.root()).into_iter();
    entries.filter_map(|(name, _)| heap.as_bytes(name)).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}

/// The members of what stands before a dot: of a value if that can be told without running anything, else of any type.
fn members(session: &Session, object: &str) -> BTreeSet<String> {
    let mut path = Vec::new();
    let mut rest = object;
    loop {
        let name = trailing_name(rest);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            path.clear();
            break;
        }
        path.push(name);
        rest = &rest[..rest.len() - name.len()];
        match rest.strip_suffix('.') {
            Some(object) => rest = object,
            None => break,
        }
    }
    path.reverse();
    if !path.is_empty()
        && let Some(value) = session.find(&path)
    {
        let names = session.vm.member_names(value).into_iter();
        return names.map(|name| String::from_utf8_lossy(&name).into_owned()).collect();
    }
    let string = object.ends_with('"');
    let fits = |owner: Owner| match owner {
        Owner::Root | Owner::Math => false,
        Owner::String => true,
        _ => !string,
    };
    let all = BUILTINS.iter().copied().flatten();
    all.filter(|builtin| fits(builtin.owner) && has(session.dialect, builtin.dialects))
        .map(|builtin| builtin.name.to_owned())
        .collect()
}

/// The letters, digits and underscores at the end of a text.
fn trailing_name(text: &str) -> &str {
    let other = text.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &text[other.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))..]
}

#[cfg(test)]
mod tests {
    use super::super::super::DialectName;
    use super::*;
    use crate::Context;

    #[test]
    fn names_are_completed() {
        let mut session = Session::new(DialectName::Stock, 16 << 20).unwrap();
        let mut context = Context::of_process();
        (context.stdout, context.stderr) = (Box::new(std::io::sink()), Box::new(std::io::sink()));
        for input in ["bed <- { moisture = 3, probe = { depth = [1] } }", "const LIMITLESS = 1", "enum Bed { A }"] {
            session.enter(input, &mut context).unwrap();
        }
        let find = |line: &str| candidates(&session, line, line.len());
        assert_eq!(find("local x = fore"), (10, vec!["foreach".to_owned()]));
        assert_eq!(find("LIMITL").1, ["LIMITLESS"]);
        assert_eq!(find("print(be").1, ["bed"]);
        assert_eq!(find("bed.mo"), (4, vec!["moisture".to_owned()]));
        assert_eq!(find("::bed.mo").1, ["moisture"]);
        assert!(find("bed.probe.").1.contains(&"depth".to_owned()));
        assert!(find("bed.probe.depth.appe").1 == ["append"]);
        assert_eq!(find("\"a b\".toup").1, ["toupper"]);
        assert_eq!(find("f().toup").1, ["toupper"]);
        assert!(find("").1.is_empty() && find("1.").1.len() > 20);
        assert_eq!(find("ünï").1.len(), 0);
    }
}
