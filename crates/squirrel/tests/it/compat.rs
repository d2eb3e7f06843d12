//! `docs/squirrel-compat.md` has a row for each built-in function.

use std::fmt::Write as _;
use std::path::Path;

use squirrel::{BUILTINS, Dialects};

/// The line before the table in the page, and the one behind it.
const BEGIN: &str =
    "<!-- Made from the table in the code: `UPDATE_DOCS=1 cargo test -p impstead-squirrel built_ins`. -->\n";
const END: &str = "<!-- End. -->\n";

fn table() -> String {
    let mut rows = String::from("| built-in | dialects | what it does |\n| --- | --- | --- |\n");
    for builtin in BUILTINS.iter().copied().flatten() {
        let dialects = match builtin.dialects {
            Dialects::Both => "both",
            Dialects::Stock => "stock",
            Dialects::Imp => "imp",
        };
        // A metamethod and a constructor are written as they are used.
        let method = builtin.signature.starts_with(builtin.name);
        let (owner, dot) = match builtin.owner.name() {
            owner if method && !owner.is_empty() => (owner, "."),
            _ => ("", ""),
        };
        let signature = builtin.signature.replace('|', "\\|");
        let doc = builtin.doc.replace('|', "\\|");
        writeln!(rows, "| `{owner}{dot}{signature}` | {dialects} | {doc} |").unwrap();
    }
    rows
}

#[test]
fn the_page_has_a_row_for_each_of_the_built_ins() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/squirrel-compat.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page has the line before the table");
    let (there, after) = rest.split_once(END).expect("the page has the line behind the table");
    let table = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}\n{table}\n{END}{after}")).unwrap();
        return;
    }
    assert_eq!(there.trim(), table.trim());
}

#[test]
fn signatures_begin_with_the_name() {
    for builtin in BUILTINS.iter().copied().flatten() {
        let rest = builtin.signature.strip_prefix(builtin.name);
        let is_used_otherwise = builtin.name.starts_with('_') || builtin.name == "constructor";
        assert_eq!(rest.is_some_and(|rest| rest.starts_with('(')), !is_used_otherwise, "{}", builtin.signature);
        assert!(builtin.doc.ends_with('.') && !builtin.doc.contains('\n'), "{}: {}", builtin.name, builtin.doc);
    }
}
