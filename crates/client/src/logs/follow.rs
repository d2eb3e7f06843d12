//! Reads a log stream, and makes another when the connection is lost.

use super::{LogEvent, LogOptions, stream::Membership};
use crate::{
    Client, Error,
    sse::{self, Parser},
    transport::{Answer, Request},
};
use futures_util::stream::{BoxStream, StreamExt, unfold};
use impstead_wire::{LogEntry, StateChange, Timestamp};
use reqwest::{Method, Response, Url, header::CONTENT_TYPE};
use serde::{de::DeserializeOwned, de::Error as _};
use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use tokio::time::{Instant, sleep, timeout};

pub(super) type Events = BoxStream<'static, Result<LogEvent, Error>>;

/// Where lines come from.
pub(super) enum Source {
    /// A stream of the vendor's kind, made for this reader, with these devices.
    Members(Arc<Membership>),
    /// A stream that needs no more than its address.
    Address(Url),
}

/// Opens a stream, and makes its events of it.
///
/// No task of its own reads it: what nobody asks for stays with the service, and dropping the events ends the connection.
pub(super) async fn follow(client: &Client, source: Source, options: &LogOptions) -> Result<Events, Error> {
    let mut follow = Follow {
        client: client.clone(),
        source,
        options: options.clone(),
        connection: None,
        ready: VecDeque::new(),
        last_heard: client.now(),
        attempts: Attempts::default(),
        ended: false,
    };
    follow.connect().await?;
    Ok(unfold(follow, |mut follow| async move { follow.next().await.map(|event| (event, follow)) }).fuse().boxed())
}

struct Follow {
    client: Client,
    source: Source,
    options: LogOptions,
    connection: Option<Connection>,
    /// Events to hand out before the connection's next: at most one per device and one more.
    ready: VecDeque<LogEvent>,
    last_heard: Timestamp,
    attempts: Attempts,
    ended: bool,
}

/// Attempts to connect again, and the waits between them.
#[derive(Default)]
pub(crate) struct Attempts {
    /// Connections in a row that failed, or did not last.
    failures: u32,
    /// How long the service asked to wait at least.
    asked_wait: Duration,
}

impl Attempts {
    /// Waits before the next attempt.
    pub(crate) async fn wait(&mut self, options: &LogOptions) {
        let wait = options.wait(self.failures.saturating_sub(1), fastrand::f64());
        sleep(wait.max(self.asked_wait)).await;
        self.asked_wait = Duration::ZERO;
    }

    /// Notes that a connection is lost.
    pub(crate) fn lost(&mut self, connection: &Connection, options: &LogOptions) {
        // A service that hangs up at once is not asked again and again without a wait.
        let lasted = connection.since.elapsed() >= options.longest_wait;
        self.failures = if lasted { 0 } else { self.failures.saturating_add(1) };
    }

    /// Notes that an attempt failed. An error that another attempt may not have is none.
    pub(crate) fn failed(&mut self, error: Error) -> Result<(), Error> {
        match &error {
            Error::Transport { .. } => {}
            Error::RateLimited { retry_after, .. } => self.asked_wait = retry_after.unwrap_or_default(),
            Error::Service(error) if error.status() >= 500 => {}
            _ => return Err(error),
        }
        self.failures = self.failures.saturating_add(1);
        Ok(())
    }
}

impl Follow {
    /// Waits for the next event; `None` after the last.
    async fn next(&mut self) -> Option<Result<LogEvent, Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if self.ended {
                return None;
            }
            let Some(connection) = &mut self.connection else {
                if let Err(error) = self.connect_again().await {
                    self.ended = true;
                    return Some(Err(error));
                }
                continue;
            };
            let result = connection.next(self.options.silence, &self.client, &mut self.last_heard).await;
            match result {
                Ok(None) => {}
                Ok(Some(LogEvent::Closed)) => {
                    self.disconnect();
                    self.ended = !self.options.reopen;
                    return Some(Ok(LogEvent::Closed));
                }
                Ok(Some(event)) => {
                    self.keep_in_step(&event);
                    return Some(Ok(event));
                }
                Err(error @ Error::Transport { .. }) => {
                    self.disconnect();
                    return Some(Ok(LogEvent::Interrupted(error)));
                }
                Err(error) => {
                    self.disconnect();
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }

    /// The service's word on who is in the stream counts: it may have dropped a device for a newer one, and of a device
    /// that was added and removed quickly only the last change does.
    fn keep_in_step(&self, event: &LogEvent) {
        if let Source::Members(members) = &self.source {
            match event {
                LogEvent::Subscribed(device) => drop(members.note(device)),
                LogEvent::Unsubscribed(device) => drop(members.forget(device)),
                _ => {}
            }
        }
    }

    fn disconnect(&mut self) {
        if let Source::Members(members) = &self.source {
            members.set_stream(None);
        }
        if let Some(connection) = self.connection.take() {
            self.attempts.lost(&connection, &self.options);
        }
    }

    /// Waits, and tries to connect. An error that another attempt may not have is none.
    async fn connect_again(&mut self) -> Result<(), Error> {
        self.attempts.wait(&self.options).await;
        let since = self.last_heard;
        match self.connect().await {
            Ok(()) => {
                self.ready.push_front(LogEvent::Gap { since, until: self.client.now() });
                Ok(())
            }
            // The stream was closed before it was opened.
            Err(Error::NotFound(_)) if matches!(self.source, Source::Members(_)) => {
                self.attempts.failures = self.attempts.failures.saturating_add(1);
                Ok(())
            }
            Err(error) => self.attempts.failed(error),
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let connection = match &self.source {
            Source::Address(url) => {
                let request = Request::new(Method::GET, url.clone()).streams();
                Connection::new(self.client.execute(request).await?)?
            }
            Source::Members(members) => {
                let id = members.create(&self.client).await?;
                let mut url = self.client.v5(&["logstream", &id])?;
                url.query_pairs_mut().append_pair("format", "json");
                // The id says enough; the contract wants no token.
                let request = Request::new(Method::GET, url).without_token().hide_id().streams();
                let connection = Connection::new(self.client.execute_unsigned(request).await?)?;
                let gone = members.join(&self.client, &id).await?;
                self.ready.extend(gone.into_iter().map(LogEvent::Unsubscribed));
                connection
            }
        };
        self.last_heard = self.client.now();
        self.connection = Some(connection);
        Ok(())
    }
}

/// An open stream.
pub(crate) struct Connection {
    response: Response,
    parser: Parser,
    /// What the last chunk held.
    events: VecDeque<sse::Event>,
    operation: String,
    since: Instant,
}

impl Connection {
    pub(crate) fn new(answer: Answer) -> Result<Self, Error> {
        let Answer { operation, unread, .. } = answer;
        let response = unread.expect("the request asked for a stream");
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream") {
            let error = serde_json::Error::custom(format!("not a stream of events, but `{kind}`"));
            return Err(Error::decode(&operation, error));
        }
        Ok(Self { response, parser: Parser::new(), events: VecDeque::new(), operation, since: Instant::now() })
    }

    /// Waits for the next event, and tells when the service was last heard; `None` for one that says nothing to us.
    async fn next(
        &mut self,
        silence: Duration,
        client: &Client,
        last_heard: &mut Timestamp,
    ) -> Result<Option<LogEvent>, Error> {
        let event = self.event(silence, client, last_heard).await?;
        self.understand(&event)
    }

    /// Waits for the next event, whatever it says.
    pub(crate) async fn event(
        &mut self,
        silence: Duration,
        client: &Client,
        last_heard: &mut Timestamp,
    ) -> Result<sse::Event, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let chunk = match timeout(silence, self.response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return Err(lost(io::Error::other("the service ended the stream"), false)),
                Ok(Err(error)) => return Err(lost(error.without_url(), false)),
                Err(elapsed) => return Err(lost(elapsed, true)),
            };
            *last_heard = client.now();
            if let Err(error) = self.parser.push(&chunk, &mut self.events) {
                // What came before it is not handed out: the gap begins there.
                return Err(lost(error, false));
            }
        }
    }

    fn understand(&self, event: &sse::Event) -> Result<Option<LogEvent>, Error> {
        Ok(match event.name.as_str() {
            "message" => Some(LogEvent::Entry(self.decode::<LogEntry>(event)?)),
            "state_change" => {
                let StateChange { device_id, state } = self.decode(event)?;
                match (state.as_str(), device_id) {
                    ("opened", _) => Some(LogEvent::Opened),
                    ("closed", _) => Some(LogEvent::Closed),
                    ("subscribed", Some(device)) => Some(LogEvent::Subscribed(device)),
                    ("unsubscribed", Some(device)) => Some(LogEvent::Unsubscribed(device)),
                    _ => None,
                }
            }
            // A later version of the contract may have more.
            _ => None,
        })
    }

    pub(crate) fn decode<T: DeserializeOwned>(&self, event: &sse::Event) -> Result<T, Error> {
        serde_json::from_str(&event.data).map_err(|error| Error::decode(&self.operation, error))
    }
}

fn lost(error: impl std::error::Error + Send + Sync + 'static, timed_out: bool) -> Error {
    Error::Transport { attempts: 1, timed_out, source: Arc::new(error) }
}

impl Client {
    pub(crate) fn now(&self) -> Timestamp {
        let since_epoch = (self.inner.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}
