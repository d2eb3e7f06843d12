//! The imp platform for Squirrel programs: what agents can call, and the loop that hands them their events.
//!
//! There is no I/O here: time, randomness and events come in, log lines, requests and messages go out.

pub mod codec;
