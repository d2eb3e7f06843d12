//! Values of Squirrel to and from whatever [`serde`] knows. Needs the feature `serde`.
//!
//! | Squirrel | serde |
//! | --- | --- |
//! | null | unit, none |
//! | bool, integer, float | the same; integers must fit 32 bits, floats are rounded to 32 bits |
//! | string | string; bytes where it is not UTF-8 |
//! | array | sequence, tuple |
//! | table | map, struct |
//! | string, or table with one slot | variant of an enum without, or with, content |
//!
//! Instances, functions and all others have no form in serde and are refused, as is what is nested more than 64 deep: a
//! table may contain itself.

use std::fmt;

use ::serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};
use ::serde::ser::{self, Serialize};

use crate::fault::Fault;
use crate::heap::Heap;
use crate::value::{Tag, Value};

/// Nesting that is followed.
const DEPTH: usize = 64;

/// Makes a value of what serde can write.
///
/// # Errors
/// [`Error::Fault`] where there is no room, [`Error::Text`] for what has no form in Squirrel.
pub fn to_value<T: Serialize + ?Sized>(value: &T, heap: &mut Heap) -> Result<Value, Error> {
    value.serialize(Writer { heap, depth: DEPTH })
}

/// Reads a value into what serde can read.
///
/// # Errors
/// [`Error::Text`] says what does not fit.
pub fn from_value<T: DeserializeOwned>(value: Value, heap: &Heap) -> Result<T, Error> {
    T::deserialize(Reader { value, heap, depth: DEPTH })
}

/// Why a value has not been converted.
#[derive(Debug)]
pub enum Error {
    /// The machine has no room for it, and a native function hands that on.
    Fault(Fault),
    /// It does not fit; this says why.
    Text(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Fault(_) => f.write_str("out of memory"),
            Error::Text(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        Error::Fault(fault)
    }
}

impl From<Error> for Fault {
    /// What a native function raises.
    fn from(error: Error) -> Fault {
        match error {
            Error::Fault(fault) => fault,
            Error::Text(text) => Fault::error(text),
        }
    }
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(text: T) -> Error {
        Error::Text(text.to_string())
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(text: T) -> Error {
        Error::Text(text.to_string())
    }
}

fn too_deep() -> Error {
    Error::Text("nested too deep".to_owned())
}

// Writing.

struct Writer<'h> {
    heap: &'h mut Heap,
    depth: usize,
}

impl<'h> Writer<'h> {
    fn inner<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Value, Error> {
        let depth = self.depth.checked_sub(1).ok_or_else(too_deep)?;
        value.serialize(Writer { heap: self.heap, depth })
    }

    /// A table with one slot: the variant's name and content.
    fn variant(&mut self, name: &str, content: Value) -> Result<Value, Error> {
        let table = self.heap.table(1)?;
        let name = self.heap.string(name.as_bytes())?;
        self.heap.table_set(table, name, content, &mut 0)?;
        Ok(table)
    }

    fn list(self, variant: Option<&'static str>) -> Result<Compound<'h>, Error> {
        let value = self.heap.array(Vec::new())?;
        Ok(Compound { writer: self, value, key: Value::NULL, variant })
    }

    fn map(self, variant: Option<&'static str>) -> Result<Compound<'h>, Error> {
        let value = self.heap.table(0)?;
        Ok(Compound { writer: self, value, key: Value::NULL, variant })
    }
}

fn integer_value(integer: impl TryInto<i32>) -> Result<Value, Error> {
    let integer = integer.try_into().map_err(|_| Error::Text("integer out of range".to_owned()))?;
    Ok(Value::integer(integer))
}

impl<'h> ser::Serializer for Writer<'h> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Compound<'h>;
    type SerializeTuple = Compound<'h>;
    type SerializeTupleStruct = Compound<'h>;
    type SerializeTupleVariant = Compound<'h>;
    type SerializeMap = Compound<'h>;
    type SerializeStruct = Compound<'h>;
    type SerializeStructVariant = Compound<'h>;

    fn serialize_bool(self, bool: bool) -> Result<Value, Error> {
        Ok(Value::bool(bool))
    }

    fn serialize_i8(self, integer: i8) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_i16(self, integer: i16) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_i32(self, integer: i32) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_i64(self, integer: i64) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_u8(self, integer: u8) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_u16(self, integer: u16) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_u32(self, integer: u32) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_u64(self, integer: u64) -> Result<Value, Error> {
        integer_value(integer)
    }

    fn serialize_f32(self, float: f32) -> Result<Value, Error> {
        Ok(Value::float(float))
    }

    #[expect(clippy::cast_possible_truncation, reason = "floats have 32 bits here")]
    fn serialize_f64(self, float: f64) -> Result<Value, Error> {
        Ok(Value::float(float as f32))
    }

    fn serialize_char(self, char: char) -> Result<Value, Error> {
        self.serialize_str(char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<Value, Error> {
        self.serialize_bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, Error> {
        Ok(self.heap.string(bytes)?)
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Result<Value, Error> {
        self.inner(value)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::NULL)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Error> {
        Ok(Value::NULL)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Value, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(mut self, _: &'static str, value: &T) -> Result<Value, Error> {
        self.inner(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, Error> {
        let content = self.inner(value)?;
        self.variant(variant, content)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'h>, Error> {
        self.list(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'h>, Error> {
        self.list(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'h>, Error> {
        self.list(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'h>, Error> {
        self.list(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'h>, Error> {
        self.map(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'h>, Error> {
        self.map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'h>, Error> {
        self.map(Some(variant))
    }
}

/// An array or a table being made.
struct Compound<'h> {
    writer: Writer<'h>,
    value: Value,
    /// The key whose value comes next.
    key: Value,
    variant: Option<&'static str>,
}

impl Compound<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        let item = self.writer.inner(item)?;
        Ok(self.writer.heap.push(self.value, item)?)
    }

    fn slot<T: Serialize + ?Sized>(&mut self, key: Value, value: &T) -> Result<(), Error> {
        if key.is_null() {
            return Err(Error::Text("null cannot be used as index".to_owned()));
        }
        let value = self.writer.inner(value)?;
        Ok(self.writer.heap.table_set(self.value, key, value, &mut 0)?)
    }

    fn finish(mut self) -> Result<Value, Error> {
        match self.variant {
            Some(variant) => self.writer.variant(variant, self.value),
            None => Ok(self.value),
        }
    }
}

impl ser::SerializeSeq for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.item(item)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

impl ser::SerializeTuple for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.item(item)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.item(item)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

impl ser::SerializeTupleVariant for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        self.item(item)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = self.writer.inner(key)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.slot(self.key, value)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

impl ser::SerializeStruct for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let key = self.writer.heap.string(name.as_bytes())?;
        self.slot(key, value)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Compound<'_> {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let key = self.writer.heap.string(name.as_bytes())?;
        self.slot(key, value)
    }

    fn end(self) -> Result<Value, Error> {
        self.finish()
    }
}

// Reading.

#[derive(Clone, Copy)]
struct Reader<'h> {
    value: Value,
    heap: &'h Heap,
    depth: usize,
}

impl<'h> Reader<'h> {
    fn inner(&self, value: Value) -> Result<Reader<'h>, Error> {
        let depth = self.depth.checked_sub(1).ok_or_else(too_deep)?;
        Ok(Reader { value: self.heap.strong(value), heap: self.heap, depth })
    }

    /// The slots of a table.
    fn slots(&self) -> impl Iterator<Item = (Value, Value)> + use<'h> {
        self.heap.tables.get(self.value.index()).into_iter().flat_map(crate::heap::table::Table::iter)
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.value;
        match value.tag() {
            Tag::Null => visitor.visit_unit(),
            Tag::Bool => visitor.visit_bool(value.truth()),
            Tag::Integer => visitor.visit_i32(value.raw_integer()),
            Tag::Float => visitor.visit_f32(value.as_float().unwrap_or_default()),
            Tag::String => match std::str::from_utf8(self.heap.bytes(value)) {
                Ok(text) => visitor.visit_str(text),
                Err(_) => visitor.visit_bytes(self.heap.bytes(value)),
            },
            Tag::Array => visitor.visit_seq(Items { reader: self, items: self.heap.items(value).iter() }),
            Tag::Table => visitor.visit_map(Slots { reader: self, rest: self.slots(), value: Value::NULL }),
            tag => Err(Error::Text(format!("a value of type '{}' has no form here", tag.name()))),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.heap.as_bytes(self.value) {
            Some(bytes) => visitor.visit_bytes(bytes),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.value.is(Tag::String) {
            return visitor.visit_enum(Variant { name: self, content: None });
        }
        let mut slots = self.value.is(Tag::Table).then(|| self.slots()).into_iter().flatten();
        match (slots.next(), slots.next()) {
            (Some((name, content)), None) => {
                visitor.visit_enum(Variant { name: self.inner(name)?, content: Some(self.inner(content)?) })
            }
            _ => Err(Error::Text("expected a string, or a table with one slot".to_owned())),
        }
    }

    ::serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'h> {
    reader: Reader<'h>,
    items: std::slice::Iter<'h, Value>,
}

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.items.next().map(|&item| seed.deserialize(self.reader.inner(item)?)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Slots<'h, I> {
    reader: Reader<'h>,
    rest: I,
    /// The value of the key that was read last.
    value: Value,
}

impl<'de, I: Iterator<Item = (Value, Value)>> de::MapAccess<'de> for Slots<'_, I> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(self.reader.inner(key)?).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(self.reader.inner(self.value)?)
    }
}

struct Variant<'h> {
    name: Reader<'h>,
    content: Option<Reader<'h>>,
}

impl<'de, 'h> de::EnumAccess<'de> for Variant<'h> {
    type Error = Error;
    type Variant = Variant<'h>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Variant<'h>), Error> {
        let name = String::from_utf8_lossy(self.name.heap.bytes(self.name.value));
        let name: de::value::CowStrDeserializer<'_, Error> = name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.content {
            None => Ok(()),
            Some(content) if content.value.is_null() => Ok(()),
            Some(_) => Err(Error::Text("expected a variant without content".to_owned())),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content.ok_or_else(no_content)?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_any(self.content.ok_or_else(no_content)?, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_any(self.content.ok_or_else(no_content)?, visitor)
    }
}

fn no_content() -> Error {
    Error::Text("expected a variant with content".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ::serde::Deserialize;

    use super::*;
    use crate::{Dialect, Image, Limits, Vm};

    #[derive(Debug, PartialEq, ::serde::Serialize, Deserialize)]
    enum Shape {
        Nothing,
        Circle(f32),
        Box { width: i32, height: u8 },
        Pair(i64, bool),
    }

    #[derive(Debug, PartialEq, ::serde::Serialize, Deserialize)]
    struct Everything {
        name: String,
        shapes: Vec<Shape>,
        size: Option<u16>,
        missing: Option<u16>,
        by_number: BTreeMap<i32, (char, ())>,
    }

    #[test]
    fn values_survive_the_way_there_and_back() {
        let mut vm = Vm::new(&Image::new(Dialect::Stock), None, Limits::default()).unwrap();
        let everything = Everything {
            name: "é".to_owned(),
            shapes: vec![Shape::Nothing, Shape::Circle(1.5), Shape::Box { width: -1, height: 2 }, Shape::Pair(3, true)],
            size: Some(7),
            missing: None,
            by_number: [(1, ('a', ())), (-2, ('ö', ()))].into(),
        };
        let value = vm.with_all_room(|vm| Ok(to_value(&everything, &mut vm.heap).unwrap())).unwrap();
        assert_eq!(from_value::<Everything>(value, vm.heap()).unwrap(), everything);
        let too_large = vm.with_all_room(|vm| Ok(to_value(&(1_i64 << 40), &mut vm.heap).unwrap_err())).unwrap();
        assert_eq!(too_large.to_string(), "integer out of range");
    }

    #[test]
    fn what_contains_itself_is_refused() {
        let mut vm = Vm::new(&Image::new(Dialect::Stock), None, Limits::default()).unwrap();
        let array = vm.make(vec![1]).unwrap();
        vm.heap_mut().items_mut(array)[0] = array;
        let nested = from_value::<::serde::de::IgnoredAny>(array, vm.heap());
        assert_eq!(nested.unwrap_err().to_string(), "nested too deep");
        let function = vm.global(b"print").unwrap();
        assert!(from_value::<i32>(function, vm.heap()).is_err());
    }
}
