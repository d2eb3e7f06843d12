use crate::fixture::*;
use impstead_model::AccountId;
use impstead_store::{NewProduct, StoreError};
use std::sync::Arc;

/// SQLite has no server to lose; a full disk is tested where its writer is at hand, in `src/tests.rs`.
async fn lost_connections_are_replaced_unnoticed(db: Arc<Db>) {
    if !db.is_postgres() {
        return;
    }
    let ann = db.account("ann").await.id;
    for round in 0..3 {
        // All of the pool has a connection.
        for _ in 0..16 {
            db.store.account(&ann).await.unwrap();
        }
        db.script(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        );
        for number in 0..16 {
            if number % 2 == 0 {
                assert!(db.store.account(&ann).await.unwrap().is_some());
            } else {
                db.product(&ann, &format!("{round} {number}")).await;
            }
        }
        assert!(!db.store.is_failing());
    }
    assert_eq!(db.count("product"), 24);
}

async fn a_server_that_refuses_is_unavailable_until_it_is_back(db: Arc<Db>) {
    if !db.is_postgres() {
        return;
    }
    let ann = db.account("ann").await.id;
    let name = database(&db);
    administer(&format!("alter database {name} allow_connections false"));
    administer(&format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"));
    let write = async |ann: &AccountId| {
        let new = NewProduct { owner: ann.clone(), name: "Greenhouse".into(), description: None };
        db.store.create_product(new, db.act(ann)).await
    };
    for _ in 0..10 {
        let (read, written) = (db.store.account(&ann).await, write(&ann).await);
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
        assert!(matches!(written, Err(StoreError::Unavailable(_))), "{written:?}");
    }
    assert!(db.store.is_failing());
    administer(&format!("alter database {name} allow_connections true"));
    write(&ann).await.unwrap();
    assert!(db.store.account(&ann).await.unwrap().is_some());
    assert!(!db.store.is_failing());
}

fn database(db: &Db) -> String {
    let impstead_store::Location::Postgres { url, .. } = &db.location else { unreachable!() };
    url.rsplit_once('/').unwrap().1.to_owned()
}

async fn the_probe_writes(db: Arc<Db>) {
    db.store.probe(5).await.unwrap();
    db.store.probe(6).await.unwrap();
    assert_eq!(db.count("meta where key = 'probe' and value = '6'"), 1);
    assert!(!db.store.is_failing());
}

contract![
    lost_connections_are_replaced_unnoticed,
    a_server_that_refuses_is_unavailable_until_it_is_back,
    the_probe_writes,
];
