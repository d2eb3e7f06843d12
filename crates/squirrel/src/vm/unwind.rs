//! Errors: who catches them, whom they are reported to, and what is known of them in the end.

use super::fiber::{Frame, Root, Status, Then};
use super::{State, Step, Vm};
use crate::fault::Fault;
use crate::heap::object::{Code, GeneratorState};
use crate::heap::table::NONE;
use crate::image::Dialect;
use crate::value::{Tag, Value};

/// An error that nothing caught.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was thrown; good until the machine runs again.
    pub value: Value,
    /// Its text.
    pub message: Vec<u8>,
    /// The functions that were at work, innermost first.
    pub stack: Vec<StackEntry>,
}

/// A function that was at work when an error was raised.
#[derive(Clone, Debug, PartialEq)]
pub struct StackEntry {
    /// Its name: `main` for the program itself, `unknown` where it has none.
    pub function: Vec<u8>,
    /// The name of its source; `NATIVE` for native functions.
    pub source: Vec<u8>,
    /// The line, from 1; -1 in native functions.
    pub line: i32,
    /// Its variables and their text: captured ones first, then the innermost scope, `this` last.
    pub locals: Vec<(Vec<u8>, LocalText)>,
}

/// The value of a variable in a report.
#[derive(Clone, Debug, PartialEq)]
pub enum LocalText {
    /// `null`
    Null,
    /// A bool.
    Bool(bool),
    /// An integer.
    Integer(i32),
    /// A float.
    Float(f32),
    /// The bytes of a string.
    String(Vec<u8>),
    /// Of all others the type.
    Object(Tag),
}

impl Vm {
    /// Whether the program has set an error handler of its own, which has seen what nothing caught.
    pub fn has_error_handler(&self) -> bool {
        !self.fiber.handler.is_null()
    }

    /// Gives up the call that is running or waiting. What it has done stays done; what it was about to do does not happen.
    pub fn abandon(&mut self) {
        if !matches!(self.state, State::Running | State::Waiting) {
            return;
        }
        loop {
            while self.drop_frame().is_some() {}
            if self.leave_thread(Status::Idle).is_err() {
                break;
            }
        }
        self.fiber.depth = 0;
        self.fuel = self.fuel.max(0);
        (self.noted, self.failure) = (None, None);
        self.state = State::Resting;
    }

    /// Raises an error in the frame on top. Gives a step if nothing catches it.
    pub(super) fn raise(&mut self, fault: Fault) -> Result<Option<Step>, Fault> {
        self.retry = None;
        self.at_any_cost(|vm| {
            let value = match fault {
                Fault::Throw(value) => value,
                Fault::Error(text) => vm.heap.string(text.as_bytes())?,
                Fault::Bytes(text) => vm.heap.string_from(*text)?,
                Fault::Room(bytes) => return Err(Fault::Room(bytes)),
                Fault::Corrupt => return Err(Fault::Corrupt),
            };
            vm.unwind(value, false)
        })
    }

    /// Takes frames off the stack until one catches what was thrown. `reported` says that the error handler has seen it, or is
    /// not to.
    pub(super) fn unwind(&mut self, thrown: Value, mut reported: bool) -> Result<Option<Step>, Fault> {
        self.fuel -= 16;
        loop {
            if self.fiber.frames.is_empty() {
                match self.thread_failed(thrown)? {
                    Some(step) => return Ok(Some(step)),
                    None => {
                        reported = false;
                        continue;
                    }
                }
            }
            // An activation: the frames down to its root.
            let len = self.fiber.frames.len();
            let first =
                self.fiber.frames.iter().rposition(|frame| frame.root != Root::No || is_native(frame)).unwrap_or(0);
            let root = self.fiber.frames[first].root;
            if let Some((place, target, register)) = (first..len).rev().find_map(|place| self.handler(place)) {
                while self.fiber.frames.len() > place + 1 {
                    self.drop_frame();
                }
                if let Some(frame) = self.fiber.frames.last_mut() {
                    frame.pc = target;
                }
                self.set_register(register, thrown);
                self.noted = None;
                return Ok(None);
            }
            let report =
                root == Root::Report || (first == 0 && !is_native(&self.fiber.frames[first]) && self.current != NONE);
            if report && !reported {
                reported = true;
                self.note_failure(thrown);
                if self.report(thrown)? {
                    return Ok(None);
                }
            }
            if self.noted.is_none() && self.image.0.dialect == Dialect::Imp && root != Root::No {
                // There the whole stack is wanted, callbacks too, if nothing catches it further down.
                if !(0..first).any(|place| self.handler(place).is_some()) && self.parked.is_empty() {
                    self.note_failure(thrown);
                }
            }
            while self.fiber.frames.len() > first + 1 {
                self.drop_frame();
            }
            let Some(ended) = self.drop_frame() else { continue };
            if self.fiber.frames.is_empty() {
                continue;
            }
            match ended.then {
                // "No such slot", said cleanly.
                Then::Get(dst, asked) if thrown.is_null() => {
                    self.noted = None;
                    return match self.get_again(dst, asked) {
                        Ok(()) => Ok(None),
                        Err(fault) => self.raise(fault),
                    };
                }
                Then::Set(asked) if thrown.is_null() => {
                    self.noted = None;
                    return match self.set_again(asked) {
                        Ok(()) => Ok(None),
                        Err(fault) => self.raise(fault),
                    };
                }
                // An error handler that failed itself: what it was called for goes on.
                Then::Rethrow => {
                    let at = (ended.base as usize).saturating_sub(1);
                    let original = self.fiber.stack.get(at).copied().unwrap_or(Value::NULL);
                    return self.unwind(original, true);
                }
                _ => {}
            }
            if root == Root::No {
                // A plain native function failed: the same activation goes on.
                continue;
            }
            reported = false;
        }
    }

    /// The `catch` around the instruction that a frame is at, as the frame's place, the target and the register.
    fn handler(&self, place: usize) -> Option<(usize, u32, u8)> {
        let frame = self.fiber.frames.get(place)?;
        let Code::Script(function) = frame.code else { return None };
        let proto = self.functions.get(function as usize)?;
        let handler = proto.handler((frame.pc as usize).checked_sub(1)?)?;
        Some((place, handler.target, handler.register))
    }

    /// Takes a frame off that an error ends.
    fn drop_frame(&mut self) -> Option<Frame> {
        let frame = self.pop_frame()?;
        if frame.generator != NONE {
            let generator = &mut self.heap.generators[frame.generator as usize];
            generator.state = GeneratorState::Dead;
            let registers = std::mem::take(&mut generator.registers);
            self.heap.meter.release(registers.len() * size_of::<Value>());
        }
        Some(frame)
    }

    /// Calls the error handler, above all frames. Says whether it was called.
    fn report(&mut self, thrown: Value) -> Result<bool, Fault> {
        let handler = self.fiber.handler;
        if !matches!(handler.tag(), Tag::Closure | Tag::Native) || self.fiber.frames.len() >= self.limits.depth {
            return Ok(false);
        }
        if self.fiber.frames.last().is_some_and(|frame| frame.then == Then::Rethrow) {
            return Ok(false);
        }
        let base = match self.fiber.frames.last() {
            Some(frame) => {
                frame.base as usize
                    + match frame.code {
                        Code::Script(function) => {
                            self.functions.get(function as usize).map_or(0, |proto| usize::from(proto.registers))
                        }
                        Code::Native(_) => usize::from(frame.kept) + 1,
                    }
            }
            None => 0,
        };
        self.grow_stack(base + 3)?;
        // What was thrown waits below the handler's frame.
        self.fiber.stack[base] = thrown;
        self.fiber.stack[base + 1] = self.root;
        self.fiber.stack[base + 2] = thrown;
        // A handler that cannot be called is as good as none.
        Ok(self.call(handler, base + 1, 2, Then::Rethrow, Root::Silent).is_ok())
    }

    /// The bottom of a fiber: a thread hands the error to whoever called it; for the program it is the end.
    fn thread_failed(&mut self, thrown: Value) -> Result<Option<Step>, Fault> {
        if self.parked.is_empty() {
            let failure = match self.noted.take() {
                Some(failure) if failure.value == thrown => failure,
                _ => Box::new(Failure { value: thrown, message: self.text(thrown), stack: Vec::new() }),
            };
            return Ok(Some(Step::Failed(failure)));
        }
        self.leave_thread(Status::Idle)?;
        Ok(None)
    }

    /// Writes down what is known of an error, in case nothing catches it.
    fn note_failure(&mut self, thrown: Value) {
        self.noted = Some(Box::new(Failure { value: thrown, message: self.text(thrown), stack: self.stack() }));
    }

    /// Returns where the program is: the functions that run, the innermost first; at most 200 of them.
    pub fn stack(&self) -> Vec<StackEntry> {
        // A stack of ten thousand frames tells no more than its ends.
        (0..self.fiber.frames.len()).rev().filter_map(|place| self.stack_entry(place)).take(200).collect()
    }

    /// Describes the frame at a place of the stack; `None` for what starts a call of the host's.
    pub(super) fn stack_entry(&self, place: usize) -> Option<StackEntry> {
        let frame = self.fiber.frames.get(place)?;
        match frame.code {
            Code::Native(native) => {
                let entry = self.image.0.natives.get(native as usize)?;
                if native == self.image.0.start {
                    return None;
                }
                let function = self.heap.as_bytes(entry.name).unwrap_or(b"unknown").to_vec();
                Some(StackEntry { function, source: b"NATIVE".to_vec(), line: -1, locals: Vec::new() })
            }
            Code::Script(function) => {
                let proto = self.functions.get(function as usize)?;
                let pc = (frame.pc as usize).saturating_sub(1);
                let locals = self
                    .variables(place)
                    .into_iter()
                    .map(|(name, value)| (self.heap.bytes(name).to_vec(), self.local_text(value)))
                    .collect();
                Some(StackEntry {
                    function: self.heap.as_bytes(proto.name).unwrap_or(b"unknown").to_vec(),
                    source: self.heap.bytes(proto.source).to_vec(),
                    line: i32::try_from(proto.line(pc, self.image.0.dialect == Dialect::Stock)).unwrap_or(-1),
                    locals,
                })
            }
        }
    }

    /// The variables of a script frame that are in scope: captured ones first, then locals, innermost scope first, `this` last.
    pub(super) fn variables(&self, place: usize) -> Vec<(Value, Value)> {
        let mut variables = Vec::new();
        let Some(frame) = self.fiber.frames.get(place) else { return variables };
        let Code::Script(function) = frame.code else { return variables };
        let Some(proto) = self.functions.get(function as usize) else { return variables };
        let pc = frame.pc.saturating_sub(1);
        let base = frame.base as usize;
        let open = |value: Value| if value.is(Tag::Cell) { self.heap.cells[value.index()].0 } else { value };
        if frame.function.is(Tag::Closure) {
            let closure = &self.heap.closures[frame.function.index()];
            for (outer, &cell) in proto.outers.iter().zip(&closure.outers) {
                let value = self.heap.cells.get(cell as usize).map_or(Value::NULL, |cell| cell.0);
                variables.push((outer.name, value));
            }
        }
        // As in the reference, of two variables with one name the outer one comes last, and so is what a table keeps.
        for local in proto.locals.iter().rev() {
            if local.from <= pc
                && pc < local.to
                && let Some(&value) = self.fiber.stack.get(base + usize::from(local.register))
            {
                variables.push((local.name, open(value)));
            }
        }
        if let Some(&this) = self.fiber.stack.get(base)
            && let Some(&name) = proto.parameter_names.first()
        {
            variables.push((name, this));
        }
        variables
    }

    fn local_text(&self, value: Value) -> LocalText {
        match value.tag() {
            Tag::Null => LocalText::Null,
            Tag::Bool => LocalText::Bool(value.truth()),
            Tag::Integer => LocalText::Integer(value.raw_integer()),
            Tag::Float => LocalText::Float(value.as_float().unwrap_or(0.0)),
            Tag::String => LocalText::String(self.heap.bytes(value).to_vec()),
            tag => LocalText::Object(tag),
        }
    }
}

fn is_native(frame: &Frame) -> bool {
    matches!(frame.code, Code::Native(_))
}
