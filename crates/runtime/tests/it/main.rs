//! Tests of the live half.

mod agents;
mod imps;
mod line;
mod outbound;
mod receiver;
mod webhooks;
mod world;
