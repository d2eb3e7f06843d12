//! The class `blob`: bytes with a position to read and write at.

use super::Owner::Blob;
use super::{Builtin, count, integer, is_imp, room};
use crate::fault::Fault;
use crate::heap::Heap;
use crate::heap::arena::Arena;
use crate::heap::object::{self, Instance, NativeKind, Payload};
use crate::heap::table::NONE;
use crate::native::{Call, Flow};
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(
        Blob,
        "constructor",
        constructor,
        -1,
        "xn",
        "blob([size_bytes]) -> blob",
        "Makes a blob of zeros; `cannot create blob with negative size`.",
    ),
    Builtin::new(
        Blob,
        "_get",
        get,
        2,
        "xn",
        "blob[index] -> integer",
        "Returns a byte, 0 to 255; else `index out of range`.",
    )
    .stock(),
    Builtin::new(
        Blob,
        "_get",
        get,
        2,
        "x.",
        "blob[index] -> integer",
        "Returns a byte, 0 to 255; else `index out of range`.",
    )
    .imp(),
    Builtin::new(
        Blob,
        "_set",
        set,
        3,
        "xnn",
        "blob[index] = byte",
        "Sets a byte, modulo 256; else `index out of range`.",
    ),
    Builtin::new(Blob, "_typeof", type_name, 1, "x", "typeof blob -> string", "Returns `blob`."),
    Builtin::new(
        Blob,
        "_nexti",
        nexti,
        2,
        "x",
        "foreach (index, byte in blob)",
        "Returns the index after one; stock: an empty blob cannot be iterated.",
    ),
    Builtin::new(
        Blob,
        "_cloned",
        cloned,
        2,
        "xx",
        "clone blob -> blob",
        "Copies the bytes; the copy is at position 0.",
    ),
    Builtin::new(Blob, "len", len, 1, "x", "len() -> integer", "Returns the number of bytes."),
    Builtin::new(
        Blob,
        "resize",
        resize,
        2,
        "xn",
        "resize(size_bytes)",
        "Cuts the blob; makes it longer, with zeros, in the imp dialect only. `resize failed` for a negative size.",
    ),
    Builtin::new(Blob, "swap2", swap2, 1, "x", "swap2()", "Swaps the bytes of each pair."),
    Builtin::new(Blob, "swap4", swap4, 1, "x", "swap4()", "Reverses the bytes of each group of four."),
    Builtin::new(
        Blob,
        "seek",
        seek,
        -2,
        "xnn",
        "seek(offset_bytes [, 'b'|'c'|'e']) -> integer",
        "Moves the position, from the begin, the current one or the end; returns 0, or -1 if that is outside.",
    ),
    Builtin::new(Blob, "tell", tell, 1, "x", "tell() -> integer", "Returns the position in bytes."),
    Builtin::new(Blob, "eos", eos, 1, "x", "eos() -> 1|null", "Returns 1 if the position is at the end."),
    Builtin::new(Blob, "flush", flush, 1, "x", "flush() -> 1", "Does nothing."),
    Builtin::new(
        Blob,
        "readn",
        readn,
        2,
        "xn",
        "readn(format) -> number",
        "Reads a number, low byte first: 'c' 'b' one byte, 's' 'w' two, 'i' four (signed, but for 'b' and 'w'), 'f' 'd' \
         floats of four and eight, 'l' as 'i' (stock); `io error` at the end.",
    ),
    Builtin::new(
        Blob,
        "writen",
        writen,
        3,
        "xnn",
        "writen(number, format)",
        "Writes a number; formats as those of `readn`.",
    )
    .stock(),
    Builtin::new(
        Blob,
        "writen",
        writen,
        3,
        "x.n",
        "writen(number, format)",
        "Writes a number; formats as those of `readn`. What is no number is written as zero.",
    )
    .imp(),
    Builtin::new(
        Blob,
        "readblob",
        readblob,
        2,
        "xn",
        "readblob(size_bytes) -> blob",
        "Reads so many bytes or what is left; `no data left to read` at the end.",
    ),
    Builtin::new(
        Blob,
        "writeblob",
        writeblob,
        -2,
        "xx",
        "writeblob(blob) -> integer",
        "Writes the bytes of another blob and returns their number.",
    ),
    Builtin::new(
        Blob,
        "readstring",
        readstring,
        2,
        "xn",
        "readstring(size_bytes) -> string",
        "Reads so many bytes or what is left; `no data left to read` at the end.",
    )
    .imp(),
    Builtin::new(
        Blob,
        "writestring",
        writestring,
        2,
        "xs",
        "writestring(string) -> integer",
        "Writes the bytes of a string and returns their number.",
    )
    .imp(),
    Builtin::new(Blob, "tostring", tostring, 1, "x", "tostring() -> string", "Returns all bytes as a string.").imp(),
];

/// The errors of an instance without bytes, whose constructor was not run.
const NO_STREAM: &str = "the stream is invalid";
const NO_BLOB: &str = "the blob is invalid";

fn done() -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::NULL))
}

/// The class that an instance belongs to, if that is a blob or inherits from it.
fn blob_class(heap: &Heap, instance: Value) -> Option<u32> {
    if !instance.is(Tag::Instance) {
        return None;
    }
    let class = heap.instances[instance.index()].class;
    (heap.classes[class as usize].native == NativeKind::Blob).then_some(class)
}

/// The content of a blob.
fn blob<'a>(heap: &'a Heap, instance: Value, missing: &'static str) -> Result<&'a object::Blob, Fault> {
    match heap.payload(instance) {
        Some(Payload::Blob(blob)) => Ok(blob),
        _ if blob_class(heap, instance).is_some() => Err(missing.into()),
        _ => Err("invalid type tag".into()),
    }
}

/// The content of a blob, to change.
fn blob_mut<'a>(heap: &'a mut Heap, instance: Value, missing: &'static str) -> Result<&'a mut object::Blob, Fault> {
    blob(heap, instance, missing)?;
    match heap.payload_mut(instance) {
        Some((Payload::Blob(blob), _)) => Ok(blob),
        _ => Err(missing.into()),
    }
}

/// Gives a blob room for so many bytes.
fn reserve(heap: &mut Heap, instance: Value, size: usize) -> Result<(), Fault> {
    let Some((Payload::Blob(blob), meter)) = heap.payload_mut(instance) else { return Ok(()) };
    let capacity = blob.bytes.capacity();
    if size > capacity {
        let wanted = size.max(capacity.saturating_mul(2)).max(16);
        meter.charge(wanted - capacity)?;
        blob.bytes.reserve_exact(wanted - blob.bytes.len());
    }
    Ok(())
}

impl Heap {
    /// Writes bytes into a blob: at a place, or else where it stands, behind which it stands then as after `writeblob`. Says whether it
    /// is a blob.
    ///
    /// # Errors
    /// [`Fault::Room`], if it has to grow for that.
    pub fn write_blob(&mut self, value: Value, place: Option<usize>, bytes: &[u8]) -> Result<bool, Fault> {
        let Some(Payload::Blob(blob)) = self.payload(value) else { return Ok(false) };
        let (before, length) = (blob.position, blob.bytes.len());
        let position = place.unwrap_or(before).min(length);
        reserve(self, value, position.saturating_add(bytes.len()))?;
        let blob = blob_mut(self, value, NO_STREAM)?;
        blob.position = position;
        blob.write(bytes);
        if place.is_some() {
            blob.position = before;
        }
        Ok(true)
    }
}

/// Makes room to write so many bytes at the position.
fn reserve_to_write(heap: &mut Heap, instance: Value, size: usize) -> Result<(), Fault> {
    let position = blob(heap, instance, NO_STREAM)?.position;
    reserve(heap, instance, position.saturating_add(size))
}

impl object::Blob {
    /// Writes at the position. Room was made before.
    fn write(&mut self, data: &[u8]) {
        let over = self.bytes.len().saturating_sub(self.position).min(data.len());
        let (inside, behind) = data.split_at(over);
        if let Some(target) = self.bytes.get_mut(self.position..self.position + over) {
            target.copy_from_slice(inside);
        }
        self.bytes.extend_from_slice(behind);
        self.position += data.len();
    }

    /// The bytes from the position on, at most so many.
    fn rest(&self, size: usize) -> &[u8] {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        &rest[..rest.len().min(size)]
    }
}

fn constructor(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    // As in the reference, a size among more arguments is none.
    let size = if call.count() == 2 { integer(call, 1).unwrap_or(0) } else { 0 };
    let size = usize::try_from(size).map_err(|_| "cannot create blob with negative size")?;
    if blob_class(call.heap, this).is_none() {
        return Err("cannot create blob".into());
    }
    room(call, size.saturating_add(size_of::<Payload>()))?;
    call.heap.set_payload(this, Payload::Blob(object::Blob { bytes: vec![0; size], position: 0 }))?;
    call.charge(size / 16);
    done()
}

fn get(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let Some(index) = integer(call, 1) else {
        // No such member: the search goes on.
        return Err(Fault::Throw(Value::NULL));
    };
    let blob = blob(call.heap, call.this(), NO_BLOB)?;
    let byte = usize::try_from(index).ok().and_then(|index| blob.bytes.get(index));
    Ok(Flow::Return(Value::integer(i32::from(*byte.ok_or("index out of range")?))))
}

fn set(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (index, value) = (integer(call, 1).unwrap_or(-1), call.argument(2));
    let blob = blob_mut(call.heap, call.this(), NO_BLOB)?;
    let byte = usize::try_from(index).ok().and_then(|index| blob.bytes.get_mut(index));
    *byte.ok_or("index out of range")? = value.to_integer().unwrap_or(0).to_le_bytes()[0];
    Ok(Flow::Return(value))
}

fn type_name(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(b"blob").map(Flow::Return)
}

fn nexti(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let length = blob(call.heap, call.this(), NO_BLOB)?.bytes.len();
    let previous = call.argument(1);
    let next = match (previous.is_null(), length) {
        (true, 0) if is_imp(call) => None,
        // The reference answers 0, and cannot read that.
        (true, 0) => return Err("_nexti returned an invalid idx".into()),
        (true, _) => Some(0),
        (false, _) => {
            let previous = previous.to_integer().ok_or("internal error (_nexti) wrong argument type")?;
            usize::try_from(previous).ok().map(|previous| previous + 1).filter(|&next| next < length)
        }
    };
    Ok(Flow::Return(next.map_or(Value::NULL, count)))
}

fn cloned(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, original) = (call.this(), call.argument(1));
    if blob_class(call.heap, this).is_none() {
        return Err("cannot clone blob".into());
    }
    let size = blob(call.heap, original, "cannot clone blob")?.bytes.len();
    room(call, size.saturating_add(size_of::<Payload>()))?;
    let bytes = blob(call.heap, original, NO_BLOB)?.bytes.clone();
    call.heap.set_payload(this, Payload::Blob(object::Blob { bytes, position: 0 }))?;
    call.charge(size / 16);
    done()
}

fn len(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(count(blob(call.heap, call.this(), NO_STREAM)?.bytes.len())))
}

fn resize(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let size = integer(call, 1).unwrap_or(0);
    let old = blob(call.heap, this, NO_BLOB)?.bytes.len();
    let size = usize::try_from(size).map_err(|_| "resize failed")?;
    if size > old && is_imp(call) {
        reserve(call.heap, this, size)?;
    }
    let grows = is_imp(call);
    let Some((Payload::Blob(blob), meter)) = call.heap.payload_mut(this) else { return done() };
    if size < old {
        let capacity = blob.bytes.capacity();
        blob.bytes.truncate(size);
        blob.bytes.shrink_to_fit();
        meter.release(capacity - blob.bytes.capacity());
        blob.position = blob.position.min(size);
    } else if grows {
        blob.bytes.resize(size, 0);
    }
    call.charge(size.min(old.max(size)) / 16);
    done()
}

fn swap(call: &mut Call<'_>, size: usize) -> Result<Flow, Fault> {
    let bytes = &mut blob_mut(call.heap, call.this(), NO_BLOB)?.bytes;
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    let cost = bytes.len() / 16;
    call.charge(cost);
    done()
}

fn swap2(call: &mut Call<'_>) -> Result<Flow, Fault> {
    swap(call, 2)
}

fn swap4(call: &mut Call<'_>) -> Result<Flow, Fault> {
    swap(call, 4)
}

fn seek(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let offset = i64::from(integer(call, 1).unwrap_or(0));
    let origin = if call.count() > 2 { integer(call, 2).unwrap_or(0) } else { i32::from(b'b') };
    let blob = blob_mut(call.heap, call.this(), NO_STREAM)?;
    let from = match u8::try_from(origin) {
        Ok(b'b') => 0,
        Ok(b'c') => blob.position,
        Ok(b'e') => blob.bytes.len(),
        _ => return Err("invalid origin".into()),
    };
    let target = i64::try_from(from).ok().and_then(|from| usize::try_from(from + offset).ok());
    let target = target.filter(|&target| target <= blob.bytes.len());
    if let Some(target) = target {
        blob.position = target;
    }
    Ok(Flow::Return(Value::integer(if target.is_some() { 0 } else { -1 })))
}

fn tell(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(count(blob(call.heap, call.this(), NO_STREAM)?.position)))
}

fn eos(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let blob = blob(call.heap, call.this(), NO_STREAM)?;
    Ok(Flow::Return(if blob.position == blob.bytes.len() { Value::integer(1) } else { Value::NULL }))
}

fn flush(call: &mut Call<'_>) -> Result<Flow, Fault> {
    blob(call.heap, call.this(), NO_STREAM)?;
    Ok(Flow::Return(Value::integer(1)))
}

/// The letter of a number's format.
fn letter(call: &Call<'_>, place: usize) -> Result<u8, Fault> {
    match integer(call, place).and_then(|letter| u8::try_from(letter).ok()) {
        Some(b'l') if is_imp(call) => Err("invalid format".into()),
        Some(letter @ (b'l' | b'i' | b's' | b'w' | b'c' | b'b' | b'f' | b'd')) => Ok(letter),
        _ => Err("invalid format".into()),
    }
}

/// Reads an array of bytes. Where too few are left, they are gone nevertheless, as in the reference.
fn take<const N: usize>(blob: &mut object::Blob) -> Result<[u8; N], Fault> {
    let rest = blob.rest(N);
    let taken = rest.try_into().map_err(|_| "io error".into());
    let length = rest.len();
    blob.position += length;
    taken
}

fn readn(call: &mut Call<'_>) -> Result<Flow, Fault> {
    blob(call.heap, call.this(), NO_STREAM)?;
    let letter = letter(call, 1)?;
    let blob = blob_mut(call.heap, call.this(), NO_STREAM)?;
    Ok(Flow::Return(match letter {
        b's' => Value::integer(i16::from_le_bytes(take(blob)?).into()),
        b'w' => Value::integer(u16::from_le_bytes(take(blob)?).into()),
        b'c' => Value::integer(i8::from_le_bytes(take(blob)?).into()),
        b'b' => Value::integer(u8::from_le_bytes(take(blob)?).into()),
        b'f' => Value::float(f32::from_le_bytes(take(blob)?)),
        #[expect(clippy::cast_possible_truncation, reason = "floats have 32 bits")]
        b'd' => Value::float(f64::from_le_bytes(take(blob)?) as f32),
        _ => Value::integer(i32::from_le_bytes(take(blob)?)),
    }))
}

fn writen(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    blob(call.heap, this, NO_STREAM)?;
    let letter = letter(call, 2)?;
    let value = call.argument(1);
    let (integer, float) = (value.to_integer().unwrap_or(0), value.as_number().unwrap_or(0.0));
    let (bytes, size) = match letter {
        b'f' => (u64::from(float.to_bits()), 4),
        b'd' => (f64::from(float).to_bits(), 8),
        b's' | b'w' => (u64::from(integer.cast_unsigned()), 2),
        b'c' | b'b' => (u64::from(integer.cast_unsigned()), 1),
        _ => (u64::from(integer.cast_unsigned()), 4),
    };
    reserve_to_write(call.heap, this, size)?;
    blob_mut(call.heap, this, NO_STREAM)?.write(&bytes.to_le_bytes()[..size]);
    done()
}

/// How many bytes a `readblob` or `readstring` of that size gets.
fn readable(call: &Call<'_>) -> Result<usize, Fault> {
    let blob = blob(call.heap, call.this(), NO_STREAM)?;
    let size = usize::try_from(integer(call, 1).unwrap_or(0)).unwrap_or(0);
    match blob.rest(size).len() {
        0 => Err("no data left to read".into()),
        size => Ok(size),
    }
}

fn readblob(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let size = readable(call)?;
    // The blob class itself, not one that inherits from it.
    let Some(mut class) = blob_class(call.heap, this) else { return done() };
    loop {
        let base = call.heap.classes[class as usize].base;
        if base == NONE || call.heap.classes[base as usize].native != NativeKind::Blob {
            break;
        }
        class = base;
    }
    let fields = call.heap.classes[class as usize].fields.len() * size_of::<Value>();
    room(call, (Arena::<Instance>::SLOT + size_of::<Payload>() + fields).saturating_add(size))?;
    let source = blob_mut(call.heap, this, NO_STREAM)?;
    let bytes = source.rest(size).to_vec();
    let instance = call.heap.instance(Value::new(Tag::Class, class))?;
    call.heap.set_payload(instance, Payload::Blob(object::Blob { bytes, position: 0 }))?;
    blob_mut(call.heap, this, NO_STREAM)?.position += size;
    call.charge(size / 16);
    Ok(Flow::Return(instance))
}

fn writeblob(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, other) = (call.this(), call.argument(1));
    blob(call.heap, this, NO_STREAM)?;
    let Some(Payload::Blob(source)) = call.heap.payload(other) else { return Err("invalid parameter".into()) };
    let size = source.bytes.len();
    reserve_to_write(call.heap, this, size)?;
    if this == other {
        room(call, size)?;
        let bytes = blob(call.heap, this, NO_STREAM)?.bytes.clone();
        blob_mut(call.heap, this, NO_STREAM)?.write(&bytes);
    } else {
        // The bytes leave the other blob for a moment, so that both can be borrowed.
        let bytes = std::mem::take(&mut blob_mut(call.heap, other, NO_STREAM)?.bytes);
        blob_mut(call.heap, this, NO_STREAM)?.write(&bytes);
        blob_mut(call.heap, other, NO_STREAM)?.bytes = bytes;
    }
    call.charge(size / 16);
    Ok(Flow::Return(count(size)))
}

fn readstring(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let size = readable(call)?;
    room(call, size)?;
    let bytes = blob(call.heap, this, NO_STREAM)?.rest(size).to_vec();
    let string = call.heap.string_from(bytes)?;
    blob_mut(call.heap, this, NO_STREAM)?.position += size;
    call.charge(size / 16);
    Ok(Flow::Return(string))
}

fn writestring(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, string) = (call.this(), call.argument(1));
    let size = call.heap.bytes(string).len();
    reserve_to_write(call.heap, this, size)?;
    let Heap { strings, instances, .. } = &mut *call.heap;
    if string.is(Tag::String)
        && let Some(Payload::Blob(blob)) = instances[this.index()].payload.as_deref_mut()
    {
        blob.write(strings.bytes(string));
    }
    call.charge(size / 16);
    Ok(Flow::Return(count(size)))
}

fn tostring(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let size = blob(call.heap, call.this(), NO_STREAM)?.bytes.len();
    room(call, size)?;
    let bytes = blob(call.heap, call.this(), NO_STREAM)?.bytes.clone();
    let string = call.heap.string_from(bytes)?;
    call.charge(size / 16);
    Ok(Flow::Return(string))
}
