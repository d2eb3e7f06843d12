//! Deliveries to a server on this machine.

use crate::receiver::{Received, Receiver};
use impstead_model::{
    AccountId, Actor, Clock, Code, ContentType, DeviceGroupId, DeviceGroupType, Entropy, WebhookEvent, WebhookId,
};
use impstead_runtime::{Outbound, WebhookLimits, Webhooks};
use impstead_store::{
    Act, Delivery, DeliveryState, NewAccount, NewDeployment, NewDeviceGroup, NewProduct, NewWebhook, Page, Store,
};
use impstead_testkit::{Backend, Database, SeededEntropy, TestClock};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const SECRET: &[u8] = b"whsec_of_a_test";

struct World {
    // The order matters: the store lets go of the database before that is dropped.
    store: Store,
    clock: Arc<TestClock>,
    entropy: Arc<SeededEntropy>,
    _database: Database,
}

struct Tenant {
    id: AccountId,
    group: DeviceGroupId,
}

struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

impl World {
    async fn new() -> Self {
        let database = Database::create(Backend::Sqlite);
        let location = database.location();
        let store = tokio::task::spawn_blocking(move || Store::open(&location)).await.unwrap().unwrap();
        store.migrate().await.unwrap();
        let (clock, entropy) = (Arc::new(TestClock::default()), Arc::new(SeededEntropy::new(5)));
        Self { store, clock, entropy, _database: database }
    }

    fn act(&self) -> Act {
        let entropy = Arc::clone(&self.entropy) as Arc<dyn Entropy>;
        Act { actor: Actor::OPERATOR, at_ms: self.clock.now_ms(), entropy }
    }

    async fn tenant(&self, name: &str) -> Tenant {
        let new = NewAccount {
            username: name.into(),
            email: format!("{name}@example.net"),
            password_hash: String::new(),
            production: true,
        };
        let id = self.store.create_account(new, self.act()).await.unwrap().id;
        let new = NewProduct { owner: id.clone(), name: "Greenhouse".into(), description: None };
        let product = self.store.create_product(new, self.act()).await.unwrap().id;
        let new = NewDeviceGroup {
            kind: DeviceGroupType::Development,
            product,
            name: "Probes".into(),
            description: None,
            region: None,
            env_vars: "{}".into(),
            load_code_after_blessing: false,
            production_target: None,
            dut_target: None,
        };
        let group = self.store.create_device_group(new, self.act()).await.unwrap().id;
        Tenant { id, group }
    }

    async fn webhook(&self, tenant: &Tenant, url: String, content_type: ContentType) -> WebhookId {
        let group = tenant.group.clone();
        let event = WebhookEvent::Deployment;
        let new = NewWebhook { group, url, event, content_type, sealed_secret: SECRET.into() };
        self.store.create_webhook(new, self.act()).await.unwrap().id
    }

    /// Deploys, and so makes an event.
    async fn deploy(&self, tenant: &Tenant) -> String {
        let code = Code { agent: Vec::new(), device: Vec::new() };
        let (group, tags) = (tenant.group.clone(), Vec::new());
        let new = NewDeployment { group, code, description: None, origin: None, flagged: false, tags };
        self.store.create_deployment(new, self.act()).await.unwrap().id.to_string()
    }

    fn run(&self, timeout: Duration) -> Running {
        let worker = Webhooks {
            store: self.store.clone(),
            outbound: Outbound::new(vec!["127.0.0.0/8".parse().unwrap()]),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Arc::new(SeededEntropy::new(6)),
            unseal: Arc::new(|sealed| Some(sealed.to_vec())),
            observe: Arc::new(|_| {}),
            // The clock is the test's own: the worker looks at it often.
            limits: WebhookLimits { timeout, poll: Duration::from_millis(10), ..WebhookLimits::default() },
        };
        let stop = CancellationToken::new();
        Running { task: tokio::spawn(worker.run(stop.clone())), stop }
    }

    async fn deliveries(&self, webhook: &WebhookId) -> Vec<Delivery> {
        let mut items = self.store.deliveries(webhook, Page { number: 1, size: 100 }).await.unwrap().items;
        items.reverse();
        items
    }

    /// Waits until a webhook's oldest delivery is as wanted.
    async fn oldest(&self, webhook: &WebhookId, wanted: impl Fn(&Delivery) -> bool) -> Delivery {
        for _ in 0..2000 {
            let oldest = self.deliveries(webhook).await.remove(0);
            if wanted(&oldest) {
                return oldest;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{:?}", self.deliveries(webhook).await);
    }
}

fn deployment_of(received: &Received) -> String {
    let body: serde_json::Value = serde_json::from_str(&received.body).unwrap();
    body["deployment_id"].as_str().unwrap().to_owned()
}

const TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn events_arrive_in_order_with_headers_and_signature() {
    let w = World::new().await;
    let tenant = w.tenant("grower").await;
    let mut receiver = Receiver::willing().await;
    let webhook = w.webhook(&tenant, receiver.url(), ContentType::Json).await;
    let mut deployments = vec![w.deploy(&tenant).await];
    let running = w.run(TIMEOUT);
    for _ in 0..4 {
        deployments.push(w.deploy(&tenant).await);
    }
    for deployment in &deployments {
        let received = receiver.next().await;
        assert_eq!(deployment_of(&received), *deployment);
        let header = |name: &str| received.headers[name].as_str();
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("user-agent"), concat!("Impstead/", env!("CARGO_PKG_VERSION")));
        assert_eq!(header("impstead-event"), "deployment");
        assert_eq!(header("impstead-attempt"), "1");
        let (time, mac) = header("impstead-signature").split_once(",v1=").unwrap();
        assert_eq!(time, format!("t={}", w.clock.now_ms() / 1000));
        assert_eq!(mac, openssl_hmac(&format!("{}.{}", &time[2..], received.body)).await);
    }
    let delivered = |delivery: &Delivery| delivery.state == DeliveryState::Delivered;
    w.oldest(&webhook, delivered).await;
    running.stop().await;
    let stored = w.deliveries(&webhook).await;
    assert!(stored.iter().all(|delivery| delivered(delivery) && delivery.last_status == Some(204)), "{stored:?}");
    assert!(receiver.is_idle());
}

/// The HMAC as another implementation computes it.
async fn openssl_hmac(message: &str) -> String {
    let mut command = tokio::process::Command::new("openssl");
    command.args(["dgst", "-sha256", "-r", "-hmac", std::str::from_utf8(SECRET).unwrap()]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().expect("openssl is installed");
    tokio::io::AsyncWriteExt::write_all(&mut child.stdin.take().unwrap(), message.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}

#[tokio::test]
async fn both_content_types_hold_the_same() {
    let w = World::new().await;
    let tenant = w.tenant("grower").await;
    let (mut json, mut form) = (Receiver::willing().await, Receiver::willing().await);
    w.webhook(&tenant, json.url(), ContentType::Json).await;
    w.webhook(&tenant, form.url(), ContentType::Form).await;
    w.deploy(&tenant).await;
    let running = w.run(TIMEOUT);
    let (json, form) = (json.next().await, form.next().await);
    assert_eq!(form.headers["content-type"], "application/x-www-form-urlencoded");
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&json.body).unwrap();
    let text = |name: &str| object[name].as_str().unwrap();
    assert!(text("created_at").contains(':'));
    let mut pairs: Vec<String> =
        object.keys().map(|name| format!("{name}={}", text(name).replace(':', "%3A"))).collect();
    let mut sent: Vec<&str> = form.body.split('&').collect();
    pairs.sort();
    sent.sort_unstable();
    assert_eq!(sent, pairs);
    running.stop().await;
}

#[tokio::test]
async fn failures_are_retried_later_and_later_eight_times_in_all() {
    let w = World::new().await;
    let tenant = w.tenant("grower").await;
    let mut receiver = Receiver::start(|number| if number < 8 { "500 Broken".into() } else { "200 OK".into() }).await;
    let webhook = w.webhook(&tenant, receiver.url(), ContentType::Json).await;
    let (first, second) = (w.deploy(&tenant).await, w.deploy(&tenant).await);
    let running = w.run(TIMEOUT);
    let mut id = None;
    for (index, seconds) in [5, 30, 120, 600, 1800, 3600, 7200, 0].into_iter().enumerate() {
        let received = receiver.next().await;
        assert_eq!(deployment_of(&received), first, "the second waits behind it");
        assert_eq!(received.headers["impstead-attempt"], (index + 1).to_string());
        let delivery = received.headers["impstead-delivery"].clone();
        assert_eq!(*id.get_or_insert(delivery.clone()), delivery);
        let failed = w
            .oldest(&webhook, |delivery| {
                delivery.last_error.is_some()
                    && delivery.attempts == i64::try_from(index).unwrap() + 1
                    && delivery.next_attempt_ms != Some(w.clock.now_ms() + 120_000)
            })
            .await;
        assert_eq!((failed.last_status, failed.last_error.as_deref()), (Some(500), Some("answered 500")));
        match failed.next_attempt_ms {
            None => assert_eq!((seconds, failed.state), (0, DeliveryState::Failed)),
            Some(next_ms) => {
                let wait_ms = next_ms - w.clock.now_ms();
                assert!((seconds * 1000..=seconds * 1200).contains(&wait_ms), "{wait_ms}");
                w.clock.advance_ms(wait_ms - 1);
                tokio::time::sleep(Duration::from_millis(30)).await;
                assert!(receiver.is_idle());
                w.clock.advance_ms(1);
            }
        }
    }
    assert_eq!(deployment_of(&receiver.next().await), second);
    running.stop().await;
}

#[tokio::test]
async fn what_is_gone_is_given_up_and_can_be_sent_again() {
    let w = World::new().await;
    let tenant = w.tenant("grower").await;
    let mut receiver = Receiver::start(|number| if number == 0 { "410 Gone".into() } else { "200 OK".into() }).await;
    let webhook = w.webhook(&tenant, receiver.url(), ContentType::Json).await;
    w.deploy(&tenant).await;
    let running = w.run(TIMEOUT);
    let first = receiver.next().await;
    let failed = w.oldest(&webhook, |delivery| delivery.state == DeliveryState::Failed).await;
    assert_eq!((failed.attempts, failed.last_status), (1, Some(410)));
    let again = w.store.resend_delivery(&webhook, &failed.id, w.act()).await.unwrap().unwrap();
    let second = receiver.next().await;
    assert_eq!(second.body, first.body);
    assert_eq!(second.headers["impstead-delivery"], again.id);
    assert_ne!(again.id, failed.id);
    running.stop().await;
}

#[tokio::test]
async fn redirects_that_change_the_method_and_private_addresses_fail_and_say_so() {
    let w = World::new().await;
    let tenant = w.tenant("grower").await;
    let moved = Receiver::start(|_| "302 Found\r\nlocation: /".into()).await;
    let moved = w.webhook(&tenant, moved.url(), ContentType::Json).await;
    let private = w.webhook(&tenant, "http://10.1.2.3/".into(), ContentType::Json).await;
    let slow_receiver = Receiver::start(|_| String::new()).await;
    let slow = w.webhook(&tenant, slow_receiver.url(), ContentType::Json).await;
    w.deploy(&tenant).await;
    let running = w.run(Duration::from_millis(100));
    for (webhook, status, error) in [
        (moved, Some(302), "answered 302; of redirects only 307 and 308 are followed"),
        (private, None, "the URL's address is not a public one; see outbound_allow"),
        (slow, None, "no answer in time"),
    ] {
        let delivery = w.oldest(&webhook, |delivery| delivery.last_error.is_some()).await;
        assert_eq!((delivery.last_status, delivery.last_error.as_deref()), (status, Some(error)));
        assert_eq!(delivery.state, DeliveryState::Pending);
    }
    running.stop().await;
}

#[tokio::test]
async fn dead_receivers_of_one_account_do_not_hold_up_another() {
    let w = World::new().await;
    let (many, one) = (w.tenant("many").await, w.tenant("one").await);
    let dead = Receiver::start(|_| String::new()).await;
    for _ in 0..40 {
        w.webhook(&many, dead.url(), ContentType::Json).await;
    }
    w.deploy(&many).await;
    let mut alive = Receiver::willing().await;
    w.webhook(&one, alive.url(), ContentType::Json).await;
    w.clock.advance_ms(1);
    w.deploy(&one).await;
    // Nothing of the dead ends while this test lasts.
    let running = w.run(Duration::from_secs(3600));
    alive.next().await;
    let claimed = async {
        let all = w.store.webhooks(&reach(&many), None, Page { number: 1, size: 100 }).await.unwrap().items;
        let mut attempted = 0;
        for webhook in all {
            attempted += w.deliveries(&webhook.id).await.iter().filter(|delivery| delivery.attempts > 0).count();
        }
        attempted
    };
    assert!(claimed.await <= 16);
    running.stop.cancel();
    running.task.abort();
}

fn reach(tenant: &Tenant) -> impstead_model::Reach {
    impstead_model::Reach { account: tenant.id.clone(), collaborations: Vec::new() }
}

#[tokio::test]
async fn whoever_crashes_after_the_answer_delivers_again_under_the_same_id_and_in_order() {
    let w = World::new().await;
    let tenant = w.tenant("grower").await;
    let mut receiver = Receiver::start(|number| if number == 0 { String::new() } else { "200 OK".into() }).await;
    w.webhook(&tenant, receiver.url(), ContentType::Json).await;
    let (first, second) = (w.deploy(&tenant).await, w.deploy(&tenant).await);
    let crashing = w.run(TIMEOUT);
    let once = receiver.next().await;
    crashing.task.abort();
    assert!(crashing.task.await.is_err());

    let running = w.run(TIMEOUT);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(receiver.is_idle(), "the claim is still good");
    w.clock.advance_ms(120_000);
    let twice = receiver.next().await;
    assert_eq!(deployment_of(&twice), first);
    assert_eq!(twice.headers["impstead-delivery"], once.headers["impstead-delivery"]);
    assert_eq!(twice.headers["impstead-attempt"], "2");
    assert_eq!(deployment_of(&receiver.next().await), second);
    running.stop().await;
}
