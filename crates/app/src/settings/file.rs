//! The configuration file: TOML, one level deep, with the names of the table.

use super::{
    problem::{Origin, Problem},
    table::{Kind, TABLE},
};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// A value of the file, as it would be written in a flag.
pub struct Entry {
    /// The value's text.
    pub text: String,
    /// The line it stands on, from 1.
    pub line: usize,
}

/// Reads a file's text; what is wrong goes to `problems`.
pub fn read(path: &str, text: &str, problems: &mut Vec<Problem>) -> BTreeMap<&'static str, Entry> {
    let line_of = |offset: usize| text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1;
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(1, |span| line_of(span.start));
        problems.push(Problem {
            setting: None,
            origin: Origin::File { path: path.to_owned(), line },
            value: None,
            what: format!("this is not TOML: {}", error.message()),
            fix: "write `name = value`, with text in quotes; `impstead config` prints a correct file".into(),
        });
    }
    let mut entries = BTreeMap::new();
    if !errors.is_empty() {
        // What was recovered from a broken file may be anything.
        return entries;
    }
    for (key, value) in table.get_ref() {
        let line = line_of(key.span().start);
        let problem = |value: Option<String>, what: String, fix: String| Problem {
            setting: Some(key.get_ref().to_string()),
            origin: Origin::File { path: path.to_owned(), line },
            value,
            what,
            fix,
        };
        let Some(setting) = TABLE.iter().find(|setting| setting.name == key.get_ref().as_ref()) else {
            let what = "there is no such setting".to_owned();
            problems.push(problem(None, what, fix_of_unknown(key.get_ref(), TABLE.iter().map(|setting| setting.name))));
            continue;
        };
        if let Some(text) = text_of(value.get_ref(), setting.kind) {
            entries.insert(setting.name, Entry { text, line });
            continue;
        }
        let (wanted, example) = match setting.kind {
            Kind::Text => ("text", "\"…\", in quotes"),
            Kind::List => ("a list of texts", "[\"…\", \"…\"]"),
            Kind::Integer => ("a whole number", "40, without quotes"),
            Kind::Number => ("a number", "400 or 0.5, without quotes"),
            Kind::Boolean => ("true or false", "true, without quotes"),
        };
        let what = format!("it must be {wanted}, not {}", type_name(value.get_ref()));
        problems.push(problem(None, what, format!("write {} = {example}", setting.name)));
    }
    entries
}

/// Returns a value's text as a flag would have it; `None` if it is of the wrong type.
fn text_of(value: &DeValue<'_>, kind: Kind) -> Option<String> {
    match (kind, value) {
        (Kind::Text, DeValue::String(text)) => Some(text.to_string()),
        (Kind::List, DeValue::Array(items)) => {
            let items: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            Some(items?.join(","))
        }
        (Kind::Integer | Kind::Number, DeValue::Integer(number)) if number.radix() == 10 => {
            Some(number.as_str().replace('_', ""))
        }
        (Kind::Number, DeValue::Float(number)) => Some(number.as_str().replace('_', "")),
        (Kind::Boolean, DeValue::Boolean(value)) => Some(value.to_string()),
        _ => None,
    }
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(number) if number.radix() != 10 => "a number in another base",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list of other things",
        DeValue::Table(_) => "a section",
    }
}

/// Suggests the nearest known name.
pub fn fix_of_unknown<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let nearest = known.map(|known| (distance(name, known), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 3 => format!("did you mean {known}?"),
        _ => "remove it; `impstead config` prints all settings".into(),
    }
}

/// Counts the insertions, deletions and replacements between two texts (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
