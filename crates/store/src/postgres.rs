//! PostgreSQL: a fixed set of threads, each with one connection, that take reads and units of work from one queue.

use crate::{
    StoreError, Wake,
    conn::{Conn, PgSession},
    server::Server,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::{broadcast, oneshot};

/// Jobs that may wait for a connection; a caller beyond that waits for room.
const QUEUE: usize = 1024;

/// How often a unit of work is run in all when others' changes get in its way.
const MOST_TRIES: u32 = 5;

/// No request waits for ever, whatever else happens on the server.
const LIMITS: &str =
    "set statement_timeout = '60s'; set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '60s'";

type Job = Box<dyn FnOnce(&mut Option<PgSession>) + Send>;

pub(crate) struct Postgres {
    queue: Option<flume::Sender<Job>>,
    workers: Vec<JoinHandle<()>>,
    server: Server,
    session_epoch: Arc<AtomicU64>,
    wakes: broadcast::Sender<Wake>,
    failing: Arc<AtomicBool>,
}

impl Postgres {
    pub fn open(
        url: &str,
        connections: usize,
        session_epoch: Arc<AtomicU64>,
        wakes: broadcast::Sender<Wake>,
    ) -> Result<Self, StoreError> {
        let server = Server::new(url)?;
        // To find out early whether it is there; on a thread of its own, as the caller may be an async one.
        off_runtime(|| server.connect().map(drop))?;
        let (queue, jobs) = flume::bounded::<Job>(QUEUE);
        let workers = (0..connections.max(1))
            .map(|index| {
                let jobs = jobs.clone();
                std::thread::Builder::new().name(format!("store-{index}")).spawn(move || {
                    let mut session = None;
                    while let Ok(job) = jobs.recv() {
                        job(&mut session);
                    }
                })
            })
            .collect::<Result<_, _>>()
            .map_err(StoreError::unavailable)?;
        Ok(Self { queue: Some(queue), workers, server, session_epoch, wakes, failing: Arc::default() })
    }

    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Whether the newest attempt found no server, or one that could not write.
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    pub async fn read<T: Send + 'static>(
        &self,
        query: impl Fn(&mut Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(move |session, _| query(&mut Conn::postgres(session))).await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (session_epoch, wakes) = (Arc::clone(&self.session_epoch), self.wakes.clone());
        self.submit(move |session, committing| {
            let mut tries = 1;
            loop {
                let outcome = run_unit(session, &work, committing, &session_epoch, &wakes);
                match outcome {
                    Err(error) if tries < MOST_TRIES && is_worth_another_try(&error) => {
                        *committing = false;
                        std::thread::sleep(Duration::from_millis(1 << tries));
                        tries += 1;
                    }
                    outcome => return outcome,
                }
            }
        })
        .await
    }

    /// Has one of the threads do work, which is told through its second argument not to be done again from now on.
    async fn submit<T: Send + 'static>(
        &self,
        work: impl Fn(&mut PgSession, &mut bool) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (caller, outcome) = oneshot::channel();
        let (server, failing) = (self.server.clone(), Arc::clone(&self.failing));
        let job: Job = Box::new(move |slot| {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| with_session(slot, &server, work)))
                .unwrap_or_else(|_| {
                    // Closing the connection rolls back what was begun.
                    *slot = None;
                    Err(StoreError::Database("a unit of work panicked".into()))
                });
            failing.store(matches!(outcome, Err(StoreError::Unavailable(_))), Ordering::Relaxed);
            // A caller that went away does not want to know.
            let _ = caller.send(outcome);
        });
        let queue = self.queue.as_ref().expect("the queue lives as long as the store");
        queue.send_async(job).await.map_err(|_| StoreError::unavailable("the database threads have stopped"))?;
        outcome.await.map_err(|_| StoreError::unavailable("the database threads have stopped"))?
    }
}

impl Drop for Postgres {
    /// Lets the threads finish what waits, then joins them.
    fn drop(&mut self) {
        drop(self.queue.take());
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

/// Runs work on the thread's connection, opening it first where it is missing. If it turns out to be lost, since the
/// server restarted, say, the work is done again on a new one, unless it was about to commit.
fn with_session<T>(
    slot: &mut Option<PgSession>,
    server: &Server,
    work: impl Fn(&mut PgSession, &mut bool) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    loop {
        let is_new = slot.is_none();
        if is_new {
            let mut client = server.connect()?;
            client.batch_execute(LIMITS)?;
            *slot = Some(PgSession::new(client)?);
        }
        let session = slot.as_mut().expect("it was just opened");
        let mut committing = false;
        let outcome = work(session, &mut committing);
        let lost = session.client.is_closed() || outcome.as_ref().is_err_and(ends_the_connection);
        if lost {
            *slot = None;
        }
        if !lost || is_new || committing || outcome.is_ok() {
            return outcome;
        }
    }
}

/// Runs a unit of work in a transaction.
fn run_unit<T>(
    session: &mut PgSession,
    work: impl Fn(&mut Conn<'_>) -> Result<T, StoreError>,
    committing: &mut bool,
    session_epoch: &AtomicU64,
    wakes: &broadcast::Sender<Wake>,
) -> Result<T, StoreError> {
    session.client.batch_execute("begin")?;
    let mut conn = Conn::postgres(session);
    let outcome = work(&mut conn);
    let (sessions_changed, woken) = (conn.sessions_changed(), conn.take_wakes());
    let value = match outcome {
        Ok(value) => value,
        Err(error) => {
            session.client.batch_execute("rollback")?;
            return Err(error);
        }
    };
    *committing = true;
    let committed = session.client.batch_execute("commit");
    if sessions_changed {
        // Even after an error: the commit may have arrived although its answer did not.
        session_epoch.fetch_add(1, Ordering::AcqRel);
    }
    for wake in woken {
        // For the same reason; and nobody may be there to be woken.
        let _ = wakes.send(wake);
    }
    committed?;
    Ok(value)
}

/// Runs something that blocks on a connection, which a thread that runs async tasks must not.
pub(crate) fn off_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
}

/// An error after which the server closes the connection, or has closed it: it shuts down, say.
fn ends_the_connection(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return false };
    let state = cause.downcast_ref::<postgres::Error>().map(postgres::Error::code);
    matches!(state, Some(None))
        || matches!(state, Some(Some(state)) if ["08", "57P"].iter().any(|class| state.code().starts_with(class)))
}

/// Two units of work that met: a serialisation failure, a deadlock, or a row referred to that went away meanwhile.
fn is_worth_another_try(error: &StoreError) -> bool {
    use postgres::error::SqlState;
    let StoreError::Database(cause) = error else { return false };
    let state = cause.downcast_ref::<postgres::Error>().and_then(postgres::Error::code);
    matches!(
        state,
        Some(
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED | &SqlState::FOREIGN_KEY_VIOLATION
        )
    )
}
