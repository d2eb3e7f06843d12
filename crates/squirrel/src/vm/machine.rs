//! What the base library asks of the machine itself.

use super::fiber::{Fiber, Frame, HEADROOM, Root, Status, Then, frame};
use super::{Step, Vm};
use crate::fault::Fault;
use crate::heap::object::Code;
use crate::heap::table::NONE;
use crate::native::Machine;
use crate::program::Program;
use crate::value::{Tag, Value};

impl Vm {
    /// Carries out a request; `base` and `count` are the arguments of the native function that made it.
    pub(super) fn machine(
        &mut self,
        request: Machine,
        base: usize,
        count: usize,
        then: Then,
    ) -> Result<Option<Step>, Fault> {
        let argument = |vm: &Vm, place: usize| {
            if place < count { vm.fiber.stack.get(base + place).copied().unwrap_or(Value::NULL) } else { Value::NULL }
        };
        // The types were checked when the function was called; but a snapshot may show it at work with anything.
        let fits = match request {
            Machine::SetRoot | Machine::SetConstants => argument(self, 1).is(Tag::Table),
            Machine::ThreadStatus | Machine::ThreadCall | Machine::ThreadWakeup => argument(self, 0).is(Tag::Thread),
            Machine::Instance => argument(self, 0).is(Tag::Class),
            Machine::FunctionInfos => argument(self, 0).is(Tag::Closure),
            _ => true,
        };
        if !fits {
            return Err(Fault::Corrupt);
        }
        let value = match request {
            Machine::Callee => self.fiber.frames.last().map_or(Value::NULL, |frame| frame.function),
            Machine::Root => self.root,
            Machine::Constants => self.constants,
            Machine::SetRoot => {
                let table = argument(self, 1);
                std::mem::replace(&mut self.root, table)
            }
            Machine::SetConstants => {
                let table = argument(self, 1);
                std::mem::replace(&mut self.constants, table)
            }
            Machine::SetErrorHandler => {
                self.fiber.handler = argument(self, 1);
                Value::NULL
            }
            Machine::SetDebugHook => Value::NULL,
            Machine::Collect => {
                let freed = self.collect(false);
                Value::integer(i32::try_from(freed).unwrap_or(i32::MAX))
            }
            Machine::WeakTarget => {
                let reference = argument(self, 0);
                self.weakly(reference)
            }
            Machine::StackInfos => {
                let level = argument(self, 1).to_integer().unwrap_or(-1);
                self.stack_infos(level)?
            }
            Machine::ThreadStackInfos => {
                let thread = argument(self, 0);
                let level = argument(self, 1).to_integer().unwrap_or(-1);
                self.thread_stack_infos(thread, level)?
            }
            Machine::Instance => {
                let class = argument(self, 0);
                self.heap.instance(class)?
            }
            Machine::NewMember { raw } => {
                let (class, key, value) = (argument(self, 0), argument(self, 1), argument(self, 2));
                if key.is_null() {
                    return Err("null key".into());
                }
                let (attributes, is_static) = (argument(self, 3), argument(self, 4).truth());
                self.complete(then, Value::NULL)?;
                self.add_member(class, key, value, attributes, is_static, raw)?;
                return Ok(None);
            }
            Machine::NewThread => {
                let function = argument(self, 1);
                let fiber = Fiber { function, handler: self.fiber.handler, ..Fiber::default() };
                self.heap.thread(fiber)?
            }
            Machine::ThreadStatus => {
                let thread = argument(self, 0);
                let status = match self.heap.threads[thread.index()].status {
                    Status::Idle => "idle",
                    Status::Running => "running",
                    Status::Suspended => "suspended",
                };
                self.heap.string(status.as_bytes())?
            }
            Machine::Apply { report } => {
                let (function, arguments) = (argument(self, 0), argument(self, 1));
                return self.apply(function, arguments, base, then, report);
            }
            Machine::FunctionInfos => {
                let function = argument(self, 0);
                self.function_infos(function)?
            }
            Machine::ThreadCall => return self.thread_call(argument(self, 0), base, count, then),
            Machine::ThreadWakeup => return self.thread_wakeup(argument(self, 0), argument(self, 1), then),
            Machine::Suspend => return self.suspend(argument(self, usize::from(count > 1)), then),
            Machine::Compile => {
                let (source, name) = (argument(self, 1), argument(self, 2));
                self.compile(source, name)?
            }
        };
        self.complete(then, value)?;
        Ok(None)
    }

    fn compile(&mut self, source: Value, name: Value) -> Result<Value, Fault> {
        let source = self.heap.bytes(source).to_vec();
        let name = if name.is(Tag::String) { self.heap.bytes(name).to_vec() } else { b"unnamedbuffer".to_vec() };
        // The source is kept with the program, for snapshots.
        self.ensure(source.len().saturating_mul(4) + 4096)?;
        self.fuel -= i64::try_from(source.len()).unwrap_or(i64::MAX / 2);
        let constants = self.known_constants();
        let program = match Program::compile_with(&self.image, &source, &name, &constants) {
            Ok(program) => program,
            Err(errors) => {
                let text = errors.first().map_or_else(String::new, |error| error.text.clone());
                return Err(Fault::error(text));
            }
        };
        self.heap.meter.charge(program.0.run_time_bytes())?;
        self.load_inner(&program)
    }

    /// The scalars and enums in the table of constants, for the compiler.
    fn known_constants(&self) -> Vec<(Box<[u8]>, crate::syntax::Constant)> {
        use crate::syntax::{Constant, Scalar};
        let scalar = |value: Value| match value.tag() {
            Tag::Integer => Some(Scalar::Integer(value.raw_integer())),
            Tag::Float => value.as_float().map(Scalar::Float),
            Tag::Bool => Some(Scalar::Bool(value.truth())),
            Tag::String => Some(Scalar::String(self.heap.bytes(value).into())),
            _ => None,
        };
        let mut constants = Vec::new();
        if !self.constants.is(Tag::Table) {
            return constants;
        }
        for (name, value) in self.heap.tables[self.constants.index()].iter() {
            let Some(name) = self.heap.as_bytes(name) else { continue };
            let constant = if value.is(Tag::Table) {
                let members = self.heap.tables[value.index()].iter();
                Constant::Enum(
                    members
                        .filter_map(|(name, value)| Some((self.heap.as_bytes(name)?.into(), scalar(value)?)))
                        .collect(),
                )
            } else {
                match scalar(value) {
                    Some(scalar) => Constant::Scalar(scalar),
                    None => continue,
                }
            };
            constants.push((name.into(), constant));
        }
        constants
    }

    /// `f.acall(array)`
    fn apply(
        &mut self,
        function: Value,
        array: Value,
        base: usize,
        then: Then,
        report: bool,
    ) -> Result<Option<Step>, Fault> {
        let count = self.heap.items(array).len();
        if count > 250 {
            return Err("wrong number of parameters".into());
        }
        self.grow_stack(base + count + 2)?;
        // A native function that hands on what it is answered.
        let bottom = frame(function, Code::Native(self.image.0.start), base, then, Root::No);
        self.fiber.frames.push(Frame { kept: 1, pc: 1, ..bottom });
        self.fiber.depth += 1;
        self.fiber.stack[base] = function;
        self.fiber.stack[base + 1] = Value::NULL;
        for (place, &item) in self.heap.items(array).iter().enumerate() {
            self.fiber.stack[base + 2 + place] = self.heap.strong(item);
        }
        let root = if report { Root::Report } else { Root::Silent };
        self.call(function, base + 2, count, Then::Native, root)
    }

    /// `f.getinfos()` of a script function.
    fn function_infos(&mut self, function: Value) -> Result<Value, Fault> {
        let Code::Script(index) = self.heap.closures[function.index()].code else { return Ok(Value::NULL) };
        let proto = self.functions.get(index as usize).ok_or(Fault::Corrupt)?.clone();
        let mut names = proto.parameter_names.to_vec();
        if proto.vararg {
            names.push(self.heap.string(b"...")?);
        }
        let parameters = self.heap.array(names)?;
        let defaults = self.heap.closures[function.index()].defaults.to_vec();
        let defaults = self.heap.array(defaults)?;
        let table = self.heap.table(6)?;
        for (key, value) in [
            ("native", Value::FALSE),
            ("name", proto.name),
            ("src", proto.source),
            ("parameters", parameters),
            ("varargs", Value::integer(proto.vararg.into())),
            ("defparams", defaults),
        ] {
            let key = self.heap.string(key.as_bytes())?;
            self.heap.table_set(table, key, value, &mut 0)?;
        }
        Ok(table)
    }

    // Stack infos.

    fn stack_infos(&mut self, level: i32) -> Result<Value, Fault> {
        // Level 0 is the native function itself, which has no frame any more.
        if level == 0 {
            let name = self.heap.string(b"getstackinfos")?;
            return self.info_table(name, b"NATIVE", -1, &[]);
        }
        let Some(level) = usize::try_from(level).ok().and_then(|level| level.checked_sub(1)) else {
            return Ok(Value::NULL);
        };
        let mut places = (0..self.fiber.frames.len()).rev().filter(|&place| {
            self.fiber.frames.get(place).is_some_and(|frame| frame.code != Code::Native(self.image.0.start))
        });
        match places.nth(level) {
            Some(place) => self.frame_infos(place),
            None => Ok(Value::NULL),
        }
    }

    fn frame_infos(&mut self, place: usize) -> Result<Value, Fault> {
        let Some(entry) = self.stack_entry(place) else { return Ok(Value::NULL) };
        let name = self.heap.string(&entry.function)?;
        let variables = self.variables(place);
        self.info_table(name, &entry.source, entry.line, &variables)
    }

    fn info_table(
        &mut self,
        name: Value,
        source: &[u8],
        line: i32,
        variables: &[(Value, Value)],
    ) -> Result<Value, Fault> {
        let fuel = &mut 0;
        let table = self.heap.table(4)?;
        let source = self.heap.string(source)?;
        let locals = self.heap.table(variables.len())?;
        for &(name, value) in variables {
            self.heap.table_set(locals, name, value, fuel)?;
        }
        let slots = [("func", name), ("src", source), ("line", Value::integer(line)), ("locals", locals)];
        for (key, value) in slots {
            let key = self.heap.string(key.as_bytes())?;
            self.heap.table_set(table, key, value, fuel)?;
        }
        Ok(table)
    }

    fn thread_stack_infos(&mut self, thread: Value, level: i32) -> Result<Value, Fault> {
        if !thread.is(Tag::Thread) || self.heap.threads[thread.index()].frames.is_empty() {
            return Ok(Value::NULL);
        }
        let Ok(level) = usize::try_from(level) else { return Ok(Value::NULL) };
        let other = std::mem::take(&mut self.heap.threads[thread.index()]);
        let own = std::mem::replace(&mut self.fiber, other);
        let places = self.fiber.frames.len();
        let infos = match places.checked_sub(level + 1) {
            Some(place) => self.frame_infos(place),
            None => Ok(Value::NULL),
        };
        self.heap.threads[thread.index()] = std::mem::replace(&mut self.fiber, own);
        infos
    }

    // Threads.

    /// `thread.call(...)`
    fn thread_call(&mut self, thread: Value, base: usize, count: usize, then: Then) -> Result<Option<Step>, Fault> {
        let fiber = &self.heap.threads[thread.index()];
        if fiber.status != Status::Idle {
            return Err("cannot call a thread that is running or suspended".into());
        }
        if self.parked.len() >= 100 {
            return Err("Native stack overflow".into());
        }
        let function = fiber.function;
        // The function gets the root table as `this`, and the arguments of the call.
        let arguments: Vec<Value> = self.fiber.stack.get(base + 1..base + count).unwrap_or_default().to_vec();
        self.enter_thread(thread, then);
        self.grow_stack(arguments.len() + 1)?;
        self.fiber.frames.clear();
        self.fiber.depth = 0;
        // The bottom is a native frame, as for a call of the host's; it makes the call and hands on the result.
        self.fiber.stack[0] = function;
        self.fiber.stack[1] = self.root;
        for (place, &argument) in arguments.iter().enumerate() {
            self.fiber.stack[2 + place] = argument;
        }
        let Ok(kept) = u8::try_from(arguments.len() + 2) else { return Err("wrong number of parameters".into()) };
        let bottom = frame(function, Code::Native(self.image.0.start), 0, Then::Drop, Root::No);
        self.fiber.frames.push(Frame { kept, ..bottom });
        Ok(None)
    }

    /// `thread.wakeup(value)`
    fn thread_wakeup(&mut self, thread: Value, value: Value, then: Then) -> Result<Option<Step>, Fault> {
        match self.heap.threads[thread.index()].status {
            Status::Suspended => {}
            Status::Idle => return Err("cannot wakeup a idle thread".into()),
            Status::Running => return Err("cannot wakeup a running thread".into()),
        }
        if self.parked.len() >= 100 {
            return Err("Native stack overflow".into());
        }
        self.enter_thread(thread, then);
        let inner = self.fiber.inner;
        self.complete(inner, value)?;
        Ok(None)
    }

    /// `suspend(value)`
    fn suspend(&mut self, value: Value, then: Then) -> Result<Option<Step>, Fault> {
        if self.parked.is_empty() {
            return Err("cannot suspend an vm that isn't running".into());
        }
        // The call of the thread's function counts 1.
        if self.fiber.depth > 1 {
            return Err("cannot suspend through native calls/metamethods".into());
        }
        self.fiber.inner = then;
        let outer = self.fiber.outer;
        let functions = std::mem::take(&mut self.functions);
        self.fiber.clean(&functions, false);
        self.functions = functions;
        self.leave_thread(Status::Suspended)?;
        self.complete(outer, value)?;
        Ok(None)
    }

    fn enter_thread(&mut self, thread: Value, then: Then) {
        let mut fiber = std::mem::take(&mut self.heap.threads[thread.index()]);
        // While it runs its registers count as the machine's, not as an object's.
        fiber.status = Status::Running;
        fiber.outer = then;
        self.heap.threads[thread.index()].status = Status::Running;
        self.heap.threads[thread.index()].function = fiber.function;
        let outer = std::mem::replace(&mut self.fiber, fiber);
        self.parked.push((self.current, outer));
        self.current = thread.payload();
        // A thread's first stack; where there is no room for it, the call asks for it again, and fails.
        let len = self.fiber.stack.len();
        if len < HEADROOM && self.heap.meter.charge((HEADROOM - len) * size_of::<Value>()).is_ok() {
            self.fiber.stack.resize(HEADROOM, Value::NULL);
        }
    }

    /// Goes back to the fiber that called or woke up the one that runs.
    pub(super) fn leave_thread(&mut self, status: Status) -> Result<(), Fault> {
        let Some((outer_thread, outer)) = self.parked.pop() else { return Err(Fault::Corrupt) };
        let mut fiber = std::mem::replace(&mut self.fiber, outer);
        fiber.status = status;
        if status == Status::Idle {
            fiber.frames.clear();
            self.heap.meter.release(fiber.stack.len() * size_of::<Value>());
            fiber.stack = Vec::new();
        }
        if self.current != NONE {
            self.heap.threads[self.current as usize] = fiber;
        }
        self.current = outer_thread;
        Ok(())
    }
}
