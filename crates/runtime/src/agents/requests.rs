//! Requests that agents make.

use crate::{Outbound, OutboundError, OutboundRequest};
use futures_util::stream;
use platform::{Event, HttpAnswer, HttpRequest, curl};
use reqwest::{
    Body, Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// The longest a request without a time-out may take.
const FOREVER: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A request of an agent's.
pub struct Order {
    /// Its number.
    pub id: u32,
    pub request: HttpRequest,
    pub timeout: Option<Duration>,
    /// Whether the server's certificate must be good.
    pub validate: bool,
    /// Whether the body is wanted in pieces.
    pub stream: bool,
    /// What follows of the request's body, if it comes in pieces.
    pub upload: Option<mpsc::Receiver<Vec<u8>>>,
    /// The longest body that the agent can take.
    pub most_bytes: usize,
}

/// Carries out a request, and tells the agent how it ends, and before that the pieces of the body where they are wanted.
pub async fn carry_out(outbound: Outbound, order: Order, events: mpsc::Sender<Box<Event>>) {
    let id = order.id;
    let deadline = Instant::now() + order.timeout.unwrap_or(FOREVER);
    let answer = tokio::select! {
        answer = exchange(&outbound, order, &events) => answer,
        () = sleep_until(deadline) => failed(curl::TIMED_OUT),
    };
    // An agent that is gone wants no answer.
    let _ = events.send(Box::new(Event::Answer { id, answer })).await;
}

fn failed(status: i32) -> HttpAnswer {
    HttpAnswer { status, ..HttpAnswer::default() }
}

async fn exchange(outbound: &Outbound, order: Order, events: &mpsc::Sender<Box<Event>>) -> HttpAnswer {
    let Order { id, request, timeout: _, validate, stream, upload, most_bytes } = order;
    let Some(request) = prepare(request) else { return failed(curl::BAD_URL) };
    let mut answer =
        match outbound.begin(request, upload.map(|pieces| body_of(id, pieces, events.clone())), validate).await {
            Ok(answer) => answer,
            Err(error) => return failed(number_of(&error)),
        };
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec())).collect();
    let status = i32::from(answer.status().as_u16());
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(bytes)) if stream => {
                // A slow agent makes its server wait.
                let _ = events.send(Box::new(Event::Chunk { id, bytes: bytes.to_vec() })).await;
            }
            Ok(Some(bytes)) if body.len() + bytes.len() > most_bytes => return failed(curl::RECEIVE),
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => return HttpAnswer { status, headers, body },
            Err(_) => return failed(curl::RECEIVE),
        }
    }
}

/// A body of pieces that are still to come. The agent is told how much of it is on its way, so that it can wait with the rest.
fn body_of(id: u32, pieces: mpsc::Receiver<Vec<u8>>, events: mpsc::Sender<Box<Event>>) -> Body {
    let next = move |(mut pieces, events): (mpsc::Receiver<Vec<u8>>, mpsc::Sender<Box<Event>>)| async move {
        let piece = pieces.recv().await?;
        let _ = events.send(Box::new(Event::Uploaded { id, bytes: piece.len() })).await;
        Some((Ok::<_, Infallible>(piece), (pieces, events)))
    };
    Body::wrap_stream(stream::unfold((pieces, events), next))
}

fn prepare(request: HttpRequest) -> Option<OutboundRequest> {
    let HttpRequest { method, url, headers: list, body } = request;
    let url = Url::parse(std::str::from_utf8(&url).ok()?).ok()?;
    let method = Method::from_bytes(&method).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        headers.append(HeaderName::from_bytes(&name).ok()?, HeaderValue::from_bytes(&value).ok()?);
    }
    if method == Method::POST && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    Some(OutboundRequest { method, url, headers, body })
}

/// The number by which programs know an error.
fn number_of(error: &OutboundError) -> i32 {
    match error {
        OutboundError::Url(_) => curl::NOT_CONNECTED,
        OutboundError::Address(_) => curl::NOT_RESOLVED,
        OutboundError::TimedOut => curl::TIMED_OUT,
        OutboundError::Failed(error) if error.is_connect() => {
            let text = format!("{error:?}");
            if text.contains("certificate") {
                curl::CERTIFICATE
            } else if text.contains("dns") || text.contains("lookup") || text.contains("has no address") {
                curl::NOT_RESOLVED
            } else if text.contains("Tls") || text.contains("InvalidMessage") {
                curl::TLS
            } else {
                curl::NOT_CONNECTED
            }
        }
        OutboundError::Redirect(_) | OutboundError::TooManyRedirects | OutboundError::Failed(_) => curl::NO_ANSWER,
    }
}
