//! Which of our crates may know which. An arrow that is not here deserves a talk before it is added.

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// What each crate may use of ours, now or when it comes to be; `None` is everything. `testkit` besides is everybody's
/// dev-dependency.
const MAY_USE: [(&str, Option<&[&str]>); 16] = [
    ("squirrel", Some(&[])),
    ("platform", Some(&["squirrel", "device-protocol"])),
    ("wire", Some(&[])),
    ("model", Some(&[])),
    ("store", Some(&["model"])),
    ("bus", Some(&["model"])),
    ("runtime", Some(&["platform", "squirrel", "imp", "model", "store", "bus", "device-protocol"])),
    ("server", Some(&["wire", "model", "store", "bus", "runtime", "device-protocol", "platform", "squirrel"])),
    ("client", Some(&["wire"])),
    ("device-protocol", Some(&[])),
    ("imp", Some(&["platform", "squirrel", "device-protocol"])),
    ("simulation", Some(&["platform", "squirrel", "imp", "device-protocol"])),
    ("cli", Some(&["client", "wire", "squirrel", "simulation", "imp"])),
    ("bench", Some(&["device-protocol", "squirrel"])),
    ("app", None),
    ("testkit", None),
];

/// What must not be anywhere below a crate, ours or not.
const MUST_NOT_REACH: [(&str, &[&str]); 4] = [
    ("squirrel", &["tokio", "mio", "rusqlite", "serde_json"]),
    ("model", &["serde", "tokio", "rusqlite", "postgres"]),
    ("wire", &["tokio", "rusqlite", "postgres", "axum"]),
    ("client", &["axum", "rusqlite", "postgres", "clap"]),
];

fn short_name(package: &str) -> Option<&str> {
    if package == "impstead" { Some("app") } else { package.strip_prefix("impstead-") }
}

fn metadata() -> Value {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    // Without a platform cargo would fetch what only others need.
    let version = Command::new("rustc").arg("-vV").output().expect("there is a rustc").stdout;
    let version = String::from_utf8(version).expect("rustc writes UTF-8");
    let platform = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path", manifest])
        .args(["--filter-platform", platform])
        .output()
        .expect("there is a cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn arrows_between_our_crates_point_as_agreed() {
    let metadata = metadata();
    let members = metadata["workspace_members"].as_array().unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let allowed: BTreeMap<&str, Option<&[&str]>> = MAY_USE.into_iter().collect();
    let mut wrong = Vec::new();
    for package in packages.iter().filter(|package| members.contains(&package["id"])) {
        let name = short_name(text(package, "name")).expect("our packages are named impstead-…");
        let Some(may_use) = allowed.get(name) else {
            wrong.push(format!("{name} has no row in the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(used) = short_name(text(dependency, "name")) else { continue };
            let is_dev = dependency["kind"] == "dev";
            let is_allowed = match may_use {
                None => used != "testkit" || is_dev,
                Some(may_use) => may_use.contains(&used) || is_dev && used == "testkit",
            };
            if !is_allowed {
                wrong.push(format!("{name} uses {used}{}", if is_dev { " in its tests" } else { "" }));
            }
        }
    }
    assert!(wrong.is_empty(), "new arrows between our crates:\n{}", wrong.join("\n"));
}

#[test]
fn what_a_crate_must_not_know_is_not_below_it() {
    let metadata = metadata();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let nodes: BTreeMap<&str, &Value> =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().map(|node| (text(node, "id"), node)).collect();
    for (crate_name, forbidden) in MUST_NOT_REACH {
        let package = format!("impstead-{crate_name}");
        let start = *names.iter().find(|(_, name)| **name == package).expect("the crate is there").0;
        let (mut seen, mut waiting) = (vec![start], vec![start]);
        while let Some(id) = waiting.pop() {
            for dependency in nodes[id]["deps"].as_array().unwrap() {
                let normal = dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
                let id = text(dependency, "pkg");
                if normal && !seen.contains(&id) {
                    seen.push(id);
                    waiting.push(id);
                }
            }
        }
        for id in seen {
            assert!(!forbidden.contains(&names[id]), "{crate_name} must not reach {}", names[id]);
        }
    }
}
