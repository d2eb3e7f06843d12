//! Log lines as they come: the vendor's log streams, and Impstead's own of whole device groups.

pub(crate) mod follow;
mod stream;
mod tail;

pub use stream::{LogDevices, LogStream, LogStreams};
pub use tail::{LogFilter, LogTail, LogsOf};

use crate::Error;
use impstead_wire::{LogEntry, Timestamp};
use std::time::Duration;

/// What a log stream tells.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LogEvent {
    /// The service has opened the stream: at the beginning, and again after each interruption.
    Opened,
    /// Lines of the device with this id come from now on.
    Subscribed(String),
    /// No more lines of the device with this id come: it was removed, it made room for a newer one, or it could not be
    /// added again after an interruption.
    Unsubscribed(String),
    /// A line. Where a reader is too slow the service leaves lines out, and says so in a line of the type `status`.
    Entry(LogEntry),
    /// The connection is lost, for this reason. Another is being made; [`Gap`](Self::Gap) tells that it is there.
    Interrupted(Error),
    /// The stream goes on, without the lines of the time between. History may have them: see
    /// [`Devices::logs`](crate::Devices::logs).
    Gap {
        /// When the service was last heard, by the client's clock.
        since: Timestamp,
        /// When the new stream stood, with all its devices, by the client's clock.
        until: Timestamp,
    },
    /// The service has closed the stream, most likely because the account opened another. It is the last event, unless
    /// [`LogOptions::reopen`] is set.
    Closed,
}

/// How persistent a log stream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// Whether to make another stream when the service closes one: no. Two readers that both do take the stream from
    /// each other for ever.
    pub reopen: bool,
    /// After how much silence a connection counts as dead: 60 s. Services send a sign of life every 15 to 30 s.
    pub silence: Duration,
    /// Upper bound of the wait before the first attempt to connect again: 1 s. It doubles with each further one; the wait
    /// is a random time between half and all of it.
    pub first_wait: Duration,
    /// Upper bound of the waits between attempts, of which there is no end: 30 s.
    pub longest_wait: Duration,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            reopen: false,
            silence: Duration::from_secs(60),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl LogOptions {
    /// How long to wait after so many failures in a row; `random` is from 0 to 1.
    fn wait(&self, failures: u32, random: f64) -> Duration {
        let doublings = 2_u32.saturating_pow(failures);
        self.first_wait.saturating_mul(doublings).min(self.longest_wait).mul_f64(0.5 + random / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let options = LogOptions::default();
        let waits = [0, 1, 4, 5, 4_000_000_000].map(|failures| options.wait(failures, 1.0).as_secs());
        assert_eq!(waits, [1, 2, 16, 30, 30]);
        assert_eq!(options.wait(0, 0.0), Duration::from_millis(500));
    }
}
