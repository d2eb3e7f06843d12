//! Reading and writing slots, with delegates, metamethods, the methods of types, and the root table behind `this`.

use super::fiber::{Root, Then};
use super::{Held, Vm};
use crate::fault::Fault;
use crate::heap::object::Metamethod;
use crate::heap::table::NONE;
use crate::op::{Op, Reg};
use crate::ops;
use crate::value::{Tag, Value};

/// Delegates in a row that a look-up follows.
const CHAIN: usize = 200;

/// Where a slot is.
pub(super) enum Found {
    Value(Value),
    /// A metamethod has to be asked, on this object. The number says how many have been asked once it has answered.
    Ask {
        metamethod: Value,
        this: Value,
        asked: u8,
    },
    No,
}

impl Vm {
    /// The chain of tables from a table through its delegates.
    fn chain(&self, table: Value) -> Vec<Value> {
        let mut chain = vec![table];
        while chain.len() < CHAIN
            && let Some(last) = chain.last()
            && self.heap.tables[last.index()].delegate != NONE
        {
            chain.push(Value::new(Tag::Table, self.heap.tables[last.index()].delegate));
        }
        chain
    }

    /// Looks a slot up. `asked` metamethods have said that they do not have it.
    pub(super) fn find(&mut self, object: Value, key: Value, with_root: bool, asked: u8) -> Found {
        let hash = self.heap.hash(key);
        let mut candidates: Vec<(Value, Value)> = Vec::new();
        match object.tag() {
            Tag::Table => {
                let chain = self.chain(object);
                self.fuel -= i64::try_from(chain.len()).unwrap_or(0);
                if asked == 0 {
                    for table in &chain {
                        if let Some(value) = self.heap.tables[table.index()].get(key, hash, &mut self.fuel) {
                            return Found::Value(self.weakly(value));
                        }
                    }
                }
                let names = self.image.0.metamethods;
                let methods = chain.len() > 1;
                for &table in chain.iter().rev() {
                    if let Some(metamethod) = self.heap.metamethod(table, Metamethod::Get, &names) {
                        candidates.push((metamethod, table));
                    }
                }
                // The methods of tables come before the metamethods: the last delegate has them.
                if methods
                    && asked == 0
                    && let Some(value) = self.delegate_method(Tag::Table, key, hash)
                {
                    return Found::Value(value);
                }
            }
            Tag::Array => {
                if let Some(index) = key.to_integer() {
                    let item =
                        usize::try_from(index).ok().and_then(|index| self.heap.items(object).get(index).copied());
                    return match item {
                        Some(value) => Found::Value(self.weakly(value)),
                        None => Found::No,
                    };
                }
            }
            Tag::String => {
                if let Some(index) = key.to_integer() {
                    let byte =
                        usize::try_from(index).ok().and_then(|index| self.heap.bytes(object).get(index).copied());
                    return byte.map_or(Found::No, |byte| Found::Value(self.image.0.byte(byte)));
                }
            }
            Tag::Instance => {
                if asked == 0
                    && let Some(value) = self.instance_slot(object, key, hash)
                {
                    return Found::Value(self.weakly(value));
                }
                if let Some(metamethod) = self.heap.metamethod(object, Metamethod::Get, &[]) {
                    candidates.push((metamethod, object));
                }
            }
            Tag::Class => {
                if let Some(value) = self.class_slot(object, key, hash) {
                    return Found::Value(self.weakly(value));
                }
            }
            Tag::Host => {
                let members = self.image.0.objects.get(object.index());
                if let Some(value) = members.and_then(|members| members.get(key, hash, &mut self.fuel)) {
                    let own = |place: Value| self.held(Held::at(place.payload()));
                    return Found::Value(if value.is(Tag::Cell) { own(value) } else { value });
                }
            }
            _ => {}
        }
        if let Some(&(metamethod, this)) = candidates.get(usize::from(asked)) {
            return Found::Ask { metamethod, this, asked: asked + 1 };
        }
        if let Some(value) = self.delegate_method(object.tag(), key, hash) {
            return Found::Value(value);
        }
        if with_root && let Some(value) = self.heap.tables[self.root.index()].get(key, hash, &mut self.fuel) {
            return Found::Value(self.weakly(value));
        }
        Found::No
    }

    /// A member of an instance, with weak references as they are.
    fn instance_slot(&mut self, object: Value, key: Value, hash: u32) -> Option<Value> {
        let instance = &self.heap.instances[object.index()];
        let class = &self.heap.classes[instance.class as usize];
        let place = class.members.get(key, hash, &mut self.fuel)?.raw_integer();
        if place & crate::heap::object::METHOD == 0 {
            instance.fields.get(place as usize).copied()
        } else {
            class.methods.get((place & !crate::heap::object::METHOD) as usize).map(|method| method.value)
        }
    }

    fn class_slot(&mut self, object: Value, key: Value, hash: u32) -> Option<Value> {
        let class = &self.heap.classes[object.index()];
        let place = class.members.get(key, hash, &mut self.fuel)?.raw_integer();
        let list = if place & crate::heap::object::METHOD == 0 { &class.fields } else { &class.methods };
        list.get((place & !crate::heap::object::METHOD) as usize).map(|member| member.value)
    }

    fn delegate_method(&mut self, tag: Tag, key: Value, hash: u32) -> Option<Value> {
        self.image.0.delegates[tag as usize].get(key, hash, &mut self.fuel)
    }

    /// The target of a weak reference that is read. Whether it still lives is decided now: what nothing else refers to dies
    /// with its last reference in the reference's counting, so garbage is collected first.
    pub(super) fn weakly(&mut self, value: Value) -> Value {
        if !value.is(Tag::WeakRef) {
            return value;
        }
        let target = self.heap.strong(value);
        if target.is_null() {
            return target;
        }
        // The reference itself may be reached through nothing but the slot that is read, which is reached.
        let held = self.hold(value);
        self.collect(false);
        self.heap.meter.raise(0);
        self.release(held);
        self.heap.strong(value)
    }

    /// `dst = object.key`, or the callee of a method with its `this`.
    pub(super) fn get(&mut self, object: Value, key: Value, dst: Reg, with_root: bool, asked: u8) -> Result<(), Fault> {
        match self.find(object, key, with_root, asked) {
            Found::Value(value) => {
                self.set_register(dst, value);
                Ok(())
            }
            Found::Ask { metamethod, this, asked } => {
                self.invoke(metamethod, &[this, key], Then::Get(dst, asked), Root::Silent)
            }
            Found::No => Err(ops::no_index(&self.heap, &self.image.0, key)),
        }
    }

    /// Puts the method of an object into `dst` and the object behind it. Nothing is written before all else is done, so that
    /// the instruction can be run again.
    pub(super) fn get_method(&mut self, object: Value, key: Value, dst: Reg, with_root: bool) -> Result<(), Fault> {
        let place = self.base() + usize::from(dst);
        let value = match self.find(object, key, with_root, 0) {
            Found::Value(value) => value,
            Found::Ask { metamethod, this, asked } => {
                self.invoke(metamethod, &[this, key], Then::Get(dst, asked), Root::Silent)?;
                // Where `get_again` finds it.
                key
            }
            Found::No => return Err(ops::no_index(&self.heap, &self.image.0, key)),
        };
        self.fiber.stack[place] = value;
        self.fiber.stack[place + 1] = object;
        Ok(())
    }

    /// A `_get` threw null: looks further.
    pub(super) fn get_again(&mut self, dst: Reg, asked: u8) -> Result<(), Fault> {
        let Some(op) = self.current_op() else { return Err(Fault::Corrupt) };
        let (object, key, with_root) = self.operands_of_get(op)?;
        self.get(object, key, dst, with_root, asked)
    }

    /// A `_set` threw null: looks further.
    pub(super) fn set_again(&mut self, asked: u8) -> Result<(), Fault> {
        let Some(op) = self.current_op() else { return Err(Fault::Corrupt) };
        let proto = self.proto()?;
        let (object, key, value, with_root) = match op {
            Op::SetName { src, k } => {
                (self.register(0), proto.constants[usize::from(k)].value, self.register(src), true)
            }
            Op::SetField { object, src, k } => {
                (self.register(object), proto.constants[usize::from(k)].value, self.register(src), object == 0)
            }
            Op::SetIndex { object, key, src } => {
                (self.register(object), self.register(key), self.register(src), object == 0)
            }
            _ => return Err(Fault::Corrupt),
        };
        self.set(object, key, value, with_root, asked)
    }

    fn operands_of_get(&self, op: Op) -> Result<(Value, Value, bool), Fault> {
        let proto = self.proto()?;
        let constant =
            |k: u16| proto.constants.get(usize::from(k)).map(|constant| constant.value).ok_or(Fault::Corrupt);
        Ok(match op {
            Op::GetName { k, .. } | Op::Callee { k, .. } => (self.register(0), constant(k)?, true),
            Op::GetField { object, k, .. } => (self.register(object), constant(k)?, object == 0),
            // The object has been put behind the callee already, where it is `this`.
            Op::Method { dst, object, k } => (self.register(dst.wrapping_add(1)), constant(k)?, object == 0),
            Op::GetIndex { object, key, .. } => (self.register(object), self.register(key), object == 0),
            Op::MethodIndex { dst, object, .. } => {
                (self.register(dst.wrapping_add(1)), self.register(dst), object == 0)
            }
            Op::Foreach { container, key, .. } => (self.register(container), self.register(key), false),
            _ => return Err(Fault::Corrupt),
        })
    }

    /// Sets a slot that exists.
    pub(super) fn set(
        &mut self,
        object: Value,
        key: Value,
        value: Value,
        with_root: bool,
        asked: u8,
    ) -> Result<(), Fault> {
        let hash = self.heap.hash(key);
        let mut candidates: Vec<(Value, Value)> = Vec::new();
        match object.tag() {
            Tag::Table => {
                let chain = self.chain(object);
                self.fuel -= i64::try_from(chain.len()).unwrap_or(0);
                if asked == 0 {
                    for table in &chain {
                        if self.set_own(*table, key, hash, value) {
                            return Ok(());
                        }
                    }
                }
                let names = self.image.0.metamethods;
                for &table in chain.iter().rev() {
                    if let Some(metamethod) = self.heap.metamethod(table, Metamethod::Set, &names) {
                        candidates.push((metamethod, table));
                    }
                }
            }
            Tag::Instance => {
                if asked == 0 && self.heap.instance_set(object.index(), key, hash, value, &mut self.fuel) {
                    return Ok(());
                }
                if let Some(metamethod) = self.heap.metamethod(object, Metamethod::Set, &[]) {
                    candidates.push((metamethod, object));
                }
            }
            Tag::Array => {
                let Some(index) = key.to_integer() else {
                    return Err(Fault::error(format!("indexing array with {}", key.tag().name())));
                };
                let item = usize::try_from(index).ok().and_then(|index| self.heap.items_mut(object).get_mut(index));
                return match item {
                    Some(item) => {
                        *item = value;
                        Ok(())
                    }
                    None => Err(ops::no_index(&self.heap, &self.image.0, key)),
                };
            }
            tag => return Err(Fault::error(format!("trying to set '{}'", tag.name()))),
        }
        if let Some(&(metamethod, this)) = candidates.get(usize::from(asked)) {
            return self.invoke(metamethod, &[this, key, value], Then::Set(asked + 1), Root::Silent);
        }
        if with_root && self.set_own(self.root, key, hash, value) {
            return Ok(());
        }
        Err(ops::no_index(&self.heap, &self.image.0, key))
    }

    fn set_own(&mut self, table: Value, key: Value, hash: u32, value: Value) -> bool {
        let at = self.heap.tables[table.index()].find(key, hash, &mut self.fuel);
        match at.and_then(|at| self.heap.tables[table.index()].node_mut(at)) {
            Some(node) => {
                node.value = value;
                true
            }
            None => false,
        }
    }

    /// A slot for which no metamethod is asked: of `in` and the like.
    pub(super) fn has_own(&mut self, object: Value, key: Value) -> bool {
        let hash = self.heap.hash(key);
        match object.tag() {
            Tag::Table => self.heap.tables[object.index()].find(key, hash, &mut self.fuel).is_some(),
            Tag::Instance => self.heap.instance_get(object.index(), key, hash, &mut self.fuel).is_some(),
            Tag::Class => self.heap.class_get(object.index(), key, hash, &mut self.fuel).is_some(),
            Tag::Array => key
                .to_integer()
                .and_then(|index| usize::try_from(index).ok())
                .is_some_and(|index| index < self.heap.items(object).len()),
            Tag::String => key
                .to_integer()
                .and_then(|index| usize::try_from(index).ok())
                .is_some_and(|index| index < self.heap.bytes(object).len()),
            Tag::Host => self
                .image
                .0
                .objects
                .get(object.index())
                .is_some_and(|members| members.get(key, hash, &mut self.fuel).is_some()),
            _ => false,
        }
    }
}
