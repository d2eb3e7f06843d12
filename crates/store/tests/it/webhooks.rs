use crate::fixture::*;
use impstead_model::{ContentType, WebhookEvent, WebhookId};
use impstead_store::{Conflict, NewWebhook, WebhookChange};
use std::sync::Arc;

async fn a_webhook_is_made_read_changed_and_deleted(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let new = NewWebhook {
        group: group.id.clone(),
        url: "https://hooks.example.net/1".into(),
        event: WebhookEvent::Deployment,
        content_type: ContentType::Json,
        sealed_secret: b"sealed".to_vec(),
    };
    let made = db.store.create_webhook(new.clone(), db.act(&bob)).await.unwrap();
    assert_eq!((&made.owner, &made.creator, &made.product, made.group_kind), (&ann, &bob, &product.id, group.kind));
    assert_eq!((made.created_ms, made.updated_ms), (db.now_ms(), db.now_ms()));
    assert_eq!(db.store.webhook(&made.id).await.unwrap(), Some(made.clone()));
    // The same address may be told twice.
    let twin = db.store.create_webhook(new, db.act(&ann)).await.unwrap();
    assert_eq!(db.store.usage(&ann).await.unwrap().webhooks, 2);

    let rows = db.count("audit");
    let same = db.store.update_webhook(&made.id, WebhookChange::default(), db.act(&ann)).await.unwrap().unwrap();
    assert_eq!((&same, db.count("audit")), (&made, rows));
    let change = WebhookChange { url: Some("http://[::1]/".into()), content_type: Some(ContentType::Form) };
    let changed = db.store.update_webhook(&made.id, change, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!(
        (changed.url.as_str(), changed.content_type, changed.updated_ms),
        ("http://[::1]/", ContentType::Form, db.now_ms())
    );
    assert_eq!(db.store.webhook(&made.id).await.unwrap(), Some(changed));

    db.deploy(&group, "x").await;
    assert_eq!(db.count("webhook_delivery"), 2);
    assert!(db.store.delete_webhook(&made.id, db.act(&ann)).await.unwrap());
    assert!(!db.store.delete_webhook(&made.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.store.webhook(&made.id).await.unwrap(), None);
    assert_eq!(db.store.update_webhook(&made.id, WebhookChange::default(), db.act(&ann)).await.unwrap(), None);
    assert_eq!(db.count("webhook_delivery"), 1);
    assert_eq!(db.store.webhook(&twin.id).await.unwrap(), Some(twin));
    assert_eq!(db.store.usage(&ann).await.unwrap().webhooks, 1);
}

async fn a_webhook_needs_a_group(db: Arc<Db>) {
    let new = NewWebhook {
        group: "nothing".to_owned().into(),
        url: "https://hooks.example.net".into(),
        event: WebhookEvent::BlinkUp,
        content_type: ContentType::Form,
        sealed_secret: b"sealed".to_vec(),
    };
    assert_eq!(conflict(db.store.create_webhook(new, db.operator()).await), Conflict::Missing("device_group"));
    assert_eq!(db.store.webhook(&WebhookId::new("nothing")).await.unwrap(), None);
}

contract![a_webhook_is_made_read_changed_and_deleted, a_webhook_needs_a_group];
