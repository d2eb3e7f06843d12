//! The loop: what is frequent, done without a look at the whole machine.

use super::Vm;
use super::fiber::{Frame, HEADROOM, Relation, Root, SCRATCH, Then, frame};
use crate::fault::Fault;
use crate::heap::object::{Code, METHOD};
use crate::heap::table::NONE;
use crate::image::ImageData;
use crate::native::{Call, Flow, Host};
use crate::op::{Op, Reg};
use crate::ops;
use crate::value::{Tag, Value};

/// Why the loop was left.
pub(super) enum Exit {
    Fuel,
    Fault(Fault),
    /// An instruction that needs the whole machine.
    Op(Op),
    /// A function returned this, and it is not simply to be stored.
    Return(Value),
    /// A native function answered something else than a value.
    Native { flow: Flow, function: Value, native: u32, base: usize, dst: Reg },
}

/// The registers of the frame at a base.
macro_rules! window {
    ($stack:expr, $base:expr) => {
        match $stack.get_mut($base..).and_then(|rest| rest.first_chunk_mut::<256>()) {
            Some(registers) => registers,
            None => return Exit::Fault(Fault::Corrupt),
        }
    };
}

impl Vm {
    /// Runs the frame on top, and what it calls, until something needs the whole machine.
    #[expect(clippy::cognitive_complexity, reason = "one arm an instruction")]
    pub(super) fn execute(&mut self, host: &mut dyn Host) -> Exit {
        let depth_limit = self.limits.depth;
        let Vm { functions, heap, fiber, image, root, fuel, .. } = self;
        let image_data: &ImageData = &image.0;
        let functions = functions.as_slice();
        let root = *root;
        let stack = fiber.stack.as_mut_slice();
        let frames = &mut fiber.frames;
        let room = stack.len().saturating_sub(HEADROOM);

        let Some(top) = frames.last() else { return Exit::Fault(Fault::Corrupt) };
        let Code::Script(function) = top.code else { return Exit::Fault(Fault::Corrupt) };
        let mut base = top.base as usize;
        let mut pc = top.pc as usize;
        let mut function_value = top.function;
        let Some(mut proto) = functions.get(function as usize).map(|proto| &**proto) else {
            return Exit::Fault(Fault::Corrupt);
        };
        let mut code: &[Op] = &proto.code;
        let mut registers = window!(stack, base);

        // A register.
        macro_rules! r {
            ($register:expr) => {
                registers[$register as usize]
            };
        }
        // Leaves the loop, with the place of the next instruction written down.
        macro_rules! leave {
            ($exit:expr) => {{
                let exit = $exit;
                if let Some(frame) = frames.last_mut() {
                    #[expect(clippy::cast_possible_truncation, reason = "code is shorter than 4 billion instructions")]
                    {
                        frame.pc = pc as u32;
                    }
                }
                return exit;
            }};
        }
        macro_rules! fallible {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(fault) => leave!(Exit::Fault(fault)),
                }
            };
        }
        macro_rules! jump {
            ($by:expr) => {
                pc = pc.wrapping_add_signed($by as isize)
            };
        }
        macro_rules! arithmetic {
            ($op:expr, $dst:expr, $a:expr, $b:expr, $integer:ident, $float:tt) => {{
                let (a, b) = ($a, $b);
                if a.both_integers(b) {
                    r!($dst) = Value::integer(a.raw_integer().$integer(b.raw_integer()));
                } else if let (Some(a), Some(b)) = (a.as_number(), b.as_number()) {
                    r!($dst) = Value::float(a $float b);
                } else {
                    leave!(Exit::Op($op))
                }
            }};
        }
        macro_rules! bitwise {
            ($op:expr, $dst:expr, $a:expr, $b:expr, $with:expr) => {{
                let (a, b) = ($a, $b);
                if a.both_integers(b) {
                    r!($dst) = Value::integer($with(a.raw_integer(), b.raw_integer()));
                } else {
                    leave!(Exit::Op($op))
                }
            }};
        }
        macro_rules! shift {
            ($op:expr, $dst:expr, $a:expr, $b:expr, $with:expr) => {{
                let (a, b) = ($a, $b);
                if a.both_integers(b) && in_range(b.raw_integer()) {
                    r!($dst) = Value::integer($with(a.raw_integer(), b.raw_integer()));
                } else {
                    leave!(Exit::Op($op))
                }
            }};
        }
        // A comparison of numbers: `$integer` on integers, `$float` on floats of one type.
        macro_rules! compare {
            ($op:expr, $a:expr, $b:expr, $relation:expr, $holds:tt) => {{
                let (a, b) = ($a, $b);
                if a.both_integers(b) {
                    a.raw_integer() $holds b.raw_integer()
                } else if let Some(order) = number_order(a, b) {
                    $relation.holds(order)
                } else {
                    leave!(Exit::Op($op))
                }
            }};
        }
        macro_rules! unless {
            ($holds:expr, $by:expr) => {
                if !$holds {
                    jump!($by);
                }
            };
        }

        loop {
            let Some(&op) = code.get(pc) else { return Exit::Fault(Fault::Corrupt) };
            pc += 1;
            match op {
                Op::Null { dst, count } => {
                    for register in dst..dst.saturating_add(count) {
                        r!(register) = Value::NULL;
                    }
                }
                Op::Bool { dst, value } => r!(dst) = Value::bool(value),
                Op::Integer { dst, value } => r!(dst) = Value::integer(value),
                Op::Float { dst, value } => r!(dst) = Value::float(value),
                Op::Constant { dst, k } => r!(dst) = proto.constants[k as usize].value,
                Op::Root { dst } => r!(dst) = root,
                Op::Move { dst, src } => r!(dst) = r!(src),

                Op::NewCell { reg } => r!(reg) = fallible!(heap.cell(r!(reg))),
                Op::GetCell { dst, cell } => {
                    let cell = r!(cell);
                    if !cell.is(Tag::Cell) {
                        return Exit::Fault(Fault::Corrupt);
                    }
                    r!(dst) = heap.cells[cell.index()].0;
                }
                Op::SetCell { cell, src } => {
                    let cell = r!(cell);
                    if !cell.is(Tag::Cell) {
                        return Exit::Fault(Fault::Corrupt);
                    }
                    heap.cells[cell.index()].0 = r!(src);
                }
                Op::GetOuter { dst, outer } => {
                    let closure = &heap.closures[function_value.index()];
                    let Some(&cell) = closure.outers.get(outer as usize) else { return Exit::Fault(Fault::Corrupt) };
                    r!(dst) = heap.cells[cell as usize].0;
                }
                Op::SetOuter { outer, src } => {
                    let closure = &heap.closures[function_value.index()];
                    let Some(&cell) = closure.outers.get(outer as usize) else { return Exit::Fault(Fault::Corrupt) };
                    heap.cells[cell as usize].0 = r!(src);
                }

                Op::GetName { dst, k } => {
                    let key = &proto.constants[k as usize];
                    let this = registers[0];
                    let found = match this.tag() {
                        Tag::Table => heap.tables[this.index()].get_short(key.value, key.hash),
                        Tag::Instance => instance_field(heap, this, key.value, key.hash),
                        _ => None,
                    };
                    match found {
                        Some(value) if !value.is(Tag::WeakRef) => r!(dst) = value,
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::GetField { dst, object, k } => {
                    let key = &proto.constants[k as usize];
                    let object = r!(object);
                    let found = match object.tag() {
                        Tag::Table => heap.tables[object.index()].get_short(key.value, key.hash),
                        Tag::Instance => instance_field(heap, object, key.value, key.hash),
                        _ => None,
                    };
                    match found {
                        Some(value) if !value.is(Tag::WeakRef) => r!(dst) = value,
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::SetName { src, k } => {
                    let key = &proto.constants[k as usize];
                    let this = registers[0];
                    if !set_field(heap, this, key.value, key.hash, r!(src)) {
                        leave!(Exit::Op(op));
                    }
                }
                Op::SetField { object, src, k } => {
                    let key = &proto.constants[k as usize];
                    let object = r!(object);
                    if !set_field(heap, object, key.value, key.hash, r!(src)) {
                        leave!(Exit::Op(op));
                    }
                }
                Op::GetIndex { dst, object, key } => {
                    let (object, key) = (r!(object), r!(key));
                    let found = match object.tag() {
                        _ if key.is_null() => None,
                        Tag::Array => {
                            let index = key.as_integer().and_then(|index| usize::try_from(index).ok());
                            index.and_then(|index| heap.arrays[object.index()].0.get(index).copied())
                        }
                        Tag::Table => heap.tables[object.index()].get_short(key, heap.hash(key)),
                        Tag::String => string_byte(heap, image_data, object, key),
                        Tag::Instance => instance_field(heap, object, key, heap.hash(key)),
                        _ => None,
                    };
                    match found {
                        Some(value) if !value.is(Tag::WeakRef) => r!(dst) = value,
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::SetIndex { object, key, src } => {
                    let (object, key, value) = (r!(object), r!(key), r!(src));
                    let done = match object.tag() {
                        Tag::Array => {
                            let index = key.as_integer().and_then(|index| usize::try_from(index).ok());
                            match index.and_then(|index| heap.arrays[object.index()].0.get_mut(index)) {
                                Some(item) => {
                                    *item = value;
                                    true
                                }
                                None => false,
                            }
                        }
                        _ if key.is_null() => false,
                        _ => {
                            let hash = heap.hash(key);
                            set_field(heap, object, key, hash, value)
                        }
                    };
                    if !done {
                        leave!(Exit::Op(op));
                    }
                }
                Op::NewSlot { object, key, src } => {
                    let (object, key) = (r!(object), r!(key));
                    if !object.is(Tag::Table) || key.is_null() || heap.tables[object.index()].delegate != NONE {
                        leave!(Exit::Op(op));
                    }
                    fallible!(heap.table_set(object, key, r!(src), fuel));
                }

                Op::Method { dst, object, k } => {
                    let key = &proto.constants[k as usize];
                    let object = r!(object);
                    let found = match object.tag() {
                        Tag::Instance => instance_field(heap, object, key.value, key.hash),
                        Tag::Table => heap.tables[object.index()].get_short(key.value, key.hash),
                        // What has no slots of its own has the methods of its type only.
                        Tag::Array | Tag::String | Tag::Integer | Tag::Float | Tag::Closure | Tag::Generator => {
                            image_data.delegates[object.tag() as usize].get_short(key.value, key.hash)
                        }
                        _ => None,
                    };
                    match found {
                        Some(value) if !value.is(Tag::WeakRef) => {
                            r!(dst) = value;
                            r!(dst.wrapping_add(1)) = object;
                        }
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::Callee { dst, k } => {
                    let key = &proto.constants[k as usize];
                    let this = registers[0];
                    let found = match this.tag() {
                        Tag::Table => heap.tables[this.index()].get_short(key.value, key.hash),
                        Tag::Instance => instance_field(heap, this, key.value, key.hash),
                        _ => None,
                    };
                    match found {
                        Some(value) if !value.is(Tag::WeakRef) => {
                            r!(dst) = value;
                            r!(dst.wrapping_add(1)) = this;
                        }
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::Call { dst, callee, count } => {
                    let target = r!(callee);
                    let new_base = base + usize::from(callee) + 1;
                    match target.tag() {
                        Tag::Closure => {
                            let closure = &heap.closures[target.index()];
                            let Code::Script(function) = closure.code else { leave!(Exit::Op(op)) };
                            let Some(next) = functions.get(function as usize).map(|proto| &**proto) else {
                                return Exit::Fault(Fault::Corrupt);
                            };
                            if next.parameters != count
                                || next.vararg
                                || next.generator
                                || !closure.env.is_null()
                                || new_base > room
                                || frames.len() >= depth_limit
                            {
                                leave!(Exit::Op(op));
                            }
                            *fuel -= 8;
                            if let Some(frame) = frames.last_mut() {
                                #[expect(clippy::cast_possible_truncation, reason = "see `leave!`")]
                                {
                                    frame.pc = pc as u32;
                                }
                            }
                            frames.push(frame(target, closure.code, new_base, Then::Store(dst), Root::No));
                            base = new_base;
                            pc = 0;
                            function_value = target;
                            proto = next;
                            code = &next.code;
                            if *fuel <= 0 {
                                return Exit::Fuel;
                            }
                            registers = window!(stack, base);
                        }
                        Tag::Native => {
                            let Some(native) = image_data.natives.get(target.index()) else {
                                return Exit::Fault(Fault::Corrupt);
                            };
                            let arguments = usize::from(count);
                            let Some(window) = stack.get_mut(new_base..new_base + arguments + SCRATCH) else {
                                return Exit::Fault(Fault::Corrupt);
                            };
                            if let Err(fault) = native.check(&window[..arguments]) {
                                leave!(Exit::Fault(fault));
                            }
                            *fuel -= 4;
                            let mut call = Call {
                                heap,
                                image,
                                host,
                                step: 0,
                                result: Value::NULL,
                                registers: window,
                                count: arguments,
                                fuel,
                                root,
                                native: target.payload(),
                            };
                            let answer = (native.function)(&mut call);
                            registers = window!(stack, base);
                            match answer {
                                Ok(Flow::Return(value)) => r!(dst) = value,
                                Ok(flow) => leave!(Exit::Native {
                                    flow,
                                    function: target,
                                    native: target.payload(),
                                    base: new_base,
                                    dst
                                }),
                                Err(fault) => leave!(Exit::Fault(fault)),
                            }
                        }
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::Return { .. } | Op::ReturnNull => {
                    let value = match op {
                        Op::Return { src } => r!(src),
                        _ => Value::NULL,
                    };
                    let simple = match frames.as_slice() {
                        [.., below, Frame { then: Then::Store(dst), root: Root::No, generator: NONE, .. }] => {
                            match below.code {
                                Code::Script(function) => Some((below.base, below.pc, below.function, function, *dst)),
                                Code::Native(_) => None,
                            }
                        }
                        _ => None,
                    };
                    let Some((below_base, below_pc, below_value, function, dst)) = simple else {
                        leave!(Exit::Return(value));
                    };
                    frames.pop();
                    base = below_base as usize;
                    pc = below_pc as usize;
                    function_value = below_value;
                    let Some(next) = functions.get(function as usize) else { return Exit::Fault(Fault::Corrupt) };
                    proto = next;
                    code = &next.code;
                    registers = window!(stack, base);
                    r!(dst) = value;
                }

                Op::Jump { by } => jump!(by),
                Op::JumpBack { by } => {
                    jump!(by);
                    *fuel += i64::from(by);
                    if *fuel <= 0 {
                        leave!(Exit::Fuel);
                    }
                }
                Op::JumpIf { src, by } => {
                    if r!(src).truth() {
                        jump!(by);
                    }
                }
                Op::JumpUnless { src, by } => {
                    if !r!(src).truth() {
                        jump!(by);
                    }
                }
                Op::UnlessEqual { a, b, by } => unless!(ops::equal(r!(a), r!(b)), by),
                Op::UnlessNotEqual { a, b, by } => unless!(!ops::equal(r!(a), r!(b)), by),
                Op::UnlessLess { a, b, by } => unless!(compare!(op, r!(a), r!(b), Relation::Less, <), by),
                Op::UnlessLessOrEqual { a, b, by } => {
                    unless!(compare!(op, r!(a), r!(b), Relation::LessOrEqual, <=), by);
                }
                Op::UnlessGreater { a, b, by } => unless!(compare!(op, r!(a), r!(b), Relation::Greater, >), by),
                Op::UnlessGreaterOrEqual { a, b, by } => {
                    unless!(compare!(op, r!(a), r!(b), Relation::GreaterOrEqual, >=), by);
                }
                Op::UnlessEqualTo { a, value, by } => {
                    unless!(ops::equal(r!(a), Value::integer(i32::from(value))), by);
                }
                Op::UnlessNotEqualTo { a, value, by } => {
                    unless!(!ops::equal(r!(a), Value::integer(i32::from(value))), by);
                }
                Op::UnlessLessThan { a, value, by } => {
                    unless!(compare!(op, r!(a), Value::integer(i32::from(value)), Relation::Less, <), by);
                }
                Op::UnlessAtMost { a, value, by } => {
                    unless!(compare!(op, r!(a), Value::integer(i32::from(value)), Relation::LessOrEqual, <=), by);
                }
                Op::UnlessGreaterThan { a, value, by } => {
                    unless!(compare!(op, r!(a), Value::integer(i32::from(value)), Relation::Greater, >), by);
                }
                Op::UnlessAtLeast { a, value, by } => {
                    unless!(compare!(op, r!(a), Value::integer(i32::from(value)), Relation::GreaterOrEqual, >=), by);
                }

                Op::Add { dst, a, b } => {
                    let (a, b) = (r!(a), r!(b));
                    if a.both_integers(b) {
                        r!(dst) = Value::integer(a.raw_integer().wrapping_add(b.raw_integer()));
                    } else if let (Some(a), Some(b)) = (a.as_number(), b.as_number()) {
                        r!(dst) = Value::float(a + b);
                    } else if let Some(value) = fallible!(concatenate(heap, image_data, a, b, fuel)) {
                        r!(dst) = value;
                    } else {
                        leave!(Exit::Op(op));
                    }
                }
                Op::Subtract { dst, a, b } => arithmetic!(op, dst, r!(a), r!(b), wrapping_sub, -),
                Op::Multiply { dst, a, b } => arithmetic!(op, dst, r!(a), r!(b), wrapping_mul, *),
                Op::AddInteger { dst, a, value } => arithmetic!(op, dst, r!(a), Value::integer(value), wrapping_add, +),
                Op::SubtractInteger { dst, a, value } => {
                    arithmetic!(op, dst, r!(a), Value::integer(value), wrapping_sub, -);
                }
                Op::MultiplyInteger { dst, a, value } => {
                    arithmetic!(op, dst, r!(a), Value::integer(value), wrapping_mul, *);
                }
                Op::Divide { dst, a, b } => {
                    let (a, b) = (r!(a), r!(b));
                    if a.both_integers(b) && b.payload() != 0 {
                        r!(dst) = Value::integer(a.raw_integer().wrapping_div(b.raw_integer()));
                    } else if let (Some(x), Some(y)) = (a.as_number(), b.as_number())
                        && !a.both_integers(b)
                    {
                        r!(dst) = Value::float(x / y);
                    } else {
                        leave!(Exit::Op(op));
                    }
                }
                Op::Modulo { dst, a, b } => {
                    let (a, b) = (r!(a), r!(b));
                    if a.both_integers(b) && b.payload() != 0 {
                        r!(dst) = Value::integer(a.raw_integer().wrapping_rem(b.raw_integer()));
                    } else {
                        leave!(Exit::Op(op));
                    }
                }
                Op::DivideInteger { dst, a, value } => {
                    let a = r!(a);
                    match a.as_integer() {
                        Some(a) if value != 0 => r!(dst) = Value::integer(a.wrapping_div(value)),
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::ModuloInteger { dst, a, value } => match r!(a).as_integer() {
                    Some(a) if value != 0 => r!(dst) = Value::integer(a.wrapping_rem(value)),
                    _ => leave!(Exit::Op(op)),
                },
                Op::BitAnd { dst, a, b } => bitwise!(op, dst, r!(a), r!(b), |a, b| a & b),
                Op::BitOr { dst, a, b } => bitwise!(op, dst, r!(a), r!(b), |a, b| a | b),
                Op::BitXor { dst, a, b } => bitwise!(op, dst, r!(a), r!(b), |a, b| a ^ b),
                Op::ShiftLeft { dst, a, b } => shift!(op, dst, r!(a), r!(b), |a: i32, b| a << b),
                Op::ShiftRight { dst, a, b } => shift!(op, dst, r!(a), r!(b), |a: i32, b| a >> b),
                Op::ShiftRightUnsigned { dst, a, b } => {
                    shift!(op, dst, r!(a), r!(b), |a: i32, b: i32| (a.cast_unsigned() >> b).cast_signed());
                }
                Op::BitAndInteger { dst, a, value } => bitwise!(op, dst, r!(a), Value::integer(value), |a, b| a & b),
                Op::ShiftLeftInteger { dst, a, value } => shift!(op, dst, r!(a), Value::integer(value), |a: i32, b| a << b),
                Op::ShiftRightInteger { dst, a, value } => shift!(op, dst, r!(a), Value::integer(value), |a: i32, b| a >> b),
                Op::Equal { dst, a, b } => r!(dst) = Value::bool(ops::equal(r!(a), r!(b))),
                Op::NotEqual { dst, a, b } => r!(dst) = Value::bool(!ops::equal(r!(a), r!(b))),
                Op::Less { dst, a, b } => r!(dst) = Value::bool(compare!(op, r!(a), r!(b), Relation::Less, <)),
                Op::LessOrEqual { dst, a, b } => {
                    r!(dst) = Value::bool(compare!(op, r!(a), r!(b), Relation::LessOrEqual, <=));
                }
                Op::Greater { dst, a, b } => r!(dst) = Value::bool(compare!(op, r!(a), r!(b), Relation::Greater, >)),
                Op::GreaterOrEqual { dst, a, b } => {
                    r!(dst) = Value::bool(compare!(op, r!(a), r!(b), Relation::GreaterOrEqual, >=));
                }

                Op::Negate { dst, src } => {
                    let value = r!(src);
                    if let Some(integer) = value.as_integer() {
                        r!(dst) = Value::integer(integer.wrapping_neg());
                    } else if let Some(float) = value.as_float() {
                        r!(dst) = Value::float(-float);
                    } else {
                        leave!(Exit::Op(op));
                    }
                }
                Op::Not { dst, src } => r!(dst) = Value::bool(!r!(src).truth()),

                Op::NewTable { dst, capacity } => r!(dst) = fallible!(heap.table(usize::from(capacity))),
                Op::NewArray { dst, capacity } => r!(dst) = fallible!(heap.array_with_capacity(usize::from(capacity))),
                Op::Append { array, src } => {
                    let array = r!(array);
                    if !array.is(Tag::Array) {
                        return Exit::Fault(Fault::Corrupt);
                    }
                    fallible!(heap.push(array, r!(src)));
                }

                Op::Foreach { container, iterator, key, by } => {
                    let container = r!(container);
                    if !container.is(Tag::Array) {
                        leave!(Exit::Op(op));
                    }
                    // The iterator is the index of the next item.
                    let next = r!(iterator);
                    let index = if next.is_null() { 0 } else { next.payload() as usize };
                    match heap.arrays[container.index()].0.get(index) {
                        Some(&value) if !value.is(Tag::WeakRef) => {
                            #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a heap is below 4 GiB")]
                            let index = index as i32;
                            r!(key) = Value::integer(index);
                            r!(key.wrapping_add(1)) = value;
                            r!(iterator) = Value::integer(index + 1);
                        }
                        Some(_) => leave!(Exit::Op(op)),
                        None => jump!(by),
                    }
                }

                Op::Base { .. }
                | Op::Delete { .. }
                | Op::MethodIndex { .. }
                | Op::TailCall { .. }
                | Op::Yield { .. }
                | Op::Resume { .. }
                | Op::Throw { .. }
                | Op::Compare { .. }
                | Op::In { .. }
                | Op::InstanceOf { .. }
                | Op::BitNot { .. }
                | Op::TypeOf { .. }
                | Op::Clone { .. }
                | Op::Closure { .. }
                | Op::Class { .. }
                | Op::Member { .. } => leave!(Exit::Op(op)),
            }
        }
    }
}

/// Compares two numbers as [`ops::compare`] does.
#[inline(always)]
fn number_order(a: Value, b: Value) -> Option<i32> {
    if a == b && a.is(Tag::Float) {
        return Some(0);
    }
    let both_floats = a.is(Tag::Float) && b.is(Tag::Float);
    let (a, b) = (a.as_number()?, b.as_number()?);
    Some(if a < b {
        -1
    } else if !both_floats && a == b {
        0
    } else {
        1
    })
}

/// A field, method or static of an instance whose class has a short chain for it.
#[inline(always)]
fn instance_field(heap: &crate::heap::Heap, object: Value, key: Value, hash: u32) -> Option<Value> {
    let instance = &heap.instances[object.index()];
    let class = &heap.classes[instance.class as usize];
    let place = class.members.get_short(key, hash)?.raw_integer();
    if place & METHOD == 0 {
        instance.fields.get(place as usize).copied()
    } else {
        class.methods.get((place & !METHOD) as usize).map(|method| method.value)
    }
}

/// Sets an existing slot of a table or field of an instance; says whether it did.
#[inline(always)]
fn set_field(heap: &mut crate::heap::Heap, object: Value, key: Value, hash: u32, value: Value) -> bool {
    match object.tag() {
        Tag::Table => {
            use crate::heap::table::Short;
            let table = &mut heap.tables[object.index()];
            match table.find_short(key, hash) {
                Short::At(at) => match table.node_mut(at) {
                    Some(node) => {
                        node.value = value;
                        true
                    }
                    None => false,
                },
                Short::No => false,
            }
        }
        Tag::Instance => {
            let crate::heap::Heap { instances, classes, .. } = heap;
            let instance = &mut instances[object.index()];
            let Some(place) = classes[instance.class as usize].members.get_short(key, hash) else { return false };
            match instance.fields.get_mut(place.raw_integer() as usize) {
                Some(field) if place.raw_integer() & METHOD == 0 => {
                    *field = value;
                    true
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// A byte of a string, by an index that is an integer and exists.
#[inline(always)]
fn string_byte(heap: &crate::heap::Heap, image: &ImageData, string: Value, key: Value) -> Option<Value> {
    let index = usize::try_from(key.as_integer()?).ok()?;
    let byte = *heap.strings.bytes(string).get(index)?;
    Some(image.byte(byte))
}

/// The concatenation of a string and a string or number, if that is what they are.
#[inline]
fn concatenate(
    heap: &mut crate::heap::Heap,
    image: &ImageData,
    a: Value,
    b: Value,
    fuel: &mut i64,
) -> Result<Option<Value>, Fault> {
    if !a.is(Tag::String) && !b.is(Tag::String) {
        return Ok(None);
    }
    let plain = |value: Value| !matches!(value.tag(), Tag::Table | Tag::Instance | Tag::WeakRef | Tag::Cell);
    if !plain(a) || !plain(b) {
        return Ok(None);
    }
    ops::concatenate(heap, image, a, b, fuel).map(Some)
}

/// Counts below 32 only; others go to the general case, which knows the dialect's rule.
#[inline(always)]
fn in_range(count: i32) -> bool {
    count & !31 == 0
}
