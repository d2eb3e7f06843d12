//! The factory: a fixture configures a device under test, as by light.

use super::hand::{Ask, PATIENCE};
use std::time::Duration;
use tokio::{
    sync::{mpsc::Sender, oneshot},
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
