//! The standard libraries: one table of all built-in functions, and the functions themselves by subject.
//!
//! The table feeds registration, argument checks, `docs/squirrel-compat.md` (a test compares), and completion.

#![expect(clippy::unnecessary_wraps, reason = "natives have one type, those that cannot fail too")]

mod array;
mod base;
mod blob;
mod class;
mod function;
mod math;
mod number;
mod regexp;
mod string;
mod system;
mod table;
mod thread;

use smallvec::SmallVec;

use crate::fault::Fault;
use crate::heap::object::Metamethod;
use crate::image::Dialect;
use crate::native::{Call, Flow, NativeFn};
use crate::ops;
use crate::value::{Tag, Value};

/// Where a built-in function lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The root table.
    Root,
    /// The table `math` of the imp dialect; the root table of the stock one.
    Math,
    /// Methods of integers and floats.
    Number,
    /// Methods of bools.
    Bool,
    /// Methods of strings.
    String,
    /// Methods of tables.
    Table,
    /// Methods of arrays.
    Array,
    /// Methods of functions.
    Function,
    /// Methods of classes.
    Class,
    /// Methods of instances.
    Instance,
    /// Methods of generators.
    Generator,
    /// Methods of threads.
    Thread,
    /// Methods of weak references.
    WeakRef,
    /// The class `blob`.
    Blob,
    /// The class `regexp`.
    Regexp,
}

impl Owner {
    /// Its name as [`Image::functions`](crate::Image::functions) has it.
    pub const fn name(self) -> &'static str {
        match self {
            Owner::Root => "",
            Owner::Math => "math",
            Owner::Number => "number",
            Owner::Bool => "bool",
            Owner::String => "string",
            Owner::Table => "table",
            Owner::Array => "array",
            Owner::Function => "function",
            Owner::Class => "class",
            Owner::Instance => "instance",
            Owner::Generator => "generator",
            Owner::Thread => "thread",
            Owner::WeakRef => "weakref",
            Owner::Blob => "blob",
            Owner::Regexp => "regexp",
        }
    }
}

/// Which dialects have a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialects {
    /// Both have it.
    Both,
    /// The stock dialect has it.
    Stock,
    /// The imp dialect has it.
    Imp,
}

/// A built-in function.
#[derive(Debug)]
pub struct Builtin {
    /// Where it lives.
    pub owner: Owner,
    /// Its name.
    pub name: &'static str,
    /// What runs.
    pub function: NativeFn,
    /// Number of parameters with `this`: exact if positive, at least that many if negative, unchecked if 0.
    pub parameters: i8,
    /// Types of the parameters, `this` first, a letter each, `|` between alternatives: `o` null, `i` integer, `f` float, `n` number,
    /// `s` string, `t` table, `a` array, `u` userdata, `c` function, `g` generator, `p` userpointer, `v` thread, `x` instance,
    /// `y` class, `b` bool, `r` weak reference, `.` any. Empty: unchecked.
    pub types: &'static str,
    /// Which dialects have it.
    pub dialects: Dialects,
    /// For people: `find(substring [, start]) -> integer|null`.
    pub signature: &'static str,
    /// For people: one line.
    pub doc: &'static str,
}

/// All built-in functions, by subject.
pub const BUILTINS: &[&[Builtin]] = &[
    base::BUILTINS,
    system::BUILTINS,
    math::BUILTINS,
    number::BUILTINS,
    string::BUILTINS,
    table::BUILTINS,
    array::BUILTINS,
    function::BUILTINS,
    class::BUILTINS,
    thread::BUILTINS,
    blob::BUILTINS,
    regexp::BUILTINS,
];

impl Builtin {
    /// One that both dialects have.
    const fn new(
        owner: Owner,
        name: &'static str,
        function: NativeFn,
        parameters: i8,
        types: &'static str,
        signature: &'static str,
        doc: &'static str,
    ) -> Builtin {
        Builtin { owner, name, function, parameters, types, dialects: Dialects::Both, signature, doc }
    }

    const fn stock(self) -> Builtin {
        Builtin { dialects: Dialects::Stock, ..self }
    }

    const fn imp(self) -> Builtin {
        Builtin { dialects: Dialects::Imp, ..self }
    }

    /// The `tostring` of a type.
    const fn tostring(owner: Owner) -> Builtin {
        let doc = "Returns the string form; tables and instances may have a `_tostring`.";
        Builtin::new(owner, "tostring", tostring, 1, ".", "tostring() -> string", doc)
    }

    /// The `weakref` of a type.
    const fn weakref(owner: Owner) -> Builtin {
        let doc = "Returns a weak reference to the object; numbers and bools return themselves.";
        Builtin::new(owner, "weakref", weakref, 1, "", "weakref() -> weakref", doc)
    }
}

/// A constant of the root table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RootConstant {
    Integer(i32),
    Float(f32),
    Text(&'static str),
}

/// The largest number that `rand()` returns.
pub(crate) const RAND_MAX: i32 = i32::MAX;

/// The constants of the root table.
pub(crate) const CONSTANTS: &[(Dialects, &str, RootConstant)] = &[
    (Dialects::Both, "PI", RootConstant::Float(std::f32::consts::PI)),
    (Dialects::Both, "RAND_MAX", RootConstant::Integer(RAND_MAX)),
    (Dialects::Both, "_charsize_", RootConstant::Integer(1)),
    (Dialects::Both, "_intsize_", RootConstant::Integer(4)),
    (Dialects::Both, "_floatsize_", RootConstant::Integer(4)),
    (Dialects::Stock, "_version_", RootConstant::Text("Squirrel 3.0.5 stable")),
    (Dialects::Stock, "_versionnumber_", RootConstant::Integer(305)),
    (Dialects::Imp, "_version_", RootConstant::Text("Squirrel 3.0.4 stable")),
    (Dialects::Imp, "_versionnumber_", RootConstant::Integer(304)),
];

/// The masks that the reference has for the types of [`Builtin::types`], for `getinfos()`; -1 accepts all.
fn reference_masks(types: &str) -> Vec<i32> {
    let mut masks = Vec::new();
    let mut alternative = false;
    for letter in types.bytes() {
        let mask = match letter {
            b'|' => {
                alternative = true;
                continue;
            }
            b'o' => 0x1,
            b'i' => 0x2,
            b'f' => 0x4,
            b'n' => 0x6,
            b'b' => 0x8,
            b's' => 0x10,
            b't' => 0x20,
            b'a' => 0x40,
            b'u' => 0x80,
            b'c' => 0x300,
            b'g' => 0x400,
            b'p' => 0x800,
            b'v' => 0x1000,
            b'y' => 0x4000,
            b'x' => 0x8000,
            b'r' => 0x1_0000,
            _ => -1,
        };
        match masks.last_mut() {
            Some(last) if std::mem::take(&mut alternative) => *last |= mask,
            _ => masks.push(mask),
        }
    }
    masks
}

/// Bytes on their way from one string to another, on the native stack if they are few.
type Buffer = SmallVec<[u8; 128]>;

fn is_imp(call: &Call<'_>) -> bool {
    call.image.0.dialect == Dialect::Imp
}

/// Makes sure that so many bytes can be allocated, without counting them yet.
fn room(call: &mut Call<'_>, bytes: usize) -> Result<(), Fault> {
    call.heap.meter.ensure(bytes)
}

/// An argument, if it is a number; floats are truncated.
fn integer(call: &Call<'_>, place: usize) -> Option<i32> {
    call.argument(place).to_integer()
}

/// The bounds that the arguments of a `slice` give for something of this length: no longer than it, but the start may be
/// negative.
fn slice_bounds(call: &Call<'_>, length: i64) -> Result<(i64, i64), Fault> {
    let mut start = integer(call, 1).map_or(0, i64::from);
    let mut end = if call.count() > 2 { integer(call, 2).map_or(0, i64::from) } else { length };
    if start < 0 {
        start += length;
    }
    if end < 0 {
        end += length;
    }
    if end < start {
        return Err("wrong indexes".into());
    }
    if end > length {
        return Err("slice out of range".into());
    }
    Ok((start, end))
}

/// A counter that a native keeps in a register.
fn counter(call: &Call<'_>, place: usize) -> usize {
    call.register(place).as_integer().and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

/// The value of a counter. Counts stay below the limit of a heap, which is below 2 GiB.
fn count(count: usize) -> Value {
    Value::integer(i32::try_from(count).unwrap_or(i32::MAX))
}

/// The part of a string that C functions see: up to its first NUL.
fn c_string(bytes: &[u8]) -> &[u8] {
    memchr::memchr(0, bytes).map_or(bytes, |end| &bytes[..end])
}

/// The string form of a value, or the `_tostring` to call for it with the value as `this`.
pub(crate) enum Text {
    Done(Value),
    Ask(Value),
}

/// Finds the string form of a value.
pub(crate) fn text(call: &mut Call<'_>, value: Value) -> Result<Text, Fault> {
    match tostring_of(call, value) {
        Some(closure) => Ok(Text::Ask(closure)),
        None => ops::text_of(call.heap, &call.image.0, value).map(Text::Done),
    }
}

/// The `_tostring` of a value.
fn tostring_of(call: &Call<'_>, value: Value) -> Option<Value> {
    call.heap.metamethod(value, Metamethod::Tostring, &call.image.0.metamethods)
}

/// What a `_tostring` answered; the default form if that is no string.
pub(crate) fn answered_text(call: &mut Call<'_>, value: Value) -> Result<Value, Fault> {
    if call.result.is(Tag::String) { Ok(call.result) } else { ops::text_of(call.heap, &call.image.0, value) }
}

fn tostring(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    if call.step == 0 {
        return Ok(match text(call, this)? {
            Text::Done(text) => Flow::Return(text),
            Text::Ask(closure) => call.invoke(closure, 1, &[this], 1),
        });
    }
    answered_text(call, this).map(Flow::Return)
}

fn weakref(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.weak(call.this()).map(Flow::Return)
}
