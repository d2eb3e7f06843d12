//! A stranger's bytes over a pipe, to a server and to a device.
#![no_main]

use impstead_device_protocol::{
    DeviceHandshake, DeviceId, DeviceSecret, DeviceStep, Hello, MAX_HANDSHAKE_FRAME_BYTES, ServerHandshake, Splitter,
    WakeReason,
};
use libfuzzer_sys::fuzz_target;

const SERVER: &str = "https://a";

fuzz_target!(|bytes: &[u8]| {
    let mut left = bytes;
    let mut splitter = Splitter::new(MAX_HANDSHAKE_FRAME_BYTES);
    let hello = Hello::new(DeviceId([1; 8]), SERVER, WakeReason::POWER_ON);
    let mut device = DeviceHandshake::new(DeviceSecret::from_seed(&[1; 32]), hello);
    while let Ok(Some(frame)) = splitter.next(&mut left) {
        assert!(!frame.is_empty() && frame.len() <= MAX_HANDSHAKE_FRAME_BYTES);
        // Whoever does not know the secret gets as far as being introduced, and checking signatures is slow.
        drop(ServerHandshake::new([2; 32], 0).receive(&frame, &[SERVER]));
        if let Ok(DeviceStep::Send(hello)) = device.receive(&frame) {
            let offered = ServerHandshake::new([2; 32], 0);
            assert!(offered.receive(&hello, &[SERVER]).is_ok());
        }
    }
});
