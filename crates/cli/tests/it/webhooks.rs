use crate::scripted::{Received, Reply};
use crate::service::{not_found, one, page, service};
use crate::world::World;
use insta::assert_snapshot;
use serde_json::{Value, json};

const AT: &str = "2026-03-02T09:15:04.221Z";

fn webhook(id: &str, event: &str, content_type: &str) -> Value {
    json!({ "type": "webhook", "id": id, "links": { "self": format!("http://h/v5/webhooks/{id}") },
        "attributes": { "url": "https://hooks.example.net/imp", "event": event, "content_type": content_type,
            "created_at": AT, "updated_at": AT },
        "relationships": { "owner": { "type": "account", "id": "a1" },
            "devicegroup": { "type": "development_devicegroup", "id": "g1" } } })
}

fn delivery(id: &str, state: &str, last: (Option<u16>, Option<&str>), next: Option<&str>) -> Value {
    json!({ "type": "webhook_delivery", "id": id, "links": { "self": "s" },
        "attributes": { "event": "deployment", "state": state, "attempts": 2, "next_attempt_at": next,
            "last_status": last.0, "last_error": last.1, "payload": { "sha": "a5c1" }, "created_at": AT,
            "updated_at": AT },
        "relationships": { "webhook": { "type": "webhook", "id": "w1" } } })
}

/// The vendor's part of the service.
fn vendor(request: &Received) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default();
    match (request.method.as_str(), path.trim_start_matches("/v5/")) {
        ("GET", "webhooks") => page(
            &[
                webhook("w1", "deployment", "application/json"),
                webhook("w2", "blinkup", "application/x-www-form-urlencoded"),
            ],
            None,
        ),
        ("GET", "webhooks/w1") => one(webhook("w1", "deployment", "application/json")),
        ("POST", "webhooks") if request.body.contains("not a URL") => {
            Reply::error(400, "VX001", "Invalid URL", "The URL is neither an http nor an https one.")
        }
        ("POST", "webhooks") => one(webhook("w3", "deployment", "application/json")),
        ("PATCH", "webhooks/w1") => one(webhook("w1", "deployment", "application/x-www-form-urlencoded")),
        ("DELETE", "webhooks/w1") => Reply::new(204, ""),
        _ => service(request),
    }
}

fn impstead(request: &Received) -> Reply {
    let path = request.target.split('?').next().unwrap_or_default();
    let with_secret = |id| {
        let mut webhook = webhook(id, "deployment", "application/json");
        webhook["attributes"]["secret"] = "whs_1f2e3d".into();
        one(webhook)
    };
    match (request.method.as_str(), path) {
        ("POST", "/v5/webhooks") if !request.body.contains("not a URL") => with_secret("w3"),
        ("POST", "/impstead/v1/webhooks/w1/secret") => with_secret("w1"),
        ("GET", "/impstead/v1/webhooks/w1/deliveries") => page(
            &[
                delivery("d3", "pending", (None, None), Some(AT)),
                delivery("d2", "failed", (None, Some("connection refused")), None),
                delivery("d1", "delivered", (Some(204), None), None),
            ],
            None,
        ),
        ("POST", "/impstead/v1/webhooks/w1/deliveries/d2/resend") => {
            one(delivery("d4", "pending", (None, None), Some(AT)))
        }
        (_, path) if path.starts_with("/impstead/") => not_found(),
        _ => vendor(request),
    }
}

#[test]
fn list_and_show() {
    let world = World::signed_in(vendor);
    assert_snapshot!("webhook_list", world.run(&["webhook", "list"]));
    world.run(&["webhook", "list", "--group", "beds", "--product", "Greenhouse"]);
    assert!(world.server.lines().iter().any(|line| line.contains("/webhooks?filter%5Bdevicegroup.id%5D=g1")));
    assert_snapshot!("webhook_show", world.run(&["webhook", "show", "w1"]));
    assert_snapshot!("webhook_show_json", world.run(&["webhook", "show", "w1", "--json"]));
    assert_snapshot!("webhook_show_unknown", world.run(&["webhook", "show", "w9"]));
}

#[test]
fn create() {
    let arguments = |url| ["webhook", "create", "--group", "g1", "--event", "deployment", "--url", url];
    let good = arguments("https://hooks.example.net/imp");
    let world = World::signed_in(impstead);
    assert_snapshot!("webhook_create", world.run(&good));
    assert_snapshot!("webhook_create_body", world.server.requests().pop().unwrap().body);
    assert_snapshot!("webhook_create_json", world.run(&[&good[..], &["--json", "--content-type", "form"]].concat()));
    assert!(world.server.requests().pop().unwrap().body.contains("x-www-form-urlencoded"));
    assert_snapshot!("webhook_create_bad_url", world.run(&arguments("not a URL")));
    assert_snapshot!("webhook_create_incomplete", world.run(&["webhook", "create", "--group", "g1"]));
    assert_snapshot!("webhook_create_elsewhere", World::signed_in(vendor).run(&good));
}

#[test]
fn update_and_delete() {
    let world = World::signed_in(vendor);
    assert_snapshot!("webhook_update", world.run(&["webhook", "update", "w1", "--content-type", "form"]));
    assert_snapshot!("webhook_update_body", world.server.requests().pop().unwrap().body);
    assert_snapshot!("webhook_update_nothing", world.run(&["webhook", "update", "w1"]));
    assert_snapshot!("webhook_update_unknown", world.run(&["webhook", "update", "w9", "--url", "http://x"]));
    assert_snapshot!("webhook_delete", world.run(&["webhook", "delete", "w1"]));
    assert_snapshot!("webhook_delete_unknown", world.run(&["webhook", "delete", "w9"]));
}

#[test]
fn deliveries() {
    let world = World::signed_in(impstead);
    assert_snapshot!("webhook_deliveries", world.run(&["webhook", "deliveries", "w1"]));
    assert_snapshot!("webhook_deliveries_json", world.run(&["webhook", "deliveries", "w1", "--json"]));
    assert_snapshot!("webhook_resend", world.run(&["webhook", "resend", "w1", "d2"]));
    assert_snapshot!("webhook_resend_unknown", world.run(&["webhook", "resend", "w1", "d9"]));
    assert_snapshot!("webhook_deliveries_unknown", world.run(&["webhook", "deliveries", "w9"]));
    assert_snapshot!("webhook_deliveries_elsewhere", World::signed_in(vendor).run(&["webhook", "deliveries", "w1"]));
}

#[test]
fn secret() {
    assert_snapshot!("webhook_secret", World::signed_in(impstead).run(&["webhook", "secret", "w1"]));
    assert_snapshot!("webhook_secret_elsewhere", World::signed_in(vendor).run(&["webhook", "secret", "w1"]));
}
