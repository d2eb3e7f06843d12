use crate::scripted::{Received, Reply};
use crate::service::{device, not_found, page, service};
use crate::world::World;
use insta::assert_snapshot;
use regex_lite::Regex;
use serde_json::{Value, json};
use std::sync::{Mutex, mpsc::Sender};

const BED: &str = "20000c2a69abcdef";
const BARE: &str = "20000c2a69abcd00";
const OPENED: &str = "event: state_change\ndata: {\"state\":\"opened\"}\n\n";
const CLOSED: &str = "event: state_change\ndata: {\"state\":\"closed\"}\n\n";

fn entry(second: u32, device: &str, kind: &str, msg: &str) -> Value {
    json!({ "device_id": device, "ts": format!("2026-03-02T09:41:{second:02}.250Z"), "log_type": "development",
        "type": kind, "msg": msg })
}

fn event(entry: &Value) -> String {
    format!("event: message\ndata: {entry}\n\n")
}

fn lines() -> [Value; 5] {
    [
        entry(1, BED, "status", "Agent restarted: reload."),
        entry(2, BED, "server.log", "moisture 41"),
        entry(3, BARE, "agent.error", "ERROR: unhandled exception\nERROR:   in main agent_code:3"),
        entry(4, BED, "server.log", "moisture 42 \u{1b}[2J"),
        entry(5, BED, "status", "17 log entries skipped: reader too slow"),
    ]
}

/// Streams that the service gives out one after the other. Each stays open until the test ends, or ends at once.
#[derive(Default)]
struct Streams {
    given: Mutex<usize>,
    open: Mutex<Vec<Sender<String>>>,
}

impl Streams {
    fn next(&self, contents: &[(bool, String)]) -> Reply {
        let mut given = self.given.lock().unwrap();
        let Some((stays, text)) = contents.get(*given) else { return not_found() };
        *given += 1;
        let (sender, reply) = Reply::events();
        sender.send(text.clone()).unwrap();
        if *stays {
            self.open.lock().unwrap().push(sender);
        }
        reply
    }
}

/// Impstead, with these streams of whole groups and single devices.
fn impstead(contents: Vec<(bool, String)>) -> impl Fn(&Received) -> Reply + Send + Sync {
    let streams = Streams::default();
    move |request| match request.target.split('?').next() {
        Some("/impstead/v1/logs") if request.target.contains("format=json") => streams.next(&contents),
        Some("/impstead/v1/logs") => page(&newest_first(|_| true), None),
        _ => service(request),
    }
}

fn newest_first(wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    lines().into_iter().rev().filter(wanted).collect()
}

/// Another service, with one stream of the vendor's kind and nine devices in each group.
fn vendor(contents: Vec<(bool, String)>) -> impl Fn(&Received) -> Reply + Send + Sync {
    let streams = Streams::default();
    move |request| {
        let target = request.target.replace("%5B", "[").replace("%5D", "]");
        let path = target.split('?').next().unwrap_or_default();
        match (request.method.as_str(), path.split('/').skip(1).collect::<Vec<_>>().as_slice()) {
            ("POST", ["v5", "logstream"]) => crate::service::one(
                json!({ "type": "logstream", "id": "s1", "attributes": { "url": "http://h/v5/logstream/s1" } }),
            ),
            ("GET", ["v5", "logstream", _]) => streams.next(&contents),
            ("PUT", ["v5", "logstream", "s1", _]) => Reply::new(204, ""),
            ("GET", ["v5", "devices"]) if target.contains("[devicegroup.id]=g1") => {
                let devices: Vec<_> = (0..9)
                    .map(|n| device(&format!("20000c2a0000000{n}"), Some(&format!("bed-{n}")), Some("g1"), true))
                    .collect();
                page(&devices, None)
            }
            ("GET", ["v5", "devices", id, "logs"]) => page(&newest_first(|line| line["device_id"] == *id), None),
            _ => service(request),
        }
    }
}

fn all_lines() -> String {
    lines().iter().map(event).collect::<String>()
}

#[test]
fn live_of_a_group() {
    let world = || World::signed_in(impstead(vec![(true, format!("{OPENED}{}", all_lines()))]));
    let one = world();
    assert_snapshot!("log_group", one.run(&["log", "--group", "g1", "--limit", "5"]));
    assert!(one.server.lines().contains(&"GET /impstead/v1/logs?devicegroup=g1&format=json".to_owned()));
    assert_snapshot!("log_group_json", world().run(&["log", "--group", "g1", "--limit", "5", "--json"]));
    assert_snapshot!("log_group_terminal", world().on_terminal(80).run(&["log", "--group", "g1", "--limit", "5"]));
    let one = world();
    // What was left out may have been wanted.
    assert_snapshot!(
        "log_group_filtered",
        one.run(&["log", "--group", "g1", "--type", "server.log", "--grep", "4[25]", "--limit", "2"])
    );
    assert!(one.server.lines().iter().any(|line| line.contains("&type=server.log&format=json")));
}

#[test]
fn live_of_devices() {
    let streams = [(true, format!("{OPENED}{}", event(&lines()[1]))), (true, OPENED.to_owned())];
    let world = World::signed_in(impstead(streams.to_vec()));
    assert_snapshot!("log_devices", world.run(&["log", "--device", "bed-7", BARE, "--limit", "1"]));
    let opened = world.server.lines().into_iter().filter(|line| line.contains("/logs")).collect::<Vec<_>>();
    assert_eq!(opened, [BED, BARE].map(|device| format!("GET /impstead/v1/logs?device={device}&format=json")));
}

#[test]
fn too_many_streams() {
    let world = World::signed_in(|request| match request.target.split('?').next() {
        Some("/impstead/v1/logs") => {
            Reply::error(403, "PX300", "Account Limit Reached", "The account may read at most 20 of these streams.")
        }
        _ => service(request),
    });
    assert_snapshot!("log_limit", world.run(&["log", "--device", "bed-7"]));
}

#[test]
fn elsewhere_eight_devices() {
    let line = entry(1, "20000c2a00000000", "server.log", "moisture 41");
    let world = World::signed_in(vendor(vec![(true, format!("{OPENED}{}{CLOSED}", event(&line)))]));
    assert_snapshot!("log_elsewhere", world.run(&["log", "--group", "g1"]));
    let added = world.server.lines().into_iter().filter(|line| line.starts_with("PUT")).collect::<Vec<_>>();
    let expected: Vec<_> = (0..8).map(|n| format!("PUT /v5/logstream/s1/20000c2a0000000{n}")).collect();
    assert_eq!(added, expected);
    assert_snapshot!("log_elsewhere_empty", world.run(&["log", "--group", "line"]));
}

#[test]
fn goes_on_after_the_connection_was_lost() {
    let streams = || {
        let [first, second, ..] = lines();
        vec![(false, format!("{OPENED}{}", event(&first))), (true, format!("{OPENED}{}", event(&second)))]
    };
    let mask = |text: String| {
        let moment = Regex::new(r"20(2[7-9]|[3-9]\d|26-(0[4-9]|1\d|03-0[3-9]|03-[1-3]))[-\dT:. ]*Z").unwrap();
        moment.replace_all(&text, "NOW").into_owned()
    };
    let world = World::signed_in(impstead(streams()));
    assert_snapshot!("log_reconnects", mask(world.run(&["log", "--group", "g1", "--limit", "2"])));
    let world = World::signed_in(impstead(streams()));
    assert_snapshot!("log_reconnects_json", mask(world.run(&["log", "--group", "g1", "--limit", "2", "--json"])));
    let world = World::signed_in(vendor(streams()));
    assert_snapshot!("log_reconnects_elsewhere", mask(world.run(&["log", "--device", "bed-7", "--limit", "2"])));
    assert_eq!(world.server.count(&format!("PUT /v5/logstream/s1/{BED}")), 2);
}

#[test]
fn history() {
    let world = World::signed_in(impstead(vec![]));
    assert_snapshot!("log_history", world.run(&["log", "--group", "g1", "--history"]));
    assert_snapshot!("log_history_limit", world.run(&["log", "--group", "g1", "--history", "--limit", "2"]));
    assert_snapshot!(
        "log_history_json",
        world.run(&["log", "--group", "g1", "--history", "--json", "--type", "server.log", "--type", "agent.error"])
    );
    let world = World::signed_in(vendor(vec![]));
    let filtered = ["log", "--device", "bed-7", BARE, "--history", "--grep", "(?i)MOIST|error"];
    assert_snapshot!("log_history_devices", world.run(&filtered));
    assert_snapshot!("log_history_none", world.run(&["log", "--group", "line", "--history"]));
}

#[test]
fn arguments() {
    let world = World::signed_in(service);
    assert_snapshot!("log_of_nothing", world.run(&["log"]));
    assert_snapshot!("log_of_both", world.run(&["log", "--device", "bed-7", "--group", "g1"]));
    assert_snapshot!("log_bad_regex", world.run(&["log", "--group", "g1", "--grep", "("]));
    assert_snapshot!("log_bad_type", world.run(&["log", "--group", "g1", "--type", "server.loud"]));
    assert_snapshot!("log_unknown_device", world.run(&["log", "--device", "bed-8"]));
    assert_snapshot!("log_help", world.run(&["log", "--help"]));
}
