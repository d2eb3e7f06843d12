//! The client against a scripted server.

mod errors;
mod fixtures;
mod listing;
mod live;
mod logs;
mod processes;
mod renewal;
mod resources;
mod retries;
mod scripted;
mod sign_in;
