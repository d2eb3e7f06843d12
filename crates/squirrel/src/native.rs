//! Native functions: what they are given, and what they answer.
//!
//! A native never calls back into the machine. One that needs a function called (a comparator, `_tostring`) answers
//! [`Flow::Call`] with the step at which it wants to go on; what it must remember until then it keeps in registers. So a
//! machine can stop, be written out, and go on inside `sort` as anywhere else.

use std::any::Any;

use crate::convert::{FromSquirrel, IntoSquirrel};
use crate::fault::Fault;
use crate::heap::Heap;
use crate::heap::object::{NativeKind, Payload};
use crate::image::Image;
use crate::library;
use crate::value::{Tag, Value};

/// A native function.
pub type NativeFn = fn(&mut Call<'_>) -> Result<Flow, Fault>;

/// What the host does for its programs.
pub trait Host: Any {
    /// Takes what `print` prints.
    fn print(&mut self, text: &[u8]);
    /// Takes what `error` prints.
    fn error(&mut self, text: &[u8]) {
        self.print(text);
    }
    /// Unix time in microseconds, for `time()` and `date()`.
    fn unix_time_us(&mut self) -> i64 {
        0
    }
    /// Processor seconds since the start, for `clock()`.
    fn clock_s(&mut self) -> f32 {
        0.0
    }
    /// Offset of local time from UTC in seconds at a Unix time.
    fn local_offset_s(&mut self, _unix_s: i64) -> i32 {
        0
    }
}

/// What a native function answers.
#[derive(Debug)]
pub enum Flow {
    /// It is finished; this is its value.
    Return(Value),
    /// Call `callee` with the registers from `first` on, `count` of them, the first of them `this`; then go on at `step` with the
    /// answer in [`Call::result`]. The registers below `first` are kept.
    Call {
        /// What is called.
        callee: Value,
        /// The register of its `this`.
        first: u8,
        /// Number of arguments, with `this`.
        count: u8,
        /// Where to go on.
        step: u32,
        /// Whether the error handler hears of an error that nothing in the callee catches.
        report: bool,
    },
    /// The slice is used up: go on at `step`, keeping so many registers.
    Pause {
        /// Where to go on.
        step: u32,
        /// Number of registers to keep.
        registers: u8,
    },
    /// Wait until the host has the answer ([`Vm::answer`](crate::Vm::answer)), then go on at `step` with it.
    Wait {
        /// Where to go on.
        step: u32,
        /// Number of registers to keep.
        registers: u8,
    },
    /// What only the machine itself can do.
    Machine(Machine),
}

/// Requests of the base library to the machine.
#[derive(Clone, Copy, Debug)]
pub enum Machine {
    /// `callee()`
    Callee,
    /// `getstackinfos(level)`
    StackInfos,
    /// `collectgarbage()`
    Collect,
    /// `compilestring(source, name)`
    Compile,
    /// `suspend(value)`
    Suspend,
    /// `thread.call(...)`
    ThreadCall,
    /// `thread.wakeup(value)`
    ThreadWakeup,
    /// `thread.getstackinfos(level)`
    ThreadStackInfos,
    /// `setroottable(table)`
    SetRoot,
    /// `setconsttable(table)`
    SetConstants,
    /// `getroottable()`
    Root,
    /// `getconsttable()`
    Constants,
    /// `seterrorhandler(f)`
    SetErrorHandler,
    /// `setdebughook(f)`, which changes nothing here
    SetDebugHook,
    /// `class.instance()`
    Instance,
    /// `newthread(f)`
    NewThread,
    /// `typeof`-like conversions that need the machine's own rules: `class.newmember`, `class.rawnewmember`
    NewMember {
        /// Whether `_newmember` is passed over.
        raw: bool,
    },
    /// `f.acall(array)`, `f.pacall(array)`: call `this` with the items of the array, its own `this` the first of them. The
    /// argument is an array.
    Apply {
        /// As in [`Flow::Call`].
        report: bool,
    },
    /// `f.getinfos()` of a closure whose code is a script function
    FunctionInfos,
    /// `thread.getstatus()`
    ThreadStatus,
    /// `weakref.ref()`
    WeakTarget,
}

/// A call of a native function.
pub struct Call<'a> {
    /// The heap of the machine.
    pub heap: &'a mut Heap,
    /// What the machine was made of.
    pub image: &'a Image,
    /// The host.
    pub host: &'a mut dyn Host,
    /// Where the function stands: 0 when it is called, then what it asked for.
    pub step: u32,
    /// What the function called last returned, or what the host answered.
    pub result: Value,
    pub(crate) registers: &'a mut [Value],
    pub(crate) count: usize,
    pub(crate) fuel: &'a mut i64,
    /// The root table: `this` of the comparator of `sort`.
    pub(crate) root: Value,
    /// Which native function this is, by its index in the image: for functions that serve several names.
    pub(crate) native: u32,
}

impl Call<'_> {
    /// Number of arguments, with `this`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// `this`.
    pub fn this(&self) -> Value {
        self.registers[0]
    }

    /// The argument at a place, from 1; null where none was given.
    pub fn argument(&self, place: usize) -> Value {
        if place < self.count { self.registers[place] } else { Value::NULL }
    }

    /// A register: the arguments, and behind them what the function put there.
    pub fn register(&self, place: usize) -> Value {
        self.registers.get(place).copied().unwrap_or(Value::NULL)
    }

    /// Sets a register; places from [`Call::count`] to 31 are free to use.
    pub fn set_register(&mut self, place: usize, value: Value) {
        if let Some(register) = self.registers.get_mut(place) {
            *register = value;
        }
    }

    /// Answers: call `callee`, with `this` and arguments put from register `first` on, and go on at `step`.
    pub fn invoke(&mut self, callee: Value, first: u8, arguments: &[Value], step: u32) -> Flow {
        for (place, &argument) in arguments.iter().enumerate() {
            self.set_register(usize::from(first) + place, argument);
        }
        #[expect(clippy::cast_possible_truncation, reason = "a frame has 250 registers")]
        let count = arguments.len() as u8;
        Flow::Call { callee, first, count, step, report: false }
    }

    /// The argument at a place, from 1, as a Rust value; what is not given is null.
    ///
    /// # Errors
    /// The reference's error for an argument of the wrong type.
    pub fn get<T: FromSquirrel>(&self, place: usize) -> Result<T, Fault> {
        T::from_squirrel(self.argument(place), self.heap).map_err(|error| {
            let found = self.argument(place).tag().name();
            Fault::error(format!("parameter {place} has an invalid type '{found}' ; expected: '{}'", error.expected))
        })
    }

    /// Answers with a Rust value.
    ///
    /// # Errors
    /// [`Fault::Room`], to be handed on: then nothing may have happened yet that must not happen twice.
    pub fn give(&mut self, value: impl IntoSquirrel) -> Result<Flow, Fault> {
        value.into_squirrel(self.heap).map(Flow::Return)
    }

    /// Answers that the function waits until the host has [answered](crate::Vm::answer), and then goes on at `step`, which is not 0,
    /// with the answer in [`Call::result`] and the arguments as they are.
    pub fn wait(&self, step: u32) -> Flow {
        Flow::Wait { step, registers: u8::try_from(self.count).unwrap_or(u8::MAX) }
    }

    /// The string form of a value. Where `_tostring` must be asked for it, that is what to answer first ([`Err`]): the machine then
    /// goes on at `step`, where the same call gives the text.
    ///
    /// # Errors
    /// [`Fault::Room`], to be handed on.
    pub fn text(&mut self, value: Value, step: u32) -> Result<Result<Value, Flow>, Fault> {
        if self.step == step {
            return library::answered_text(self, value).map(Ok);
        }
        Ok(match library::text(self, value)? {
            library::Text::Done(text) => Ok(text),
            library::Text::Ask(closure) => {
                // Behind the arguments, which are kept.
                #[expect(clippy::cast_possible_truncation, reason = "a frame has 250 registers")]
                let first = self.count as u8;
                Err(self.invoke(closure, first, &[value], step))
            }
        })
    }

    /// The string form of a value, without asking `_tostring`.
    pub fn plain_text(&self, value: Value) -> Vec<u8> {
        let mut text = Vec::new();
        crate::ops::write_text(self.heap, &self.image.0, value, &mut text);
        text
    }

    /// The name under which the function was registered, and the owner as in [`FunctionInfo`](crate::FunctionInfo): for one that
    /// serves several names.
    pub fn name(&self) -> (&str, &[u8]) {
        let image = &self.image.0;
        match image.natives.get(self.native as usize) {
            Some(native) => {
                let owner = image.owners.get(usize::from(native.owner)).map_or("", |owner| owner);
                (owner, image.strings.bytes(native.key))
            }
            None => ("", &[]),
        }
    }

    /// The bytes that the host keeps in an instance, if they are of this kind: see
    /// [`ImageBuilder::class`](crate::ImageBuilder::class).
    pub fn payload(&self, instance: Value, kind: &str) -> Option<&[u8]> {
        match self.heap.payload(instance)? {
            Payload::Host(index, bytes) if self.image.0.kind(kind) == Some(*index) => Some(bytes),
            _ => None,
        }
    }

    /// Sets the bytes that the host keeps in an instance. Says whether it may: the class of the instance, or one that it inherits
    /// from, must be of this kind.
    ///
    /// # Errors
    /// [`Fault::Room`].
    pub fn set_payload(&mut self, instance: Value, kind: &str, bytes: &[u8]) -> Result<bool, Fault> {
        set_payload(self.heap, self.image, instance, kind, bytes)
    }

    /// Takes fuel for work done: about one unit for what an instruction costs, or for 16 bytes moved.
    pub fn charge(&mut self, units: usize) {
        *self.fuel = self.fuel.saturating_sub(i64::try_from(units).unwrap_or(i64::MAX));
    }

    /// Whether the slice goes on; where not, a long-running function answers [`Flow::Pause`].
    pub fn has_fuel(&self) -> bool {
        *self.fuel > 0
    }

    /// The host, as its own type.
    pub fn host_as<T: Host>(&mut self) -> Option<&mut T> {
        let host: &mut dyn Any = self.host;
        host.downcast_mut()
    }
}

/// Sets the bytes that a host keeps in an instance: see [`Call::set_payload`].
pub(crate) fn set_payload(
    heap: &mut Heap,
    image: &Image,
    instance: Value,
    kind: &str,
    bytes: &[u8],
) -> Result<bool, Fault> {
    let Some(index) = image.0.kind(kind) else { return Ok(false) };
    if !instance.is(Tag::Instance) {
        return Ok(false);
    }
    let class = heap.instances[instance.index()].class as usize;
    if heap.classes[class].native != NativeKind::Host(index) {
        return Ok(false);
    }
    // Before they are copied.
    heap.meter.ensure(bytes.len().saturating_add(size_of::<Payload>()))?;
    heap.set_payload(instance, Payload::Host(index, bytes.into()))?;
    Ok(true)
}
