//! The loop: what is frequent, done without a look at the whole machine.

use super::Vm;
use super::fiber::{Frame, HEADROOM, Relation, Root, SCRATCH, Then, frame};
use crate::fault::Fault;
use crate::heap::object::{Closure, Code, GeneratorState, METHOD};
use crate::heap::table::NONE;
use crate::image::ImageData;
use crate::native::{Call, Flow, Host};
use crate::op::{Op, Reg};
use crate::ops;
use crate::program::{OuterPlace, Proto};
use crate::value::{Tag, Value};
use std::sync::Arc;

/// Why the loop was left.
pub(super) enum Exit {
    Fuel,
    Fault(Fault),
    /// An instruction that needs the whole machine.
    Op(Op),
    /// A function returned this, and it is not simply to be stored.
    Return(Value),
    /// A native function answered something else than a value.
    Native {
        flow: Flow,
        function: Value,
        native: u32,
        base: usize,
        dst: Reg,
    },
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

/// Whether fuel is counted. It always is, but in builds that measure what counting costs (`docs/benchmarks.md`).
const METERED: bool = cfg!(not(unmetered));

/// Takes fuel.
macro_rules! spend {
    ($fuel:expr, $amount:expr) => {
        if METERED {
            $fuel -= $amount;
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
        // Goes on in a new frame.
        macro_rules! enter {
            ($function:expr, $code:expr, $next:expr, $new_base:expr, $then:expr, $generator:expr, $pc:expr) => {{
                if let Some(frame) = frames.last_mut() {
                    #[expect(clippy::cast_possible_truncation, reason = "see `leave!`")]
                    {
                        frame.pc = pc as u32;
                    }
                }
                let mut new = frame($function, $code, $new_base, $then, Root::No);
                new.generator = $generator;
                new.pc = $pc;
                frames.push(new);
                base = $new_base;
                pc = $pc as usize;
                function_value = $function;
                proto = $next;
                code = &proto.code;
                if METERED && *fuel <= 0 {
                    return Exit::Fuel;
                }
                registers = window!(stack, base);
            }};
        }
        macro_rules! resume {
            ($generator:ident, $value:expr, $new_base:expr, $then:expr) => {{
                let closure = Value::new(Tag::Closure, $generator.closure);
                let Some(data) = heap.closures.get(closure.index()) else { return Exit::Fault(Fault::Corrupt) };
                let Code::Script(function) = data.code else { return Exit::Fault(Fault::Corrupt) };
                let Some(next) = functions.get(function as usize).map(|proto| &**proto) else {
                    return Exit::Fault(Fault::Corrupt);
                };
                let count = $generator.registers.len();
                let Some(place) = stack.get_mut($new_base..$new_base + count) else {
                    return Exit::Fault(Fault::Corrupt);
                };
                place.copy_from_slice(&$generator.registers);
                $generator.state = GeneratorState::Running;
                let at = $generator.pc;
                spend!(*fuel, 8);
                enter!(closure, Code::Script(function), next, $new_base, $then, $value.payload(), at);
            }};
        }
        macro_rules! arithmetic {
            ($op:expr, $dst:expr, $a:expr, $b:expr, $integer:ident, $float:tt) => {{
                let (a, b) = ($a, $b);
                if a.both_integers(b) {
                    r!($dst) = Value::integer(a.raw_integer().$integer(b.raw_integer()));
                } else if let Some((a, b)) = a.both_floats(b) {
                    r!($dst) = Value::float(a $float b);
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
                    let found = if this.is(Tag::Table) {
                        heap.tables[this.index()].get_short(key.value, key.hash)
                    } else if this.is(Tag::Instance) {
                        instance_field(heap, this, key.value, key.hash)
                            .or_else(|| root_name(heap, image_data, this, root, key.value, key.hash))
                    } else {
                        None
                    };
                    match found {
                        Some(value) if !value.is(Tag::WeakRef) => r!(dst) = value,
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::GetField { dst, object, k } => {
                    let key = &proto.constants[k as usize];
                    let object = r!(object);
                    let found = if object.is(Tag::Table) {
                        heap.tables[object.index()].get_short(key.value, key.hash)
                    } else if object.is(Tag::Instance) {
                        instance_field(heap, object, key.value, key.hash)
                    } else if object.is(Tag::Class) {
                        class_member(heap, object, key.value, key.hash)
                    } else {
                        None
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
                    if object.is(Tag::Array)
                        && key.is(Tag::Integer)
                        && let Some(&value) = heap.arrays[object.index()].0.get(key.payload() as usize)
                        && !value.is(Tag::WeakRef)
                    {
                        // A negative index is a very large one.
                        r!(dst) = value;
                        continue;
                    }
                    let found = match object.tag() {
                        _ if key.is_null() => None,
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
                    if object.is(Tag::Array)
                        && key.is(Tag::Integer)
                        && let Some(item) = heap.arrays[object.index()].0.get_mut(key.payload() as usize)
                    {
                        *item = value;
                        continue;
                    }
                    if key.is_null() || object.is(Tag::Array) {
                        leave!(Exit::Op(op));
                    }
                    let hash = heap.hash(key);
                    if !set_field(heap, object, key, hash, value) {
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
                        Tag::Class => class_member(heap, object, key.value, key.hash),
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
                    let found = if this.is(Tag::Table) {
                        heap.tables[this.index()].get_short(key.value, key.hash)
                    } else if this.is(Tag::Instance) {
                        instance_field(heap, this, key.value, key.hash)
                            .or_else(|| root_name(heap, image_data, this, root, key.value, key.hash))
                    } else {
                        None
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
                                || new_base > room
                                || frames.len() >= depth_limit
                            {
                                leave!(Exit::Op(op));
                            }
                            if !closure.env.is_null() {
                                r!(callee.wrapping_add(1)) = heap.strong(closure.env);
                            }
                            spend!(*fuel, 8);
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
                            if METERED && *fuel <= 0 {
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
                            spend!(*fuel, 4);
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
                        Tag::Class => {
                            let data = &heap.classes[target.index()];
                            let constructor = match data.methods.get(data.constructor as usize) {
                                Some(method) => method.value,
                                None => {
                                    r!(dst) = fallible!(heap.instance(target));
                                    continue;
                                }
                            };
                            if !constructor.is(Tag::Closure) {
                                leave!(Exit::Op(op));
                            }
                            let closure = &heap.closures[constructor.index()];
                            let Code::Script(function) = closure.code else { leave!(Exit::Op(op)) };
                            let (code_of, env) = (closure.code, closure.env);
                            let Some(next) = functions.get(function as usize).map(|proto| &**proto) else {
                                return Exit::Fault(Fault::Corrupt);
                            };
                            if next.parameters != count
                                || next.vararg
                                || next.generator
                                || !env.is_null()
                                || new_base > room
                                || frames.len() >= depth_limit
                            {
                                leave!(Exit::Op(op));
                            }
                            let instance = fallible!(heap.instance(target));
                            r!(callee.wrapping_add(1)) = instance;
                            r!(dst) = instance;
                            spend!(*fuel, 8);
                            enter!(constructor, code_of, next, new_base, Then::Drop, NONE, 0);
                        }
                        _ => leave!(Exit::Op(op)),
                    }
                }
                Op::TailCall { callee, count } => {
                    let target = r!(callee);
                    if !target.is(Tag::Closure) {
                        leave!(Exit::Op(op));
                    }
                    let closure = &heap.closures[target.index()];
                    let Code::Script(function) = closure.code else { leave!(Exit::Op(op)) };
                    let Some(next) = functions.get(function as usize).map(|proto| &**proto) else {
                        return Exit::Fault(Fault::Corrupt);
                    };
                    if next.parameters != count || next.vararg || next.generator {
                        leave!(Exit::Op(op));
                    }
                    let from = usize::from(callee) + 1;
                    registers.copy_within(from..(from + usize::from(count)).min(256), 0);
                    if !closure.env.is_null() {
                        registers[0] = heap.strong(closure.env);
                    }
                    spend!(*fuel, 8);
                    if let Some(frame) = frames.last_mut() {
                        frame.function = target;
                        frame.code = closure.code;
                        frame.pc = 0;
                    }
                    function_value = target;
                    proto = next;
                    code = &next.code;
                    pc = 0;
                    if METERED && *fuel <= 0 {
                        return Exit::Fuel;
                    }
                }
                Op::Resume { dst, src } => {
                    let target = r!(src);
                    let new_base = base + usize::from(proto.registers);
                    if !target.is(Tag::Generator) || new_base > room || frames.len() >= depth_limit {
                        leave!(Exit::Op(op));
                    }
                    let generator = &mut heap.generators[target.index()];
                    if generator.state != GeneratorState::Suspended {
                        leave!(Exit::Op(op));
                    }
                    resume!(generator, target, new_base, Then::Store(dst));
                }
                Op::Yield { src } => {
                    let value = r!(src);
                    let below = match frames.as_slice() {
                        [.., below, top] if top.generator != NONE => match (below.code, top.then) {
                            (Code::Script(function), Then::Store(_) | Then::Generated) => {
                                Some((*below, function, *top))
                            }
                            _ => None,
                        },
                        _ => None,
                    };
                    let Some((below, function, top)) = below else { leave!(Exit::Op(op)) };
                    let live = proto.live_at(pc - 1);
                    let generator = &mut heap.generators[top.generator as usize];
                    let live = live.min(generator.registers.len()).min(256);
                    generator.registers[..live].copy_from_slice(&registers[..live]);
                    generator.registers[live..].fill(Value::NULL);
                    #[expect(clippy::cast_possible_truncation, reason = "see `leave!`")]
                    {
                        generator.pc = pc as u32;
                    }
                    generator.state = GeneratorState::Suspended;
                    frames.pop();
                    base = below.base as usize;
                    pc = below.pc as usize;
                    function_value = below.function;
                    let Some(next) = functions.get(function as usize) else { return Exit::Fault(Fault::Corrupt) };
                    proto = next;
                    code = &next.code;
                    registers = window!(stack, base);
                    match top.then {
                        Then::Store(dst) => r!(dst) = value,
                        _ => {
                            if let Some(Op::Foreach { key, .. }) = code.get(pc.wrapping_sub(1)) {
                                r!(key.wrapping_add(1)) = value;
                            }
                        }
                    }
                }
                Op::Return { .. } | Op::ReturnNull => {
                    let value = match op {
                        Op::Return { src } => r!(src),
                        _ => Value::NULL,
                    };
                    let simple = match frames.as_slice() {
                        [
                            ..,
                            below,
                            Frame {
                                then: then @ (Then::Store(_) | Then::Drop), root: Root::No, generator: NONE, ..
                            },
                        ] => match below.code {
                            Code::Script(function) => Some((below.base, below.pc, below.function, function, *then)),
                            Code::Native(_) => None,
                        },
                        _ => None,
                    };
                    let Some((below_base, below_pc, below_value, function, then)) = simple else {
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
                    if let Then::Store(dst) = then {
                        r!(dst) = value;
                    }
                }

                Op::Jump { by } => jump!(by),
                Op::JumpBack { by } => {
                    jump!(by);
                    spend!(*fuel, -i64::from(by));
                    if METERED && *fuel <= 0 {
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
                    } else if let Some((a, b)) = a.both_floats(b) {
                        r!(dst) = Value::float(a + b);
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
                    if let Some((a, b)) = a.both_floats(b) {
                        r!(dst) = Value::float(a / b);
                    } else if a.both_integers(b) && b.payload() != 0 {
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
                Op::ShiftLeftInteger { dst, a, value } => {
                    shift!(op, dst, r!(a), Value::integer(value), |a: i32, b| a << b);
                }
                Op::ShiftRightInteger { dst, a, value } => {
                    shift!(op, dst, r!(a), Value::integer(value), |a: i32, b| a >> b);
                }
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
                    // The iterator is the place of the next item; of a generator, the number of the last.
                    let next = r!(iterator);
                    let index = if next.is_null() { 0 } else { next.payload() as usize };
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_possible_wrap,
                        reason = "a heap is below 4 GiB"
                    )]
                    let integer = |index: usize| Value::integer(index as i32);
                    let item = match container.tag() {
                        Tag::Array => heap.arrays[container.index()]
                            .0
                            .get(index)
                            .map(|&value| (integer(index + 1), integer(index), value)),
                        Tag::Table => match heap.tables[container.index()].next(index) {
                            Some((after, name, value)) if after - index < 32 => Some((integer(after), name, value)),
                            _ => leave!(Exit::Op(op)),
                        },
                        Tag::String => heap
                            .strings
                            .bytes(container)
                            .get(index)
                            .map(|&byte| (integer(index + 1), integer(index), image_data.byte(byte))),
                        Tag::Generator => {
                            let new_base = base + usize::from(proto.registers);
                            let generator = &mut heap.generators[container.index()];
                            if generator.state != GeneratorState::Suspended
                                || new_base > room
                                || frames.len() >= depth_limit
                            {
                                leave!(Exit::Op(op));
                            }
                            let number = integer(if next.is_null() { 0 } else { index + 1 });
                            r!(iterator) = number;
                            r!(key) = number;
                            resume!(generator, container, new_base, Then::Generated);
                            continue;
                        }
                        _ => leave!(Exit::Op(op)),
                    };
                    match item {
                        Some((_, _, value)) if value.is(Tag::WeakRef) => leave!(Exit::Op(op)),
                        Some((after, name, value)) => {
                            r!(key) = name;
                            r!(key.wrapping_add(1)) = value;
                            r!(iterator) = after;
                        }
                        None => jump!(by),
                    }
                }

                Op::Closure { dst, function, defaults } => {
                    let made = make_closure(heap, functions, proto, registers, function_value, function, defaults);
                    r!(dst) = fallible!(made);
                }
                Op::Base { dst } => {
                    let class = heap.closures[function_value.index()].base;
                    r!(dst) = if class == NONE { Value::NULL } else { Value::new(Tag::Class, class) };
                }
                Op::BitNot { dst, src } => match r!(src).as_integer() {
                    Some(integer) => r!(dst) = Value::integer(!integer),
                    None => leave!(Exit::Op(op)),
                },
                Op::InstanceOf { dst, a, class } => {
                    let (a, class) = (r!(a), r!(class));
                    if !a.is(Tag::Instance) || !class.is(Tag::Class) {
                        leave!(Exit::Op(op));
                    }
                    let mut at = heap.instances[a.index()].class;
                    let holds = loop {
                        if at == class.payload() {
                            break true;
                        }
                        match heap.classes.get(at as usize) {
                            Some(data) => at = data.base,
                            None => break false,
                        }
                        spend!(*fuel, 1);
                    };
                    r!(dst) = Value::bool(holds);
                }
                Op::TypeOf { dst, src } => {
                    let value = r!(src);
                    if matches!(value.tag(), Tag::Table | Tag::Instance) {
                        leave!(Exit::Op(op));
                    }
                    r!(dst) = image_data.type_names[value.tag() as usize];
                }
                Op::In { dst, key, object } => {
                    let (key, object) = (r!(key), r!(object));
                    let has = match object.tag() {
                        Tag::Table if !key.is_null() => {
                            heap.tables[object.index()].find(key, heap.hash(key), fuel).is_some()
                        }
                        _ => leave!(Exit::Op(op)),
                    };
                    r!(dst) = Value::bool(has);
                }

                Op::Delete { .. }
                | Op::MethodIndex { .. }
                | Op::Throw { .. }
                | Op::Compare { .. }
                | Op::Clone { .. }
                | Op::Class { .. }
                | Op::Member { .. } => leave!(Exit::Op(op)),
            }
        }
    }
}

/// Makes a closure of an inner function of `proto`.
fn make_closure(
    heap: &mut crate::heap::Heap,
    functions: &[Arc<Proto>],
    proto: &Proto,
    registers: &[Value; 256],
    enclosing: Value,
    function: u16,
    defaults: Reg,
) -> Result<Value, Fault> {
    let index = *proto.functions.get(usize::from(function)).ok_or(Fault::Corrupt)?;
    let inner = functions.get(index as usize).ok_or(Fault::Corrupt)?;
    let mut closure = Closure { code: Code::Script(index), ..Closure::default() };
    for outer in &inner.outers {
        let cell = match outer.source {
            OuterPlace::Register(register) => {
                let cell = registers[usize::from(register)];
                if !cell.is(Tag::Cell) {
                    return Err(Fault::Corrupt);
                }
                cell.payload()
            }
            OuterPlace::Outer(outer) => {
                let outers = &heap.closures[enclosing.index()].outers;
                *outers.get(usize::from(outer)).ok_or(Fault::Corrupt)?
            }
        };
        closure.outers.push(cell);
    }
    if inner.defaults > 0 {
        let from = usize::from(defaults);
        let values = registers.get(from..from + usize::from(inner.defaults)).ok_or(Fault::Corrupt)?;
        closure.defaults = values.into();
    }
    heap.closure(closure)
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
    } else {
        // Floats that are equal but not the same are the two zeros, which the reference calls different.
        i32::from(both_floats || a != b)
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

/// A field's default, method or static of a class that has a short chain for it.
#[inline(always)]
fn class_member(heap: &crate::heap::Heap, object: Value, key: Value, hash: u32) -> Option<Value> {
    let class = &heap.classes[object.index()];
    let place = class.members.get_short(key, hash)?.raw_integer();
    let list = if place & METHOD == 0 { &class.fields } else { &class.methods };
    list.get((place & !METHOD) as usize).map(|member| member.value)
}

/// The root table's slot of a name that an instance does not have, where nothing else comes before it: neither a `_get` nor
/// a method of instances.
fn root_name(
    heap: &crate::heap::Heap,
    image: &ImageData,
    this: Value,
    root: Value,
    key: Value,
    hash: u32,
) -> Option<Value> {
    let class = &heap.classes[heap.instances[this.index()].class as usize];
    if class.metamethods.is_some()
        || !matches!(class.members.find_surely(key, hash), Some(None))
        || !matches!(image.delegates[Tag::Instance as usize].find_surely(key, hash), Some(None))
    {
        return None;
    }
    heap.tables[root.index()].get_short(key, hash)
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
