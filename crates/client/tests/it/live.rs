//! The client's live half against the real server.

use crate::fixtures::quick;
use futures_util::{Stream, TryStreamExt};
use impstead_client::{
    Client, Error, LogEvent, LogFilter, LogOptions, LogsOf, NewWebhook, WebhookContentType, WebhookEvent, wire::Linkage,
};
use impstead_testkit::{PASSWORD, TestServer};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// A server with a device in a group, and a client that is signed in.
struct Stage {
    server: TestServer,
    client: Client,
    group: String,
    device: String,
    mac: String,
}

async fn stage() -> Stage {
    let server = TestServer::on_sqlite().await;
    let grower = server.signed_in("grower").await;
    let product = grower.product("Greenhouse").await;
    let group = grower.group("development_devicegroup", &product, "beds").await;
    let owner = server.store().account_by_name("grower").await.unwrap().unwrap().id;
    let device = server.add_device(&owner, "imp006").await;
    let (id, mac) = (device.id.to_string(), device.mac_address);
    let assigned = json!({ "data": [{ "type": "device", "id": id }] });
    grower.post(&format!("/v5/devicegroups/{group}/relationships/devices"), assigned).await.is(204);
    let client = Client::builder(server.url()).retry(quick()).build().unwrap();
    client.sign_in("grower", PASSWORD).await.unwrap();
    Stage { server, client, group, device: id, mac }
}

impl Stage {
    async fn log(&self, message: &str) {
        let device = self.server.store().device(&self.device).await.unwrap().unwrap();
        self.server.log(&device.id, message).await;
    }
}

fn options() -> LogOptions {
    let (first_wait, longest_wait) = (Duration::from_millis(20), Duration::from_millis(100));
    LogOptions { first_wait, longest_wait, ..LogOptions::default() }
}

async fn next(stream: &mut (impl Stream<Item = Result<LogEvent, Error>> + Unpin)) -> Option<LogEvent> {
    timeout(Duration::from_secs(60), stream.try_next()).await.expect("an event comes").unwrap()
}

/// Asserts the next event.
macro_rules! next_is {
    ($stream:ident, $pattern:pat $(if $guard:expr)?) => {
        let event = next(&mut $stream).await;
        assert!(matches!(&event, $pattern $(if $guard)?), "{event:?}");
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlives_the_server() {
    let mut stage = stage().await;
    let mut stream = stage.client.log_streams().open(&options()).await.unwrap();
    next_is!(stream, Some(LogEvent::Opened));
    stream.devices().add(&stage.mac).await.unwrap();
    next_is!(stream, Some(LogEvent::Subscribed(device)) if *device == stage.device);
    stage.log("before").await;
    next_is!(stream, Some(LogEvent::Entry(entry)) if entry.msg == "before" && entry.device_id == stage.device);

    stage.server.restart().await;
    next_is!(stream, Some(LogEvent::Interrupted(_)));
    next_is!(stream, Some(LogEvent::Gap { since, until }) if since <= until);
    next_is!(stream, Some(LogEvent::Opened));
    next_is!(stream, Some(LogEvent::Subscribed(device)) if *device == stage.device);
    stage.log("after").await;
    next_is!(stream, Some(LogEvent::Entry(entry)) if entry.msg == "after");

    stream.devices().remove(&stage.device).await.unwrap();
    next_is!(stream, Some(LogEvent::Unsubscribed(_)));
    let error = stream.devices().add("00000000ffffffff").await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");

    // The account may have one.
    let mut other = stage.client.log_streams().open(&options()).await.unwrap();
    next_is!(other, Some(LogEvent::Opened));
    next_is!(stream, Some(LogEvent::Closed));
    assert!(next(&mut stream).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_group_outlives_the_server() {
    let mut stage = stage().await;
    let filter = LogFilter { text: Some("wet".into()), ..LogFilter::all(LogsOf::DeviceGroup(stage.group.clone())) };
    let mut tail = stage.client.impstead().follow_logs(&filter, &options()).await.unwrap();
    next_is!(tail, Some(LogEvent::Opened));
    stage.log("dry").await;
    stage.log("wet").await;
    next_is!(tail, Some(LogEvent::Entry(entry)) if entry.msg == "wet");
    stage.server.restart().await;
    next_is!(tail, Some(LogEvent::Interrupted(_)));
    next_is!(tail, Some(LogEvent::Gap { .. }));
    next_is!(tail, Some(LogEvent::Opened));
    stage.log("Wet again").await;
    next_is!(tail, Some(LogEvent::Entry(entry)) if entry.msg == "Wet again");

    let history = |listing: Vec<_>| listing.into_iter().map(impstead_client::Entity::into_inner).collect::<Vec<_>>();
    let lines = history(stage.client.impstead().logs(&filter).page_size(1).collect().await.unwrap());
    assert_eq!(lines.iter().map(|line| line.msg.as_str()).collect::<Vec<_>>(), ["Wet again", "wet"]);
    let lines = history(stage.client.devices().logs(&stage.mac).page_size(2).collect().await.unwrap());
    assert_eq!(lines.iter().map(|line| line.msg.as_str()).collect::<Vec<_>>(), ["Wet again", "wet", "dry"]);

    let unknown = LogFilter::all(LogsOf::DeviceGroup("nobody's".into()));
    let error = stage.client.impstead().follow_logs(&unknown, &options()).await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_have_secrets_and_deliveries() {
    let stage = stage().await;
    let (client, group) = (&stage.client, Linkage::new("development_devicegroup", &stage.group));
    let new = NewWebhook {
        device_group: group.clone(),
        url: "https://hooks.example.net/imp".into(),
        event: WebhookEvent::Deployment,
        content_type: WebhookContentType::Json,
    };
    let webhook = client.webhooks().create(&new).await.unwrap();
    let secret = webhook.attributes.secret.clone().expect("it is shown once");
    assert!(!format!("{webhook:?}").contains(&secret));
    assert_eq!(client.webhooks().get(&webhook.id).await.unwrap().attributes.secret, None);
    let replaced = client.impstead().replace_webhook_secret(&webhook.id).await.unwrap();
    assert!(replaced.attributes.secret.as_ref().is_some_and(|replaced| *replaced != secret));

    let code = impstead_client::NewDeployment::new(group, "", "");
    client.deployments().create(&code).await.unwrap();
    let deliveries = client.impstead().webhook_deliveries(&webhook.id).collect().await.unwrap();
    assert_eq!(deliveries.len(), 1);
    let delivery = client.impstead().webhook_delivery(&webhook.id, &deliveries[0].id).await.unwrap();
    assert_eq!((delivery.attributes.state.as_str(), delivery.attributes.attempts), ("pending", 0));
    assert_eq!(delivery.attributes.payload["devicegroup_id"], stage.group.as_str());
    let again = client.impstead().resend_webhook_delivery(&webhook.id, &delivery.id).await.unwrap();
    assert!(again.id != delivery.id && again.attributes.payload == delivery.attributes.payload);
}
