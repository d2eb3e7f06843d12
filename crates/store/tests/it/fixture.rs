//! A fresh database, and short ways to fill it.

use impstead_model::{
    Account, AccountId, Actor, Code, Deployment, Device, DeviceGroup, DeviceGroupId, DeviceGroupType, Entropy, Product,
    ProductId, Reach, Role,
};
use impstead_store::{
    Act, Conflict, Location, NewAccount, NewDeployment, NewDevice, NewDeviceGroup, NewProduct, Page, Store, StoreError,
};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

/// Runs each function of a module on each backend, as `module::sqlite::function` and `module::postgres::function`.
macro_rules! contract {
    ($($test:ident),* $(,)?) => {
        mod sqlite {$(
            #[test]
            fn $test() {
                crate::fixture::on_sqlite(super::$test);
            }
        )*}
        mod postgres {$(
            #[test]
            fn $test() {
                crate::fixture::on_postgres(super::$test);
            }
        )*}
    };
}
pub(crate) use contract;

/// All of a list, as far as tests fill one.
pub const ALL: Page = Page { number: 1, size: 100 };

/// What the fixture's accounts have for a password hash.
pub const PASSWORD_HASH: &str = "$argon2id$";

/// A fresh, migrated database.
pub struct Db {
    pub store: Store,
    pub location: Location,
    entropy: Arc<Counting>,
    clock_ms: AtomicI64,
}

/// Randomness that is different for each call and the same in each run.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64.
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ z >> 31).to_be_bytes()[..chunk.len()]);
        }
    }
}

pub fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Arc<Db>) -> F) {
    let directory = tempfile::tempdir().unwrap();
    run(Location::Sqlite(directory.path().join("impstead.db")), test);
}

pub fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Arc<Db>) -> F) {
    let Some(database) = PostgresDatabase::create() else { return };
    run(database.location(), test);
}

fn run<F: Future<Output = ()>>(location: Location, test: impl FnOnce(Arc<Db>) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let db = Arc::new(Db::open(location));
        db.store.migrate().await.unwrap();
        test(db).await;
    });
}

fn server() -> Option<String> {
    std::env::var("IMPSTEAD_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// Runs a statement on the PostgreSQL server, outside of any test's database.
pub fn administer(sql: &str) {
    let server = server().expect("only tests on PostgreSQL administer it");
    std::thread::scope(|scope| {
        scope.spawn(|| postgres::Client::connect(&server, postgres::NoTls).unwrap().batch_execute(sql).unwrap());
    });
}

/// A database of its own on the server, dropped with this value.
pub struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    pub fn create() -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let Some(server) = server() else {
            eprintln!("*** SKIPPED: no PostgreSQL. Run this through scripts/with-postgres.sh. ***");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let database = Self { server, name: format!("impstead_store_{}_{number}", std::process::id()) };
        administer(&format!("drop database if exists {}", database.name));
        administer(&format!("create database {}", database.name));
        Some(database)
    }

    pub fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("the URL names a database");
        format!("{server}/{}", self.name)
    }

    pub fn location(&self) -> Location {
        Location::Postgres { url: self.url(), connections: 8 }
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        administer(&format!("drop database {} with (force)", self.name));
    }
}

impl Db {
    pub fn open(location: Location) -> Self {
        // What is restored into a second database must not meet its own ids there.
        static SEED: AtomicU64 = AtomicU64::new(1);
        Self {
            store: Store::open(&location).unwrap(),
            location,
            entropy: Arc::new(Counting(AtomicU64::new(SEED.fetch_add(1, Ordering::Relaxed)))),
            clock_ms: AtomicI64::new(1_700_000_000_000),
        }
    }

    /// Runs statements behind the store's back, for states that it does not make by itself.
    pub fn script(&self, sql: &str) {
        match &self.location {
            Location::Sqlite(path) => sqlite(path).execute_batch(sql).unwrap(),
            Location::Postgres { url, .. } => std::thread::scope(|scope| {
                scope.spawn(|| postgres::Client::connect(url, postgres::NoTls).unwrap().batch_execute(sql).unwrap());
            }),
        }
    }

    /// Counts what a query, from `from` on, finds behind the store's back.
    pub fn count(&self, from: &str) -> i64 {
        let sql = format!("select count(*) from {from}");
        match &self.location {
            Location::Sqlite(path) => sqlite(path).query_row(&sql, [], |row| row.get(0)).unwrap(),
            Location::Postgres { url, .. } => std::thread::scope(|scope| {
                let query = || postgres::Client::connect(url, postgres::NoTls).unwrap().query_one(&sql, &[]).unwrap();
                scope.spawn(query).join().unwrap().get(0)
            }),
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.location, Location::Postgres { .. })
    }

    /// The time of the newest act.
    pub fn now_ms(&self) -> i64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    /// An act of an account, a millisecond after the one before.
    pub fn act(&self, account: &AccountId) -> Act {
        Act {
            actor: Actor {
                account: Some(account.clone()),
                ip_address: Some("192.0.2.1".into()),
                request_id: Some("r-1".into()),
            },
            ..self.operator()
        }
    }

    /// An act of the operator.
    pub fn operator(&self) -> Act {
        let at_ms = self.clock_ms.fetch_add(1, Ordering::Relaxed) + 1;
        Act { actor: Actor::OPERATOR, at_ms, entropy: Arc::clone(&self.entropy) as Arc<dyn Entropy> }
    }

    pub async fn account(&self, username: &str) -> Account {
        let new = NewAccount {
            username: username.into(),
            email: format!("{username}@example.net"),
            password_hash: PASSWORD_HASH.into(),
            production: true,
        };
        self.store.create_account(new, self.operator()).await.unwrap()
    }

    pub async fn product(&self, owner: &AccountId, name: &str) -> Product {
        let new = NewProduct { owner: owner.clone(), name: name.into(), description: None };
        self.store.create_product(new, self.act(owner)).await.unwrap()
    }

    pub async fn group(&self, product: &Product, name: &str, kind: DeviceGroupType) -> DeviceGroup {
        self.store.create_device_group(new_group(&product.id, name, kind), self.act(&product.owner)).await.unwrap()
    }

    pub async fn development_group(&self, product: &Product, name: &str) -> DeviceGroup {
        self.group(product, name, DeviceGroupType::Development).await
    }

    pub async fn device(&self, owner: &AccountId) -> Device {
        self.store.add_device(new_device(owner), self.act(owner)).await.unwrap()
    }

    pub async fn assigned_device(&self, owner: &AccountId, group: &DeviceGroupId) -> Device {
        let device = self.device(owner).await;
        self.store.assign_device(group, &device.id, self.act(owner)).await.unwrap().unwrap()
    }

    pub async fn deploy(&self, group: &DeviceGroup, source: &str) -> Deployment {
        self.store.create_deployment(new_deployment(&group.id, source), self.act(&group.owner)).await.unwrap()
    }
}

pub fn sqlite(path: &Path) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    conn
}

pub fn new_group(product: &ProductId, name: &str, kind: DeviceGroupType) -> NewDeviceGroup {
    NewDeviceGroup {
        kind,
        product: product.clone(),
        name: name.into(),
        description: None,
        region: None,
        env_vars: "{}".into(),
        load_code_after_blessing: true,
        production_target: None,
        dut_target: None,
    }
}

pub fn new_device(owner: &AccountId) -> NewDevice {
    NewDevice {
        id: None,
        mac: None,
        owner: owner.clone(),
        imp_type: "imp003".into(),
        plan_id: None,
        public_key: [7; 32],
    }
}

pub fn new_deployment(group: &DeviceGroupId, source: &str) -> NewDeployment {
    NewDeployment {
        group: group.clone(),
        code: Code { device: source.into(), agent: b"// agent".to_vec() },
        description: None,
        origin: None,
        flagged: false,
        tags: Vec::new(),
    }
}

pub fn reach(account: &AccountId) -> Reach {
    Reach { account: account.clone(), collaborations: Vec::new() }
}

pub fn reach_with(account: &AccountId, collaborations: &[(&AccountId, Role)]) -> Reach {
    Reach {
        account: account.clone(),
        collaborations: collaborations.iter().map(|&(account, role)| (account.clone(), role)).collect(),
    }
}

/// Returns the conflict that a refused change ran into.
pub fn conflict<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> Conflict {
    match outcome {
        Err(StoreError::Conflict(conflict)) => conflict,
        other => panic!("no conflict: {other:?}"),
    }
}
