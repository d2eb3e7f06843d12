//! Agents: every device's program in the cloud.
//!
//! One task per agent ([`life`]) owns its machine. Others reach it through its handle in the registry: they wake it to read its
//! orders from the store again, give it messages of its device, or requests to its URL. Agents run on threads of their own, in
//! slices, so that none keeps others waiting, least of all the API.

mod life;
mod programs;
mod requests;

use crate::{Line, Logs, NewLine, Outbound};
use impstead_device_protocol::Value;
use impstead_model::{Clock, DeviceGroupId, DeviceId, LogSource, LogType};
use impstead_store::{Store, StoreError, Wake};
use platform::{Event, HttpResponse, Inbound};
use programs::Programs;
use squirrel::Image;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    runtime,
    sync::{broadcast::error::RecvError, mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What may wait for an agent; beyond that, requests are refused and messages lost.
const MOST_WAITING: usize = 256;

/// Requests to an agent's URL at once, and each second in the long run.
///
/// # Source
/// The vendor's staff: about 20 a second.
const REQUEST_BURST: f64 = 40.0;
const REQUESTS_EACH_S: f64 = 20.0;

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
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self { url: String::new(), heap_bytes: 1 << 20, answer_timeout: Duration::from_secs(90) }
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
    config: AgentConfig,
    image: Image,
    programs: Programs,
    registry: Mutex<Registry>,
    line: OnceLock<Line>,
    stop: CancellationToken,
    lives: TaskTracker,
}

#[derive(Default)]
struct Registry {
    by_device: HashMap<DeviceId, Arc<Handle>>,
    by_agent: HashMap<String, DeviceId>,
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
    Event(Event),
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
        Self(Arc::new(Shared {
            store,
            logs,
            clock,
            outbound,
            config,
            image: platform::agent_image(seed),
            programs: Programs::default(),
            registry: Mutex::default(),
            line: OnceLock::new(),
            stop: CancellationToken::new(),
            lives: TaskTracker::new(),
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
        let handle = self.0.registry().by_device.get(device).cloned().ok_or(Undelivered::NoAgent)?;
        let told = Told::Event(Event::Message { name: name.into(), data });
        handle.told.try_send(told).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Undelivered::Full,
            mpsc::error::TrySendError::Closed(_) => Undelivered::NoAgent,
        })
    }

    /// Tells the agent of a device that this has connected.
    pub fn device_connected(&self, device: &DeviceId, ip_address: Option<String>) {
        self.0.tell(device, Told::Event(Event::Connected { ip_address }));
    }

    /// Tells the agent of a device that this has disconnected.
    pub fn device_disconnected(&self, device: &DeviceId) {
        self.0.tell(device, Told::Event(Event::Disconnected));
    }

    /// Has an agent answer a request to its URL.
    ///
    /// # Errors
    /// If it does not.
    pub async fn request(&self, agent_id: &str, request: Inbound) -> Result<HttpResponse, Unanswered> {
        let handle = {
            let registry = self.0.registry();
            let device = registry.by_agent.get(agent_id).ok_or(Unanswered::NotFound)?;
            Arc::clone(registry.by_device.get(device).ok_or(Unanswered::NotFound)?)
        };
        if !handle.takes_request() {
            return Err(Unanswered::TooMany);
        }
        let (answer, answered) = oneshot::channel();
        handle.told.try_send(Told::Request(Box::new(request), answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Unanswered::TooMany,
            mpsc::error::TrySendError::Closed(_) => Unanswered::NotFound,
        })?;
        match timeout(self.0.config.answer_timeout, answered).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(Unanswered::Ended),
            Err(_) => Err(Unanswered::TimedOut),
        }
    }

    /// Returns how many agents run.
    pub fn running(&self) -> usize {
        self.0.registry().by_agent.len()
    }

    /// Starts all agents on `threads`, and more as devices get code, until told to stop; then ends them.
    pub async fn run(self, threads: runtime::Handle, stop: CancellationToken) {
        let shared = &self.0;
        let mut wakes = shared.store.wakes();
        if let Err(error) = shared.store.stop_all_agents(shared.clock.now_ms()).await {
            tracing::warn!(cause = %error, "cannot note yet that no agent runs");
        }
        shared.start_where_due(None, &threads).await;
        loop {
            let wake = tokio::select! {
                () = stop.cancelled() => break,
                wake = wakes.recv() => wake,
            };
            match wake {
                Ok(Wake::Device(device)) => shared.wake(device, &threads),
                Ok(Wake::DeviceGroup(group)) => {
                    shared.programs.forget(&group);
                    shared.wake_group(Some(&group));
                    shared.start_where_due(Some(&group), &threads).await;
                }
                Ok(Wake::Webhooks) => {}
                Err(RecvError::Lagged(_)) => {
                    shared.programs.forget_all();
                    shared.wake_group(None);
                    shared.start_where_due(None, &threads).await;
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

    fn tell(&self, device: &DeviceId, told: Told) -> bool {
        let handle = self.registry().by_device.get(device).cloned();
        handle.is_some_and(|handle| handle.told.try_send(told).is_ok())
    }

    /// Starts the agents of devices that have none and should.
    async fn start_where_due(self: &Arc<Self>, group: Option<&DeviceGroupId>, threads: &runtime::Handle) {
        match self.store.devices_with_agents(group).await {
            Ok(devices) => devices.into_iter().for_each(|device| self.ensure(device, threads)),
            Err(error) => tracing::error!(cause = %error, "cannot find out which agents are to run"),
        }
    }

    /// Has an agent look at its orders; makes it if it is not there.
    fn wake(self: &Arc<Self>, device: DeviceId, threads: &runtime::Handle) {
        let handle = self.registry().by_device.get(&device).cloned();
        match handle {
            Some(handle) => handle.wake(),
            None => self.ensure(device, threads),
        }
    }

    fn wake_group(&self, group: Option<&DeviceGroupId>) {
        for handle in self.registry().by_device.values() {
            if group.is_none() || handle.place().group.as_ref() == group {
                handle.wake();
            }
        }
    }

    /// Begins the life of a device's agent, unless it has begun. It finds out itself whether there is anything to do.
    fn ensure(self: &Arc<Self>, device: DeviceId, threads: &runtime::Handle) {
        let mut registry = self.registry();
        if self.stop.is_cancelled() || registry.by_device.contains_key(&device) {
            return;
        }
        let (told, inbox) = mpsc::channel(MOST_WAITING);
        let handle = Arc::new(Handle {
            told,
            place: Mutex::new(Place::NOWHERE),
            rate: Mutex::new(Rate { left: REQUEST_BURST, at: Instant::now() }),
        });
        registry.by_device.insert(device.clone(), Arc::clone(&handle));
        let life = life::live(Arc::clone(self), device, handle, inbox);
        self.lives.spawn_on(life, threads);
    }

    /// Takes an agent out of the registry, unless it was told something since it looked last.
    fn leave(&self, device: &DeviceId, inbox: &mut mpsc::Receiver<Told>) -> bool {
        let mut registry = self.registry();
        if inbox.try_recv().is_ok() && !self.stop.is_cancelled() {
            return false;
        }
        registry.by_device.remove(device);
        true
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
        self.logs.push(NewLine { device: device.clone(), group, log_type, source, message });
    }
}

impl Handle {
    /// A full inbox is read soon, and orders are read once it is.
    fn wake(&self) {
        let _ = self.told.try_send(Told::Wake);
    }

    fn place(&self) -> Place {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn takes_request(&self) -> bool {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let more = now.duration_since(rate.at).as_secs_f64() * REQUESTS_EACH_S;
        rate.left = (rate.left + more).min(REQUEST_BURST);
        rate.at = now;
        let takes = rate.left >= 1.0;
        if takes {
            rate.left -= 1.0;
        }
        takes
    }
}

/// What a failure of the store means to somebody who can try again.
fn is_passing(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}
