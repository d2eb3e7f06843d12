//! Sends one request, as often as the retry policy allows.

use crate::{Client, Error, RateLimit, Secret, client::Inner, retry::asked_wait, service_error::ServiceError};
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_API: HeaderValue = HeaderValue::from_static("application/vnd.api+json");
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// A request, kept whole so that it can be sent again.
pub(crate) struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    with_token: bool,
    idempotent: bool,
    hidden: Hidden,
    streams: bool,
}

/// Which segment of a path is a secret, which errors must not show.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hidden {
    None,
    Last,
    LastButOne,
}

impl Request {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        let idempotent = matches!(method, Method::GET | Method::PUT | Method::DELETE);
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            with_token: true,
            idempotent,
            hidden: Hidden::None,
            streams: false,
        }
    }

    /// Goes without an access token: the request is itself about signing in.
    pub(crate) fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }

    /// May be sent again although its method does not say so.
    pub(crate) fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// The last path segment is a secret, which errors must not show.
    pub(crate) fn hide_id(mut self) -> Self {
        self.hidden = Hidden::Last;
        self
    }

    /// The last path segment but one is a secret, which errors must not show.
    pub(crate) fn hide_parent(mut self) -> Self {
        self.hidden = Hidden::LastButOne;
        self
    }

    /// The answer is a stream of events, and its body is left to the caller. The limit of the time for a request counts
    /// until the answer begins.
    pub(crate) fn streams(mut self) -> Self {
        self.streams = true;
        self
    }

    pub(crate) fn secret_header(mut self, name: &'static str, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// Adds the account's password, which some requests ask for besides the token. Bytes beyond ASCII go as UTF-8.
    pub(crate) fn password(self, password: &str) -> Result<Self, Error> {
        let value = HeaderValue::from_bytes(password.as_bytes())
            .map_err(|_| Error::settings("a password with control characters cannot be sent"))?;
        Ok(self.secret_header("x-electricimp-password", value))
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body).expect("request bodies have string keys only"));
        self
    }

    fn operation(&self, inner: &Inner) -> String {
        let path = inner.endpoint.shown_path(&self.url);
        let method = &self.method;
        match (self.hidden, path.rsplit_once('/')) {
            (Hidden::Last, Some((collection, _))) => format!("{method} {collection}/…"),
            (Hidden::LastButOne, Some((parent, last))) => {
                format!("{method} {}/…/{last}", parent.rsplit_once('/').map_or("", |(collection, _)| collection))
            }
            _ => format!("{method} {path}"),
        }
    }
}

/// A successful answer.
pub(crate) struct Answer {
    pub(crate) operation: String,
    pub(crate) body: Vec<u8>,
    /// The answer itself, where its body was left to the caller.
    pub(crate) unread: Option<Response>,
}

impl Answer {
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::decode(&self.operation, error))
    }

    /// Reads a `{"data": …}` document whose content is kept as it is.
    pub(crate) fn data(&self) -> Result<Box<RawValue>, Error> {
        self.decode::<impstead_wire::Document<_>>().map(|document| document.data)
    }
}

/// One attempt's outcome, if it brought an answer.
struct Received {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    unread: Option<Response>,
}

impl Received {
    fn into_answer(self, operation: String, limit_bytes: usize) -> Result<Answer, Error> {
        if self.body.len() > limit_bytes {
            return Err(Error::TooLarge { operation, limit_bytes });
        }
        Ok(Answer { operation, body: self.body, unread: self.unread })
    }
}

/// Why an attempt brought none.
struct Lost {
    never_left: bool,
    timed_out: bool,
    source: Arc<dyn std::error::Error + Send + Sync>,
}

impl From<reqwest::Error> for Lost {
    fn from(error: reqwest::Error) -> Self {
        let (never_left, timed_out) = (error.is_connect(), error.is_timeout());
        Self { never_left, timed_out, source: Arc::new(error.without_url()) }
    }
}

impl Client {
    /// Sends a request, with an access token if it needs one; renews the token once if the service refuses it.
    pub(crate) async fn execute(&self, request: Request) -> Result<Answer, Error> {
        let started = Instant::now();
        if !request.with_token {
            return self.send(&request, None, started).await;
        }
        let token = self.inner.session.access_token(self, None).await?;
        match self.send(&request, Some(&token), started).await {
            Err(Error::Unauthorized(_)) => {
                let token = self.inner.session.access_token(self, Some(&token)).await?;
                self.send(&request, Some(&token), started).await
            }
            result => result,
        }
    }

    /// Sends a request that needs no access token. Unlike [`execute`](Self::execute) it never renews one.
    pub(crate) async fn execute_unsigned(&self, request: Request) -> Result<Answer, Error> {
        self.send(&request, None, Instant::now()).await
    }

    async fn send(&self, request: &Request, token: Option<&Secret>, started: Instant) -> Result<Answer, Error> {
        let inner = &*self.inner;
        let operation = request.operation(inner);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let outcome = self.attempt(request, token, started.elapsed()).await;
            let outcome = match outcome {
                Ok(received) if received.status.is_success() => {
                    return received.into_answer(operation, inner.max_response_bytes);
                }
                outcome => outcome,
            };
            let (may_repeat, asked) = match &outcome {
                Ok(Received { status, headers, .. }) => {
                    let busy = matches!(status.as_u16(), 502..=504) && request.idempotent;
                    let limited = *status == StatusCode::TOO_MANY_REQUESTS;
                    (busy || limited, asked_wait(status.as_u16(), headers, (inner.clock)()))
                }
                Err(lost) => (lost.never_left || request.idempotent, None),
            };
            if may_repeat && let Some(wait) = inner.retry.wait(attempts, started.elapsed(), asked, fastrand::f64()) {
                sleep(wait).await;
                continue;
            }
            return Err(match outcome {
                Ok(received) => failure(&received, &operation, asked),
                Err(Lost { timed_out, source, .. }) => Error::Transport { attempts, timed_out, source },
            });
        }
    }

    /// Sends a request once and reads the whole answer.
    async fn attempt(&self, request: &Request, token: Option<&Secret>, elapsed: Duration) -> Result<Received, Lost> {
        let inner = &*self.inner;
        let mut builder = inner.http.request(request.method.clone(), request.url.clone());
        builder =
            builder.headers(request.headers.clone()).header(ACCEPT, if request.streams { EVENT_STREAM } else { JSON });
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, if request.with_token { JSON_API } else { JSON }).body(body.clone());
        }
        if let Some(token) = token {
            builder = builder.header(AUTHORIZATION, bearer(token)?);
        }
        let receive = async {
            let mut response = builder.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            if let Some(limit) = RateLimit::from_headers(&headers) {
                *inner.rate_limit.lock().expect("no holder panics") = Some(limit);
            }
            if request.streams && status.is_success() {
                return Ok(Received { status, headers, body: Vec::new(), unread: Some(response) });
            }
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > inner.max_response_bytes {
                    break;
                }
            }
            Ok(Received { status, headers, body, unread: None })
        };
        // No timer at all where there is no limit.
        let left = (inner.retry.max_total != Duration::MAX).then(|| inner.retry.max_total.saturating_sub(elapsed));
        match inner.request_timeout.into_iter().chain(left).min() {
            None => receive.await,
            Some(limit) => timeout(limit, receive)
                .await
                .unwrap_or_else(|elapsed| Err(Lost { never_left: false, timed_out: true, source: Arc::new(elapsed) })),
        }
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Lost> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|error| Lost {
        never_left: false,
        timed_out: false,
        source: Arc::new(error),
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn failure(received: &Received, operation: &str, retry_after: Option<Duration>) -> Error {
    let status = received.status;
    let error = match received.headers.get(LOCATION).and_then(|to| to.to_str().ok()) {
        // Redirects are not followed: the access token is meant for the endpoint only.
        Some(to) if status.is_redirection() => {
            ServiceError::from_answer(status.as_u16(), operation, format!("redirected to {to}").as_bytes())
        }
        _ => ServiceError::from_answer(status.as_u16(), operation, &received.body),
    };
    match status {
        StatusCode::NOT_FOUND => Error::NotFound(error),
        StatusCode::UNAUTHORIZED => Error::Unauthorized(error),
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited { error, retry_after },
        _ => Error::Service(error),
    }
}
