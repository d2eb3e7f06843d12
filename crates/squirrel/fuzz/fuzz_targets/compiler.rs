//! Programs that are compiled, listed, checked and formatted.
#![no_main]

#[path = "../../tests/it/fuzz.rs"]
#[expect(dead_code, reason = "the other targets")]
mod fuzz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::compiler(bytes));
