//! What request documents may look like, and what a `PATCH` does to what it does not name.

use crate::{
    http::Request,
    world::{DEVELOPMENT, NOBODY, World, on_each, product},
};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_not_named_stays_and_nothing_named_changes_nothing() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.product("Greenhouse").await;
        let path = format!("/v5/products/{id}");
        owner.change("product", "products", &id, json!({ "description": "Soil probes" })).await.is(200);
        let before = owner.get(&path).await.resource();
        w.advance_ms(1000);
        for document in [
            json!({ "data": { "type": "product", "id": id, "attributes": {} } }),
            json!({ "data": { "type": "product", "id": id } }),
            json!({ "data": { "type": "product" } }),
            json!({ "data": { "type": "product", "id": null, "attributes": null, "relationships": null } }),
            json!({ "data": { "type": "product", "id": id.to_uppercase(), "attributes": {} } }),
            json!({ "data": { "type": "product", "id": id, "attributes": before["attributes"] } }),
            json!({ "data": before, "meta": {}, "jsonapi": { "version": "1.0" } }),
        ] {
            let answer = owner.patch(&path, document.clone()).await;
            assert_eq!(answer.resource(), before, "{document}");
        }
        let after = owner.change("product", "products", &id, json!({ "name": "Barn" })).await.resource();
        assert_eq!(after["attributes"]["description"], "Soil probes");
        assert_eq!(after["attributes"]["created_at"], before["attributes"]["created_at"]);
        assert!(after["attributes"]["updated_at"].as_str() > before["attributes"]["updated_at"].as_str());
        let cleared = owner.change("product", "products", &id, json!({ "description": null })).await.resource();
        assert_eq!(cleared["attributes"]["description"], Value::Null);
        assert_eq!(cleared["attributes"]["name"], "Barn");
    })
    .await;
}

#[tokio::test]
async fn type_and_id_must_be_those_of_the_resource() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let deployment = owner.deploy(DEVELOPMENT, &group).await;
        let webhook = owner.webhook(DEVELOPMENT, &group).await;
        let device = w.device(&owner).await.id;
        for (kind, path) in [
            ("product", format!("/v5/products/{product}")),
            (DEVELOPMENT, format!("/v5/devicegroups/{group}")),
            ("deployment", format!("/v5/deployments/{deployment}")),
            ("webhook", format!("/v5/webhooks/{webhook}")),
            ("device", format!("/v5/devices/{device}")),
        ] {
            let patch = async |data: Value| owner.patch(&path, json!({ "data": data })).await;
            assert_eq!(
                patch(json!({ "type": "account" })).await.fails(409, "CX010")["source"]["pointer"],
                "/data/type"
            );
            assert_eq!(
                patch(json!({ "type": kind, "id": NOBODY })).await.fails(409, "CX011")["source"]["pointer"],
                "/data/id"
            );
            assert_eq!(patch(json!({ "id": NOBODY })).await.fails(400, "VX002")["source"]["pointer"], "/data/type");
            patch(json!({ "type": kind, "id": 7 })).await.fails(400, "VX003");
            patch(json!({ "type": 7 })).await.fails(400, "VX003");
            patch(json!({ "type": kind, "attributes": [] })).await.fails(400, "VX003");
            patch(json!({ "type": kind, "relationships": "x" })).await.fails(400, "VX003");
            patch(json!({ "type": kind, "attributes": { "nonsense": 1 } })).await.fails(400, "VX003");
            patch(json!([])).await.fails(400, "VX003");
            patch(Value::Null).await.fails(400, "VX003");
            owner.patch(&path, json!({})).await.fails(400, "VX002");
            owner.patch(&path, Value::Null).await.fails(400, "VX002");
            owner.patch(&path, json!([])).await.fails(400, "VX001");
            patch(json!({ "type": kind })).await.is(200);
        }
    })
    .await;
}

#[tokio::test]
async fn whole_resources_can_be_sent_back_but_not_moved() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let barn = owner.product("Barn").await;
        let fixture = owner.group("pre_factoryfixture_devicegroup", &product, "Lab").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let elsewhere = owner.group(DEVELOPMENT, &barn, "Probes").await;
        let deployment = owner.deploy(DEVELOPMENT, &group).await;
        let webhook = owner.webhook(DEVELOPMENT, &group).await;
        let device = w.device_in(&owner, &group).await.id;
        let other_product = json!({ "type": "product", "id": barn });
        let other_group = json!({ "type": DEVELOPMENT, "id": elsewhere });
        for (path, name, other) in [
            (format!("/v5/products/{product}"), "owner", json!({ "type": "account", "id": NOBODY })),
            (format!("/v5/devicegroups/{group}"), "product", other_product.clone()),
            (format!("/v5/devicegroups/{fixture}"), "product", other_product),
            (format!("/v5/deployments/{deployment}"), "devicegroup", other_group.clone()),
            (format!("/v5/webhooks/{webhook}"), "devicegroup", other_group.clone()),
            (format!("/v5/devices/{device}"), "devicegroup", other_group),
        ] {
            let resource = owner.get(&path).await.resource();
            assert_eq!(owner.patch(&path, json!({ "data": resource })).await.resource(), resource);
            let mut moved = resource.clone();
            moved["relationships"][name] = other;
            let entry = owner.patch(&path, json!({ "data": moved })).await.fails(400, "VX003");
            assert_eq!(entry["source"]["pointer"], format!("/data/relationships/{name}"));
            assert_eq!(owner.get(&path).await.resource(), resource);
        }
    })
    .await;
}

#[tokio::test]
async fn read_only_attributes_are_refused_unless_they_are_as_they_are() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.product("Greenhouse").await;
        for (name, value) in [
            ("created_at", json!("2026-01-01T00:00:00.000Z")),
            ("updated_at", Value::Null),
            ("owner", json!("me")),
            ("id", json!("x")),
        ] {
            let entry = owner.change("product", "products", &id, json!({ name: value })).await.fails(400, "VX003");
            assert_eq!(entry["source"]["pointer"], format!("/data/attributes/{name}"));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_json() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_object = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        for body in [
            "{",
            "}",
            "undefined",
            "{\"data\":}",
            "nul",
            "name=x",
            "<html>",
            "{} {}",
            &deep,
            &deep_object,
            "\u{feff}{}",
            "\"\\ud800\"",
        ] {
            owner.send(Request::new("POST", "/v5/products").raw(body)).await.fails(400, "VX001");
        }
        owner.send(Request::new("POST", "/v5/products").raw(b"{\"data\":\"\xff\"}".to_vec())).await.fails(400, "VX001");
        for body in ["1", "true", "\"x\"", "[]", "1e999"] {
            owner.send(Request::new("POST", "/v5/products").raw(body)).await.fails(400, "VX001");
        }
        for body in ["", " \r\n\t", "null", " null "] {
            owner.send(Request::new("POST", "/v5/products").raw(body)).await.fails(400, "VX002");
        }
    })
    .await;
}

#[tokio::test]
async fn odd_but_good_json() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for (number, content_type) in
            ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense", ""]
                .into_iter()
                .enumerate()
        {
            let request = Request::new("POST", "/v5/products").header("Content-Type", content_type);
            owner.send(request.json(&product(&format!("N{number}")))).await.is(201);
        }
        let twice = r#"{"data":{"type":"product","attributes":{"name":"first","name":"last"}}}"#;
        let made = owner.send(Request::new("POST", "/v5/products").raw(twice)).await.resource();
        assert_eq!(made["attributes"]["name"], "last");
        let huge = r#"{"data":{"type":"product","attributes":{"name":1e400}}}"#;
        owner.send(Request::new("POST", "/v5/products").raw(huge)).await.errors(400);
        let own_id = json!({ "data": { "type": "product", "id": NOBODY, "attributes": { "name": "x" } } });
        assert_ne!(owner.post("/v5/products", own_id).await.resource()["id"], NOBODY);
    })
    .await;
}
