//! The connection of an imp: from the first attempt to the last frame.

use std::collections::VecDeque;

use impstead_device_protocol::{
    Close, CloseReason, DeviceFrame, DeviceHandshake, Heartbeat, Incoming, Outgoing, Pulse, Welcome,
};

/// How far a connection has come. Times are Unix times in microseconds.
#[derive(Debug)]
pub(crate) enum Link {
    /// There is none. It is not tried before this time.
    Down {
        retry_us: i64,
    },
    /// A transport is being opened.
    Opening {
        until_us: i64,
    },
    Greeting {
        handshake: Box<DeviceHandshake>,
        until_us: i64,
    },
    Open(Box<Connection>),
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) outgoing: Outgoing,
    pub(crate) incoming: Incoming,
    heartbeat: Heartbeat,
    /// The longest frame that the server takes.
    pub(crate) longest: usize,
    pub(crate) since_us: i64,
    /// Lines and messages whose acknowledgement is waited for, with the time until which.
    pub(crate) awaited: VecDeque<(u32, i64)>,
}

/// Milliseconds of a clock, for heartbeats.
fn ms(now_us: i64) -> u64 {
    u64::try_from(now_us / 1000).unwrap_or(0)
}

impl Connection {
    pub(crate) fn new(welcome: &Welcome, now_us: i64) -> Connection {
        Connection {
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            heartbeat: Heartbeat::new(welcome.heartbeat_s, ms(now_us)),
            longest: welcome.max_frame_bytes as usize,
            since_us: now_us,
            awaited: VecDeque::new(),
        }
    }

    pub(crate) fn heard(&mut self, now_us: i64) {
        self.heartbeat.heard(ms(now_us));
    }

    /// Asks the heartbeat: what to send, and when to ask again; none if the server is dead.
    pub(crate) fn pulse(&mut self, now_us: i64) -> Option<(Option<DeviceFrame>, i64)> {
        let ping = match self.heartbeat.pulse(ms(now_us)) {
            Pulse::Dead => return None,
            Pulse::Wait(wait_ms) => return Some((None, later(now_us, wait_ms))),
            Pulse::Ping => Some(DeviceFrame::Ping(0)),
        };
        match self.heartbeat.pulse(ms(now_us)) {
            Pulse::Wait(wait_ms) => Some((ping, later(now_us, wait_ms))),
            Pulse::Ping | Pulse::Dead => None,
        }
    }
}

fn later(now_us: i64, wait_ms: u64) -> i64 {
    // A little later, so that the wait is over by then whatever is rounded.
    now_us.saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX / 2000).saturating_mul(1000)).saturating_add(1000)
}

/// How long to wait after a close, in microseconds, beyond what the back-off says.
pub(crate) fn least_wait_us(close: &Close) -> i64 {
    const S: i64 = 1_000_000;
    let asked = i64::from(close.retry_after_s) * S;
    let least = match close.reason {
        CloseReason::NOT_AUTHORISED | CloseReason::WRONG_SERVER | CloseReason::VERSION => 900 * S,
        CloseReason::REPLACED | CloseReason::PROTOCOL_ERROR | CloseReason::TOO_LARGE => 60 * S,
        _ => 0,
    };
    least.max(asked)
}
