//! `docs/api-compat.md` has a row for all there is, and none for what there is not.

use impstead_server::routes;
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

const PAGE: &str = include_str!("../../../../docs/api-compat.md");

/// The tables under a heading, as cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let start = PAGE.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no heading `{heading}`"));
    let section = &PAGE[start + 4..];
    let section = &section[..section.find("\n## ").unwrap_or(section.len())];
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| line.trim_matches('|').split(" |").map(str::trim).collect()).collect()
}

/// Whether a status means that the server has it.
fn is_there(status: &str) -> bool {
    let words = ["same", "differs", "ours", "missing", "never"];
    assert!(words.iter().any(|word| status.starts_with(word)), "`{status}` is no status");
    !(status.starts_with("missing") || status.starts_with("never"))
}

#[test]
fn every_route_has_its_row_and_every_row_its_route() {
    let there: BTreeSet<String> = routes().iter().map(|route| format!("`{} {}`", route.method, route.path)).collect();
    let mut listed = BTreeSet::new();
    for row in rows("Endpoints") {
        if is_there(row[1]) {
            assert!(listed.insert(row[0].to_owned()), "{} is there twice", row[0]);
        } else {
            assert!(!there.contains(row[0]), "{} is said to be {}", row[0], row[1]);
        }
    }
    assert_eq!(listed, there);
}

#[test]
fn every_filter_has_its_row_and_every_row_its_filter() {
    let mut there = BTreeSet::new();
    for route in routes() {
        for filter in route.filters {
            there.insert((format!("`{} {}`", route.method, route.path), format!("`{filter}`")));
        }
    }
    let listed: BTreeSet<(String, String)> = rows("Filters")
        .iter()
        .inspect(|row| assert!(is_there(row[2]), "{row:?}"))
        .map(|row| (row[0].to_owned(), row[1].to_owned()))
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn every_error_code_has_its_row_and_every_row_its_code() {
    let mut there = BTreeSet::new();
    for text in include_str!("../../src/error.rs").split('"') {
        let (family, number) = text.split_at_checked(2).unwrap_or_default();
        if ["VX", "CX", "PX", "NF", "XX"].contains(&family) && number.len() == 3 {
            there.insert(format!("`{text}`"));
        }
    }
    assert!(there.len() > 20);
    let listed = rows("Errors").into_iter().filter(|row| is_there(row[3]));
    let listed: BTreeSet<String> = listed.map(|row| row[0].to_owned()).collect();
    assert_eq!(listed, there);
}

/// Takes attributes and relationships from the committed snapshots.
#[test]
fn every_attribute_and_relationship_has_its_row() {
    let listed = rows("Attributes and relationships");
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let mut seen = BTreeSet::new();
    for route in routes().iter().filter(|route| route.path.starts_with("/v5/") && !route.path.starts_with("/v5/auth")) {
        let text =
            std::fs::read_to_string(snapshots.join(format!("{}.snap", route.operation))).expect("it is committed");
        let Some(body) = text.rfind("\n\n{\n").and_then(|start| serde_json::from_str::<Value>(&text[start..]).ok())
        else {
            continue;
        };
        let resources = match &body["data"] {
            Value::Array(items) => items.clone(),
            one => vec![one.clone()],
        };
        for resource in resources.iter().filter(|resource| resource.get("type").is_some()) {
            let kind = resource["type"].as_str().unwrap();
            let kind = if kind.ends_with("_devicegroup") { "devicegroup" } else { kind };
            seen.insert(kind.to_owned());
            for members in [&resource["attributes"], &resource["relationships"]] {
                for name in members.as_object().into_iter().flat_map(serde_json::Map::keys) {
                    let has_row = listed.iter().any(|row| {
                        row[0] == format!("`{kind}`") && row[1].split(", ").any(|member| member == format!("`{name}`"))
                    });
                    assert!(has_row, "`{kind}` has `{name}`, which has no row");
                }
            }
        }
    }
    let listed: BTreeSet<String> = listed.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(listed, seen);
}
