//! What programs see of the platform.

mod life;
mod messages;
mod mqtt;
mod requests;
mod snapshots;
mod streams;
mod timers;
mod world;
