//! An imp in simulated time, beside a server that says what a test wants.

mod examples;
mod hardware;
mod life;
mod world;
