//! The streams there are, and who reads them.

use crate::{App, caller::Session, metrics::OpenStream};
use impstead_bus::{Event, Follower};
use impstead_model::AccountId;
use impstead_store::LogsOf;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// All log streams of this process. An account's are bounded in number, and each is bounded in what waits for its reader.
#[derive(Default)]
pub struct Streams {
    state: Mutex<State>,
    end: CancellationToken,
}

#[derive(Default)]
struct State {
    by_id: HashMap<String, Arc<Stream>>,
    /// Oldest first.
    by_account: HashMap<AccountId, Vec<Arc<Stream>>>,
}

/// A log stream.
pub struct Stream {
    /// Its id. That of a tail is never told.
    id: String,
    /// The account that made it.
    pub account: AccountId,
    /// The session in which it was made.
    pub session: Arc<Session>,
    /// What a tail follows: a stream that ends with the request that made it. `None` for those that have a path.
    pub tail_of: Option<LogsOf>,
    /// What it carries.
    pub follower: Follower,
    made: Instant,
    current: Mutex<Current>,
}

/// Who reads a stream now.
#[derive(Default)]
struct Current {
    /// Counts the readers so far.
    number: u64,
    end: CancellationToken,
}

/// One who reads a stream. When it goes, the stream goes, unless somebody else reads it by then.
pub struct Reader {
    app: App,
    stream: Arc<Stream>,
    number: u64,
    end: CancellationToken,
    _open: OpenStream,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Streams {
    /// Ends all streams, without a `closed` event: their readers are to come back.
    pub fn end_all(&self) {
        self.end.cancel();
    }

    /// Makes a stream with a path. One that is too many for its account closes the account's oldest.
    pub fn create(&self, app: &App, id: String, session: &Arc<Session>) {
        let stream = Arc::new(Stream::new(app, id, session, None));
        let mut closed = Vec::new();
        let mut state = lock(&self.state);
        let of_account = state.by_account.entry(stream.account.clone()).or_default();
        of_account.push(Arc::clone(&stream));
        let with_path = of_account.iter().filter(|stream| stream.tail_of.is_none());
        let too_many = with_path.clone().count().saturating_sub(app.config.log_streams_per_account.max(1));
        closed.extend(with_path.take(too_many).cloned());
        state.by_id.insert(stream.id.clone(), stream);
        for stream in &closed {
            state.remove(stream);
        }
        drop(state);
        for stream in closed {
            stream.follower.close();
        }
    }

    /// Makes a tail and its reader; `None` if the account has as many as it may.
    pub fn tail(&self, app: &App, id: String, session: &Arc<Session>, of: LogsOf) -> Option<Reader> {
        let stream = Arc::new(Stream::new(app, id, session, Some(of)));
        let mut state = lock(&self.state);
        let of_account = state.by_account.entry(stream.account.clone()).or_default();
        let tails = of_account.iter().filter(|stream| stream.tail_of.is_some()).count();
        if tails >= app.config.log_tails_per_account {
            return None;
        }
        of_account.push(Arc::clone(&stream));
        state.by_id.insert(stream.id.clone(), Arc::clone(&stream));
        Some(self.read(app, stream))
    }

    /// Finds a stream by the id in its path.
    pub fn find(&self, app: &App, id: &str) -> Option<Arc<Stream>> {
        lock(&self.state).find(app, id)
    }

    /// Begins to read a stream. Who has read it so far sees it end.
    pub fn open(&self, app: &App, id: &str) -> Option<Reader> {
        let state = lock(&self.state);
        state.find(app, id).map(|stream| self.read(app, stream))
    }

    /// Goes with the state locked, so that a stream cannot be freed for want of a reader just when it gets one.
    fn read(&self, app: &App, stream: Arc<Stream>) -> Reader {
        let end = self.end.child_token();
        let mut current = lock(&stream.current);
        current.number += 1;
        std::mem::replace(&mut current.end, end.clone()).cancel();
        let number = current.number;
        drop(current);
        Reader { app: app.clone(), stream, number, end, _open: app.metrics.log_stream() }
    }

    /// Lists all streams.
    pub fn all(&self) -> Vec<Arc<Stream>> {
        lock(&self.state).by_id.values().cloned().collect()
    }

    /// Forgets streams that nobody opened in time.
    pub fn expire(&self, app: &App) {
        let mut state = lock(&self.state);
        let expired: Vec<_> = state.by_id.values().filter(|stream| stream.has_expired(app)).cloned().collect();
        for stream in &expired {
            state.remove(stream);
        }
    }

    /// Closes a stream: its reader is told, and has nothing to come back to.
    pub fn close(&self, stream: &Arc<Stream>) {
        lock(&self.state).remove(stream);
        stream.follower.close();
    }

    /// Ends a stream, as a lost connection would.
    pub fn end(&self, stream: &Arc<Stream>) {
        lock(&self.state).remove(stream);
        lock(&stream.current).end.cancel();
    }
}

impl State {
    fn find(&self, app: &App, id: &str) -> Option<Arc<Stream>> {
        self.by_id.get(id).filter(|stream| stream.tail_of.is_none() && !stream.has_expired(app)).cloned()
    }

    fn remove(&mut self, stream: &Arc<Stream>) {
        self.by_id.remove(&stream.id);
        if let Some(of_account) = self.by_account.get_mut(&stream.account) {
            of_account.retain(|other| !Arc::ptr_eq(other, stream));
            if of_account.is_empty() {
                self.by_account.remove(&stream.account);
            }
        }
    }
}

impl Stream {
    fn new(app: &App, id: String, session: &Arc<Session>, tail_of: Option<LogsOf>) -> Self {
        Self {
            id,
            account: session.record.account.clone(),
            session: Arc::clone(session),
            tail_of,
            follower: app.bus.follower(app.config.log_stream_queue),
            made: Instant::now(),
            current: Mutex::default(),
        }
    }

    fn has_expired(&self, app: &App) -> bool {
        lock(&self.current).number == 0 && self.made.elapsed() >= app.config.log_stream_unopened
    }
}

impl Reader {
    /// What the stream carries.
    pub fn follower(&self) -> &Follower {
        &self.stream.follower
    }

    /// Cancelled when reading must end at once.
    pub fn end(&self) -> &CancellationToken {
        &self.end
    }

    /// When the stream has lived long enough.
    pub fn ends_at(&self) -> Instant {
        self.stream.made + self.app.config.log_stream_life
    }

    /// Takes what waits, and says whether there was something; `None` if somebody else reads the stream by now.
    pub fn take(&self, events: &mut Vec<Event>) -> Option<bool> {
        let current = lock(&self.stream.current);
        (current.number == self.number).then(|| self.stream.follower.take_now(events))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = lock(&self.app.streams.state);
        let is_current = lock(&self.stream.current).number == self.number;
        // What was closed is gone already, and another may not be removed in its place.
        if is_current && state.by_id.get(&self.stream.id).is_some_and(|stream| Arc::ptr_eq(stream, &self.stream)) {
            state.remove(&self.stream);
        }
    }
}
