//! Fresh databases of either kind.

use impstead_store::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file in a directory of its own.
    Sqlite,
    /// A database of its own on the server that `IMPSTEAD_TEST_POSTGRES` names.
    Postgres,
}

/// Lists the kinds of databases that tests can use here. Without PostgreSQL it says so, loudly.
pub fn backends() -> Vec<Backend> {
    if postgres_server().is_some() {
        return vec![Backend::Sqlite, Backend::Postgres];
    }
    eprintln!("*** SKIPPED ON POSTGRESQL: IMPSTEAD_TEST_POSTGRES is not set; scripts/with-postgres.sh sets it. ***");
    vec![Backend::Sqlite]
}

fn postgres_server() -> Option<String> {
    std::env::var("IMPSTEAD_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// A database that is gone when this value is.
pub struct Database(Kind);

enum Kind {
    Sqlite(TempDir),
    Postgres { server: String, name: String },
}

impl Database {
    /// Makes an empty database.
    ///
    /// # Panics
    /// For PostgreSQL, where `IMPSTEAD_TEST_POSTGRES` is not set or names no server.
    pub fn create(backend: Backend) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        if backend == Backend::Sqlite {
            return Self(Kind::Sqlite(tempfile::tempdir().expect("there is room for a directory")));
        }
        let server = postgres_server().expect("IMPSTEAD_TEST_POSTGRES names a PostgreSQL server");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("impstead_test_{}_{number}", std::process::id());
        run_on_postgres(&server, &format!("drop database if exists {name}"));
        run_on_postgres(&server, &format!("create database {name}"));
        // What is tested here does not crash the database server, so nothing need wait for its disk.
        run_on_postgres(&server, &format!("alter database {name} set synchronous_commit = off"));
        Self(Kind::Postgres { server, name })
    }

    /// Which kind it is.
    pub fn backend(&self) -> Backend {
        match &self.0 {
            Kind::Sqlite(_) => Backend::Sqlite,
            Kind::Postgres { .. } => Backend::Postgres,
        }
    }

    /// Where the store finds it.
    pub fn location(&self) -> Location {
        match &self.0 {
            Kind::Sqlite(directory) => Location::Sqlite(directory.path().join("impstead.db")),
            Kind::Postgres { .. } => Location::Postgres { url: self.url(), connections: 4 },
        }
    }

    /// Returns the `--database` that names it: `sqlite`, or a URL.
    pub fn url(&self) -> String {
        match &self.0 {
            Kind::Sqlite(_) => "sqlite".into(),
            Kind::Postgres { server, name } => {
                let (server, _) = server.rsplit_once('/').expect("the URL names a database");
                format!("{server}/{name}")
            }
        }
    }

    /// Runs statements behind the store's back, for states that it does not make by itself.
    pub fn script(&self, sql: &str) {
        match self.location() {
            Location::Sqlite(path) => {
                let conn = rusqlite::Connection::open(path).expect("the database is there");
                conn.busy_timeout(std::time::Duration::from_secs(10)).expect("any time-out is good");
                conn.execute_batch(sql).expect("the statements are right");
            }
            Location::Postgres { url, .. } => run_on_postgres(&url, sql),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Kind::Postgres { server, name } = &self.0 {
            run_on_postgres(server, &format!("drop database if exists {name} with (force)"));
        }
    }
}

/// Runs statements on a thread of their own, since the client is a blocking one and the caller often an async one.
fn run_on_postgres(url: &str, sql: &str) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = postgres::Client::connect(url, postgres::NoTls).expect("PostgreSQL is there");
            client.batch_execute(sql).expect("the statements are right");
        });
    });
}
