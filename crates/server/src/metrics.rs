//! Prometheus metrics. Their names and labels are listed in `docs/operations.md`.

use axum::http::Method;
use impstead_runtime::{AgentCounts, DeliveryOutcome};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AgentState {
    state: &'static str,
}

/// All metrics of the server.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Histogram, fn() -> Histogram>,
    logins: Family<Outcome, Counter>,
    webhook_deliveries: Family<Outcome, Counter>,
    connections: Gauge,
    log_streams: Gauge,
    log_events: Counter,
    log_lines_skipped: Counter,
    agents: Family<AgentState, Gauge>,
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("impstead");
        let new_histogram: fn() -> Histogram =
            || Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
        let requests = Family::new_with_constructor(new_histogram);
        let logins = Family::default();
        let connections = Gauge::default();
        registry.register_with_unit(
            "http_request_duration",
            "Requests answered, by route",
            Unit::Seconds,
            requests.clone(),
        );
        registry.register("logins", "Attempts to sign in, by outcome", logins.clone());
        let webhook_deliveries = Family::default();
        registry.register(
            "webhook_deliveries",
            "Attempts to deliver events to webhooks, by outcome",
            webhook_deliveries.clone(),
        );
        registry.register("connections", "Connections open", connections.clone());
        let (log_streams, log_events, log_lines_skipped) = (Gauge::default(), Counter::default(), Counter::default());
        registry.register("log_streams", "Log streams being read", log_streams.clone());
        registry.register("log_stream_events", "Events sent in log streams", log_events.clone());
        registry.register(
            "log_stream_lines_skipped",
            "Log lines that readers of streams missed, since they were too slow",
            log_lines_skipped.clone(),
        );
        let agents = Family::default();
        registry.register("agents", "Agents, by whether they are loaded or hibernate", agents.clone());
        Self {
            registry,
            requests,
            logins,
            webhook_deliveries,
            connections,
            log_streams,
            log_events,
            log_lines_skipped,
            agents,
        }
    }

    /// Counts an answered request.
    pub fn request(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        let method = match *method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            _ => "other",
        };
        let answered = Answered { method, route: route.to_owned(), status };
        self.requests.get_or_create(&answered).observe(elapsed.as_secs_f64());
    }

    /// Counts an attempt to sign in.
    pub fn login(&self, outcome: &'static str) {
        self.logins.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts an attempt to deliver an event to a webhook.
    pub fn webhook_delivery(&self, outcome: DeliveryOutcome) {
        let outcome = match outcome {
            DeliveryOutcome::Delivered => "delivered",
            DeliveryOutcome::Postponed => "postponed",
            DeliveryOutcome::Failed => "failed",
        };
        self.webhook_deliveries.get_or_create(&Outcome { outcome }).inc();
    }

    /// Counts a connection for as long as the value returned lives.
    pub fn connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// Counts a log stream for as long as the value returned lives.
    pub fn log_stream(&self) -> OpenStream {
        self.log_streams.inc();
        OpenStream(self.log_streams.clone())
    }

    /// Counts events sent in log streams.
    pub fn log_events(&self, count: u64) {
        self.log_events.inc_by(count);
    }

    /// Counts log lines that readers of streams missed.
    pub fn log_lines_skipped(&self, count: u64) {
        self.log_lines_skipped.inc_by(count);
    }

    /// Writes all metrics in Prometheus' text format.
    pub fn text(&self, agents: AgentCounts) -> String {
        for (state, count) in [("loaded", agents.awake), ("hibernated", agents.asleep)] {
            self.agents.get_or_create(&AgentState { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// A connection that is open.
pub struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A log stream that is being read.
pub struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}
