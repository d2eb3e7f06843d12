//! Methods of strings and the string library.

use memchr::memmem;

use super::Owner::{Root, String};
use super::{Buffer, Builtin, c_string, count, counter, integer, is_imp, room};
use crate::fault::Fault;
use crate::native::{Call, Flow};
use crate::text::format::{self, Argument, Piece, Pieces};
use crate::text::number::{self, Number};
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(String, "len", len, 1, "s", "len() -> integer", "Returns the number of bytes."),
    Builtin::new(
        String,
        "tointeger",
        tointeger,
        -1,
        "sn",
        "tointeger([base]) -> integer",
        "Reads the number that the string begins with, in base 10 by default; else `cannot convert the string`.",
    ),
    Builtin::new(
        String,
        "tofloat",
        tofloat,
        1,
        "s",
        "tofloat() -> float",
        "Reads the number that the string begins with; else `cannot convert the string`.",
    ),
    Builtin::tostring(String),
    Builtin::weakref(String),
    Builtin::new(
        String,
        "slice",
        slice,
        -1,
        "snn",
        "slice(start [, end]) -> string",
        "Returns the bytes from `start` to before `end`; negative positions count from the end.",
    ),
    Builtin::new(
        String,
        "find",
        find,
        -2,
        "ssn",
        "find(text [, start]) -> integer|null",
        "Returns where the text first occurs at or after `start`.",
    ),
    Builtin::new(String, "tolower", tolower, 1, "s", "tolower() -> string", "Returns it with ASCII letters small."),
    Builtin::new(String, "toupper", toupper, 1, "s", "toupper() -> string", "Returns it with ASCII letters capital."),
    Builtin::new(
        Root,
        "format",
        format,
        -2,
        ".s",
        "format(format, ...) -> string",
        "Formats values as C's `printf` does: `%d %i %u %o %x %X %c %f %e %E %g %G %s %%`.",
    ),
    Builtin::new(
        Root,
        "split",
        split,
        3,
        ".ss",
        "split(text, separators) -> array",
        "Cuts a string at each byte of `separators`; empty pieces vanish.",
    ),
    Builtin::new(
        Root,
        "strip",
        strip,
        2,
        ".s",
        "strip(text) -> string",
        "Returns a string without white space at both ends.",
    ),
    Builtin::new(
        Root,
        "lstrip",
        lstrip,
        2,
        ".s",
        "lstrip(text) -> string",
        "Returns a string without white space in front.",
    ),
    Builtin::new(
        Root,
        "rstrip",
        rstrip,
        2,
        ".s",
        "rstrip(text) -> string",
        "Returns a string without white space at its end.",
    ),
];

fn len(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(count(call.heap.bytes(call.this()).len())))
}

fn parse(call: &mut Call<'_>, base: i32) -> Result<Number, Fault> {
    let text = call.heap.bytes(call.this());
    let cost = text.len() / 16;
    let number = number::parse_number(text, base).ok_or("cannot convert the string")?;
    call.charge(cost);
    Ok(number)
}

fn tointeger(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.count() > 2 {
        return Err("wrong number of parameters".into());
    }
    let base = integer(call, 1).unwrap_or(10);
    Ok(Flow::Return(Value::integer(parse(call, base)?.to_integer())))
}

fn tofloat(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::float(parse(call, 10)?.to_float())))
}

/// Makes a string of a part of another one.
fn part(call: &mut Call<'_>, whole: Value, from: usize, to: usize) -> Result<Flow, Fault> {
    let bytes = call.heap.bytes(whole);
    if from == 0 && to == bytes.len() {
        return Ok(Flow::Return(whole));
    }
    let bytes = bytes.get(from..to).unwrap_or_default();
    let length = bytes.len();
    let part = if length <= 128 {
        let bytes = Buffer::from_slice(bytes);
        call.heap.string(&bytes)?
    } else {
        room(call, length)?;
        let bytes = call.heap.bytes(whole).get(from..to).unwrap_or_default().to_vec();
        call.heap.string_from(bytes)?
    };
    call.charge(length / 16);
    Ok(Flow::Return(part))
}

fn slice(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let length = i64::try_from(call.heap.bytes(this).len()).unwrap_or(i64::MAX);
    let (start, end) = super::slice_bounds(call, length)?;
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) => part(call, this, start, end),
        // The reference reads in front of the string.
        _ => Err("slice out of range".into()),
    }
}

fn find(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let start = match call.argument(2) {
        value if call.count() > 2 => value.to_integer().unwrap_or(0),
        _ => 0,
    };
    let (mut text, mut wanted) = (call.heap.bytes(call.this()), call.heap.bytes(call.argument(1)));
    let Some(start) = usize::try_from(start).ok().filter(|&start| start < text.len()) else {
        return Ok(Flow::Return(Value::NULL));
    };
    text = &text[start..];
    if !is_imp(call) {
        // The reference searches with C's `strstr`.
        wanted = c_string(wanted);
    }
    let mut found = match wanted {
        [] => Some(0),
        [byte] => memchr::memchr(*byte, text),
        _ => memmem::find(text, wanted),
    };
    if !is_imp(call) && found.is_some_and(|found| memchr::memchr(0, &text[..found]).is_some()) {
        found = None;
    }
    let cost = found.unwrap_or(text.len()) / 32;
    call.charge(cost);
    Ok(Flow::Return(found.map_or(Value::NULL, |found| count(start + found))))
}

/// Maps the bytes of `this`.
fn mapped(call: &mut Call<'_>, map: fn(&mut [u8])) -> Result<Flow, Fault> {
    let this = call.this();
    let length = call.heap.bytes(this).len();
    let mapped = if length <= 128 {
        let mut bytes = Buffer::from_slice(call.heap.bytes(this));
        map(&mut bytes);
        call.heap.string(&bytes)?
    } else {
        room(call, length)?;
        let mut bytes = call.heap.bytes(this).to_vec();
        map(&mut bytes);
        call.heap.string_from(bytes)?
    };
    call.charge(length / 8);
    Ok(Flow::Return(mapped))
}

fn tolower(call: &mut Call<'_>) -> Result<Flow, Fault> {
    mapped(call, <[u8]>::make_ascii_lowercase)
}

fn toupper(call: &mut Call<'_>) -> Result<Flow, Fault> {
    mapped(call, <[u8]>::make_ascii_uppercase)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The ends of a string without its white space.
fn bare(text: &[u8], front: bool, back: bool) -> (usize, usize) {
    let inner = |byte: &u8| !is_space(*byte);
    let end = if back { text.iter().rposition(inner).map_or(0, |last| last + 1) } else { text.len() };
    let start = if front { text[..end].iter().position(inner).unwrap_or(end) } else { 0 };
    (start, end)
}

fn strip(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let text = call.argument(1);
    let (start, end) = bare(call.heap.bytes(text), true, true);
    part(call, text, start, end)
}

fn lstrip(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let text = call.argument(1);
    let bytes = call.heap.bytes(text);
    let (start, mut end) = bare(bytes, true, false);
    if !is_imp(call) {
        // The reference copies up to the first NUL.
        end = start + c_string(&bytes[start..]).len();
    }
    part(call, text, start, end)
}

fn rstrip(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let text = call.argument(1);
    let (start, end) = bare(call.heap.bytes(text), false, true);
    part(call, text, start, end)
}

/// Where the pieces begin and end.
struct Cutter {
    /// The separator, if it is the only one.
    single: Option<u8>,
    separators: [bool; 256],
}

impl Cutter {
    fn new(separators: &[u8]) -> Cutter {
        let mut table = [false; 256];
        for &separator in separators {
            table[usize::from(separator)] = true;
        }
        Cutter { single: if let [single] = separators { Some(*single) } else { None }, separators: table }
    }

    /// The first piece at or behind a place.
    fn next(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let separates = |byte: &u8| self.separators[usize::from(*byte)];
        let start = from + text.get(from..)?.iter().position(|byte| !separates(byte))?;
        let rest = &text[start..];
        let length = match self.single {
            Some(separator) => memchr::memchr(separator, rest),
            None => rest.iter().position(separates),
        };
        Some((start, start + length.unwrap_or(rest.len())))
    }
}

fn split(call: &mut Call<'_>) -> Result<Flow, Fault> {
    // Registers: 3 the pieces, 4 where the next one begins.
    let (text, separators) = (call.register(1), call.register(2));
    let mut separators = call.heap.bytes(separators);
    if separators.is_empty() {
        return Err("empty separators string".into());
    }
    let mut end = call.heap.bytes(text).len();
    if !is_imp(call) {
        // The reference cuts with C's `strtok`.
        separators = c_string(separators);
        end = c_string(call.heap.bytes(text)).len();
    }
    let cutter = Cutter::new(separators);
    let mut made = 0;
    if call.step == 0 {
        let bytes = &call.heap.bytes(text)[..end];
        let (mut pieces, mut at) = (0, 0);
        while let Some((_, behind)) = cutter.next(bytes, at) {
            (pieces, at) = (pieces + 1, behind);
        }
        let array = call.heap.array_with_capacity(pieces)?;
        call.charge(end / 8);
        call.set_register(3, array);
        call.set_register(4, Value::integer(0));
        // From here on the state is in the registers.
        made = 1;
    }
    let (array, mut at) = (call.register(3), counter(call, 4));
    if !array.is(Tag::Array) {
        return Err(Fault::Corrupt);
    }
    while let Some((start, behind)) = cutter.next(call.heap.bytes(text).get(..end).unwrap_or_default(), at) {
        let piece = &call.heap.bytes(text)[start..behind];
        let piece = if piece.len() <= 128 {
            let piece = Buffer::from_slice(piece);
            call.heap.string(&piece)
        } else {
            let length = piece.len();
            match room(call, length) {
                Ok(()) => {
                    let piece = call.heap.bytes(text)[start..behind].to_vec();
                    call.heap.string_from(piece)
                }
                Err(fault) => Err(fault),
            }
        };
        match piece.and_then(|piece| call.heap.push(array, piece)) {
            Ok(()) => {}
            Err(Fault::Room(_)) if made > 0 => return Ok(Flow::Pause { step: 1, registers: 5 }),
            Err(fault) => return Err(fault),
        }
        made += 1;
        at = behind;
        call.set_register(4, count(at));
        call.charge(2);
    }
    Ok(Flow::Return(array))
}

fn format(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let mut out = std::mem::take(&mut call.heap.scratch);
    out.clear();
    let written = write_format(call, &mut out);
    let length = out.len();
    let text = written.and_then(|()| call.heap.string(&out));
    if out.capacity() <= 1024 {
        call.heap.scratch = out;
    }
    call.charge(length / 8);
    text.map(Flow::Return)
}

/// Formats into a vector that is not counted; so it asks whether there is room before each piece.
fn write_format(call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let heap = &*call.heap;
    let available = heap.meter.threshold().saturating_sub(heap.meter.used());
    let mut pieces = Pieces::new(heap.bytes(call.argument(1)));
    let mut place = 2;
    while let Some(piece) = pieces.next(place < call.count())? {
        let argument = call.argument(place);
        let most = match &piece {
            Piece::Literal(literal) => literal.len(),
            Piece::Directive(directive) => format::max_len(directive, heap.bytes(argument).len()),
        };
        if out.len().saturating_add(most) > available {
            return Err(Fault::Room(out.len().saturating_add(most)));
        }
        match piece {
            Piece::Literal(literal) => out.extend_from_slice(literal),
            Piece::Directive(directive) => {
                let wanted = directive.conversion.argument();
                let error = wanted.error();
                match wanted {
                    Argument::Integer => {
                        format::write_integer(out, &directive, argument.to_integer().ok_or(error)?);
                    }
                    Argument::Float => format::write_float(out, &directive, argument.as_number().ok_or(error)?),
                    Argument::Text if argument.is(Tag::String) => {
                        format::write_string(out, &directive, heap.bytes(argument));
                    }
                    Argument::Text => return Err(error.into()),
                }
                place += 1;
            }
        }
    }
    Ok(())
}
