//! Bytes that are taken for a value are its one encoding.
#![no_main]

use impstead_device_protocol::Value;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| match Value::decode(bytes) {
    Ok(value) => assert_eq!(value.encode().as_deref(), Ok(bytes)),
    Err(error) => assert!(error.offset <= bytes.len()),
});
