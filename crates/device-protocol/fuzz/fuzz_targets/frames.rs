//! Frames of both directions: what is read is written as it was, but for fields of later versions.
#![no_main]

use impstead_device_protocol::{DeviceFrame, ServerFrame};
use libfuzzer_sys::fuzz_target;

macro_rules! check {
    ($frame:ident, $bytes:ident) => {
        match $frame::decode($bytes) {
            Ok(Some(frame)) => {
                let written = frame.encode().expect("what was read can be written");
                assert!(written == $bytes || written.len() < $bytes.len());
                assert_eq!($frame::decode(&written), Ok(Some(frame)));
            }
            Ok(None) => assert!($bytes[0] & 0x80 != 0),
            Err(error) => assert!(error.offset <= $bytes.len()),
        }
    };
}

fuzz_target!(|bytes: &[u8]| {
    check!(ServerFrame, bytes);
    check!(DeviceFrame, bytes);
});
