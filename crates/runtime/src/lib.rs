//! The live half of the cloud: what devices that are connected say and are told, and where it goes; agents, and virtual imps.

mod agents;
mod imps;
mod libraries;
mod line;
mod logs;
mod moment;
mod outbound;
mod webhooks;

pub use agents::{AgentConfig, AgentCounts, Agents, Unanswered, Undelivered};
pub use imps::{ASKS, Ask, BlinkUp, Home, Imps, Kept, News, Sight, board_of, factory_blink_up, live, next_ask};
pub use line::{Line, LineConfig, Pipe, Received, Sent, Transport, pipe};
pub use logs::{Fate, Fates, LogLimits, Logs, NewLine, Pushed, Ticket};
use outbound::Wire;
pub use outbound::{
    AddressRefused, Found, Lookup, Outbound, OutboundAnswer, OutboundError, OutboundLimits, OutboundRequest, UrlRefused,
};
pub use webhooks::{DeliveryOutcome, Unseal, WebhookLimits, Webhooks};
