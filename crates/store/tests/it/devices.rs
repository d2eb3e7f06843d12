use crate::fixture::*;
use impstead_model::{DeviceId, RestartKind};
use impstead_store::{Conflict, NewDevice};
use std::sync::Arc;

async fn a_device_is_added_named_and_deleted(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let made = db.device(&ann).await;
    assert!(made.mac_address.starts_with("0c:2a:69:"), "{}", made.mac_address);
    assert_eq!(made.id.as_str(), format!("5000{}", made.mac_address.replace(':', "")));
    assert_eq!((&made.owner, &made.assignment, made.blessed, made.online), (&ann, &None, false, false));
    assert_eq!((made.last_enrolled_ms, made.created_ms), (Some(db.now_ms()), db.now_ms()));
    assert_eq!(db.store.device(made.id.as_str()).await.unwrap(), Some(made.clone()));
    let history = db.store.device_history(&made.id, ALL).await.unwrap().items;
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].event.as_str(), history[0].at_ms), ("enrolled", db.now_ms()));
    assert_eq!((&history[0].owner, &history[0].actor), (&ann, &ann));

    let named = db.store.rename_device(&made.id, Some("bed-7".into()), db.act(&ann)).await.unwrap().unwrap();
    assert_eq!((named.name.as_deref(), named.updated_ms), (Some("bed-7"), db.now_ms()));
    let rows = db.count("audit");
    let same = db.store.rename_device(&made.id, Some("bed-7".into()), db.act(&ann)).await.unwrap().unwrap();
    assert_eq!((&same, db.count("audit")), (&named, rows));
    let nameless = db.store.rename_device(&made.id, None, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!(nameless.name, None);

    assert!(db.store.delete_device(&made.id, db.act(&ann)).await.unwrap());
    assert!(!db.store.delete_device(&made.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.store.device(made.id.as_str()).await.unwrap(), None);
    assert_eq!(db.store.rename_device(&made.id, None, db.act(&ann)).await.unwrap(), None);
    assert!(!db.store.restart_device(&made.id, RestartKind::Restart, db.act(&ann)).await.unwrap());
    assert_eq!(db.count("device_history"), 0);
    assert_eq!(db.store.usage(&ann).await.unwrap().devices, 0);
}

async fn a_device_goes_by_its_id_its_mac_and_its_agent(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let new =
        NewDevice { id: Some(DeviceId::new("20000C2A69ABCDEF")), mac: Some("0C2A69ABCDEF".into()), ..new_device(&ann) };
    let made = db.store.add_device(new, db.act(&ann)).await.unwrap();
    assert_eq!((made.id.as_str(), made.mac_address.as_str()), ("20000c2a69abcdef", "0c:2a:69:ab:cd:ef"));
    let assigned = db.store.assign_device(&group.id, &made.id, db.act(&ann)).await.unwrap().unwrap();
    let agent_id = assigned.assignment.clone().unwrap().agent_id;

    let known =
        ["20000c2a69abcdef", "20000C2A69ABCDEF", "0c:2a:69:ab:cd:ef", "0C:2A:69:AB:CD:EF", "0c2a69abcdef", &agent_id];
    for identifier in known {
        assert_eq!(db.store.device(identifier).await.unwrap().as_ref(), Some(&assigned), "{identifier}");
    }
    let other_case: String = agent_id
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    for identifier in ["", "x", "\0", "bed-7", "0c:2a:69:ab:cd:ee", "0c:2a:69:ab:cdef", &other_case] {
        assert_eq!(db.store.device(identifier).await.unwrap(), None, "{identifier}");
    }
    db.store.unassign_device(&group.id, &made.id, db.act(&ann)).await.unwrap();
    assert_eq!(db.store.device(&agent_id).await.unwrap(), None);
}

async fn ids_and_macs_are_unique(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let new = |id: Option<&str>, mac: &str| NewDevice {
        id: id.map(DeviceId::new),
        mac: Some(mac.into()),
        ..new_device(&bob)
    };
    let first =
        db.store.add_device(NewDevice { owner: ann.clone(), ..new(None, "0c2a69000001") }, db.act(&ann)).await.unwrap();
    let refused = db.store.add_device(new(Some("2000000000000001"), "0c:2a:69:00:00:01"), db.act(&bob)).await;
    assert_eq!(conflict(refused), Conflict::Duplicate);
    let refused = db.store.add_device(new(Some(first.id.as_str()), "0c:2a:69:00:00:02"), db.act(&bob)).await;
    assert_eq!(conflict(refused), Conflict::Duplicate);
    let refused = db.store.add_device(new(None, "not a MAC"), db.act(&bob)).await;
    assert_eq!(conflict(refused), Conflict::Missing("mac_address"));
    let orphan = NewDevice { owner: "nobody".to_owned().into(), ..new_device(&ann) };
    assert_eq!(conflict(db.store.add_device(orphan, db.operator()).await), Conflict::Missing("account"));
    assert_eq!(db.count("device"), 1);
    assert_eq!(db.store.usage(&bob).await.unwrap().devices, 0);
}

async fn assigned_and_blessed_devices_cannot_be_deleted(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let device = db.assigned_device(&ann, &group.id).await;
    assert_eq!(conflict(db.store.delete_device(&device.id, db.act(&ann)).await), Conflict::DeviceAssigned);
    db.store.unassign_device(&group.id, &device.id, db.act(&ann)).await.unwrap();
    db.script("update device set blessed = true");
    assert_eq!(conflict(db.store.delete_device(&device.id, db.act(&ann)).await), Conflict::DeviceBlessed);
    db.script("update device set blessed = false");
    assert!(db.store.delete_device(&device.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.count("agent"), 0);
}

async fn only_an_assigned_device_restarts(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let device = db.device(&ann).await;
    let restart = async |kind| db.store.restart_device(&device.id, kind, db.act(&ann)).await;
    assert_eq!(conflict(restart(RestartKind::Restart).await), Conflict::DeviceUnassigned);
    db.store.assign_device(&group.id, &device.id, db.act(&ann)).await.unwrap();
    db.script("update device set restart_kind = null, restart_requested_ms = null");
    assert!(restart(RestartKind::Conditional).await.unwrap());
    assert_eq!(db.count("device where restart_kind = 'conditional_restart'"), 1);
    assert!(restart(RestartKind::Restart).await.unwrap());
    assert!(restart(RestartKind::Conditional).await.unwrap());
    let newest = format!("device where restart_kind = 'restart' and restart_requested_ms = {}", db.now_ms());
    assert_eq!(db.count(&newest), 1);
}

contract![
    a_device_is_added_named_and_deleted,
    a_device_goes_by_its_id_its_mac_and_its_agent,
    ids_and_macs_are_unique,
    assigned_and_blessed_devices_cannot_be_deleted,
    only_an_assigned_device_restarts,
];
