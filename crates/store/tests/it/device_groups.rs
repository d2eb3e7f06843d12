use crate::fixture::*;
use impstead_model::{DeviceGroupId, DeviceGroupType, RestartKind};
use impstead_store::{Conflict, DeploymentChange, DeviceGroupChange, NewDeviceGroup, NewWebhook};
use std::sync::Arc;

async fn a_group_is_made_read_changed_and_deleted(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let product = db.product(&ann, "Greenhouse").await;
    let new = NewDeviceGroup {
        description: Some("All of them".into()),
        region: Some("europe".into()),
        env_vars: r#"{"A":"\u0000"}"#.into(),
        load_code_after_blessing: false,
        ..new_group(&product.id, "Shipped", DeviceGroupType::Production)
    };
    let made = db.store.create_device_group(new, db.act(&bob)).await.unwrap();
    assert_eq!((&made.owner, &made.creator, &made.product), (&ann, &bob, &product.id));
    assert_eq!((made.created_ms, made.updated_ms), (db.now_ms(), db.now_ms()));
    assert_eq!(db.store.device_group(&made.id).await.unwrap(), Some(made.clone()));

    let change = DeviceGroupChange {
        name: Some("Sold".into()),
        description: Some(None),
        env_vars: Some("{}".into()),
        load_code_after_blessing: Some(true),
        ..DeviceGroupChange::default()
    };
    let changed = db.store.update_device_group(&made.id, change, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.description.as_deref(), changed.env_vars.as_str()),
        ("Sold", None, "{}")
    );
    assert!(changed.load_code_after_blessing);
    assert_eq!(changed.updated_ms, db.now_ms());
    assert_eq!(db.store.device_group(&made.id).await.unwrap(), Some(changed));

    assert!(db.store.delete_device_group(&made.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.store.device_group(&made.id).await.unwrap(), None);
    assert!(!db.store.delete_device_group(&made.id, db.act(&ann)).await.unwrap());
    let gone = db.store.update_device_group(&made.id, DeviceGroupChange::default(), db.act(&ann)).await;
    assert_eq!(gone.unwrap(), None);
}

async fn a_change_that_alters_nothing_writes_nothing(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let made = db.development_group(&product, "Probes").await;
    let rows = db.count("audit");
    let same_name = DeviceGroupChange { name: Some("Probes".into()), ..DeviceGroupChange::default() };
    for change in [DeviceGroupChange::default(), same_name] {
        let same = db.store.update_device_group(&made.id, change, db.act(&ann)).await.unwrap().unwrap();
        assert_eq!(same, made);
    }
    assert_eq!(db.count("audit"), rows);
}

async fn names_are_unique_within_a_product(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let (product, other) = (db.product(&ann, "Greenhouse").await, db.product(&ann, "Hothouse").await);
    db.development_group(&product, "Probes").await;
    db.development_group(&other, "Probes").await;
    let second = db.development_group(&product, "Fans").await;
    let again = new_group(&product.id, "Probes", DeviceGroupType::PreDut);
    assert_eq!(conflict(db.store.create_device_group(again, db.act(&ann)).await), Conflict::Duplicate);
    let rename = DeviceGroupChange { name: Some("Probes".into()), ..DeviceGroupChange::default() };
    assert_eq!(conflict(db.store.update_device_group(&second.id, rename, db.act(&ann)).await), Conflict::Duplicate);
}

async fn a_group_needs_a_product(db: Arc<Db>) {
    let new = new_group(&"nothing".to_owned().into(), "Probes", DeviceGroupType::Development);
    assert_eq!(conflict(db.store.create_device_group(new, db.operator()).await), Conflict::Missing("product"));
}

async fn targets_have_the_right_types_and_the_same_product(db: Arc<Db>) {
    use DeviceGroupType::{Development, Dut, FactoryFixture, PreDut, PreFactoryFixture, PreProduction, Production};
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let elsewhere = db.product(&ann, "Hothouse").await;
    let production = db.group(&product, "production", Production).await.id;
    let pre_production = db.group(&product, "pre_production", PreProduction).await.id;
    let dut = db.group(&product, "dut", Dut).await.id;
    let pre_dut = db.group(&product, "pre_dut", PreDut).await.id;
    let foreign = db.group(&elsewhere, "production", Production).await.id;
    let nothing = DeviceGroupId::new("nothing");

    let cases = [
        (FactoryFixture, Some(&production), Some(&dut), None),
        (PreFactoryFixture, Some(&pre_production), Some(&pre_dut), None),
        (FactoryFixture, Some(&production), None, None),
        (FactoryFixture, Some(&pre_production), Some(&dut), Some("production_target")),
        (FactoryFixture, Some(&production), Some(&pre_dut), Some("dut_target")),
        (FactoryFixture, Some(&foreign), Some(&dut), Some("production_target")),
        (FactoryFixture, Some(&nothing), Some(&dut), Some("production_target")),
        (PreFactoryFixture, Some(&production), Some(&pre_dut), Some("production_target")),
        (Development, Some(&production), None, Some("production_target")),
        (Production, None, Some(&dut), Some("dut_target")),
    ];
    for (number, (kind, production_target, dut_target, refusal)) in cases.into_iter().enumerate() {
        let new = NewDeviceGroup {
            production_target: production_target.cloned(),
            dut_target: dut_target.cloned(),
            ..new_group(&product.id, &format!("case {number}"), kind)
        };
        let made = db.store.create_device_group(new, db.act(&ann)).await;
        match refusal {
            None => {
                let made = made.unwrap();
                assert_eq!(
                    (made.production_target.as_ref(), made.dut_target.as_ref()),
                    (production_target, dut_target)
                );
            }
            Some(what) => assert_eq!(conflict(made), Conflict::Missing(what), "case {number}"),
        }
    }
}

async fn targets_change_and_cannot_be_deleted(db: Arc<Db>) {
    use DeviceGroupType::{Dut, FactoryFixture, Production};
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (old, new) = (db.group(&product, "old", Production).await.id, db.group(&product, "new", Production).await.id);
    let dut = db.group(&product, "dut", Dut).await.id;
    let fixture = NewDeviceGroup {
        production_target: Some(old.clone()),
        dut_target: Some(dut.clone()),
        ..new_group(&product.id, "fixture", FactoryFixture)
    };
    let fixture = db.store.create_device_group(fixture, db.act(&ann)).await.unwrap();
    for target in [&old, &dut] {
        let refused = db.store.delete_device_group(target, db.act(&ann)).await;
        assert_eq!(conflict(refused), Conflict::GroupIsTarget);
    }
    let wrong = DeviceGroupChange { production_target: Some(dut.clone()), ..DeviceGroupChange::default() };
    let refused = db.store.update_device_group(&fixture.id, wrong, db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::Missing("production_target"));
    let right = DeviceGroupChange { production_target: Some(new.clone()), ..DeviceGroupChange::default() };
    let changed = db.store.update_device_group(&fixture.id, right, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!((changed.production_target.as_ref(), changed.dut_target.as_ref()), (Some(&new), Some(&dut)));
    assert!(db.store.delete_device_group(&old, db.act(&ann)).await.unwrap());
    assert!(db.store.delete_device_group(&fixture.id, db.act(&ann)).await.unwrap());
    assert!(db.store.delete_device_group(&dut, db.act(&ann)).await.unwrap());
}

async fn a_group_is_deleted_with_all_that_is_its_own(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (group, other) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    let webhook = NewWebhook {
        group: group.id.clone(),
        url: "https://hooks.example.net".into(),
        event: impstead_model::WebhookEvent::Deployment,
        content_type: impstead_model::ContentType::Json,
        sealed_secret: Vec::new(),
    };
    db.store.create_webhook(webhook, db.act(&ann)).await.unwrap();
    db.deploy(&group, "only here").await;
    db.deploy(&group, "shared").await;
    let kept = db.deploy(&other, "shared").await;
    let counts = |db: &Db| ["deployment", "code", "webhook", "webhook_delivery", "hourly_counter"].map(|t| db.count(t));
    assert_eq!(counts(&db), [3, 2, 1, 2, 2]);

    assert!(db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap());
    assert_eq!(counts(&db), [1, 1, 0, 0, 1]);
    let (_, code) = db.store.deployment_with_code(&kept.id).await.unwrap().unwrap();
    assert_eq!(code.device, b"shared");
    let usage = db.store.usage(&ann).await.unwrap();
    assert_eq!((usage.device_groups, usage.deployments, usage.webhooks), (1, 1, 0));
}

async fn a_group_with_devices_or_flagged_deployments_stays(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let device = db.assigned_device(&ann, &group.id).await;
    let deployment = db.deploy(&group, "x").await;
    let flag = |flagged| DeploymentChange { flagged: Some(flagged), ..DeploymentChange::default() };
    db.store.update_deployment(&deployment.id, flag(true), db.act(&ann)).await.unwrap();

    let refused = db.store.delete_device_group(&group.id, db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::GroupHasDevices);
    db.store.unassign_device(&group.id, &device.id, db.act(&ann)).await.unwrap();
    let refused = db.store.delete_device_group(&group.id, db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::GroupHasFlaggedDeployments);
    assert_eq!(db.count("deployment"), 1);
    db.store.update_deployment(&deployment.id, flag(false), db.act(&ann)).await.unwrap();
    assert!(db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap());
}

async fn a_restart_is_recorded_on_the_groups_devices(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (group, other) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    let restart = async |group: &DeviceGroupId, kind| db.store.restart_device_group(group, kind, db.act(&ann)).await;
    assert_eq!(restart(&group.id, RestartKind::Restart).await.unwrap(), Some(0));
    assert_eq!(restart(&DeviceGroupId::new("nothing"), RestartKind::Restart).await.unwrap(), None);
    for _ in 0..3 {
        db.assigned_device(&ann, &group.id).await;
    }
    db.assigned_device(&ann, &other.id).await;
    db.script("update device set restart_kind = null, restart_requested_ms = null");

    assert_eq!(restart(&group.id, RestartKind::Conditional).await.unwrap(), Some(3));
    assert_eq!(db.count("device where restart_kind = 'conditional_restart'"), 3);
    assert_eq!(restart(&group.id, RestartKind::Restart).await.unwrap(), Some(3));
    assert_eq!(db.count("device where restart_kind = 'restart'"), 3);
    // A conditional restart may be ignored by the program, so it does not take the place of a real one.
    assert_eq!(restart(&group.id, RestartKind::Conditional).await.unwrap(), Some(3));
    let now_ms = db.now_ms();
    assert_eq!(db.count(&format!("device where restart_kind = 'restart' and restart_requested_ms = {now_ms}")), 3);
}

async fn the_minimum_supported_deployment_only_rises(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (group, other) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    let (first, second) = (db.deploy(&group, "1").await, db.deploy(&group, "2").await);
    let foreign = db.deploy(&other, "1").await;
    let set = async |deployment| db.store.set_min_supported_deployment(&group.id, deployment, db.act(&ann)).await;
    let minimum = async || db.store.device_group(&group.id).await.unwrap().unwrap().min_supported_deployment;

    assert_eq!(minimum().await.as_ref(), Some(&first.id));
    assert_eq!(set(&second.id).await.unwrap().as_ref(), Some(&second));
    assert_eq!(minimum().await.as_ref(), Some(&second.id));
    assert_eq!(set(&second.id).await.unwrap().as_ref(), Some(&second));
    assert_eq!(conflict(set(&first.id).await), Conflict::OlderThanMinimum);
    assert_eq!(conflict(set(&foreign.id).await), Conflict::Missing("deployment"));
    assert_eq!(conflict(set(&"nothing".to_owned().into()).await), Conflict::Missing("deployment"));
    assert_eq!(minimum().await.as_ref(), Some(&second.id));
    let nothing = DeviceGroupId::new("nothing");
    assert_eq!(db.store.set_min_supported_deployment(&nothing, &first.id, db.act(&ann)).await.unwrap(), None);
}

contract![
    a_group_is_made_read_changed_and_deleted,
    a_change_that_alters_nothing_writes_nothing,
    names_are_unique_within_a_product,
    a_group_needs_a_product,
    targets_have_the_right_types_and_the_same_product,
    targets_change_and_cannot_be_deleted,
    a_group_is_deleted_with_all_that_is_its_own,
    a_group_with_devices_or_flagged_deployments_stays,
    a_restart_is_recorded_on_the_groups_devices,
    the_minimum_supported_deployment_only_rises,
];
