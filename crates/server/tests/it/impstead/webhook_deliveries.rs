//! `/impstead/v1/webhooks/{webhook}/…`, and deployments that reach a receiver.

use crate::world::{Account, DEVELOPMENT, NOBODY, World, on_each, on_each_with, webhook};
use axum::{Router, http::HeaderMap, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use impstead_model::hex;
use impstead_runtime::WebhookLimits;
use impstead_server::Config;
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use tokio::sync::mpsc;

/// Starts a web server that accepts everything, and returns its URL and what it gets.
async fn receiver() -> (String, mpsc::UnboundedReceiver<(HeaderMap, String)>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, received) = mpsc::unbounded_channel();
    let router = Router::new().route(
        "/hook",
        post(async move |headers: HeaderMap, body: String| {
            let _ = sender.send((headers, body));
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

async fn next(received: &mut mpsc::UnboundedReceiver<(HeaderMap, String)>) -> (HeaderMap, String) {
    let next = tokio::time::timeout(Duration::from_secs(20), received.recv()).await;
    next.expect("a delivery arrives").expect("the receiver runs")
}

fn delivering(config: &mut Config) {
    config.outbound_allow = vec!["127.0.0.0/8".parse().unwrap()];
    config.webhook_limits = WebhookLimits::default();
}

fn to(url: &str, group: &str) -> Value {
    let mut document = webhook(DEVELOPMENT, group);
    document["data"]["attributes"]["url"] = url.into();
    document
}

fn is_signed(headers: &HeaderMap, body: &str, secret: &str) -> bool {
    let (time, mac) = headers["impstead-signature"].to_str().unwrap().split_once(",v1=").unwrap();
    let mut expected = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    expected.update(format!("{}.{body}", time.strip_prefix("t=").unwrap()).as_bytes());
    hex(&expected.finalize().into_bytes()) == mac
}

async fn group_of(owner: &Account) -> String {
    owner.group(DEVELOPMENT, &owner.product("Greenhouse").await, "Probes").await
}

#[tokio::test]
async fn a_deployment_reaches_its_receiver_signed_and_can_be_sent_again() {
    on_each_with(delivering, async |w: World| {
        let owner = w.account("grower").await;
        let group = group_of(&owner).await;
        let (url, mut received) = receiver().await;
        let made = owner.post("/v5/webhooks", to(&url, &group)).await.resource();
        let id = made["id"].as_str().unwrap();
        let secret = made["attributes"]["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() == 70, "{secret}");
        for path in [format!("/v5/webhooks/{id}"), "/v5/webhooks".into()] {
            assert!(!owner.get(&path).await.to_string().contains("whsec"), "it is shown once");
        }

        let deployment = owner.deploy(DEVELOPMENT, &group).await;
        let (headers, body) = next(&mut received).await;
        assert!(is_signed(&headers, &body, &secret));
        let event: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&event["deployment_id"], &event["devicegroup_id"]), (&json!(deployment), &json!(group)));

        let path = format!("/impstead/v1/webhooks/{id}/deliveries");
        let mut delivery = json!(null);
        for _ in 0..500 {
            delivery = owner.get(&path).await.is(200)["data"][0].clone();
            if delivery["attributes"]["state"] == "delivered" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let attributes = &delivery["attributes"];
        assert_eq!((&attributes["attempts"], &attributes["last_status"]), (&json!(1), &json!(200)), "{delivery}");
        assert_eq!((&attributes["payload"], &attributes["state"]), (&event, &json!("delivered")));
        assert_eq!(headers["impstead-delivery"], delivery["id"].as_str().unwrap());
        let one = format!("{path}/{}", delivery["id"].as_str().unwrap());
        assert_eq!(owner.get(&one).await.resource(), delivery);

        let replaced = owner.post(&format!("/impstead/v1/webhooks/{id}/secret"), Value::Null).await.resource();
        let newer = replaced["attributes"]["secret"].as_str().unwrap().to_owned();
        assert_ne!(newer, secret);
        let again = owner.post(&format!("{one}/resend"), Value::Null).await.resource();
        let (headers, second) = next(&mut received).await;
        assert_eq!((headers["impstead-delivery"].to_str().unwrap(), &second), (again["id"].as_str().unwrap(), &body));
        assert!(is_signed(&headers, &second, &newer) && !is_signed(&headers, &second, &secret));
        assert_eq!(owner.get(&path).await.ids().len(), 2);
        assert_eq!(owner.get(&path).await.ids()[0], again["id"].as_str().unwrap(), "newest first");
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_found_at_its_webhook_only() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = group_of(&owner).await;
        let (one, other) = (owner.webhook(DEVELOPMENT, &group).await, owner.webhook(DEVELOPMENT, &group).await);
        owner.deploy(DEVELOPMENT, &group).await;
        let of = |webhook: &str| format!("/impstead/v1/webhooks/{webhook}/deliveries");
        let delivery = owner.get(&of(&one)).await.ids().remove(0);
        owner.get(&format!("{}/{delivery}", of(&one))).await.is(200);
        for path in [format!("{}/{delivery}", of(&other)), format!("{}/{NOBODY}", of(&one))] {
            owner.get(&path).await.fails(404, "NF001");
            owner.post(&format!("{path}/resend"), Value::Null).await.fails(404, "NF001");
        }
    })
    .await;
}

#[tokio::test]
async fn urls_to_which_nothing_would_be_delivered_are_refused() {
    on_each(async |w: World| {
        let owner = w.account("grower").await;
        let group = group_of(&owner).await;
        let id = owner.webhook(DEVELOPMENT, &group).await;
        for (url, detail) in [
            ("http://127.0.0.1/", "not a public one"),
            ("http://2130706433/", "not a public one"),
            ("https://[::ffff:10.0.0.1]/", "not a public one"),
            ("http://169.254.169.254/latest", "not a public one"),
            ("https://u:p@h.example/", "user name or password"),
        ] {
            for entry in [
                owner.post("/v5/webhooks", to(url, &group)).await.fails(400, "VX005"),
                owner.change("webhook", "webhooks", &id, json!({ "url": url })).await.fails(400, "VX005"),
            ] {
                assert!(entry["detail"].as_str().unwrap().contains(detail), "{url}: {entry}");
            }
        }
    })
    .await;
}
