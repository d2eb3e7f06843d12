//! Sizes of what is made in numbers.

use impstead_device_protocol::{DecodeError, DeviceFrame, EncodeError, Float, Key, ServerFrame, Value};

#[cfg(target_pointer_width = "64")]
#[test]
fn sizes() {
    assert_eq!(size_of::<Float>(), 4);
    assert_eq!(size_of::<Value>(), 24);
    assert_eq!(size_of::<Key>(), 24);
    assert_eq!(size_of::<(Key, Value)>(), 48);
    assert!(size_of::<ServerFrame>() <= 64, "{}", size_of::<ServerFrame>());
    assert!(size_of::<DeviceFrame>() <= 80, "{}", size_of::<DeviceFrame>());
    assert!(size_of::<DecodeError>() <= 32, "{}", size_of::<DecodeError>());
    assert!(size_of::<EncodeError>() <= 32, "{}", size_of::<EncodeError>());
}
