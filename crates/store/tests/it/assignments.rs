use crate::fixture::*;
use impstead_model::{DeviceGroupId, DeviceGroupType, DeviceId, MoveRefusal};
use impstead_store::{Conflict, NewDevice};
use std::sync::Arc;

async fn a_device_is_assigned_moved_and_unassigned(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (a, b) = (db.development_group(&product, "a").await, db.development_group(&product, "b").await);
    let device = db.device(&ann).await;
    let assigned = db.store.assign_device(&a.id, &device.id, db.act(&ann)).await.unwrap().unwrap();
    let assignment = assigned.assignment.clone().unwrap();
    assert_eq!(
        (&assignment.group, assignment.kind, &assignment.product, &assignment.owner),
        (&a.id, a.kind, &product.id, &ann)
    );
    assert_eq!(assignment.agent_id.len(), 12);
    assert!(assignment.agent_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    assert_eq!(assigned.updated_ms, db.now_ms());
    assert_eq!(db.store.device(device.id.as_str()).await.unwrap(), Some(assigned));

    let moved = db.store.assign_device(&b.id, &device.id, db.act(&ann)).await.unwrap().unwrap().assignment.unwrap();
    assert_eq!((&moved.group, &moved.agent_id), (&b.id, &assignment.agent_id));

    let wrong = db.store.unassign_device(&a.id, &device.id, db.act(&ann)).await;
    assert_eq!(conflict(wrong), Conflict::DeviceUnassigned);
    db.script("update device set agent_running = true, agent_state_changed_ms = 1");
    assert!(db.store.unassign_device(&b.id, &device.id, db.act(&ann)).await.unwrap());
    let unassigned = db.store.device(device.id.as_str()).await.unwrap().unwrap();
    assert_eq!(
        (&unassigned.assignment, unassigned.agent_running, unassigned.agent_state_changed_ms),
        (&None, false, None)
    );
    assert_eq!(db.count("device where restart_kind is not null"), 0);
    let again = db.store.unassign_device(&b.id, &device.id, db.act(&ann)).await;
    assert_eq!(conflict(again), Conflict::DeviceUnassigned);

    let back = db.store.assign_device(&a.id, &device.id, db.act(&ann)).await.unwrap().unwrap().assignment.unwrap();
    assert_eq!(back.agent_id, assignment.agent_id);
    let history = db.store.device_history(&device.id, ALL).await.unwrap().items;
    let events: Vec<&str> = history.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["assigned", "unassigned", "moved", "assigned", "enrolled"]);
}

async fn an_agent_belongs_to_a_device_and_its_plan(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "a").await;
    let planned = NewDevice { plan_id: Some("plan".into()), ..new_device(&ann) };
    let device = db.store.add_device(planned, db.act(&ann)).await.unwrap();
    let assign = async || {
        let device = db.store.assign_device(&group.id, &device.id, db.act(&ann)).await.unwrap().unwrap();
        db.store.unassign_device(&group.id, &device.id, db.act(&ann)).await.unwrap();
        device.assignment.unwrap().agent_id
    };
    let first = assign().await;
    db.script("update device set plan_id = 'other'");
    let other = assign().await;
    assert_ne!(first, other);
    db.script("update device set plan_id = 'plan'");
    assert_eq!(assign().await, first);
}

async fn the_same_group_again_is_a_restart(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "a").await;
    let device = db.assigned_device(&ann, &group.id).await;
    db.script("update device set restart_kind = null, restart_requested_ms = null");
    let again = db.store.assign_device(&group.id, &device.id, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!(again, device);
    assert_eq!(
        db.count(&format!("device where restart_kind = 'restart' and restart_requested_ms = {}", db.now_ms())),
        1
    );
    assert_eq!(db.store.device_history(&device.id, ALL).await.unwrap().items.len(), 2);
}

async fn what_is_not_there_cannot_be_assigned(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "a").await;
    let device = db.device(&ann).await;
    let (no_group, no_device) = (DeviceGroupId::new("nothing"), DeviceId::new("nothing"));
    let refused = db.store.assign_device(&no_group, &device.id, db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::Missing("device_group"));
    assert_eq!(db.store.assign_device(&group.id, &no_device, db.act(&ann)).await.unwrap(), None);
    assert!(!db.store.unassign_device(&group.id, &no_device, db.act(&ann)).await.unwrap());
}

async fn moves_follow_the_vendors_table(db: Arc<Db>) {
    use DeviceGroupType::{Development, Dut, FactoryFixture, PreDut, PreFactoryFixture, PreProduction, Production};
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let elsewhere = db.product(&ann, "Hothouse").await;
    let development = db.group(&product, "development", Development).await;
    let fixture = db.group(&product, "fixture", FactoryFixture).await;
    let pre_fixture = db.group(&product, "pre_fixture", PreFactoryFixture).await;
    let production = db.group(&product, "production", Production).await;
    let second_production = db.group(&product, "second production", Production).await;
    let pre_production = db.group(&product, "pre_production", PreProduction).await;
    let dut = db.group(&product, "dut", Dut).await;
    let pre_dut = db.group(&product, "pre_dut", PreDut).await;
    let foreign = db.group(&elsewhere, "production", Production).await;

    let device = db.device(&ann).await;
    let old = NewDevice { imp_type: "imp001".into(), ..new_device(&ann) };
    let old = db.store.add_device(old, db.act(&ann)).await.unwrap();
    let assign =
        async |device: &DeviceId, group: &DeviceGroupId| db.store.assign_device(group, device, db.act(&ann)).await;
    for refused in [&production, &pre_production] {
        assert_eq!(conflict(assign(&device.id, &refused.id).await), Conflict::Move(MoveRefusal::OnlyByBlessing));
    }
    for refused in [&dut, &pre_dut] {
        assert_eq!(conflict(assign(&device.id, &refused.id).await), Conflict::Move(MoveRefusal::OnlyByFactoryBlinkUp));
    }
    for refused in [&fixture, &pre_fixture] {
        assert_eq!(conflict(assign(&old.id, &refused.id).await), Conflict::Move(MoveRefusal::HardwareNotAllowed));
    }
    for allowed in [&development, &fixture, &pre_fixture, &development] {
        assert!(assign(&device.id, &allowed.id).await.is_ok());
    }

    // No method blesses a device yet.
    db.script(&format!(
        "update device set blessed = true, group_id = '{}', group_kind = '{}' where id = '{}'",
        production.id,
        Production.as_str(),
        device.id
    ));
    for refused in [&development, &pre_production, &foreign, &dut] {
        assert_eq!(conflict(assign(&device.id, &refused.id).await), Conflict::Move(MoveRefusal::Blessed));
    }
    let moved = assign(&device.id, &second_production.id).await.unwrap().unwrap();
    assert!(moved.blessed);
    assert!(db.store.unassign_device(&second_production.id, &device.id, db.act(&ann)).await.unwrap());
    assert!(!db.store.device(device.id.as_str()).await.unwrap().unwrap().blessed);
    assert_eq!(db.store.device_history(&device.id, ALL).await.unwrap().items[0].event, "unblessed");
    assert!(assign(&device.id, &development.id).await.is_ok());
}

async fn a_device_keeps_its_owner_in_another_accounts_group(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "a").await;
    let device = db.assigned_device(&bob, &group.id).await;
    assert_eq!((&device.owner, &device.assignment.unwrap().owner), (&bob, &ann));
    // Both owners find it in their audit log.
    assert_eq!(db.count("audit where action = 'device.assign'"), 2);
}

contract![
    a_device_is_assigned_moved_and_unassigned,
    an_agent_belongs_to_a_device_and_its_plan,
    the_same_group_again_is_a_restart,
    what_is_not_there_cannot_be_assigned,
    moves_follow_the_vendors_table,
    a_device_keeps_its_owner_in_another_accounts_group,
];
