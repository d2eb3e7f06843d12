//! The database itself: a fresh one, a million devices at once, and what must not be found after a crash.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use postgres::NoTls;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Where the PostgreSQL server is, as `scripts/with-postgres.sh` says it.
const POSTGRES: &str = "IMPSTEAD_TEST_POSTGRES";

/// A database that a server of ours writes to.
pub enum Database {
    Sqlite(PathBuf),
    /// Its URL, and that of the server's database to administer from.
    Postgres {
        url: String,
        administer: String,
    },
}

/// Which databases to use.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum On {
    Sqlite,
    Postgres,
    Both,
}

impl On {
    /// Returns the servers to make databases on: none for SQLite. Says so if PostgreSQL is wanted and not there.
    pub fn servers(self) -> Vec<Option<String>> {
        let mut servers = Vec::new();
        if self != Self::Postgres {
            servers.push(None);
        }
        if self != Self::Sqlite {
            match std::env::var(POSTGRES).ok().filter(|url| !url.is_empty()) {
                Some(url) => servers.push(Some(url)),
                None => println!("SKIPPED on PostgreSQL: run this through scripts/with-postgres.sh"),
            }
        }
        servers
    }
}

impl Database {
    /// Makes a fresh database on the server; it is dropped with this.
    pub fn on_postgres(server: &str, name: &str) -> Result<Self> {
        let name = format!("impstead_bench_{name}_{}", std::process::id());
        let (front, _) = server.rsplit_once('/').context("the URL of PostgreSQL names no database")?;
        let mut client = postgres::Client::connect(server, NoTls)?;
        client.batch_execute(&format!("drop database if exists {name} with (force)"))?;
        client.batch_execute(&format!("create database {name}"))?;
        Ok(Self::Postgres { url: format!("{front}/{name}"), administer: server.to_owned() })
    }

    /// Returns the URL to give to the server; none for SQLite.
    pub fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres { url, .. } => Some(url.clone()),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Gives an account devices that joined one after the other, with MAC addresses in no order.
    pub fn add_devices(&self, owner: &str, count: i64) -> Result<()> {
        match self {
            Self::Sqlite(file) => {
                let mut conn = rusqlite::Connection::open(file)?;
                // Room for all of it in memory, else six indexes in no order make this take many minutes.
                conn.execute_batch("pragma cache_size = -2000000; pragma synchronous = off")?;
                let transaction = conn.transaction()?;
                let mut insert = transaction.prepare(
                    "insert into device
                       (id, mac_address, owner_id, imp_type, public_key, last_enrolled_ms, created_ms, updated_ms)
                     values ('5000' || replace(?1, ':', ''), ?1, ?2, 'imp006', zeroblob(32), ?3, ?3, ?3)",
                )?;
                for number in 0..count {
                    insert.execute((mac_address(number), owner, FIRST_MS + number))?;
                }
                drop(insert);
                transaction.commit()?;
                conn.execute_batch("pragma wal_checkpoint(truncate)")?;
            }
            Self::Postgres { url, .. } => {
                let mut client = postgres::Client::connect(url, NoTls)?;
                let mut rows = client.copy_in(
                    "copy device (id, mac_address, owner_id, imp_type, public_key, last_enrolled_ms, created_ms,
                       updated_ms) from stdin",
                )?;
                for number in 0..count {
                    let (mac, at_ms) = (mac_address(number), FIRST_MS + number);
                    let (id, key) = (mac.replace(':', ""), "00".repeat(32));
                    writeln!(rows, "5000{id}\t{mac}\t{owner}\timp006\t\\\\x{key}\t{at_ms}\t{at_ms}\t{at_ms}")?;
                }
                rows.finish()?;
                // What autovacuum would do within a minute.
                client.batch_execute("vacuum analyze device")?;
            }
        }
        Ok(())
    }

    /// Waits until no connection of a killed server is left: PostgreSQL may still be carrying out its last commit.
    pub fn wait_until_unused(&self) -> Result<()> {
        let Self::Postgres { url, administer } = self else { return Ok(()) };
        let name = url.rsplit('/').next().unwrap_or_default();
        let mut client = postgres::Client::connect(administer, NoTls)?;
        loop {
            let busy: i64 =
                client.query_one("select count(*) from pg_stat_activity where datname = $1", &[&name])?.try_get(0)?;
            if busy == 0 {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Returns what the database says of itself: versions and settings that bear on speed.
    pub fn about(&self) -> Result<String> {
        let Self::Postgres { url, .. } = self else { return Ok(format!("SQLite {}", rusqlite::version())) };
        let mut client = postgres::Client::connect(url, NoTls)?;
        let row = client.query_one(
            "select current_setting('server_version'), current_setting('fsync'),
                    current_setting('synchronous_commit'), current_setting('shared_buffers')",
            &[],
        )?;
        let setting = |index| row.try_get::<_, String>(index);
        Ok(format!(
            "{}; fsync={} synchronous_commit={} shared_buffers={}",
            setting(0)?,
            setting(1)?,
            setting(2)?,
            setting(3)?
        ))
    }

    /// Looks for what no crash may leave behind.
    pub fn check(&self) -> Result<()> {
        for (what, sql) in HALF_APPLIED {
            let sql = format!("select count(*) from {sql}");
            let found: i64 = match self {
                Self::Sqlite(file) => rusqlite::Connection::open(file)?.query_row(&sql, (), |row| row.get(0))?,
                Self::Postgres { url, .. } => {
                    postgres::Client::connect(url, NoTls)?.query_one(&sql, &[])?.try_get(0)?
                }
            };
            ensure!(found == 0, "{found} × {what}");
        }
        if let Self::Sqlite(file) = self {
            sqlite_is_whole(file)?;
        }
        Ok(())
    }
}

/// When the first of many devices joined: in November 2023.
const FIRST_MS: i64 = 1_700_000_000_000;

/// Returns the MAC address of a device, another for each number and in no order.
fn mac_address(number: i64) -> String {
    // An odd factor permutes the numbers below a power of two.
    let bytes = number.wrapping_mul(2_654_435_761).to_be_bytes();
    format!("0c:2a:{:02x}:{:02x}:{:02x}:{:02x}", bytes[4], bytes[5], bytes[6], bytes[7])
}

fn sqlite_is_whole(file: &Path) -> Result<()> {
    let conn = rusqlite::Connection::open(file)?;
    let verdict: String = conn.query_row("pragma integrity_check", (), |row| row.get(0))?;
    ensure!(verdict == "ok", "integrity_check: {verdict}");
    ensure!(!conn.prepare("pragma foreign_key_check")?.exists(())?, "foreign_key_check found a row");
    Ok(())
}

/// What a unit of work that was applied by half would leave, and where to look for it.
const HALF_APPLIED: &[(&str, &str)] = &[
    (
        "a current deployment that is not there",
        "device_group g where current_deployment_id is not null
         and not exists (select 1 from deployment d where d.id = g.current_deployment_id and d.group_id = g.id)",
    ),
    (
        "a group without its newest deployment as the current one",
        "deployment d where not exists (select 1 from deployment later where later.group_id = d.group_id
           and later.created_ms > d.created_ms)
         and not exists (select 1 from device_group g where g.current_deployment_id = d.id)",
    ),
    ("a deployment without its code", "deployment d where not exists (select 1 from code c where c.sha = d.sha)"),
    ("code without a deployment", "code c where not exists (select 1 from deployment d where d.sha = c.sha)"),
    (
        "an assigned device without an agent",
        "device d where group_id is not null and not exists
           (select 1 from agent a where a.device_id = d.id and a.agent_id = d.agent_id)",
    ),
    (
        "a product without the audit of its making",
        "product where id not in (select target_id from audit where action = 'product.create')",
    ),
    (
        "the audit of a product that is not there",
        "audit where action = 'product.create' and target_id not in (select id from product)
         and target_id not in (select target_id from audit where action = 'product.delete')",
    ),
    (
        "a deployment without the audit of its making",
        "deployment where id not in (select target_id from audit where action = 'deployment.create')",
    ),
    (
        "a count of products that is wrong",
        "(select account_id, sum(value) as counted from usage_counter where what = 'products' group by account_id) u
         where u.counted <> (select count(*) from product p where p.owner_id = u.account_id)",
    ),
];

impl Drop for Database {
    fn drop(&mut self) {
        let Self::Postgres { url, administer } = self else { return };
        let name = url.rsplit('/').next().unwrap_or_default();
        if let Ok(mut client) = postgres::Client::connect(administer, NoTls) {
            let _ = client.batch_execute(&format!("drop database if exists {name} with (force)"));
        }
    }
}
