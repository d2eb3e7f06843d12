use crate::fixture::*;
use impstead_model::{Code, ContentType, DeploymentId, WebhookEvent};
use impstead_store::{Conflict, DeploymentChange, NewDeployment, NewWebhook};
use std::sync::Arc;

async fn a_deployment_is_made_read_changed_and_deleted(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let code = Code { device: b"server.log(\"hi\");\n\0\xff".to_vec(), agent: Vec::new() };
    let new = NewDeployment {
        group: group.id.clone(),
        code: code.clone(),
        description: Some("nightly".into()),
        origin: Some("git#4f2a".into()),
        flagged: false,
        tags: vec!["b".into(), "a".into()],
    };
    let made = db.store.create_deployment(new, db.act(&bob)).await.unwrap();
    assert_eq!((&made.owner, &made.creator, &made.product), (&ann, &bob, &product.id));
    assert_eq!((&made.group, made.group_kind, &made.sha), (&group.id, group.kind, &code.sha()));
    assert_eq!((made.created_ms, made.updated_ms), (db.now_ms(), db.now_ms()));
    assert_eq!((made.flagged, made.flagger.as_ref()), (false, None));
    assert_eq!(db.store.deployment(&made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(db.store.deployment_with_code(&made.id).await.unwrap(), Some((made.clone(), code)));

    let change = DeploymentChange {
        description: Some(None),
        flagged: Some(true),
        tags: Some(vec!["c".into(), "a".into(), "b".into()]),
    };
    let changed = db.store.update_deployment(&made.id, change, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!((changed.description.as_deref(), changed.tags.join(" ").as_str()), (None, "c a b"));
    assert_eq!((changed.flagged, changed.flagger.as_ref(), changed.updated_ms), (true, Some(&ann), db.now_ms()));
    assert_eq!(db.store.deployment(&made.id).await.unwrap(), Some(changed.clone()));

    // Flagging again does not make another account the flagger.
    let flag = |flagged| DeploymentChange { flagged: Some(flagged), ..DeploymentChange::default() };
    let same = db.store.update_deployment(&made.id, flag(true), db.act(&bob)).await.unwrap().unwrap();
    assert_eq!(same, changed);
    let unflagged = db.store.update_deployment(&made.id, flag(false), db.act(&bob)).await.unwrap().unwrap();
    assert_eq!((unflagged.flagged, unflagged.flagger), (false, None));

    let newer = db.deploy(&group, "newer").await;
    db.store.set_min_supported_deployment(&group.id, &newer.id, db.act(&ann)).await.unwrap();
    assert!(db.store.delete_deployment(&made.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.store.deployment(&made.id).await.unwrap(), None);
    assert_eq!(db.store.deployment_with_code(&made.id).await.unwrap(), None);
    assert!(!db.store.delete_deployment(&made.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.store.update_deployment(&made.id, flag(true), db.act(&ann)).await.unwrap(), None);
}

async fn the_newest_is_current_and_the_first_the_minimum(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let first = db.deploy(&group, "1").await;
    let read = db.store.device_group(&group.id).await.unwrap().unwrap();
    assert_eq!(
        (&read.current_deployment, &read.min_supported_deployment),
        (&Some(first.id.clone()), &Some(first.id.clone()))
    );
    assert_eq!(read.updated_ms, group.updated_ms);
    let second = db.deploy(&group, "2").await;
    let read = db.store.device_group(&group.id).await.unwrap().unwrap();
    assert_eq!((read.current_deployment, read.min_supported_deployment), (Some(second.id), Some(first.id)));
    assert_eq!(db.count("hourly_counter where name = 'deployments' and value = 2"), 1);
}

async fn times_within_a_group_strictly_increase(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let mut act = db.act(&ann);
    let mut times = Vec::new();
    for (source, at_ms) in [("1", 5000), ("2", 5000), ("3", 4000), ("4", 9000)] {
        act.at_ms = at_ms;
        let made = db.store.create_deployment(new_deployment(&group.id, source), act.clone()).await.unwrap();
        assert_eq!(made.updated_ms, made.created_ms);
        times.push(made.created_ms);
    }
    assert_eq!(times, [5000, 5001, 5002, 9000]);
}

async fn equal_code_is_kept_once(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (a, b) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    let same = "// same ".repeat(10_000);
    let (first, copy) = (db.deploy(&a, &same).await, db.deploy(&b, &same).await);
    let newer = db.deploy(&a, "// other").await;
    assert_eq!(first.sha, copy.sha);
    assert_eq!(db.count("code"), 2);
    assert_eq!(db.count("code where length(device_code) < 1000"), 2);

    db.store.set_min_supported_deployment(&a.id, &newer.id, db.act(&ann)).await.unwrap();
    assert!(db.store.delete_deployment(&first.id, db.act(&ann)).await.unwrap());
    let (_, code) = db.store.deployment_with_code(&copy.id).await.unwrap().unwrap();
    assert_eq!(code.device, same.as_bytes());
    assert!(db.store.delete_device_group(&b.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.count("code"), 1);
}

async fn only_old_unflagged_deployments_can_be_deleted(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let (first, second, third) =
        (db.deploy(&group, "1").await, db.deploy(&group, "2").await, db.deploy(&group, "3").await);
    let delete = async |id: &DeploymentId| db.store.delete_deployment(id, db.act(&ann)).await;
    for deployment in [&first, &second, &third] {
        assert_eq!(conflict(delete(&deployment.id).await), Conflict::DeploymentInUse);
    }
    db.store.set_min_supported_deployment(&group.id, &second.id, db.act(&ann)).await.unwrap();
    for deployment in [&second, &third] {
        assert_eq!(conflict(delete(&deployment.id).await), Conflict::DeploymentInUse);
    }
    let flag = |flagged| DeploymentChange { flagged: Some(flagged), ..DeploymentChange::default() };
    db.store.update_deployment(&first.id, flag(true), db.act(&ann)).await.unwrap();
    assert_eq!(conflict(delete(&first.id).await), Conflict::DeploymentFlagged);
    db.store.update_deployment(&first.id, flag(false), db.act(&ann)).await.unwrap();
    assert!(delete(&first.id).await.unwrap());
    assert_eq!(db.store.usage(&ann).await.unwrap().deployments, 2);
}

async fn a_deployment_needs_a_group(db: Arc<Db>) {
    let new = new_deployment(&"nothing".to_owned().into(), "x");
    assert_eq!(conflict(db.store.create_deployment(new, db.operator()).await), Conflict::Missing("device_group"));
    assert_eq!(db.count("code"), 0);
}

async fn a_flagged_deployment_has_its_maker_as_flagger(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let new = NewDeployment { flagged: true, ..new_deployment(&group.id, "x") };
    let made = db.store.create_deployment(new, db.act(&ann)).await.unwrap();
    assert_eq!((made.flagged, made.flagger.as_ref()), (true, Some(&ann)));
    assert_eq!(db.store.deployment(&made.id).await.unwrap(), Some(made));
}

async fn deliveries_wait_for_the_groups_deployment_webhooks(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (group, other) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    for (group, event) in [
        (&group, WebhookEvent::Deployment),
        (&group, WebhookEvent::Deployment),
        (&group, WebhookEvent::Blessing),
        (&other, WebhookEvent::Deployment),
    ] {
        let webhook = NewWebhook {
            group: group.id.clone(),
            url: "https://hooks.example.net".into(),
            event,
            content_type: ContentType::Json,
            sealed_secret: b"sealed".to_vec(),
        };
        db.store.create_webhook(webhook, db.act(&ann)).await.unwrap();
    }
    let made = db.deploy(&group, "x").await;
    let payload = format!(
        "{{\"created_at\":\"2023-11-14T22:13:20.{:03}Z\",\"creator_id\":\"{ann}\",\"deployment_id\":\"{}\",\
         \"devicegroup_id\":\"{}\",\"product_id\":\"{}\",\"sha\":\"{}\"}}",
        made.created_ms % 1000,
        made.id,
        group.id,
        product.id,
        made.sha
    );
    let pending = format!(
        "webhook_delivery where state = 'pending' and event = 'deployment' and attempts = 0 and next_attempt_ms = {} \
         and payload = '{payload}'",
        db.now_ms()
    );
    assert_eq!((db.count("webhook_delivery"), db.count(&pending)), (2, 2));
}

contract![
    a_deployment_is_made_read_changed_and_deleted,
    the_newest_is_current_and_the_first_the_minimum,
    times_within_a_group_strictly_increase,
    equal_code_is_kept_once,
    only_old_unflagged_deployments_can_be_deleted,
    a_deployment_needs_a_group,
    a_flagged_deployment_has_its_maker_as_flagger,
    deliveries_wait_for_the_groups_deployment_webhooks,
];
