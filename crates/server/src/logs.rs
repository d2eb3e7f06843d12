//! `/v5/devices/{device}/logs`

use crate::{
    App,
    caller::Caller,
    devices,
    document::{Listed, Reply},
    page::{Ids, ListQuery},
};
use axum::extract::State;
use impstead_model::{self as model, Right};
use impstead_store::{LogFilter, LogsOf};
use impstead_wire::{self as wire, Timestamp};

/// `GET /v5/devices/{device}/logs`: what the device and its agent logged and what the platform said of them, newest
/// first.
pub async fn list(caller: Caller, State(app): State<App>, ids: Ids, query: ListQuery) -> Reply<Listed<wire::LogEntry>> {
    let device = devices::find(&app, &caller, ids.one(), Right::ReadInside).await?;
    let filter = LogFilter { of: LogsOf::Device(device.id), sources: Vec::new(), text: None };
    history(&app, filter, &query).await
}

/// Reads a page of history, with everything that was logged before.
pub async fn history(app: &App, filter: LogFilter, query: &ListQuery) -> Reply<Listed<wire::LogEntry>> {
    app.logs.settle().await;
    let page = app.store.logs(filter, app.config.log_limits.keep, query.page).await?;
    Ok(Listed::new(query, page, resource))
}

/// Writes an entry.
pub fn resource(entry: model::LogEntry) -> wire::LogEntry {
    let model::LogEntry { device, group: _, at_ms, log_type, source, message } = entry;
    wire::LogEntry {
        device_id: device.to_string(),
        ts: Timestamp::from_ms(at_ms),
        log_type: log_type.as_str().to_owned(),
        kind: source.as_str().to_owned(),
        msg: message,
    }
}
