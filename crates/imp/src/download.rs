//! A program on its way to an imp.

use impstead_device_protocol::{CodeChunk, CodeOffer, CodeOutcome, Compression, ProgramFormat};
use sha2::{Digest as _, Sha256};

use crate::stored::StoredProgram;

/// A program that was asked for.
#[derive(Debug)]
pub(crate) struct Download {
    offer: CodeOffer,
    bytes: Vec<u8>,
}

/// What came of a piece.
pub(crate) enum Piece {
    /// More is to come.
    More,
    /// All is there, and is what was offered.
    Whole(StoredProgram),
    /// All is there, and is something else.
    Corrupt,
    /// It does not belong where it came.
    Misplaced,
}

/// How much of program storage a program takes, in hundredths of a percent.
pub(crate) fn storage_used(bytes: usize, capacity: usize) -> u32 {
    u32::try_from(bytes.saturating_mul(10_000) / capacity.max(1)).unwrap_or(u32::MAX)
}

impl Download {
    /// Begins, if the imp can take such a program.
    pub(crate) fn begin(offer: CodeOffer) -> Result<Download, CodeOutcome> {
        if offer.format != ProgramFormat::SQUIRREL_SOURCE || offer.compression != Compression::NONE {
            return Err(CodeOutcome::UNSUPPORTED);
        }
        Ok(Download { offer, bytes: Vec::new() })
    }

    pub(crate) fn sha(&self) -> [u8; 32] {
        self.offer.program
    }

    /// Takes a piece; an empty program is whole without one.
    pub(crate) fn take(&mut self, chunk: Option<CodeChunk>) -> Piece {
        if let Some(CodeChunk { offset, bytes }) = chunk {
            let end = self.bytes.len() + bytes.len();
            if offset as usize != self.bytes.len() || end > self.offer.transfer_bytes as usize {
                return Piece::Misplaced;
            }
            self.bytes.extend_from_slice(&bytes);
        }
        if self.bytes.len() < self.offer.transfer_bytes as usize {
            return Piece::More;
        }
        let source = std::mem::take(&mut self.bytes);
        if Sha256::digest(&source)[..] != self.offer.program {
            return Piece::Corrupt;
        }
        let environment = self.offer.environment.as_ref().and_then(|environment| environment.encode().ok());
        Piece::Whole(StoredProgram { sha: self.offer.program, source, environment: environment.unwrap_or_default() })
    }
}
