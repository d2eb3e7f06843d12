//! Agents that do not sleep any more: the store hears of many of them at once, since every change of it costs those who read it
//! what they had in memory.

use super::is_passing;
use impstead_store::Store;
use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long others are waited for that wake, too. What an agent saves after it woke waits as long, once.
const GATHERING: Duration = Duration::from_millis(5);

/// How often the store is told again while it cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// Those of which the store has not heard yet. A cheap handle.
#[derive(Clone)]
pub struct Awake(Arc<Waiting>);

struct Waiting {
    store: Store,
    tasks: TaskTracker,
    stop: CancellationToken,
    agents: Mutex<Vec<(String, oneshot::Sender<()>)>>,
}

impl Awake {
    /// `tasks` are waited for when the server stops; a store that cannot be reached is not, after `stop`.
    pub fn new(store: Store, tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self(Arc::new(Waiting { store, tasks, stop, agents: Mutex::default() }))
    }

    /// Has the store hear of an agent, and says when it has.
    pub fn note(&self, agent_id: String) -> oneshot::Receiver<()> {
        let (noted, hears) = oneshot::channel();
        let mut agents = self.0.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.push((agent_id, noted));
        if agents.len() == 1 {
            self.0.tasks.spawn(tell(Arc::clone(&self.0)));
        }
        hears
    }
}

async fn tell(waiting: Arc<Waiting>) {
    sleep(GATHERING).await;
    let agents = mem::take(&mut *waiting.agents.lock().unwrap_or_else(PoisonError::into_inner));
    let (ids, noted): (Vec<String>, Vec<_>) = agents.into_iter().unzip();
    while let Err(error) = waiting.store.agents_woke(&ids).await {
        if !is_passing(&error) || waiting.stop.is_cancelled() {
            let agents = ids.len();
            tracing::error!(cause = %error, agents, "cannot note that agents are awake; after a restart they may be as they slept");
            break;
        }
        tracing::warn!(cause = %error, agents = ids.len(), "cannot note yet that agents are awake");
        let _ = timeout(RETRY, waiting.stop.cancelled()).await;
    }
    for noted in noted {
        let _ = noted.send(());
    }
}
