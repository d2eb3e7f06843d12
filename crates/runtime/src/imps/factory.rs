//! The factory: a fixture configures a device under test, as by light.

use super::hand::{Ask, PATIENCE};
use std::time::Duration;
use tokio::{
    sync::{mpsc::Sender, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// How long a blank imp is looked for.
const SEARCH: Duration = Duration::from_secs(20);

/// Has a fixture configure the first of some imps that is blank; says which.
pub async fn factory_blink_up(fixture: &str, imps: impl IntoIterator<Item = (String, Sender<Ask>)>) -> Option<String> {
    let began = Instant::now();
    for (id, way) in imps.into_iter().filter(|(id, _)| id != fixture).take_while(|_| began.elapsed() < SEARCH) {
        let (answer, answered) = oneshot::channel();
        let ask = async {
            way.send(Ask::BlinkUp { fixture: fixture.to_owned(), answer }).await.ok()?;
            answered.await.ok()
        };
        if let Ok(Some(true)) = timeout(PATIENCE, ask).await {
            return Some(id);
        }
    }
    None
}

/// The last time that an imp, as a factory fixture, configured a device.
#[derive(Default)]
pub struct BlinkUp(Option<JoinHandle<()>>);

impl BlinkUp {
    /// Has a device configured, and then tells the fixture by `way` which; not while one before is not through.
    pub fn begin(
        &mut self,
        configure: impl Future<Output = Option<String>> + Send + 'static,
        way: impl FnOnce() -> Option<Sender<Ask>> + Send + 'static,
    ) {
        if self.0.as_ref().is_some_and(|before| !before.is_finished()) {
            return;
        }
        self.0 = Some(tokio::spawn(async move {
            let configured = configure.await;
            if let Some(way) = way() {
                // One that has ended wants to know nothing.
                let _ = way.send(Ask::BlinkedUp(configured)).await;
            }
        }));
    }
}
