use crate::{
    DecodeError, EncodeError, MAX_DEPTH, MAX_VALUE_BYTES, Problem,
    read::{Reader, fail},
    write::{self, unzigzag, zigzag},
};
use alloc::{boxed::Box, string::String, vec::Vec};

/// Squirrel data, as it travels between an agent and its device.
///
/// Nothing is lost: floats keep their bits, strings and blobs any bytes, tables their order. What the runtime leaves out
/// or turns into something else before it sends is not the protocol's concern.
///
/// # Source
/// Which types there are: Squirrel 3, and what the vendor documents as serialisable. The encoding is our own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i32),
    /// A float.
    Float(Float),
    /// A string: any bytes.
    String(Box<[u8]>),
    /// A blob.
    Blob(Box<[u8]>),
    /// An array.
    Array(Box<[Value]>),
    /// A table, in the order in which it was or will be iterated; no two keys are the same.
    Table(Box<[(Key, Value)]>),
}

/// Key of an entry of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// `true` or `false`.
    Bool(bool),
    /// An integer.
    Int(i32),
    /// A float, which is another key than the integer of the same size.
    Float(Float),
    /// A string: any bytes.
    String(Box<[u8]>),
}

/// A 32-bit float by its bits, so that no NaN changes on its way and values can be compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Float(u32);

impl Float {
    /// Takes the bits of an IEEE 754 binary32.
    pub fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Returns the bits.
    pub fn to_bits(self) -> u32 {
        self.0
    }

    /// Returns the number.
    pub fn to_f32(self) -> f32 {
        f32::from_bits(self.0)
    }
}

impl core::fmt::Debug for Float {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.to_f32().is_nan() { write!(f, "NaN({:#010x})", self.0) } else { write!(f, "{:?}", self.to_f32()) }
    }
}

impl From<f32> for Float {
    fn from(number: f32) -> Self {
        Self(number.to_bits())
    }
}

// Ranges of tags that hold a small number or length themselves, and the tags that do not.
const SMALL_INT: u8 = 0x00;
const SMALL_STRING: u8 = 0x40;
const SMALL_ARRAY: u8 = 0x80;
const SMALL_TABLE: u8 = 0x90;
const NULL: u8 = 0xa0;
const FALSE: u8 = 0xa1;
const TRUE: u8 = 0xa2;
const INT: u8 = 0xa3;
const FLOAT: u8 = 0xa4;
const STRING: u8 = 0xa5;
const BLOB: u8 = 0xa6;
const ARRAY: u8 = 0xa7;
const TABLE: u8 = 0xa8;

/// The first zigzag number, string length, and count of items that do not fit a tag.
const INTS: u32 = 64;
const STRINGS: usize = 64;
const COUNTS: usize = 16;

impl Value {
    /// Makes a string.
    pub fn string(bytes: impl AsRef<[u8]>) -> Self {
        Self::String(bytes.as_ref().into())
    }

    /// Makes a blob.
    pub fn blob(bytes: impl AsRef<[u8]>) -> Self {
        Self::Blob(bytes.as_ref().into())
    }

    /// Returns the value's one encoding.
    ///
    /// # Errors
    /// Longer than [`MAX_VALUE_BYTES`], deeper than [`MAX_DEPTH`], or a table that has a key twice.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        self.write(&mut out, "value", MAX_VALUE_BYTES)?;
        Ok(out)
    }

    /// Reads a value that takes all of `bytes`.
    ///
    /// Allocates at most 40 bytes for each byte of input, whatever the input promises.
    ///
    /// # Errors
    /// Anything but the one encoding of a value within the limits.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_VALUE_BYTES {
            return fail(Problem::TooLong(MAX_VALUE_BYTES), 0);
        }
        let mut reader = Reader::new(bytes);
        let value = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// Appends the encoding, of at most `limit` bytes.
    pub(crate) fn write(&self, out: &mut Vec<u8>, what: &'static str, limit: usize) -> Result<(), EncodeError> {
        let end = out.len() + limit;
        Writer { out, end, too_long: EncodeError::TooLong { what, limit } }.value(self, 0)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        ValueReader { reader, owed: 1 }.value(0)
    }
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
    /// Where `out` must end at the latest.
    end: usize,
    too_long: EncodeError,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), EncodeError> {
        match value {
            Value::Null => self.out.push(NULL),
            Value::Bool(truth) => self.out.push(if *truth { TRUE } else { FALSE }),
            Value::Int(number) => self.int(*number),
            Value::Float(float) => self.float(*float),
            Value::String(bytes) => self.string(bytes)?,
            Value::Blob(bytes) => {
                self.room(bytes.len())?;
                self.out.push(BLOB);
                write::length(self.out, bytes.len());
                self.out.extend_from_slice(bytes);
            }
            Value::Array(items) => {
                self.head(items.len(), items.len(), SMALL_ARRAY, ARRAY, depth)?;
                for item in items {
                    self.value(item, depth + 1)?;
                }
            }
            Value::Table(entries) => {
                self.head(entries.len(), entries.len().saturating_mul(2), SMALL_TABLE, TABLE, depth)?;
                let mut keys = Vec::with_capacity(entries.len());
                for (key, item) in entries {
                    let start = self.out.len();
                    match key {
                        Key::Bool(truth) => self.out.push(if *truth { TRUE } else { FALSE }),
                        Key::Int(number) => self.int(*number),
                        Key::Float(float) => self.float(*float),
                        Key::String(bytes) => self.string(bytes)?,
                    }
                    keys.push(start..self.out.len());
                    self.value(item, depth + 1)?;
                }
                // A key has one encoding, so equal keys are equal bytes.
                let mut keys: Vec<&[u8]> = keys.into_iter().map(|range| &self.out[range]).collect();
                keys.sort_unstable();
                if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err(EncodeError::DuplicateKey);
                }
            }
        }
        self.room(0)
    }

    /// Checks that `length` more bytes are within the limit, before they are copied.
    fn room(&self, length: usize) -> Result<(), EncodeError> {
        if self.out.len().saturating_add(length) > self.end { Err(self.too_long) } else { Ok(()) }
    }

    fn head(&mut self, count: usize, items: usize, small: u8, tag: u8, depth: usize) -> Result<(), EncodeError> {
        if depth >= MAX_DEPTH {
            return Err(EncodeError::TooDeep);
        }
        self.room(items)?;
        match u8::try_from(count) {
            Ok(count) if usize::from(count) < COUNTS => self.out.push(small + count),
            _ => {
                self.out.push(tag);
                write::length(self.out, count);
            }
        }
        Ok(())
    }

    fn int(&mut self, number: i32) {
        match u8::try_from(zigzag(number)) {
            Ok(number) if u32::from(number) < INTS => self.out.push(SMALL_INT + number),
            _ => {
                self.out.push(INT);
                write::varint(self.out, zigzag(number));
            }
        }
    }

    fn float(&mut self, float: Float) {
        self.out.push(FLOAT);
        self.out.extend_from_slice(&float.to_bits().to_le_bytes());
    }

    fn string(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.room(bytes.len())?;
        match u8::try_from(bytes.len()) {
            Ok(length) if usize::from(length) < STRINGS => self.out.push(SMALL_STRING + length),
            _ => {
                self.out.push(STRING);
                write::length(self.out, bytes.len());
            }
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

struct ValueReader<'r, 'b> {
    reader: &'r mut Reader<'b>,
    /// Items promised by counts and not begun. Each takes a byte at least, so a count that promises more than is left is
    /// refused before anything is allocated for it, however the promises are nested.
    owed: usize,
}

impl ValueReader<'_, '_> {
    fn value(&mut self, depth: usize) -> Result<Value, DecodeError> {
        let start = self.reader.offset();
        let tag = self.tag()?;
        Ok(match tag {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            SMALL_INT..SMALL_STRING | INT => Value::Int(self.int(tag)?),
            FLOAT => Value::Float(self.float()?),
            SMALL_STRING..SMALL_ARRAY | STRING => Value::String(self.string(tag)?),
            BLOB => {
                let length = self.reader.length(MAX_VALUE_BYTES)?;
                Value::Blob(self.reader.take(length)?.into())
            }
            SMALL_ARRAY..SMALL_TABLE | ARRAY => {
                let count = self.count(tag, SMALL_ARRAY, 1, depth, start)?;
                let mut items = Vec::with_capacity(count);
                for _ in 0..count {
                    items.push(self.value(depth + 1)?);
                }
                Value::Array(items.into())
            }
            SMALL_TABLE..NULL | TABLE => {
                let count = self.count(tag, SMALL_TABLE, 2, depth, start)?;
                let mut entries = Vec::with_capacity(count);
                let mut keys = Vec::with_capacity(count);
                for _ in 0..count {
                    let offset = self.reader.offset();
                    let key = self.key()?;
                    keys.push((self.reader.since(offset), offset));
                    entries.push((key, self.value(depth + 1)?));
                }
                keys.sort_unstable();
                let again = keys.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).min();
                if let Some(offset) = again {
                    return fail(Problem::DuplicateKey, offset);
                }
                Value::Table(entries.into())
            }
            _ => return fail(Problem::UnknownTag(tag), start),
        })
    }

    fn key(&mut self) -> Result<Key, DecodeError> {
        let start = self.reader.offset();
        let tag = self.tag()?;
        Ok(match tag {
            FALSE => Key::Bool(false),
            TRUE => Key::Bool(true),
            SMALL_INT..SMALL_STRING | INT => Key::Int(self.int(tag)?),
            FLOAT => Key::Float(self.float()?),
            SMALL_STRING..SMALL_ARRAY | STRING => Key::String(self.string(tag)?),
            _ => return fail(Problem::BadKey(tag), start),
        })
    }

    fn tag(&mut self) -> Result<u8, DecodeError> {
        let tag = self.reader.u8()?;
        self.owed -= 1;
        Ok(tag)
    }

    fn int(&mut self, tag: u8) -> Result<i32, DecodeError> {
        if tag != INT {
            return Ok(unzigzag(u32::from(tag - SMALL_INT)));
        }
        let offset = self.reader.offset();
        let number = self.reader.varint()?;
        if number < INTS { fail(Problem::NotShortest, offset) } else { Ok(unzigzag(number)) }
    }

    fn float(&mut self) -> Result<Float, DecodeError> {
        Ok(Float(u32::from_le_bytes(self.reader.array()?)))
    }

    fn string(&mut self, tag: u8) -> Result<Box<[u8]>, DecodeError> {
        let offset = self.reader.offset();
        let length = if tag == STRING {
            let length = self.reader.length(MAX_VALUE_BYTES)?;
            if length < STRINGS {
                return fail(Problem::NotShortest, offset);
            }
            length
        } else {
            usize::from(tag - SMALL_STRING)
        };
        Ok(self.reader.take(length)?.into())
    }

    /// Reads how many items or entries there are, `each` of one or two values.
    fn count(&mut self, tag: u8, small: u8, each: usize, depth: usize, start: usize) -> Result<usize, DecodeError> {
        if depth >= MAX_DEPTH {
            return fail(Problem::TooDeep, start);
        }
        let offset = self.reader.offset();
        let count = if tag == ARRAY || tag == TABLE {
            let count = self.reader.varint()? as usize;
            if count < COUNTS {
                return fail(Problem::NotShortest, offset);
            }
            count
        } else {
            usize::from(tag - small)
        };
        self.owed = self.owed.saturating_add(count.saturating_mul(each));
        if self.owed > self.reader.left() { fail(Problem::Truncated, start) } else { Ok(count) }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}

impl From<f32> for Value {
    fn from(number: f32) -> Self {
        Self::Float(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into_bytes().into())
    }
}

impl<const N: usize> From<[Value; N]> for Value {
    fn from(items: [Value; N]) -> Self {
        Self::Array(items.into())
    }
}

impl<K: Into<Key>, const N: usize> From<[(K, Value); N]> for Value {
    fn from(entries: [(K, Value); N]) -> Self {
        Self::Table(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::String(text.as_bytes().into())
    }
}

impl From<i32> for Key {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}
