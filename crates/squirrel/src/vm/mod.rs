//! The virtual machine: a heap, stacks of frames, and the loop that runs them in slices.
//!
//! [`execute`] is the loop for what is frequent and simple. Whatever it cannot finish itself (a metamethod, an error, a
//! call that is not plain) it leaves to the functions here, which have the whole machine, and is then entered again. All
//! state is in the machine, never on the native stack; so a slice may end at any time.

mod call;
mod execute;
pub(crate) mod fiber;
mod get;
pub(crate) mod internal;
mod machine;
mod operators;
mod slots;
mod unwind;

use std::sync::Arc;

use crate::convert::{FromSquirrel, IntoSquirrel, WrongType};
use crate::fault::Fault;
use crate::heap::Heap;
use crate::heap::object::{Closure, Code};
use crate::heap::table::{NONE, Table};
use crate::image::Image;
use crate::native::Host;
use crate::program::{Program, Proto};
use crate::syntax::Constant;
use crate::value::{Tag, Value};
use fiber::{Fiber, HEADROOM, Root, Then, frame};

pub use unwind::{Failure, LocalText, StackEntry};

/// What a machine may use. The defaults suit a program of its own; a host of many sets its own.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of heap, 64 MiB by default: objects and stacks, counted exactly.
    pub heap_bytes: usize,
    /// Calls within calls, 20,000 by default; beyond, `stack overflow` is raised, which a program can catch.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { heap_bytes: 64 << 20, depth: 20_000 }
    }
}

/// What a slice came to.
#[derive(Debug)]
pub enum Step {
    /// The fuel is used up; run it again to go on.
    More,
    /// A native function waits for the host: see [`Vm::answer`].
    Waiting,
    /// The function that was called has returned this.
    Done(Value),
    /// An error that nothing caught ended it.
    Failed(Box<Failure>),
    /// The heap is full of what is in use. The machine cannot go on.
    OutOfMemory,
    /// The state makes no sense, as only a forged snapshot can bring about. The machine cannot go on.
    Corrupt,
}

/// Whether a machine can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Resting,
    Running,
    Waiting,
    Ended,
}

/// A value that the host holds on to across slices; see [`Vm::hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Held(u32);

impl Held {
    /// What a machine holds at a place: a new machine's values have the places 0, 1, 2 in the order in which they are
    /// [held](Vm::hold), and keep them through snapshots.
    pub const fn at(place: u32) -> Held {
        Held(place)
    }

    /// The place.
    pub const fn place(self) -> u32 {
        self.0
    }
}

/// A virtual machine.
#[derive(Debug)]
pub struct Vm {
    pub(crate) image: Image,
    pub(crate) limits: Limits,
    pub(crate) heap: Heap,
    /// All functions of all programs that were loaded.
    pub(crate) functions: Vec<Arc<Proto>>,
    /// The programs, in order, each with the index of its first function.
    pub(crate) programs: Vec<(Program, u32)>,
    pub(crate) fiber: Fiber,
    /// The fibers that wait for the one that runs, each with the thread that it is, or [`NONE`].
    pub(crate) parked: Vec<(u32, Fiber)>,
    /// The thread that runs, or [`NONE`].
    pub(crate) current: u32,
    pub(crate) root: Value,
    pub(crate) constants: Value,
    pub(crate) held: Vec<Value>,
    pub(crate) free_held: Vec<u32>,
    /// What the host was given or made since the machine ran last: it may not hold it yet.
    recent: Vec<Value>,
    pub(crate) state: State,
    /// The instruction that asked for room last, and what it asked for since.
    pub(crate) retry: Option<(usize, u32, usize)>,
    /// What is known of the error that is being raised.
    pub(crate) noted: Option<Box<Failure>>,
    /// An error of the host's that nothing caught.
    pub(crate) failure: Option<Box<Failure>>,
    pub(crate) fuel: i64,
    /// Fuel that is withheld from a script whose instruction asked for room, so that it stops at the next jump or call: then that
    /// instruction is through, and what it asked for is forgotten.
    withheld: Option<i64>,
    /// All the fuel that was ever used.
    spent: u64,
}

impl Vm {
    /// Makes a machine for programs of this image. It shares the strings of `program`, if that is given, which every machine
    /// that is to run just one program should have.
    ///
    /// # Errors
    /// If the libraries do not fit the limit of the heap.
    pub fn new(image: &Image, program: Option<&Program>, limits: Limits) -> Result<Vm, OutOfMemory> {
        let mut vm = Vm::empty(image, program, limits);
        vm.build().map_err(|_| OutOfMemory)?;
        Ok(vm)
    }

    /// A machine with nothing in it.
    pub(crate) fn empty(image: &Image, program: Option<&Program>, limits: Limits) -> Vm {
        let strings = match program {
            Some(program) if program.0.image == image.0.number => program.0.strings.clone(),
            _ => image.0.strings.clone(),
        };
        Vm {
            image: image.clone(),
            limits,
            heap: Heap::new(strings, limits.heap_bytes),
            functions: Vec::new(),
            programs: Vec::new(),
            fiber: Fiber::default(),
            parked: Vec::new(),
            current: NONE,
            root: Value::NULL,
            constants: Value::NULL,
            held: Vec::new(),
            free_held: Vec::new(),
            recent: Vec::new(),
            state: State::Resting,
            retry: None,
            noted: None,
            failure: None,
            fuel: 0,
            withheld: None,
            spent: 0,
        }
    }

    fn build(&mut self) -> Result<(), Fault> {
        self.heap.meter.open();
        let image = self.image.0.clone();
        let mut tables = Vec::new();
        for table in &image.tables {
            tables.push(self.heap.add_table(table.clone())?);
        }
        let mut classes = Vec::new();
        for class in &image.classes {
            let value = self.heap.class(class.base.and_then(|base| classes.get(base).copied()))?;
            self.heap.classes[value.index()].native = class.native;
            for &(name, method) in &class.methods {
                self.heap.class_new_slot(value, name, method, false, image.constructor, &image.metamethods, &mut 0)?;
            }
            classes.push(value);
        }
        let mut root: Table = image.root.clone();
        for index in 0..root.size() {
            if let Some(node) = root.node_mut(index) {
                let list = match node.value.tag() {
                    Tag::Table => &tables,
                    Tag::Class => &classes,
                    _ => continue,
                };
                node.value = list.get(node.value.index()).copied().unwrap_or(Value::NULL);
            }
        }
        self.root = self.heap.add_table(root)?;
        self.constants = self.heap.table(0)?;
        self.grow_stack(0)?;
        self.heap.meter.raise(0);
        Ok(())
    }

    /// Adds a program, and returns the closure that runs it: a function with a variable number of parameters.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn load(&mut self, program: &Program) -> Result<Value, OutOfMemory> {
        self.make_with(|vm| vm.load_inner(program))
    }

    fn load_inner(&mut self, program: &Program) -> Result<Value, Fault> {
        let data = &program.0;
        let (first, functions) = self.link(program)?;
        // In the table of constants, too, for programs compiled later and for `getconsttable()`.
        for (name, constant) in &data.constants {
            let name = self.heap.string(name)?;
            let value = self.constant_value(constant)?;
            self.heap.table_set(self.constants, name, value, &mut 0)?;
        }
        let closure = self.heap.closure(Closure { code: Code::Script(first), ..Closure::default() })?;
        self.functions.extend(functions);
        self.programs.push((program.clone(), first));
        Ok(closure)
    }

    /// The functions of a program as this machine needs them, and the index of the first.
    pub(crate) fn link(&mut self, program: &Program) -> Result<(u32, Vec<Arc<Proto>>), Fault> {
        let data = &program.0;
        #[expect(clippy::cast_possible_truncation, reason = "programs are far smaller")]
        let first = self.functions.len() as u32;
        let shared = Arc::ptr_eq(&data.strings, self.heap.strings.shared());
        let mut functions = Vec::with_capacity(data.functions.len());
        for function in &data.functions {
            if shared && first == 0 {
                functions.push(function.clone());
                continue;
            }
            let mut own = Proto::clone(function);
            for inner in &mut own.functions {
                *inner += first;
            }
            if !shared {
                self.adopt(&mut own, &data.strings)?;
            }
            functions.push(Arc::new(own));
        }
        Ok((first, functions))
    }

    fn constant_value(&mut self, constant: &Constant) -> Result<Value, Fault> {
        match constant {
            Constant::Scalar(scalar) => self.scalar(scalar),
            Constant::Enum(members) => {
                let table = self.heap.table(members.len())?;
                for (name, scalar) in members {
                    let name = self.heap.string(name)?;
                    let value = self.scalar(scalar)?;
                    self.heap.table_set(table, name, value, &mut 0)?;
                }
                Ok(table)
            }
        }
    }

    fn scalar(&mut self, scalar: &crate::syntax::Scalar) -> Result<Value, Fault> {
        use crate::syntax::Scalar;
        Ok(match scalar {
            Scalar::Integer(integer) => Value::integer(*integer),
            Scalar::Float(float) => Value::float(*float),
            Scalar::Bool(bool) => Value::bool(*bool),
            Scalar::String(bytes) => self.heap.string(bytes)?,
        })
    }

    /// Replaces the strings of a function by those of this machine.
    fn adopt(&mut self, function: &mut Proto, strings: &crate::heap::strings::StringSet) -> Result<(), Fault> {
        let heap = &mut self.heap;
        let mut own = |value: &mut Value| -> Result<(), Fault> {
            if value.is(Tag::String) {
                *value = heap.string(strings.bytes(*value))?;
            }
            Ok(())
        };
        own(&mut function.name)?;
        own(&mut function.source)?;
        for constant in &mut function.constants {
            own(&mut constant.value)?;
        }
        for local in &mut function.locals {
            own(&mut local.name)?;
        }
        for name in &mut function.parameter_names {
            own(name)?;
        }
        for outer in &mut function.outers {
            own(&mut outer.name)?;
        }
        Ok(())
    }

    /// Begins a call. [`Vm::run`] runs it.
    ///
    /// # Errors
    /// [`StartError::Busy`] if another call is not finished yet.
    pub fn start(&mut self, function: Value, this: Value, arguments: &[Value]) -> Result<(), StartError> {
        if self.state != State::Resting {
            return Err(StartError::Busy);
        }
        if arguments.len() > 200 {
            return Err(StartError::TooManyArguments);
        }
        self.state = State::Running;
        let function = self.checked(function);
        let this = self.checked(this);
        self.fiber.frames.clear();
        self.fiber.depth = 0;
        // The function itself stands below its frame, where an instruction would have it.
        self.fiber.stack[0] = function;
        self.fiber.stack[1] = this;
        for (place, &argument) in arguments.iter().enumerate() {
            self.fiber.stack[2 + place] = self.checked(argument);
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 200")]
        let count = arguments.len() as u8 + 1;
        self.fiber.frames.push(fiber::Frame {
            kept: count + 1,
            ..frame(function, Code::Native(self.image.0.start), 0, Then::Drop, Root::No)
        });
        self.fiber.depth = 0;
        Ok(())
    }

    /// Runs for about `fuel` instructions.
    ///
    /// Fuel used beyond that (an instruction is never cut in two, unless it may take long) is a debt that the next slice
    /// pays first.
    pub fn run(&mut self, host: &mut dyn Host, fuel: u32) -> Step {
        match self.state {
            State::Resting | State::Ended => return Step::Corrupt,
            State::Waiting => return Step::Waiting,
            State::Running => {}
        }
        self.fuel = self.fuel.saturating_add(i64::from(fuel));
        self.recent.clear();
        let given = self.fuel;
        let step = self.run_slice(host);
        self.give_back();
        self.spent = self.spent.wrapping_add(u64::try_from(given - self.fuel).unwrap_or(0));
        if self.fuel > 0 {
            self.fuel = 0;
        }
        match &step {
            Step::Done(value) => {
                self.recent.push(*value);
                self.rest();
            }
            Step::Failed(failure) => {
                self.recent.push(failure.value);
                self.rest();
            }
            Step::OutOfMemory | Step::Corrupt => self.state = State::Ended,
            Step::Waiting => self.state = State::Waiting,
            Step::More => {}
        }
        step
    }

    /// Returns how many instructions have run since the machine was made, or what they would have been for native functions.
    pub fn spent(&self) -> u64 {
        self.spent
    }

    fn rest(&mut self) {
        self.state = State::Resting;
        self.fiber.frames.clear();
        self.fiber.depth = 0;
    }

    fn run_slice(&mut self, host: &mut dyn Host) -> Step {
        // An error that the host answered has unwound everything already.
        if let Some(failure) = self.failure.take() {
            return Step::Failed(failure);
        }
        loop {
            if self.fuel <= 0 {
                self.give_back();
            }
            if self.fuel <= 0 {
                return Step::More;
            }
            let outcome = match self.fiber.frames.last() {
                None => return Step::Corrupt,
                Some(frame) => match frame.code {
                    Code::Script(_) => {
                        let exit = self.execute(host);
                        self.exit(exit, host)
                    }
                    Code::Native(_) => self.run_native(host),
                },
            };
            let fault = match outcome {
                Ok(None) => continue,
                Ok(Some(Step::More)) if self.give_back() => {
                    self.retry = None;
                    continue;
                }
                Ok(Some(step)) => return step,
                Err(fault) => fault,
            };
            match fault {
                Fault::Room(bytes) => {
                    if !self.make_room(bytes) {
                        return Step::OutOfMemory;
                    }
                }
                Fault::Corrupt => return Step::Corrupt,
                fault => match self.raise(fault) {
                    Ok(None) => {}
                    Ok(Some(step)) => return step,
                    Err(_) => return Step::OutOfMemory,
                },
            }
        }
    }

    /// Gives back fuel that was withheld, and says whether there was any.
    fn give_back(&mut self) -> bool {
        let withheld = self.withheld.take();
        self.fuel += withheld.unwrap_or(0);
        withheld.is_some()
    }

    /// Collects garbage so that the instruction at hand can run again with so many more bytes. Says whether they will fit.
    fn make_room(&mut self, bytes: usize) -> bool {
        let depth = self.fiber.frames.len();
        let Some(frame) = self.fiber.frames.last() else { return false };
        let script = matches!(frame.code, Code::Script(_));
        let pc = frame.pc;
        // An instruction that allocates twice asks twice: it must get both, or it would ask for ever.
        let bytes = match self.retry {
            Some((at_depth, at_pc, asked)) if (at_depth, at_pc) == (depth, pc) => asked.saturating_add(bytes),
            _ => bytes,
        };
        self.retry = Some((depth, pc, bytes));
        self.collect(false);
        if script && let Some(frame) = self.fiber.frames.last_mut() {
            frame.pc = frame.pc.saturating_sub(1);
            self.withheld = Some(self.withheld.unwrap_or(0) + self.fuel - 1);
            self.fuel = 1;
        }
        self.heap.meter.raise(bytes.saturating_mul(2).min(self.heap.meter.limit() / 4).max(bytes))
            || self.heap.meter.raise(bytes)
    }

    /// Collects garbage; `resting` says that no instruction is at work. Returns the number of objects freed.
    fn collect(&mut self, resting: bool) -> usize {
        self.clean(resting);
        let Vm { heap, fiber, parked, root, constants, held, functions, programs, current, noted, failure, .. } = self;
        let recent = &self.recent;
        let own = programs
            .iter()
            .find(|(program, _)| !Arc::ptr_eq(&program.0.strings, heap.strings.shared()))
            .map_or(usize::MAX, |&(_, first)| first as usize);
        let freed = heap.collect(|reach| {
            fiber.reach(reach);
            for (thread, fiber) in parked.iter() {
                reach.index(Tag::Thread, *thread);
                fiber.reach(reach);
            }
            reach.index(Tag::Thread, *current);
            reach.values(&[*root, *constants]);
            reach.values(held);
            reach.values(recent);
            for failure in noted.iter().chain(failure.iter()) {
                reach.value(failure.value);
            }
            // All programs but the one whose strings are shared have them in this heap.
            for function in functions.iter().skip(own) {
                reach.value(function.name);
                reach.value(function.source);
                for constant in &function.constants {
                    reach.value(constant.value);
                }
                for local in &function.locals {
                    reach.value(local.name);
                }
                reach.values(&function.parameter_names);
                for outer in &function.outers {
                    reach.value(outer.name);
                }
            }
        });
        self.fuel -= i64::try_from(self.heap.objects() / 16).unwrap_or(0);
        freed
    }

    /// Nulls the registers of all fibers that hold nothing that counts.
    pub(crate) fn clean(&mut self, resting: bool) {
        self.fiber.clean(&self.functions, resting);
        for (_, fiber) in &mut self.parked {
            fiber.clean(&self.functions, false);
        }
    }

    /// Collects garbage between slices. Values that the host has, neither [holds](Vm::hold) nor was given since the machine
    /// ran last, and that nothing in the machine refers to are gone after it.
    ///
    /// Returns the number of objects freed.
    pub fn collect_garbage(&mut self) -> usize {
        let freed = self.collect(true);
        self.heap.meter.raise(0);
        freed
    }

    fn collect_for_host(&mut self) {
        if self.heap.meter.used() > self.heap.meter.limit() / 2 {
            self.collect_garbage();
        }
    }

    /// Makes sure that the stack reaches far enough above a base.
    fn grow_stack(&mut self, base: usize) -> Result<(), Fault> {
        let wanted = base + HEADROOM;
        let len = self.fiber.stack.len();
        if wanted > len {
            // By a half, or where that does not fit, by what is needed.
            let mut target = wanted.max(len + len / 2);
            if self.heap.meter.charge((target - len) * size_of::<Value>()).is_err() {
                target = wanted;
                self.heap.meter.charge((target - len) * size_of::<Value>())?;
            }
            self.fiber.stack.reserve_exact(target - len);
            self.fiber.stack.resize(target, Value::NULL);
        }
        Ok(())
    }

    /// Gives the native function that waits its answer; [`Vm::run`] then goes on.
    pub fn answer(&mut self, value: Value) {
        if self.state == State::Waiting {
            self.state = State::Running;
            let value = self.checked(value);
            self.set_answer(value);
        }
    }

    /// Gives the native function that waits an error instead of an answer.
    ///
    /// # Errors
    /// If there is no room for the text.
    pub fn answer_error(&mut self, text: &[u8]) -> Result<(), OutOfMemory> {
        if self.state == State::Waiting {
            let value = self.string(text)?;
            self.state = State::Running;
            match self.raise(Fault::Throw(value)) {
                Ok(Some(Step::Failed(failure))) => self.failure = Some(failure),
                Ok(_) => {}
                Err(_) => return Err(OutOfMemory),
            }
        }
        Ok(())
    }

    // What the host has of values.

    /// Keeps a value, and what it refers to, until it is released. Snapshots have it, too.
    ///
    /// A value that is not held is good until the machine runs again, if the host was given it ([`Step::Done`]) or made it
    /// ([`Vm::make`], [`Vm::string`], [`Vm::load`]) since it ran last; else for as long as something in the machine refers to it.
    pub fn hold(&mut self, value: Value) -> Held {
        let value = self.checked(value);
        match self.free_held.pop() {
            Some(index) => {
                self.held[index as usize] = value;
                Held(index)
            }
            None => {
                self.held.push(value);
                #[expect(clippy::cast_possible_truncation, reason = "a host holds few values")]
                Held(self.held.len() as u32 - 1)
            }
        }
    }

    /// The value that is held.
    pub fn held(&self, held: Held) -> Value {
        self.held.get(held.0 as usize).copied().unwrap_or(Value::NULL)
    }

    /// Lets go of a value.
    pub fn release(&mut self, held: Held) {
        if let Some(value) = self.held.get_mut(held.0 as usize)
            && !self.free_held.contains(&held.0)
        {
            *value = Value::NULL;
            self.free_held.push(held.0);
        }
    }

    /// Makes a string, between slices.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn string(&mut self, bytes: &[u8]) -> Result<Value, OutOfMemory> {
        self.make_with(|vm| vm.heap.string(bytes))
    }

    /// Makes a value, between slices. It lives until the machine runs again, and on if it is [held](Vm::hold) or put
    /// somewhere by then.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn make(&mut self, value: impl IntoSquirrel) -> Result<Value, OutOfMemory> {
        self.make_with(|vm| value.into_squirrel(&mut vm.heap))
    }

    fn make_with(&mut self, make: impl FnOnce(&mut Vm) -> Result<Value, Fault>) -> Result<Value, OutOfMemory> {
        self.collect_for_host();
        let value = self.with_all_room(make)?;
        self.recent.push(value);
        Ok(value)
    }

    /// Sets the bytes that the host keeps in an instance: see [`Call::set_payload`](crate::Call::set_payload).
    ///
    /// # Errors
    /// If there is no room for them.
    pub fn set_payload(&mut self, instance: Value, kind: &str, bytes: &[u8]) -> Result<bool, OutOfMemory> {
        let (instance, image) = (self.checked(instance), self.image.clone());
        self.with_all_room(|vm| crate::native::set_payload(&mut vm.heap, &image, instance, kind, bytes))
    }

    /// Reads a value.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn read<T: FromSquirrel>(&self, value: Value) -> Result<T, WrongType> {
        T::from_squirrel(self.checked(value), &self.heap)
    }

    /// The slot of the root table with this name.
    pub fn global(&self, name: &[u8]) -> Option<Value> {
        let key = self.heap.strings.get(name)?;
        self.heap.table_get(self.root, key, &mut 0)
    }

    /// Makes or sets a slot of the root table.
    ///
    /// # Errors
    /// If there is no room for it.
    pub fn set_global(&mut self, name: &[u8], value: Value) -> Result<(), OutOfMemory> {
        let key = self.string(name)?;
        let (root, value) = (self.root, self.checked(value));
        self.with_all_room(|vm| vm.heap.table_set(root, key, value, &mut 0))
    }

    /// A value from the host; null if there is no such object, as for one of another machine.
    fn checked(&self, value: Value) -> Value {
        if self.heap.contains(value) { value } else { Value::NULL }
    }

    /// Calls a function and runs it to its end: for what the host expects to be short. With more than `fuel` to do, or
    /// where it would wait for the host, the call is given up.
    ///
    /// # Errors
    /// Whatever else than a value it comes to.
    pub fn call_to_end(
        &mut self,
        host: &mut dyn Host,
        function: Value,
        this: Value,
        arguments: &[Value],
        fuel: u32,
    ) -> Result<Value, CallError> {
        self.start(function, this, arguments).map_err(CallError::Start)?;
        let error = match self.run(host, fuel) {
            Step::Done(value) => return Ok(value),
            Step::Failed(failure) => return Err(CallError::Failed(failure)),
            Step::OutOfMemory => return Err(CallError::OutOfMemory),
            Step::Corrupt => return Err(CallError::Corrupt),
            Step::More => CallError::OutOfFuel,
            Step::Waiting => CallError::Waiting,
        };
        self.abandon();
        Err(error)
    }

    /// Runs something that allocates outside a slice: without a collection, up to the limit.
    pub(crate) fn with_all_room<T>(
        &mut self,
        make: impl FnOnce(&mut Vm) -> Result<T, Fault>,
    ) -> Result<T, OutOfMemory> {
        self.heap.meter.open();
        let made = make(self);
        self.heap.meter.raise(0);
        made.map_err(|_| OutOfMemory)
    }

    /// Sets what `rand` goes on from, as `srand` does: machines begin with the same numbers otherwise.
    pub fn seed(&mut self, seed: u64) {
        self.heap.random = seed;
    }

    /// The heap.
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The heap, to make and change values between slices.
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    /// The root table.
    pub fn root(&self) -> Value {
        self.root
    }

    /// The image that the machine was made from.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// How many arguments, `this` aside, a function takes at least and at most; none for what is no script function.
    pub fn arity(&self, function: Value) -> Option<(usize, usize)> {
        if !function.is(Tag::Closure) || !self.heap.contains(function) {
            return None;
        }
        let Code::Script(index) = self.heap.closures.get(function.index())?.code else { return None };
        let proto = self.functions.get(index as usize)?;
        let all = usize::from(proto.parameters).saturating_sub(1);
        let least = all.saturating_sub(usize::from(proto.defaults));
        Some((least, if proto.vararg { usize::MAX } else { all }))
    }

    /// The text of a value as `print` has it, without asking `_tostring`.
    pub fn text(&self, value: Value) -> Vec<u8> {
        let mut text = Vec::new();
        crate::ops::write_text(&self.heap, &self.image.0, value, &mut text);
        text
    }

    /// Bytes that the process spends on the machine, about: with the spare room of its parts.
    pub fn resident_bytes(&self) -> usize {
        size_of::<Vm>()
            + self.heap.arena_bytes()
            + self.heap.used_bytes()
            + self.functions.capacity() * size_of::<usize>()
            + self.fiber.frames.capacity() * size_of::<fiber::Frame>()
    }
}

/// What a call came to that gave no value: see [`Vm::call_to_end`].
#[derive(Debug)]
pub enum CallError {
    /// It could not begin.
    Start(StartError),
    /// An error that nothing caught ended it.
    Failed(Box<Failure>),
    /// It took more fuel than it was given. The machine can run others.
    OutOfFuel,
    /// It wanted to wait for the host. The machine can run others.
    Waiting,
    /// The heap is full. The machine cannot go on.
    OutOfMemory,
    /// The state makes no sense. The machine cannot go on.
    Corrupt,
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CallError::Start(_) => f.write_str("the call cannot begin"),
            CallError::Failed(failure) => write!(f, "uncaught error: {}", String::from_utf8_lossy(&failure.message)),
            CallError::OutOfFuel => f.write_str("the call took too long"),
            CallError::Waiting => f.write_str("the call wanted to wait"),
            CallError::OutOfMemory => f.write_str("out of memory"),
            CallError::Corrupt => f.write_str("corrupt machine"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Start(error) => Some(error),
            _ => None,
        }
    }
}

/// The heap is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

impl std::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("out of memory")
    }
}

impl std::error::Error for OutOfMemory {}

/// Why a call cannot begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The machine is at work, or has ended.
    Busy,
    /// More than 200 arguments.
    TooManyArguments,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            StartError::Busy => "the machine is at work",
            StartError::TooManyArguments => "too many arguments",
        })
    }
}

impl std::error::Error for StartError {}
