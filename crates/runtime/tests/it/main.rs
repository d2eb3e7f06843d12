//! Tests of the live half.

mod line;
mod outbound;
mod receiver;
mod webhooks;
