//! Requests and connections to addresses that strangers choose: webhooks, and what programs of agents ask for.
//!
//! What they must not reach is the operator's network. So addresses are judged after names are resolved, and only those
//! judged are connected to; each redirect is a request of its own, judged anew.

mod address;
mod certificate;

use address::is_public;
use ipnet::IpNet;
use reqwest::{
    Method, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{HeaderMap, LOCATION},
    redirect,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;
use url::Host;

/// How long a connection may take to be made, TLS aside.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an unused connection is kept for the next request to the same host. Receivers often close theirs after 5 s:
/// a request that meets such a close fails, although a new connection would have carried it.
const IDLE: Duration = Duration::from_secs(2);
const MOST_IDLE_PER_HOST: usize = 2;

/// Finds the addresses of a name.
pub type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// Addresses to come.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// A client for addresses that strangers choose. A cheap handle: clones share connections.
#[derive(Clone)]
pub struct Outbound {
    http: reqwest::Client,
    /// The same, for those who do not care who answers.
    trusting: reqwest::Client,
    judging: Judging,
    tls: Arc<ClientConfig>,
}

/// A connection, with TLS or without.
pub type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// A request.
#[derive(Clone, Debug)]
pub struct OutboundRequest {
    /// Its method; redirects keep it.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Its headers; redirects keep them.
    pub headers: HeaderMap,
    /// Its body; redirects keep it.
    pub body: Vec<u8>,
}

/// What a request may cost.
#[derive(Clone, Copy, Debug)]
pub struct OutboundLimits {
    /// How long it may take in all, redirects included.
    pub total: Duration,
    /// How many redirects are followed. Only 307 and 308 are: the others would turn a POST into a GET.
    pub redirects: u32,
    /// How much of the answer's body is read.
    pub body_bytes: usize,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct OutboundAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// Whether that is all of it: not if it was too long or did not end in time.
    pub is_whole: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It is not a URL to which requests may go.
    #[error(transparent)]
    Url(#[from] UrlRefused),
    /// It redirects to where requests may not go.
    #[error("redirected to a URL that is refused")]
    Redirect(#[source] UrlRefused),
    /// The answer redirects once more than is followed.
    #[error("redirected too often")]
    TooManyRedirects,
    /// None of the name's addresses may be connected to.
    #[error(transparent)]
    Address(AddressRefused),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// There was no connection, or it broke.
    #[error("cannot {}", if .0.is_connect() { "connect" } else { "exchange request and answer" })]
    Failed(#[source] reqwest::Error),
}

/// Why a URL is refused before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    /// Something else than http or https.
    #[error("the URL's scheme is neither http nor https")]
    Scheme,
    /// A user name or password in the URL.
    #[error("the URL holds a user name or password")]
    UserInfo,
    /// An address that is not public.
    #[error("the URL's address is not a public one")]
    Address,
    /// From https to http.
    #[error("the redirect leads from https to http")]
    Downgrade,
    /// A redirect to nowhere.
    #[error("the redirect's location is not a URL")]
    Location,
}

/// None of a name's addresses is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host's address is not a public one")]
pub struct AddressRefused;

/// Which addresses may be reached although they are not public.
struct Allowed(Vec<IpNet>);

impl Allowed {
    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.0.iter().any(|network| network.contains(&address))
    }
}

impl Outbound {
    /// Makes a client that reaches what this one does, and these networks.
    #[must_use]
    pub fn allowing(&self, more: &[IpNet]) -> Self {
        let Judging { lookup, allowed } = &self.judging;
        Self::with_lookup([&allowed.0, more].concat(), lookup.clone())
    }

    /// Makes a client that reaches public addresses and those of `allow`.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self::with_lookup(
            allow,
            Arc::new(|name| {
                Box::pin(async move {
                    let found = tokio::net::lookup_host((name, 0)).await?;
                    Ok(found.map(|address| address.ip()).collect())
                })
            }),
        )
    }

    /// The same, with another way to find addresses.
    pub fn with_lookup(allow: Vec<IpNet>, lookup: Lookup) -> Self {
        let judging = Judging { lookup, allowed: Arc::new(Allowed(allow)) };
        let client = |tls: ClientConfig| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .dns_resolver(Arc::new(judging.clone()))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(MOST_IDLE_PER_HOST)
                .build()
                .expect("nothing of this depends on the system")
        };
        let tls = tls();
        Self { http: client(tls.clone()), trusting: client(certificate::any()), judging, tls: Arc::new(tls) }
    }

    /// Sends a request, with `upload` for its body if there is one, and returns the answer once its head is there, a redirect like any
    /// other. `validate` says whether the server's certificate must be good.
    pub async fn begin(
        &self,
        request: OutboundRequest,
        upload: Option<reqwest::Body>,
        validate: bool,
    ) -> Result<reqwest::Response, OutboundError> {
        let OutboundRequest { method, url, headers, body } = request;
        self.check(&url)?;
        let http = if validate { &self.http } else { &self.trusting };
        let body = upload.unwrap_or_else(|| body.into());
        http.request(method, url).headers(headers).body(body).send().await.map_err(failure)
    }

    /// Connects to a host, a name or an address, at an address that may be connected to. With `tls` its certificate must be good.
    pub async fn connect(&self, host: &str, port: u16, tls: bool) -> io::Result<Wire> {
        let addresses = self.judging.addresses(host.to_owned()).await.map_err(io::Error::other)?;
        let addresses: Vec<SocketAddr> = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(&addresses[..])).await??;
        stream.set_nodelay(true)?;
        if !tls {
            return Ok(Either::Left(stream));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.map(Either::Right)
    }

    /// Says why nothing may be sent to a URL, as far as that is known without resolving its name.
    pub fn check(&self, url: &Url) -> Result<(), UrlRefused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlRefused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlRefused::UserInfo);
        }
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::from(address),
            Some(Host::Ipv6(address)) => IpAddr::from(address),
            // The resolver judges names.
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(UrlRefused::Address),
        };
        if self.judging.allowed.allows(address) { Ok(()) } else { Err(UrlRefused::Address) }
    }

    /// Sends a request and follows redirects that keep its method.
    pub async fn send(
        &self,
        request: OutboundRequest,
        limits: OutboundLimits,
    ) -> Result<OutboundAnswer, OutboundError> {
        let OutboundRequest { method, mut url, headers, body } = request;
        let deadline = Instant::now() + limits.total;
        self.check(&url)?;
        let mut redirects = 0;
        loop {
            let sending = self.http.request(method.clone(), url.clone()).headers(headers.clone()).body(body.clone());
            let answer = match timeout_at(deadline, sending.send()).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => return Err(failure(error)),
                Err(_) => return Err(OutboundError::TimedOut),
            };
            if !matches!(answer.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
                return Ok(read(answer, deadline, limits.body_bytes).await);
            }
            if redirects == limits.redirects {
                return Err(OutboundError::TooManyRedirects);
            }
            redirects += 1;
            url = self.next(&url, answer.headers()).map_err(OutboundError::Redirect)?;
        }
    }

    fn next(&self, from: &Url, headers: &HeaderMap) -> Result<Url, UrlRefused> {
        let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let to = location.and_then(|location| from.join(location).ok()).ok_or(UrlRefused::Location)?;
        self.check(&to)?;
        if from.scheme() == "https" && to.scheme() == "http" {
            return Err(UrlRefused::Downgrade);
        }
        Ok(to)
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("allow", &self.judging.allowed.0).finish_non_exhaustive()
    }
}

/// TLS with the platform's trust. On a system without any certificates https fails, and the rest works.
fn tls() -> ClientConfig {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the usual ciphers")
    };
    match builder().with_platform_verifier() {
        Ok(trusting) => trusting.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "no trusted certificates on this system: webhooks to https cannot be delivered");
            builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        }
    }
}

/// Reads a body as far as length and time allow. The status is known, so that what goes wrong here fails nothing.
async fn read(mut answer: reqwest::Response, deadline: Instant, most: usize) -> OutboundAnswer {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let (mut body, mut is_whole) = (Vec::new(), false);
    while let Ok(Ok(chunk)) = timeout_at(deadline, answer.chunk()).await {
        let Some(chunk) = chunk else {
            is_whole = true;
            break;
        };
        let room = most - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    OutboundAnswer { status, headers, body, is_whole }
}

fn failure(error: reqwest::Error) -> OutboundError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if inner.is::<AddressRefused>() {
            return OutboundError::Address(AddressRefused);
        }
        cause = inner.source();
    }
    // The URL may hold a secret.
    if error.is_timeout() { OutboundError::TimedOut } else { OutboundError::Failed(error.without_url()) }
}

/// Resolves names to addresses that may be connected to.
#[derive(Clone)]
struct Judging {
    lookup: Lookup,
    allowed: Arc<Allowed>,
}

impl Judging {
    /// The addresses of a name that may be connected to: at least one.
    fn addresses(
        &self,
        name: String,
    ) -> impl Future<Output = Result<Vec<IpAddr>, Box<dyn Error + Send + Sync>>> + Send + use<> {
        let (found, allowed) = ((self.lookup)(name), Arc::clone(&self.allowed));
        async move {
            let mut addresses = found.await?;
            if addresses.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            addresses.retain(|address| allowed.allows(*address));
            if addresses.is_empty() { Err(AddressRefused.into()) } else { Ok(addresses) }
        }
    }
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.addresses(name.as_str().to_owned());
        Box::pin(async move {
            let addresses: Addrs = Box::new(addresses.await?.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
