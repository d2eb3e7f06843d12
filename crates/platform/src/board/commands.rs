//! Parts that are told what to do by a command, and answer some time later.

use serde::{Deserialize, Serialize};

use super::{
    encoding::{Crc8, Encoding, Memory},
    numbers::{bytes, maybe_bytes, micros, time},
    signal::Signal,
};

/// A command, and what comes of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    #[serde(deserialize_with = "bytes")]
    write: Vec<u8>,
    /// So many more bytes, whatever they are, belong to it.
    #[serde(default)]
    takes: usize,
    #[serde(default, deserialize_with = "time")]
    after_s: f64,
    /// Whether the part holds the clock until it has the answer, rather than not acknowledge.
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    pub answer: Vec<Piece>,
}

/// A piece of an answer: fixed bytes, or a quantity.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Piece {
    #[serde(default, deserialize_with = "maybe_bytes")]
    bytes: Option<Vec<u8>>,
    pub signal: Option<Signal>,
    #[serde(rename = "as")]
    encoding: Option<Encoding>,
    crc: Option<Crc8>,
}

impl Piece {
    pub(super) fn problem(&self) -> Option<String> {
        let is_whole =
            matches!((&self.bytes, &self.signal, &self.encoding), (Some(_), None, None) | (None, Some(_), Some(_)));
        (!is_whole).then(|| "a piece of an answer has either `bytes`, or `signal` and `as`".to_owned())
    }
}

/// What such a part is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Commanded {
    answer: Vec<u8>,
    ready_us: i64,
    /// It does not hear anything before.
    busy_until_us: i64,
}

impl Commanded {
    /// Takes a command, if it is one and the part is not busy. The quantity of a piece at a time comes from `measure`.
    pub(super) fn write(
        &mut self,
        commands: &[Command],
        written: &[u8],
        now_us: i64,
        measure: impl Fn(&Signal, usize, i64) -> f64,
    ) -> Option<()> {
        if now_us < self.busy_until_us {
            return None;
        }
        let is_meant = |command: &&Command| {
            written.strip_prefix(command.write.as_slice()).is_some_and(|rest| rest.len() == command.takes)
        };
        let command = commands.iter().find(is_meant)?;
        self.ready_us = now_us + micros(command.after_s);
        self.busy_until_us = if command.hold { now_us } else { self.ready_us };
        self.answer.clear();
        for (index, piece) in command.answer.iter().enumerate() {
            let bytes = match (&piece.bytes, &piece.signal, &piece.encoding) {
                (Some(bytes), ..) => bytes.clone(),
                (None, Some(signal), Some(encoding)) => {
                    encoding.encode(measure(signal, index, self.ready_us), &Memory::new())
                }
                _ => continue,
            };
            self.answer.extend(&bytes);
            self.answer.extend(piece.crc.map(|crc| crc.of(&bytes)));
        }
        Some(())
    }

    /// Gives the answer, once.
    pub(super) fn read(&mut self, count: usize, now_us: i64) -> Option<Vec<u8>> {
        if now_us < self.busy_until_us || self.answer.is_empty() {
            return None;
        }
        let mut answer = std::mem::take(&mut self.answer);
        answer.resize(count, 0xFF);
        Some(answer)
    }
}
