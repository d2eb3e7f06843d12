//! A small service: two products, three device groups, a few deployments and devices.

use crate::scripted::{Received, Reply};
use serde_json::{Value, json};

const AT: &str = "2026-03-02T09:15:04.221Z";

pub fn one(data: Value) -> Reply {
    Reply::new(200, json!({ "data": data }).to_string())
}

pub fn page(data: &[Value], next: Option<&str>) -> Reply {
    let mut links = json!({ "self": "s", "first": "f" });
    if let Some(next) = next {
        links["next"] = next.into();
    }
    Reply::new(200, json!({ "data": data, "links": links }).to_string())
}

pub fn not_found() -> Reply {
    Reply::error(404, "NF001", "Resource Not Found", "There is no such resource.")
}

pub fn tokens() -> Reply {
    Reply::new(200, json!({ "access_token": "access", "expires_in": 3600, "expires_at": AT }).to_string())
}

pub fn password_tokens() -> Reply {
    let body = json!({ "access_token": "access", "expires_in": 3600, "expires_at": AT, "refresh_token": "refresh" });
    Reply::new(200, body.to_string())
}

fn resource(kind: &str, id: &str, attributes: Value, relationships: Value) -> Value {
    json!({ "type": kind, "id": id, "links": { "self": format!("http://h/v5/{id}") }, "attributes": attributes,
        "relationships": relationships })
}

pub fn account() -> Value {
    let attributes = json!({ "username": "grower", "email": "grower@example.net", "tier": "free", "created_at": AT,
        "updated_at": AT });
    resource("account", "a1", attributes, json!({}))
}

pub fn product(id: &str, name: &str, description: Option<&str>) -> Value {
    let attributes = json!({ "name": name, "description": description, "created_at": AT, "updated_at": AT });
    let account = json!({ "type": "account", "id": "a1" });
    resource("product", id, attributes, json!({ "owner": account, "creator": account }))
}

pub fn group(id: &str, name: &str, product: &str, kind: &str) -> Value {
    let attributes = json!({ "name": name, "description": null, "region": null, "env_vars": { "RATE": 5, "SITE": "north" },
        "created_at": AT, "updated_at": AT });
    let relationships = json!({ "owner": { "type": "account", "id": "a1" }, "product": { "type": "product", "id": product },
        "current_deployment": { "type": "deployment", "id": "c2" } });
    resource(&format!("{kind}_devicegroup"), id, attributes, relationships)
}

pub fn deployment(id: &str, description: Option<&str>, tags: &[&str], flagged: bool) -> Value {
    let attributes = json!({ "sha": "a5c1".repeat(16), "description": description, "origin": null, "flagged": flagged,
        "tags": tags, "created_at": AT, "updated_at": AT });
    let account = json!({ "type": "account", "id": "a1" });
    let relationships = json!({ "owner": account, "creator": account,
        "devicegroup": { "type": "development_devicegroup", "id": "g1" } });
    resource("deployment", id, attributes, relationships)
}

pub fn device(id: &str, name: Option<&str>, group: Option<&str>, online: bool) -> Value {
    let attributes = json!({ "name": name, "agent_id": group.map(|_| "aB3_xY9-zQ1k"), "device_online": online,
        "mac_address": "0c:2a:69:ab:cd:ef" });
    let mut relationships = json!({ "owner": { "type": "account", "id": "a1" } });
    if let Some(group) = group {
        relationships["devicegroup"] = json!({ "type": "development_devicegroup", "id": group });
        relationships["product"] = json!({ "type": "product", "id": "p1" });
    }
    resource("device", id, attributes, relationships)
}

/// Answers as the service does. Filters are honoured only as far as the tests need it.
pub fn service(request: &Received) -> Reply {
    let target = request.target.replace("%5B", "[").replace("%5D", "]");
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let products = [product("p1", "Greenhouse", Some("Soil probes")), product("p2", "Vineyard", None)];
    let groups = [
        group("g1", "beds", "p1", "development"),
        group("g2", "beds", "p2", "development"),
        group("g3", "line", "p1", "pre_production"),
    ];
    let devices = [
        device("20000c2a69abcdef", Some("bed-7"), Some("g1"), true),
        device("20000c2a69abcd00", None, None, false),
        device("20000c2a69abcd01", Some("spare"), None, false),
        device("20000c2a69abcd02", Some("spare"), Some("g9"), false),
    ];
    let deployments =
        [deployment("c2", Some("nightly"), &["nightly", "v1.4.0"], true), deployment("c1", None, &[], false)];
    let filtered = |all: &[Value]| {
        let wanted = |item: &Value| {
            let product = &item["relationships"]["product"]["id"];
            let unassigned = item["relationships"].get("devicegroup").is_none();
            (!query.contains("filter[product.id]=p1") || product == "p1")
                && (!query.contains("filter[product.id]=p2") || product == "p2")
                && (!query.contains("filter[devicegroup.owner.id]=null") || unassigned)
                && (!query.contains("filter[devicegroup.id]=g3"))
        };
        page(&all.iter().filter(|item| wanted(item)).cloned().collect::<Vec<_>>(), None)
    };
    let by_id = |all: &[Value], id: &str| {
        let matches = |item: &&Value| item["id"] == id || item["attributes"].get("agent_id").is_some_and(|a| a == id);
        all.iter().find(matches).map_or_else(not_found, |item| one(item.clone()))
    };
    match (request.method.as_str(), path.trim_start_matches("/v5").split('/').skip(1).collect::<Vec<_>>().as_slice()) {
        ("GET", ["accounts", "me"]) => one(account()),
        ("GET", ["products"]) => filtered(&products),
        ("GET", ["products", id]) => by_id(&products, id),
        ("POST", ["products"]) if request.body.contains("Greenhouse") => {
            Reply::error(409, "CX001", "Duplicate Resource", "Products must have unique names.")
        }
        ("POST", ["products"]) => one(product("p3", "Orchard", None)),
        ("GET", ["devicegroups"]) => filtered(&groups),
        ("GET", ["devicegroups", id]) => by_id(&groups, id),
        ("POST", ["devicegroups"]) => one(group("g4", "new", "p1", "development")),
        (
            "POST",
            ["devicegroups", _, "relationships", "devices"]
            | ["devicegroups", _, "restart" | "conditional_restart"]
            | ["devices", "20000c2a69abcdef", "restart" | "conditional_restart"],
        ) => Reply::new(204, ""),
        ("POST", ["devices", _, "restart" | "conditional_restart"]) => {
            Reply::error(409, "CX003", "Device Unassigned", "The device is in no device group.")
        }
        ("GET", ["deployments"]) => filtered(&deployments),
        ("POST", ["deployments"]) => one(deployment("c3", None, &[], false)),
        ("GET", ["devices"]) => filtered(&devices),
        ("GET", ["devices", id]) => by_id(&devices, id),
        _ => not_found(),
    }
}
