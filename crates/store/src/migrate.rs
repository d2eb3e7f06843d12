//! Schema versions. One folder of migrations per database, the same numbers in both, never edited once released.

use crate::{StoreError, conn::Conn};

/// A migration's number and its text for SQLite and for PostgreSQL.
const MIGRATIONS: [(i64, &str, &str); 5] = [
    (1, include_str!("../migrations/sqlite/0001_init.sql"), include_str!("../migrations/postgres/0001_init.sql")),
    (2, include_str!("../migrations/sqlite/0002_agents.sql"), include_str!("../migrations/postgres/0002_agents.sql")),
    (
        3,
        include_str!("../migrations/sqlite/0003_virtual_imps.sql"),
        include_str!("../migrations/postgres/0003_virtual_imps.sql"),
    ),
    (4, include_str!("../migrations/sqlite/0004_boards.sql"), include_str!("../migrations/postgres/0004_boards.sql")),
    (
        5,
        include_str!("../migrations/sqlite/0005_fixtures.sql"),
        include_str!("../migrations/postgres/0005_fixtures.sql"),
    ),
];

/// The newest schema version this program knows.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Returns the database's schema version; 0 for an empty database.
pub(crate) fn version(conn: &mut Conn<'_>) -> Result<i64, StoreError> {
    let catalogue = if conn.is_postgres() {
        "select 1 from pg_catalog.pg_tables where schemaname = current_schema() and tablename = 'meta'"
    } else {
        "select 1 from sqlite_schema where name = 'meta'"
    };
    if !conn.exists(catalogue, &[])? {
        return Ok(0);
    }
    let version: Option<String> =
        conn.first("select value from meta where key = 'schema_version'", &[], |row| row.get(0))?;
    version
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| StoreError::Corrupt { table: "meta", what: "no schema version".into() })
}

/// Brings the schema to [`SCHEMA_VERSION`], inside the caller's transaction.
pub(crate) fn migrate(conn: &mut Conn<'_>) -> Result<(), StoreError> {
    migrate_to(conn, SCHEMA_VERSION)
}

/// Brings the schema to a version, unless it is there already, inside the caller's transaction.
pub(crate) fn migrate_to(conn: &mut Conn<'_>, to: i64) -> Result<(), StoreError> {
    if conn.is_postgres() {
        // Two servers that start at once take turns.
        conn.script("select pg_advisory_xact_lock(7310287)")?;
    }
    let from = version(conn)?;
    if from > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found: from, known: SCHEMA_VERSION });
    }
    for (number, sqlite, postgres) in MIGRATIONS.into_iter().filter(|(number, ..)| (from + 1..=to).contains(number)) {
        conn.script(if conn.is_postgres() { postgres } else { sqlite })?;
        conn.run(
            "insert into meta (key, value) values ('schema_version', ?1)
             on conflict (key) do update set value = excluded.value",
            &[&number.to_string()],
        )?;
    }
    Ok(())
}
