use crate::fixture::*;
use impstead_model::{ContentType, DeviceGroupType, Role, WebhookEvent};
use impstead_store::{
    BackupError, DeploymentFilter, Location, NewDeviceGroup, NewLoginKey, NewSession, NewWebhook, Store,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    sync::Arc,
};

/// Puts at least one row into each table, with text and bytes that are hard on formats.
async fn fill(db: &Db) {
    let (ann, bob) = (db.account("ann").await.id, db.account("bob").await.id);
    let product = db.product(&ann, "tab\t line\n return\r slash \\N \\. quote\" ünïcödé \u{1f331}").await;
    let dut = db.group(&product, "dut", DeviceGroupType::Dut).await.id;
    let production = db.group(&product, "production", DeviceGroupType::Production).await.id;
    for name in ["a", "b"] {
        let fixture = NewDeviceGroup {
            production_target: Some(production.clone()),
            dut_target: Some(dut.clone()),
            ..new_group(&product.id, name, DeviceGroupType::FactoryFixture)
        };
        db.store.create_device_group(fixture, db.act(&ann)).await.unwrap();
    }
    let group = db.development_group(&product, "development").await;
    let webhook = NewWebhook {
        group: group.id.clone(),
        url: "https://hooks.example.net".into(),
        event: WebhookEvent::Deployment,
        content_type: ContentType::Form,
        sealed_secret: b"sealed".to_vec(),
    };
    db.store.create_webhook(webhook, db.act(&ann)).await.unwrap();
    db.deploy(&group, "\0\u{1}\n// code").await;
    db.assigned_device(&ann, &group.id).await;
    db.device(&bob).await;
    db.store.add_collaborator(&ann, &bob, Role::Developer, db.act(&ann)).await.unwrap();
    db.store.begin_totp(&ann, (0..=255).collect(), db.act(&ann)).await.unwrap();
    db.store.confirm_totp(&ann, 1, vec![vec![0], vec![255]], db.act(&ann)).await.unwrap();
    let key = NewLoginKey { account: ann.clone(), lookup: vec![0, 9, 10], sealed: Vec::new(), description: None };
    db.store.create_login_key(key, db.act(&ann)).await.unwrap();
    let session = NewSession {
        account: bob.clone(),
        password_hash: PASSWORD_HASH.into(),
        refresh_hash: vec![1],
        access_hash: vec![2],
        access_expires_ms: i64::MAX,
        ip_address: None,
        user_agent: Some(String::new()),
        most_refresh_tokens: 5,
        login_token: None,
    };
    db.store.sign_in(session, db.act(&bob)).await.unwrap();
    db.store.create_login_token(&[3], &bob, 4).await.unwrap();
    db.store.probe(1).await.unwrap();
    db.script("insert into meta (key, value) values ('note', 'kept')");
    db.script(
        "insert into connection_event (id, device_id, at_ms, event, reason, ip_address)
         select id, id, 1, 'connected', null, '192.0.2.1' from device",
    );
}

fn backup(store: &Store) -> Vec<u8> {
    let mut file = Vec::new();
    store.backup(&mut file).unwrap();
    file
}

/// The rows of a backup by table, each as the set of its lines: the order of rows is free.
fn content(file: &[u8]) -> BTreeMap<String, BTreeSet<String>> {
    let text = String::from_utf8(zstd::decode_all(file).unwrap()).unwrap();
    let (mut tables, mut table) = (BTreeMap::new(), String::new());
    for line in text.lines() {
        if line.starts_with('{') {
            line.clone_into(&mut table);
            tables.entry(table.clone()).or_insert_with(BTreeSet::new);
        } else {
            tables.get_mut(&table).unwrap().insert(line.to_owned());
        }
    }
    tables
}

/// Empty databases of both kinds.
struct Targets {
    directory: tempfile::TempDir,
    postgres: Option<PostgresDatabase>,
}

impl Targets {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), postgres: PostgresDatabase::create() }
    }

    fn locations(&self) -> Vec<Location> {
        let sqlite = Location::Sqlite(self.directory.path().join("restored.db"));
        std::iter::once(sqlite).chain(self.postgres.as_ref().map(PostgresDatabase::location)).collect()
    }
}

async fn what_one_database_wrote_either_reads(db: Arc<Db>) {
    fill(&db).await;
    let file = backup(&db.store);
    let original = content(&file);
    let tables = original.values().filter(|rows| !rows.is_empty()).count();
    assert_eq!(tables, 21, "each table has a row: {:?}", original.keys());

    let targets = Targets::new();
    for (number, location) in targets.locations().iter().enumerate() {
        let restored = Db::open(location.clone());
        if number == 0 {
            // Either with the schema or without.
            restored.store.migrate().await.unwrap();
        }
        let rows = restored.store.restore(file.as_slice()).unwrap();
        assert_eq!(rows, original.values().map(|rows| rows.len() as u64).sum::<u64>());
        assert_eq!(content(&backup(&restored.store)), original, "{location:?}");

        let (ann, code) = restored_account_and_code(&restored).await;
        assert_eq!(code, "\0\u{1}\n// code".as_bytes());
        assert_eq!(restored.store.usage(&ann).await.unwrap(), db.store.usage(&ann).await.unwrap());
        restored.product(&ann, "one more").await;
        let again = restored.store.restore(file.as_slice());
        assert!(matches!(&again, Err(BackupError::NotEmpty(table)) if table == "account"), "{again:?}");
    }
}

async fn restored_account_and_code(db: &Db) -> (impstead_model::AccountId, Vec<u8>) {
    let ann = db.store.account_by_name("ann").await.unwrap().unwrap().id;
    let deployments = db.store.deployments(&reach(&ann), DeploymentFilter::default(), ALL).await.unwrap().items;
    let (_, code) = db.store.deployment_with_code(&deployments[0].id).await.unwrap().unwrap();
    (ann, code.device)
}

async fn every_table_is_part_of_a_backup(db: Arc<Db>) {
    let catalogue = if db.is_postgres() {
        "pg_catalog.pg_tables where schemaname = current_schema()"
    } else {
        "sqlite_schema where type = 'table'"
    };
    let lines = content(&backup(&db.store));
    let tables = lines.keys().filter(|line| line.contains("\"table\"")).count();
    assert_eq!(i64::try_from(tables).unwrap(), db.count(catalogue));
}

async fn a_backup_is_of_one_instant(db: Arc<Db>) {
    let ann = db.account("ann").await.id;
    let writer = {
        let db = Arc::clone(&db);
        tokio::spawn(async move {
            for number in 0..200 {
                db.product(&ann, &number.to_string()).await;
            }
        })
    };
    let mut sizes = BTreeSet::new();
    while !writer.is_finished() {
        let store = db.store.clone();
        let file = tokio::task::spawn_blocking(move || backup(&store)).await.unwrap();
        let content = content(&file);
        let rows = |table: &str| {
            let start = format!("\"table\":\"{table}\"");
            content.iter().find(|(line, _)| line.contains(&start)).map(|(_, rows)| rows.len()).unwrap()
        };
        // An audit row for each product and one for the account.
        assert_eq!(rows("audit"), rows("product") + 1);
        sizes.insert(rows("product"));
    }
    writer.await.unwrap();
    assert!(sizes.len() > 1, "{sizes:?}");
}

async fn damaged_files_are_refused_and_leave_nothing(db: Arc<Db>) {
    fill(&db).await;
    let file = backup(&db.store);
    let text = zstd::decode_all(file.as_slice()).unwrap();
    let text = String::from_utf8(text).unwrap();
    let targets = Targets::new();
    let location = targets.locations().pop().unwrap();
    let target = Db::open(location);
    let refuse = |file: &[u8], what: &str| match target.store.restore(file) {
        Err(BackupError::Damaged(_)) => {}
        other => panic!("{what}: {other:?}"),
    };
    refuse(b"", "empty");
    refuse(b"not a backup", "text");
    refuse(&[0; 5000], "zeros");
    for length in (0..file.len()).step_by(97).chain([file.len() - 1]) {
        refuse(&file[..length], &format!("the first {length} bytes"));
    }
    for index in (10..file.len()).step_by(211) {
        let mut damaged = file.clone();
        damaged[index] ^= 0x10;
        refuse(&damaged, &format!("bit of byte {index}"));
    }
    let pack = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let without = |index: usize| [&lines[..index], &lines[index + 1..]].concat().join("\n");
    refuse(&pack(&without(lines.len() - 1)), "no end");
    refuse(&pack(&without(lines.len() - 2)), "a row less");
    refuse(&pack(&text.replacen("\"table\":\"product\"", "\"table\":\"sqlite_schema\"", 1)), "unknown table");
    refuse(&pack(&text.replacen("\"username_key\"", "\"username_key; --\"", 1)), "unknown column");
    refuse(&pack(&format!("{text}{}\n", lines[lines.len() - 2])), "a row after the end");
    refuse(&pack(&text.replacen("impstead-backup", "other-backup", 1)), "other format");
    refuse(&pack(&text.replacen("[\"note\"", "[7", 1)), "wrong kind");

    let version = format!("\"schema_version\":{}", impstead_store::SCHEMA_VERSION);
    let newer = pack(&text.replacen(&version, "\"schema_version\":999", 1));
    assert!(matches!(target.store.restore(newer.as_slice()), Err(BackupError::Newer(_))));
    let newer = pack(&text.replacen("\"format_version\":1", "\"format_version\":2", 1));
    assert!(matches!(target.store.restore(newer.as_slice()), Err(BackupError::Newer(_))));

    assert_eq!(target.store.schema_version().await.unwrap(), 0);
    target.store.restore(file.as_slice()).unwrap();
    assert_eq!(content(&backup(&target.store)), content(&file));
}

async fn a_writer_that_fails_is_reported(db: Arc<Db>) {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let failed = db.store.backup(Full);
    assert!(matches!(failed, Err(BackupError::File(_))), "{failed:?}");
}

async fn only_an_older_schema_is_backed_up_before_migrating(db: Arc<Db>) {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(db.store.backup_before_migrating(directory.path(), 5).unwrap(), None);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

contract![
    what_one_database_wrote_either_reads,
    every_table_is_part_of_a_backup,
    a_backup_is_of_one_instant,
    damaged_files_are_refused_and_leave_nothing,
    a_writer_that_fails_is_reported,
    only_an_older_schema_is_backed_up_before_migrating,
];
