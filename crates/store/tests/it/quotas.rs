use crate::fixture::*;
use impstead_model::{ContentType, DeviceGroupType, Usage, WebhookEvent};
use impstead_store::{Conflict, NewProduct, NewWebhook, QuotaChange};
use std::sync::Arc;

async fn each_limit_is_kept_and_what_goes_makes_room(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let one = Some(Some(1));
    let limits = QuotaChange {
        products: one,
        device_groups: one,
        deployments: one,
        devices: one,
        webhooks: one,
        login_keys: one,
    };
    db.store.set_quota(&ann, limits, db.operator()).await.unwrap();
    let reached = |what| Conflict::QuotaReached { what, limit: 1 };
    let new_product = || NewProduct { owner: ann.clone(), name: "two".into(), description: None };
    let new_webhook = |group: &impstead_model::DeviceGroupId| NewWebhook {
        group: group.clone(),
        url: "https://hooks.example.net".into(),
        event: WebhookEvent::BlinkUp,
        content_type: ContentType::Json,
        sealed_secret: b"sealed".to_vec(),
    };

    let product = db.product(&ann, "one").await;
    assert_eq!(conflict(db.store.create_product(new_product(), db.act(&ann)).await), reached("products"));
    let group = db.development_group(&product, "one").await;
    let second = new_group(&product.id, "two", DeviceGroupType::Development);
    assert_eq!(conflict(db.store.create_device_group(second, db.act(&ann)).await), reached("device groups"));
    db.deploy(&group, "one").await;
    let second = db.store.create_deployment(new_deployment(&group.id, "two"), db.act(&ann)).await;
    assert_eq!(conflict(second), reached("deployments"));
    let device = db.device(&ann).await;
    assert_eq!(conflict(db.store.add_device(new_device(&ann), db.act(&ann)).await), reached("devices"));
    let webhook = db.store.create_webhook(new_webhook(&group.id), db.act(&ann)).await.unwrap();
    assert_eq!(conflict(db.store.create_webhook(new_webhook(&group.id), db.act(&ann)).await), reached("webhooks"));

    let full = Usage { products: 1, device_groups: 1, deployments: 1, devices: 1, webhooks: 1, login_keys: 0 };
    assert_eq!(db.store.usage(&ann).await.unwrap(), full);
    db.store.delete_webhook(&webhook.id, db.act(&ann)).await.unwrap();
    db.store.create_webhook(new_webhook(&group.id), db.act(&ann)).await.unwrap();
    db.store.delete_device(&device.id, db.act(&ann)).await.unwrap();
    db.device(&ann).await;
    db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap();
    let usage = db.store.usage(&ann).await.unwrap();
    assert_eq!(usage, Usage { device_groups: 0, deployments: 0, webhooks: 0, ..full });
    db.store.delete_product(&product.id, db.act(&ann)).await.unwrap();
    let product = db.store.create_product(new_product(), db.act(&ann)).await.unwrap();
    db.development_group(&product, "two").await;

    // A lowered limit takes nothing away.
    let none = QuotaChange { products: Some(Some(0)), ..QuotaChange::default() };
    db.store.set_quota(&ann, none, db.operator()).await.unwrap();
    assert_eq!(db.store.usage(&ann).await.unwrap().products, 1);
}

async fn a_refused_create_counts_nothing(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    db.product(&ann, "one").await;
    for _ in 0..3 {
        let again = NewProduct { owner: ann.clone(), name: "one".into(), description: None };
        assert_eq!(conflict(db.store.create_product(again, db.act(&ann)).await), Conflict::Duplicate);
    }
    assert_eq!(db.store.usage(&ann).await.unwrap().products, 1);
}

async fn counts_agree_with_the_rows_after_concurrent_work(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let workers: Vec<_> = (0..32)
        .map(|number| {
            let (db, ann) = (Arc::clone(&db), ann.clone());
            tokio::spawn(async move {
                let product = db.product(&ann, &format!("p{number}")).await;
                let group = db.development_group(&product, "g").await;
                for source in ["1", "2", "3"] {
                    db.deploy(&group, source).await;
                }
                if number % 2 == 0 {
                    db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap();
                    db.store.delete_product(&product.id, db.act(&ann)).await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let usage = db.store.usage(&ann).await.unwrap();
    assert_eq!((usage.products, usage.device_groups, usage.deployments), (16, 16, 48));
    assert_eq!((db.count("product"), db.count("device_group"), db.count("deployment")), (16, 16, 48));
    assert_eq!(db.count("code"), 3);
}

contract![
    each_limit_is_kept_and_what_goes_makes_room,
    a_refused_create_counts_nothing,
    counts_agree_with_the_rows_after_concurrent_work,
];
