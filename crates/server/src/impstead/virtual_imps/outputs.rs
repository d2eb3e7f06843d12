//! What is seen of virtual imps: as it is, and as it changes.

use crate::{
    App,
    caller::Caller,
    document::Reply,
    error::account_limit,
    log_streams::{self, KEEP_ALIVE, Reader},
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
    sync::broadcast::{Receiver, error::RecvError},
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
    let first = Some(event("outputs", &now));
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
        match sight {
            Ok(sight) => {
                let (name, output) = one(sight.seen.clone());
                Some(event("output", &wire::VirtualImpSight { at: Timestamp::from_ms(sight.at_ms), name, output }))
            }
            Err(RecvError::Lagged(count)) => Some(event("skipped", &json!({ "count": count }))),
            Err(RecvError::Closed) => None,
        }
    }
}

fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).expect("wire types have string keys only");
    format!("event: {name}\ndata: {data}\n\n").into()
}
