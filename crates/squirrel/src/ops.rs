//! What operators do to values, where no metamethod has a say.

use crate::fault::Fault;
use crate::heap::Heap;
use crate::heap::object::Metamethod;
use crate::image::ImageData;
use crate::text::number;
use crate::value::{Tag, Value};

/// Whether `a == b`. Values of one type compare by content or identity (floats by their bits, as the reference does), numbers of
/// two types by value, all others are different.
#[inline(always)]
pub(crate) fn equal(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if a.tag() == b.tag() {
        return false;
    }
    match (a.as_number(), b.as_number()) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// The outcome of a comparison.
pub(crate) enum Ordered {
    /// Negative, zero or positive.
    Known(i32),
    /// The `_cmp` to ask.
    Ask(Value),
}

/// Compares two values as `<=>` does.
///
/// # Errors
/// `comparison between 'A' and 'B'`.
pub(crate) fn compare(heap: &Heap, image: &ImageData, a: Value, b: Value) -> Result<Ordered, Fault> {
    if let (Some(a), Some(b)) = (a.as_integer(), b.as_integer()) {
        return Ok(Ordered::Known(match a.cmp(&b) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        }));
    }
    if a == b {
        return Ok(Ordered::Known(0));
    }
    if a.tag() == b.tag() {
        return Ok(Ordered::Known(match a.tag() {
            Tag::Float => {
                if a.as_float() < b.as_float() {
                    -1
                } else {
                    1
                }
            }
            Tag::String => {
                let ordering = c_string(heap.bytes(a)).cmp(c_string(heap.bytes(b)));
                match ordering {
                    std::cmp::Ordering::Less => -1,
                    std::cmp::Ordering::Equal => 0,
                    std::cmp::Ordering::Greater => 1,
                }
            }
            Tag::Table | Tag::Instance => {
                if let Some(closure) = heap.metamethod(a, Metamethod::Cmp, &image.metamethods) {
                    return Ok(Ordered::Ask(closure));
                }
                if a.payload() < b.payload() { -1 } else { 1 }
            }
            _ => {
                if a.payload() < b.payload() {
                    -1
                } else {
                    1
                }
            }
        }));
    }
    if let (Some(a), Some(b)) = (a.as_number(), b.as_number()) {
        return Ok(Ordered::Known(if a == b {
            0
        } else if a < b {
            -1
        } else {
            1
        }));
    }
    if a.is_null() {
        return Ok(Ordered::Known(-1));
    }
    if b.is_null() {
        return Ok(Ordered::Known(1));
    }
    let mut text = b"comparison between '".to_vec();
    write_offender(heap, image, a, &mut text);
    text.extend_from_slice(b"' and '");
    write_offender(heap, image, b, &mut text);
    text.push(b'\'');
    Err(Fault::bytes(text))
}

/// The part of a string before its first NUL: what the C library compares.
fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.iter().position(|&byte| byte == 0).map_or(bytes, |end| &bytes[..end])
}

/// Writes a value as the reference's errors do: strings cut, numbers in full, of others the type.
pub(crate) fn write_offender(heap: &Heap, image: &ImageData, value: Value, out: &mut Vec<u8>) {
    match value.tag() {
        Tag::String => {
            let bytes = c_string(heap.bytes(value));
            out.extend_from_slice(&bytes[..bytes.len().min(50)]);
        }
        Tag::Integer => write_text(heap, image, value, out),
        Tag::Float => number::write_float_key(out, f32::from_bits(value.payload())),
        tag => out.extend_from_slice(tag.name().as_bytes()),
    }
}

/// The error of a slot that does not exist.
pub(crate) fn no_index(heap: &Heap, image: &ImageData, key: Value) -> Fault {
    let mut text = b"the index '".to_vec();
    write_offender(heap, image, key, &mut text);
    text.extend_from_slice(b"' does not exist");
    Fault::bytes(text)
}

/// Writes the text of a value, metamethods aside.
pub(crate) fn write_text(heap: &Heap, image: &ImageData, value: Value, out: &mut Vec<u8>) {
    use std::io::Write as _;
    match value.tag() {
        Tag::String => out.extend_from_slice(heap.bytes(value)),
        Tag::Integer => write!(out, "{}", value.raw_integer()).expect("a vector takes all bytes"),
        Tag::Float => number::write_float(out, f32::from_bits(value.payload())),
        Tag::Bool => out.extend_from_slice(if value.payload() == 0 { b"false" } else { b"true" }),
        Tag::Null => out.extend_from_slice(&image.null_text),
        tag => {
            let address = 0x7f00_0000_0000_u64 + ((tag as u64) << 36) + (u64::from(value.payload()) << 4);
            write!(out, "({} : 0x{address:x})", tag.name()).expect("a vector takes all bytes");
        }
    }
}

/// The text of a value as a string, metamethods aside.
pub(crate) fn text_of(heap: &mut Heap, image: &ImageData, value: Value) -> Result<Value, Fault> {
    if value.is(Tag::String) {
        return Ok(value);
    }
    let mut text = Vec::new();
    write_text(heap, image, value, &mut text);
    heap.string_from(text)
}

/// Joins the texts of two values, neither of which has a `_tostring`.
///
/// # Errors
/// [`Fault::Room`].
pub(crate) fn concatenate(
    heap: &mut Heap,
    image: &ImageData,
    a: Value,
    b: Value,
    fuel: &mut i64,
) -> Result<Value, Fault> {
    let length = heap.bytes(a).len() + heap.bytes(b).len();
    *fuel -= i64::try_from(length / 16).unwrap_or(i64::MAX);
    let mut text: smallvec::SmallVec<[u8; 128]> = smallvec::SmallVec::new();
    if length > 128 {
        // Before the buffer is made, in proportion to which nothing was charged yet.
        heap.meter.charge(length)?;
        heap.meter.release(length);
        let mut text = Vec::with_capacity(length + 16);
        write_text(heap, image, a, &mut text);
        write_text(heap, image, b, &mut text);
        return heap.string_from(text);
    }
    for value in [a, b] {
        if value.is(Tag::String) {
            text.extend_from_slice(heap.bytes(value));
        } else {
            let mut part = Vec::new();
            write_text(heap, image, value, &mut part);
            text.extend_from_slice(&part);
        }
    }
    heap.string(&text)
}
