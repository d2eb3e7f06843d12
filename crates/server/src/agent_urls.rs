//! The agents' own listener: `{agent id}/path` goes to the agent's program, whatever the method.
//!
//! It is no part of the API's router, and has an origin of its own, so that a page that an agent serves can do nothing in the
//! name of whoever looks at it.

use crate::{App, gate::Peer};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Extension, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, UPGRADE},
    },
    response::{IntoResponse, Response},
};
use impstead_runtime::Unanswered;
use platform::{HttpResponse, Inbound};

/// The longest body of a request to an agent.
///
/// # Source
/// The vendor's documentation of agent limits.
const MOST_BODY_BYTES: usize = 512 * 1024;

/// Makes the router. `scheme` is that by which requests come in.
pub fn router(app: App, scheme: &'static str) -> Router {
    Router::new().fallback(answer).with_state((app, scheme))
}

async fn answer(
    State((app, scheme)): State<(App, &'static str)>,
    Extension(Peer(peer)): Extension<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    let (agent_id, rest) = path.strip_prefix('/').unwrap_or(path).split_once('/').map_or_else(
        || (path.trim_start_matches('/'), "/".to_owned()),
        |(agent_id, rest)| (agent_id, format!("/{rest}")),
    );
    let Ok(body) = to_bytes(body, MOST_BODY_BYTES).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than 512 KB");
    };
    let request = Inbound {
        method: head.method.as_str().into(),
        path: rest.into_bytes(),
        query: head.uri.query().unwrap_or_default().into(),
        headers: headers(&app, &head.headers, peer.ip(), scheme),
        body: body.into(),
    };
    match app.agents.request(agent_id, request).await {
        Ok(response) => response_of(response),
        Err(Unanswered::NotFound) => refusal(StatusCode::NOT_FOUND, "no such agent"),
        Err(Unanswered::TooMany) => refusal(StatusCode::TOO_MANY_REQUESTS, "too many requests"),
        Err(Unanswered::Ended) => refusal(StatusCode::SERVICE_UNAVAILABLE, "the agent restarted"),
        Err(Unanswered::TimedOut) => refusal(StatusCode::GATEWAY_TIMEOUT, "the agent did not answer"),
    }
}

fn refusal(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain")], text).into_response()
}

/// The request's headers, with those of a proxy: the address it came from, and the scheme.
fn headers(app: &App, given: &HeaderMap, peer: std::net::IpAddr, scheme: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    const FOR: &str = "x-forwarded-for";
    const PROTO: &str = "x-forwarded-proto";
    let of = |name: &str| given.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let client = app.config.trusted_proxies.client(peer, of(FOR));
    // Others may write what they like.
    let is_proxied = client != peer.to_canonical();
    let proto = if is_proxied && !of(PROTO).is_empty() { of(PROTO) } else { scheme };
    let mut headers: Vec<(Vec<u8>, Vec<u8>)> = given
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), FOR | PROTO))
        .map(|(name, value)| (name.as_str().into(), value.as_bytes().into()))
        .collect();
    headers.push((FOR.into(), client.to_string().into()));
    headers.push((PROTO.into(), proto.into()));
    headers
}

/// Makes the answer that a program gave. What belongs to the connection is not the program's to say.
fn response_of(response: HttpResponse) -> Response {
    let HttpResponse { status, headers, body } = response;
    let mut answer = Response::new(Body::from(Bytes::from(body)));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(&name), HeaderValue::from_bytes(&value)) else { continue };
        if ![CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE].contains(&name) {
            answer.headers_mut().insert(name, value);
        }
    }
    if !answer.headers().contains_key(CONTENT_TYPE) {
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    answer
}
