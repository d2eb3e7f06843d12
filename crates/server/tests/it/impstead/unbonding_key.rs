//! `/impstead/v1/accounts/me/unbonding_key`. What it opens is tested with `relationships/devices`.

use crate::world::{World, on_each};
use serde_json::{Value, json};

const KEY: &str = "/impstead/v1/accounts/me/unbonding_key";

#[tokio::test]
async fn the_key_is_shown_once_and_replaced_by_the_next() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        assert_eq!(owner.get(KEY).await.resource()["attributes"], json!({ "set": false, "created_at": null }));

        let made = owner.confirmed("POST", KEY, Value::Null).await.is(201)["data"].take();
        assert_eq!(made["type"], "unbonding_key");
        assert_eq!(made["id"], owner.id);
        assert_eq!(made["attributes"]["created_at"], "2026-03-02T09:15:04.221Z");
        let key = made["attributes"]["key"].as_str().unwrap();
        assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
        let shown = owner.get(KEY).await.resource()["attributes"].take();
        assert_eq!(shown, json!({ "set": true, "created_at": "2026-03-02T09:15:04.221Z" }));

        w.advance_ms(1000);
        let next = owner.confirmed("POST", KEY, Value::Null).await.is(201)["data"].take();
        assert_ne!(next["attributes"]["key"], made["attributes"]["key"]);
        assert_eq!(next["attributes"]["created_at"], "2026-03-02T09:15:05.221Z");

        owner.confirmed("DELETE", KEY, Value::Null).await.is(204);
        assert_eq!(owner.get(KEY).await.resource()["attributes"]["set"], false);
        owner.confirmed("DELETE", KEY, Value::Null).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn writing_needs_the_password() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        owner.post(KEY, Value::Null).await.fails(403, "PX101");
        owner.confirmed("POST", KEY, Value::Null).await.is(201);
        owner.delete(KEY).await.fails(403, "PX101");
        assert_eq!(owner.get(KEY).await.resource()["attributes"]["set"], true);
        w.nobody().get(KEY).await.fails(401, "PX100");
    })
    .await;
}
