//! What is seen of virtual imps: as it is, and as it changes.

use crate::{
    App,
    caller::Caller,
    document::Reply,
    error::account_limit,
    log_streams::{self, FRAME_BYTES, KEEP_ALIVE, Reader},
};
use axum::{body::Body, http::Method, response::Response};
use bytes::Bytes;
use impstead_model::{DeviceId, hex};
use impstead_runtime::Sight;
use impstead_store::LogsOf;
use impstead_wire::{self as wire, Timestamp};
use platform::board::{PinMode, Seen, SeenValue};
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, convert::Infallible, sync::Arc};
use tokio::{
    sync::broadcast::{
        Receiver,
        error::{RecvError, TryRecvError},
    },
    time::{sleep, sleep_until},
};

/// All that is seen of an imp, by name.
pub fn all(seen: Vec<Seen>) -> BTreeMap<String, wire::VirtualImpOutput> {
    seen.into_iter().map(one).collect()
}

fn one(seen: Seen) -> (String, wire::VirtualImpOutput) {
    let Seen { name, mode, value } = seen;
    let value = match value {
        SeenValue::Number(number) => wire::VirtualImpOutputValue::Number(number),
        SeenValue::Colours(colours) => {
            wire::VirtualImpOutputValue::Colours(colours.into_iter().map(SeenValue::written).collect())
        }
        value @ (SeenValue::Bytes(_) | SeenValue::Samples(_)) => wire::VirtualImpOutputValue::Text(value.to_string()),
    };
    let (period_s, mode) = (mode.and_then(PinMode::period_s), mode.map(|mode| mode.name().to_owned()));
    (name, wire::VirtualImpOutput { mode, period_s, value })
}

/// Answers with all that is seen, and then with what changes, for as long as the caller may see it. It is one of the
/// account's streams that are read without a path, as those of logs are.
pub async fn stream(app: &App, caller: &Caller, method: &Method, device: DeviceId) -> Reply<Response> {
    if *method == Method::HEAD {
        return Ok(log_streams::answer(Body::empty()));
    }
    let id = hex(&app.entropy.bytes::<16>());
    let Some(reader) = app.streams.tail(app, id, caller.whole_session(), LogsOf::Device(device.clone())) else {
        let most = app.config.log_tails_per_account;
        return Err(account_limit(format!("The account may read at most {most} of these streams at once.")));
    };
    let sights = app.imps.watch(&device);
    let now = all(app.imps.see(&device).await.unwrap_or_default());
    let reading = Reading { app: app.clone(), reader, sights };
    let first = Some(Bytes::from(event("outputs", &now)));
    Ok(log_streams::answer(Body::from_stream(futures_util::stream::unfold(
        (reading, first),
        async |(mut reading, first)| {
            let frame = match first {
                Some(first) => first,
                None => reading.next().await?,
            };
            Some((Ok::<Bytes, Infallible>(frame), (reading, None)))
        },
    ))))
}

/// A stream as it is being read.
struct Reading {
    app: App,
    reader: Reader,
    sights: Receiver<Arc<Sight>>,
}

impl Reading {
    /// Waits for the next event; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        let sight = tokio::select! {
            () = self.reader.end().cancelled() => return None,
            () = sleep_until(self.reader.ends_at()) => return None,
            () = sleep(self.app.config.log_stream_keep_alive) => return Some(Bytes::from_static(KEEP_ALIVE)),
            sight = self.sights.recv() => sight,
        };
        frame(sight, &mut self.sights).map(Bytes::from)
    }
}

/// Writes what came, and what waits besides; `None` at the end.
fn frame(sight: Result<Arc<Sight>, RecvError>, sights: &mut Receiver<Arc<Sight>>) -> Option<String> {
    let mut frame = match sight {
        Ok(sight) => changed(&sight),
        Err(RecvError::Lagged(count)) => skipped(count),
        Err(RecvError::Closed) => return None,
    };
    while frame.len() < FRAME_BYTES {
        match sights.try_recv() {
            Ok(sight) => frame.push_str(&changed(&sight)),
            Err(TryRecvError::Lagged(count)) => frame.push_str(&skipped(count)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    Some(frame)
}

fn changed(sight: &Sight) -> String {
    let (name, output) = one(sight.seen.clone());
    event("output", &wire::VirtualImpSight { at: Timestamp::from_ms(sight.at_ms), name, output })
}

fn skipped(count: u64) -> String {
    event("skipped", &json!({ "count": count }))
}

fn event(name: &str, data: &impl Serialize) -> String {
    let data = serde_json::to_string(data).expect("wire types have string keys only");
    format!("event: {name}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast;

    #[tokio::test]
    async fn what_waits_goes_into_few_frames() {
        let (sender, mut sights) = broadcast::channel(1024);
        for at_ms in 0..1500 {
            let seen = Seen { name: "pin8".into(), mode: None, value: SeenValue::Number(1.0) };
            sender.send(Arc::new(Sight { at_ms, seen })).unwrap();
        }
        drop(sender);
        let mut frames = Vec::new();
        while let Some(frame) = {
            let sight = sights.recv().await;
            frame(sight, &mut sights)
        } {
            frames.push(frame);
        }
        let all = frames.concat();
        assert_eq!(all.matches("event: output\n").count(), 1024, "the newest");
        assert!(all.starts_with("event: skipped\ndata: {\"count\":476}\n\nevent: output\n"));
        assert_eq!(frames.len(), all.len().div_ceil(FRAME_BYTES));
        assert!(frames.iter().all(|frame| frame.ends_with("\n\n") && frame.len() < FRAME_BYTES + 200));
    }
}
