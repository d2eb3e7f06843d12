//! The client against a scripted server.

mod errors;
mod fixtures;
mod listing;
mod logs;
mod processes;
mod renewal;
mod resources;
mod retries;
mod scripted;
mod sign_in;
