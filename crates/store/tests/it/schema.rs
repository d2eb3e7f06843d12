use crate::fixture::*;
use impstead_store::{SCHEMA_VERSION, Store, StoreError};
use std::sync::Arc;

async fn migrating_again_changes_nothing(db: Arc<Db>) {
    assert_eq!(db.store.schema_version().await.unwrap(), SCHEMA_VERSION);
    db.account("ann").await;
    db.store.migrate().await.unwrap();
    assert_eq!((db.store.schema_version().await.unwrap(), db.count("account")), (SCHEMA_VERSION, 1));
}

async fn a_newer_schema_is_left_alone(db: Arc<Db>) {
    db.script("update meta set value = '999' where key = 'schema_version'");
    assert_eq!(db.store.schema_version().await.unwrap(), 999);
    let refused = db.store.migrate().await;
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 999, known: SCHEMA_VERSION })), "{refused:?}");
    db.script("update meta set value = 'rubbish' where key = 'schema_version'");
    let refused = db.store.migrate().await;
    assert!(matches!(refused, Err(StoreError::Corrupt { table: "meta", .. })), "{refused:?}");
}

async fn servers_that_start_at_once_migrate_once(db: Arc<Db>) {
    let directory = tempfile::tempdir().unwrap();
    let database = if db.is_postgres() { PostgresDatabase::create() } else { None };
    let location = match &database {
        Some(database) => database.location(),
        None => impstead_store::Location::Sqlite(directory.path().join("new.db")),
    };
    let stores: Vec<Store> = (0..4).map(|_| Store::open(&location).unwrap()).collect();
    let migrations: Vec<_> = stores
        .iter()
        .map(|store| {
            let store = store.clone();
            tokio::spawn(async move { store.migrate().await })
        })
        .collect();
    for migration in migrations {
        migration.await.unwrap().unwrap();
    }
    assert_eq!(stores[0].schema_version().await.unwrap(), SCHEMA_VERSION);
    drop(stores);
}

async fn rows_that_nothing_of_ours_writes_are_told_apart(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let product = db.product(&ann, "Greenhouse").await;
    let group = db.development_group(&product, "Probes").await;
    db.script("update device_group set kind = 'rubbish'");
    let read = db.store.device_group(&group.id).await;
    assert!(matches!(read, Err(StoreError::Corrupt { table: "device_group", .. })), "{read:?}");
}

contract![
    migrating_again_changes_nothing,
    a_newer_schema_is_left_alone,
    servers_that_start_at_once_migrate_once,
    rows_that_nothing_of_ours_writes_are_told_apart,
];
