//! SQLite: reads on the calling thread, writes through one writer thread with group commit.

use crate::{StoreError, Wake, conn::Conn};
use rusqlite::{Connection, OpenFlags};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    thread::JoinHandle,
};
use thread_local::ThreadLocal;
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};

/// Units of work that may wait for the writer; a caller beyond that waits for room.
const QUEUE: usize = 1024;

/// Units of work that share one commit at most, so that the first of them does not wait for ever.
const MOST_UNITS_PER_COMMIT: usize = 512;

const STATEMENTS: usize = 256;

/// Pages of the file that a reading and the writing connection keep, in KiB: SQLite's own 2 MiB make look-ups in a
/// database of a million devices half as fast as 8 MiB do, and more gains little.
const READER_CACHE_KIB: i64 = 8 << 10;
const WRITER_CACHE_KIB: i64 = 32 << 10;

/// Pages in the write-ahead log, of 4 KiB, at which a commit also moves them into the file. A commit of 64 creates writes
/// some 300, so that SQLite's own 1000 would have every third one wait for two more flushes to disk.
const CHECKPOINT_PAGES: i64 = 4000;

/// Instructions of SQLite's machine between two looks at a read's budget.
const STEP: i32 = 1000;

/// Steps of a read on its caller's thread, a millisecond or two. What takes longer starts again on a thread of its own,
/// so that no tenant's list holds up the others' requests.
const SHORT_READ_STEPS: i64 = 100;

/// Steps of a read at all, some seconds: others wait for their turn meanwhile.
const LONG_READ_STEPS: i64 = 200_000;

/// Long reads that run at once; others wait.
const LONG_READS: usize = 2;

/// How much a read may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadLength {
    Short,
    Long,
}

/// A thread's connection for reading.
struct Reader {
    conn: Connection,
    /// Steps left to the read under way.
    budget: Arc<AtomicI64>,
}

pub(crate) struct Sqlite {
    path: PathBuf,
    readers: ThreadLocal<RefCell<Option<Reader>>>,
    /// Turns of long reads.
    pub long_reads: Arc<Semaphore>,
    queue: Option<mpsc::Sender<Box<dyn Unit>>>,
    writer: Option<JoinHandle<()>>,
    failing: Arc<AtomicBool>,
}

/// One unit of work, waiting for the writer.
trait Unit: Send {
    /// Runs the work. Returns whether its changes are to be kept.
    fn run(&mut self, conn: &mut Conn<'_>) -> bool;
    /// Tells the caller the outcome; kept work is answered only once it is committed.
    fn answer(self: Box<Self>, commit_error: Option<&str>);
}

struct Pending<T, F> {
    work: F,
    outcome: Option<Result<T, StoreError>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: Fn(&mut Conn<'_>) -> Result<T, StoreError> + Send> Unit for Pending<T, F> {
    fn run(&mut self, conn: &mut Conn<'_>) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.work)(conn)))
            .unwrap_or_else(|_| Err(StoreError::Database("a unit of work panicked".into())));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, commit_error: Option<&str>) {
        let outcome = match (self.outcome, commit_error) {
            (Some(Err(refused)), _) => Err(refused),
            (Some(Ok(value)), None) => Ok(value),
            (_, Some(cause)) => Err(StoreError::unavailable(cause)),
            (None, None) => Err(StoreError::unavailable("the unit of work was not run")),
        };
        // A caller that went away does not want to know.
        let _ = self.caller.send(outcome);
    }
}

impl Sqlite {
    pub fn open(
        path: &Path,
        session_epoch: Arc<AtomicU64>,
        wakes: broadcast::Sender<Wake>,
    ) -> Result<Self, StoreError> {
        let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // WAL lets readers go on beside the writer; FULL makes every commit reach the disk before it is answered.
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        let failing = Arc::new(AtomicBool::new(false));
        let (queue, units) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn({
                let failing = Arc::clone(&failing);
                move || write_units(&conn, units, &failing, &session_epoch, &wakes)
            })
            .map_err(StoreError::unavailable)?;
        Ok(Self {
            path: path.to_owned(),
            readers: ThreadLocal::new(),
            long_reads: Arc::new(Semaphore::new(LONG_READS)),
            queue: Some(queue),
            writer: Some(writer),
            failing,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection of the caller's own.
    pub fn connect(&self) -> Result<Connection, StoreError> {
        let conn = open(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        Ok(conn)
    }

    /// Whether the newest write failed for want of disk or the like.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Runs a read on this thread. [`ran_out`] tells an error of its length from others.
    pub fn read<T>(
        &self,
        length: ReadLength,
        query: impl FnOnce(&mut Conn<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let slot = self.readers.get_or_default();
        let mut slot = slot.borrow_mut();
        let reader = match &mut *slot {
            Some(reader) => reader,
            empty => empty.insert(Reader::open(&self.path)?),
        };
        let steps = if length == ReadLength::Short { SHORT_READ_STEPS } else { LONG_READ_STEPS };
        reader.budget.store(steps, Ordering::Relaxed);
        query(&mut Conn::sqlite(&reader.conn))
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (caller, outcome) = oneshot::channel();
        let unit = Box::new(Pending { work, outcome: None, caller });
        let queue = self.queue.as_ref().expect("the queue lives as long as the store");
        queue.send(unit).await.map_err(|_| StoreError::unavailable("the writer has stopped"))?;
        outcome.await.map_err(|_| StoreError::unavailable("the writer has stopped"))?
    }
}

impl Drop for Sqlite {
    /// Lets the writer finish what waits, then joins it.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Reader {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let budget = Arc::new(AtomicI64::new(0));
        let left = Arc::clone(&budget);
        conn.progress_handler(STEP, Some(move || left.fetch_sub(1, Ordering::Relaxed) <= 0))?;
        Ok(Self { conn, budget })
    }
}

/// Says whether a read failed because it did more than its length allows.
pub(crate) fn ran_out(error: &StoreError) -> bool {
    let StoreError::Database(cause) = error else { return false };
    let cause = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    cause == Some(rusqlite::ErrorCode::OperationInterrupted)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(std::time::Duration::from_secs(10))?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else SQLite plans a statement anew whenever a bound LIMIT or OFFSET changes: an eighth of a list request's time.
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(conn)
}

/// Runs waiting units as savepoints of one transaction, commits, and answers them: the writer's whole life.
fn write_units(
    conn: &Connection,
    mut units: mpsc::Receiver<Box<dyn Unit>>,
    failing: &AtomicBool,
    session_epoch: &AtomicU64,
    wakes: &broadcast::Sender<Wake>,
) {
    while let Some(first) = units.blocking_recv() {
        let mut batch = Vec::new();
        let mut after = After::default();
        let mut committed = execute(conn, "begin immediate");
        let mut next = Some(first);
        while let Some(mut unit) = next.take() {
            if committed.is_ok() {
                committed = run_unit(conn, unit.as_mut(), &mut after);
            }
            batch.push(unit);
            if batch.len() < MOST_UNITS_PER_COMMIT {
                next = units.try_recv().ok();
            }
        }
        let committed = committed.and_then(|()| execute(conn, "commit"));
        if committed.is_err() && !conn.is_autocommit() {
            let _ = execute(conn, "rollback");
        }
        if after.sessions_changed && committed.is_ok() {
            session_epoch.fetch_add(1, Ordering::AcqRel);
        }
        if committed.is_ok() {
            for wake in after.wakes {
                // Nobody may be there to be woken.
                let _ = wakes.send(wake);
            }
        }
        let error = committed.err().map(|cause| cause.to_string());
        if let Some(cause) = &error {
            if !failing.swap(true, Ordering::Relaxed) {
                tracing::error!(cause, "the database cannot write; writes answer 503 until it can");
            }
        } else if failing.swap(false, Ordering::Relaxed) {
            tracing::info!("the database writes again");
        }
        for unit in batch {
            unit.answer(error.as_deref());
        }
    }
}

/// What follows a commit.
#[derive(Default)]
struct After {
    sessions_changed: bool,
    wakes: Vec<Wake>,
}

/// Runs one unit in a savepoint. An error means that the whole transaction is lost.
fn run_unit(conn: &Connection, unit: &mut dyn Unit, after: &mut After) -> rusqlite::Result<()> {
    execute(conn, "savepoint unit")?;
    let mut unit_conn = Conn::sqlite(conn);
    if unit.run(&mut unit_conn) {
        after.sessions_changed |= unit_conn.sessions_changed();
        after.wakes.append(&mut unit_conn.take_wakes());
    } else {
        if conn.is_autocommit() {
            // SQLite rolls the whole transaction back by itself when, for example, the disk is full.
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
                Some("the transaction was rolled back".into()),
            ));
        }
        execute(conn, "rollback to unit")?;
    }
    execute(conn, "release unit")
}

fn execute(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.raw_execute().map(|_| ())
}
