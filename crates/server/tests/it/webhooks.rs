//! `/v5/webhooks`

use crate::world::{DEVELOPMENT, NOBODY, World, on_each, webhook};
use serde_json::{Value, json};

fn with(group: &str, attributes: Value) -> Value {
    let mut document = webhook(DEVELOPMENT, group);
    for (name, value) in attributes.as_object().unwrap() {
        document["data"]["attributes"][name] = value.clone();
    }
    document
}

#[tokio::test]
async fn webhooks_of_every_event_several_to_a_group() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let product = owner.product("Greenhouse").await;
        let group = owner.group(DEVELOPMENT, &product, "Probes").await;
        let mut made = Vec::new();
        for event in ["blessing", "blinkup", "deployment", "deployment"] {
            for content_type in ["application/json", "application/x-www-form-urlencoded"] {
                let document = with(&group, json!({ "event": event, "content_type": content_type }));
                let webhook = owner.post("/v5/webhooks", document).await.resource();
                assert_eq!(webhook["attributes"]["event"], event);
                assert_eq!(webhook["attributes"]["content_type"], content_type);
                assert_eq!(webhook["relationships"]["devicegroup"], json!({ "type": DEVELOPMENT, "id": group }));
                assert_eq!(webhook["relationships"]["product"]["id"], *product);
                made.push(webhook["id"].as_str().unwrap().to_owned());
            }
        }
        let mut listed = owner.get(&format!("/v5/webhooks?filter[devicegroup.id]={group}")).await.ids();
        listed.sort();
        made.sort();
        assert_eq!(listed, made);
    })
    .await;
}

#[tokio::test]
async fn urls_are_http_or_https() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        let id = owner.webhook(DEVELOPMENT, &group).await;
        let longest = format!("https://h.example/{}", "x".repeat(2048 - 18));
        for url in ["http://h.example", "https://h.example:8443/a?b=c#d", "https://[2606:4700::1111]/", &longest] {
            assert_eq!(
                owner.post("/v5/webhooks", with(&group, json!({ "url": url }))).await.resource()["attributes"]["url"],
                url
            );
        }
        let longer = format!("{longest}x");
        for url in [
            "",
            "hooks",
            "ftp://h.example",
            "javascript:alert(1)",
            "http://",
            "https:// h",
            "file:///etc/passwd",
            &longer,
        ] {
            for entry in [
                owner.post("/v5/webhooks", with(&group, json!({ "url": url }))).await.fails(400, "VX005"),
                owner.change("webhook", "webhooks", &id, json!({ "url": url })).await.fails(400, "VX005"),
            ] {
                assert_eq!(
                    (&entry["title"], &entry["detail"]),
                    (&json!("Invalid URL"), &json!("The provided URL is invalid."))
                );
            }
        }
        owner.post("/v5/webhooks", with(&group, json!({ "url": 7 }))).await.fails(400, "VX005");
    })
    .await;
}

#[tokio::test]
async fn event_and_content_type_are_of_their_words() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        for bad in [
            json!({ "event": "birthday" }),
            json!({ "event": 7 }),
            json!({ "content_type": "text/xml" }),
            json!({ "content_type": null }),
        ] {
            owner.post("/v5/webhooks", with(&group, bad)).await.fails(400, "VX003");
        }
        for name in ["url", "event", "content_type"] {
            let mut document = webhook(DEVELOPMENT, &group);
            document["data"]["attributes"].as_object_mut().unwrap().remove(name);
            owner.post("/v5/webhooks", document).await.fails(400, "VX002");
        }
        let id = owner.webhook(DEVELOPMENT, &group).await;
        owner.change("webhook", "webhooks", &id, json!({ "event": "blinkup" })).await.fails(400, "VX003");
        let changed = json!({ "url": "https://other.example/", "content_type": "application/x-www-form-urlencoded" });
        let changed = owner.change("webhook", "webhooks", &id, changed).await.resource();
        assert_eq!(changed["attributes"]["url"], "https://other.example/");
        assert_eq!(changed["attributes"]["event"], "deployment");
        assert_eq!(owner.get(&format!("/v5/webhooks/{id}")).await.resource(), changed);
        owner.delete(&format!("/v5/webhooks/{id}")).await.is(204);
        owner.delete(&format!("/v5/webhooks/{id}")).await.fails(404, "NF001");
    })
    .await;
}

#[tokio::test]
async fn the_group_must_be_there_and_of_its_type() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await;
        owner.post("/v5/webhooks", webhook(DEVELOPMENT, NOBODY)).await.fails(404, "NF001");
        owner.post("/v5/webhooks", webhook("dut_devicegroup", &group)).await.fails(409, "CX010");
        w.account("other").await.post("/v5/webhooks", webhook(DEVELOPMENT, &group)).await.fails(404, "NF001");
        owner.delete(&format!("/v5/devicegroups/{group}")).await.is(204);
        owner.post("/v5/webhooks", webhook(DEVELOPMENT, &group)).await.fails(404, "NF001");
    })
    .await;
}
