//! `/v5/logstream`: streams of log lines, as server-sent events.
//!
//! A stream's id is a secret that needs no token beside it, so it has 128 random bits. A stream lives from its creation
//! until its reader goes; nothing of it is stored. Readers that read too slowly lose lines and are told how many; a
//! connection on which nothing can be written for half a minute is closed (`progress.rs`), which is just as well: the
//! client comes back, finds nothing under the id and makes a new stream.

mod events;
mod reading;
mod rights;
mod streams;

pub use events::{Format, KEEP_ALIVE};
pub use reading::{FRAME_BYTES, Wanted, body};
pub use rights::watch;
pub use streams::{Reader, Streams};

use crate::{
    App,
    caller::Caller,
    devices,
    document::{Created, NoContent, Reply},
    error::{ApiError, invalid_parameter, not_found},
    page::Ids,
};
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use impstead_model::{Device, Right, hex};
use impstead_wire as wire;
use std::sync::Arc;

/// Media type of streams.
pub const EVENT_STREAM: &str = "text/event-stream";

/// `POST /v5/logstream`: one more than the account may have closes its oldest.
pub async fn create(caller: Caller, State(app): State<App>) -> Reply<Created<wire::LogStream>> {
    let id = hex(&app.entropy.bytes::<16>());
    app.streams.create(&app, id.clone(), caller.whole_session());
    let url = format!("{}/v5/logstream/{id}", app.config.public_url);
    Ok(Created(wire::LogStream { kind: "logstream".into(), id, attributes: wire::LogStreamAttributes { url } }))
}

/// `GET /v5/logstream/{id}`: opens the stream, for whoever knows its id.
pub async fn open(State(app): State<App>, method: Method, ids: Ids, RawQuery(query): RawQuery) -> Reply<Response> {
    let missing = || not_found("log stream");
    app.streams.find(&app, ids.one()).ok_or_else(missing)?;
    let query = query.unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "format").last();
    let format = given.map_or(Ok(Format::Text), |(_, word)| Format::parse(&word).ok_or_else(unknown_format))?;
    if method == Method::HEAD {
        // Opening it for an answer without a body would close it at once.
        return Ok(answer(Body::empty()));
    }
    let reader = app.streams.open(&app, ids.one()).ok_or_else(missing)?;
    Ok(answer(body(app, reader, format, None)))
}

/// `PUT /v5/logstream/{id}/{device}`: adds a device; one more than a stream may have takes the place of the one that has
/// been there longest.
pub async fn add_device(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let (stream, device) = own(&app, &caller, &ids).await?;
    stream.follower.follow_device(&device.id, app.config.log_stream_devices);
    Ok(NoContent)
}

/// `DELETE /v5/logstream/{id}/{device}`
pub async fn remove_device(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let (stream, device) = own(&app, &caller, &ids).await?;
    if stream.follower.unfollow_device(&device.id) {
        Ok(NoContent)
    } else {
        Err(not_found("device in this log stream"))
    }
}

/// Finds the stream, which must be of the caller's account, and the device, which the caller must be able to look into.
async fn own(app: &App, caller: &Caller, ids: &Ids) -> Result<(Arc<streams::Stream>, Device), ApiError> {
    let [id, device] = &*ids.0 else { return Err(not_found("log stream")) };
    let stream = app.streams.find(app, id).filter(|stream| stream.account == *caller.account());
    let stream = stream.ok_or_else(|| not_found("log stream"))?;
    Ok((stream, devices::find(app, caller, device, Right::ReadInside).await?))
}

/// Answers with a stream that nothing on the way should hold back.
pub fn answer(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, body).into_response()
}

/// Whether the answer may be a stream of events.
pub fn accepts_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut types = accepted.flat_map(|line| line.split(',')).filter_map(|range| range.split(';').next());
    types.any(|range| range.trim().eq_ignore_ascii_case(EVENT_STREAM))
}

/// The parameter `format` has another value than those it may have.
pub fn unknown_format() -> ApiError {
    invalid_parameter("format", "The format is `text` or `json`.")
}
