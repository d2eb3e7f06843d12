//! Ids, domain types and rules of the cloud: who may do what, which states follow which.
//!
//! No serde, no SQL, no I/O but the two ports [`Clock`] and [`Entropy`], through which time and randomness come in.
//! All times are Unix time in milliseconds (`_ms`).

mod access;
mod account;
mod deployment;
mod device;
mod device_group;
mod id;
mod log;
mod ports;
mod product;
mod time;
mod validity;
mod webhook;

pub use access::*;
pub use account::*;
pub use deployment::*;
pub use device::*;
pub use device_group::*;
pub use id::*;
pub use log::*;
pub use ports::*;
pub use product::*;
pub use time::*;
pub use validity::*;
pub use webhook::*;
