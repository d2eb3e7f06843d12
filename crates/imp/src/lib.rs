//! A virtual imp: it boots, connects, fetches its program and runs it, sleeps, and reconnects.
//!
//! There is no I/O here, no clock and no randomness: an [`Imp`] is told the time, what its transport does and which frames arrive,
//! and says what it wants done. So the same imp is a process of its own, lives inside the server, or in simulated time.

mod connection;
mod download;
mod imp;
mod outside;
mod programs;
mod setup;
mod stored;

pub use imp::{Imp, Output, Setup, Turn};
pub use outside::factory_blink_up;
pub use programs::Programs;
pub use stored::{Stored, StoredProgram};
