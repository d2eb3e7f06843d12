//! Methods of integers, floats and bools, and the bits of numbers.

use super::Builtin;
use super::Owner::{Bool, Number, Root};
use crate::fault::Fault;
use crate::heap::Heap;
use crate::image::Dialect;
use crate::native::{Call, Flow};
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    to_integer(Number),
    to_float(Number),
    Builtin::tostring(Number),
    to_char(Number),
    Builtin::weakref(Number),
    to_integer(Bool),
    to_float(Bool),
    Builtin::tostring(Bool),
    to_char(Bool),
    Builtin::weakref(Bool),
    Builtin::new(
        Root,
        "castf2i",
        castf2i,
        2,
        ".n",
        "castf2i(f) -> integer",
        "Returns the bits of a float as an integer.",
    ),
    Builtin::new(
        Root,
        "casti2f",
        casti2f,
        2,
        ".n",
        "casti2f(i) -> float",
        "Returns the float that has the bits of an integer.",
    ),
    Builtin::new(
        Root,
        "swap2",
        swap2,
        2,
        ".n",
        "swap2(i) -> integer",
        "Swaps the two low bytes of an integer; in the stock dialect the second goes on to the upper half.",
    ),
    Builtin::new(Root, "swap4", swap4, 2, ".n", "swap4(i) -> integer", "Reverses the four bytes of an integer."),
    Builtin::new(Root, "swapfloat", swapfloat, 2, ".n", "swapfloat(f) -> float", "Reverses the four bytes of a float."),
];

const fn to_integer(owner: super::Owner) -> Builtin {
    let doc = "Returns the number as an integer, truncated; true is 1.";
    Builtin::new(owner, "tointeger", tointeger, 1, "n|b", "tointeger() -> integer", doc)
}

const fn to_float(owner: super::Owner) -> Builtin {
    Builtin::new(owner, "tofloat", tofloat, 1, "n|b", "tofloat() -> float", "Returns the number as a float; true is 1.")
}

const fn to_char(owner: super::Owner) -> Builtin {
    let doc = "Returns a string of one byte: the low byte of the number.";
    Builtin::new(owner, "tochar", tochar, 1, "n|b", "tochar() -> string", doc)
}

/// The number that `this` is; bools are 0 and 1.
fn whole(call: &Call<'_>) -> i32 {
    let this = call.this();
    if this.is(Tag::Bool) { i32::from(this.truth()) } else { this.to_integer().unwrap_or(0) }
}

fn tointeger(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::integer(whole(call))))
}

fn tofloat(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let float = if this.is(Tag::Bool) { f32::from(u8::from(this.truth())) } else { this.as_number().unwrap_or(0.0) };
    Ok(Flow::Return(Value::float(float)))
}

fn tochar(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let byte = whole(call).to_le_bytes()[0];
    let Heap { strings, meter, .. } = &mut *call.heap;
    strings.byte(byte, meter).map(Flow::Return)
}

fn castf2i(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let float = call.argument(1).as_number().unwrap_or(0.0);
    Ok(Flow::Return(Value::integer(float.to_bits().cast_signed())))
}

fn casti2f(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let integer = call.argument(1).to_integer().unwrap_or(0);
    Ok(Flow::Return(Value::float(f32::from_bits(integer.cast_unsigned()))))
}

fn swap2(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let [low, high, ..] = call.argument(1).to_integer().unwrap_or(0).to_le_bytes();
    let swapped = match call.image.0.dialect {
        Dialect::Stock => i32::from(i16::from_le_bytes([low, high])) << 8 | i32::from(high),
        Dialect::Imp => i32::from(u16::from_be_bytes([low, high])),
    };
    Ok(Flow::Return(Value::integer(swapped)))
}

fn swap4(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::integer(call.argument(1).to_integer().unwrap_or(0).swap_bytes())))
}

fn swapfloat(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let float = call.argument(1).as_number().unwrap_or(0.0);
    Ok(Flow::Return(Value::float(f32::from_bits(float.to_bits().swap_bytes()))))
}
