//! The HTTP server: the impCentral API v5, Impstead's own API, and the operator's endpoints.
//!
//! Four hops for every request: [`routes()`] → one handler → one [`Store`] method → SQL. Around every handler stands
//! the gate (`gate.rs`): request id, caller, rate limit, metrics, access log, and the body of every error.

mod accounts;
mod agent_urls;
mod auth;
mod caller;
mod compile;
mod config;
mod deployments;
mod device_groups;
mod devices;
mod document;
mod error;
mod gate;
mod group_devices;
mod health;
mod impstead;
mod libraries;
mod line;
mod log_streams;
mod login_guard;
mod login_keys;
mod logs;
mod metrics;
mod openapi;
mod page;
mod passwords;
mod products;
mod progress;
mod rate_limit;
mod reference;
mod refresh_tokens;
mod request_line;
mod routes;
mod secrets;
mod serve;
mod shape;
mod webhooks;

pub use config::{Config, TrustedProxies};
pub use document::MEDIA_TYPE;
pub use impstead_runtime::{AgentConfig, LogLimits};
pub use passwords::Passwords;
pub use rate_limit::RateLimit;
pub use routes::{Access, Route, router, routes};
pub use secrets::{Purpose, ServerKey, new_hex_token, token_hash};
pub use serve::{Listeners, Tls, serve};

use caller::Sessions;
use compile::Compiler;
use impstead_bus::Bus;
use impstead_model::{Clock, Entropy};
use impstead_runtime::{Agents, Imps, Line, Logs, Outbound};
use impstead_store::Store;
use log_streams::Streams;
use login_guard::LoginGuard;
use metrics::Metrics;
use openapi::Documentation;
use rate_limit::RateLimits;
use std::{
    hash::{BuildHasher as _, RandomState},
    ops::Deref,
    sync::Arc,
};
use tokio::sync::Semaphore;

/// Everything that handlers share. A cheap handle.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// What stands behind an [`App`].
pub struct Shared {
    /// The data.
    pub store: Store,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where ids and secrets come from.
    pub entropy: Arc<dyn Entropy>,
    /// How the server is set up.
    pub config: Config,
    /// Seals and looks up secrets.
    pub key: ServerKey,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// The way of log lines to those who read them as they come.
    pub bus: Bus,
    /// What devices log.
    pub logs: Logs,
    /// The agents.
    pub agents: Agents,
    /// Connected devices.
    pub line: Line,
    /// Virtual imps.
    pub imps: Imps,
    /// How requests go out to addresses that strangers choose.
    pub outbound: Outbound,
    streams: Streams,
    sessions: Sessions,
    large_bodies: Arc<Semaphore>,
    compiler: Compiler,
    rate_limits: RateLimits,
    login_guard: LoginGuard,
    metrics: Metrics,
    documentation: Documentation,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        key: ServerKey,
        passwords: Passwords,
        config: Config,
    ) -> Self {
        let rate_limits = RateLimits::new(config.rate_limit);
        let bus = Bus::default();
        let logs = Logs::new(store.clone(), bus.clone(), Arc::clone(&clock), config.log_limits);
        let outbound = Outbound::new(config.outbound_allow.clone());
        let agents = AgentConfig { url: config.agent_url.clone(), ..config.agents.clone() };
        // Nobody can prepare names that are found slowly without knowing this.
        let seed = RandomState::new().hash_one(0);
        let agents = Agents::new(store.clone(), logs.clone(), Arc::clone(&clock), outbound.clone(), agents, seed);
        let (time, random) = (Arc::clone(&clock), Arc::clone(&entropy));
        let line_config = line::config(&config);
        // A server without a name has no devices.
        let name = line_config.identities.first().cloned().unwrap_or_default();
        let line = Line::new(store.clone(), logs.clone(), agents.clone(), time, random, line_config);
        let (time, random) = (Arc::clone(&clock), Arc::clone(&entropy));
        let imps = Imps::new(store.clone(), line.clone(), time, random, name, seed);
        Self(Arc::new(Shared {
            store,
            clock,
            entropy,
            key,
            passwords,
            bus,
            logs,
            agents,
            line,
            imps,
            outbound,
            streams: Streams::default(),
            sessions: Sessions::new(),
            large_bodies: shape::large_bodies(),
            compiler: Compiler::new(),
            rate_limits,
            login_guard: LoginGuard::new(),
            metrics: Metrics::new(),
            documentation: Documentation::default(),
            config,
        }))
    }
}
