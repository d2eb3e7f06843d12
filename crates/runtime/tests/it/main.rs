//! Tests of the live half.

mod agents;
mod line;
mod outbound;
mod receiver;
mod webhooks;
mod world;
