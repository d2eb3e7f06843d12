//! Virtual imps: devices that are programs. Those of the store live here, on the agents' threads, and talk with the line over pipes
//! in memory, as any device does; others are processes of their own, which live ([`live`]) just the same.
//!
//! A virtual imp of the store has no secret that anybody keeps: each time it is powered it gets a new one, whose public half the
//! store has from then on.

mod factory;
mod hand;
mod life;

pub use factory::{BlinkUp, factory_blink_up};
pub use hand::{ASKS, Ask, Sight, next_ask};
pub use life::{Home, Kept, News, live};

use hand::{Hands, Reached};

use crate::{Line, Pipe, line::pipe};
use futures_util::future::BoxFuture;
use imp::{Programs, Setup, Stored};
use impstead_device_protocol::{DeviceId as ProtocolId, DeviceSecret};
use impstead_model::{Clock, DeviceId, Entropy};
use impstead_store::{NewBoard, PoweredImp, Store, StoreError, Wake};
use platform::board::{Board, Change, Seen};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{runtime, sync::broadcast::error::RecvError, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

/// Frames that a pipe holds each way; whoever sends more waits.
const FRAMES: usize = 16;

/// How often the store is asked again while it cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// The virtual imps of the store. A cheap handle: clones share everything.
#[derive(Clone)]
pub struct Imps(Arc<Shared>);

struct Shared {
    store: Store,
    line: Line,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// The server's name, which imps sign.
    server: String,
    programs: Programs,
    hands: Hands,
}

/// A virtual imp that has power.
struct Powered {
    /// Which of its boards it is on.
    board_number: i64,
    off: CancellationToken,
    life: JoinHandle<()>,
}

impl Imps {
    /// Begins. They live only while [`Imps::run`] runs.
    pub fn new(
        store: Store,
        line: Line,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        server: String,
        seed: u64,
    ) -> Self {
        Self(Arc::new(Shared {
            store,
            line,
            clock,
            entropy,
            server,
            programs: Programs::new(seed),
            hands: Hands::default(),
        }))
    }

    /// Powers those that are started, on `threads`, and others as they are started, until told to stop.
    pub async fn run(self, threads: runtime::Handle, stop: CancellationToken) {
        let mut wakes = self.0.store.wakes();
        let mut powered = HashMap::new();
        self.look_at_all(&threads, &mut powered).await;
        loop {
            let wake = tokio::select! {
                () = stop.cancelled() => break,
                wake = wakes.recv() => wake,
            };
            match wake {
                Ok(Wake::VirtualImp(device)) => self.look_at(&device, &threads, &mut powered).await,
                // It may have been deleted.
                Ok(Wake::Device(device)) if powered.contains_key(&device) => {
                    self.look_at(&device, &threads, &mut powered).await;
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.look_at_all(&threads, &mut powered).await,
                Err(RecvError::Closed) => break,
            }
        }
        for Powered { off, .. } in powered.values() {
            off.cancel();
        }
        for (_, Powered { life, .. }) in powered {
            let _ = life.await;
        }
    }

    async fn look_at_all(&self, threads: &runtime::Handle, powered: &mut HashMap<DeviceId, Powered>) {
        let started = match self.0.store.started_virtual_imps().await {
            Ok(started) => started,
            Err(error) => return tracing::error!(cause = %error, "cannot find the virtual imps that are started"),
        };
        let has_power: HashSet<&DeviceId> = started.iter().map(|(device, _)| device).collect();
        powered.retain(|device, imp| has_power.contains(device) || imp.ends());
        // They may be on another board.
        for (device, board_number) in &started {
            self.power(device, *board_number, threads, powered);
        }
    }

    /// Sees to it that an imp has power if it is started, else none.
    async fn look_at(&self, device: &DeviceId, threads: &runtime::Handle, powered: &mut HashMap<DeviceId, Powered>) {
        match self.0.store.virtual_imp(device).await {
            Ok(Some(found)) if found.is_started => self.power(device, found.board_number, threads, powered),
            Ok(_) => {
                if powered.get(device).is_some_and(|imp| !imp.ends()) {
                    powered.remove(device);
                }
            }
            Err(error) => tracing::error!(cause = %error, %device, "cannot tell whether a virtual imp is started"),
        }
    }

    fn power(
        &self,
        device: &DeviceId,
        board_number: i64,
        threads: &runtime::Handle,
        powered: &mut HashMap<DeviceId, Powered>,
    ) {
        let lives = |imp: &Powered| !imp.off.is_cancelled() && !imp.life.is_finished();
        if powered.get(device).is_some_and(|imp| lives(imp) && imp.board_number == board_number) {
            return;
        }
        // The life before ends first.
        let before = powered.remove(device).map(|imp| {
            imp.off.cancel();
            imp.life
        });
        let reached = self.0.hands.reach(device);
        let off = CancellationToken::new();
        let (shared, named, stop) = (Arc::clone(&self.0), device.clone(), off.clone());
        let life = threads.spawn(async move {
            if let Some(before) = before {
                let _ = before.await;
            }
            let powered = tokio::select! {
                powered = shared.power(&named) => powered,
                () = stop.cancelled() => None,
            };
            let home =
                InServer { shared: Arc::clone(&shared), device: named.clone(), reached, blink_up: BlinkUp::default() };
            if let Some((setup, kept)) = powered {
                let seed = u64::from_le_bytes(shared.entropy.bytes());
                live(setup, shared.programs.clone(), kept, seed, &*shared.clock, home, stop).await;
            }
            shared.hands.leave(&named);
        });
        powered.insert(device.clone(), Powered { board_number, off, life });
    }
}

impl Shared {
    /// Gives an imp a secret, and finds out what it is and has kept; nothing if it is not to have power.
    async fn power(&self, device: &DeviceId) -> Option<(Setup, Kept)> {
        let secret = DeviceSecret::from_seed(&self.entropy.bytes());
        let PoweredImp { imp_type, board, board_number: _, inputs, kept, flash } = loop {
            match self.store.power_virtual_imp(device, secret.public_key()).await {
                Ok(powered) => break powered?,
                Err(error) => {
                    tracing::warn!(cause = %error, %device, "cannot power a virtual imp");
                    if !matches!(error, StoreError::Unavailable(_)) {
                        return None;
                    }
                    sleep(RETRY).await;
                }
            }
        };
        let id = ProtocolId::parse(device.as_str())?;
        let stored = kept.and_then(|kept| Stored::from_bytes(&kept)).unwrap_or_default();
        let board = Arc::new(board_of(board.as_ref(), &imp_type));
        // What a former version understood may mean nothing now; then the board has its way.
        let inputs = inputs.iter().filter_map(|(name, value)| Change::parse(&board, name, value).ok()).collect();
        let setup = Setup::new(id, secret, self.server.clone(), &board);
        Some((setup, Kept { stored, flash, inputs }))
    }
}

/// The board that a virtual imp is on; without one, that of nothing but an imp of its type.
pub fn board_of(board: Option<&NewBoard>, imp_type: &str) -> Board {
    let own = board.and_then(|board| match &board.file {
        Some(text) => Board::parse(text).ok(),
        None => Board::ready(&board.name),
    });
    own.unwrap_or_else(|| bare(imp_type))
}

/// A board with nothing but an imp of a type, as devices are called.
fn bare(imp_type: &str) -> Board {
    let name = if imp_type == "imp004" { "imp004m" } else { imp_type };
    Board::parse(&format!("imp = \"{name}\""))
        .or_else(|_| Board::parse("imp = \"imp006\""))
        .expect("there are such boards")
}

impl Powered {
    /// Takes its power away. Says whether it still has to end.
    fn ends(&self) -> bool {
        self.off.cancel();
        !self.life.is_finished()
    }
}

/// What an imp has around it that lives in the server.
struct InServer {
    shared: Arc<Shared>,
    device: DeviceId,
    reached: Reached,
    /// The last time that it, as a factory fixture, configured a device.
    blink_up: BlinkUp,
}

impl Shared {
    /// Has a fixture configure a blank virtual imp of its account; says which.
    async fn blink_up(&self, fixture: &DeviceId) -> Option<String> {
        let blank = match self.store.blank_virtual_imps(fixture).await {
            Ok(blank) => blank,
            Err(error) => {
                tracing::warn!(cause = %error, %fixture, "cannot find a device to configure");
                return None;
            }
        };
        let ways = blank.into_iter().filter_map(|device| Some((device.to_string(), self.hands.asks(&device)?)));
        factory_blink_up(fixture.as_str(), ways).await
    }
}

impl Home for InServer {
    fn dial(&mut self) -> BoxFuture<'static, Result<Pipe, String>> {
        let (near, far) = pipe(FRAMES);
        let line = self.shared.line.clone();
        tokio::spawn(async move { line.converse(far, None).await });
        Box::pin(std::future::ready(Ok(near)))
    }

    async fn keep(&mut self, stored: Stored) {
        if let Err(error) = self.shared.store.keep_virtual_imp(&self.device, stored.to_bytes()).await {
            tracing::warn!(cause = %error, device = %self.device, "cannot keep what a virtual imp stores");
        }
    }

    async fn keep_flash(&mut self, changes: Vec<(u32, Option<Vec<u8>>)>) {
        if let Err(error) = self.shared.store.keep_virtual_imp_flash(&self.device, changes).await {
            tracing::warn!(cause = %error, device = %self.device, "cannot keep the flash of a virtual imp");
        }
    }

    fn asked(&mut self) -> BoxFuture<'_, Ask> {
        next_ask(&mut self.reached.asks)
    }

    fn is_watching(&self) -> bool {
        self.reached.sights.is_watched()
    }

    fn see(&mut self, at_ms: i64, seen: Seen) {
        self.reached.sights.show(Sight { at_ms, seen });
    }

    fn factory_blink_up(&mut self) {
        let (searching, telling) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        let (fixture, named) = (self.device.clone(), self.device.clone());
        self.blink_up.begin(async move { searching.blink_up(&fixture).await }, move || telling.hands.asks(&named));
    }

    fn hear(&mut self, news: News) {
        // What its program says, its log has.
        tracing::debug!(device = %self.device, ?news, "a virtual imp");
    }
}
