//! Logical backup and restore, the same for both databases: what one wrote the other reads.
//!
//! A backup is zstd-compressed JSON lines. The first names the format, the program and the schema; then, for each
//! table, comes a line with its columns and an array for each row; the last counts the rows, so that a file cut short
//! is noticed. Bytes are base64, booleans 0 and 1. Nothing here knows a column's name: both databases list theirs.

use crate::{
    Backend, SCHEMA_VERSION, Store, StoreError,
    conn::{Conn, Param, PgSession, Row},
    migrate,
    postgres::off_runtime,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Why a backup could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reading or writing the file.
    #[error("cannot read or write the backup")]
    File(#[from] io::Error),
    /// The file is not a backup, is damaged, or ends too early.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// A newer version of this program wrote it.
    #[error("the backup was written by a newer version of this program ({0})")]
    Newer(String),
    /// The database to restore into is not empty.
    #[error("the database to restore into is not empty: table {0} has rows")]
    NotEmpty(String),
    /// The database's schema is not the backup's, and not empty either.
    #[error("the backup has schema version {backup} and the database {database}; restore into a new database")]
    OtherSchema {
        /// Schema version of the backup.
        backup: i64,
        /// Schema version of the database.
        database: i64,
    },
}

const FORMAT: &str = "impstead-backup";
const FORMAT_VERSION: i64 = 1;

/// All tables, so that each comes after those it refers to. A test compares this with the schema.
const TABLES: [&str; 26] = [
    "meta",
    "account",
    "usage_counter",
    "recovery_code",
    "collaborator",
    "refresh_token",
    "login_key",
    "access_token",
    "login_token",
    "product",
    "device_group",
    "code",
    "deployment",
    "device",
    "virtual_imp",
    "agent",
    "agent_snapshot",
    "agent_sleep",
    "library",
    "device_history",
    "connection_event",
    "log_block",
    "webhook",
    "webhook_delivery",
    "hourly_counter",
    "audit",
];

/// A line longer than this is none of ours; two sources of 1 MiB come to less than 4 MB.
const MOST_LINE_BYTES: u64 = 64 << 20;

impl Store {
    /// Writes all data as of one instant, while the server goes on, and returns how many rows there are.
    ///
    /// Blocks for as long as that takes. Memory use does not depend on the amount of data.
    pub fn backup(&self, out: impl Write + Send) -> Result<u64, BackupError> {
        self.on_own_connection(|conn| {
            conn.script(if conn.is_postgres() { "begin isolation level repeatable read read only" } else { "begin" })?;
            let rows = dump(conn, out)?;
            conn.script("rollback")?;
            Ok(rows)
        })
    }

    /// Fills an empty database (without a schema, or with that of the backup) from a backup, all or nothing, brings
    /// the schema up to date, and returns how many rows there are.
    ///
    /// Blocks for as long as that takes.
    pub fn restore(&self, input: impl Read + Send) -> Result<u64, BackupError> {
        self.on_own_connection(|conn| {
            conn.script(if conn.is_postgres() { "begin" } else { "begin immediate" })?;
            let rows = load(conn, input)?;
            conn.script("commit")?;
            Ok(rows)
        })
    }

    /// Writes a backup into a directory if [`Store::migrate`] would change the schema of existing data, and returns
    /// its path.
    pub fn backup_before_migrating(&self, directory: &Path, now_ms: i64) -> Result<Option<PathBuf>, BackupError> {
        let version = self.on_own_connection(|conn| Ok(migrate::version(conn)?))?;
        if !(1..SCHEMA_VERSION).contains(&version) {
            return Ok(None);
        }
        let path = directory.join(format!("before-schema-{SCHEMA_VERSION}-{now_ms}.impstead-backup"));
        let partial = path.with_extension("partial");
        let mut out =
            BufWriter::new(File::options().write(true).create(true).truncate(true).mode(0o600).open(&partial)?);
        self.backup(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(directory)?.sync_all()?;
        Ok(Some(path))
    }

    /// Runs something on a connection of its own, which is closed, rolling back what was not committed, at the end.
    fn on_own_connection<T: Send>(
        &self,
        work: impl FnOnce(&mut Conn<'_>) -> Result<T, BackupError> + Send,
    ) -> Result<T, BackupError> {
        match &*self.backend {
            Backend::Sqlite(db) => work(&mut Conn::sqlite(&db.connect()?)),
            Backend::Postgres(pool) => off_runtime(|| {
                let mut session = PgSession::new(pool.server().connect()?)?;
                work(&mut Conn::postgres(&mut session))
            }),
        }
    }
}

fn dump(conn: &mut Conn<'_>, out: impl Write) -> Result<u64, BackupError> {
    let mut out = zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
    out.include_checksum(true)?;
    let mut out = BufWriter::new(out);
    let header = json!({
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "program": env!("CARGO_PKG_VERSION"),
        "schema_version": migrate::version(conn)?,
    });
    writeln!(out, "{header}")?;
    let mut total = 0;
    for table in TABLES {
        let columns = columns(conn, table)?;
        if columns.is_empty() {
            // A table that this data's schema does not have yet.
            continue;
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        writeln!(out, "{}", json!({ "table": table, "columns": names }))?;
        let sql = format!("select {} from {table}{}", names.join(", "), rows_of(table));
        conn.each(&sql, |row| {
            for (index, column) in columns.iter().enumerate() {
                out.write_all(if index == 0 { b"[" } else { b"," })?;
                write_value(&mut out, row, index, column.kind)?;
            }
            total += 1;
            out.write_all(b"]\n").map_err(BackupError::from)
        })?;
    }
    writeln!(out, "{}", json!({ "end": true, "rows": total }))?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()?;
    Ok(total)
}

/// Returns which rows of a table are part of a backup, and in which order where that matters.
fn rows_of(table: &str) -> &'static str {
    match table {
        "meta" => " where key not in ('schema_version', 'probe')",
        // Targets come before the groups that name them; a target has none itself.
        "device_group" => " order by (production_target_id is not null or dut_target_id is not null)",
        _ => "",
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Integer,
    /// PostgreSQL only; SQLite has integers.
    Boolean,
    Text,
    Bytes,
}

struct Column {
    name: String,
    kind: Kind,
}

/// Lists a table's columns; none if there is no such table.
fn columns(conn: &mut Conn<'_>, table: &str) -> Result<Vec<Column>, StoreError> {
    let sql = if conn.is_postgres() {
        "select column_name::text, data_type::text from information_schema.columns
         where table_schema = current_schema() and table_name = cast(?1 as text) order by ordinal_position"
    } else {
        "select name, lower(type) from pragma_table_info(?1) order by cid"
    };
    conn.all(sql, &[&table], |row| {
        let kind = match row.get::<String>(1)?.as_str() {
            "integer" | "bigint" => Kind::Integer,
            "boolean" => Kind::Boolean,
            "text" => Kind::Text,
            "blob" | "bytea" => Kind::Bytes,
            other => return Err(StoreError::Database(format!("a column of type {other}").into())),
        };
        Ok(Column { name: row.get(0)?, kind })
    })
}

fn write_value(out: &mut impl Write, row: &Row<'_>, index: usize, kind: Kind) -> Result<(), BackupError> {
    let written = match kind {
        Kind::Integer => row.get::<Option<i64>>(index)?.map(|value| write!(out, "{value}")),
        Kind::Boolean => row.get::<Option<bool>>(index)?.map(|value| write!(out, "{}", u8::from(value))),
        Kind::Text => row
            .get::<Option<String>>(index)?
            .map(|value| serde_json::to_writer(&mut *out, &value).map_err(io::Error::from)),
        Kind::Bytes => row.get::<Option<Vec<u8>>>(index)?.map(|value| write!(out, "\"{}\"", BASE64.encode(value))),
    };
    Ok(written.unwrap_or_else(|| write!(out, "null"))?)
}

fn load(conn: &mut Conn<'_>, input: impl Read) -> Result<u64, BackupError> {
    let mut lines = Lines::new(input)?;
    let header = lines.next()?;
    if header["format"] != FORMAT {
        return Err(damaged("it does not begin as a backup does"));
    }
    let program = header["program"].as_str().unwrap_or("unknown");
    let version = header["schema_version"].as_i64().ok_or_else(|| damaged("it names no schema version"))?;
    if header["format_version"] != FORMAT_VERSION || version > SCHEMA_VERSION {
        return Err(BackupError::Newer(program.to_owned()));
    }
    prepare(conn, version)?;

    let mut total = 0;
    let mut line = lines.next()?;
    while let Some(table) = line["table"].as_str() {
        let columns = columns_of_line(conn, table, &line)?;
        let (rows, next) = if conn.is_postgres() {
            copy(conn, table, &columns, &mut lines)?
        } else {
            insert(conn, table, &columns, &mut lines)?
        };
        total += rows;
        line = next;
    }
    if line["end"] != true {
        return Err(damaged("it holds a line that is none of ours"));
    }
    if line["rows"] != total {
        return Err(damaged(format!("it holds {total} rows and should hold {}", line["rows"])));
    }
    lines.expect_end()?;
    migrate::migrate(conn)?;
    Ok(total)
}

/// Makes sure of an empty database with the backup's schema.
fn prepare(conn: &mut Conn<'_>, version: i64) -> Result<(), BackupError> {
    let database = migrate::version(conn)?;
    if database == 0 {
        migrate::migrate_to(conn, version)?;
    } else if database != version {
        return Err(BackupError::OtherSchema { backup: version, database });
    }
    if conn.is_postgres() {
        // Nobody writes anything until the end.
        conn.script("lock table account in exclusive mode")?;
    }
    for table in TABLES.into_iter().filter(|table| *table != "meta") {
        if !columns(conn, table)?.is_empty() && conn.exists(&format!("select 1 from {table} limit 1"), &[])? {
            return Err(BackupError::NotEmpty(table.to_owned()));
        }
    }
    Ok(())
}

/// Returns the columns that a table's line names, in its order, which must be those that the table has.
fn columns_of_line(conn: &mut Conn<'_>, table: &str, line: &Value) -> Result<Vec<Column>, BackupError> {
    if !TABLES.contains(&table) {
        return Err(damaged(format!("it holds an unknown table `{table}`")));
    }
    let mut known = columns(conn, table)?;
    let named = line["columns"].as_array().map(Vec::as_slice).unwrap_or_default();
    let columns: Vec<Column> = named
        .iter()
        .filter_map(|name| {
            let index = known.iter().position(|column| *name == column.name)?;
            Some(known.swap_remove(index))
        })
        .collect();
    if columns.is_empty() || columns.len() != named.len() || !known.is_empty() {
        return Err(damaged(format!("it holds other columns of table {table} than there are")));
    }
    Ok(columns)
}

/// Inserts the rows that follow. Returns how many they were, and the line after them.
fn insert<R: BufRead>(
    conn: &mut Conn<'_>,
    table: &str,
    columns: &[Column],
    lines: &mut Lines<R>,
) -> Result<(u64, Value), BackupError> {
    let places: Vec<String> = (1..=columns.len()).map(|number| format!("?{number}")).collect();
    let sql = format!("insert into {table} ({}) values ({})", names(columns), places.join(", "));
    let mut rows = 0;
    loop {
        let line = lines.next()?;
        let Value::Array(values) = &line else { return Ok((rows, line)) };
        let values = row_of_line(table, columns, values)?;
        let params: Vec<Box<dyn Param>> = values
            .into_iter()
            .map(|value| match value {
                Cell::Null => Box::new(None::<i64>) as Box<dyn Param>,
                Cell::Integer(value) => Box::new(value),
                Cell::Text(value) => Box::new(value.to_owned()),
                Cell::Bytes(value) => Box::new(value),
            })
            .collect();
        let params: Vec<&dyn Param> = params.iter().map(AsRef::as_ref).collect();
        conn.run(&sql, &params)?;
        rows += 1;
    }
}

/// Like [`insert`], in PostgreSQL's much faster way.
fn copy<R: BufRead>(
    conn: &mut Conn<'_>,
    table: &str,
    columns: &[Column],
    lines: &mut Lines<R>,
) -> Result<(u64, Value), BackupError> {
    let client = conn.postgres_client().expect("only PostgreSQL gets here");
    let sql = format!("copy {table} ({}) from stdin", names(columns));
    let mut out = client.copy_in(&sql).map_err(StoreError::from)?;
    let mut rows = 0;
    loop {
        let line = lines.next()?;
        let Value::Array(values) = &line else {
            out.finish().map_err(StoreError::from)?;
            return Ok((rows, line));
        };
        for (index, value) in row_of_line(table, columns, values)?.into_iter().enumerate() {
            if index > 0 {
                out.write_all(b"\t")?;
            }
            match value {
                Cell::Null => out.write_all(b"\\N")?,
                Cell::Integer(value) => write!(out, "{value}")?,
                Cell::Bytes(value) => write!(out, "\\\\x{}", impstead_model::hex(&value))?,
                Cell::Text(value) => {
                    let value = value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
                    out.write_all(value.replace('\r', "\\r").as_bytes())?;
                }
            }
        }
        out.write_all(b"\n")?;
        rows += 1;
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

enum Cell<'v> {
    Null,
    /// A boolean too, as 0 or 1.
    Integer(i64),
    Text(&'v str),
    Bytes(Vec<u8>),
}

fn row_of_line<'v>(table: &str, columns: &[Column], values: &'v [Value]) -> Result<Vec<Cell<'v>>, BackupError> {
    if values.len() != columns.len() {
        return Err(damaged(format!("a row of table {table} has {} columns", values.len())));
    }
    let cell = |(column, value): (&Column, &'v Value)| match (column.kind, value) {
        (_, Value::Null) => Some(Cell::Null),
        (Kind::Integer | Kind::Boolean, Value::Number(number)) => number.as_i64().map(Cell::Integer),
        (Kind::Text, Value::String(text)) => Some(Cell::Text(text)),
        (Kind::Bytes, Value::String(text)) => BASE64.decode(text).ok().map(Cell::Bytes),
        _ => None,
    };
    columns
        .iter()
        .zip(values)
        .map(cell)
        .collect::<Option<_>>()
        .ok_or_else(|| damaged(format!("a row of table {table} holds a value of the wrong kind")))
}

/// The lines of a backup.
struct Lines<R> {
    input: R,
    line: Vec<u8>,
}

impl<R: Read> Lines<BufReader<zstd::Decoder<'static, BufReader<R>>>> {
    fn new(input: R) -> Result<Self, BackupError> {
        Ok(Self { input: BufReader::new(zstd::Decoder::new(input)?), line: Vec::new() })
    }
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Value, BackupError> {
        self.line.clear();
        self.input.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut self.line).map_err(unreadable)?;
        if self.line.is_empty() {
            return Err(damaged("it ends too early"));
        }
        serde_json::from_slice(&self.line).map_err(|_| damaged("it holds a line that is not JSON, or ends within one"))
    }

    fn expect_end(mut self) -> Result<(), BackupError> {
        let more = self.input.fill_buf().map_err(unreadable)?;
        if more.is_empty() { Ok(()) } else { Err(damaged("it goes on after its end")) }
    }
}

/// Tells a file that cannot be read from one that can, and holds rubbish.
fn unreadable(error: io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("it ends too early"),
        // What the decompressor finds wrong has no error code of the operating system.
        _ if error.raw_os_error().is_none() => damaged(error.to_string()),
        _ => error.into(),
    }
}

fn damaged(what: impl Into<String>) -> BackupError {
    BackupError::Damaged(what.into())
}
