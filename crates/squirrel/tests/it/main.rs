//! What users of the crate see, on the golden programs of `tests/scripts` and on generated ones.

mod compat;
mod differential;
mod fuzz;
mod golden;
mod host;
mod random;
mod scripts;
mod snapshot;
