//! The rules of an open connection that are arithmetic: sequence numbers, liveness, waits between attempts.

use crate::{BACKOFF_FIRST_MS, BACKOFF_MOST_MS};

/// Numbers the messages and log lines that this side sends, and remembers which have arrived.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    sent: u32,
    acknowledged: u32,
}

/// A number that cannot stand where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sequence number {found} where {expected} was due")]
pub struct Gap {
    /// The number that was due, or the last that was sent.
    pub expected: u32,
    /// What came.
    pub found: u32,
}

impl Outgoing {
    /// Returns the number of the next message or log line; the first is 1. `None` when a connection has used them all,
    /// and must be made anew.
    pub fn take(&mut self) -> Option<u32> {
        self.sent = self.sent.checked_add(1)?;
        Some(self.sent)
    }

    /// Takes an acknowledgement. One that is older than another changes nothing.
    ///
    /// # Errors
    /// It acknowledges what was never sent.
    pub fn acknowledge(&mut self, seq: u32) -> Result<(), Gap> {
        if seq > self.sent {
            return Err(Gap { expected: self.sent, found: seq });
        }
        self.acknowledged = self.acknowledged.max(seq);
        Ok(())
    }

    /// Says whether this number, and so every one before, has been acknowledged.
    pub fn has_arrived(&self, seq: u32) -> bool {
        seq <= self.acknowledged
    }
}

/// Checks the numbers of the messages and log lines that arrive.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    last: u32,
}

impl Incoming {
    /// Takes a number.
    ///
    /// # Errors
    /// It is not one more than the last.
    pub fn receive(&mut self, seq: u32) -> Result<(), Gap> {
        match self.last.checked_add(1) {
            Some(expected) if expected == seq => {
                self.last = seq;
                Ok(())
            }
            expected => Err(Gap { expected: expected.unwrap_or(u32::MAX), found: seq }),
        }
    }

    /// Returns the number to acknowledge: that of the last message or log line, 0 before the first.
    pub fn last(&self) -> u32 {
        self.last
    }
}

/// Finds out whether the peer is alive. Both sides keep one.
///
/// Times are milliseconds of any clock that does not go back.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    limit_ms: u64,
    heard_ms: u64,
    pinged: bool,
}

/// What the heartbeat asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// Nothing for so many milliseconds.
    Wait(u64),
    /// Send a ping, and ask again.
    Ping,
    /// The peer is dead. Close the transport.
    Dead,
}

impl Heartbeat {
    /// Begins with the heartbeat of the welcome.
    pub fn new(heartbeat_s: u32, now_ms: u64) -> Self {
        Self { limit_ms: u64::from(heartbeat_s) * 1000, heard_ms: now_ms, pinged: false }
    }

    /// Notes that bytes have arrived, whatever they are.
    pub fn heard(&mut self, now_ms: u64) {
        self.heard_ms = self.heard_ms.max(now_ms);
        self.pinged = false;
    }

    /// Says what to do: a ping after half the heartbeat without a byte, the end after all of it.
    pub fn pulse(&mut self, now_ms: u64) -> Pulse {
        let silent_ms = now_ms.saturating_sub(self.heard_ms);
        if silent_ms >= self.limit_ms {
            return Pulse::Dead;
        }
        if self.pinged {
            return Pulse::Wait(self.limit_ms - silent_ms);
        }
        if silent_ms >= self.limit_ms / 2 {
            self.pinged = true;
            return Pulse::Ping;
        }
        Pulse::Wait(self.limit_ms / 2 - silent_ms)
    }
}

/// How long to wait before the next attempt to connect.
#[derive(Clone, Debug)]
pub struct Backoff {
    next_ms: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next_ms: BACKOFF_FIRST_MS }
    }
}

impl Backoff {
    /// Returns how many milliseconds to wait after a failure: between half of a time that doubles, and all of it.
    /// `random` is any number, another each time, so that devices that failed together come back apart.
    pub fn wait_ms(&mut self, random: u32) -> u32 {
        let most = self.next_ms;
        self.next_ms = most.saturating_mul(2).min(BACKOFF_MOST_MS);
        most - random % (most / 2 + 1)
    }

    /// Begins anew, after a connection that lasted a minute.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}
