//! The heap of one machine: arenas by kind of object, counted to the byte, collected by marking and sweeping.
//!
//! Nothing here collects by itself. An allocation that does not fit fails with [`Fault::Room`] before anything has
//! changed; the machine then collects, where it knows all roots, and runs the instruction again.

pub(crate) mod arena;
pub(crate) mod meter;
pub(crate) mod object;
pub(crate) mod strings;
pub(crate) mod table;

use std::sync::Arc;

use hashbrown::HashTable;

use crate::fault::Fault;
use crate::value::{Tag, Value};
use crate::vm::fiber::Fiber;
use arena::{Arena, Object};
use meter::Meter;
use object::{Array, Cell, Class, Closure, Generator, Instance, METAMETHODS, Member, Metamethod, Payload, WeakRef};
use strings::{StringSet, Strings};
use table::{NONE, Table};

/// The heap of a machine.
#[derive(Debug)]
pub struct Heap {
    pub(crate) strings: Strings,
    pub(crate) tables: Arena<Table>,
    pub(crate) arrays: Arena<Array>,
    pub(crate) closures: Arena<Closure>,
    pub(crate) classes: Arena<Class>,
    pub(crate) instances: Arena<Instance>,
    pub(crate) generators: Arena<Generator>,
    pub(crate) threads: Arena<Fiber>,
    pub(crate) weakrefs: Arena<WeakRef>,
    pub(crate) cells: Arena<Cell>,
    pub(crate) meter: Meter,
    /// The state of the generator behind `rand()`.
    pub(crate) random: u64,
    /// Room for a text being built; empty between two instructions, and no part of a snapshot.
    pub(crate) scratch: Vec<u8>,
    /// Finds the weak reference of a target.
    weak_index: HashTable<u32>,
}

impl Heap {
    pub(crate) fn new(strings: Arc<StringSet>, limit: usize) -> Heap {
        Heap {
            strings: Strings::new(strings),
            tables: Arena::default(),
            arrays: Arena::default(),
            closures: Arena::default(),
            classes: Arena::default(),
            instances: Arena::default(),
            generators: Arena::default(),
            threads: Arena::default(),
            weakrefs: Arena::default(),
            cells: Arena::default(),
            meter: Meter::new(limit),
            random: 1,
            scratch: Vec::new(),
            weak_index: HashTable::new(),
        }
    }

    /// Bytes in use by objects, counted exactly.
    pub fn used_bytes(&self) -> usize {
        self.meter.used()
    }

    /// Bytes that the objects may use.
    pub fn limit_bytes(&self) -> usize {
        self.meter.limit()
    }

    /// Number of objects that are not strings.
    pub(crate) fn objects(&self) -> usize {
        self.tables.live()
            + self.arrays.live()
            + self.closures.live()
            + self.classes.live()
            + self.instances.live()
            + self.generators.live()
            + self.threads.live()
            + self.weakrefs.live()
            + self.cells.live()
    }

    // Strings.

    /// Makes a string.
    ///
    /// # Errors
    /// [`Fault::Room`], here and in all functions below that make or enlarge an object.
    #[inline]
    pub fn string(&mut self, bytes: &[u8]) -> Result<Value, Fault> {
        self.strings.intern(bytes, &mut self.meter)
    }

    /// Makes a string of a vector.
    pub fn string_from(&mut self, bytes: Vec<u8>) -> Result<Value, Fault> {
        self.strings.intern_vec(bytes, &mut self.meter)
    }

    /// The content of a string; empty for any other value.
    #[inline]
    pub fn bytes(&self, value: Value) -> &[u8] {
        if value.is(Tag::String) { self.strings.bytes(value) } else { &[] }
    }

    /// The content, if this is a string.
    #[inline]
    pub fn as_bytes(&self, value: Value) -> Option<&[u8]> {
        if value.is(Tag::String) { Some(self.strings.bytes(value)) } else { None }
    }

    /// The hash that places a key in tables.
    #[inline(always)]
    pub(crate) fn hash(&self, key: Value) -> u32 {
        match key.tag() {
            Tag::String => self.strings.hash(key),
            Tag::Integer | Tag::Bool => key.payload(),
            #[expect(clippy::cast_sign_loss, reason = "the bits are kept")]
            Tag::Float => crate::value::truncate(f32::from_bits(key.payload())) as u32,
            // An object's number, spread over the kinds.
            tag => key.payload().wrapping_mul(2).wrapping_add(tag as u32),
        }
    }

    // Tables.

    /// Makes an empty table with room for so many entries.
    pub fn table(&mut self, capacity: usize) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Table>::SLOT + Table::bytes_for(capacity))?;
        Ok(Value::new(Tag::Table, self.tables.insert(Table::with_capacity(capacity))))
    }

    /// Puts a table into the heap.
    pub(crate) fn add_table(&mut self, table: Table) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Table>::SLOT + table.owned_bytes())?;
        Ok(Value::new(Tag::Table, self.tables.insert(table)))
    }

    /// Returns a table's own slot; weak references are followed. Never searches delegates.
    pub fn table_get(&self, table: Value, key: Value, fuel: &mut i64) -> Option<Value> {
        let value = self.tables[table.index()].get(key, self.hash(key), fuel)?;
        Some(self.strong(value))
    }

    /// Creates or overwrites a table's own slot.
    pub fn table_set(&mut self, table: Value, key: Value, value: Value, fuel: &mut i64) -> Result<(), Fault> {
        let hash = self.hash(key);
        self.tables[table.index()].set(key, hash, value, &mut self.meter, fuel)
    }

    /// Removes a table's own slot and returns its value.
    pub fn table_remove(&mut self, table: Value, key: Value, fuel: &mut i64) -> Option<Value> {
        let hash = self.hash(key);
        let value = self.tables[table.index()].remove(key, hash, &mut self.meter, fuel)?;
        Some(self.strong(value))
    }

    /// Removes all slots of a table.
    pub(crate) fn table_clear(&mut self, table: Value) {
        self.tables[table.index()].clear(&mut self.meter);
    }

    /// The value, or what it refers to, if it is a weak reference; null if that is gone.
    #[inline(always)]
    pub fn strong(&self, value: Value) -> Value {
        if value.is(Tag::WeakRef) { self.weakrefs[value.index()].0 } else { value }
    }

    // Arrays.

    /// Makes an array.
    pub fn array(&mut self, items: Vec<Value>) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Array>::SLOT + items.capacity() * size_of::<Value>())?;
        Ok(Value::new(Tag::Array, self.arrays.insert(Array(items))))
    }

    /// Makes an array of `count` times the same value; charges before it allocates.
    pub fn array_of(&mut self, count: usize, value: Value) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Array>::SLOT + count.saturating_mul(size_of::<Value>()))?;
        Ok(Value::new(Tag::Array, self.arrays.insert(Array(vec![value; count]))))
    }

    /// Makes an empty array with room for `capacity` values.
    pub(crate) fn array_with_capacity(&mut self, capacity: usize) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Array>::SLOT + capacity.saturating_mul(size_of::<Value>()))?;
        Ok(Value::new(Tag::Array, self.arrays.insert(Array(Vec::with_capacity(capacity)))))
    }

    /// The items of an array; weak references among them are not followed.
    #[inline]
    pub fn items(&self, array: Value) -> &[Value] {
        if array.is(Tag::Array) { &self.arrays[array.index()].0 } else { &[] }
    }

    /// The items of an array, to change; use [`Heap::push`] to add some.
    pub fn items_mut(&mut self, array: Value) -> &mut [Value] {
        if array.is(Tag::Array) { &mut self.arrays[array.index()].0 } else { &mut [] }
    }

    /// Makes room for `more` items of an array.
    #[inline]
    pub(crate) fn reserve(&mut self, array: Value, more: usize) -> Result<(), Fault> {
        let items = &mut self.arrays[array.index()].0;
        let (len, capacity) = (items.len(), items.capacity());
        if capacity - len >= more {
            return Ok(());
        }
        let wanted = len.saturating_add(more).max(capacity.saturating_mul(2)).max(4);
        self.meter.charge((wanted - capacity).saturating_mul(size_of::<Value>()))?;
        items.reserve_exact(wanted - len);
        // What the allocator gave may be more than was asked for.
        let extra = items.capacity().saturating_sub(wanted);
        if extra > 0 {
            items.shrink_to(wanted);
        }
        Ok(())
    }

    /// Appends to an array.
    #[inline]
    pub fn push(&mut self, array: Value, value: Value) -> Result<(), Fault> {
        self.reserve(array, 1)?;
        self.arrays[array.index()].0.push(value);
        Ok(())
    }

    /// Sets the length of an array; new items are `fill`.
    pub(crate) fn resize(&mut self, array: Value, len: usize, fill: Value) -> Result<(), Fault> {
        let old = self.arrays[array.index()].0.len();
        if len > old {
            let items = &self.arrays[array.index()].0;
            if items.capacity() < len {
                let capacity = items.capacity();
                self.meter.charge((len - capacity).saturating_mul(size_of::<Value>()))?;
                self.arrays[array.index()].0.reserve_exact(len - old);
            }
            self.arrays[array.index()].0.resize(len, fill);
        } else {
            self.arrays[array.index()].0.truncate(len);
            self.shrink(array);
        }
        Ok(())
    }

    /// Gives back the room of an array of which less than a quarter is used.
    pub(crate) fn shrink(&mut self, array: Value) {
        let items = &mut self.arrays[array.index()].0;
        let capacity = items.capacity();
        if capacity > 16 && items.len() < capacity / 4 {
            items.shrink_to(items.len() * 2);
            let after = items.capacity();
            self.meter.release((capacity - after) * size_of::<Value>());
        }
    }

    // The other kinds.

    pub(crate) fn closure(&mut self, closure: Closure) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Closure>::SLOT + closure.owned_bytes())?;
        Ok(Value::new(Tag::Closure, self.closures.insert(closure)))
    }

    #[inline]
    pub(crate) fn cell(&mut self, value: Value) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Cell>::SLOT)?;
        Ok(Value::new(Tag::Cell, self.cells.insert(Cell(value))))
    }

    pub(crate) fn generator(&mut self, generator: Generator) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Generator>::SLOT + generator.owned_bytes())?;
        Ok(Value::new(Tag::Generator, self.generators.insert(generator)))
    }

    pub(crate) fn thread(&mut self, fiber: Fiber) -> Result<Value, Fault> {
        self.meter.charge(Arena::<Fiber>::SLOT + fiber.owned_bytes())?;
        Ok(Value::new(Tag::Thread, self.threads.insert(fiber)))
    }

    /// Makes a class that inherits from `base`.
    pub(crate) fn class(&mut self, base: Option<Value>) -> Result<Value, Fault> {
        let class = match base {
            None => Class { members: Table::with_capacity(0), base: NONE, constructor: NONE, ..Class::default() },
            Some(base) => {
                let parent = &self.classes[base.index()];
                Class {
                    members: parent.members.duplicate(),
                    fields: parent.fields.clone(),
                    methods: parent.methods.clone(),
                    metamethods: parent.metamethods.clone(),
                    base: base.payload(),
                    constructor: parent.constructor,
                    locked: false,
                    attributes: None,
                    native: parent.native,
                }
            }
        };
        self.meter.charge(Arena::<Class>::SLOT + class.owned_bytes())?;
        Ok(Value::new(Tag::Class, self.classes.insert(class)))
    }

    /// Makes an instance with the defaults of its class, and closes the class to new fields. Runs no constructor.
    ///
    /// # Panics
    /// If it is no class of this heap.
    #[inline]
    pub fn instance(&mut self, class: Value) -> Result<Value, Fault> {
        let data = &mut self.classes[class.index()];
        let count = data.fields.len();
        let owned = if count > 3 { count * size_of::<Value>() } else { 0 };
        self.meter.charge(Arena::<Instance>::SLOT + owned)?;
        let lock = !data.locked;
        let mut fields = smallvec::SmallVec::new();
        fields.reserve_exact(count);
        fields.extend(data.fields.iter().map(|field| field.value));
        let instance = Instance { class: class.payload(), fields, payload: None };
        if lock {
            self.lock(class);
        }
        Ok(Value::new(Tag::Instance, self.instances.insert(instance)))
    }

    /// Closes a class to new fields, and those that it inherits from.
    fn lock(&mut self, class: Value) {
        let mut at = class.payload();
        while let Some(data) = self.classes.get_mut(at as usize) {
            if data.locked {
                break;
            }
            data.locked = true;
            at = data.base;
        }
    }

    /// Gives an instance its native content.
    pub(crate) fn set_payload(&mut self, instance: Value, payload: Payload) -> Result<(), Fault> {
        self.meter.charge(payload.bytes())?;
        let old = self.instances[instance.index()].payload.replace(Box::new(payload));
        if let Some(old) = old {
            self.meter.release(old.bytes());
        }
        Ok(())
    }

    /// The native content of an instance.
    pub(crate) fn payload(&self, instance: Value) -> Option<&Payload> {
        if instance.is(Tag::Instance) { self.instances[instance.index()].payload.as_deref() } else { None }
    }

    /// The native content of an instance, to change; growth is charged by whoever grows it.
    pub(crate) fn payload_mut(&mut self, instance: Value) -> Option<(&mut Payload, &mut Meter)> {
        if !instance.is(Tag::Instance) {
            return None;
        }
        let payload = self.instances[instance.index()].payload.as_deref_mut()?;
        Some((payload, &mut self.meter))
    }

    /// The bytes of a blob, if this is one.
    pub fn blob_bytes(&self, value: Value) -> Option<&[u8]> {
        match self.payload(value)? {
            Payload::Blob(blob) => Some(&blob.bytes),
            _ => None,
        }
    }

    /// Makes a blob, of the class `blob` or one that inherits from it, at position 0.
    pub fn blob(&mut self, class: Value, bytes: Vec<u8>) -> Result<Value, Fault> {
        let payload = Payload::Blob(object::Blob { bytes, position: 0 });
        // Both or neither.
        self.meter.ensure(payload.bytes().saturating_add(size_of::<Instance>()))?;
        let instance = self.instance(class)?;
        self.set_payload(instance, payload)?;
        Ok(instance)
    }

    /// Makes the weak reference of a value; of what is no object, the value itself.
    pub fn weak(&mut self, value: Value) -> Result<Value, Fault> {
        match value.tag() {
            Tag::Integer | Tag::Null | Tag::Bool | Tag::Float | Tag::Native | Tag::Host => return Ok(value),
            _ => {}
        }
        let hash = weak_hash(value);
        if let Some(&index) = self.weak_index.find(hash, |&index| self.weakrefs[index as usize].0 == value) {
            return Ok(Value::new(Tag::WeakRef, index));
        }
        self.meter.charge(Arena::<WeakRef>::SLOT + 8)?;
        let index = self.weakrefs.insert(WeakRef(value));
        let weakrefs = &self.weakrefs;
        self.weak_index.insert_unique(hash, index, |&index| weak_hash(weakrefs[index as usize].0));
        Ok(Value::new(Tag::WeakRef, index))
    }

    // Classes and metamethods.

    /// Finds the metamethod of a table or an instance.
    pub(crate) fn metamethod(&self, object: Value, metamethod: Metamethod, names: &[Value]) -> Option<Value> {
        match object.tag() {
            Tag::Table => {
                let delegate = self.tables[object.index()].delegate;
                if delegate == NONE {
                    return None;
                }
                let name = *names.get(metamethod as usize)?;
                self.tables[delegate as usize]
                    .get(name, self.strings.hash(name), &mut 0)
                    .map(|value| self.strong(value))
            }
            Tag::Instance => {
                let class = self.instances[object.index()].class;
                self.class_metamethod(class as usize, metamethod)
            }
            _ => None,
        }
    }

    pub(crate) fn class_metamethod(&self, class: usize, metamethod: Metamethod) -> Option<Value> {
        let value = self.classes[class].metamethods.as_ref()?[metamethod as usize];
        if value.is_null() { None } else { Some(value) }
    }

    /// Looks a name up in a class: a field's default, a method or a static.
    pub(crate) fn class_get(&self, class: usize, key: Value, hash: u32, fuel: &mut i64) -> Option<Value> {
        let class = &self.classes[class];
        let place = class.members.get(key, hash, fuel)?.raw_integer();
        let member = if place & object::METHOD != 0 {
            class.methods.get((place & !object::METHOD) as usize)
        } else {
            class.fields.get(place as usize)
        };
        member.map(|member| self.strong(member.value))
    }

    /// Looks a name up in an instance: a field, a method or a static.
    pub(crate) fn instance_get(&self, instance: usize, key: Value, hash: u32, fuel: &mut i64) -> Option<Value> {
        let instance = &self.instances[instance];
        let class = &self.classes[instance.class as usize];
        let place = class.members.get(key, hash, fuel)?.raw_integer();
        let value = if place & object::METHOD != 0 {
            class.methods.get((place & !object::METHOD) as usize)?.value
        } else {
            *instance.fields.get(place as usize)?
        };
        Some(self.strong(value))
    }

    /// Sets a field of an instance; says whether there is one of that name.
    pub(crate) fn instance_set(
        &mut self,
        instance: usize,
        key: Value,
        hash: u32,
        value: Value,
        fuel: &mut i64,
    ) -> bool {
        let Heap { instances, classes, .. } = self;
        let instance = &mut instances[instance];
        let Some(place) = classes[instance.class as usize].members.get(key, hash, fuel) else { return false };
        match instance.fields.get_mut(place.raw_integer() as usize) {
            Some(field) if place.raw_integer() & object::METHOD == 0 => {
                *field = value;
                true
            }
            _ => false,
        }
    }

    /// Adds or overwrites a member of a class, as the reference's `NewSlot`. Says whether that was allowed.
    pub(crate) fn class_new_slot(
        &mut self,
        class: Value,
        key: Value,
        value: Value,
        is_static: bool,
        constructor: Value,
        metamethods: &[Value],
        fuel: &mut i64,
    ) -> Result<bool, Fault> {
        let hash = self.hash(key);
        let function = value.is(Tag::Closure) || value.is(Tag::Native);
        let data = &self.classes[class.index()];
        if data.locked && !function && !is_static {
            return Ok(false);
        }
        let place = data.members.get(key, hash, fuel).map(Value::raw_integer);
        if let Some(place) = place
            && place & object::METHOD == 0
        {
            if let Some(field) = self.classes[class.index()].fields.get_mut(place as usize) {
                field.value = value;
            }
            return Ok(true);
        }
        if function || is_static {
            if function && let Some(index) = metamethods.iter().position(|&name| name == key) {
                let data = &mut self.classes[class.index()];
                if data.metamethods.is_none() {
                    self.meter.charge(size_of::<[Value; METAMETHODS.len()]>())?;
                    data.metamethods = Some(Box::new([Value::NULL; METAMETHODS.len()]));
                }
                if let Some(metamethods) = &mut data.metamethods {
                    metamethods[index] = value;
                }
                return Ok(true);
            }
            let mut value = value;
            let base = data.base;
            if base != NONE && value.is(Tag::Closure) {
                let mut copy = self.closures[value.index()].clone();
                copy.base = base;
                value = self.closure(copy)?;
            }
            if let Some(place) = place {
                if let Some(method) = self.classes[class.index()].methods.get_mut((place & !object::METHOD) as usize) {
                    method.value = value;
                }
                return Ok(true);
            }
            let index = self.classes[class.index()].methods.len();
            self.add_member(class, key, hash, index, true, value, fuel)?;
            if key == constructor {
                #[expect(clippy::cast_possible_truncation, reason = "below the flag for methods")]
                let index = index as u32;
                self.classes[class.index()].constructor = index;
            }
            return Ok(true);
        }
        let index = self.classes[class.index()].fields.len();
        self.add_member(class, key, hash, index, false, value, fuel)?;
        Ok(true)
    }

    fn add_member(
        &mut self,
        class: Value,
        key: Value,
        hash: u32,
        index: usize,
        is_method: bool,
        value: Value,
        fuel: &mut i64,
    ) -> Result<(), Fault> {
        let Heap { classes, meter, .. } = self;
        let class = &mut classes[class.index()];
        let list = if is_method { &mut class.methods } else { &mut class.fields };
        if list.len() == list.capacity() {
            let wanted = (list.capacity() * 2).max(4);
            meter.charge((wanted - list.capacity()) * size_of::<Member>())?;
            list.reserve_exact(wanted - list.len());
        }
        let place = i32::try_from(index).ok().filter(|&index| index < object::METHOD).ok_or("too many members")?;
        let place = Value::integer(if is_method { place | object::METHOD } else { place });
        // A field takes the place of a static member of the same name, which nothing refers to from then on.
        class.members.set(key, hash, place, meter, fuel)?;
        let list = if is_method { &mut class.methods } else { &mut class.fields };
        list.push(Member { value, attributes: Value::NULL });
        Ok(())
    }

    // Collection.

    /// Frees everything that cannot be reached from `roots`. Returns the number of objects freed.
    pub(crate) fn collect(&mut self, roots: impl FnOnce(&mut Reacher<'_>)) -> usize {
        let before = self.objects();
        let mut grey = Vec::new();
        roots(&mut Reacher { heap: self, grey: &mut grey });
        while let Some(value) = grey.pop() {
            self.trace(value, &mut grey);
        }
        self.sweep();
        before - self.objects()
    }

    fn trace(&mut self, value: Value, grey: &mut Vec<Value>) {
        // The object leaves its slot while its parts are marked, so that both can be borrowed.
        let index = value.index();
        match value.tag() {
            Tag::Table => {
                let table = std::mem::take(&mut self.tables[index]);
                let mut reach = Reacher { heap: self, grey };
                for (key, value) in table.iter() {
                    reach.value(key);
                    reach.value(value);
                }
                reach.index(Tag::Table, table.delegate);
                self.tables[index] = table;
            }
            Tag::Array => {
                let array = std::mem::take(&mut self.arrays[index]);
                Reacher { heap: self, grey }.values(&array.0);
                self.arrays[index] = array;
            }
            Tag::Closure => {
                let closure = std::mem::take(&mut self.closures[index]);
                let mut reach = Reacher { heap: self, grey };
                for &cell in &closure.outers {
                    reach.index(Tag::Cell, cell);
                }
                reach.values(&closure.defaults);
                reach.value(closure.env);
                reach.index(Tag::Class, closure.base);
                self.closures[index] = closure;
            }
            Tag::Class => {
                let class = std::mem::take(&mut self.classes[index]);
                let mut reach = Reacher { heap: self, grey };
                for (key, _) in class.members.iter() {
                    reach.value(key);
                }
                for member in class.fields.iter().chain(&class.methods) {
                    reach.value(member.value);
                    reach.value(member.attributes);
                }
                if let Some(metamethods) = &class.metamethods {
                    reach.values(&metamethods[..]);
                }
                if let Some(attributes) = class.attributes {
                    reach.value(attributes);
                }
                reach.index(Tag::Class, class.base);
                self.classes[index] = class;
            }
            Tag::Instance => {
                let instance = std::mem::take(&mut self.instances[index]);
                let mut reach = Reacher { heap: self, grey };
                reach.values(&instance.fields);
                reach.index(Tag::Class, instance.class);
                self.instances[index] = instance;
            }
            Tag::Generator => {
                let generator = std::mem::take(&mut self.generators[index]);
                let mut reach = Reacher { heap: self, grey };
                reach.values(&generator.registers);
                reach.index(Tag::Closure, generator.closure);
                self.generators[index] = generator;
            }
            Tag::Thread => {
                let fiber = std::mem::take(&mut self.threads[index]);
                fiber.reach(&mut Reacher { heap: self, grey });
                self.threads[index] = fiber;
            }
            Tag::Cell => {
                let inner = self.cells[index].0;
                Reacher { heap: self, grey }.value(inner);
            }
            _ => {}
        }
    }

    fn sweep(&mut self) {
        // Weak references first: whether a target was reached is forgotten below.
        for index in 0..self.weakrefs.slots() {
            let target = self.weakrefs[index].0;
            if target.is_null() || !self.weakrefs.contains(index) {
                continue;
            }
            let kept = self.weakrefs.is_reached(index);
            if kept && self.is_reached(target) {
                continue;
            }
            if let Ok(entry) = self.weak_index.find_entry(weak_hash(target), |&candidate| candidate as usize == index) {
                entry.remove();
            }
            self.weakrefs[index].0 = Value::NULL;
        }
        let before = self.weakrefs.live();
        let mut freed = self.strings.sweep()
            + self.tables.sweep(|_, _| {})
            + self.arrays.sweep(|_, _| {})
            + self.closures.sweep(|_, _| {})
            + self.classes.sweep(|_, _| {})
            + self.instances.sweep(|_, _| {})
            + self.generators.sweep(|_, _| {})
            + self.threads.sweep(|_, _| {})
            + self.weakrefs.sweep(|_, _| {})
            + self.cells.sweep(|_, _| {});
        freed += (before - self.weakrefs.live()) * 8;
        self.meter.release(freed);
    }

    fn is_reached(&self, value: Value) -> bool {
        let index = value.index();
        match value.tag() {
            Tag::String => self.strings.is_reached(value),
            Tag::Table => self.tables.is_reached(index),
            Tag::Array => self.arrays.is_reached(index),
            Tag::Closure => self.closures.is_reached(index),
            Tag::Class => self.classes.is_reached(index),
            Tag::Instance => self.instances.is_reached(index),
            Tag::Generator => self.generators.is_reached(index),
            Tag::Thread => self.threads.is_reached(index),
            Tag::WeakRef => self.weakrefs.is_reached(index),
            Tag::Cell => self.cells.is_reached(index),
            _ => true,
        }
    }

    /// Rebuilds what finds weak references, after a snapshot was read. `false` where two have one target.
    pub(crate) fn index_weakrefs(&mut self) -> bool {
        self.weak_index.clear();
        for index in 0..self.weakrefs.slots() {
            let target = self.weakrefs[index].0;
            if target.is_null() || !self.weakrefs.contains(index) {
                continue;
            }
            let weakrefs = &self.weakrefs;
            if self.weak_index.find(weak_hash(target), |&other| weakrefs[other as usize].0 == target).is_some() {
                return false;
            }
            #[expect(clippy::cast_possible_truncation, reason = "indexes are made of u32")]
            self.weak_index
                .insert_unique(weak_hash(target), index as u32, |&index| weak_hash(weakrefs[index as usize].0));
        }
        true
    }

    /// Whether a value from outside names an object that exists.
    pub(crate) fn contains(&self, value: Value) -> bool {
        let index = value.index();
        match value.tag() {
            Tag::String => self.strings.contains(index),
            Tag::Table => self.tables.contains(index),
            Tag::Array => self.arrays.contains(index),
            Tag::Closure => self.closures.contains(index),
            Tag::Class => self.classes.contains(index),
            Tag::Instance => self.instances.contains(index),
            Tag::Generator => self.generators.contains(index),
            Tag::Thread => self.threads.contains(index),
            Tag::WeakRef => self.weakrefs.contains(index),
            Tag::Cell => self.cells.contains(index),
            Tag::Integer | Tag::Null | Tag::Bool | Tag::Float | Tag::Native | Tag::Host => true,
        }
    }

    /// Bytes that the arenas hold, with their spare room: what the process really spends, but for objects' own parts.
    pub(crate) fn arena_bytes(&self) -> usize {
        self.strings.own().capacity_bytes()
            + self.tables.capacity_bytes()
            + self.arrays.capacity_bytes()
            + self.closures.capacity_bytes()
            + self.classes.capacity_bytes()
            + self.instances.capacity_bytes()
            + self.generators.capacity_bytes()
            + self.threads.capacity_bytes()
            + self.weakrefs.capacity_bytes()
            + self.cells.capacity_bytes()
    }
}

fn weak_hash(value: Value) -> u64 {
    value.bits().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Marks what can be reached.
pub(crate) struct Reacher<'a> {
    heap: &'a mut Heap,
    grey: &'a mut Vec<Value>,
}

impl Reacher<'_> {
    /// Marks a value.
    pub(crate) fn value(&mut self, value: Value) {
        let index = value.index();
        let heap = &mut *self.heap;
        let fresh = match value.tag() {
            Tag::String => {
                heap.strings.reach(value);
                false
            }
            Tag::Table => heap.tables.reach(index),
            Tag::Array => heap.arrays.reach(index),
            Tag::Closure => heap.closures.reach(index),
            Tag::Class => heap.classes.reach(index),
            Tag::Instance => heap.instances.reach(index),
            Tag::Generator => heap.generators.reach(index),
            Tag::Thread => heap.threads.reach(index),
            Tag::WeakRef => {
                heap.weakrefs.reach(index);
                false
            }
            Tag::Cell => heap.cells.reach(index),
            _ => false,
        };
        if fresh {
            self.grey.push(value);
        }
    }

    /// Marks values.
    pub(crate) fn values(&mut self, values: &[Value]) {
        for &value in values {
            self.value(value);
        }
    }

    /// Marks the object with this index, unless it is [`NONE`].
    pub(crate) fn index(&mut self, tag: Tag, index: u32) {
        if index != NONE {
            self.value(Value::new(tag, index));
        }
    }
}
