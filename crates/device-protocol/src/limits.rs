//! Every bound of the protocol. The document states the same figures, which a test compares.

/// Version of the protocol that this crate speaks.
pub const VERSION: u8 = 1;

/// Path of the WebSocket endpoint on the server.
pub const WEBSOCKET_PATH: &str = "/impstead/v1/device";

/// WebSocket subprotocol.
pub const WEBSOCKET_SUBPROTOCOL: &str = "impstead-device";

/// Longest frame. Room for the largest message with its name and head.
pub const MAX_FRAME_BYTES: usize = 264 * 1024;

/// Longest frame before the handshake is complete, when nobody is known yet.
pub const MAX_HANDSHAKE_FRAME_BYTES: usize = 2048;

/// What every device and server can receive, whatever else it says: the least `max_frame`.
pub const MIN_MAX_FRAME_BYTES: usize = 1024;

/// Longest encoding of a value: the largest message between agent and device.
pub const MAX_VALUE_BYTES: usize = 256 * 1024;

/// How deep arrays and tables may be nested. A scalar has depth 0, an empty array depth 1.
pub const MAX_DEPTH: usize = 32;

/// Longest name of a message.
pub const MAX_NAME_BYTES: usize = 1024;

/// Longest log line; the device cuts what is longer.
pub const MAX_LOG_BYTES: usize = 64 * 1024;

/// Longest text of a close, of an exit code or of an outcome.
pub const MAX_TEXT_BYTES: usize = 512;

/// Longest name by which a server is known.
pub const MAX_IDENTITY_BYTES: usize = 255;

/// Longest fact that is text: impOS version, imp type, name of a network.
pub const MAX_FACT_BYTES: usize = 128;

/// Longest enrolment plan and longest enrolment token.
pub const MAX_TOKEN_BYTES: usize = 128;

/// Longest program, uncompressed or as transferred.
pub const MAX_PROGRAM_BYTES: usize = 16 * 1024 * 1024;

/// Most program bytes in one chunk.
pub const MAX_CHUNK_BYTES: usize = 4096;

/// Longest encoding of the environment that comes with an offer of code.
pub const MAX_ENVIRONMENT_BYTES: usize = 240 * 1024;

/// After how many seconds of silence the peer counts as dead, unless the welcome says otherwise.
pub const DEFAULT_HEARTBEAT_S: u32 = 30;

/// Least and most that a server grants to a device that asks for another heartbeat.
pub const HEARTBEAT_RANGE_S: core::ops::RangeInclusive<u32> = 10..=3600;

/// The handshake must be complete within this time.
pub const HANDSHAKE_TIMEOUT_S: u32 = 10;

/// First wait before reconnecting; doubles with each failure.
pub const BACKOFF_FIRST_MS: u32 = 1000;

/// Longest wait before reconnecting after an ordinary failure.
pub const BACKOFF_MOST_MS: u32 = 60_000;
