//! What devices and the platform say: stamped, handed to those who follow, and kept.
//!
//! [`Logs::push`] never waits. History is written in batches by [`Logs::run`]; whoever must know that a line is kept
//! waits for its [`Ticket`].

use impstead_bus::{Bus, Published};
use impstead_model::{Clock, DeviceGroupId, DeviceId, LogEntry, LogSource, LogType};
use impstead_store::{Store, StoreError};
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Locks among which devices are spread, so that those who log at once rarely meet.
const SHARDS: usize = 64;

/// How long a batch waits for more lines, unless somebody waits for it.
const LINGER: Duration = Duration::from_millis(50);

/// Messages' bytes that may wait to be kept. What comes when it is full still reaches those who follow, but not history.
const MOST_WAITING_BYTES: usize = 64 << 20;

/// Batches that could not be written and are remembered.
const MOST_LOST_BATCHES: usize = 100;

/// Waits between attempts to write a batch.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// How long the log is silent about a limit of which it has said that it is reached.
const SAY_AGAIN_MS: i64 = 60_000;

/// What the log says when a device's program logs too much.
const THROTTLED: &str = "Messages throttled";

/// What logs may cost.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// Entries kept of each device.
    pub keep: u32,
    /// Lines that a device's program may log at once.
    pub burst: u32,
    /// Lines that it may log each minute in the long run.
    pub per_minute: u32,
}

impl Default for LogLimits {
    /// History as the contract recommends; rates as the vendor states them.
    fn default() -> Self {
        Self { keep: 1000, burst: 6000, per_minute: 100 }
    }
}

/// A line about to be logged.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// The device.
    pub device: DeviceId,
    /// The device group it is in, if any.
    pub group: Option<DeviceGroupId>,
    /// Which kind of group that is.
    pub log_type: LogType,
    /// Who says it.
    pub source: LogSource,
    /// What it says.
    pub message: String,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It was handed to those who follow, and is to be kept.
    Queued(Ticket),
    /// It was dropped: the device's program logs too much.
    Throttled,
    /// It was handed to those who follow, but cannot be kept.
    NotKept,
}

/// Stands for a line that is to be kept; see [`Logs::kept`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// The logs of all devices. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Logs(Arc<Shared>);

struct Shared {
    store: Store,
    bus: Bus,
    clock: Arc<dyn Clock>,
    limits: LogLimits,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
    /// The batch to which lines are added now. It is read under a shard's lock.
    batch: AtomicU64,
    kept: watch::Sender<Progress>,
    waiting_bytes: AtomicUsize,
    arrived: Notify,
    hurry: Notify,
    lost: AtomicU64,
}

/// How far history has come.
#[derive(Default)]
struct Progress {
    /// The newest batch that is done with.
    done: u64,
    /// Those of late that could not be written.
    lost: Vec<u64>,
}

impl Progress {
    fn of(&self, ticket: Ticket) -> Fate {
        match ticket.0 {
            batch if batch > self.done => Fate::Waits,
            batch if self.lost.contains(&batch) => Fate::Lost,
            _ => Fate::Kept,
        }
    }
}

/// What became of a line that was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not yet known.
    Waits,
    /// It is durable.
    Kept,
    /// It could not be written, and will not be.
    Lost,
}

#[derive(Default)]
struct Shard {
    waiting: Vec<Arc<Published>>,
    devices: HashMap<DeviceId, Recent>,
}

/// What must be remembered of a device that logged of late.
struct Recent {
    /// Its newest stamp.
    last_ms: i64,
    allowance: f64,
    /// Limits of which the log said not long ago that they are reached, and when.
    said: Vec<(&'static str, i64)>,
}

impl Logs {
    /// Begins. Nothing is kept before [`Logs::run`] runs.
    pub fn new(store: Store, bus: Bus, clock: Arc<dyn Clock>, limits: LogLimits) -> Self {
        Self(Arc::new(Shared {
            store,
            bus,
            clock,
            limits,
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            batch: AtomicU64::new(1),
            kept: watch::Sender::new(Progress::default()),
            waiting_bytes: AtomicUsize::new(0),
            arrived: Notify::new(),
            hurry: Notify::new(),
            lost: AtomicU64::new(0),
        }))
    }

    /// Stamps a line, hands it to those who follow its device, and queues it to be kept. Never waits.
    ///
    /// Lines of a device are stamped, seen and kept in the order of these calls. The platform's own are not throttled.
    pub fn push(&self, line: NewLine) -> Pushed {
        self.0.take(&mut self.0.shard_of(&line.device), line)
    }

    /// The same for a line that says that a limit is reached, unless the log of the device has said so of this limit within the
    /// last minute.
    pub fn push_limit(&self, limit: &'static str, line: NewLine) {
        let mut shard = self.0.shard_of(&line.device);
        if self.0.recent(&mut shard, &line.device).may_say(limit) {
            self.0.take(&mut shard, line);
        }
    }

    /// Waits until a line is durable, or lost.
    pub async fn kept(&self, ticket: Ticket) -> Fate {
        let mut kept = self.0.kept.subscribe();
        self.0.hurry.notify_one();
        let done = kept.wait_for(|kept| kept.of(ticket) != Fate::Waits).await;
        done.map_or(Fate::Lost, |kept| kept.of(ticket))
    }

    /// Returns what tells the fate of many lines.
    pub fn fates(&self) -> Fates {
        Fates { logs: self.clone(), kept: self.0.kept.subscribe() }
    }

    /// Waits until every line pushed before is durable, but no longer than a second: for readers of history.
    pub async fn settle(&self) {
        if self.0.waiting_bytes.load(Ordering::Acquire) == 0 {
            return;
        }
        let ticket = Ticket(self.0.batch.load(Ordering::Acquire));
        let _ = tokio::time::timeout(Duration::from_secs(1), self.kept(ticket)).await;
    }

    /// Lines that history lacks since the start, because it could not be written.
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Keeps lines until told to stop, then what still waits.
    pub async fn run(self, stop: CancellationToken) {
        let shared = &*self.0;
        while !stop.is_cancelled() {
            tokio::select! {
                () = shared.hurry.notified() => {}
                () = stop.cancelled() => {}
                () = shared.arrived.notified() => tokio::select! {
                    () = tokio::time::sleep(LINGER) => {}
                    () = shared.hurry.notified() => {}
                    () = stop.cancelled() => {}
                }
            }
            shared.keep_batch(&stop).await;
        }
        shared.keep_batch(&stop).await;
    }
}

/// Tells the fate of lines, again and again.
pub struct Fates {
    logs: Logs,
    kept: watch::Receiver<Progress>,
}

impl Fates {
    /// Says what has become of a line by now.
    pub fn of(&mut self, ticket: Ticket) -> Fate {
        self.kept.borrow_and_update().of(ticket)
    }

    /// Waits until more is known than when it was last asked, and has that happen soon.
    pub async fn changed(&mut self) {
        self.logs.0.hurry.notify_one();
        let _ = self.kept.changed().await;
    }
}

impl Shared {
    fn shard_of(&self, device: &DeviceId) -> MutexGuard<'_, Shard> {
        let hash = usize::try_from(self.hasher.hash_one(device) % SHARDS as u64).expect("it is below 64");
        lock(&self.shards[hash])
    }

    /// What is remembered of a device, as it is now.
    fn recent<'s>(&self, shard: &'s mut Shard, device: &DeviceId) -> &'s mut Recent {
        let recent = shard.devices.entry(device.clone()).or_insert_with(|| Recent {
            last_ms: i64::MIN,
            allowance: f64::from(self.limits.burst),
            said: Vec::new(),
        });
        recent.refill(&self.limits, self.clock.now_ms());
        recent
    }

    /// Takes a line, unless its device's program logs too much.
    fn take(&self, shard: &mut Shard, line: NewLine) -> Pushed {
        let recent = self.recent(shard, &line.device);
        let at_ms = recent.last_ms;
        if line.source == LogSource::Status || recent.take() {
            return self.admit(&mut shard.waiting, at_ms, line);
        }
        if recent.may_say(THROTTLED) {
            let line = NewLine { source: LogSource::Status, message: THROTTLED.to_owned(), ..line };
            self.admit(&mut shard.waiting, at_ms, line);
        }
        Pushed::Throttled
    }

    /// Stamps, publishes and queues a line, under its shard's lock.
    fn admit(&self, waiting: &mut Vec<Arc<Published>>, at_ms: i64, line: NewLine) -> Pushed {
        let NewLine { device, group, log_type, source, message } = line;
        // What an entry costs besides its message, about.
        let bytes = message.len() + 100;
        let line = Arc::new(Published::from(LogEntry { device, group, at_ms, log_type, source, message }));
        self.bus.publish(&line);
        if self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel) > MOST_WAITING_BYTES {
            self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
            self.lost.fetch_add(1, Ordering::Relaxed);
            return Pushed::NotKept;
        }
        waiting.push(line);
        self.arrived.notify_one();
        Pushed::Queued(Ticket(self.batch.load(Ordering::Acquire)))
    }

    /// Keeps what waits.
    async fn keep_batch(&self, stop: &CancellationToken) {
        // Lines that were promised this batch are in their shards by now, since the number is read under the lock.
        let batch = self.batch.fetch_add(1, Ordering::AcqRel);
        let now_ms = self.clock.now_ms();
        let mut entries = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            entries.append(&mut shard.waiting);
            shard.devices.retain(|_, recent| !recent.is_past(&self.limits, now_ms));
        }
        let bytes: usize = entries.iter().map(|line| line.entry.message.len() + 100).sum();
        let is_kept = entries.is_empty() || self.write(entries, stop).await;
        self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.kept.send_modify(|progress| {
            progress.done = batch;
            if !is_kept {
                progress.lost.push(batch);
                let forgotten = progress.lost.len().saturating_sub(MOST_LOST_BATCHES);
                progress.lost.drain(..forgotten);
            }
        });
    }

    /// Writes lines, for as long as that may succeed, and says whether it did.
    async fn write(&self, lines: Vec<Arc<Published>>, stop: &CancellationToken) -> bool {
        let lines: Arc<[Arc<Published>]> = lines.into();
        let mut wait = FIRST_RETRY;
        loop {
            let entries = Arc::clone(&lines);
            let error = match self.store.append_logs(entries, self.limits.keep).await {
                Ok(()) => return true,
                Err(error) => error,
            };
            let may_pass = matches!(error, StoreError::Unavailable(_)) && !stop.is_cancelled();
            tracing::warn!(cause = %error, lines = lines.len(), again = may_pass, "cannot keep log lines");
            if !may_pass {
                self.lost.fetch_add(lines.len() as u64, Ordering::Relaxed);
                return false;
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_RETRY);
        }
    }
}

impl Recent {
    /// Brings stamp and allowance to the present.
    fn refill(&mut self, limits: &LogLimits, now_ms: i64) {
        if self.last_ms == i64::MIN {
            self.last_ms = now_ms;
        }
        #[expect(clippy::cast_precision_loss, reason = "spans between lines are short")]
        let minutes = (now_ms - self.last_ms).max(0) as f64 / 60_000.0;
        self.allowance = (self.allowance + minutes * f64::from(limits.per_minute)).min(f64::from(limits.burst));
        self.last_ms = self.last_ms.max(now_ms);
    }

    fn take(&mut self) -> bool {
        if self.allowance < 1.0 {
            return false;
        }
        self.allowance -= 1.0;
        true
    }

    /// Whether the log is to say that a limit is reached; notes that it does.
    fn may_say(&mut self, limit: &'static str) -> bool {
        let now_ms = self.last_ms;
        self.said.retain(|&(_, at_ms)| now_ms - at_ms < SAY_AGAIN_MS);
        let is_new = self.said.iter().all(|&(said, _)| said != limit);
        if is_new {
            self.said.push((limit, now_ms));
        }
        is_new
    }

    /// Whether nothing would change if this were forgotten.
    fn is_past(&mut self, limits: &LogLimits, now_ms: i64) -> bool {
        let was_ms = self.last_ms;
        self.refill(limits, now_ms);
        let is_silent = self.said.iter().all(|&(_, at_ms)| now_ms - at_ms >= SAY_AGAIN_MS);
        self.allowance >= f64::from(limits.burst) && is_silent && was_ms < now_ms
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use impstead_bus::{Capacity, Event, Follower};
    use impstead_model::{AccountId, Actor, SystemEntropy};
    use impstead_store::{Act, Location, LogFilter, LogsOf, NewAccount, NewDevice, Page};
    use std::sync::atomic::AtomicI64;

    struct TestClock(AtomicI64);

    impl Clock for TestClock {
        fn now_ms(&self) -> i64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    struct World {
        logs: Logs,
        store: Store,
        clock: Arc<TestClock>,
        follower: Follower,
        device: DeviceId,
        stop: CancellationToken,
        _directory: tempfile::TempDir,
    }

    impl World {
        async fn new(limits: LogLimits) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let store = Store::open(&Location::Sqlite(directory.path().join("impstead.db"))).unwrap();
            store.migrate().await.unwrap();
            let act = Act { actor: Actor::OPERATOR, at_ms: 0, entropy: Arc::new(SystemEntropy) };
            let account = NewAccount {
                username: "ann".into(),
                email: "ann@example.net".into(),
                password_hash: String::new(),
                production: false,
            };
            let owner: AccountId = store.create_account(account, act.clone()).await.unwrap().id;
            let new =
                NewDevice { id: None, mac: None, owner, imp_type: "imp003".into(), plan_id: None, public_key: [7; 32] };
            let device = store.add_device(new, act).await.unwrap().id;
            let bus = Bus::default();
            let follower = bus.follower(Capacity { lines: 100_000, bytes: 1 << 20 });
            follower.follow_device(&device, 1);
            let clock = Arc::new(TestClock(AtomicI64::new(1_000_000)));
            let logs = Logs::new(store.clone(), bus, Arc::clone(&clock) as Arc<dyn Clock>, limits);
            let stop = CancellationToken::new();
            Self { logs, store, clock, follower, device, stop, _directory: directory }
        }

        fn push(&self, source: LogSource, message: &str) -> Pushed {
            self.logs.push(NewLine {
                device: self.device.clone(),
                group: None,
                log_type: LogType::Development,
                source,
                message: message.into(),
            })
        }

        fn seen(&self) -> Vec<(i64, String)> {
            let mut events = Vec::new();
            self.follower.take_now(&mut events);
            let line = |event| match event {
                Event::Line(line) => Some((line.entry.at_ms, line.entry.message.clone())),
                _ => None,
            };
            events.into_iter().filter_map(line).collect()
        }

        async fn history(&self) -> Vec<(i64, String)> {
            let filter = LogFilter { of: LogsOf::Device(self.device.clone()), sources: Vec::new(), text: None };
            let page = self.store.logs(filter, 1000, Page { number: 1, size: 100 }).await.unwrap();
            page.items.into_iter().rev().map(|entry| (entry.at_ms, entry.message)).collect()
        }
    }

    #[tokio::test]
    async fn lines_are_stamped_once_seen_at_once_and_kept_in_their_order() {
        let world = World::new(LogLimits::default()).await;
        world.push(LogSource::ServerLog, "1");
        world.clock.0.store(1_000_500, Ordering::SeqCst);
        world.push(LogSource::ServerError, "2");
        // The clock goes back; the log does not.
        world.clock.0.store(900_000, Ordering::SeqCst);
        let Pushed::Queued(ticket) = world.push(LogSource::Status, "3") else { panic!("there is room") };
        let seen = world.seen();
        assert_eq!(seen, [(1_000_000, "1".into()), (1_000_500, "2".into()), (1_000_500, "3".into())]);
        assert_eq!(world.history().await, [], "nothing is kept before it runs");

        let mut fates = world.logs.fates();
        assert_eq!(fates.of(ticket), Fate::Waits);
        let running = tokio::spawn(world.logs.clone().run(world.stop.clone()));
        assert_eq!(world.logs.kept(ticket).await, Fate::Kept);
        assert_eq!(fates.of(ticket), Fate::Kept);
        assert_eq!(world.history().await, seen);

        world.push(LogSource::ServerLog, "4");
        world.logs.settle().await;
        assert_eq!(world.history().await.len(), 4);
        world.push(LogSource::ServerLog, "5");
        world.stop.cancel();
        running.await.unwrap();
        assert_eq!(world.history().await.len(), 5, "what waits at the end is kept");
    }

    #[tokio::test]
    async fn a_device_that_logs_too_much_is_told_so_once() {
        let world = World::new(LogLimits { keep: 1000, burst: 3, per_minute: 60 }).await;
        for number in 1..=5 {
            world.push(LogSource::ServerLog, &number.to_string());
        }
        assert!(matches!(world.push(LogSource::Status, "Device connected"), Pushed::Queued(_)), "the platform may");
        let messages = |seen: Vec<(i64, String)>| seen.into_iter().map(|(_, message)| message).collect::<Vec<_>>();
        assert_eq!(messages(world.seen()), ["1", "2", "3", "Messages throttled", "Device connected"]);
        world.clock.0.fetch_add(1000, Ordering::SeqCst);
        assert!(matches!(world.push(LogSource::ServerLog, "6"), Pushed::Queued(_)), "one a second");
        assert_eq!(world.push(LogSource::ServerLog, "7"), Pushed::Throttled);
        assert_eq!(messages(world.seen()), ["6"], "that is known");
        world.clock.0.fetch_add(60_000, Ordering::SeqCst);
        for number in 0..4 {
            let expected = number < 3;
            assert_eq!(matches!(world.push(LogSource::ServerLog, "x"), Pushed::Queued(_)), expected);
        }
    }

    #[tokio::test]
    async fn limits_are_said_once_a_minute_each() {
        let world = World::new(LogLimits::default()).await;
        let reach = |limit: &'static str, number: u32| {
            let device = world.device.clone();
            let (log_type, source) = (LogType::Development, LogSource::AgentError);
            world.logs.push_limit(
                limit,
                NewLine { device, group: None, log_type, source, message: format!("{limit} {number}") },
            );
        };
        let seen = || world.seen().into_iter().map(|(_, message)| message).collect::<Vec<_>>();
        for number in 0..3 {
            reach("timers", number);
            reach("requests", number);
        }
        assert_eq!(seen(), ["timers 0", "requests 0"]);
        world.clock.0.fetch_add(59_999, Ordering::SeqCst);
        reach("timers", 3);
        world.clock.0.fetch_add(1, Ordering::SeqCst);
        reach("timers", 4);
        assert_eq!(seen(), ["timers 4"]);
    }

    #[tokio::test]
    async fn what_history_has_no_room_for_is_still_seen_and_not_promised() {
        let world = World::new(LogLimits { burst: u32::MAX, ..LogLimits::default() }).await;
        let long = "x".repeat(8 << 20);
        let pushed: Vec<Pushed> = (0..9).map(|_| world.push(LogSource::ServerLog, &long)).collect();
        assert!(pushed[..8].iter().all(|pushed| matches!(pushed, Pushed::Queued(_))));
        assert_eq!(pushed[8], Pushed::NotKept);
        assert_eq!(world.logs.lost(), 1);
        world.seen();
        let running = tokio::spawn(world.logs.clone().run(world.stop.clone()));
        let Pushed::Queued(ticket) = pushed[7] else { panic!("it had room") };
        assert_eq!(world.logs.kept(ticket).await, Fate::Kept);
        assert!(matches!(world.push(LogSource::ServerLog, "room again"), Pushed::Queued(_)));
        world.stop.cancel();
        running.await.unwrap();
    }
}
