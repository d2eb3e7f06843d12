//! The line: the server's side of the device protocol.
//!
//! One task per connection ([`Line::converse`]) owns all that is said on it. Others reach it through its handle in the
//! registry: they wake it to read its orders from the store again, give it messages, or tell it to end.

mod environment;
mod programs;
mod registry;
mod session;
mod transport;

pub(crate) use environment::environment;
pub use registry::Sent;
pub(crate) use transport::Moved;
pub use transport::{Pipe, Received, Transport, pipe};

use crate::{Agents, Logs, NewLine};
use impstead_device_protocol::{DEFAULT_HEARTBEAT_S, Value};
use impstead_model::{Clock, DeviceId, Entropy, LogSource};
use impstead_store::{Store, StoreError, Wake};
use programs::Programs;
use registry::{Place, Registry};
use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Mutex, OnceCell, Semaphore, broadcast::error::RecvError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Handshakes under way at once; a connection beyond that waits, within the time that a handshake has.
const HANDSHAKES: usize = 1024;

/// Locks among which devices are spread while they connect.
const SHARDS: usize = 1024;

/// How long sessions may take to end when the server stops.
const FAREWELL: Duration = Duration::from_secs(7);

/// How the line is set up.
#[derive(Clone, Debug)]
pub struct LineConfig {
    /// Names by which devices know this server, each as [`server_identity`](impstead_device_protocol::server_identity)
    /// writes it.
    pub identities: Vec<String>,
    /// Heartbeat of devices that ask for none, in seconds.
    pub heartbeat_s: u32,
}

impl Default for LineConfig {
    fn default() -> Self {
        Self { identities: Vec::new(), heartbeat_s: DEFAULT_HEARTBEAT_S }
    }
}

/// The line. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Line(Arc<Shared>);

struct Shared {
    store: Store,
    logs: Logs,
    agents: Agents,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    config: LineConfig,
    registry: Registry,
    handshakes: Semaphore,
    /// Held while a device is marked as connected and entered, so that the store and the registry agree on which of two
    /// connections is the newer.
    entering: Vec<Mutex<()>>,
    hasher: RandomState,
    /// Whether the connections of an earlier run are forgotten.
    swept: OnceCell<()>,
    programs: Programs,
    stopping: AtomicBool,
    /// Cuts sessions off that do not end in time.
    cut: CancellationToken,
    sessions: TaskTracker,
}

impl Line {
    /// Begins. Devices hear of changes only while [`Line::run`] runs.
    pub fn new(
        store: Store,
        logs: Logs,
        agents: Agents,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        config: LineConfig,
    ) -> Self {
        let line = Self(Arc::new(Shared {
            store,
            logs,
            agents,
            clock,
            entropy,
            config,
            registry: Registry::default(),
            handshakes: Semaphore::new(HANDSHAKES),
            entering: (0..SHARDS).map(|_| Mutex::new(())).collect(),
            hasher: RandomState::new(),
            swept: OnceCell::new(),
            programs: Programs::default(),
            stopping: AtomicBool::new(false),
            cut: CancellationToken::new(),
            sessions: TaskTracker::new(),
        }));
        line.0.agents.reach_devices_by(line.clone());
        line
    }

    /// Talks with a device from the challenge to the end of its connection.
    pub async fn converse(&self, transport: impl Transport, address: Option<IpAddr>) {
        let _counted = self.0.sessions.token();
        if self.0.cut.is_cancelled() {
            // It comes after the last of the others went.
            return session::turn_away(transport).await;
        }
        tokio::select! {
            biased;
            () = self.0.cut.cancelled() => {}
            () = session::converse(&self.0, transport, address) => {}
        }
    }

    /// Queues a message from a device's agent. One for which there is no room is dropped, which the device's log tells.
    pub fn send(&self, device: &DeviceId, name: &[u8], value: Value) -> Sent {
        let (sent, place) = self.0.registry.send(device, name, value);
        if let Some(Place { group, log_type }) = place {
            let why = if sent == Sent::Full { "too much waits for the device" } else { "it is too large" };
            let message = format!("ERROR: device.send({:?}) was dropped: {why}", String::from_utf8_lossy(name));
            let source = LogSource::AgentError;
            self.0.logs.push_limit(why, NewLine { device: device.clone(), group, log_type, source, message });
        }
        sent
    }

    /// Returns how many devices are connected.
    pub fn connected(&self) -> usize {
        self.0.registry.len()
    }

    /// Passes on what is committed to the devices concerned, until told to stop; then sends all devices away, and waits
    /// until they are.
    pub async fn run(self, stop: CancellationToken) {
        let shared = &*self.0;
        let mut wakes = shared.store.wakes();
        if let Err(error) = shared.sweep().await {
            tracing::warn!(cause = %error, "cannot mark devices as disconnected yet");
        }
        loop {
            let wake = tokio::select! {
                () = stop.cancelled() => break,
                wake = wakes.recv() => wake,
            };
            match wake {
                Ok(Wake::Device(device)) => shared.registry.wake(&device),
                Ok(Wake::DeviceGroup(group)) => {
                    shared.programs.forget(&group);
                    shared.registry.wake_all(Some(&group));
                }
                Ok(Wake::Accounts | Wake::VirtualImp(_) | Wake::Webhooks) => {}
                Err(RecvError::Lagged(_)) => {
                    shared.programs.forget_all();
                    shared.registry.wake_all(None);
                }
                Err(RecvError::Closed) => break,
            }
        }
        shared.stopping.store(true, Ordering::SeqCst);
        shared.registry.send_away();
        shared.sessions.close();
        if tokio::time::timeout(FAREWELL, shared.sessions.wait()).await.is_err() {
            tracing::warn!("some devices did not go in time and were cut off");
        }
        shared.cut.cancel();
        shared.sessions.wait().await;
        if let Err(error) = shared.store.disconnect_all_devices(shared.clock.now_ms()).await {
            tracing::warn!(cause = %error, "cannot mark the last devices as disconnected; the next start does");
        }
    }
}

impl Shared {
    /// Marks the devices of an earlier run as disconnected, once, before the first one connects.
    async fn sweep(&self) -> Result<(), StoreError> {
        let sweep = async || self.store.disconnect_all_devices(self.clock.now_ms()).await.map(drop);
        self.swept.get_or_try_init(sweep).await.copied()
    }

    fn entering(&self, device: &DeviceId) -> &Mutex<()> {
        &self.entering[usize::try_from(self.hasher.hash_one(device) % SHARDS as u64).expect("it is below 64")]
    }
}
