//! A Squirrel value: eight bytes, copied freely.
//!
//! The upper half holds the type, the lower half the content: an integer, the bits of a float, or the index of an
//! object in its arena of the heap. Integers have type 0, so that "both are integers" is one comparison.

use std::fmt;

/// A value of a running program. Objects are named by their place in the heap of their virtual machine; a value means
/// nothing to another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value(u64);

/// The type of a [`Value`], in the order that masks of parameter types are printed in where they are objects.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// A 32-bit integer.
    Integer = 0,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A 32-bit float.
    Float,
    /// An immutable string of bytes.
    String,
    /// A table.
    Table,
    /// An array.
    Array,
    /// A function of a program, or a bound native one.
    Closure,
    /// A native function of the image.
    Native,
    /// A class.
    Class,
    /// An instance of a class.
    Instance,
    /// A function that yields.
    Generator,
    /// A coroutine.
    Thread,
    /// A weak reference.
    WeakRef,
    /// A read-only object of the host (`typeof` gives `meta`).
    Host,
    /// A captured variable; programs never see one.
    Cell,
}

/// The number of tags.
pub(crate) const TAGS: usize = 16;

const TAG_TABLE: [Tag; TAGS] = [
    Tag::Integer,
    Tag::Null,
    Tag::Bool,
    Tag::Float,
    Tag::String,
    Tag::Table,
    Tag::Array,
    Tag::Closure,
    Tag::Native,
    Tag::Class,
    Tag::Instance,
    Tag::Generator,
    Tag::Thread,
    Tag::WeakRef,
    Tag::Host,
    Tag::Cell,
];

impl Tag {
    /// Returns the name that `type()` and error texts use.
    pub fn name(self) -> &'static str {
        match self {
            Tag::Integer => "integer",
            Tag::Null => "null",
            Tag::Bool => "bool",
            Tag::Float => "float",
            Tag::String => "string",
            Tag::Table => "table",
            Tag::Array => "array",
            Tag::Closure | Tag::Native => "function",
            Tag::Class => "class",
            Tag::Instance => "instance",
            Tag::Generator => "generator",
            Tag::Thread => "thread",
            Tag::WeakRef => "weakref",
            Tag::Host => "meta",
            Tag::Cell => "cell",
        }
    }

    /// Returns the tag of this number, if there is one.
    pub(crate) fn from_number(number: u32) -> Option<Tag> {
        TAG_TABLE.get(number as usize).copied()
    }
}

impl Value {
    /// `null`.
    pub const NULL: Value = Value::new(Tag::Null, 0);
    /// `true`.
    pub const TRUE: Value = Value::new(Tag::Bool, 1);
    /// `false`.
    pub const FALSE: Value = Value::new(Tag::Bool, 0);

    #[inline(always)]
    pub(crate) const fn new(tag: Tag, payload: u32) -> Value {
        Value(((tag as u64) << 32) | payload as u64)
    }

    /// An integer.
    #[inline(always)]
    #[expect(clippy::cast_sign_loss, reason = "the bits are kept")]
    pub const fn integer(integer: i32) -> Value {
        Value(integer as u32 as u64)
    }

    /// A float.
    #[inline(always)]
    pub const fn float(float: f32) -> Value {
        Value::new(Tag::Float, float.to_bits())
    }

    /// A bool.
    #[inline(always)]
    pub const fn bool(bool: bool) -> Value {
        Value::new(Tag::Bool, bool as u32)
    }

    /// Returns the type.
    #[inline(always)]
    pub fn tag(self) -> Tag {
        // Compiles to nothing: the numbers are those of the variants.
        match (self.0 >> 32) & (TAGS as u64 - 1) {
            0 => Tag::Integer,
            1 => Tag::Null,
            2 => Tag::Bool,
            3 => Tag::Float,
            4 => Tag::String,
            5 => Tag::Table,
            6 => Tag::Array,
            7 => Tag::Closure,
            8 => Tag::Native,
            9 => Tag::Class,
            10 => Tag::Instance,
            11 => Tag::Generator,
            12 => Tag::Thread,
            13 => Tag::WeakRef,
            14 => Tag::Host,
            _ => Tag::Cell,
        }
    }

    /// Whether the value has this type.
    #[inline(always)]
    pub fn is(self, tag: Tag) -> bool {
        self.0 >> 32 == tag as u64
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    pub(crate) fn payload(self) -> u32 {
        self.0 as u32
    }

    /// The index of the object in its arena.
    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.payload() as usize
    }

    #[inline(always)]
    pub(crate) fn bits(self) -> u64 {
        self.0
    }

    /// Whether both are integers.
    #[inline(always)]
    pub(crate) fn both_integers(self, other: Value) -> bool {
        (self.0 | other.0) >> 32 == 0
    }

    /// Both contents, if both are floats.
    #[inline(always)]
    pub(crate) fn both_floats(self, other: Value) -> Option<(f32, f32)> {
        if self.is(Tag::Float) && other.is(Tag::Float) {
            Some((f32::from_bits(self.payload()), f32::from_bits(other.payload())))
        } else {
            None
        }
    }

    /// The content, if this is an integer.
    #[inline(always)]
    #[expect(clippy::cast_possible_wrap, reason = "the bits are kept")]
    pub fn as_integer(self) -> Option<i32> {
        if self.0 >> 32 == 0 { Some(self.payload() as i32) } else { None }
    }

    /// The content, if this is a float.
    #[inline(always)]
    pub fn as_float(self) -> Option<f32> {
        if self.is(Tag::Float) { Some(f32::from_bits(self.payload())) } else { None }
    }

    /// The content, if this is a bool.
    #[inline(always)]
    pub fn as_bool(self) -> Option<bool> {
        if self.is(Tag::Bool) { Some(self.payload() != 0) } else { None }
    }

    /// The number, if this is an integer or a float.
    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "as C converts")]
    pub fn as_number(self) -> Option<f32> {
        match self.as_integer() {
            Some(integer) => Some(integer as f32),
            None => self.as_float(),
        }
    }

    /// The integer that the reference's `tointeger` macro makes of a number: floats are truncated.
    #[inline(always)]
    pub(crate) fn to_integer(self) -> Option<i32> {
        match self.as_float() {
            Some(float) => Some(truncate(float)),
            None => self.as_integer(),
        }
    }

    /// The lower half as a signed integer, whatever the type.
    #[inline(always)]
    #[expect(clippy::cast_possible_wrap, reason = "the bits are kept")]
    pub(crate) fn raw_integer(self) -> i32 {
        self.payload() as i32
    }

    /// Whether this is `null`.
    #[inline(always)]
    pub fn is_null(self) -> bool {
        self.is(Tag::Null)
    }

    /// Whether a condition holds for it: anything but `null`, `false`, `0` and `0.0`.
    #[inline(always)]
    pub fn truth(self) -> bool {
        match self.tag() {
            Tag::Integer | Tag::Bool => self.payload() != 0,
            Tag::Null => false,
            Tag::Float => self.payload() & 0x7fff_ffff != 0,
            _ => true,
        }
    }
}

/// Truncates as x86 does: what does not fit is `i32::MIN`.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn truncate(float: f32) -> i32 {
    if (-2_147_483_648.0..2_147_483_648.0).contains(&float) { float as i32 } else { i32::MIN }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag() {
            Tag::Null => f.write_str("null"),
            Tag::Bool => write!(f, "{}", self.payload() != 0),
            Tag::Integer => write!(f, "{}", self.raw_integer()),
            Tag::Float => write!(f, "{}f", f32::from_bits(self.payload())),
            tag => write!(f, "{}#{}", tag.name(), self.payload()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_small() {
        assert_eq!(size_of::<Value>(), 8);
    }

    #[test]
    fn truth_is_the_languages() {
        for falsy in [Value::NULL, Value::FALSE, Value::integer(0), Value::float(0.0), Value::float(-0.0)] {
            assert!(!falsy.truth(), "{falsy:?}");
        }
        for truthy in [Value::TRUE, Value::integer(-1), Value::float(f32::NAN), Value::new(Tag::String, 0)] {
            assert!(truthy.truth(), "{truthy:?}");
        }
    }
}
