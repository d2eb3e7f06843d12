use crate::fixture::*;
use impstead_model::{DeviceGroupType, RestartKind};
use impstead_store::{Conflict, DeploymentFilter, NewAccount, NewProduct, Page};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Runs a function many times at once and returns the outcomes.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    work: impl Fn(usize) -> F,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(work(number));
    }
    tasks.join_all().await
}

async fn one_of_many_wins_a_name(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let outcomes = at_once(16, |_| {
        let (db, ann) = (Arc::clone(&db), ann.clone());
        async move {
            let new = NewProduct { owner: ann.clone(), name: "Greenhouse".into(), description: None };
            db.store.create_product(new, db.act(&ann)).await
        }
    })
    .await;
    let mut made = 0;
    for outcome in outcomes {
        match outcome {
            Ok(_) => made += 1,
            refused => assert_eq!(conflict(refused), Conflict::Duplicate),
        }
    }
    assert_eq!((made, db.count("product"), db.store.usage(&ann).await.unwrap().products), (1, 1, 1));

    let outcomes = at_once(8, |_| {
        let db = Arc::clone(&db);
        async move {
            let new = NewAccount {
                username: "bob".into(),
                email: "bob@example.net".into(),
                password_hash: String::new(),
                production: false,
            };
            db.store.create_account(new, db.operator()).await
        }
    })
    .await;
    let mut made = 0;
    for outcome in outcomes {
        match outcome {
            Ok(_) => made += 1,
            refused => assert_eq!(conflict(refused), Conflict::Taken("username")),
        }
    }
    assert_eq!(made, 1);
}

async fn a_device_is_in_one_group_at_a_time(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let (a, b) = (db.development_group(&product, "a").await.id, db.development_group(&product, "b").await.id);
    let device = db.device(&ann).await.id;
    let outcomes = at_once(24, |number| {
        let (db, ann, device) = (Arc::clone(&db), ann.clone(), device.clone());
        let group = if number % 2 == 0 { a.clone() } else { b.clone() };
        async move {
            if number % 3 == 0 {
                db.store.unassign_device(&group, &device, db.act(&ann)).await.map(|_| None)
            } else {
                db.store.assign_device(&group, &device, db.act(&ann)).await
            }
        }
    })
    .await;
    for outcome in outcomes {
        if outcome.is_err() {
            assert_eq!(conflict(outcome), Conflict::DeviceUnassigned);
        }
    }
    assert_eq!(db.count("agent"), 1);
    let history = db.store.device_history(&device, ALL).await.unwrap().items;
    let times = |event: &str| history.iter().filter(|entry| entry.event == event).count();
    let now = db.store.device(device.as_str()).await.unwrap().unwrap();
    assert_eq!(times("assigned") - times("unassigned"), usize::from(now.assignment.is_some()));
}

async fn deployments_to_one_group_come_in_an_order(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "a").await;
    let made = at_once(32, |number| {
        let (db, group) = (Arc::clone(&db), group.clone());
        async move { db.deploy(&group, &format!("source {}", number % 4)).await }
    })
    .await;
    let (mut newest, mut oldest) = (&made[0], &made[0]);
    let mut times = std::collections::HashSet::new();
    for deployment in &made {
        assert!(times.insert(deployment.created_ms), "two of one time");
        newest = if deployment.created_ms > newest.created_ms { deployment } else { newest };
        oldest = if deployment.created_ms < oldest.created_ms { deployment } else { oldest };
    }
    let group = db.store.device_group(&group.id).await.unwrap().unwrap();
    assert_eq!(
        (group.current_deployment.as_ref(), group.min_supported_deployment.as_ref()),
        (Some(&newest.id), Some(&oldest.id))
    );
    assert_eq!(db.count("code"), 4);
    assert_eq!(db.count("hourly_counter where value = 32"), 1);
}

async fn a_group_is_deleted_or_used_but_not_both(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    for round in 0..10 {
        let group = db.development_group(&product, &format!("g{round}")).await;
        let device = db.device(&ann).await.id;
        let outcomes = at_once(4, |number| {
            let (db, ann, group, device) = (Arc::clone(&db), ann.clone(), group.clone(), device.clone());
            async move {
                match number {
                    0 => db.store.delete_device_group(&group.id, db.act(&ann)).await.map(|_| "deleted"),
                    1 => db.store.assign_device(&group.id, &device, db.act(&ann)).await.map(|_| "assigned"),
                    2 => {
                        let new = new_deployment(&group.id, "// the same code everywhere");
                        db.store.create_deployment(new, db.act(&ann)).await.map(|_| "deployed")
                    }
                    _ => {
                        let restart = db.store.restart_device_group(&group.id, RestartKind::Restart, db.act(&ann));
                        restart.await.map(|_| "restarted")
                    }
                }
            }
        })
        .await;
        let mut done = Vec::new();
        for outcome in outcomes {
            match outcome {
                Ok(what) => done.push(what),
                refused => {
                    let why = conflict(refused);
                    assert!(matches!(why, Conflict::GroupHasDevices | Conflict::Missing("device_group")), "{why:?}");
                }
            }
        }
        assert!(!(done.contains(&"deleted") && done.contains(&"assigned")), "{done:?}");
        if done.contains(&"deleted") {
            assert_eq!(db.count(&format!("deployment where group_id = '{}'", group.id)), 0);
            assert_eq!(db.store.device(device.as_str()).await.unwrap().unwrap().assignment, None);
        }
    }
    let usage = db.store.usage(&ann).await.unwrap();
    assert_eq!((usage.deployments, usage.device_groups), (db.count("deployment"), db.count("device_group")));
}

async fn code_stays_while_anything_has_it_and_no_longer(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let same = "// the same code in every group";
    let outcomes = at_once(16, |number| {
        let (db, ann, product) = (Arc::clone(&db), ann.clone(), product.clone());
        async move {
            for round in 0..6 {
                let group = db.group(&product, &format!("{number} {round}"), DeviceGroupType::Development).await;
                let old = db.deploy(&group, same).await;
                let (_, code) = db.store.deployment_with_code(&old.id).await.unwrap().unwrap();
                assert_eq!(code.device, same.as_bytes());
                if round % 2 == 0 {
                    let new = db.deploy(&group, "// other").await;
                    db.store.set_min_supported_deployment(&group.id, &new.id, db.act(&ann)).await.unwrap();
                    assert!(db.store.delete_deployment(&old.id, db.act(&ann)).await.unwrap());
                }
                assert!(db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap());
            }
        }
    })
    .await;
    assert_eq!(outcomes.len(), 16);
    assert_eq!((db.count("deployment"), db.count("code")), (0, 0));
}

async fn sixty_four_writers_go_on_together(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "all").await.id;
    let devices = at_once(64, |number| {
        let (db, ann, group) = (Arc::clone(&db), ann.clone(), group.clone());
        async move {
            let device = db.device(&ann).await.id;
            db.store.assign_device(&group, &device, db.act(&ann)).await.unwrap();
            db.store.rename_device(&device, Some(format!("bed-{number}")), db.act(&ann)).await.unwrap();
            db.store.device(device.as_str()).await.unwrap().unwrap()
        }
    })
    .await;
    assert!(devices.iter().all(|device| device.assignment.is_some() && device.name.is_some()));
    assert_eq!((db.count("device where name is not null"), db.store.usage(&ann).await.unwrap().devices), (64, 64));
}

async fn a_caller_that_goes_away_leaves_all_or_nothing(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "all").await;
    at_once(64, |number| {
        let (db, group) = (Arc::clone(&db), group.clone());
        async move {
            let patience = Duration::from_micros(u64::try_from(number).unwrap() * 50);
            let _ = tokio::time::timeout(patience, db.deploy(&group, "x")).await;
        }
    })
    .await;
    let last = db.deploy(&group, "last").await;
    // What was begun before may still be under way on other connections.
    let mut before = -1;
    while before != db.count("deployment") {
        before = db.count("deployment");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let made = db.count("deployment");
    assert_eq!(db.count("audit where action = 'deployment.create'"), made);
    assert_eq!(db.count(&format!("hourly_counter where value = {made}")), 1);
    assert_eq!(db.store.usage(&ann).await.unwrap().deployments, made);
    let newest = db.store.deployments(&reach(&ann), DeploymentFilter::default(), Page { number: 1, size: 1 }).await;
    let current = db.store.device_group(&group.id).await.unwrap().unwrap().current_deployment;
    assert_eq!(current.as_ref(), Some(&newest.unwrap().items[0].id));
    assert!(db.store.deployment(&last.id).await.unwrap().is_some());
}

contract![
    one_of_many_wins_a_name,
    a_device_is_in_one_group_at_a_time,
    deployments_to_one_group_come_in_an_order,
    a_group_is_deleted_or_used_but_not_both,
    code_stays_while_anything_has_it_and_no_longer,
    sixty_four_writers_go_on_together,
    a_caller_that_goes_away_leaves_all_or_nothing,
];
