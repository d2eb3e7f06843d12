use super::{Answer, Answers};
use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use impstead_store::Store;
use std::io::{self, BufWriter, IsTerminal, Write};

/// Bytes in one answer.
const PART_BYTES: usize = 256 * 1024;

/// Answers with a backup, part by part.
pub(super) async fn write(store: &Store, answers: &Answers) -> Result<()> {
    let (store, answers) = (store.clone(), answers.clone());
    let written = tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PART_BYTES, Parts(answers));
        let rows = store.backup(&mut out)?;
        out.flush()?;
        anyhow::Ok(rows)
    });
    let rows = written.await?.context("cannot back up")?;
    tracing::info!(rows, "wrote a backup");
    Ok(())
}

/// Turns what is written to it into answers.
struct Parts(Answers);

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = Answer::Bytes(STANDARD.encode(bytes));
        self.0.blocking_send(part).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Shows on a terminal how far a transfer has come.
pub struct Progress {
    what: &'static str,
    total: Option<u64>,
    done: u64,
    shown: u64,
    visible: bool,
}

impl Progress {
    /// Begins a transfer of `total` bytes, if that is known.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        Self { what, total, done: 0, shown: 0, visible: io::stderr().is_terminal() }
    }

    /// Counts bytes.
    pub fn add(&mut self, bytes: usize) {
        self.done += bytes as u64;
        if self.visible && self.done - self.shown >= 1 << 20 {
            self.shown = self.done;
            let done = self.done >> 20;
            match self.total {
                Some(total) => eprint!("\r{} {done} of {} MiB", self.what, total >> 20),
                None => eprint!("\r{} {done} MiB", self.what),
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown > 0 {
            eprintln!();
        }
    }
}
