use crate::EncodeError;
use alloc::vec::Vec;

/// Appends a number of seven bits a byte, lowest first, in its shortest form.
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u32) {
    while number > 0x7f {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Appends a length and the bytes.
pub(crate) fn bytes(out: &mut Vec<u8>, what: &'static str, bytes: &[u8], limit: usize) -> Result<(), EncodeError> {
    within(what, bytes.len(), limit)?;
    length(out, bytes.len());
    out.extend_from_slice(bytes);
    Ok(())
}

/// Appends a length or count, which the caller has compared with a limit far below 4 GiB.
pub(crate) fn length(out: &mut Vec<u8>, length: usize) {
    varint(out, u32::try_from(length).expect("lengths were compared with their limits"));
}

pub(crate) fn within(what: &'static str, length: usize, limit: usize) -> Result<(), EncodeError> {
    if length > limit { Err(EncodeError::TooLong { what, limit }) } else { Ok(()) }
}

/// Maps small numbers of either sign to small numbers: 0, -1, 1, -2 … to 0, 1, 2, 3 …
pub(crate) fn zigzag(number: i32) -> u32 {
    ((number << 1) ^ (number >> 31)).cast_unsigned()
}

/// Undoes [`zigzag`].
pub(crate) fn unzigzag(number: u32) -> i32 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
