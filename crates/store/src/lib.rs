//! Persistence on SQLite and PostgreSQL.
//!
//! A [`Store`] method is one unit of work: all of it is committed, durably, before it returns, or none of it ever is.
//! Each query is one SQL text for both databases (see `conn.rs`); where the dialects part, an explicit branch on
//! `Conn::is_postgres` says so. Every method is covered by one contract suite that runs on both.

mod accounts;
mod agents;
mod assignments;
mod audit;
mod backup;
mod collaborators;
mod conn;
mod counters;
mod deliveries;
mod deployments;
mod device_groups;
mod devices;
mod error;
mod libraries;
mod line;
mod login_keys;
mod logs;
mod migrate;
mod postgres;
mod products;
mod quota;
mod reseal;
mod select;
mod server;
mod sessions;
mod sqlite;
mod totp;
mod unbonding;
mod virtual_imps;
mod wake;
mod webhooks;

#[cfg(test)]
extern crate self as impstead_store;
#[cfg(test)]
#[path = "../tests/it/fixture.rs"]
#[expect(dead_code, reason = "the contract suite uses more of it")]
mod fixture;
#[cfg(test)]
mod tests;

pub use accounts::{Credentials, NewAccount, QuotaChange};
pub use agents::{AgentOrders, AgentPlace, AgentSnapshot, SleepingAgent};
pub use audit::{Act, AuditFilter};
pub use backup::BackupError;
pub use counters::HourlyCount;
pub use deliveries::{Attempt, Delivery, DeliveryState, DueDelivery};
pub use deployments::{DeploymentChange, DeploymentFilter, NewDeployment};
pub use device_groups::{DeviceGroupChange, DeviceGroupFilter, NewDeviceGroup};
pub use devices::{DeviceFilter, GroupOwner, NewDevice};
pub use error::{Conflict, StoreError};
pub use libraries::Library;
pub use line::{Arrival, Current, DeviceFacts, DeviceProgram, Enrolment, FactoryFixture, Orders};
pub use login_keys::{LoginKey, NewLoginKey};
pub use logs::{LogFilter, LogsOf};
pub use migrate::SCHEMA_VERSION;
pub use products::{NewProduct, ProductChange};
pub use reseal::Sealed;
pub use select::{Page, Paged};
pub use sessions::{KeptSession, LoginToken, NewAccess, NewSession, SessionRecord};
pub use unbonding::UnbondingKey;
pub use virtual_imps::{NewBoard, NewVirtualImp, OWN_BOARD, PoweredImp, VirtualImp, VirtualImpChange};
pub use wake::Wake;
pub use webhooks::{NewWebhook, WebhookChange};

use conn::Conn;
use sqlite::ReadLength;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::broadcast;

/// Where the data are.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file; made where it is missing.
    Sqlite(PathBuf),
    /// A PostgreSQL database, and how many connections to it.
    Postgres {
        /// `postgres://user:password@host:port/database`, with `sslmode` and `sslrootcert` as PostgreSQL's own clients
        /// take them: `disable`, `prefer` (the default), `require`, `verify-full`.
        url: String,
        /// How many connections to hold.
        connections: usize,
    },
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres { connections, .. } => write!(f, "Postgres({connections} connections)"),
        }
    }
}

/// The data, on either database. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
    session_epoch: Arc<AtomicU64>,
    wakes: broadcast::Sender<Wake>,
}

#[expect(clippy::large_enum_variant, reason = "there is one, behind an `Arc`")]
enum Backend {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens the data as they are, without migrating.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the file or the server cannot be reached.
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        let session_epoch = Arc::new(AtomicU64::new(0));
        let wakes = wake::channel();
        let backend = match location {
            Location::Sqlite(path) => {
                Backend::Sqlite(Arc::new(sqlite::Sqlite::open(path, Arc::clone(&session_epoch), wakes.clone())?))
            }
            Location::Postgres { url, connections } => Backend::Postgres(postgres::Postgres::open(
                url,
                *connections,
                Arc::clone(&session_epoch),
                wakes.clone(),
            )?),
        };
        Ok(Self { backend: Arc::new(backend), session_epoch, wakes })
    }

    /// Returns the schema version of the data; 0 for an empty database.
    pub async fn schema_version(&self) -> Result<i64, StoreError> {
        self.read(migrate::version).await
    }

    /// Brings the schema to [`SCHEMA_VERSION`].
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.write(migrate::migrate).await
    }

    /// Returns a number that changes whenever a committed change may alter who may do what.
    ///
    /// What was read about a session before the number changed must be read again.
    pub fn session_epoch(&self) -> u64 {
        self.session_epoch.load(Ordering::Acquire)
    }

    /// Whether the newest write (on PostgreSQL, the newest access) failed for want of disk, connection or the like.
    pub fn is_failing(&self) -> bool {
        match &*self.backend {
            Backend::Sqlite(db) => db.is_failing(),
            Backend::Postgres(pool) => pool.is_failing(),
        }
    }

    /// Writes a few bytes, to find out whether writing works.
    pub async fn probe(&self, now_ms: i64) -> Result<(), StoreError> {
        self.write(move |conn| {
            conn.run(
                "insert into meta (key, value) values ('probe', ?1) on conflict (key) do update set value = excluded.value",
                &[&now_ms.to_string()],
            )
            .map(drop)
        })
        .await
    }

    /// Returns the path of the SQLite file; `None` on PostgreSQL.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &*self.backend {
            Backend::Sqlite(db) => Some(db.path()),
            Backend::Postgres(_) => None,
        }
    }

    /// Runs queries: on SQLite at once on the calling thread if they are short, on PostgreSQL on one of the pool's.
    async fn read<T: Send + 'static>(
        &self,
        query: impl Fn(&mut Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &*self.backend {
            Backend::Sqlite(db) => match db.read(ReadLength::Short, &query) {
                Err(error) if sqlite::ran_out(&error) => {
                    let turn = Arc::clone(&db.long_reads).acquire_owned().await.map_err(StoreError::unavailable)?;
                    let db = Arc::clone(db);
                    let long_read = tokio::task::spawn_blocking(move || {
                        let _turn = turn;
                        db.read(ReadLength::Long, query)
                    });
                    long_read.await.map_err(StoreError::unavailable)?
                }
                outcome => outcome,
            },
            Backend::Postgres(pool) => pool.read(query).await,
        }
    }

    /// Runs a unit of work: all of it is durable when this returns `Ok`, none of it after an error.
    ///
    /// The work may run more than once, when another's change gets in its way.
    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &*self.backend {
            Backend::Sqlite(db) => db.write(work).await,
            Backend::Postgres(pool) => pool.write(work).await,
        }
    }
}
