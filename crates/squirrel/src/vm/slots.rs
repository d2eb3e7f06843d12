//! Making and deleting slots, classes and their members, clones, and `foreach`.

use super::Vm;
use super::fiber::{Root, Then};
use crate::fault::Fault;
use crate::heap::arena::{Arena, Object};
use crate::heap::object::{Class, GeneratorState, METHOD, Metamethod, Payload};
use crate::heap::table::NONE;
use crate::op::{NO_REG, Op, Reg};
use crate::ops;
use crate::value::{Tag, Value};

impl Vm {
    /// `object.key <- value`
    pub(super) fn new_slot(&mut self, object: Value, key: Value, value: Value, is_static: bool) -> Result<(), Fault> {
        if key.is_null() {
            return Err("null cannot be used as index".into());
        }
        match object.tag() {
            Tag::Table => {
                let hash = self.heap.hash(key);
                if self.heap.tables[object.index()].delegate != NONE
                    && self.heap.tables[object.index()].find(key, hash, &mut self.fuel).is_none()
                    && let Some(metamethod) =
                        self.heap.metamethod(object, Metamethod::Newslot, &self.image.0.metamethods)
                {
                    return self.invoke(metamethod, &[object, key, value], Then::Drop, Root::Silent);
                }
                self.heap.table_set(object, key, value, &mut self.fuel)
            }
            Tag::Instance => match self.heap.metamethod(object, Metamethod::Newslot, &[]) {
                Some(metamethod) => self.invoke(metamethod, &[object, key, value], Then::Drop, Root::Silent),
                None => Err("class instances do not support the new slot operator".into()),
            },
            Tag::Class => self.class_slot_new(object, key, value, is_static),
            tag => Err(Fault::error(format!("indexing {} with {}", tag.name(), key.tag().name()))),
        }
    }

    fn class_slot_new(&mut self, class: Value, key: Value, value: Value, is_static: bool) -> Result<(), Fault> {
        let Vm { heap, image, fuel, .. } = self;
        let names = &image.0.metamethods;
        if heap.class_new_slot(class, key, value, is_static, image.0.constructor, names, fuel)? {
            return Ok(());
        }
        if heap.classes[class.index()].locked {
            return Err("trying to modify a class that has already been instantiated".into());
        }
        let mut text = b"the property '".to_vec();
        ops::write_offender(heap, &image.0, key, &mut text);
        text.extend_from_slice(b"' already exists");
        Err(Fault::bytes(text))
    }

    /// `delete object.key`
    pub(super) fn delete(&mut self, dst: Reg, object: Value, key: Value) -> Result<(), Fault> {
        match object.tag() {
            Tag::Table | Tag::Instance => {
                if let Some(metamethod) = self.heap.metamethod(object, Metamethod::Delslot, &self.image.0.metamethods) {
                    return self.invoke(metamethod, &[object, key], Then::Store(dst), Root::Silent);
                }
                if object.is(Tag::Instance) {
                    return Err("cannot delete a slot from instance".into());
                }
                match self.heap.table_remove(object, key, &mut self.fuel) {
                    Some(value) => {
                        self.set_register(dst, value);
                        Ok(())
                    }
                    None => Err(ops::no_index(&self.heap, &self.image.0, key)),
                }
            }
            tag => Err(Fault::error(format!("attempt to delete a slot from a {}", tag.name()))),
        }
    }

    /// `class extends base </ attributes />`
    pub(super) fn make_class(&mut self, dst: Reg, base: Reg, attributes: Reg) -> Result<(), Fault> {
        let base = if base == NO_REG { None } else { Some(self.register(base)) };
        if let Some(base) = base
            && !base.is(Tag::Class)
        {
            return Err(Fault::error(format!("trying to inherit from a {}", base.tag().name())));
        }
        let attributes = if attributes == NO_REG { Value::NULL } else { self.register(attributes) };
        let size = base.map_or(0, |base| self.heap.classes[base.index()].owned_bytes());
        self.ensure(size + Arena::<Class>::SLOT)?;
        self.fuel -= i64::try_from(size / 64).unwrap_or(0);
        let class = self.heap.class(base)?;
        if !attributes.is_null() {
            self.heap.classes[class.index()].attributes = Some(attributes);
        }
        let place = self.base() + usize::from(dst);
        if let Some(metamethod) = self.heap.class_metamethod(class.index(), Metamethod::Inherited) {
            self.invoke(metamethod, &[class, attributes], Then::Drop, Root::Silent)?;
        }
        self.fiber.stack[place] = class;
        Ok(())
    }

    /// A member of a class literal, or `newmember`.
    pub(super) fn add_member(
        &mut self,
        class: Value,
        key: Value,
        value: Value,
        attributes: Value,
        is_static: bool,
        raw: bool,
    ) -> Result<(), Fault> {
        if !class.is(Tag::Class) {
            return Err("object must be a class".into());
        }
        if !raw && let Some(metamethod) = self.heap.class_metamethod(class.index(), Metamethod::Newmember) {
            let arguments = [class, key, value, attributes, Value::bool(is_static)];
            return self.invoke(metamethod, &arguments, Then::Drop, Root::Silent);
        }
        self.new_slot(class, key, value, is_static)?;
        if !attributes.is_null() {
            self.set_member_attributes(class, key, attributes);
        }
        Ok(())
    }

    /// Sets the attributes of a member, and returns those that it had; `None` if there is no such member.
    pub(super) fn set_member_attributes(&mut self, class: Value, key: Value, attributes: Value) -> Option<Value> {
        let hash = self.heap.hash(key);
        let data = &mut self.heap.classes[class.index()];
        let place = data.members.get(key, hash, &mut self.fuel)?.raw_integer();
        let list = if place & METHOD == 0 { &mut data.fields } else { &mut data.methods };
        let member = list.get_mut((place & !METHOD) as usize)?;
        Some(std::mem::replace(&mut member.attributes, attributes))
    }

    /// `clone value`
    pub(super) fn clone_value(&mut self, dst: Reg, value: Value) -> Result<(), Fault> {
        let copy = match value.tag() {
            Tag::Table => {
                self.ensure(self.heap.tables[value.index()].owned_bytes())?;
                let table = self.heap.tables[value.index()].duplicate();
                self.fuel -= i64::try_from(table.size() / 4).unwrap_or(0);
                self.heap.add_table(table)?
            }
            Tag::Array => {
                let length = self.heap.items(value).len();
                self.fuel -= i64::try_from(length / 8).unwrap_or(0);
                let copy = self.heap.array_of(length, Value::NULL)?;
                let items = std::mem::take(&mut self.heap.arrays[value.index()].0);
                self.heap.items_mut(copy).copy_from_slice(&items);
                self.heap.arrays[value.index()].0 = items;
                self.set_register(dst, copy);
                return Ok(());
            }
            Tag::Instance => {
                let instance = &self.heap.instances[value.index()];
                let bytes = instance.owned_bytes();
                self.ensure(bytes + 256)?;
                let instance = &self.heap.instances[value.index()];
                let fields = instance.fields.clone();
                let mut payload = instance.payload.clone();
                if let Some(Payload::Blob(blob)) = payload.as_deref_mut() {
                    blob.position = 0;
                }
                let class = Value::new(Tag::Class, instance.class);
                let copy = self.heap.instance(class)?;
                self.heap.instances[copy.index()].fields = fields;
                if let Some(payload) = payload {
                    self.heap.set_payload(copy, *payload)?;
                }
                copy
            }
            tag => return Err(Fault::error(format!("cloning a {}", tag.name()))),
        };
        let place = self.base() + usize::from(dst);
        if let Some(metamethod) = self.heap.metamethod(value, Metamethod::Cloned, &self.image.0.metamethods) {
            self.invoke(metamethod, &[copy, value], Then::Drop, Root::Silent)?;
        }
        self.fiber.stack[place] = copy;
        Ok(())
    }

    // foreach

    /// The next of a container that is no array, or an array with weak references.
    pub(super) fn foreach(&mut self, container: Reg, iterator: Reg, key: Reg, by: i32) -> Result<(), Fault> {
        let object = self.register(container);
        let at = self.register(iterator);
        let index = if at.is_null() { 0 } else { usize::try_from(at.raw_integer()).unwrap_or(usize::MAX) };
        #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a heap is below 4 GiB")]
        let integer = |index: usize| Value::integer(index as i32);
        let next = match object.tag() {
            Tag::Array => self
                .heap
                .items(object)
                .get(index)
                .copied()
                .map(|value| (integer(index + 1), integer(index), self.weakly(value))),
            Tag::Table => match self.heap.tables[object.index()].next(index) {
                Some((after, key, value)) => {
                    self.fuel -= i64::try_from((after - index) / 16).unwrap_or(0);
                    Some((integer(after), key, self.weakly(value)))
                }
                None => {
                    self.fuel -=
                        i64::try_from(self.heap.tables[object.index()].size().saturating_sub(index) / 16).unwrap_or(0);
                    None
                }
            },
            Tag::String => match self.heap.bytes(object).get(index) {
                Some(&byte) => Some((integer(index + 1), integer(index), self.image.0.byte(byte))),
                None => None,
            },
            Tag::Class => match self.heap.classes[object.index()].members.next(index) {
                Some((after, key, place)) => {
                    let data = &self.heap.classes[object.index()];
                    let place = place.raw_integer();
                    let list = if place & METHOD == 0 { &data.fields } else { &data.methods };
                    let value = list.get((place & !METHOD) as usize).map_or(Value::NULL, |member| member.value);
                    Some((integer(after), key, self.weakly(value)))
                }
                None => None,
            },
            Tag::Generator => {
                match self.heap.generators[object.index()].state {
                    GeneratorState::Dead => None,
                    GeneratorState::Running => return Err("cannot iterate generator".into()),
                    GeneratorState::Suspended => {
                        // The key counts on before the generator runs.
                        let place = self.base();
                        let next = integer(if at.is_null() { 0 } else { index + 1 });
                        self.resume(object, Then::Generated)?;
                        self.fiber.stack[place + usize::from(iterator)] = next;
                        self.fiber.stack[place + usize::from(key)] = next;
                        return Ok(());
                    }
                }
            }
            Tag::Instance => {
                let Some(metamethod) = self.heap.metamethod(object, Metamethod::Nexti, &[]) else {
                    return Err("_nexti failed".into());
                };
                return self.invoke(metamethod, &[object, at], Then::Nexti, Root::Silent);
            }
            tag => return Err(Fault::error(format!("cannot iterate {}", tag.name()))),
        };
        match next {
            Some((at, name, value)) => {
                self.set_register(key, name);
                self.set_register(key.wrapping_add(1), value);
                self.set_register(iterator, at);
            }
            None => self.jump(by),
        }
        Ok(())
    }

    /// `_nexti` has answered with the next key.
    pub(super) fn foreach_next_key(&mut self, next: Value) -> Result<(), Fault> {
        let Some(Op::Foreach { container, iterator, key, by }) = self.current_op() else { return Err(Fault::Corrupt) };
        if next.is_null() {
            self.jump(by);
            return Ok(());
        }
        self.set_register(iterator, next);
        self.set_register(key, next);
        match self.get(self.register(container), next, key.wrapping_add(1), false, 0) {
            Err(Fault::Room(bytes)) => Err(Fault::Room(bytes)),
            Err(_) => Err("_nexti returned an invalid idx".into()),
            Ok(()) => Ok(()),
        }
    }

    /// The generator has yielded, or returned.
    pub(super) fn foreach_generated(&mut self, value: Value) {
        let Some(Op::Foreach { container, key, by, .. }) = self.current_op() else { return };
        let generator = self.register(container);
        if !generator.is(Tag::Generator) || self.heap.generators[generator.index()].state == GeneratorState::Dead {
            self.jump(by);
            return;
        }
        self.set_register(key.wrapping_add(1), value);
    }
}
