use crate::MAX_FRAME_BYTES;
use alloc::vec::Vec;

/// Bytes of the length before each frame on a byte pipe.
const PREFIX: usize = 4;

/// Finds the frames in what arrives over a byte pipe.
///
/// Holds at most one frame that is not complete; memory grows with what has arrived, not with what was promised.
#[derive(Clone, Debug)]
pub struct Splitter {
    limit: usize,
    /// The prefix and as much of the frame as has arrived.
    held: Vec<u8>,
}

/// A length before a frame that no frame can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLength {
    /// No frame is empty.
    #[error("frame of no bytes")]
    Empty,
    /// Longer than this side takes.
    #[error("frame of {length} bytes, where {limit} is the most")]
    TooLong {
        /// What the length says.
        length: u32,
        /// The most.
        limit: usize,
    },
}

impl Splitter {
    /// Begins, for frames of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.min(MAX_FRAME_BYTES), held: Vec::new() }
    }

    /// Changes the limit, from the frame on whose length has not arrived: after the handshake frames may be longer.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.min(MAX_FRAME_BYTES);
    }

    /// Takes bytes off the front of `input` up to the end of a frame, and returns that frame. Returns `None` once all
    /// bytes are taken and the frame is not complete.
    ///
    /// # Errors
    /// A length that no frame can have. The pipe is of no further use.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Vec<u8>>, BadLength> {
        if self.fill(PREFIX, input) {
            return Ok(None);
        }
        let prefix = self.held[..PREFIX].try_into().expect("the prefix is complete");
        let length = u32::from_le_bytes(prefix);
        if length == 0 {
            return Err(BadLength::Empty);
        }
        // Checked when it is complete, so that a new limit does not hold for a frame that is on its way.
        if self.held.len() == PREFIX && length as usize > self.limit {
            return Err(BadLength::TooLong { length, limit: self.limit });
        }
        if self.fill(PREFIX + length as usize, input) {
            return Ok(None);
        }
        let mut frame = core::mem::take(&mut self.held);
        frame.drain(..PREFIX);
        Ok(Some(frame))
    }

    /// Says whether part of a frame is held: the pipe must not end here.
    pub fn is_within_frame(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes bytes until `length` are held, and says whether some are still missing.
    fn fill(&mut self, length: usize, input: &mut &[u8]) -> bool {
        let missing = length.saturating_sub(self.held.len());
        let (taken, left) = input.split_at(missing.min(input.len()));
        self.held.extend_from_slice(taken);
        *input = left;
        self.held.len() < length
    }
}

/// Returns a frame with its length before it, for a byte pipe.
///
/// # Panics
/// The frame is longer than 4 GiB; none that this crate writes is.
pub fn prefixed(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).expect("frames are far shorter than 4 GiB");
    [&length.to_le_bytes()[..], frame].concat()
}
