use crate::RateLimit;
use impstead_bus::Capacity;
use impstead_runtime::{AgentConfig, LineConfig, LogLimits, WebhookLimits};
use ipnet::IpNet;
use std::{net::IpAddr, time::Duration};

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Scheme, host and port under which clients reach the server, without a trailing slash; all links begin with it.
    pub public_url: String,
    /// The same for agents: their URLs are this and `/{agent id}`.
    pub agent_url: String,
    /// How agents are set up, but for their URL.
    pub agents: AgentConfig,
    /// Requests allowed to an account, and to an address before login.
    pub rate_limit: RateLimit,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Life of an access token; the vendor's is an hour.
    pub access_token_life: Duration,
    /// Whether an access token works only from the address that obtained it.
    pub bind_tokens_to_address: bool,
    /// Whether `/metrics` answers other addresses than loopback ones.
    pub public_metrics: bool,
    /// How long a request may take in all.
    pub request_timeout: Duration,
    /// How long requests under way may take to end when the server stops.
    pub shutdown_grace: Duration,
    /// Networks that webhooks and agents may reach although their addresses are not public.
    pub outbound_allow: Vec<IpNet>,
    /// What deliveries to webhooks may cost.
    pub webhook_limits: WebhookLimits,
    /// Heartbeat of devices that ask for none, in seconds: after so long a silence a device counts as gone.
    pub device_heartbeat_s: u32,
    /// What logs may cost.
    pub log_limits: LogLimits,
    /// Log streams that an account may have at once; a further one closes the oldest.
    pub log_streams_per_account: usize,
    /// Devices that a log stream carries; a further one takes the place of the one added longest ago.
    pub log_stream_devices: usize,
    /// Streams of `/impstead/v1/logs` that an account may read at once.
    pub log_tails_per_account: usize,
    /// What may wait for the reader of a stream; what comes when it is full is skipped.
    pub log_stream_queue: Capacity,
    /// After how long without events a stream says that it lives. One client gives up after a minute.
    pub log_stream_keep_alive: Duration,
    /// How long a stream waits to be opened.
    pub log_stream_unopened: Duration,
    /// How long a stream may last; then its clients make a new one.
    pub log_stream_life: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".into(),
            agent_url: "http://127.0.0.1:8081".into(),
            agents: AgentConfig::default(),
            rate_limit: RateLimit { bucket: 40, refill_per_s: 400.0 },
            trusted_proxies: TrustedProxies::default(),
            access_token_life: Duration::from_secs(3600),
            bind_tokens_to_address: false,
            public_metrics: false,
            request_timeout: Duration::from_secs(60),
            shutdown_grace: Duration::from_secs(10),
            outbound_allow: Vec::new(),
            webhook_limits: WebhookLimits::default(),
            device_heartbeat_s: LineConfig::default().heartbeat_s,
            log_limits: LogLimits::default(),
            log_streams_per_account: 1,
            log_stream_devices: 8,
            log_tails_per_account: 20,
            log_stream_queue: Capacity { lines: 1000, bytes: 1 << 20 },
            log_stream_keep_alive: Duration::from_secs(15),
            log_stream_unopened: Duration::from_secs(60),
            log_stream_life: Duration::from_secs(24 * 3600),
        }
    }
}

/// Networks of proxies in front of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the client's address: the peer's, or, as long as that is a trusted proxy's, the one before it.
    pub fn client(&self, peer: IpAddr, forwarded_for: &str) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in forwarded_for.rsplit(',') {
            if !self.trusts(client) {
                break;
            }
            match hop.trim().parse::<IpAddr>() {
                Ok(address) => client = address.to_canonical(),
                Err(_) => break,
            }
        }
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_only() {
        let proxies = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let client = |peer: &str, header: &str| proxies.client(peer.parse().unwrap(), header).to_string();
        assert_eq!(client("192.0.2.1", "198.51.100.1"), "192.0.2.1");
        assert_eq!(client("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(client("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2"), "198.51.100.1", "the rest is hearsay");
        assert_eq!(client("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", ""), "10.0.0.1");
    }
}
