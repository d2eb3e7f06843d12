//! Codecs, hashes and signatures of the agent's API.
//!
//! A machine runs a native function again where there was no room for its result, so none of these changes anything. What they
//! make outside the heap is no longer than what the heap could take.

pub(crate) mod base64;
pub(crate) mod crypto;
pub(crate) mod hash;
pub(crate) mod json;
mod number;
pub(crate) mod rsa;
#[cfg(test)]
mod testing;
pub(crate) mod url;

use squirrel::{Call, Fault, Heap, Value};

use crate::host;

/// Makes a blob.
///
/// # Errors
/// [`Fault::Room`].
pub(crate) fn blob(call: &mut Call<'_>, bytes: Vec<u8>) -> Result<Value, Fault> {
    let class = host::host(call)?.blob_class;
    call.heap.blob(class, bytes)
}

/// The bytes of an argument that is a string or a blob.
pub(crate) fn data<'c>(call: &'c Call<'_>, place: usize) -> Result<&'c [u8], Fault> {
    let value = call.argument(place);
    let bytes = call.heap.as_bytes(value).or_else(|| call.heap.blob_bytes(value));
    bytes.ok_or_else(|| wrong_type(place, value, "string|blob"))
}

/// The error of an argument of the wrong type.
pub(crate) fn wrong_type(place: usize, value: Value, expected: &str) -> Fault {
    let found = value.tag().name();
    Fault::error(format!("parameter {place} has an invalid type '{found}' ; expected: '{expected}'"))
}

/// Makes sure that the heap could take so many bytes, before they are made outside of it.
pub(crate) fn ensure_room(heap: &Heap, bytes: usize) -> Result<(), Fault> {
    let left = heap.limit_bytes().saturating_sub(heap.used_bytes());
    if bytes > left { Err(Fault::Room(bytes)) } else { Ok(()) }
}

/// Runs what makes many objects. Where there is no room, it asks for that of all of them: the machine would otherwise make
/// room for one more each time that it runs the function again.
fn with_room<T>(heap: &mut Heap, make: impl FnOnce(&mut Heap) -> Result<T, Fault>) -> Result<T, Fault> {
    let before = heap.used_bytes();
    make(heap).map_err(|fault| match fault {
        Fault::Room(bytes) => Fault::Room(bytes.saturating_add(heap.used_bytes().saturating_sub(before))),
        fault => fault,
    })
}

/// Takes the fuel that a counter, which goes down from 0, says has been used.
fn charge(call: &mut Call<'_>, counter: i64) {
    call.charge(usize::try_from(counter.unsigned_abs()).unwrap_or(usize::MAX));
}

/// Counts fuel for so many bytes that are looked at one by one.
fn count_bytes(counter: &mut i64, bytes: usize) {
    *counter = counter.saturating_sub(i64::try_from(bytes / 8).unwrap_or(i64::MAX));
}

/// A text being made, never longer than the heap has room for: what is in two containers is in the text twice, so that a
/// few of them can make an endless text.
struct Output {
    bytes: Vec<u8>,
    room: usize,
}

impl Output {
    fn new(heap: &Heap) -> Output {
        Output { bytes: Vec::new(), room: heap.limit_bytes().saturating_sub(heap.used_bytes()) }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`Fault::Room`] where the heap cannot take so long a text.
    fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let length = self.bytes.len().saturating_add(bytes.len());
        if length > self.room {
            return Err(Fault::Room(length));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}
