//! The live half of the cloud: what devices that are connected say and are told, and where it goes.

mod line;
mod logs;
mod outbound;
mod webhooks;

pub use line::{Line, LineConfig, Pipe, Received, Sent, Transport, pipe};
pub use logs::{Fate, Fates, LogLimits, Logs, NewLine, Pushed, Ticket};
pub use outbound::{
    AddressRefused, Found, Lookup, Outbound, OutboundAnswer, OutboundError, OutboundLimits, OutboundRequest, UrlRefused,
};
pub use webhooks::{DeliveryOutcome, Unseal, WebhookLimits, Webhooks};
