//! The operator's endpoints.

use crate::{
    App,
    caller::Visit,
    document::json,
    error::{ApiError, not_found, unavailable},
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;

/// Media type of the metrics.
pub const METRICS_MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answer of the two probes.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// `ok` of a live process, `ready` of a working one.
    status: &'static str,
}

/// `GET /healthz`: the process lives.
pub async fn healthz() -> Response {
    json(StatusCode::OK, "application/json", &Health { status: "ok" })
}

/// `GET /readyz`: the data can be read and written. After a failed write it tries one, and so recovers alone.
pub async fn readyz(State(app): State<App>) -> Result<Response, ApiError> {
    app.store.schema_version().await?;
    if app.store.is_failing() && app.store.probe(app.clock.now_ms()).await.is_err() {
        return Err(unavailable("The database cannot write."));
    }
    Ok(json(StatusCode::OK, "application/json", &Health { status: "ready" }))
}

/// `GET /metrics`: Prometheus' text format, for loopback addresses only unless configured otherwise.
pub async fn metrics(State(app): State<App>, visit: Visit) -> Result<Response, ApiError> {
    if !(visit.address.is_loopback() || app.config.public_metrics) {
        return Err(not_found("resource"));
    }
    Ok(([(header::CONTENT_TYPE, METRICS_MEDIA_TYPE)], app.metrics.text(app.agents.count())).into_response())
}
