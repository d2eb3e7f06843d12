//! Writing a machine.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{ARENAS, HEADER, MAGIC, SnapshotError, VERSION, checksum};
use crate::heap::Heap;
use crate::heap::arena::Arena;
use crate::heap::object::{Class, Closure, Code, Generator, GeneratorState, Instance, Member, NativeKind, Payload};
use crate::heap::table::{NONE, Table};
use crate::image::{Dialect, ImageData};
use crate::syntax::{Constant, Scalar};
use crate::value::{Tag, Value};
use crate::vm::fiber::{Fiber, Relation, Root, Status, Then};
use crate::vm::{Failure, LocalText, State, Vm};

impl Vm {
    /// Writes the machine to bytes, from which [`Vm::restore`] makes it again, here or in another process. It may be
    /// anywhere between two slices: at rest, running, or waiting for the host. The machine goes on as if nothing had
    /// happened.
    ///
    /// Values that the host has and does not [hold](Vm::hold) mean nothing to the machine restored; [`Held`](crate::Held)s do.
    ///
    /// # Errors
    /// [`SnapshotError::Ended`] if the machine ran out of memory, or was corrupt.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
        if self.state == State::Ended {
            return Err(SnapshotError::Ended);
        }
        self.clean(true);
        let vm = &*self;
        let mut writer = Writer {
            out: Vec::with_capacity(vm.heap.used_bytes() / 4 + 1024),
            first_own: vm.heap.strings.first_own(),
            strings: Numbers::default(),
            natives: Numbers::default(),
            objects: Numbers::default(),
            kinds: Numbers::default(),
        };
        writer.heap(vm);
        writer.machine(vm);
        Ok(writer.finish(vm))
    }
}

/// Numbers given to what is referred to, in the order of the first reference.
#[derive(Default)]
struct Numbers {
    /// Of each index its number and one; 0 has none yet.
    given: Vec<u32>,
    list: Vec<u32>,
}

impl Numbers {
    fn of(&mut self, index: u32) -> u32 {
        let place = index as usize;
        if place >= self.given.len() {
            self.given.resize(place + place / 2 + 64, 0);
        }
        let given = &mut self.given[place];
        if *given == 0 {
            self.list.push(index);
            #[expect(clippy::cast_possible_truncation, reason = "there are no more than indexes")]
            {
                *given = self.list.len() as u32;
            }
        }
        *given - 1
    }
}

struct Writer {
    out: Vec<u8>,
    /// The number of shared strings.
    first_own: usize,
    strings: Numbers,
    natives: Numbers,
    objects: Numbers,
    kinds: Numbers,
}

impl Writer {
    // Numbers and values.

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    fn flag(&mut self, flag: bool) {
        self.out.push(u8::from(flag));
    }

    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn index(&mut self, index: u32) {
        self.number(u64::from(index));
    }

    /// An index or [`NONE`].
    fn index_or_none(&mut self, index: u32) {
        self.number(if index == NONE { 0 } else { u64::from(index) + 1 });
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "tags are below 16, contents here below 12")]
    fn tagged(&mut self, tag: Tag, content: u32) {
        let tag = tag as u32 as u8;
        if content < 12 {
            self.out.push(tag | (content as u8) << 4);
            return;
        }
        let length = 4 - content.leading_zeros() as usize / 8;
        let [a, b, c, d] = content.to_le_bytes();
        self.out.extend_from_slice(&[tag | (11 + length as u8) << 4, a, b, c, d]);
        self.out.truncate(self.out.len() - (4 - length));
    }

    #[inline]
    fn value(&mut self, value: Value) {
        let (tag, content) = self.parts(value);
        self.tagged(tag, content);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "indexes are made of u32")]
    fn parts(&mut self, value: Value) -> (Tag, u32) {
        let tag = value.tag();
        let content = match tag {
            Tag::Integer => {
                let integer = value.raw_integer();
                (integer << 1 ^ integer >> 31).cast_unsigned()
            }
            Tag::String => match value.index().checked_sub(self.first_own) {
                Some(own) => (own as u32) << 1 | 1,
                None => self.strings.of(value.payload()) << 1,
            },
            Tag::Native => self.natives.of(value.payload()),
            Tag::Host => self.objects.of(value.payload()),
            Tag::Null => 0,
            _ => value.payload(),
        };
        (tag, content)
    }

    /// The same as [`Writer::value`] of each, faster.
    #[expect(clippy::cast_possible_truncation, reason = "tags are below 16, contents there below 12")]
    fn values(&mut self, values: &[Value]) {
        const MOST: usize = 5;
        let mut at = self.out.len();
        self.out.resize(at + values.len() * MOST, 0);
        for &value in values {
            let (tag, content) = self.parts(value);
            let (first, length) = if content < 12 {
                (content as u8, 0)
            } else {
                let length = 4 - content.leading_zeros() / 8;
                (11 + length as u8, length as usize)
            };
            let [a, b, c, d] = content.to_le_bytes();
            if let Some(place) = self.out[at..].first_chunk_mut::<MOST>() {
                *place = [tag as u32 as u8 | first << 4, a, b, c, d];
            }
            at += 1 + length;
        }
        self.out.truncate(at);
    }

    /// The length of a vector, and its capacity if that is another.
    fn length(&mut self, length: usize, capacity: usize) {
        self.count(length << 1 | usize::from(capacity != length));
        if capacity != length {
            self.count(capacity);
        }
    }

    // The heap.

    fn heap(&mut self, vm: &Vm) {
        let heap = &vm.heap;
        for tag in ARENAS {
            self.slots(match tag {
                Tag::String => heap.strings.own().used(),
                Tag::Cell => heap.cells.used(),
                Tag::WeakRef => heap.weakrefs.used(),
                Tag::Array => heap.arrays.used(),
                Tag::Table => heap.tables.used(),
                Tag::Closure => heap.closures.used(),
                Tag::Class => heap.classes.used(),
                Tag::Instance => heap.instances.used(),
                Tag::Generator => heap.generators.used(),
                _ => heap.threads.used(),
            });
        }
        for tag in ARENAS {
            match tag {
                Tag::String => {
                    for (_, text) in heap.strings.own().iter() {
                        let content = text.content();
                        let capacity = if text.capacity() > 16 { text.capacity() } else { content.len() };
                        self.length(content.len(), capacity);
                        self.out.extend_from_slice(content);
                    }
                }
                Tag::Cell => each(&heap.cells, |cell| self.value(cell.0)),
                Tag::WeakRef => each(&heap.weakrefs, |weakref| self.value(weakref.0)),
                Tag::Array => each(&heap.arrays, |array| {
                    self.length(array.0.len(), array.0.capacity());
                    self.values(&array.0);
                }),
                Tag::Table => each(&heap.tables, |table| self.table(table)),
                Tag::Closure => each(&heap.closures, |closure| self.closure(closure)),
                Tag::Class => each(&heap.classes, |class| self.class(class)),
                Tag::Instance => each(&heap.instances, |instance| self.instance(instance)),
                Tag::Generator => each(&heap.generators, |generator| self.generator(generator)),
                _ => each(&heap.threads, |fiber| self.fiber(fiber)),
            }
        }
    }

    /// Which slots are in use: up to the last one, since the free ones behind it are as good as none.
    fn slots(&mut self, used: &[u64]) {
        let words = used.iter().rposition(|&word| word != 0).map_or(0, |last| last + 1);
        let used = &used[..words];
        let slots = used.last().map_or(0, |last| words * 64 - last.leading_zeros() as usize);
        let full = used.iter().map(|word| word.count_ones() as usize).sum::<usize>() == slots;
        self.count(slots << 1 | usize::from(full));
        if !full {
            let bytes = slots.div_ceil(8);
            let start = self.out.len();
            self.out.extend(used.iter().flat_map(|word| word.to_le_bytes()));
            self.out.truncate(start + bytes);
        }
    }

    fn table(&mut self, table: &Table) {
        let (nodes, _, free) = table.parts();
        self.byte(u8::try_from(nodes.len().trailing_zeros()).unwrap_or(u8::MAX));
        self.index(free);
        self.index_or_none(table.delegate);
        // Empty nodes are counted together, under a type that no key has.
        let mut empty = 0;
        for node in nodes {
            if node.key.is_null() && node.next == NONE {
                empty += 1;
                continue;
            }
            if empty > 0 {
                self.tagged(Tag::Cell, empty);
                empty = 0;
            }
            self.value(node.key);
            if !node.key.is_null() {
                self.value(node.value);
            }
            self.index_or_none(node.next);
        }
        if empty > 0 {
            self.tagged(Tag::Cell, empty);
        }
    }

    fn code(&mut self, code: Code) {
        match code {
            Code::Script(function) => self.number(u64::from(function) << 1),
            Code::Native(native) => {
                let number = self.natives.of(native);
                self.number(u64::from(number) << 1 | 1);
            }
        }
    }

    fn closure(&mut self, closure: &Closure) {
        let Closure { code, outers, defaults, env, base } = closure;
        self.code(*code);
        self.length(outers.len(), if outers.spilled() { outers.capacity() } else { outers.len() });
        for &outer in outers {
            self.index(outer);
        }
        self.count(defaults.len());
        self.values(defaults);
        self.value(*env);
        self.index_or_none(*base);
    }

    fn class(&mut self, class: &Class) {
        let Class { members, fields, methods, metamethods, base, constructor, locked, attributes, native } = class;
        self.table(members);
        self.members(fields);
        self.members(methods);
        self.flag(metamethods.is_some());
        if let Some(metamethods) = metamethods {
            self.values(&metamethods[..]);
        }
        self.index_or_none(*base);
        self.index_or_none(*constructor);
        self.flag(*locked);
        self.flag(attributes.is_some());
        if let Some(attributes) = attributes {
            self.value(*attributes);
        }
        match native {
            NativeKind::None => self.byte(0),
            NativeKind::Blob => self.byte(1),
            NativeKind::Regexp => self.byte(2),
            NativeKind::Host(kind) => {
                self.byte(3);
                self.kind(*kind);
            }
        }
    }

    fn members(&mut self, members: &Vec<Member>) {
        self.length(members.len(), members.capacity());
        for &Member { value, attributes } in members {
            self.value(value);
            self.value(attributes);
        }
    }

    fn kind(&mut self, kind: u16) {
        let number = self.kinds.of(u32::from(kind));
        self.index(number);
    }

    fn instance(&mut self, instance: &Instance) {
        let Instance { class, fields, payload } = instance;
        self.index(*class);
        self.length(fields.len(), if fields.spilled() { fields.capacity() } else { fields.len() });
        self.values(fields);
        match payload.as_deref() {
            None => self.byte(0),
            Some(Payload::Blob(blob)) => {
                self.byte(1);
                self.length(blob.bytes.len(), blob.bytes.capacity());
                self.out.extend_from_slice(&blob.bytes);
                self.count(blob.position);
            }
            Some(Payload::Regexp(_, source)) => {
                self.byte(2);
                self.bytes(source);
            }
            Some(Payload::Host(kind, bytes)) => {
                self.byte(3);
                self.kind(*kind);
                self.bytes(bytes);
            }
        }
    }

    fn generator(&mut self, generator: &Generator) {
        let Generator { closure, pc, state, registers } = generator;
        self.index(*closure);
        self.index(*pc);
        self.byte(match state {
            GeneratorState::Suspended => 0,
            GeneratorState::Running => 1,
            GeneratorState::Dead => 2,
        });
        self.count(registers.len());
        self.values(registers);
    }

    // Fibers.

    fn fiber(&mut self, fiber: &Fiber) {
        let Fiber { stack, frames, status, handler, function, depth, outer, inner } = fiber;
        self.byte(match status {
            Status::Idle => 0,
            Status::Running => 1,
            Status::Suspended => 2,
        });
        self.value(*handler);
        self.value(*function);
        self.index(*depth);
        self.then(*outer);
        self.then(*inner);
        self.count(stack.len());
        // Above what is in use there are nulls only.
        let used = stack.iter().rposition(|value| !value.is_null()).map_or(0, |last| last + 1);
        self.count(used);
        self.values(&stack[..used]);
        self.count(frames.len());
        let mut below = 0;
        for frame in frames {
            self.value(frame.function);
            self.code(frame.code);
            self.index(frame.base.wrapping_sub(below));
            below = frame.base;
            self.index(frame.pc);
            self.then(frame.then);
            self.byte(match frame.root {
                Root::No => 0,
                Root::Silent => 1,
                Root::Report => 2,
            });
            self.byte(frame.kept);
            self.index_or_none(frame.generator);
        }
    }

    fn then(&mut self, then: Then) {
        match then {
            Then::Store(register) => self.out.extend_from_slice(&[0, register]),
            Then::Drop => self.byte(1),
            Then::Native => self.byte(2),
            Then::Compare(register, relation) => self.out.extend_from_slice(&[3, register, relation_byte(relation)]),
            Then::Branch(relation) => self.out.extend_from_slice(&[4, relation_byte(relation)]),
            Then::Get(register, asked) => self.out.extend_from_slice(&[5, register, asked]),
            Then::Set(asked) => self.out.extend_from_slice(&[6, asked]),
            Then::Nexti => self.byte(7),
            Then::Generated => self.byte(8),
            Then::Rethrow => self.byte(9),
        }
    }

    // The machine.

    fn machine(&mut self, vm: &Vm) {
        self.count(vm.heap.meter.used());
        self.count(vm.heap.meter.threshold());
        self.number(vm.heap.random);
        self.number(vm.fuel.unsigned_abs());
        self.byte(match vm.state {
            State::Resting => 0,
            State::Running => 1,
            State::Waiting | State::Ended => 2,
        });
        self.value(vm.root);
        self.value(vm.constants);
        self.count(vm.held.len());
        self.values(&vm.held);
        self.count(vm.free_held.len());
        for &free in &vm.free_held {
            self.index(free);
        }
        self.flag(vm.retry.is_some());
        if let Some((depth, pc, bytes)) = vm.retry {
            self.count(depth);
            self.index(pc);
            self.count(bytes);
        }
        self.failure(vm.noted.as_deref());
        self.failure(vm.failure.as_deref());
        self.index_or_none(vm.current);
        self.fiber(&vm.fiber);
        self.count(vm.parked.len());
        for (thread, fiber) in &vm.parked {
            self.index_or_none(*thread);
            self.fiber(fiber);
        }
    }

    fn failure(&mut self, failure: Option<&Failure>) {
        self.flag(failure.is_some());
        let Some(Failure { value, message, stack }) = failure else { return };
        self.value(*value);
        self.bytes(message);
        self.count(stack.len());
        for entry in stack {
            self.bytes(&entry.function);
            self.bytes(&entry.source);
            self.value(Value::integer(entry.line));
            self.count(entry.locals.len());
            for (name, local) in &entry.locals {
                self.bytes(name);
                match local {
                    LocalText::Null => self.value(Value::NULL),
                    LocalText::Bool(bool) => self.value(Value::bool(*bool)),
                    LocalText::Integer(integer) => self.value(Value::integer(*integer)),
                    LocalText::Float(float) => self.value(Value::float(*float)),
                    LocalText::Object(tag) => self.tagged(Tag::Cell, *tag as u32),
                    LocalText::String(bytes) => {
                        self.tagged(Tag::String, 0);
                        self.bytes(bytes);
                    }
                }
            }
        }
    }

    // What stands in front.

    fn finish(self, vm: &Vm) -> Vec<u8> {
        let Writer { out: body, strings, natives, objects, kinds, first_own } = self;
        let mut head = Writer {
            out: Vec::with_capacity(body.len() + 4096),
            first_own,
            strings,
            natives: Numbers::default(),
            objects: Numbers::default(),
            kinds: Numbers::default(),
        };
        head.out.resize(HEADER, 0);
        head.programs(vm);
        head.names(&vm.heap, &vm.image.0, &natives.list, &objects.list, &kinds.list);
        let mut out = head.out;
        out.extend_from_slice(&body);
        let sum = checksum(&out[HEADER..]);
        out[..8].copy_from_slice(&MAGIC);
        out[8..12].copy_from_slice(&VERSION.to_le_bytes());
        out[12..HEADER].copy_from_slice(&sum.to_le_bytes());
        out
    }

    fn programs(&mut self, vm: &Vm) {
        self.byte(match vm.image.0.dialect {
            Dialect::Stock => 0,
            Dialect::Imp => 1,
        });
        self.count(vm.programs.len());
        let mut shares = 0;
        for (place, (program, _)) in vm.programs.iter().enumerate() {
            let data = &program.0;
            if Arc::ptr_eq(&data.strings, vm.heap.strings.shared()) {
                shares = place + 1;
            }
            self.out.extend_from_slice(&program.digest().0);
            self.count(data.functions.len());
            self.flag(data.at_run_time);
            if data.at_run_time {
                self.bytes(&data.name);
                self.bytes(&data.source);
                self.count(data.known.len());
                for (name, constant) in &data.known {
                    self.bytes(name);
                    self.constant(constant);
                }
            }
        }
        self.count(shares);
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Scalar(scalar) => {
                self.byte(0);
                self.scalar(scalar);
            }
            Constant::Enum(members) => {
                self.byte(1);
                self.count(members.len());
                for (name, scalar) in members {
                    self.bytes(name);
                    self.scalar(scalar);
                }
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar) {
        match scalar {
            Scalar::Integer(integer) => self.value(Value::integer(*integer)),
            Scalar::Float(float) => self.value(Value::float(*float)),
            Scalar::Bool(bool) => self.value(Value::bool(*bool)),
            Scalar::String(bytes) => {
                self.tagged(Tag::String, 0);
                self.bytes(bytes);
            }
        }
    }

    fn names(&mut self, heap: &Heap, image: &ImageData, natives: &[u32], objects: &[u32], kinds: &[u32]) {
        // The names of natives are strings of the image, which most keys are that lead to them.
        let mut owners = Vec::new();
        let mut owner_places = HashMap::new();
        let mut entries = Vec::with_capacity(natives.len());
        for &index in natives {
            let Some(native) = image.natives.get(index as usize) else { continue };
            let owner = *owner_places.entry(native.owner).or_insert_with(|| {
                owners.push(native.owner);
                owners.len() - 1
            });
            entries.push((owner, self.strings.of(native.key.payload()), index));
        }
        let strings = std::mem::take(&mut self.strings.list);
        self.count(strings.len());
        for &string in &strings {
            self.bytes(heap.strings.bytes(Value::new(Tag::String, string)));
        }
        self.count(owners.len());
        for owner in owners {
            self.bytes(image.owners.get(usize::from(owner)).map_or(b"", |owner| owner.as_bytes()));
        }
        self.count(entries.len());
        // The indexes tell a reader with another image that keys must be placed anew.
        for (owner, name, index) in entries {
            self.count(owner);
            self.index(name);
            self.index(index);
        }
        for (numbers, names) in [(objects, &image.object_names), (kinds, &image.kinds)] {
            self.count(numbers.len());
            for &number in numbers {
                self.bytes(names.get(number as usize).map_or(b"", |name| name.as_bytes()));
                self.index(number);
            }
        }
    }
}

fn each<T: crate::heap::arena::Object>(arena: &Arena<T>, mut write: impl FnMut(&T)) {
    for (_, object) in arena.iter() {
        write(object);
    }
}

fn relation_byte(relation: Relation) -> u8 {
    match relation {
        Relation::Less => 0,
        Relation::LessOrEqual => 1,
        Relation::Greater => 2,
        Relation::GreaterOrEqual => 3,
        Relation::Number => 4,
    }
}
