//! What is done to imps from outside while they live, and how those who look on see it.

use super::Imps;
use futures_util::future::BoxFuture;
use impstead_model::DeviceId;
use platform::board::{Change, Seen};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::timeout,
};

/// Askers that wait for an imp; whoever comes then waits outside.
pub const ASKS: usize = 16;

/// Changes that wait for those who look on; who is slower loses the oldest, and is told so.
const CHANGES: usize = 1024;

/// How long an imp may take to answer: it may be waiting for the store.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What an imp is asked for from outside.
#[derive(Debug)]
pub enum Ask {
    /// That something is done to it.
    Change(Change),
    /// What there is to see.
    See(oneshot::Sender<Vec<Seen>>),
    /// That it lets a factory fixture configure it. It answers whether it was blank, and so did.
    BlinkUp {
        /// The fixture's id.
        fixture: String,
        /// Where it answers.
        answer: oneshot::Sender<bool>,
    },
    /// That it, a factory fixture, knows which device it has configured; none, if there was none.
    BlinkedUp(Option<String>),
}

/// Something that was seen, and when: Unix time in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// When.
    pub at_ms: i64,
    /// What.
    pub seen: Seen,
}

/// Ways to imps, by device.
#[derive(Default)]
pub(super) struct Hands(Mutex<HashMap<DeviceId, Hand>>);

/// The way to an imp that has power or is looked at.
#[derive(Default)]
struct Hand {
    asks: Option<mpsc::Sender<Ask>>,
    sights: Sights,
}

/// Where those look who look on. There is room for what they see once somebody does: most imps are by themselves.
#[derive(Clone, Default)]
pub(super) struct Sights(Arc<OnceLock<broadcast::Sender<Arc<Sight>>>>);

impl Sights {
    fn look(&self) -> broadcast::Receiver<Arc<Sight>> {
        self.0.get_or_init(|| broadcast::channel(CHANGES).0).subscribe()
    }

    pub(super) fn is_watched(&self) -> bool {
        self.0.get().is_some_and(|sights| sights.receiver_count() > 0)
    }

    pub(super) fn show(&self, sight: Sight) {
        if let Some(sights) = self.0.get() {
            // Who has gone does not want to know.
            let _ = sights.send(Arc::new(sight));
        }
    }
}

/// The imp's end.
pub(super) struct Reached {
    pub asks: mpsc::Receiver<Ask>,
    pub sights: Sights,
}

impl Hands {
    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceId, Hand>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An imp has power from now on. Who looks on has looked at the one before it too.
    pub(super) fn reach(&self, device: &DeviceId) -> Reached {
        let (asker, asks) = mpsc::channel(ASKS);
        let mut hands = self.lock();
        let hand = hands.entry(device.clone()).or_default();
        hand.asks = Some(asker);
        Reached { asks, sights: hand.sights.clone() }
    }

    /// An imp has no power any more.
    pub(super) fn leave(&self, device: &DeviceId) {
        let mut hands = self.lock();
        if hands.get(device).is_some_and(|hand| !hand.is_needed()) {
            hands.remove(device);
        }
    }

    pub(super) fn asks(&self, device: &DeviceId) -> Option<mpsc::Sender<Ask>> {
        self.lock().get(device)?.asks.clone().filter(|asks| !asks.is_closed())
    }

    fn watch(&self, device: &DeviceId) -> broadcast::Receiver<Arc<Sight>> {
        let mut hands = self.lock();
        hands.retain(|_, hand| hand.is_needed());
        hands.entry(device.clone()).or_default().sights.look()
    }
}

impl Hand {
    fn is_needed(&self) -> bool {
        self.sights.is_watched() || self.asks.as_ref().is_some_and(|asks| !asks.is_closed())
    }
}

impl Imps {
    /// Does things to an imp, one after the other; to one without power, nothing.
    pub async fn change(&self, device: &DeviceId, changes: Vec<Change>) {
        let Some(asks) = self.0.hands.asks(device) else { return };
        for change in changes {
            if !matches!(timeout(PATIENCE, asks.send(Ask::Change(change))).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// What there is to see at an imp; `None` if it has no power, or does not answer.
    pub async fn see(&self, device: &DeviceId) -> Option<Vec<Seen>> {
        let asks = self.0.hands.asks(device)?;
        let (answer, answered) = oneshot::channel();
        let seen = async {
            asks.send(Ask::See(answer)).await.ok()?;
            answered.await.ok()
        };
        timeout(PATIENCE, seen).await.ok()?
    }

    /// What changes on an imp's outputs from now on, whether or not it has power now.
    pub fn watch(&self, device: &DeviceId) -> broadcast::Receiver<Arc<Sight>> {
        self.0.hands.watch(device)
    }
}

/// Waits for somebody who asks; for ever, if nobody can any more.
pub fn next_ask(asks: &mut mpsc::Receiver<Ask>) -> BoxFuture<'_, Ask> {
    Box::pin(async {
        match asks.recv().await {
            Some(ask) => ask,
            None => std::future::pending().await,
        }
    })
}
