//! The live half of the cloud: what devices that are connected say and are told, and where it goes; agents, and virtual imps.

mod agents;
mod imps;
mod libraries;
mod line;
mod logs;
mod outbound;
mod webhooks;

pub use agents::{AgentConfig, AgentCounts, Agents, Unanswered, Undelivered};
pub use imps::{Home, Imps, Kept, News, live};
pub use line::{Line, LineConfig, Pipe, Received, Sent, Transport, pipe};
pub use logs::{Fate, Fates, LogLimits, Logs, NewLine, Pushed, Ticket};
use outbound::Wire;
pub use outbound::{
    AddressRefused, Found, Lookup, Outbound, OutboundAnswer, OutboundError, OutboundLimits, OutboundRequest, UrlRefused,
};
pub use webhooks::{DeliveryOutcome, Unseal, WebhookLimits, Webhooks};

/// Returns a log line as text; bytes that are none as the vendor shows them.
fn readable(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|error| {
        let bytes: Vec<String> = error.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("binary: {}", bytes.join(" "))
    })
}
