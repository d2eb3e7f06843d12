//! Logs, on stderr. Requests never wait for them: where nobody takes the lines, lines are dropped and counted.

use crate::settings::LogFormat;
use std::{
    io::{self, IsTerminal, Write, stderr},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Bytes that wait to be written; further lines are dropped.
const ROOM_BYTES: usize = 4 << 20;

/// How long lines gather before they are written. To wake a thread and call the system for each line costs a busy server
/// more than all else about the line.
const GATHERING: Duration = Duration::from_millis(10);

/// How long the last lines may take at the end, lest a reader that has stopped reading hold the program up.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Writes what is left when it is dropped.
pub struct Logs {
    lines: Arc<Lines>,
    writer_gone: Receiver<()>,
}

impl Logs {
    /// Returns how many lines were dropped so far.
    pub fn dropped_lines(&self) -> usize {
        self.lines.lock().dropped
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.lines.lock().ended = true;
        self.lines.changed.notify_all();
        // Nothing is ever sent: this waits for the other end to go.
        let _ = self.writer_gone.recv_timeout(LAST_LINES);
    }
}

/// Begins to log.
pub fn start(format: LogFormat, level: Targets) -> Logs {
    let lines = Arc::new(Lines::default());
    let (writer_lives, writer_gone) = channel::<()>();
    let writer = {
        let lines = Arc::clone(&lines);
        move || {
            let _lives = writer_lives;
            lines.write_to(stderr());
        }
    };
    std::thread::Builder::new().name("logs".into()).spawn(writer).expect("the operating system has threads");
    let to_lines = Arc::clone(&lines);
    let layer = match format {
        LogFormat::People => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            fmt::layer().with_writer(to_lines).with_ansi(stderr().is_terminal() && !no_color).boxed()
        }
        LogFormat::Json => fmt::layer().json().flatten_event(true).with_writer(to_lines).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(level)).init();
    Logs { lines, writer_gone }
}

/// Lines on their way out.
#[derive(Default)]
struct Lines {
    waiting: Mutex<Waiting>,
    /// Told when the first line waits, and at the end.
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: usize,
    ended: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines as they come, until the end.
    fn write_to(&self, mut out: impl Write) {
        let mut batch = Vec::new();
        while self.take(&mut batch) {
            // Where would a failure be reported?
            let _ = out.write_all(&batch);
            batch.clear();
        }
    }

    /// Waits for lines and for some more to join them, and swaps them for an empty buffer. Returns whether there are any,
    /// which at the end there are not.
    fn take(&self, batch: &mut Vec<u8>) -> bool {
        let none_yet = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.ended;
        let waiting = self.changed.wait_while(self.lock(), none_yet).unwrap_or_else(PoisonError::into_inner);
        let gathering = self.changed.wait_timeout_while(waiting, GATHERING, |waiting| !waiting.ended);
        let (mut waiting, _) = gathering.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut waiting.bytes, batch);
        !batch.is_empty()
    }
}

impl Write for &Lines {
    /// Takes a whole line, or drops it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > ROOM_BYTES {
            waiting.dropped += 1;
        } else {
            let is_first = waiting.bytes.is_empty();
            waiting.bytes.extend_from_slice(line);
            drop(waiting);
            if is_first {
                self.changed.notify_one();
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_order_and_those_beyond_the_room_are_counted() {
        let lines = Lines::default();
        let long = vec![b'x'; ROOM_BYTES - 7];
        for line in [&b"one\n"[..], b"two\n", &long, b"3\n", b"4\n"] {
            (&lines).write_all(line).unwrap();
        }
        lines.lock().ended = true;
        let mut written = Vec::new();
        lines.write_to(&mut written);
        assert_eq!(String::from_utf8(written).unwrap(), "one\ntwo\n3\n4\n");
        assert_eq!(lines.lock().dropped, 1);
    }
}
