//! What is done to the imps of a process, line by line: `pin1=0 temperature=31.5`.

use super::output::Output;
use anyhow::{Context, Result, bail};
use impstead_runtime::Ask;
use platform::board::{Board, Change};
use std::{
    fs::File,
    io::{BufRead, BufReader, stdin},
    sync::Arc,
    thread,
};
use tokio::sync::mpsc::Sender;

/// Ways to imps, with their ids.
pub type Ways = Arc<[(String, Sender<Ask>)]>;

/// Where lines go.
pub struct Inputs {
    pub board: Arc<Board>,
    pub ways: Ways,
    pub output: Arc<Output>,
}

impl Inputs {
    /// Begins to read a file, or standard input as `-`. It is read on a thread of its own, which the end of the process does not
    /// wait for: a terminal may never have a line.
    pub fn read_from(self, file: &str) -> Result<()> {
        let lines: Box<dyn BufRead + Send> = match file {
            "-" => Box::new(BufReader::new(stdin())),
            file => Box::new(BufReader::new(File::open(file).with_context(|| format!("cannot read {file}"))?)),
        };
        thread::spawn(move || {
            for line in lines.lines() {
                let done = line.map_err(anyhow::Error::from).and_then(|line| self.carry_out(&line));
                if let Err(error) = done {
                    self.output.problem("inputs", &format!("{error:#}"));
                }
            }
        });
        Ok(())
    }

    /// Does what a line says: to the imp whose id it begins with, or to all. A line with a mistake does nothing.
    fn carry_out(&self, line: &str) -> Result<()> {
        let mut words = line.split_whitespace().peekable();
        let named = words.next_if(|word| !word.contains('=')).map(str::to_ascii_lowercase);
        if let Some(id) = named.as_ref().filter(|named| !self.ways.iter().any(|(id, _)| id == *named)) {
            bail!("`{id}` is none of these imps, and sets nothing: write NAME=VALUE, such as pin1=0");
        }
        let change = |word: &str| {
            let (name, value) =
                word.split_once('=').with_context(|| format!("`{word}` sets nothing: write NAME=VALUE"))?;
            Change::parse(&self.board, name, value).map_err(anyhow::Error::msg)
        };
        let changes = words.map(change).collect::<Result<Vec<_>>>()?;
        let meant = self.ways.iter().filter(|(id, _)| named.as_ref().is_none_or(|named| named == id));
        for (_, way) in meant {
            for change in &changes {
                // An imp that has ended wants nothing.
                let _ = way.blocking_send(Ask::Change(change.clone()));
            }
        }
        Ok(())
    }
}
