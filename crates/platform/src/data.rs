//! Values on their way out of a program and into one: messages, and what is saved.

use impstead_device_protocol::{Float, Key, MAX_DEPTH, MAX_VALUE_BYTES, Value as Data};
use squirrel::{Fault, Heap, IntoSquirrel, Tag, Value};

/// What was taken of a value.
#[derive(Debug)]
pub(crate) struct Taken {
    /// What can be sent of it.
    pub(crate) data: Data,
    /// Whether parts were left out.
    pub(crate) skipped: bool,
    /// Whether it is more than may be sent, and was cut.
    pub(crate) too_large: bool,
    /// About its size in bytes.
    pub(crate) bytes: usize,
}

/// Takes what can be sent of a value: null, bools, numbers, strings, blobs, and arrays and tables of these; keys of tables
/// must be strings. A string that is no UTF-8 or has a NUL becomes a blob. With `text_only`, for JSON, there are no blobs.
pub(crate) fn take(heap: &Heap, value: Value, text_only: bool) -> Taken {
    let mut taker =
        Taker { heap, path: Vec::new(), left: MAX_VALUE_BYTES, skipped: false, too_large: false, text_only };
    let data = taker.take(value);
    let data = data.unwrap_or_else(|| {
        taker.skipped = true;
        Data::Null
    });
    Taken { data, skipped: taker.skipped, too_large: taker.too_large, bytes: MAX_VALUE_BYTES - taker.left }
}

struct Taker<'h> {
    heap: &'h Heap,
    /// The containers around the value at hand.
    path: Vec<Value>,
    /// Bytes that may still be taken: what two containers share is taken twice.
    left: usize,
    skipped: bool,
    too_large: bool,
    text_only: bool,
}

impl Taker<'_> {
    fn take(&mut self, value: Value) -> Option<Data> {
        let size = 4 + self.heap.bytes(value).len() + self.heap.blob_bytes(value).map_or(0, <[u8]>::len);
        let Some(left) = self.left.checked_sub(size) else {
            self.too_large = true;
            return Some(Data::Null);
        };
        self.left = left;
        match value.tag() {
            Tag::Null => Some(Data::Null),
            Tag::Bool => value.as_bool().map(Data::Bool),
            Tag::Integer => value.as_integer().map(Data::Int),
            Tag::Float => value.as_float().map(|float| Data::Float(Float::from(float))),
            Tag::String => {
                let bytes = self.heap.bytes(value);
                match (is_safe(bytes), self.text_only) {
                    (true, _) => Some(Data::string(bytes)),
                    (false, true) => None,
                    (false, false) => Some(Data::blob(bytes)),
                }
            }
            Tag::Instance if !self.text_only => self.heap.blob_bytes(value).map(Data::blob),
            // What contains itself is cut, as is what is nested too deep.
            Tag::Array | Tag::Table if self.path.len() + 1 < MAX_DEPTH && !self.path.contains(&value) => {
                self.path.push(value);
                let data = if value.is(Tag::Array) { self.take_items(value) } else { self.take_entries(value) };
                self.path.pop();
                Some(data)
            }
            _ => None,
        }
    }

    fn take_items(&mut self, array: Value) -> Data {
        let heap = self.heap;
        Data::Array(heap.items(array).iter().filter_map(|&item| self.part(item)).collect())
    }

    fn take_entries(&mut self, table: Value) -> Data {
        let mut entries = Vec::new();
        for (key, value) in self.heap.entries(table) {
            let Some(key) = self.heap.as_bytes(key).filter(|key| is_safe(key)) else {
                self.skipped = true;
                continue;
            };
            self.left = self.left.saturating_sub(key.len());
            if let Some(value) = self.part(value) {
                entries.push((Key::String(key.into()), value));
            }
        }
        Data::Table(entries.into())
    }

    /// Takes a part of a container.
    fn part(&mut self, value: Value) -> Option<Data> {
        if self.too_large {
            return None;
        }
        let data = self.take(value);
        self.skipped |= data.is_none();
        data
    }
}

fn is_safe(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

/// Data to be made a value, with the class for its blobs.
pub(crate) struct Given<'d> {
    pub(crate) data: &'d Data,
    pub(crate) blob_class: Value,
}

impl IntoSquirrel for Given<'_> {
    fn into_squirrel(self, heap: &mut Heap) -> Result<Value, Fault> {
        give(heap, self.blob_class, self.data)
    }
}

/// Makes a value. Data is at most [`MAX_DEPTH`] deep.
fn give(heap: &mut Heap, blob_class: Value, data: &Data) -> Result<Value, Fault> {
    Ok(match data {
        Data::Null => Value::NULL,
        Data::Bool(bool) => Value::bool(*bool),
        Data::Int(integer) => Value::integer(*integer),
        Data::Float(float) => Value::float(float.to_f32()),
        Data::String(bytes) => heap.string(bytes)?,
        Data::Blob(bytes) => heap.blob(blob_class, bytes.to_vec())?,
        Data::Array(items) => {
            let array = heap.array(Vec::new())?;
            for item in items {
                let item = give(heap, blob_class, item)?;
                heap.push(array, item)?;
            }
            array
        }
        Data::Table(entries) => {
            let table = heap.table(0)?;
            for (key, value) in entries {
                let key = match key {
                    Key::Bool(bool) => Value::bool(*bool),
                    Key::Int(integer) => Value::integer(*integer),
                    Key::Float(float) => Value::float(float.to_f32()),
                    Key::String(bytes) => heap.string(bytes)?,
                };
                let value = give(heap, blob_class, value)?;
                heap.table_set(table, key, value, &mut 0)?;
            }
            table
        }
    })
}

/// Data among what serde writes: in their own encoding, as bytes.
pub(crate) mod encoded {
    use impstead_device_protocol::Value as Data;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    pub(crate) fn serialize<S: Serializer>(data: &Data, serializer: S) -> Result<S::Ok, S::Error> {
        data.encode().map_err(ser::Error::custom)?.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Data, D::Error> {
        Data::decode(<&[u8]>::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
