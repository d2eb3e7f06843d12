//! What the console says of itself and of built-in functions.

use super::super::DialectName;
use squirrel::{BUILTINS, Dialects, Owner};
use std::fmt::Write as _;

pub const TEXT: &str = "\
Enter an expression to see its value, or statements. What is not finished goes on in the next line.
Variables declared with `local` end with their input; `name <- value` makes one that stays.

  :help          this text
  :help NAME     what a built-in function does
  :reset         forget everything
  :quit          end; Ctrl-D does, too

Tab completes names. Ctrl-C gives up a line, or stops a program that runs.
";

/// Whether a dialect has a built-in function.
pub fn has(dialect: DialectName, dialects: Dialects) -> bool {
    match dialects {
        Dialects::Both => true,
        Dialects::Stock => dialect == DialectName::Stock,
        Dialects::Imp => dialect == DialectName::Imp,
    }
}

/// Describes the built-in functions of a name.
pub fn about(name: &str, dialect: DialectName) -> Option<String> {
    let name = name.trim_end_matches("()").rsplit('.').next().unwrap_or(name);
    let mut text = String::new();
    for builtin in
        BUILTINS.iter().copied().flatten().filter(|builtin| builtin.name == name && has(dialect, builtin.dialects))
    {
        let owner = match builtin.owner {
            Owner::Root => String::new(),
            Owner::Math if dialect == DialectName::Stock => String::new(),
            owner => format!("{}.", format!("{owner:?}").to_lowercase()),
        };
        let _ = writeln!(text, "{owner}{}\n    {}", builtin.signature, builtin.doc);
    }
    (!text.is_empty()).then_some(text)
}
