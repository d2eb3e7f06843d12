//! The commented configuration file and the reference page: both follow the table, and a test keeps them current.

use super::table::{Kind, Setting, TABLE};
use std::fmt::Write;

/// The commented configuration file with every setting at its default, compiled in.
pub const fn default_file() -> &'static str {
    include_str!("../../impstead.toml")
}

/// Writes the commented configuration file.
#[cfg_attr(not(test), expect(dead_code, reason = "the test that keeps the file current writes it"))]
pub fn write_file() -> String {
    let mut file = "# Configuration of impstead. Every setting stands here with its default; remove a # to change one.\n\
                    # Flags win over environment variables, and those over this file: data is --data and IMPSTEAD_DATA.\n"
        .to_owned();
    for setting in &TABLE {
        let _ = writeln!(file, "\n{}", comment(&sentence(setting)));
        if setting.default.is_none() {
            let _ = writeln!(file, "{}", comment(&format!("Default: {}.", setting.otherwise)));
        }
        let value = if setting.example.is_empty() || setting.default.is_some_and(|default| !default.is_empty()) {
            setting.default.unwrap_or_default()
        } else {
            setting.example
        };
        let _ = writeln!(file, "#{} = {}", setting.name, toml(setting.kind, value));
        if setting.default.is_some_and(|default| !default.is_empty()) && !setting.example.is_empty() {
            let _ = writeln!(file, "#{} = {}", setting.name, toml(setting.kind, setting.example));
        }
    }
    file
}

/// Writes `docs/configuration.md`.
#[cfg_attr(not(test), expect(dead_code, reason = "the test that keeps the page current writes it"))]
pub fn write_page() -> String {
    let mut page = "<!-- Generated from crates/app/src/settings/table.rs; see the test `generated_files_are_current`. -->\n\
                    # Configuration\n\n\
                    `impstead serve` runs without any configuration. Each setting below can be given as a flag, as an \
                    environment variable, or in a TOML file that `--config FILE` or `IMPSTEAD_CONFIG` names. Flags win \
                    over environment variables, those over the file, and that over the defaults. An empty environment \
                    variable counts as none.\n\n\
                    - `impstead config` prints a file with every setting at its default, explained; \
                    `impstead config > impstead.toml` is a start.\n\
                    - `impstead serve --check-config` reports all problems and starts nothing; \
                    `impstead serve --print-config` shows what is in force and where it comes from. Passwords are hidden.\n\
                    - All problems are reported together: the setting, where it was set, what is wrong, and the fix. \
                    Unknown names in the file are problems; unknown `IMPSTEAD_…` variables are warnings.\n\
                    - Commands on the data (`impstead account create`, `impstead backup`, …) take `data`, `database` and \
                    `backups` from the same places.\n\n\
                    | setting | flag | environment variable | default |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for setting in &TABLE {
        let default = match setting.default {
            Some("") => "none".to_owned(),
            Some(default) => format!("`{default}`"),
            None => setting.otherwise.to_owned(),
        };
        let _ = writeln!(
            page,
            "| [`{name}`](#{name}) | `{}` | `{}` | {default} |",
            setting.flag(),
            setting.variable(),
            name = setting.name,
        );
    }
    for setting in &TABLE {
        let _ = writeln!(page, "\n## {}\n\n{}", setting.name, sentence(setting));
        let value = if setting.example.is_empty() { setting.default.unwrap_or_default() } else { setting.example };
        let _ = writeln!(page, "\n```toml\n{} = {}\n```", setting.name, toml(setting.kind, value));
    }
    page
}

fn sentence(setting: &Setting) -> String {
    format!("{}. {}", setting.summary, setting.detail).trim_end().to_owned()
}

/// Writes a value as the file has it.
pub fn toml(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Text => format!("{value:?}"),
        Kind::List => {
            let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
            format!("{:?}", items.collect::<Vec<_>>())
        }
        Kind::Integer | Kind::Number | Kind::Boolean => value.to_owned(),
    }
}

/// Breaks text into comment lines of at most 110 characters.
fn comment(text: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is one from the start");
        if line.chars().count() + word.chars().count() < 110 {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(format!("# {word}"));
        }
    }
    lines.join("\n")
}
