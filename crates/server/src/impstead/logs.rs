//! `/impstead/v1/logs`: of whole device groups or of a device, as history or as they come.

use crate::{
    App,
    caller::Caller,
    device_groups, devices,
    document::Reply,
    error::{ApiError, account_limit, invalid_parameter},
    log_streams::{self, Format, Wanted, unknown_format},
    logs,
    page::ListQuery,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
};
use impstead_model::{LogSource, Right, hex};
use impstead_store::{LogFilter, LogsOf};

/// `GET /impstead/v1/logs`: a stream for who accepts one or names a format, else history, newest first. A stream ends
/// with its request and with the rights to it, and is none of those that the account may have under `/v5/logstream`.
pub async fn list(
    caller: Caller,
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    mut query: ListQuery,
) -> Reply<Response> {
    let sources = query.parameter("type").map_or(Ok(Vec::new()), |words| sources(&words))?;
    let text = query.parameter("q").filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.contains('\0')) {
        return Err(invalid_parameter("q", "The text cannot hold a NUL character."));
    }
    let format = query.parameter("format");
    let format = format.map(|word| Format::parse(&word).ok_or_else(unknown_format)).transpose()?;
    let of = match (query.parameter("devicegroup"), query.parameter("device")) {
        (Some(group), None) => LogsOf::Group(device_groups::find(&app, &caller, &group, Right::ReadInside).await?.0.id),
        (None, Some(device)) => LogsOf::Device(devices::find(&app, &caller, &device, Right::ReadInside).await?.id),
        _ => return Err(invalid_parameter("devicegroup", "Name either a `devicegroup` or a `device`.")),
    };
    if format.is_none() && !log_streams::accepts_stream(&headers) {
        return Ok(logs::history(&app, LogFilter { of, sources, text }, &query).await?.into_response());
    }
    if method == Method::HEAD {
        return Ok(log_streams::answer(Body::empty()));
    }
    let id = hex(&app.entropy.bytes::<16>());
    let Some(reader) = app.streams.tail(&app, id, caller.whole_session(), of.clone()) else {
        let most = app.config.log_tails_per_account;
        return Err(account_limit(format!("The account may read at most {most} of these streams at once.")));
    };
    match &of {
        LogsOf::Group(group) => reader.follower().follow_group(group),
        LogsOf::Device(device) => drop(reader.follower().follow_device(device, 1)),
    }
    let wants_all = sources.is_empty() && text.is_none();
    let wanted = Wanted { sources: sources.into_iter().collect(), text: text.map(|text| text.to_lowercase()) };
    let body = log_streams::body(app, reader, format.unwrap_or(Format::Json), (!wants_all).then_some(wanted));
    Ok(log_streams::answer(body))
}

/// Reads words separated by commas.
fn sources(words: &str) -> Result<Vec<LogSource>, ApiError> {
    let source = |word| {
        let known = || LogSource::ALL.map(LogSource::as_str).join("`, `");
        LogSource::parse(word)
            .ok_or_else(|| invalid_parameter("type", format!("The types are `{}`, separated by commas.", known())))
    };
    words.split(',').map(source).collect()
}
