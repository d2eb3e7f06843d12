//! What happens to every request, before and after its handler.

use crate::{
    App,
    caller::{Visit, find_session},
    error::{ApiError, internal, rate_limited, render, timed_out},
    rate_limit::Allowance,
};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use impstead_model::random_uuid;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Instant,
};

/// Address of the connection's other end, put into each request by the listener.
#[derive(Clone, Copy)]
pub struct Peer(pub SocketAddr);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Identifies, admits, runs, measures and logs a request.
pub async fn gate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let at_ms = app.clock.now_ms();
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let address = app.config.trusted_proxies.client(peer, &forwarded_for(request.headers()));
    let request_id = request_id(&app, request.headers());
    // The pattern, never the path: login keys and log stream ids are secrets that stand in paths.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let of_api = is_of_api(request.uri().path());

    let (allowance, mut response) = if method == Method::OPTIONS {
        (None, StatusCode::NO_CONTENT.into_response())
    } else {
        match admit(&app, request.headers(), of_api, address, at_ms, Arc::clone(&request_id)).await {
            Ok((visit, allowance)) => {
                request.extensions_mut().insert(visit);
                let handler = AssertUnwindSafe(next.run(request)).catch_unwind();
                let response = match tokio::time::timeout(app.config.request_timeout, handler).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(_)) => internal("the handler panicked").into_response(),
                    Err(_) => timed_out().into_response(),
                };
                (allowance, response)
            }
            Err((allowance, error)) => (allowance, error.into_response()),
        }
    };

    let error = response.extensions_mut().remove::<ApiError>();
    if let Some(error) = &error {
        render(error, &request_id, &mut response);
    }
    add_headers(response.headers_mut(), &request_id, allowance);
    if of_api {
        allow_other_origins(response.headers_mut(), &method);
    }
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    app.metrics.request(&method, route, status, elapsed);
    let duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    if let Some(cause) = error.as_ref().and_then(|error| error.cause.as_deref()) {
        let cause = chain(cause);
        tracing::error!(%method, route, status, %request_id, cause, "request failed");
    }
    tracing::info!(target: "impstead::access", %method, route, status, duration_us, %address, %request_id, "request");
    response
}

/// Finds the caller and takes the request out of its allowance.
async fn admit(
    app: &App,
    headers: &HeaderMap,
    of_api: bool,
    address: IpAddr,
    at_ms: i64,
    request_id: Arc<str>,
) -> Result<(Visit, Option<Allowance>), (Option<Allowance>, ApiError)> {
    let session = find_session(app, headers, address, at_ms).await.map_err(|error| (None, error))?;
    let visit = Visit { request_id, address, at_ms, session };
    if !of_api {
        return Ok((visit, None));
    }
    let allowance = match &visit.session {
        Some(session) => session.bucket.take(at_ms),
        None => app.rate_limits.of_address(address, at_ms).take(at_ms),
    };
    if allowance.allowed {
        return Ok((visit, Some(allowance)));
    }
    Err((Some(allowance), rate_limited(1, "Too many requests; slow down.")))
}

/// The APIs are limited and open to pages of other origins; the operator's endpoints and the documentation are neither.
fn is_of_api(path: &str) -> bool {
    path.starts_with("/v5") || path.starts_with("/impstead/")
}

/// Takes the id that a trusted proxy or the client chose, if it is fit for a log, else makes one.
fn request_id(app: &App, headers: &HeaderMap) -> Arc<str> {
    let fit =
        |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    header_text(headers, "x-request-id").filter(fit).map_or_else(|| random_uuid(&*app.entropy).into(), Into::into)
}

/// Joins the lines of `X-Forwarded-For`, in order: a proxy may add a line of its own.
fn forwarded_for(headers: &HeaderMap) -> String {
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    lines.join(",")
}

fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn add_headers(headers: &mut HeaderMap, request_id: &str, allowance: Option<Allowance>) {
    if let Ok(request_id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, request_id);
    }
    if let Some(Allowance { limit, remaining, reset_s, .. }) = allowance {
        headers.insert(LIMIT, limit.into());
        headers.insert(REMAINING, remaining.into());
        headers.insert(RESET, reset_s.into());
    }
    // Answers are private to their caller, and a page of another origin can read them only with a token of its own.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Lets pages of other origins read the answer.
fn allow_other_origins(headers: &mut HeaderMap, method: &Method) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after, x-request-id",
        ),
    );
    if method == Method::OPTIONS {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(
                "authorization, content-type, x-electricimp-otp-token, x-electricimp-password, x-electricimp-key, x-request-id, last-event-id",
            ),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
}

/// Writes an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
