use crate::fixture::*;
use impstead_model::ProductId;
use impstead_store::{Conflict, NewProduct, ProductChange};
use std::sync::Arc;

async fn a_product_is_made_read_changed_and_deleted(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let made = db.product(&ann, "Greenhouse").await;
    assert_eq!((&made.owner, &made.creator, made.created_ms, made.updated_ms), (&ann, &ann, db.now_ms(), db.now_ms()));
    assert_eq!(db.store.product(&made.id).await.unwrap(), Some(made.clone()));

    let change = ProductChange { name: Some("Hothouse".into()), description: Some(Some("Warm".into())) };
    let changed = db.store.update_product(&made.id, change, db.act(&ann)).await.unwrap().unwrap();
    assert_eq!((changed.name.as_str(), changed.description.as_deref()), ("Hothouse", Some("Warm")));
    assert_eq!((changed.created_ms, changed.updated_ms), (made.created_ms, db.now_ms()));
    assert_eq!(db.store.product(&made.id).await.unwrap(), Some(changed));

    assert!(db.store.delete_product(&made.id, db.act(&ann)).await.unwrap());
    assert_eq!(db.store.product(&made.id).await.unwrap(), None);
    assert!(!db.store.delete_product(&made.id, db.act(&ann)).await.unwrap());
}

async fn what_is_not_there_is_none_and_not_an_error(db: Arc<Db>) {
    for id in ["nothing", "", "\0", "a\0b", "0c:2a:69:00:00:01", &"x".repeat(10_000)] {
        let id = ProductId::new(id);
        assert_eq!(db.store.product(&id).await.unwrap(), None);
        assert_eq!(db.store.update_product(&id, ProductChange::default(), db.operator()).await.unwrap(), None);
        assert!(!db.store.delete_product(&id, db.operator()).await.unwrap());
    }
}

async fn a_change_that_alters_nothing_writes_nothing(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let made = db.product(&ann, "Greenhouse").await;
    let rows = db.count("audit");
    for change in [ProductChange::default(), ProductChange { name: Some("Greenhouse".into()), description: Some(None) }]
    {
        let same = db.store.update_product(&made.id, change, db.act(&ann)).await.unwrap().unwrap();
        assert_eq!(same, made);
    }
    assert_eq!(db.count("audit"), rows);
}

async fn names_are_unique_within_an_owner(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let first = db.product(&ann, "Greenhouse").await;
    let second = db.product(&ann, "Hothouse").await;
    db.product(&bob, "Greenhouse").await;
    db.product(&ann, "greenhouse").await;
    let again = NewProduct { owner: ann.clone(), name: "Greenhouse".into(), description: None };
    assert_eq!(conflict(db.store.create_product(again, db.act(&ann)).await), Conflict::Duplicate);
    let rename = ProductChange { name: Some(first.name.clone()), ..ProductChange::default() };
    assert_eq!(conflict(db.store.update_product(&second.id, rename, db.act(&ann)).await), Conflict::Duplicate);
    assert_eq!(db.store.product(&second.id).await.unwrap().unwrap(), second);
}

async fn a_product_needs_an_account_and_keeps_its_groups(db: Arc<Db>) {
    let orphan = NewProduct { owner: "nobody".to_owned().into(), name: "x".into(), description: None };
    assert_eq!(conflict(db.store.create_product(orphan, db.operator()).await), Conflict::Missing("account"));

    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    let refused = db.store.delete_product(&product.id, db.act(&ann)).await;
    assert_eq!(conflict(refused), Conflict::ProductHasGroups);
    db.store.delete_device_group(&group.id, db.act(&ann)).await.unwrap();
    assert!(db.store.delete_product(&product.id, db.act(&ann)).await.unwrap());
}

async fn a_collaborator_is_the_creator_and_the_operator_is_nobody(db: Arc<Db>) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let new = |name: &str| NewProduct { owner: ann.clone(), name: name.into(), description: None };
    let by_bob = db.store.create_product(new("a"), db.act(&bob)).await.unwrap();
    assert_eq!((&by_bob.owner, &by_bob.creator), (&ann, &bob));
    let by_operator = db.store.create_product(new("b"), db.operator()).await.unwrap();
    assert_eq!((&by_operator.owner, &by_operator.creator), (&ann, &ann));
}

contract![
    a_product_is_made_read_changed_and_deleted,
    what_is_not_there_is_none_and_not_an_error,
    a_change_that_alters_nothing_writes_nothing,
    names_are_unique_within_an_owner,
    a_product_needs_an_account_and_keeps_its_groups,
    a_collaborator_is_the_creator_and_the_operator_is_nobody,
];
