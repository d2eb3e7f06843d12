use crate::{Error, MemoryTokenStore, RateLimit, RetryPolicy, TokenStore, auth::Session, endpoint::Endpoint};
use reqwest::{Url, redirect};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A connection to one service, for one account.
///
/// Cheap to clone; clones share connections and tokens. Must be used within a Tokio runtime with I/O and time enabled.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) session: Session,
    pub(crate) clock: Clock,
    pub(crate) retry: RetryPolicy,
    pub(crate) request_timeout: Option<Duration>,
    pub(crate) max_response_bytes: usize,
    pub(crate) rate_limit: Mutex<Option<RateLimit>>,
}

impl Client {
    /// Begins a client for an endpoint, such as `https://api.electricimp.com/v5`; `/v5` may be left out.
    pub fn builder(endpoint: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(endpoint.into())
    }

    /// Returns the endpoint in its canonical form, which ends in `/v5`.
    pub fn endpoint(&self) -> &str {
        self.inner.endpoint.as_str()
    }

    /// Returns the allowance that the service stated last, if it ever did.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        *self.inner.rate_limit.lock().expect("no holder panics")
    }

    pub(crate) fn v5(&self, segments: &[&str]) -> Result<Url, Error> {
        self.inner.endpoint.v5(segments)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}

/// Settings of a [`Client`]. Those left out have the stated defaults; none comes from the environment.
#[must_use]
pub struct ClientBuilder {
    endpoint: String,
    store: Arc<dyn TokenStore>,
    clock: Clock,
    retry: RetryPolicy,
    refresh_margin: Duration,
    request_timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_response_bytes: usize,
    proxy: Option<String>,
    root_certificates: Vec<Vec<u8>>,
    user_agent: String,
}

impl ClientBuilder {
    fn new(endpoint: String) -> Self {
        Self {
            endpoint,
            store: Arc::new(MemoryTokenStore::new()),
            clock: Arc::new(system_clock),
            retry: RetryPolicy::default(),
            refresh_margin: Duration::from_secs(60),
            request_timeout: Some(Duration::from_secs(30)),
            connect_timeout: Some(Duration::from_secs(10)),
            max_response_bytes: 64 << 20,
            proxy: None,
            root_certificates: Vec::new(),
            user_agent: concat!("impstead-client/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    /// Where to keep tokens; in memory unless set.
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// When to send failed requests again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long before its expiry an access token is renewed: 60 s, but at most a quarter of the token's life.
    pub fn refresh_margin(mut self, margin: Duration) -> Self {
        self.refresh_margin = margin;
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the answer: 30 s. `None` sets no limit.
    pub fn request_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.request_timeout = limit.into();
        self
    }

    /// How long connecting may take: 10 s. `None` sets no limit.
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect_timeout = limit.into();
        self
    }

    /// The largest answer that is read: 64 MiB.
    pub fn max_response_bytes(mut self, limit: usize) -> Self {
        self.max_response_bytes = limit;
        self
    }

    /// An HTTP proxy for all requests, such as `http://proxy.example.net:3128`; none unless set.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Certificates in PEM form that are trusted besides the platform's, for a private cloud. May be called repeatedly.
    ///
    /// The platform's own are found the way the platform does it; on Unix that honours `SSL_CERT_FILE`.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// The header `User-Agent`: `impstead-client/<version>`.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The clock by which tokens expire and dates in `Retry-After` pass: the system's.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Settings`] if the endpoint, the proxy or a certificate is not understood, or the platform has no
    /// trusted certificates and the endpoint is an `https` one.
    pub fn build(self) -> Result<Client, Error> {
        let endpoint = Endpoint::parse(&self.endpoint)?;
        let mut http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(endpoint.is_https(), &self.root_certificates)?)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(&self.user_agent)
            .no_proxy();
        if let Some(limit) = self.connect_timeout {
            http = http.connect_timeout(limit);
        }
        if let Some(proxy) = &self.proxy {
            let proxy = reqwest::Proxy::all(proxy)
                .map_err(|error| Error::settings_because("the proxy is not a URL", error.without_url()))?;
            http = http.proxy(proxy);
        }
        let http = http.build().map_err(|error| Error::settings_because("no HTTP client", error))?;
        let session = Session::new(endpoint.as_str().to_owned(), self.store, self.clock.clone(), self.refresh_margin);
        let inner = Inner {
            http,
            endpoint,
            session,
            clock: self.clock,
            retry: self.retry,
            request_timeout: self.request_timeout,
            max_response_bytes: self.max_response_bytes,
            rate_limit: Mutex::default(),
        };
        Ok(Client { inner: Arc::new(inner) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The proxy's URL may hold a password.
        f.debug_struct("ClientBuilder").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[expect(clippy::disallowed_methods, reason = "the default of `ClientBuilder::clock`")]
fn system_clock() -> SystemTime {
    SystemTime::now()
}

/// TLS with the platform's trust and the given certificates. A plain endpoint has no use for either, so that it works
/// on systems without any certificates.
fn tls(is_https: bool, pems: &[Vec<u8>]) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::settings_because("no TLS", error))?;
    if !is_https {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let verifier = Arc::new(verifier(provider, pems)?);
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn verifier(provider: Arc<CryptoProvider>, pems: &[Vec<u8>]) -> Result<Verifier, Error> {
    let mut extra = Vec::new();
    for pem in pems {
        let before = extra.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            extra.push(certificate.map_err(|error| Error::settings_because("a root certificate is not PEM", error))?);
        }
        if extra.len() == before {
            return Err(Error::settings("a root certificate file holds no certificate"));
        }
    }
    Verifier::new_with_extra_roots(extra, provider)
        .map_err(|error| Error::settings_because("no trusted certificates on this system", error))
}
