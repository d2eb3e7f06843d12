//! What programs see of the platform.

mod life;
mod messages;
mod requests;
mod snapshots;
mod timers;
mod world;
