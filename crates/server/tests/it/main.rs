//! The server as its callers see it: over HTTP, on both databases.

mod http;
mod stage;
mod world;

mod access;
mod accounts;
mod auth;
mod compat;
mod deployments;
mod device_groups;
mod devices;
mod documentation;
mod documents;
mod filters;
mod gate;
mod group_devices;
mod impstead;
mod isolation;
mod line;
mod log_streams;
mod login_keys;
mod paging;
mod products;
mod refresh_tokens;
mod section_10;
mod snapshots;
mod two_writers;
mod webhooks;
