//! Values of Squirrel to and from those of Rust.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, Hash};

use crate::fault::Fault;
use crate::heap::Heap;
use crate::value::{Tag, Value};

/// What can become a Squirrel value: numbers, bools, strings, lists, maps, and what may be missing.
pub trait IntoSquirrel {
    /// Makes the value.
    ///
    /// # Errors
    /// [`Fault::Room`] if there is no room for it. A native function hands that on; it is then called again, or the program
    /// ends.
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault>;
}

/// What a Squirrel value can become.
pub trait FromSquirrel: Sized {
    /// Reads the value. Tables give their own slots, in their order; weak references are followed.
    ///
    /// # Errors
    /// [`WrongType`] where it, or a part of it, is of another type.
    fn from_squirrel(value: Value, heap: &Heap) -> Result<Self, WrongType>;
}

/// A value is not of the type that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongType {
    /// What it is.
    pub found: Tag,
    /// What was asked for.
    pub expected: &'static str,
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found.name())
    }
}

impl std::error::Error for WrongType {}

/// A byte string, which need not be UTF-8 as [`String`] must.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl IntoSquirrel for Value {
    fn into_squirrel(self, _: &mut Heap) -> Result<Value, Fault> {
        Ok(self)
    }
}

impl FromSquirrel for Value {
    fn from_squirrel(value: Value, _: &Heap) -> Result<Value, WrongType> {
        Ok(value)
    }
}

impl IntoSquirrel for () {
    fn into_squirrel(self, _: &mut Heap) -> Result<Value, Fault> {
        Ok(Value::NULL)
    }
}

impl IntoSquirrel for i32 {
    fn into_squirrel(self, _: &mut Heap) -> Result<Value, Fault> {
        Ok(Value::integer(self))
    }
}

impl FromSquirrel for i32 {
    fn from_squirrel(value: Value, _: &Heap) -> Result<i32, WrongType> {
        value.as_integer().ok_or(WrongType { found: value.tag(), expected: "integer" })
    }
}

impl IntoSquirrel for f32 {
    fn into_squirrel(self, _: &mut Heap) -> Result<Value, Fault> {
        Ok(Value::float(self))
    }
}

impl FromSquirrel for f32 {
    /// Integers are taken, too.
    fn from_squirrel(value: Value, _: &Heap) -> Result<f32, WrongType> {
        value.as_number().ok_or(WrongType { found: value.tag(), expected: "integer|float" })
    }
}

impl IntoSquirrel for bool {
    fn into_squirrel(self, _: &mut Heap) -> Result<Value, Fault> {
        Ok(Value::bool(self))
    }
}

impl FromSquirrel for bool {
    fn from_squirrel(value: Value, _: &Heap) -> Result<bool, WrongType> {
        value.as_bool().ok_or(WrongType { found: value.tag(), expected: "bool" })
    }
}

impl IntoSquirrel for &[u8] {
    /// A string.
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        heap.string(self)
    }
}

impl IntoSquirrel for &str {
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        heap.string(self.as_bytes())
    }
}

impl IntoSquirrel for String {
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        heap.string_from(self.into_bytes())
    }
}

impl FromSquirrel for String {
    fn from_squirrel(value: Value, heap: &Heap) -> Result<String, WrongType> {
        let text = heap.as_bytes(value).and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.map(str::to_owned).ok_or(WrongType { found: value.tag(), expected: "string (UTF-8)" })
    }
}

impl IntoSquirrel for Bytes {
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        heap.string_from(self.0)
    }
}

impl FromSquirrel for Bytes {
    fn from_squirrel(value: Value, heap: &Heap) -> Result<Bytes, WrongType> {
        let bytes = heap.as_bytes(value).ok_or(WrongType { found: value.tag(), expected: "string" })?;
        Ok(Bytes(bytes.to_vec()))
    }
}

impl<T: IntoSquirrel> IntoSquirrel for Option<T> {
    /// Nothing is null.
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        self.map_or(Ok(Value::NULL), |value| value.into_squirrel(heap))
    }
}

impl<T: FromSquirrel> FromSquirrel for Option<T> {
    fn from_squirrel(value: Value, heap: &Heap) -> Result<Option<T>, WrongType> {
        if value.is_null() { Ok(None) } else { T::from_squirrel(value, heap).map(Some) }
    }
}

impl<T: IntoSquirrel> IntoSquirrel for Vec<T> {
    /// An array.
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        let array = heap.array_with_capacity(self.len())?;
        for item in self {
            let item = item.into_squirrel(heap)?;
            heap.push(array, item)?;
        }
        Ok(array)
    }
}

impl<T: FromSquirrel> FromSquirrel for Vec<T> {
    fn from_squirrel(value: Value, heap: &Heap) -> Result<Vec<T>, WrongType> {
        if !value.is(Tag::Array) {
            return Err(WrongType { found: value.tag(), expected: "array" });
        }
        heap.items(value).iter().map(|&item| T::from_squirrel(heap.strong(item), heap)).collect()
    }
}

fn table_of<K: IntoSquirrel, V: IntoSquirrel>(
    entries: impl ExactSizeIterator<Item = (K, V)>,
    heap: &mut Heap,
) -> Result<Value, Fault> {
    let table = heap.table(entries.len())?;
    for (key, value) in entries {
        let key = key.into_squirrel(heap)?;
        if key.is_null() {
            return Err("null cannot be used as index".into());
        }
        let value = value.into_squirrel(heap)?;
        heap.table_set(table, key, value, &mut 0)?;
    }
    Ok(table)
}

fn entries_of<K: FromSquirrel, V: FromSquirrel, M: FromIterator<(K, V)>>(
    value: Value,
    heap: &Heap,
) -> Result<M, WrongType> {
    if !value.is(Tag::Table) {
        return Err(WrongType { found: value.tag(), expected: "table" });
    }
    let entry = |(key, value)| Ok((K::from_squirrel(key, heap)?, V::from_squirrel(heap.strong(value), heap)?));
    heap.tables[value.index()].iter().map(entry).collect()
}

impl<K: IntoSquirrel, V: IntoSquirrel> IntoSquirrel for BTreeMap<K, V> {
    /// A table.
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        table_of(self.into_iter(), heap)
    }
}

impl<K: FromSquirrel + Ord, V: FromSquirrel> FromSquirrel for BTreeMap<K, V> {
    fn from_squirrel(value: Value, heap: &Heap) -> Result<BTreeMap<K, V>, WrongType> {
        entries_of(value, heap)
    }
}

impl<K: IntoSquirrel, V: IntoSquirrel, S> IntoSquirrel for HashMap<K, V, S> {
    /// A table, in whose order the map's shows: for programs that must run the same twice, [`BTreeMap`] is better.
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        table_of(self.into_iter(), heap)
    }
}

impl<K: FromSquirrel + Eq + Hash, V: FromSquirrel, S: BuildHasher + Default> FromSquirrel for HashMap<K, V, S> {
    fn from_squirrel(value: Value, heap: &Heap) -> Result<HashMap<K, V, S>, WrongType> {
        entries_of(value, heap)
    }
}
