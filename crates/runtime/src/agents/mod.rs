//! Agents: every device's program in the cloud.
//!
//! One task per agent ([`life`]) owns its machine. Others reach it through its handle in the registry: they wake it to read its
//! orders from the store again, give it messages of its device, or requests to its URL. Agents run on threads of their own, in
//! slices, so that none keeps others waiting, least of all the API.
//!
//! An agent that is idle goes to sleep: its machine is written to the store, and the registry keeps its name and when it is to
//! wake. Whatever it is told wakes it. It is told things, and goes to sleep and away, under the registry's lock; so nothing that
//! it was told is lost.

mod awake;
mod life;
mod mqtt;
mod programs;
mod requests;
mod turns;

use crate::{Line, Logs, NewLine, Outbound};
use awake::Awake;
use impstead_device_protocol::Value;
use impstead_model::{Clock, DeviceGroupId, DeviceId, LogSource, LogType};
use impstead_store::{SleepingAgent, Store, StoreError, Wake};
use ipnet::IpNet;
use platform::{Event, HttpResponse, Inbound};
use programs::Programs;
use squirrel::Image;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    runtime,
    sync::{Notify, SetOnce, broadcast::error::RecvError, mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use turns::SlowLane;

/// What may wait for an agent; beyond that, requests are refused and messages lost.
const MOST_WAITING: usize = 256;

/// How often agents are looked for whose devices have been away for too long.
const AWAY_CHECK: Duration = Duration::from_secs(3600);

/// The longest wait for an alarm: clocks are set at times.
const LONGEST_ALARM: Duration = Duration::from_secs(60);

/// The longest line of an agent's log, in bytes; what is longer is cut. All that is logged is kept for a while.
///
/// # Source
/// Our choice; the vendor names no limit.
const LONGEST_LINE: usize = 16 * 1024;

/// How long agents may take to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(3);

/// How agents are set up.
#[derive(Clone, Debug)]
pub struct AgentConfig {
    /// What stands before an agent's id in its URL.
    pub url: String,
    /// Memory of a program's values, in bytes.
    pub heap_bytes: usize,
    /// How long a request may wait for its answer.
    pub answer_timeout: Duration,
    /// How long an agent is idle before it hibernates; none never does.
    pub hibernate_after: Option<Duration>,
    /// Whether agents go on after a restart of the server where they were, rather than from the beginning.
    pub continues: bool,
    /// How long a device may be away before its agent stops; for ever without it.
    pub away_limit: Option<Duration>,
    /// Networks that only the agents of one account may reach, by its user name in small letters.
    pub outbound_allow: HashMap<String, Vec<IpNet>>,
    /// Requests to an agent's URL at once.
    pub request_burst: u32,
    /// Requests to an agent's URL each second in the long run.
    ///
    /// # Source
    /// The vendor's staff: about 20 a second.
    pub requests_per_s: f64,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            heap_bytes: 1 << 20,
            answer_timeout: Duration::from_secs(90),
            hibernate_after: Some(Duration::from_secs(300)),
            continues: false,
            away_limit: Some(Duration::from_secs(30 * 24 * 3600)),
            outbound_allow: HashMap::new(),
            request_burst: 40,
            requests_per_s: 20.0,
        }
    }
}

/// All agents. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Agents(Arc<Shared>);

struct Shared {
    store: Store,
    logs: Logs,
    clock: Arc<dyn Clock>,
    outbound: Outbound,
    /// That of the accounts whose agents reach more than others.
    outbound_of: HashMap<String, Outbound>,
    config: AgentConfig,
    image: Image,
    /// What the numbers are drawn from that programs get.
    seed: u64,
    /// How many lives have begun.
    lives_begun: AtomicU64,
    programs: Programs,
    registry: Mutex<Registry>,
    line: OnceLock<Line>,
    /// By which the store hears of agents that wake.
    awake: Awake,
    slow_lane: SlowLane,
    /// Where agents run.
    threads: OnceLock<runtime::Handle>,
    /// All agents that are to run are known.
    ready: SetOnce<()>,
    /// There is an alarm earlier than the others.
    alarm: Notify,
    stop: CancellationToken,
    lives: TaskTracker,
}

#[derive(Default)]
struct Registry {
    by_device: HashMap<DeviceId, Entry>,
    by_agent: HashMap<String, DeviceId>,
    /// When agents that sleep are to wake: Unix time in milliseconds.
    alarms: BTreeSet<(i64, DeviceId)>,
    asleep: usize,
}

/// A device's agent.
enum Entry {
    Awake(Arc<Handle>),
    Asleep(Box<Asleep>),
}

/// What is known of an agent that sleeps.
struct Asleep {
    place: Place,
    /// When its next timer is due, Unix time in milliseconds.
    wake_ms: Option<i64>,
    /// Whether it hears of its device coming and going.
    wants_connection: bool,
}

/// How many agents there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentCounts {
    /// Those in memory.
    pub awake: usize,
    /// Those that sleep.
    pub asleep: usize,
}

/// What others can tell an agent.
struct Handle {
    told: mpsc::Sender<Told>,
    place: Mutex<Place>,
    rate: Mutex<Rate>,
}

/// Where an agent's device is, as its log lines say, and what the agent is called.
#[derive(Clone)]
struct Place {
    group: Option<DeviceGroupId>,
    log_type: LogType,
    agent_id: String,
}

impl Place {
    /// That of an agent that does not run.
    const NOWHERE: Place = Place { group: None, log_type: LogType::Development, agent_id: String::new() };
}

/// How many requests an agent may still get.
struct Rate {
    left: f64,
    at: Instant,
}

enum Told {
    /// Read the orders again.
    Wake,
    // In boxes, as the next one: an inbox has room for some dozens from the start.
    Event(Box<Event>),
    Request(Box<Inbound>, oneshot::Sender<HttpResponse>),
}

/// Why a device's message does not reach its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// No agent runs.
    NoAgent,
    /// Too much waits for it.
    Full,
}

/// Why a request to an agent's URL is not answered by the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// No agent of this id runs.
    NotFound,
    /// It gets too many requests.
    TooMany,
    /// It ended before it answered.
    Ended,
    /// It did not answer in time.
    TimedOut,
}

impl Agents {
    /// Begins. Agents run only while [`Agents::run`] runs.
    pub fn new(
        store: Store,
        logs: Logs,
        clock: Arc<dyn Clock>,
        outbound: Outbound,
        config: AgentConfig,
        seed: u64,
    ) -> Self {
        let (lives, stop) = (TaskTracker::new(), CancellationToken::new());
        Self(Arc::new(Shared {
            awake: Awake::new(store.clone(), lives.clone(), stop.clone()),
            store,
            logs,
            clock,
            outbound_of: config
                .outbound_allow
                .iter()
                .map(|(account, networks)| (account.clone(), outbound.allowing(networks)))
                .collect(),
            outbound,
            config,
            image: platform::agent_image(seed),
            seed,
            lives_begun: AtomicU64::new(0),
            programs: Programs::default(),
            registry: Mutex::default(),
            line: OnceLock::new(),
            slow_lane: SlowLane::new(std::thread::available_parallelism().map_or(1, usize::from)),
            threads: OnceLock::new(),
            ready: SetOnce::new(),
            alarm: Notify::new(),
            stop,
            lives,
        }))
    }

    /// Says how devices are reached.
    pub fn reach_devices_by(&self, line: Line) {
        let _ = self.0.line.set(line);
    }

    /// Gives a device's message to its agent.
    ///
    /// # Errors
    /// If there is none, or too much waits for it: then the message is lost.
    pub fn message(&self, device: &DeviceId, name: &[u8], data: Value) -> Result<(), Undelivered> {
        self.0.tell(device, Told::Event(Box::new(Event::Message { name: name.into(), data })))
    }

    /// Tells the agent of a device that this has connected. One that had been away for too long has its agent again.
    pub fn device_connected(&self, device: &DeviceId, ip_address: Option<String>) {
        if self.0.is_heard(device) {
            let _ = self.0.tell(device, Told::Event(Box::new(Event::Connected { ip_address })));
        } else {
            self.0.ensure(device, String::new());
        }
    }

    /// Tells the agent of a device that this has disconnected.
    pub fn device_disconnected(&self, device: &DeviceId) {
        if self.0.is_heard(device) {
            let _ = self.0.tell(device, Told::Event(Box::new(Event::Disconnected)));
        }
    }

    /// Has an agent answer a request to its URL.
    ///
    /// # Errors
    /// If it does not.
    pub async fn request(&self, agent_id: &str, request: Inbound) -> Result<HttpResponse, Unanswered> {
        let answer = self.answer_to(agent_id, request).await;
        match answer {
            Err(Unanswered::TooMany) => self.0.log_limit_of(agent_id, "too many requests to the agent"),
            Err(Unanswered::TimedOut) => {
                self.0.log_limit_of(agent_id, "a request to the agent was not answered in time");
            }
            Ok(_) | Err(Unanswered::NotFound | Unanswered::Ended) => {}
        }
        answer
    }

    async fn answer_to(&self, agent_id: &str, request: Inbound) -> Result<HttpResponse, Unanswered> {
        self.0.ready.wait().await;
        let (answer, answered) = oneshot::channel();
        self.0.ask(agent_id, Told::Request(Box::new(request), answer))?;
        match timeout(self.0.config.answer_timeout, answered).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(Unanswered::Ended),
            Err(_) => Err(Unanswered::TimedOut),
        }
    }

    /// Returns how many agents there are.
    pub fn count(&self) -> AgentCounts {
        let registry = self.0.registry();
        AgentCounts { awake: registry.by_device.len() - registry.asleep, asleep: registry.asleep }
    }

    /// Starts all agents on `threads`, and more as devices get code, until told to stop; then ends them.
    pub async fn run(self, threads: runtime::Handle, stop: CancellationToken) {
        let shared = &self.0;
        let _ = shared.threads.set(threads);
        let mut wakes = shared.store.wakes();
        if let Err(error) = shared.store.stop_all_agents(shared.clock.now_ms()).await {
            tracing::warn!(cause = %error, "cannot note yet that no agent runs");
        }
        shared.find_sleeping().await;
        shared.start_where_due(None).await;
        let _ = shared.ready.set(());
        let mut away_check = tokio::time::interval(AWAY_CHECK);
        loop {
            let alarm = shared.next_alarm();
            let wake = tokio::select! {
                () = stop.cancelled() => break,
                wake = wakes.recv() => wake,
                () = sleep(alarm) => {
                    shared.rouse_due();
                    continue;
                }
                () = shared.alarm.notified() => continue,
                _ = away_check.tick() => {
                    shared.stop_where_away().await;
                    continue;
                }
            };
            match wake {
                Ok(Wake::Device(device)) => shared.wake(&device),
                Ok(Wake::DeviceGroup(group)) => {
                    shared.programs.forget(&group);
                    shared.wake_group(Some(&group));
                    shared.start_where_due(Some(&group)).await;
                }
                Ok(Wake::Accounts) => {
                    shared.wake_group(None);
                    shared.start_where_due(None).await;
                }
                Ok(Wake::VirtualImp(_) | Wake::Webhooks) => {}
                Err(RecvError::Lagged(_)) => {
                    shared.programs.forget_all();
                    shared.wake_group(None);
                    shared.start_where_due(None).await;
                }
                Err(RecvError::Closed) => break,
            }
        }
        shared.stop.cancel();
        shared.lives.close();
        if timeout(FAREWELL, shared.lives.wait()).await.is_err() {
            tracing::warn!("some agents did not end in time");
        }
        if let Err(error) = shared.store.stop_all_agents(shared.clock.now_ms()).await {
            tracing::warn!(cause = %error, "cannot note that no agent runs; the next start does");
        }
    }
}

impl Shared {
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By what the agents of an account reach servers.
    fn outbound_of(&self, account: &str) -> Outbound {
        self.outbound_of.get(account).unwrap_or(&self.outbound).clone()
    }

    /// What a program's numbers are drawn from: others for each life.
    fn seed(&self) -> u64 {
        self.seed ^ self.lives_begun.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// Since when, Unix time in milliseconds, devices must have been away for their agents to stop.
    fn away_ms(&self) -> i64 {
        let limit_ms = self.config.away_limit.and_then(|limit| i64::try_from(limit.as_millis()).ok());
        limit_ms.map_or(i64::MIN, |limit_ms| self.clock.now_ms().saturating_sub(limit_ms))
    }

    /// Tells a device's agent something.
    fn tell(self: &Arc<Self>, device: &DeviceId, told: Told) -> Result<(), Undelivered> {
        let mut registry = self.registry();
        match registry.by_device.get(device) {
            None => Err(Undelivered::NoAgent),
            Some(Entry::Awake(handle)) => handle.tell(told),
            Some(Entry::Asleep(_)) => {
                self.rouse(&mut registry, device, Some(told));
                Ok(())
            }
        }
    }

    /// Gives an agent a request to its URL.
    fn ask(self: &Arc<Self>, agent_id: &str, request: Told) -> Result<(), Unanswered> {
        let mut registry = self.registry();
        let device = registry.by_agent.get(agent_id).ok_or(Unanswered::NotFound)?;
        match registry.by_device.get(device).ok_or(Unanswered::NotFound)? {
            Entry::Awake(handle) if !handle.takes_request(&self.config) => Err(Unanswered::TooMany),
            Entry::Awake(handle) => handle.tell(request).map_err(|undelivered| match undelivered {
                Undelivered::Full => Unanswered::TooMany,
                Undelivered::NoAgent => Unanswered::NotFound,
            }),
            Entry::Asleep(_) => {
                let device = device.clone();
                self.rouse(&mut registry, &device, Some(request));
                Ok(())
            }
        }
    }

    /// Whether a device has an agent that wants to hear of its coming and going. One that sleeps may not.
    fn is_heard(&self, device: &DeviceId) -> bool {
        match self.registry().by_device.get(device) {
            None => false,
            Some(Entry::Awake(_)) => true,
            Some(Entry::Asleep(asleep)) => asleep.wants_connection,
        }
    }

    /// Enters the agents that sleep since the server ran before.
    async fn find_sleeping(self: &Arc<Self>) {
        let found = match self.store.sleeping_agents().await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(cause = %error, "cannot find the agents that sleep; they start afresh");
                return;
            }
        };
        let mut registry = self.registry();
        for SleepingAgent { device, agent_id, group, kind, wake_ms, wants_connection } in found {
            registry.by_agent.insert(agent_id.clone(), device.clone());
            let place = Place { group: Some(group), log_type: LogType::of(Some(kind)), agent_id };
            registry.lay_down(device, Asleep { place, wake_ms, wants_connection });
        }
    }

    /// Starts the agents of devices that have none and should.
    async fn start_where_due(self: &Arc<Self>, group: Option<&DeviceGroupId>) {
        match self.store.devices_with_agents(group, self.away_ms()).await {
            Ok(found) => {
                for (device, agent_id) in found {
                    self.ensure(&device, agent_id);
                }
            }
            Err(error) => tracing::error!(cause = %error, "cannot find out which agents are to run"),
        }
    }

    /// Has the agents of devices look at their orders that have been away for too long.
    async fn stop_where_away(self: &Arc<Self>) {
        match self.store.devices_away(self.away_ms()).await {
            Ok(devices) => devices.iter().for_each(|device| self.wake(device)),
            Err(error) => tracing::warn!(cause = %error, "cannot find out which devices are away"),
        }
    }

    /// Has an agent look at its orders; makes it if it is not there.
    fn wake(self: &Arc<Self>, device: &DeviceId) {
        // A full inbox is read soon, and orders are read once it is.
        if self.tell(device, Told::Wake) == Err(Undelivered::NoAgent) {
            self.ensure(device, String::new());
        }
    }

    fn wake_group(self: &Arc<Self>, group: Option<&DeviceGroupId>) {
        let is_of = |entry: &Entry| group.is_none() || entry.group().as_ref() == group;
        let found: Vec<DeviceId> = {
            let registry = self.registry();
            registry.by_device.iter().filter(|(_, entry)| is_of(entry)).map(|(device, _)| device.clone()).collect()
        };
        for device in found {
            self.wake(&device);
        }
    }

    /// Begins the life of a device's agent, unless it has begun. It finds out itself whether there is anything to do; where its
    /// id is known, requests wait for it.
    fn ensure(self: &Arc<Self>, device: &DeviceId, agent_id: String) {
        let mut registry = self.registry();
        if !registry.by_device.contains_key(device) {
            if !agent_id.is_empty() {
                registry.by_agent.insert(agent_id.clone(), device.clone());
            }
            self.begin(&mut registry, device, Place { agent_id, ..Place::NOWHERE }, None, None);
        }
    }

    /// Wakes an agent that sleeps.
    fn rouse(self: &Arc<Self>, registry: &mut Registry, device: &DeviceId, told: Option<Told>) {
        if let Some(asleep) = registry.take_asleep(device) {
            self.begin(registry, device, asleep.place.clone(), Some(asleep), told);
        }
    }

    /// Begins a life, of one that slept perhaps, and with what it is told first.
    fn begin(
        self: &Arc<Self>,
        registry: &mut Registry,
        device: &DeviceId,
        place: Place,
        asleep: Option<Box<Asleep>>,
        told: Option<Told>,
    ) {
        let Some(threads) = self.threads.get().filter(|_| !self.stop.is_cancelled()) else { return };
        let (sender, inbox) = mpsc::channel(MOST_WAITING);
        if let Some(told) = told {
            let _ = sender.try_send(told);
        }
        let handle = Arc::new(Handle {
            told: sender,
            place: Mutex::new(place),
            rate: Mutex::new(Rate { left: self.config.request_burst.into(), at: Instant::now() }),
        });
        registry.by_device.insert(device.clone(), Entry::Awake(Arc::clone(&handle)));
        let life = life::live(Arc::clone(self), device.clone(), handle, inbox, asleep);
        self.lives.spawn_on(life, threads);
    }

    /// Takes an agent out of the registry. Not if it was told something since it looked last, which there was nobody to hear:
    /// it is to look again.
    fn leave(&self, device: &DeviceId, inbox: &mut mpsc::Receiver<Told>) -> bool {
        let mut registry = self.registry();
        let mut was_told = false;
        while inbox.try_recv().is_ok() {
            was_told = true;
        }
        if was_told && !self.stop.is_cancelled() {
            return false;
        }
        registry.by_device.remove(device);
        true
    }

    /// Notes that an agent sleeps, unless it was told something since it looked last.
    fn fall_asleep(&self, device: &DeviceId, inbox: &mpsc::Receiver<Told>, asleep: Asleep) -> Result<(), Asleep> {
        let mut registry = self.registry();
        if !inbox.is_empty() {
            return Err(asleep);
        }
        let is_first = |wake_ms| registry.alarms.first().is_none_or(|(first_ms, _)| wake_ms < *first_ms);
        if asleep.wake_ms.is_some_and(is_first) {
            self.alarm.notify_one();
        }
        registry.lay_down(device.clone(), asleep);
        Ok(())
    }

    /// How long it is to the next alarm, or until it is worth looking again.
    fn next_alarm(&self) -> Duration {
        let Some(&(wake_ms, _)) = self.registry().alarms.first() else { return LONGEST_ALARM };
        let wait_ms = u64::try_from(wake_ms.saturating_sub(self.clock.now_ms())).unwrap_or(0);
        Duration::from_millis(wait_ms).min(LONGEST_ALARM)
    }

    /// Wakes those whose timers are due.
    fn rouse_due(self: &Arc<Self>) {
        let now_ms = self.clock.now_ms();
        let mut registry = self.registry();
        while let Some((_, device)) = registry.alarms.first().filter(|(wake_ms, _)| *wake_ms <= now_ms).cloned() {
            self.rouse(&mut registry, &device, None);
        }
    }

    /// Notes what an agent is called, or that it is called nothing any more.
    fn call(&self, device: &DeviceId, handle: &Handle, place: Place) {
        let mut registry = self.registry();
        registry.by_agent.remove(&handle.place().agent_id);
        if !place.agent_id.is_empty() {
            registry.by_agent.insert(place.agent_id.clone(), device.clone());
        }
        *handle.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    fn log(&self, device: &DeviceId, handle: &Handle, source: LogSource, message: String) {
        let Place { group, log_type, .. } = handle.place();
        self.logs.push(NewLine { device: device.clone(), group, log_type, source, message: shortened(message) });
    }

    /// Logs that an agent has reached a limit, unless the log says so already.
    fn log_limit(&self, device: &DeviceId, place: Place, limit: &'static str) {
        let Place { group, log_type, .. } = place;
        let (device, source, message) = (device.clone(), LogSource::AgentError, format!("ERROR: {limit}"));
        self.logs.push_limit(limit, NewLine { device, group, log_type, source, message });
    }

    /// The same for an agent of which only the id is known.
    fn log_limit_of(&self, agent_id: &str, limit: &'static str) {
        let found = {
            let registry = self.registry();
            let device = registry.by_agent.get(agent_id);
            device.and_then(|device| Some((device.clone(), registry.by_device.get(device)?.place())))
        };
        if let Some((device, place)) = found {
            self.log_limit(&device, place, limit);
        }
    }
}

impl Registry {
    /// Enters an agent that sleeps.
    fn lay_down(&mut self, device: DeviceId, asleep: Asleep) {
        if let Some(wake_ms) = asleep.wake_ms {
            self.alarms.insert((wake_ms, device.clone()));
        }
        self.asleep += 1;
        self.by_device.insert(device, Entry::Asleep(Box::new(asleep)));
    }

    /// Takes an agent out that sleeps.
    fn take_asleep(&mut self, device: &DeviceId) -> Option<Box<Asleep>> {
        let Some(Entry::Asleep(_)) = self.by_device.get(device) else { return None };
        let Some((device, Entry::Asleep(asleep))) = self.by_device.remove_entry(device) else { return None };
        self.asleep -= 1;
        if let Some(wake_ms) = asleep.wake_ms {
            self.alarms.remove(&(wake_ms, device));
        }
        Some(asleep)
    }
}

impl Entry {
    fn place(&self) -> Place {
        match self {
            Entry::Awake(handle) => handle.place(),
            Entry::Asleep(asleep) => asleep.place.clone(),
        }
    }

    fn group(&self) -> Option<DeviceGroupId> {
        self.place().group
    }
}

impl Handle {
    fn tell(&self, told: Told) -> Result<(), Undelivered> {
        self.told.try_send(told).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Undelivered::Full,
            mpsc::error::TrySendError::Closed(_) => Undelivered::NoAgent,
        })
    }

    fn place(&self) -> Place {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn takes_request(&self, config: &AgentConfig) -> bool {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let more = now.duration_since(rate.at).as_secs_f64() * config.requests_per_s;
        rate.left = (rate.left + more).min(config.request_burst.into());
        rate.at = now;
        let takes = rate.left >= 1.0;
        if takes {
            rate.left -= 1.0;
        }
        takes
    }
}

/// A line for the log, cut if it is too long, and then with its length.
fn shortened(line: String) -> String {
    if line.len() <= LONGEST_LINE {
        return line;
    }
    let end = (0..=LONGEST_LINE).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
    format!("{}... ({} bytes)", &line[..end], line.len())
}

/// What a failure of the store means to somebody who can try again.
fn is_passing(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}
