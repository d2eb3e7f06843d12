//! Numbers as text, `format()` and regular expressions: pure functions from bytes to bytes.
//!
//! Nothing here knows the VM: no values, no heap, no limits. Callers check sizes (`format::max_len`) and charge fuel.

pub mod format;
pub mod number;
pub mod regexp;
