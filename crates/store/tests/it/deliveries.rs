use crate::fixture::*;
use impstead_model::{ContentType, DeviceGroup, Webhook, WebhookEvent};
use impstead_store::{Attempt, DeliveryState, DueDelivery, NewWebhook, Wake};
use std::sync::Arc;

const LEASE_MS: i64 = 60_000;

async fn webhook(db: &Db, group: &DeviceGroup) -> Webhook {
    let new = NewWebhook {
        group: group.id.clone(),
        url: "https://hooks.example.net".into(),
        event: WebhookEvent::Deployment,
        content_type: ContentType::Form,
        sealed_secret: b"sealed".to_vec(),
    };
    db.store.create_webhook(new, db.act(&group.owner)).await.unwrap()
}

async fn group(db: &Db) -> DeviceGroup {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    db.development_group(&product, "Probes").await
}

async fn claim(db: &Db, now_ms: i64) -> Vec<DueDelivery> {
    db.store.claim_deliveries(now_ms, LEASE_MS, 100, Vec::new()).await.unwrap()
}

async fn end(db: &Db, due: &DueDelivery, error: Option<&str>, next_attempt_ms: Option<i64>, at_ms: i64) {
    let attempt = Attempt { status: Some(200), error: error.map(str::to_owned), next_attempt_ms };
    db.store.end_delivery_attempt(&due.delivery.id, due.delivery.attempts, attempt, at_ms).await.unwrap();
}

async fn events_of_a_webhook_go_one_after_the_other(db: Arc<Db>) {
    let group = group(&db).await;
    let (one, other) = (webhook(&db, &group).await, webhook(&db, &group).await);
    let mut wakes = db.store.wakes();
    // Within one millisecond of the clock.
    let deployments = [db.deploy(&group, "a").await, db.deploy(&group, "b").await];
    assert_eq!(wakes.try_recv(), Ok(Wake::Webhooks));
    let now_ms = db.now_ms();
    assert_eq!(claim(&db, now_ms - 1_000_000).await.len(), 0, "it is not due yet");
    let due = claim(&db, now_ms).await;
    assert_eq!(due.len(), 2, "one for each webhook");
    for due in &due {
        assert!(due.delivery.payload.contains(deployments[0].id.as_str()), "the older one");
        assert_eq!((due.delivery.attempts, due.delivery.event), (1, WebhookEvent::Deployment));
        assert_eq!((due.owner.clone(), due.url.as_str()), (group.owner.clone(), one.url.as_str()));
        assert_eq!((due.content_type, &*due.sealed_secret), (ContentType::Form, b"sealed".as_slice()));
    }
    assert_eq!(claim(&db, now_ms).await.len(), 0, "the others wait for these");

    let (first, second) = (&due[0], &due[1]);
    end(&db, first, None, None, now_ms).await;
    let next = claim(&db, now_ms).await;
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].delivery.webhook, first.delivery.webhook);
    assert!(next[0].delivery.payload.contains(deployments[1].id.as_str()));

    // The other webhook fails, and holds up its own events alone.
    end(&db, second, Some("refused"), Some(now_ms + 5000), now_ms).await;
    end(&db, &next[0], None, None, now_ms).await;
    assert_eq!(claim(&db, now_ms + 4999).await.len(), 0);
    assert_eq!(db.store.next_delivery_ms().await.unwrap(), Some(now_ms + 5000), "those behind have no time yet");
    let again = claim(&db, now_ms + 5000).await;
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].delivery.id.as_str(), again[0].delivery.attempts), (second.delivery.id.as_str(), 2));
    end(&db, &again[0], Some("refused"), None, now_ms + 5000).await;
    let rest = claim(&db, now_ms + 5000).await;
    assert_eq!(rest.len(), 1, "it is given up, and the next may go");
    end(&db, &rest[0], None, None, now_ms + 5000).await;
    assert_eq!(db.store.next_delivery_ms().await.unwrap(), None);

    let webhook = if first.delivery.webhook == one.id { &other } else { &one };
    let states: Vec<DeliveryState> =
        db.store.deliveries(&webhook.id, ALL).await.unwrap().items.iter().map(|it| it.state).collect();
    assert_eq!(states, [DeliveryState::Delivered, DeliveryState::Failed], "newest first");
}

async fn what_nobody_ended_is_due_again_when_its_lease_is_over(db: Arc<Db>) {
    let group = group(&db).await;
    let webhook = webhook(&db, &group).await;
    db.deploy(&group, "a").await;
    db.deploy(&group, "b").await;
    let now_ms = db.now_ms();
    let lost = claim(&db, now_ms).await.remove(0);
    assert_eq!(claim(&db, now_ms + LEASE_MS - 1).await.len(), 0);
    let again = claim(&db, now_ms + LEASE_MS).await.remove(0);
    assert_eq!((&again.delivery.id, again.delivery.attempts), (&lost.delivery.id, 2));
    // The first claimer was only slow. What it says does not count any more.
    end(&db, &lost, Some("late"), None, now_ms).await;
    let delivery = db.store.delivery(&webhook.id, &again.delivery.id).await.unwrap().unwrap();
    assert_eq!((delivery.state, delivery.last_error), (DeliveryState::Pending, None));
}

async fn an_event_is_sent_again_behind_the_others(db: Arc<Db>) {
    let group = group(&db).await;
    let webhook = webhook(&db, &group).await;
    db.deploy(&group, "a").await;
    let now_ms = db.now_ms();
    let first = claim(&db, now_ms).await.remove(0);
    end(&db, &first, None, None, now_ms).await;
    db.deploy(&group, "b").await;
    let act = db.act(&group.owner);
    let again = db.store.resend_delivery(&webhook.id, &first.delivery.id, act.clone()).await.unwrap().unwrap();
    assert_eq!((again.state, again.attempts), (DeliveryState::Pending, 0));
    assert_eq!(again.payload, first.delivery.payload);
    assert_ne!(again.id, first.delivery.id);
    let newest = db.store.deliveries(&webhook.id, ALL).await.unwrap().items.remove(0);
    assert_eq!(newest, again);
    assert_eq!(db.store.resend_delivery(&webhook.id, "nothing", act.clone()).await.unwrap(), None);
    assert_eq!(db.store.delivery(&webhook.id, "nothing").await.unwrap(), None);

    assert_eq!(db.store.webhook_secrets(&group.owner).await.unwrap(), [(webhook.id.clone(), b"sealed".to_vec())]);
    assert!(db.store.set_webhook_secret(&webhook.id, b"new".to_vec(), act).await.unwrap());
    assert_eq!(claim(&db, now_ms + 1_000_000).await[0].sealed_secret, b"new");
}

contract![
    events_of_a_webhook_go_one_after_the_other,
    what_nobody_ended_is_due_again_when_its_lease_is_over,
    an_event_is_sent_again_behind_the_others,
];
