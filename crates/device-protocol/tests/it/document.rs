//! `docs/device-protocol.md` says what the code does: its dumps, its limits and its codes.

use crate::{examples, vectors::hex};
use impstead_device_protocol as protocol;
use std::collections::BTreeMap;

const DOCUMENT: &str = include_str!("../../../../docs/device-protocol.md");

/// The document's dumps by name. A dump is a block of hex bytes with a comment after a semicolon.
fn dumps() -> BTreeMap<&'static str, String> {
    let mut dumps = BTreeMap::new();
    let mut lines = DOCUMENT.lines();
    while let Some(line) = lines.next() {
        let name = line.strip_prefix("```frame ").or_else(|| line.strip_prefix("```value "));
        let Some(name) = name else { continue };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let digits = block.flat_map(|line| line.split(';').next().unwrap_or_default().split_whitespace()).collect();
        assert_eq!(dumps.insert(name, digits), None, "{name} stands there twice");
    }
    dumps
}

/// The rows of the table whose first heading is this, without head and rule.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let start = format!("| `{heading}` |");
    let rows = DOCUMENT.lines().skip_while(|line| !line.starts_with(&start)).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn every_frame_is_shown_as_it_is() {
    let mut dumps = dumps();
    for (name, example) in examples::all() {
        match dumps.remove(name.as_str()) {
            Some(digits) => assert_eq!(digits, hex(&example.encode()), "{name}"),
            None => assert!(name.starts_with("value-"), "{name} is not shown"),
        }
    }
    assert!(dumps.is_empty(), "shown without an example: {:?}", dumps.keys());
}

#[test]
fn every_limit_is_stated_as_it_is() {
    macro_rules! check {
        ($($limit:ident)*) => {$({
            let row = format!("| `{}` | {} |", stringify!($limit), protocol::$limit);
            assert!(DOCUMENT.contains(&row), "{row}");
        })*};
    }
    check! {
        MAX_FRAME_BYTES MAX_HANDSHAKE_FRAME_BYTES MIN_MAX_FRAME_BYTES MAX_VALUE_BYTES MAX_DEPTH MAX_NAME_BYTES
        MAX_LOG_BYTES MAX_TEXT_BYTES MAX_IDENTITY_BYTES MAX_FACT_BYTES MAX_TOKEN_BYTES MAX_PROGRAM_BYTES
        MAX_CHUNK_BYTES MAX_ENVIRONMENT_BYTES DEFAULT_HEARTBEAT_S HANDSHAKE_TIMEOUT_S BACKOFF_FIRST_MS BACKOFF_MOST_MS
    }
    let heartbeat = protocol::HEARTBEAT_RANGE_S;
    let sentences = [
        format!("Path `{}` on the server", protocol::WEBSOCKET_PATH),
        format!("`{}` and closes if", protocol::WEBSOCKET_SUBPROTOCOL),
        format!("# The device protocol, version {}", protocol::VERSION),
        format!("within {} to {}", heartbeat.start(), heartbeat.end()),
    ];
    for sentence in sentences {
        assert!(DOCUMENT.contains(&sentence), "{sentence}");
    }
}

#[test]
fn every_code_is_named_as_it_is() {
    macro_rules! check {
        ($($code:ident)*) => {$({
            let stated: Vec<(String, String)> = table(stringify!($code))
                .iter()
                .map(|row| (row[0].to_owned(), row[1].trim_matches('`').to_owned()))
                .collect();
            let known: Vec<(String, String)> = protocol::$code::ALL
                .iter()
                .map(|code| (code.0.to_string(), code.name().unwrap().to_owned()))
                .collect();
            assert_eq!(stated, known, stringify!($code));
        })*};
    }
    check! {
        WakeReason ShutdownReason RestartReason LogKind SleepKind CloseReason Compression ProgramFormat CodeOutcome
        AnswerCode NetworkKind
    }
}

#[test]
fn every_frame_type_is_listed() {
    for (name, example) in examples::all() {
        if !name.starts_with("value-") {
            let kind = format!("| `{:02x}` | ", example.encode()[0]);
            assert!(DOCUMENT.contains(&kind), "{name}");
        }
    }
}

#[test]
fn links_within_the_document_lead_somewhere() {
    let anchors: Vec<String> = DOCUMENT
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            title.chars().filter(|c| c.is_alphanumeric() || " -".contains(*c)).collect::<String>().replace(' ', "-")
        })
        .collect();
    for link in DOCUMENT.split("](#").skip(1) {
        let target = link.split(')').next().unwrap();
        assert!(anchors.iter().any(|anchor| anchor == target), "#{target}");
    }
}
