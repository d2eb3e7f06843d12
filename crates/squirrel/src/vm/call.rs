//! Calls, returns, and what becomes of what is returned.

use super::execute::Exit;
use super::fiber::{Frame, Root, SCRATCH, Status, Then, frame};
use super::{Step, Vm};
use crate::fault::Fault;
use crate::heap::object::{Code, Generator, GeneratorState, Metamethod};
use crate::heap::table::NONE;
use crate::native::{Call, Flow, Host};
use crate::op::{Op, Reg};
use crate::program::Proto;
use crate::value::{Tag, Value};
use std::sync::Arc;

/// Activations and native functions within each other, as in the reference.
const NATIVE_DEPTH: u32 = 100;

impl Vm {
    /// Deals with what the loop was left for.
    pub(super) fn exit(&mut self, exit: Exit, host: &mut dyn Host) -> Result<Option<Step>, Fault> {
        match exit {
            Exit::Fuel => Ok(Some(Step::More)),
            Exit::Fault(fault) => Err(fault),
            Exit::Op(op) => {
                let done = self.operate(op, host);
                if done.is_ok() {
                    self.retry = None;
                }
                done.map(|()| None)
            }
            Exit::Return(value) => self.at_any_cost(|vm| vm.return_value(value)),
            Exit::Native { flow, function, native, base, dst } => {
                self.retry = None;
                self.at_any_cost(|vm| vm.flow(flow, function, native, base, Then::Store(dst), None))
            }
        }
    }

    // Registers of the frame on top.

    pub(super) fn base(&self) -> usize {
        self.fiber.frames.last().map_or(0, |frame| frame.base as usize)
    }

    pub(super) fn register(&self, register: Reg) -> Value {
        let at = self.base() + usize::from(register);
        self.fiber.stack.get(at).copied().unwrap_or(Value::NULL)
    }

    pub(super) fn set_register(&mut self, register: Reg, value: Value) {
        let at = self.base() + usize::from(register);
        if let Some(place) = self.fiber.stack.get_mut(at) {
            *place = value;
        }
    }

    /// The function of the script frame on top.
    pub(super) fn proto(&self) -> Result<Arc<Proto>, Fault> {
        match self.fiber.frames.last().map(|frame| frame.code) {
            Some(Code::Script(function)) => self.functions.get(function as usize).cloned().ok_or(Fault::Corrupt),
            _ => Err(Fault::Corrupt),
        }
    }

    /// The instruction that the frame on top is at.
    pub(super) fn current_op(&self) -> Option<Op> {
        let frame = self.fiber.frames.last()?;
        let Code::Script(function) = frame.code else { return None };
        let proto = self.functions.get(function as usize)?;
        proto.code.get((frame.pc as usize).checked_sub(1)?).copied()
    }

    pub(super) fn jump(&mut self, by: i32) {
        if let Some(frame) = self.fiber.frames.last_mut() {
            frame.pc = frame.pc.wrapping_add_signed(by);
        }
    }

    /// The first place above the registers of the frame on top.
    fn above(&self) -> usize {
        let Some(frame) = self.fiber.frames.last() else { return 0 };
        frame.base as usize
            + match frame.code {
                Code::Script(function) => {
                    self.functions.get(function as usize).map_or(0, |proto| usize::from(proto.registers))
                }
                Code::Native(_) => usize::from(frame.kept) + 1,
            }
    }

    /// Makes sure that so many bytes can be allocated.
    pub(super) fn ensure(&mut self, bytes: usize) -> Result<(), Fault> {
        self.heap.meter.charge(bytes)?;
        self.heap.meter.release(bytes);
        Ok(())
    }

    /// Runs what cannot be run again, with the room that is kept back for it.
    pub(super) fn at_any_cost<T>(&mut self, run: impl FnOnce(&mut Vm) -> Result<T, Fault>) -> Result<T, Fault> {
        let threshold = self.heap.meter.open();
        let outcome = run(self);
        self.heap.meter.close(threshold);
        outcome.map_err(|fault| match fault {
            Fault::Room(_) => Fault::Room(usize::MAX),
            fault => fault,
        })
    }

    // Calls.

    /// Calls a function with `this` and arguments, on registers above those of the frame on top.
    pub(super) fn invoke(&mut self, function: Value, arguments: &[Value], then: Then, root: Root) -> Result<(), Fault> {
        let base = self.above();
        self.grow_stack(base + arguments.len())?;
        for (place, &argument) in arguments.iter().enumerate() {
            self.fiber.stack[base + place] = argument;
        }
        match self.call(function, base, arguments.len(), then, root)? {
            None => Ok(()),
            Some(_) => Err(Fault::error("cannot suspend through native calls/metamethods")),
        }
    }

    /// Calls what stands at `base`, `this` first. Gives a step if the machine must wait or stop.
    pub(super) fn call(
        &mut self,
        function: Value,
        base: usize,
        count: usize,
        then: Then,
        root: Root,
    ) -> Result<Option<Step>, Fault> {
        match function.tag() {
            Tag::Closure => {
                let closure = &self.heap.closures[function.index()];
                let env = closure.env;
                match closure.code {
                    Code::Script(index) => self.call_closure(function, index, base, count, then, root, None),
                    Code::Native(native) => {
                        self.grow_stack(base + count)?;
                        self.fiber.stack[base] = self.heap.strong(env);
                        self.call_native(function, native, base, count, then)
                    }
                }
            }
            Tag::Native => self.call_native(function, function.payload(), base, count, then),
            Tag::Class => self.construct(function, base, count, then, root),
            Tag::Table | Tag::Instance => {
                let Some(metamethod) = self.heap.metamethod(function, Metamethod::Call, &self.image.0.metamethods)
                else {
                    return Err(Fault::error(format!("attempt to call '{}'", function.tag().name())));
                };
                // The object is `this`; the original `this` and the arguments follow. They must not move twice.
                self.grow_stack(base + count + 1 + super::fiber::HEADROOM)?;
                self.ensure(4096 + count * 16)?;
                self.fiber.stack.copy_within(base..base + count, base + 1);
                self.fiber.stack[base] = function;
                self.call(metamethod, base, count + 1, then, if root == Root::No { Root::Silent } else { root })
            }
            tag => Err(Fault::error(format!("attempt to call '{}'", tag.name()))),
        }
    }

    fn check_depth(&self, root: Root) -> Result<(), Fault> {
        if self.fiber.frames.len() >= self.limits.depth {
            return Err("stack overflow".into());
        }
        if root != Root::No && self.fiber.depth >= NATIVE_DEPTH {
            return Err("Native stack overflow".into());
        }
        Ok(())
    }

    /// Calls a closure; in place of the frame `tail`, if that is given.
    fn call_closure(
        &mut self,
        function: Value,
        index: u32,
        base: usize,
        count: usize,
        then: Then,
        root: Root,
        tail: Option<Frame>,
    ) -> Result<Option<Step>, Fault> {
        self.check_depth(root)?;
        self.grow_stack(base + count)?;
        let proto = self.functions.get(index as usize).ok_or(Fault::Corrupt)?;
        let parameters = usize::from(proto.parameters);
        let (registers, is_generator, vararg) = (usize::from(proto.registers), proto.generator, proto.vararg);
        if vararg {
            if count < parameters {
                return Err("wrong number of parameters".into());
            }
            let rest = self.heap.array_of(count - parameters, Value::NULL)?;
            let items = &self.fiber.stack[base + parameters..base + count];
            self.heap.items_mut(rest).copy_from_slice(items);
            self.fiber.stack[base + parameters] = rest;
        } else if count != parameters {
            let defaults = usize::from(proto.defaults);
            if count > parameters || parameters - count > defaults {
                return Err("wrong number of parameters".into());
            }
            let values = &self.heap.closures[function.index()].defaults;
            for place in count..parameters {
                let value = values.get(place + defaults - parameters).copied().unwrap_or(Value::NULL);
                self.fiber.stack[base + place] = value;
            }
        }
        let env = self.heap.closures[function.index()].env;
        if is_generator {
            let mut registers = vec![Value::NULL; registers].into_boxed_slice();
            let filled = (parameters + usize::from(vararg)).min(registers.len());
            registers[..filled].copy_from_slice(&self.fiber.stack[base..base + filled]);
            if !env.is_null() {
                registers[0] = self.heap.strong(env);
            }
            let generator = self.heap.generator(Generator {
                closure: function.payload(),
                pc: 0,
                state: GeneratorState::Suspended,
                registers,
            })?;
            self.fuel -= 8;
            self.complete(then, generator)?;
            return Ok(None);
        }
        if !env.is_null() {
            self.fiber.stack[base] = self.heap.strong(env);
        }
        self.fuel -= 8;
        if root != Root::No {
            self.fiber.depth += 1;
        }
        match tail {
            Some(replaced) => {
                let mut new = frame(function, Code::Script(index), base, replaced.then, replaced.root);
                new.generator = replaced.generator;
                if let Some(top) = self.fiber.frames.last_mut() {
                    *top = new;
                }
            }
            None => self.fiber.frames.push(frame(function, Code::Script(index), base, then, root)),
        }
        Ok(None)
    }

    /// `return f(...)`: the callee takes the place of the frame, if it is a plain closure.
    pub(super) fn tail_call(&mut self, callee: Reg, count: u8) -> Result<Option<Step>, Fault> {
        let function = self.register(callee);
        let base = self.base();
        let from = base + usize::from(callee) + 1;
        let count = usize::from(count);
        if function.is(Tag::Closure)
            && let Code::Script(index) = self.heap.closures[function.index()].code
            && let Some(proto) = self.functions.get(index as usize)
            && !proto.generator
            && let Some(&top) = self.fiber.frames.last()
        {
            // The number of arguments is checked before anything moves: the error belongs to this frame.
            let (parameters, defaults) = (usize::from(proto.parameters), usize::from(proto.defaults));
            let fits =
                if proto.vararg { count >= parameters } else { count <= parameters && parameters - count <= defaults };
            if fits {
                if proto.vararg {
                    self.heap.meter.charge(count * size_of::<Value>() + 256)?;
                    self.heap.meter.release(count * size_of::<Value>() + 256);
                }
                self.grow_stack(from + count)?;
                self.fiber.stack.copy_within(from..from + count, base);
                return self.call_closure(function, index, base, count, Then::Drop, Root::No, Some(top));
            }
        }
        self.call(function, from, count, Then::Store(callee), Root::No)
    }

    /// Makes an instance and runs its constructor, if it has one.
    fn construct(
        &mut self,
        class: Value,
        base: usize,
        count: usize,
        then: Then,
        root: Root,
    ) -> Result<Option<Step>, Fault> {
        self.check_depth(Root::No)?;
        self.grow_stack(base + count)?;
        let instance = self.heap.instance(class)?;
        let data = &self.heap.classes[class.index()];
        let constructor = data.methods.get(data.constructor as usize).map(|method| method.value);
        let Some(constructor) = constructor else {
            self.complete(then, instance)?;
            return Ok(None);
        };
        // Where the instance goes is written once the call stands: until then the instruction may be run again.
        let place = match then {
            Then::Store(register) => Some(self.base() + usize::from(register)),
            Then::Native => self.fiber.frames.last().map(|frame| frame.base as usize + usize::from(frame.kept)),
            _ => None,
        };
        self.fiber.stack[base] = instance;
        match constructor.tag() {
            Tag::Closure | Tag::Native => {
                // What a constructor returns is ignored.
                let step = self.call(constructor, base, count, Then::Drop, root)?;
                if let Some(place) = place.and_then(|place| self.fiber.stack.get_mut(place)) {
                    *place = instance;
                }
                Ok(step)
            }
            _ => {
                self.complete(then, instance)?;
                Ok(None)
            }
        }
    }

    fn call_native(
        &mut self,
        function: Value,
        native: u32,
        base: usize,
        count: usize,
        then: Then,
    ) -> Result<Option<Step>, Fault> {
        if self.fiber.depth >= NATIVE_DEPTH {
            return Err("Native stack overflow".into());
        }
        if self.fiber.frames.len() >= self.limits.depth {
            return Err("stack overflow".into());
        }
        self.grow_stack(base + count)?;
        // It gets a frame before it runs: it then is where any other native is that has been called already.
        let Ok(kept) = u8::try_from(count) else { return Err("wrong number of parameters".into()) };
        let entry = self.image.0.natives.get(native as usize).ok_or(Fault::Corrupt)?;
        entry.check(&self.fiber.stack[base..base + count])?;
        self.fiber.depth += 1;
        let mut new = frame(function, Code::Native(native), base, then, Root::No);
        new.kept = kept;
        self.fiber.frames.push(new);
        let answer = base + usize::from(kept);
        self.fiber.stack[answer] = Value::NULL;
        Ok(None)
    }

    /// Runs a step of the native function on top.
    pub(super) fn run_native(&mut self, host: &mut dyn Host) -> Result<Option<Step>, Fault> {
        let Some(&top) = self.fiber.frames.last() else { return Err(Fault::Corrupt) };
        let Code::Native(native) = top.code else { return Err(Fault::Corrupt) };
        let base = top.base as usize;
        self.grow_stack(base + usize::from(top.kept))?;
        self.fuel -= 4;
        let Vm { image, heap, fiber, fuel, root, .. } = self;
        let root = *root;
        let entry = image.0.natives.get(native as usize).ok_or(Fault::Corrupt)?;
        let result = fiber.stack[base + usize::from(top.kept)];
        let window = &mut fiber.stack[base..base + usize::from(top.kept) + SCRATCH];
        let mut call = Call {
            heap,
            image,
            host,
            step: top.pc,
            result,
            registers: window,
            count: usize::from(top.kept),
            fuel,
            root,
            native,
        };
        let flow = (entry.function)(&mut call)?;
        self.retry = None;
        self.at_any_cost(|vm| vm.flow(flow, top.function, native, base, top.then, Some(())))
    }

    /// Carries out what a native function answered. `framed` says that it has a frame already.
    fn flow(
        &mut self,
        flow: Flow,
        function: Value,
        native: u32,
        base: usize,
        then: Then,
        framed: Option<()>,
    ) -> Result<Option<Step>, Fault> {
        match flow {
            Flow::Return(value) => {
                if framed.is_some() {
                    return self.return_value(value);
                }
                self.complete(then, value)?;
                Ok(None)
            }
            Flow::Call { callee, first, count, step, report } => {
                self.settle(function, native, base, then, framed, step, first)?;
                // The arguments move up by one, behind the place for the answer.
                let from = base + usize::from(first);
                self.grow_stack(from + usize::from(count) + 1)?;
                self.fiber.stack.copy_within(from..from + usize::from(count), from + 1);
                self.fiber.stack[from] = Value::NULL;
                let root = if report { Root::Report } else { Root::Silent };
                self.call(callee, from + 1, usize::from(count), Then::Native, root)
            }
            Flow::Pause { step, registers } => {
                self.settle(function, native, base, then, framed, step, registers)?;
                Ok(None)
            }
            Flow::Wait { step, registers } => {
                self.settle(function, native, base, then, framed, step, registers)?;
                Ok(Some(Step::Waiting))
            }
            Flow::Machine(request) => {
                // The request is made on behalf of the native, which is through; its arguments are still at `base`.
                let count = match framed {
                    Some(()) => self.pop_frame().map_or(0, |frame| usize::from(frame.kept)),
                    None => match self.current_op() {
                        Some(Op::Call { count, .. }) => usize::from(count),
                        _ => 1,
                    },
                };
                self.machine(request, base, count, then)
            }
        }
    }

    /// Gives a native function its frame, if it has none, and writes down where it goes on.
    fn settle(
        &mut self,
        function: Value,
        native: u32,
        base: usize,
        then: Then,
        framed: Option<()>,
        step: u32,
        kept: u8,
    ) -> Result<(), Fault> {
        if framed.is_none() {
            if self.fiber.depth >= NATIVE_DEPTH {
                return Err("Native stack overflow".into());
            }
            self.fiber.depth += 1;
            self.fiber.frames.push(frame(function, Code::Native(native), base, then, Root::No));
        }
        if let Some(top) = self.fiber.frames.last_mut() {
            top.pc = step;
            top.kept = kept;
        }
        Ok(())
    }

    /// Puts the answer for the native function on top behind its registers.
    pub(super) fn set_answer(&mut self, value: Value) {
        if let Some(top) = self.fiber.frames.last() {
            let at = top.base as usize + usize::from(top.kept);
            if let Some(place) = self.fiber.stack.get_mut(at) {
                *place = value;
            }
        }
    }

    // Returns.

    /// Takes the frame off the top.
    pub(super) fn pop_frame(&mut self) -> Option<Frame> {
        let frame = self.fiber.frames.pop()?;
        let counted = u32::from(frame.root != Root::No) + u32::from(matches!(frame.code, Code::Native(_)));
        self.fiber.depth = self.fiber.depth.saturating_sub(counted);
        Some(frame)
    }

    /// Ends the frame on top.
    pub(super) fn return_value(&mut self, value: Value) -> Result<Option<Step>, Fault> {
        let Some(frame) = self.pop_frame() else { return Err(Fault::Corrupt) };
        if frame.generator != NONE {
            let generator = &mut self.heap.generators[frame.generator as usize];
            generator.state = GeneratorState::Dead;
            let registers = std::mem::take(&mut generator.registers);
            self.heap.meter.release(registers.len() * size_of::<Value>());
        }
        if self.fiber.frames.is_empty() {
            return self.fiber_ended(value);
        }
        if frame.then == Then::Rethrow {
            // Nobody waits for what an error handler returns.
            let at = (frame.base as usize).saturating_sub(1);
            let thrown = self.fiber.stack.get(at).copied().unwrap_or(Value::NULL);
            return self.unwind(thrown, true);
        }
        self.complete(frame.then, value)?;
        Ok(None)
    }

    /// The bottom frame of a fiber is through.
    fn fiber_ended(&mut self, value: Value) -> Result<Option<Step>, Fault> {
        if self.parked.is_empty() {
            return Ok(Some(Step::Done(value)));
        }
        let then = self.fiber.outer;
        self.leave_thread(Status::Idle)?;
        self.complete(then, value)?;
        Ok(None)
    }

    /// Does with a value what was to become of it, in the frame on top.
    pub(super) fn complete(&mut self, then: Then, value: Value) -> Result<(), Fault> {
        match then {
            Then::Store(register) | Then::Get(register, _) => self.set_register(register, value),
            Then::Drop | Then::Set(_) => {}
            Then::Native => self.set_answer(value),
            Then::Compare(register, relation) => {
                let order = value.as_integer().ok_or("_cmp must return an integer")?;
                self.set_register(register, relation.value(order));
            }
            Then::Branch(relation) => {
                let order = value.as_integer().ok_or("_cmp must return an integer")?;
                if !relation.holds(order)
                    && let Some(
                        Op::UnlessLess { by, .. }
                        | Op::UnlessLessOrEqual { by, .. }
                        | Op::UnlessGreater { by, .. }
                        | Op::UnlessGreaterOrEqual { by, .. }
                        | Op::UnlessLessThan { by, .. }
                        | Op::UnlessAtMost { by, .. }
                        | Op::UnlessGreaterThan { by, .. }
                        | Op::UnlessAtLeast { by, .. },
                    ) = self.current_op()
                {
                    self.jump(by);
                }
            }
            Then::Nexti => self.foreach_next_key(value)?,
            Then::Generated => self.foreach_generated(value),
            Then::Rethrow => return Err(Fault::Corrupt),
        }
        Ok(())
    }

    // Generators.

    /// Goes on with a generator.
    pub(super) fn resume(&mut self, value: Value, then: Then) -> Result<(), Fault> {
        if !value.is(Tag::Generator) {
            return Err(Fault::error(format!(
                "trying to resume a '{}',only genenerator can be resumed",
                value.tag().name()
            )));
        }
        self.check_depth(Root::No)?;
        let generator = &self.heap.generators[value.index()];
        match generator.state {
            GeneratorState::Dead => return Err("resuming dead generator".into()),
            GeneratorState::Running => return Err("resuming active generator".into()),
            GeneratorState::Suspended => {}
        }
        let closure = Value::new(Tag::Closure, generator.closure);
        let base = self.above();
        let count = generator.registers.len();
        self.grow_stack(base + count)?;
        let generator = &mut self.heap.generators[value.index()];
        let Some(data) = self.heap.closures.get(closure.index()) else { return Err(Fault::Corrupt) };
        let code = data.code;
        self.fiber.stack[base..base + count].copy_from_slice(&generator.registers);
        generator.state = GeneratorState::Running;
        self.fuel -= 8;
        let mut new = frame(closure, code, base, then, Root::No);
        new.pc = generator.pc;
        new.generator = value.payload();
        self.fiber.frames.push(new);
        Ok(())
    }

    /// Leaves a generator at a `yield`.
    pub(super) fn yield_value(&mut self, value: Value) -> Result<(), Fault> {
        let Some(&top) = self.fiber.frames.last() else { return Err(Fault::Corrupt) };
        if top.generator == NONE {
            return Err("trying to yield a 'null',only genenerator can be yielded".into());
        }
        let live = self.fiber.live(self.fiber.frames.len() - 1, &self.functions, false);
        let base = top.base as usize;
        let generator = &mut self.heap.generators[top.generator as usize];
        let live = live.min(generator.registers.len());
        generator.registers[..live].copy_from_slice(&self.fiber.stack[base..base + live]);
        generator.registers[live..].fill(Value::NULL);
        generator.pc = top.pc;
        generator.state = GeneratorState::Suspended;
        self.pop_frame();
        self.complete(top.then, value)
    }
}
