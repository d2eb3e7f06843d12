//! What users of the crate see, on the golden programs of `tests/scripts`.

mod compat;
mod golden;
mod host;
mod scripts;
mod snapshot;
