//! An imp in simulated time, beside a server that says what a test wants.

mod life;
mod world;
