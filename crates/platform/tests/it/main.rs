//! What programs see of the platform.

mod board;
mod crypto;
mod hardware;
mod imps;
mod life;
mod messages;
mod mqtt;
mod requests;
mod snapshots;
mod streams;
mod timers;
mod world;
