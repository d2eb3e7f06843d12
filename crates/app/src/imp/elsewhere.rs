//! Boards where there is no Linux: they cannot map real pins and buses.

use anyhow::Result;
use platform::board::{Board, BoardError, Real};
use std::sync::Arc;

/// Reads a board.
pub fn parse(text: &str) -> Result<Board, BoardError> {
    Board::parse(text)
}

/// Opens nothing.
#[expect(clippy::unnecessary_wraps, reason = "as on Linux, where it may fail")]
pub fn connect(_: &Board, _: usize) -> Result<Option<Arc<dyn Real>>> {
    Ok(None)
}
