//! The listener: connections, TLS, and an orderly end.

use crate::{
    App, agent_urls, gate::Peer, log_streams, metrics::OpenConnection, progress::Progressing,
    request_line::AsciiRequestLines, router, webhooks,
};
use axum::{body::Body, http::Uri};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    Request, StatusCode,
    body::{Body as _, Frame, Incoming, SizeHint},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    runtime::{self, Runtime},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long a client may take to send a request's head, and a TLS handshake.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest rest of a body that is read where the handler did not, in bytes, and how long that may take.
const SHORT_REST_BYTES: u64 = 64 << 10;
const REST_TIMEOUT: Duration = Duration::from_millis(100);

/// Connections open at once; further ones wait to be accepted.
const MOST_CONNECTIONS: usize = 50_000;

/// A certificate chain with its key, ready to accept connections.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Reads a certificate chain and its private key, both PEM.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(certificates).collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err("the certificate file holds no certificate".into());
        }
        let key = PrivateKeyDer::from_pem_slice(key)?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let mut config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(certificates, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// The place that a connection takes up among those that may be open. Who keeps a connection beyond its last request
/// keeps this too.
#[derive(Clone)]
pub struct Occupied(
    #[expect(dead_code, reason = "it is kept to be dropped")] Arc<(OwnedSemaphorePermit, OpenConnection)>,
);

/// Where requests come in.
pub struct Listeners {
    /// Those to the API.
    pub api: TcpListener,
    /// Those to agents. Without it no agents run, nor virtual imps.
    pub agents: Option<TcpListener>,
}

/// What a listener's connections are answered by.
#[derive(Clone)]
struct Answers {
    router: axum::Router,
    /// Whether repeated slashes in paths are one.
    normalizes: bool,
}

/// Serves until `stop` is cancelled, then lets requests under way end within the configured grace. What has not ended
/// by then is cut off: nothing of `app` goes on after this returns.
pub async fn serve(listeners: Listeners, tls: Option<Tls>, app: App, stop: CancellationToken) {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let (mut background, end_of_logs) = (JoinSet::new(), CancellationToken::new());
    background.spawn(app.logs.clone().run(end_of_logs.clone()));
    background.spawn(log_streams::watch(app.clone(), stop.clone()));
    background.spawn(webhooks::worker(&app).run(stop.clone()));
    let line = tokio::spawn(app.line.clone().run(stop.clone()));
    let ending = CancellationToken::new();
    let door = Door { tls, room: Arc::new(Semaphore::new(MOST_CONNECTIONS)), app: app.clone(), ending, stop };
    let agents = listeners.agents.map(|listener| {
        let threads = agent_threads();
        let router = agent_urls::router(app.clone(), scheme);
        let agents = tokio::spawn(app.agents.clone().run(threads.handle().clone(), door.stop.clone()));
        let imps = tokio::spawn(app.imps.clone().run(threads.handle().clone(), door.stop.clone()));
        let visits = threads.spawn(door.clone().let_in_here(listener, Answers { router, normalizes: false }));
        (threads, agents, imps, visits)
    });
    let mut connections =
        door.clone().let_in(listeners.api, Answers { router: router(app.clone()), normalizes: true }).await;
    let (mut visits, mut threads) = (JoinSet::new(), None);
    if let Some((their_threads, agents, imps, visiting)) = agents {
        // Agents end first: what waits for their answers ends with them, and their last lines are kept.
        if let Err(error) = agents.await {
            tracing::error!(%error, "the agents ended early");
        }
        if let Err(error) = imps.await {
            tracing::error!(%error, "the virtual imps ended early");
        }
        visits = visiting.await.unwrap_or_default();
        threads = Some(their_threads);
    }
    app.streams.end_all();
    door.ending.cancel();
    let all_ended = async {
        while connections.join_next().await.is_some() {}
        while visits.join_next().await.is_some() {}
    };
    if tokio::time::timeout(app.config.shutdown_grace, all_ended).await.is_err() {
        tracing::warn!("some requests did not end in time and were cut off");
    }
    connections.shutdown().await;
    visits.shutdown().await;
    if let Some(threads) = threads {
        threads.shutdown_background();
    }
    if let Err(error) = line.await {
        tracing::error!(%error, "the line ended early");
    }
    // What the last requests and devices logged is kept.
    end_of_logs.cancel();
    while background.join_next().await.is_some() {}
}

/// What lets connections in.
#[derive(Clone)]
struct Door {
    tls: Option<Tls>,
    /// Connections that may still be opened.
    room: Arc<Semaphore>,
    app: App,
    ending: CancellationToken,
    stop: CancellationToken,
}

impl Door {
    /// Lets connections in until told to stop, and returns those that are open.
    async fn let_in(self, listener: TcpListener, answers: Answers) -> JoinSet<()> {
        let mut connections = JoinSet::new();
        loop {
            let accepted = async {
                let permit = Arc::clone(&self.room).acquire_owned().await.expect("the semaphore is never closed");
                listener.accept().await.map(|accepted| (permit, accepted))
            };
            let (permit, (stream, peer)) = tokio::select! {
                () = self.stop.cancelled() => return connections,
                Some(_) = connections.join_next() => continue,
                accepted = accepted => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, most likely: wait for some to be freed.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let _ = stream.set_nodelay(true);
            let (ending, tls, answers) = (self.ending.clone(), self.tls.clone(), answers.clone());
            let open = self.app.metrics.connection();
            connections.spawn(async move {
                let occupied = Occupied(Arc::new((permit, open)));
                match tls {
                    None => converse(stream, peer, occupied, answers, ending).await,
                    Some(Tls(acceptor)) => match tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => converse(stream, peer, occupied, answers, ending).await,
                        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                        Err(_) => tracing::debug!("TLS handshake timed out"),
                    },
                }
            });
        }
    }

    /// Lets connections in on the threads that run this, rather than those on which the listener was made.
    ///
    /// Those to agents live where agents do, so that a request and its answer wake no other thread.
    async fn let_in_here(self, listener: TcpListener, answers: Answers) -> JoinSet<()> {
        match listener.into_std().and_then(TcpListener::from_std) {
            Ok(listener) => self.let_in(listener, answers).await,
            Err(error) => {
                tracing::error!(%error, "cannot listen for requests to agents");
                JoinSet::new()
            }
        }
    }
}

/// Threads on which agents run, and their requests are answered, so that none of them keeps the API waiting.
fn agent_threads() -> Runtime {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    runtime::Builder::new_multi_thread()
        .worker_threads(processors)
        .thread_name("agents")
        .enable_all()
        .build()
        .expect("the operating system has threads")
}

/// Answers the requests of one connection.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    occupied: Occupied,
    answers: Answers,
    ending: CancellationToken,
) {
    let Answers { router, normalizes } = answers;
    let between_requests = Arc::new(AtomicBool::new(true));
    let stream = AsciiRequestLines::new(Progressing::new(stream), Arc::clone(&between_requests));
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let was_between = between_requests.swap(false, Ordering::Relaxed);
        if normalizes && let Some(uri) = normalized(request.uri()) {
            *request.uri_mut() = uri;
        }
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(occupied.clone());
        let (router, between_requests) = (router.clone(), Arc::clone(&between_requests));
        async move {
            let (head, body) = request.into_parts();
            if body.is_end_stream() {
                let answer = router.oneshot(Request::from_parts(head, Body::empty())).await;
                // After an upgrade no request follows.
                let is_upgrade = answer.as_ref().is_ok_and(|it| it.status() == StatusCode::SWITCHING_PROTOCOLS);
                between_requests.store(was_between && !is_upgrade, Ordering::Relaxed);
                return answer;
            }
            let body = SharedBody(Arc::new(Mutex::new(body)));
            let answer = router.oneshot(Request::from_parts(head, Body::new(body.clone()))).await;
            // What follows may be the rest of a body that nobody read, which must not be taken for a request line.
            // Unless it is short, lines are no longer rewritten on this connection then.
            between_requests.store(was_between && body.drain().await, Ordering::Relaxed);
            answer
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}

/// A request's body, of which the connection reads what the handler left.
#[derive(Clone)]
struct SharedBody(Arc<Mutex<Incoming>>);

impl SharedBody {
    fn body(&self) -> MutexGuard<'_, Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a short rest and says whether nothing of the body is left.
    ///
    /// The vendor's clients send the four bytes `null` with requests that no handler reads the body of.
    async fn drain(self) -> bool {
        let rest = self.body().size_hint().upper();
        if rest.is_none_or(|rest| rest > SHORT_REST_BYTES) {
            return self.body().is_end_stream();
        }
        matches!(tokio::time::timeout(REST_TIMEOUT, self.collect()).await, Ok(Ok(_)))
    }
}

impl hyper::body::Body for SharedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}

/// Collapses repeated slashes, as one client sends them; `None` where there are none.
///
/// A trailing slash stays: it is an empty id, which names nothing.
pub fn normalized(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains("//") {
        return None;
    }
    let mut collapsed = String::with_capacity(path.len());
    for character in path.chars() {
        if !(character == '/' && collapsed.ends_with('/')) {
            collapsed.push(character);
        }
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{collapsed}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_collapsed_and_the_query_stays() {
        let normalized = |uri: &'static str| normalized(&Uri::from_static(uri)).map(|uri| uri.to_string());
        assert_eq!(
            normalized("/v5//devicegroups/x/relationships/devices").unwrap(),
            "/v5/devicegroups/x/relationships/devices"
        );
        assert_eq!(normalized("/v5//products/?a=//b").unwrap(), "/v5/products/?a=//b");
        assert_eq!(normalized("/v5/products/"), None);
        assert_eq!(normalized("//").unwrap(), "/");
        assert_eq!(normalized("/v5/products?a=//b/"), None);
        assert_eq!(normalized("/"), None);
    }
}
