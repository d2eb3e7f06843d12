//! What users of the crate see, on the golden programs of `tests/scripts`.

mod scripts;
mod snapshot;
