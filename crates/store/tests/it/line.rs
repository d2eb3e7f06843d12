use crate::fixture::*;
use impstead_model::{
    ContentType, Device, DeviceGroup, DeviceGroupType, DeviceId, MoveRefusal, RestartKind, WebhookEvent,
};
use impstead_store::{Arrival, Conflict, DeviceFacts, DeviceGroupChange, Enrolment, FactoryFixture, NewWebhook, Wake};
use std::sync::Arc;

fn arrival(connection: &str, at_ms: i64, program: Option<[u8; 32]>) -> Arrival {
    let facts = DeviceFacts { swversion: Some("x - release-42.1 - y - z".into()), free_memory: Some(1), rssi: None };
    Arrival { connection: connection.into(), at_ms, ip_address: Some("192.0.2.7".into()), program, facts }
}

async fn read(db: &Db, id: &DeviceId) -> Device {
    db.store.device(id.as_str()).await.unwrap().unwrap()
}

async fn a_device_is_online_while_its_newest_connection_is(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let id = db.device(&ann).await.id;
    assert_eq!(db.store.device_public_key(&id).await.unwrap().map(|key| key.len()), Some(32));
    assert_eq!(db.store.device_public_key(&DeviceId::new("nothing")).await.unwrap(), None);
    assert_eq!(db.store.device_connected(&DeviceId::new("nothing"), arrival("c", 1, None)).await.unwrap(), None);

    let orders = db.store.device_connected(&id, arrival("c1", 1000, None)).await.unwrap().unwrap();
    let device = read(&db, &id).await;
    assert_eq!(orders.device, device);
    assert_eq!((device.online, device.state_changed_ms), (true, Some(1000)));
    assert_eq!(device.ip_address.as_deref(), Some("192.0.2.7"));
    assert_eq!((device.free_memory, device.rssi), (Some(1), None));
    assert_eq!((orders.current, orders.runs, orders.supported, orders.restart), (None, None, false, None));

    // A newer connection takes its place, and its end comes late.
    db.store.device_connected(&id, arrival("c2", 2000, None)).await.unwrap();
    assert!(!db.store.device_disconnected(&id, "c1", "replaced", 3000).await.unwrap());
    let device = read(&db, &id).await;
    assert_eq!((device.online, device.state_changed_ms), (true, Some(1000)), "it was online all the time");
    assert!(db.store.device_disconnected(&id, "c2", "closed", 4000).await.unwrap());
    assert!(!db.store.device_disconnected(&id, "c2", "closed", 5000).await.unwrap());
    let device = read(&db, &id).await;
    assert_eq!((device.online, device.state_changed_ms), (false, Some(4000)));
    assert_eq!(db.count("connection_event"), 3);

    db.store.report_device_facts(&id, DeviceFacts { rssi: Some(-60), ..DeviceFacts::default() }).await.unwrap();
    assert_eq!((read(&db, &id).await.free_memory, read(&db, &id).await.rssi), (Some(1), Some(-60)));
}

async fn connection_events_are_bounded(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let id = db.device(&ann).await.id;
    for number in 0..80 {
        let connection = format!("c{number}");
        db.store.device_connected(&id, arrival(&connection, 2 * number, None)).await.unwrap();
        db.store.device_disconnected(&id, &connection, "closed", 2 * number + 1).await.unwrap();
    }
    assert_eq!(db.count("connection_event"), 100);
    assert_eq!(db.count("connection_event where at_ms = 159"), 1, "the newest stay");
}

async fn no_device_is_online_after_a_start(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let (there, away) = (db.device(&ann).await.id, db.device(&ann).await.id);
    db.store.device_connected(&there, arrival("c1", 1000, None)).await.unwrap();
    assert_eq!(db.store.disconnect_all_devices(2000).await.unwrap(), 1);
    assert_eq!(db.store.disconnect_all_devices(3000).await.unwrap(), 0);
    let device = read(&db, &there).await;
    assert_eq!((device.online, device.state_changed_ms), (false, Some(2000)));
    assert_eq!(read(&db, &away).await.state_changed_ms, None);
    assert!(!db.store.device_disconnected(&there, "c1", "closed", 4000).await.unwrap());
}

async fn orders_follow_the_group(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let id = db.assigned_device(&ann, &group.id).await.id;
    let orders = async || db.store.device_orders(&id).await.unwrap().unwrap();
    assert_eq!(orders().await.current, None, "there is no code yet");

    let first = db.deploy(&group, "first").await;
    let program = db.store.device_program(&first.id).await.unwrap().unwrap();
    assert_eq!((program.group.id, program.product.id), (group.id.clone(), product.id.clone()));
    let current = orders().await.current.unwrap();
    assert_eq!(current.deployment, first.id);
    assert!(!orders().await.supported, "nothing runs");

    // It comes with that program.
    let connected = db.store.device_connected(&id, arrival("c1", 1000, Some(current.program))).await.unwrap().unwrap();
    assert_eq!((connected.runs.as_ref(), connected.supported), (Some(&first.id), true));
    assert_eq!(orders().await, connected);

    // Without its program it runs nothing; with that of an older deployment it runs that.
    let wiped = db.store.device_connected(&id, arrival("c2", 1000, None)).await.unwrap().unwrap();
    assert_eq!((wiped.runs, wiped.supported), (None, false));
    db.store.device_connected(&id, arrival("c3", 1000, Some(current.program))).await.unwrap();

    // Another deployment changes what it should run, not what it runs.
    let second = db.deploy(&group, "second").await;
    assert_eq!(orders().await.current.unwrap().deployment, second.id);
    assert_eq!((orders().await.runs, orders().await.supported), (Some(first.id.clone()), true));
    let back = db.store.device_connected(&id, arrival("c4", 1000, Some(current.program))).await.unwrap().unwrap();
    assert_eq!((back.runs, back.supported), (Some(first.id.clone()), true));
    db.store.set_min_supported_deployment(&group.id, &second.id, db.act(&ann)).await.unwrap();
    assert!(!orders().await.supported);

    db.script("update device set restart_requested_ms = 5000");
    assert_eq!(orders().await.restart, Some((RestartKind::Restart, 5000)));
    db.store.device_runs(&id, Some(&second.id), Some(4999)).await.unwrap();
    assert_eq!(orders().await.restart, Some((RestartKind::Restart, 5000)), "a newer wish stays");
    db.store.device_runs(&id, Some(&second.id), Some(5000)).await.unwrap();
    assert_eq!((orders().await.runs, orders().await.supported, orders().await.restart), (Some(second.id), true, None));

    let elsewhere = db.development_group(&product, "Pumps").await;
    db.store.assign_device(&elsewhere.id, &id, db.act(&ann)).await.unwrap();
    assert_eq!((orders().await.current, orders().await.runs, orders().await.supported), (None, None, false));
}

async fn those_concerned_are_woken_after_the_commit(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let id = db.device(&ann).await.id;
    let mut wakes = db.store.wakes();
    let mut next = || {
        let mut all = Vec::new();
        while let Ok(wake) = wakes.try_recv() {
            all.push(wake);
        }
        all
    };
    db.store.assign_device(&group.id, &id, db.act(&ann)).await.unwrap();
    assert_eq!(next(), [Wake::Device(id.clone())]);
    let first = db.deploy(&group, "first").await;
    assert_eq!(next(), [Wake::DeviceGroup(group.id.clone())], "it starts at once");
    let second = db.deploy(&group, "second").await;
    assert_eq!(next(), [], "it changes nothing that runs");
    db.store.set_min_supported_deployment(&group.id, &first.id, db.act(&ann)).await.unwrap();
    assert_eq!(next(), [], "it was the minimum already");
    db.store.set_min_supported_deployment(&group.id, &second.id, db.act(&ann)).await.unwrap();
    db.store.restart_device_group(&group.id, RestartKind::Restart, db.act(&ann)).await.unwrap();
    assert_eq!(next(), [Wake::DeviceGroup(group.id.clone()), Wake::DeviceGroup(group.id.clone())]);
    db.store.restart_device(&id, RestartKind::Conditional, db.act(&ann)).await.unwrap();
    assert_eq!(next(), [Wake::Device(id.clone())]);
    let nothing = DeviceId::new("nothing");
    assert!(!db.store.restart_device(&nothing, RestartKind::Restart, db.act(&ann)).await.unwrap());
    assert!(db.store.delete_device(&id, db.act(&ann)).await.is_err());
    assert_eq!(next(), []);
    db.store.unassign_device(&group.id, &id, db.act(&ann)).await.unwrap();
    db.store.delete_device(&id, db.act(&ann)).await.unwrap();
    assert_eq!(next(), [Wake::Device(id.clone()), Wake::Device(id)]);
}

/// A fixture in its group, whose targets exist.
struct Factory {
    fixture: Device,
    dut: DeviceGroup,
    production: DeviceGroup,
}

async fn factory(db: &Db) -> Factory {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let production = db.group(&product, "Shipped", DeviceGroupType::Production).await;
    let dut = db.group(&product, "Under test", DeviceGroupType::Dut).await;
    let fixtures = db.group(&product, "Fixtures", DeviceGroupType::FactoryFixture).await;
    let change = DeviceGroupChange {
        production_target: Some(production.id.clone()),
        dut_target: Some(dut.id.clone()),
        ..DeviceGroupChange::default()
    };
    db.store.update_device_group(&fixtures.id, change, db.act(&ann)).await.unwrap();
    let fixture = db.assigned_device(&ann, &fixtures.id).await;
    for event in [WebhookEvent::Blessing, WebhookEvent::BlinkUp] {
        let webhook = NewWebhook {
            group: production.id.clone(),
            url: "https://hooks.example.net".into(),
            event,
            content_type: ContentType::Json,
            sealed_secret: b"sealed".to_vec(),
        };
        db.store.create_webhook(webhook, db.act(&ann)).await.unwrap();
    }
    Factory { fixture, dut, production }
}

async fn a_device_goes_through_the_factory_to_its_user(db: Arc<Db>) {
    let Factory { fixture, dut, production } = factory(&db).await;
    let id = db.device(&fixture.owner).await.id;
    assert_eq!(db.store.factory_fixture(&id).await.unwrap(), None);
    let enrolment = Enrolment { fixture: Some(fixture.id.clone()), ..Enrolment::default() };
    let device = db.store.enrol_device(&id, enrolment, db.operator()).await.unwrap().unwrap();
    assert_eq!(device, read(&db, &id).await);
    assert_eq!(device.assignment.as_ref().unwrap().group, dut.id);
    assert_eq!(db.count("webhook_delivery"), 0);

    let agent_id = fixture.assignment.as_ref().map(|assignment| assignment.agent_id.clone());
    let known = Some(FactoryFixture { device: fixture.id.clone(), agent_id });
    assert_eq!(db.store.factory_fixture(&id).await.unwrap(), known, "it is under test");
    assert_eq!(db.store.factory_fixture(&fixture.id).await.unwrap(), known, "it is one");
    let bob = db.account("bob").await.id;
    db.script(&format!("update device set owner_id = '{bob}' where id = '{}'", fixture.id));
    assert_eq!(db.store.factory_fixture(&id).await.unwrap(), None, "another account has the fixture");
    db.script(&format!("update device set owner_id = '{}' where id = '{}'", fixture.owner, fixture.id));
    let device = db.store.bless_device(&id, Some(&fixture.id), db.operator()).await.unwrap().unwrap();
    assert_eq!(device, read(&db, &id).await);
    assert!(device.blessed);
    assert_eq!(device.assignment.as_ref().unwrap().group, production.id);
    let factory_agent = device.assignment.unwrap().agent_id;
    assert_eq!(db.count("webhook_delivery where event = 'blessing' and payload like '%imp_id%'"), 1);

    assert_eq!(db.store.factory_fixture(&id).await.unwrap(), None, "it has left the factory");
    let enrolment = Enrolment { plan_id: "7e1f2a90".into(), token: "dG9rZW4".into(), fixture: None };
    let device = db.store.enrol_device(&id, enrolment, db.operator()).await.unwrap().unwrap();
    assert_eq!(device, read(&db, &id).await);
    assert_eq!(device.plan_id.as_deref(), Some("7e1f2a90"));
    assert_ne!(device.assignment.unwrap().agent_id, factory_agent, "another plan, another agent");
    assert_eq!(db.count("webhook_delivery where event = 'blinkup' and payload like '%dG9rZW4%'"), 1);

    let history = db.store.device_history(&id, ALL).await.unwrap().items;
    let events: Vec<&str> = history.iter().rev().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["enrolled", "enrolled", "assigned", "blessed", "enrolled"]);
    let again = Enrolment { fixture: Some(fixture.id), ..Enrolment::default() };
    let refused = db.store.enrol_device(&id, again, db.operator()).await;
    assert_eq!(conflict(refused), Conflict::Move(MoveRefusal::Blessed));
}

async fn blessing_needs_a_fixture_group_that_fits(db: Arc<Db>) {
    let Factory { fixture, .. } = factory(&db).await;
    let missing = Conflict::Missing("fixture");
    let id = db.device(&fixture.owner).await.id;
    assert_eq!(conflict(db.store.bless_device(&id, None, db.operator()).await), missing, "it is in no group");
    let enrolment = |fixture: &DeviceId| Enrolment { fixture: Some(fixture.clone()), ..Enrolment::default() };
    let refused = db.store.enrol_device(&id, enrolment(&id), db.operator()).await;
    assert_eq!(conflict(refused), missing, "it is no fixture");
    let bob = db.account("bob").await.id;
    let foreign = db.device(&bob).await.id;
    let refused = db.store.enrol_device(&foreign, enrolment(&fixture.id), db.operator()).await;
    assert_eq!(conflict(refused), missing, "the fixture is another account's");

    db.store.enrol_device(&id, enrolment(&fixture.id), db.operator()).await.unwrap();
    let blessed = db.store.bless_device(&id, None, db.operator()).await.unwrap().unwrap();
    assert!(blessed.blessed, "there is just one fixture group with this target");
    assert_eq!(conflict(db.store.bless_device(&id, Some(&fixture.id), db.operator()).await), missing);
    assert_eq!(db.store.bless_device(&DeviceId::new("nothing"), None, db.operator()).await.unwrap(), None);
}

contract![
    a_device_is_online_while_its_newest_connection_is,
    connection_events_are_bounded,
    no_device_is_online_after_a_start,
    orders_follow_the_group,
    those_concerned_are_woken_after_the_commit,
    a_device_goes_through_the_factory_to_its_user,
    blessing_needs_a_fixture_group_that_fits,
];
