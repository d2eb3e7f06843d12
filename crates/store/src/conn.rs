//! One way to run a query on either database.
//!
//! SQL is written once, with parameters `?1`, `?2`, …; for PostgreSQL they become `$1`, `$2`, … when a statement is
//! first prepared.

use crate::{StoreError, Wake};
use postgres::fallible_iterator::FallibleIterator;
use std::collections::HashMap;

/// A value that both databases take as a parameter.
pub(crate) trait Param: rusqlite::ToSql + postgres::types::ToSql + Sync {}
impl<T: rusqlite::ToSql + postgres::types::ToSql + Sync> Param for T {}

/// A value that both databases give back in a column.
pub(crate) trait Column: rusqlite::types::FromSql + for<'r> postgres::types::FromSql<'r> {}
impl<T: rusqlite::types::FromSql + for<'r> postgres::types::FromSql<'r>> Column for T {}

/// A row of a result, in either database.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r postgres::Row),
}

impl Row<'_> {
    /// Returns a column, counted from 0.
    pub fn get<T: Column>(&self, index: usize) -> Result<T, StoreError> {
        Ok(match self {
            Row::Sqlite(row) => row.get(index)?,
            Row::Postgres(row) => row.try_get(index)?,
        })
    }
}

/// What a unit of work keeps others from doing with a row until it ends.
#[derive(Clone, Copy)]
pub(crate) enum Lock {
    /// Deleting it: for rows that the unit refers to. Many units may hold it at once.
    Keep,
    /// Changing or deleting it: for rows that the unit changes. Compatible with `Keep`.
    Change,
    /// Anything, referring to it included: for rows that the unit deletes.
    Delete,
}

impl Lock {
    /// Returns what follows a query on one table. SQLite has one writer at a time and needs nothing.
    fn clause(self, is_postgres: bool) -> &'static str {
        match self {
            _ if !is_postgres => "",
            Self::Keep => " for key share",
            Self::Change => " for no key update",
            Self::Delete => " for update",
        }
    }
}

/// A connection, during one read or one unit of work.
pub(crate) struct Conn<'c> {
    backend: Backend<'c>,
    sessions_changed: bool,
    wakes: Vec<Wake>,
}

enum Backend<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut PgSession),
}

/// A PostgreSQL connection with its prepared statements, by their text with `?1`.
pub(crate) struct PgSession {
    pub client: postgres::Client,
    statements: HashMap<String, postgres::Statement>,
    shard: i64,
}

impl PgSession {
    pub fn new(mut client: postgres::Client) -> Result<Self, StoreError> {
        // Connections that were opened together have neighbouring numbers, so they rarely share a shard.
        let shard = client.query_one("select pg_backend_pid() % 64", &[])?.try_get::<_, i32>(0)?;
        Ok(Self { client, statements: HashMap::new(), shard: shard.into() })
    }

    fn prepare(&mut self, sql: &str) -> Result<postgres::Statement, StoreError> {
        // Filters combine to a few hundred texts at most; the bound guards against a mistake, not against use.
        const MOST_STATEMENTS: usize = 1000;
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= MOST_STATEMENTS {
            self.statements.clear();
        }
        let statement = self.client.prepare(&sql.replace('?', "$"))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl<'c> Conn<'c> {
    pub fn sqlite(conn: &'c rusqlite::Connection) -> Self {
        Self { backend: Backend::Sqlite(conn), sessions_changed: false, wakes: Vec::new() }
    }

    pub fn postgres(session: &'c mut PgSession) -> Self {
        Self { backend: Backend::Postgres(session), sessions_changed: false, wakes: Vec::new() }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.backend, Backend::Postgres(_))
    }

    /// Returns all rows of a query.
    pub fn all<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        match &mut self.backend {
            Backend::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                let mut rows = statement.raw_query();
                let mut items = Vec::new();
                while let Some(row) = rows.next()? {
                    items.push(read(&Row::Sqlite(row))?);
                }
                Ok(items)
            }
            Backend::Postgres(session) => {
                let statement = session.prepare(sql)?;
                session
                    .client
                    .query(&statement, &pg_params(params))?
                    .iter()
                    .map(|row| read(&Row::Postgres(row)))
                    .collect()
            }
        }
    }

    /// Hands each row of a query to a function, without holding more than a few.
    pub fn each<E: From<StoreError>>(
        &mut self,
        sql: &str,
        mut take: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match &mut self.backend {
            Backend::Sqlite(conn) => {
                let mut statement = conn.prepare(sql).map_err(StoreError::from)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(StoreError::from)? {
                    take(&Row::Sqlite(row))?;
                }
            }
            Backend::Postgres(session) => {
                let no_params: [&str; 0] = [];
                let mut rows = session.client.query_raw(sql, no_params).map_err(StoreError::from)?;
                while let Some(row) = rows.next().map_err(StoreError::from)? {
                    take(&Row::Postgres(&row))?;
                }
            }
        }
        Ok(())
    }

    /// Returns the PostgreSQL client, for what only that can do.
    pub fn postgres_client(&mut self) -> Option<&mut postgres::Client> {
        match &mut self.backend {
            Backend::Sqlite(_) => None,
            Backend::Postgres(session) => Some(&mut session.client),
        }
    }

    /// Returns the first row of a query, if there is one.
    pub fn first<T>(
        &mut self,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match &mut self.backend {
            Backend::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                let mut rows = statement.raw_query();
                rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
            }
            Backend::Postgres(session) => {
                let statement = session.prepare(sql)?;
                session
                    .client
                    .query_opt(&statement, &pg_params(params))?
                    .as_ref()
                    .map(|row| read(&Row::Postgres(row)))
                    .transpose()
            }
        }
    }

    /// Says whether a query has a row.
    pub fn exists(&mut self, sql: &str, params: &[&dyn Param]) -> Result<bool, StoreError> {
        Ok(self.first(sql, params, |_| Ok(()))?.is_some())
    }

    /// Runs a statement and returns how many rows it changed.
    pub fn run(&mut self, sql: &str, params: &[&dyn Param]) -> Result<u64, StoreError> {
        match &mut self.backend {
            Backend::Sqlite(conn) => {
                let mut statement = conn.prepare_cached(sql)?;
                bind(&mut statement, params)?;
                Ok(statement.raw_execute()? as u64)
            }
            Backend::Postgres(session) => {
                let statement = session.prepare(sql)?;
                Ok(session.client.execute(&statement, &pg_params(params))?)
            }
        }
    }

    /// Runs a script of several statements without parameters.
    pub fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        match &mut self.backend {
            Backend::Sqlite(conn) => conn.execute_batch(sql)?,
            Backend::Postgres(session) => session.client.batch_execute(sql)?,
        }
        Ok(())
    }

    /// Keeps others from doing something with a row until this unit of work ends, and says whether it is there.
    pub fn lock_row(&mut self, lock: Lock, table: &str, id: &str) -> Result<bool, StoreError> {
        self.first_locked(lock, &format!("select 1 from {table} where id = ?1"), &[&id], |_| Ok(()))
            .map(|row| row.is_some())
    }

    /// Returns the first row of a query on one table, if there is one, and locks it until this unit of work ends.
    pub fn first_locked<T>(
        &mut self,
        lock: Lock,
        sql: &str,
        params: &[&dyn Param],
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let clause = lock.clause(self.is_postgres());
        self.first(&format!("{sql}{clause}"), params, read)
    }

    /// Returns which shard of a sharded counter this connection adds to.
    pub fn shard(&self) -> i64 {
        match &self.backend {
            Backend::Sqlite(_) => 0,
            Backend::Postgres(session) => session.shard,
        }
    }

    /// Notes that this unit of work changes who may do what: when it commits, all cached sessions are read anew.
    pub fn invalidate_sessions(&mut self) {
        self.sessions_changed = true;
    }

    pub fn sessions_changed(&self) -> bool {
        self.sessions_changed
    }

    /// Notes who should look at the data when this unit of work has committed.
    pub fn wake(&mut self, wake: Wake) {
        if !self.wakes.contains(&wake) {
            self.wakes.push(wake);
        }
    }

    pub fn take_wakes(&mut self) -> Vec<Wake> {
        std::mem::take(&mut self.wakes)
    }
}

fn bind(statement: &mut rusqlite::CachedStatement<'_>, params: &[&dyn Param]) -> Result<(), StoreError> {
    for (index, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, *param as &dyn rusqlite::ToSql)?;
    }
    Ok(())
}

fn pg_params<'p>(params: &[&'p dyn Param]) -> Vec<&'p (dyn postgres::types::ToSql + Sync)> {
    params.iter().map(|param| *param as &(dyn postgres::types::ToSql + Sync)).collect()
}
