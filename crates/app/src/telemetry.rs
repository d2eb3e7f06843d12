//! Logs, on stderr. Requests never wait for them: where nobody takes the lines, lines are dropped and counted.

use crate::settings::LogFormat;
use std::io::{BufWriter, IsTerminal, stderr};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Lines that wait to be written; further ones are dropped.
const QUEUE_LINES: usize = 16_384;

/// Writes what is left when it is dropped.
pub struct Logs {
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Logs {
    /// Returns how many lines were dropped so far.
    pub fn dropped_lines(&self) -> usize {
        self.dropped.dropped_lines()
    }
}

/// Begins to log.
pub fn start(format: LogFormat, level: Targets) -> Logs {
    // The writing thread flushes whenever it has caught up.
    let stderr_buffer = BufWriter::with_capacity(1 << 16, stderr());
    let (writer, guard) =
        NonBlockingBuilder::default().buffered_lines_limit(QUEUE_LINES).thread_name("logs").finish(stderr_buffer);
    let dropped = writer.error_counter();
    let layer = match format {
        LogFormat::People => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            fmt::layer().with_writer(writer).with_ansi(stderr().is_terminal() && !no_color).boxed()
        }
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(level)).init();
    Logs { dropped, _writer: guard }
}
