//! `/v5/accounts/me/login_keys`

use crate::{
    http::Request,
    world::{PASSWORD, World, on_each},
};
use serde_json::{Value, json};

const KEYS: &str = "/v5/accounts/me/login_keys";

fn key(description: &Value) -> Value {
    json!({ "data": { "type": "login_key", "attributes": { "description": description } } })
}

#[tokio::test]
async fn the_id_is_the_secret_and_is_read_back() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let made = owner.confirmed("POST", KEYS, key(&json!("CI runner"))).await;
        assert_eq!(made.status, 201);
        let made = made.resource();
        let id = made["id"].as_str().unwrap();
        assert!(
            id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()),
            "{id}"
        );
        assert_eq!(made["attributes"]["description"], "CI runner");
        assert_eq!(made["attributes"]["usages"], 0);
        assert_eq!(owner.get(&format!("{KEYS}/{id}")).await.resource(), made);
        assert_eq!(owner.get(&format!("{KEYS}/{}", id.to_uppercase())).await.resource(), made);
        assert_eq!(owner.get(KEYS).await.is(200)["data"], json!([made]));
    })
    .await;
}

#[tokio::test]
async fn bodies_without_envelope_attributes_or_anything_make_a_key() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        for body in [
            "",
            "null",
            "{}",
            r#"{"type":"login_key"}"#,
            r#"{"data":{"type":"login_key"}}"#,
            r#"{"data":{"type":"login_key","attributes":{}}}"#,
        ] {
            let request = Request::new("POST", KEYS).header("X-Electricimp-Password", PASSWORD).raw(body);
            let made = owner.send(request).await.is(201);
            assert_eq!(made["data"]["attributes"]["description"], Value::Null, "{body}");
        }
        for body in [
            json!({ "data": { "type": "product" } }),
            json!({ "data": { "type": "login_key", "attributes": { "usages": 3 } } }),
        ] {
            assert!(matches!(owner.confirmed("POST", KEYS, body).await.status, 400 | 409));
        }
    })
    .await;
}

#[tokio::test]
async fn writing_needs_the_password_and_403_says_so() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.login_key().await;
        let one = format!("{KEYS}/{id}");
        for (method, target) in [("POST", KEYS), ("PATCH", &*one), ("DELETE", &*one)] {
            let body = json!({ "data": { "type": "login_key", "attributes": { "description": "x" } } });
            let request = Request::new(method, target).json(&body);
            for request in [
                request.clone(),
                request.clone().header("X-Electricimp-Password", "wrong horse"),
                request.header("X-Electricimp-Password", ""),
            ] {
                let entry = owner.send(request).await.fails(403, "PX101");
                assert_eq!(entry["title"], "Invalid Credentials");
                assert_eq!(entry["source"], json!({ "header": "X-Electricimp-Password" }));
            }
        }
        owner.get(KEYS).await.is(200);
        assert_eq!(owner.get(&one).await.resource()["attributes"]["description"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn guessing_the_password_with_a_token_is_slowed() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let guess = async |password: &str| {
            owner.send(Request::new("POST", KEYS).header("X-Electricimp-Password", password)).await
        };
        for _ in 0..10 {
            guess("wrong horse").await.fails(403, "PX101");
        }
        let slowed = guess(PASSWORD).await;
        slowed.fails(429, "XX429");
        assert_eq!(slowed.header("retry-after"), Some("1"));
        w.advance_ms(1000);
        guess(PASSWORD).await.is(201);
    })
    .await;
}

#[tokio::test]
async fn a_description_is_changed_and_cleared() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let id = owner.login_key().await;
        let one = format!("{KEYS}/{id}");
        for description in [json!("CI"), json!(""), json!("x".repeat(255)), Value::Null] {
            w.advance_ms(1);
            let changed = owner.confirmed("PATCH", &one, key(&description)).await.resource();
            assert_eq!(changed["attributes"]["description"], description);
        }
        owner.confirmed("PATCH", &one, key(&json!("x".repeat(256)))).await.fails(400, "VX003");
        let named = json!({ "data": { "type": "login_key", "id": id, "attributes": {} } });
        owner.confirmed("PATCH", &one, named).await.is(200);
        let other = json!({ "data": { "type": "login_key", "id": "0123456789abcdef" } });
        owner.confirmed("PATCH", &one, other).await.fails(409, "CX011");
    })
    .await;
}

#[tokio::test]
async fn the_eleventh_key_is_one_too_many() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let mut ids = Vec::new();
        for _ in 0..10 {
            ids.push(owner.login_key().await);
        }
        let entry = owner.confirmed("POST", KEYS, key(&Value::Null)).await.fails(403, "PX300");
        assert_eq!(entry["title"], "Account Limit Reached");
        owner.confirmed("DELETE", &format!("{KEYS}/{}", ids[4]), Value::Null).await.is(204);
        owner.login_key().await;
        assert_eq!(owner.get(&format!("{KEYS}?page[size]=4&page[number]=3")).await.ids().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_is_found_by_its_owner_only() {
    on_each(async |w: World| {
        let (owner, other) = (w.account("grower").await, w.account("other").await);
        let id = owner.login_key().await;
        let one = format!("{KEYS}/{id}");
        other.get(&one).await.fails(404, "NF001");
        other.confirmed("PATCH", &one, key(&json!("mine"))).await.fails(404, "NF001");
        other.confirmed("DELETE", &one, Value::Null).await.fails(404, "NF001");
        owner.confirmed("DELETE", &one, Value::Null).await.is(204);
        owner.get(&one).await.fails(404, "NF001");
        owner.confirmed("DELETE", &one, Value::Null).await.fails(404, "NF001");
    })
    .await;
}
