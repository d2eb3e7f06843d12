use crate::{DecodeError, Problem};
use alloc::{string::String, vec::Vec};

/// Reads a frame or value from its first byte to its last, and knows where it is.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'b> {
    bytes: &'b [u8],
    /// Where `bytes` begins in what the caller passed in.
    base: usize,
    at: usize,
}

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, base: 0, at: 0 }
    }

    pub(crate) fn offset(&self) -> usize {
        self.base + self.at
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(crate) fn fail<T>(&self, problem: Problem) -> Result<T, DecodeError> {
        fail(problem, self.offset())
    }

    /// Bytes from `start`, an offset of this reader, to where it is now.
    pub(crate) fn since(&self, start: usize) -> &'b [u8] {
        &self.bytes[start - self.base..self.at]
    }

    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        if self.left() == 0 { Ok(()) } else { self.fail(Problem::LeftOver) }
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'b [u8], DecodeError> {
        if length > self.left() {
            return self.fail(Problem::Truncated);
        }
        let start = self.at;
        self.at += length;
        Ok(&self.bytes[start..self.at])
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("take returns as many bytes as were asked for"))
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn flag(&mut self) -> Result<bool, DecodeError> {
        let offset = self.offset();
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => fail(Problem::BadFlags, offset),
        }
    }

    /// A number of seven bits a byte, lowest first; only its shortest form is taken.
    pub(crate) fn varint(&mut self) -> Result<u32, DecodeError> {
        let offset = self.offset();
        let mut number = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            let bits = u32::from(byte & 0x7f);
            if shift == 28 && byte > 0x0f {
                return fail(Problem::OutOfRange, offset);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { fail(Problem::NotShortest, offset) } else { Ok(number) };
            }
        }
        unreachable!("the fifth byte has no continuation bit, or the number was out of range")
    }

    pub(crate) fn length(&mut self, limit: usize) -> Result<usize, DecodeError> {
        let offset = self.offset();
        let length = self.varint()? as usize;
        if length > limit {
            return fail(Problem::TooLong(limit), offset);
        }
        if length > self.left() {
            return fail(Problem::Truncated, offset);
        }
        Ok(length)
    }

    pub(crate) fn bytes(&mut self, limit: usize) -> Result<Vec<u8>, DecodeError> {
        let length = self.length(limit)?;
        Ok(self.take(length)?.into())
    }

    pub(crate) fn text(&mut self, limit: usize) -> Result<String, DecodeError> {
        let mut part = self.part(limit)?;
        let left = part.left();
        part.rest_as_text(left)
    }

    /// A length and a reader of as many bytes.
    pub(crate) fn part(&mut self, limit: usize) -> Result<Reader<'b>, DecodeError> {
        let length = self.length(limit)?;
        let base = self.offset();
        Ok(Reader { bytes: self.take(length)?, base, at: 0 })
    }

    /// All bytes up to `length` before the end.
    pub(crate) fn all_but(&mut self, length: usize) -> Result<Reader<'b>, DecodeError> {
        let Some(part) = self.left().checked_sub(length) else { return self.fail(Problem::Truncated) };
        let base = self.offset();
        Ok(Reader { bytes: self.take(part)?, base, at: 0 })
    }

    pub(crate) fn rest_as_text(&mut self, limit: usize) -> Result<String, DecodeError> {
        let offset = self.offset();
        if self.left() > limit {
            return fail(Problem::TooLong(limit), offset);
        }
        let bytes = self.take(self.left())?;
        match core::str::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(_) => fail(Problem::BadText, offset),
        }
    }
}

pub(crate) fn fail<T>(problem: Problem, offset: usize) -> Result<T, DecodeError> {
    Err(DecodeError { problem, offset })
}
