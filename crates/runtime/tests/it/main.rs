//! Tests of the live half.

mod outbound;
mod receiver;
mod webhooks;
