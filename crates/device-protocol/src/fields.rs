//! The optional part at the end of every frame: fields of id, length and content, by ascending id.

use crate::{
    DecodeError, EncodeError, MAX_FRAME_BYTES, Problem,
    read::{Reader, fail},
    write,
};
use alloc::vec::Vec;

/// From here on, whoever does not know a frame type or field skips it. Below, it must not go on.
pub(crate) const IGNORABLE: u8 = 0x80;

/// Reads fields up to the end. `take` reads the content of those it knows and returns false for others.
pub(crate) fn read<'b>(
    reader: &mut Reader<'b>,
    mut take: impl FnMut(u8, &mut Reader<'b>) -> Result<bool, DecodeError>,
) -> Result<(), DecodeError> {
    let mut before = None;
    while reader.left() > 0 {
        let offset = reader.offset();
        let id = reader.u8()?;
        if before.is_some_and(|before| before >= id) {
            return fail(Problem::FieldOrder(id), offset);
        }
        before = Some(id);
        let mut content = reader.part(MAX_FRAME_BYTES)?;
        let known = take(id, &mut content).map_err(|error| match error.problem {
            Problem::Truncated => DecodeError { problem: Problem::FieldLength(id), offset },
            _ => error,
        })?;
        if known && content.left() > 0 {
            return fail(Problem::FieldLength(id), offset);
        }
        if !known && id < IGNORABLE {
            return fail(Problem::UnknownField(id), offset);
        }
    }
    Ok(())
}

pub(crate) fn bytes(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    write::length(out, content.len());
    out.extend_from_slice(content);
}

pub(crate) fn text(
    out: &mut Vec<u8>,
    id: u8,
    what: &'static str,
    content: &[u8],
    limit: usize,
) -> Result<(), EncodeError> {
    write::within(what, content.len(), limit)?;
    bytes(out, id, content);
    Ok(())
}

pub(crate) fn varint(out: &mut Vec<u8>, id: u8, number: u32) {
    let mut content = Vec::with_capacity(5);
    write::varint(&mut content, number);
    bytes(out, id, &content);
}
