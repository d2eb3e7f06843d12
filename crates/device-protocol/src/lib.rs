//! The Impstead device protocol, version 1: what a device and the server say to each other, byte for byte.
//!
//! `docs/device-protocol.md` is the reference, written for somebody who implements it elsewhere; this crate is what the
//! server and the virtual imp use. It does no I/O, has no clock, no randomness and no threads: bytes go in and come out,
//! and whoever needs the time or a random number passes it in.
//!
//! - [`Value`]: Squirrel data and its encoding.
//! - [`ServerFrame`] and [`DeviceFrame`]: everything that can be said, in either direction.
//! - [`ServerHandshake`] and [`DeviceHandshake`]: how the device proves to be itself.
//! - [`Splitter`] and [`prefixed`]: frames over a byte pipe.
//! - [`Outgoing`], [`Incoming`], [`Heartbeat`] and [`Backoff`]: sequence numbers, liveness and reconnecting.

#![no_std]

extern crate alloc;

mod codes;
mod device_frame;
mod error;
mod facts;
mod fields;
mod frame;
mod handshake;
mod identity;
mod limits;
mod link;
mod read;
mod server_frame;
mod split;
mod value;
mod write;

pub use codes::{
    AnswerCode, CloseReason, CodeOutcome, Compression, LogKind, NetworkKind, ProgramFormat, RestartReason,
    ShutdownReason, SleepKind, WakeReason,
};
pub use device_frame::{Bless, CodeResult, CodeWant, DeviceFrame, Enrol, ExitCode, Hello, Log, Sleep, Started};
pub use error::{DecodeError, EncodeError, Problem};
pub use facts::Facts;
pub use frame::{Close, DeviceId, Message};
pub use handshake::{
    Accepted, Connected, DeviceHandshake, DeviceSecret, DeviceStep, HandshakeError, Introduced, ServerHandshake,
    ServerTerms,
};
pub use identity::{BadUrl, server_identity};
pub use limits::*;
pub use link::{Backoff, Gap, Heartbeat, Incoming, Outgoing, Pulse};
pub use server_frame::{Answer, Challenge, CodeChunk, CodeOffer, ServerFrame, Welcome};
pub use split::{BadLength, Splitter, prefixed};
pub use value::{Float, Key, Value};
