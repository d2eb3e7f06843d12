//! A stack of registers and the frames on it: the main program's, or a coroutine's.

use crate::heap::Reacher;
use crate::heap::arena::Object;
use crate::heap::object::Code;
use crate::heap::table::NONE;
use crate::op::{Op, Reg};
use crate::program::Proto;
use crate::value::{Tag, Value};
use std::sync::Arc;

/// Values that a stack has above the base of its last frame, at least: a window of 256 registers, and the scratch
/// registers of a native function behind it.
pub(crate) const HEADROOM: usize = 320;

/// Registers that a native function may use behind its arguments.
pub(crate) const SCRATCH: usize = 40;

/// What becomes of the value that a frame returns. Registers are those of the frame below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Store(Reg),
    Drop,
    /// It is the answer to the native function below.
    Native,
    /// It is what `_cmp` said: the relation to zero goes to the register.
    Compare(Reg, Relation),
    /// The same, for the conditional jump that the frame below stands behind.
    Branch(Relation),
    /// It is what `_get` said, for the register. Throwing null means that there is no such slot; the number says how many
    /// metamethods have been asked.
    Get(Reg, u8),
    /// The same for `_set`.
    Set(u8),
    /// It is what `_nexti` said to the `foreach` that the frame below stands behind.
    Nexti,
    /// It is what the generator yielded to that `foreach`.
    Generated,
    /// The error handler is through: what was thrown, below the frame's base, goes on.
    Rethrow,
}

/// A relation to zero of what a comparison gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The number itself.
    Number,
}

impl Relation {
    pub(crate) fn holds(self, order: i32) -> bool {
        match self {
            Relation::Less => order < 0,
            Relation::LessOrEqual => order <= 0,
            Relation::Greater => order > 0,
            Relation::GreaterOrEqual => order >= 0,
            Relation::Number => order != 0,
        }
    }

    pub(crate) fn value(self, order: i32) -> Value {
        match self {
            Relation::Number => Value::integer(order),
            relation => Value::bool(relation.holds(order)),
        }
    }
}

/// Whether a frame begins an activation of the interpreter, in the reference's terms: it was called by a native function or as
/// a metamethod. An error that no `try` of an activation catches is reported to the error handler there, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    No,
    Silent,
    Report,
}

/// A function at work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The closure or the native function.
    pub(crate) function: Value,
    pub(crate) code: Code,
    /// The place of its first register, which holds `this`.
    pub(crate) base: u32,
    /// The next instruction; of a native function, the step.
    pub(crate) pc: u32,
    pub(crate) then: Then,
    pub(crate) root: Root,
    /// Of a native function: how many registers it keeps; the answer to it stands behind them.
    pub(crate) kept: u8,
    /// The generator that it belongs to, or [`NONE`].
    pub(crate) generator: u32,
}

/// What a coroutine is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    Idle,
    Running,
    Suspended,
}

/// A stack of frames.
#[derive(Debug)]
pub(crate) struct Fiber {
    pub(crate) stack: Vec<Value>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) status: Status,
    /// The error handler: a function or null. A coroutine has the one that was set when it was made.
    pub(crate) handler: Value,
    /// The function of a coroutine.
    pub(crate) function: Value,
    /// Activations and native functions at work.
    pub(crate) depth: u32,
    /// What becomes of what it gives to the fiber that called it or woke it up.
    pub(crate) outer: Then,
    /// Where `suspend` wants what wakes it up.
    pub(crate) inner: Then,
}

impl Default for Fiber {
    fn default() -> Fiber {
        Fiber {
            stack: Vec::new(),
            frames: Vec::new(),
            status: Status::Idle,
            handler: Value::NULL,
            function: Value::NULL,
            depth: 0,
            outer: Then::Drop,
            inner: Then::Drop,
        }
    }
}

impl Object for Fiber {
    fn owned_bytes(&self) -> usize {
        self.stack.len() * size_of::<Value>()
    }
}

impl Fiber {
    /// Marks what its function and, through [`Heap`](crate::heap::Heap), its saved registers reach. Fibers in the heap keep dead
    /// registers null (see [`Fiber::clean`]), so all of the stack counts.
    pub(crate) fn reach(&self, reach: &mut Reacher<'_>) {
        reach.value(self.function);
        reach.value(self.handler);
        for frame in &self.frames {
            reach.value(frame.function);
            reach.index(Tag::Generator, frame.generator);
        }
        let top = self.frames.last().map_or(0, |frame| frame.base as usize + HEADROOM);
        reach.values(&self.stack[..top.min(self.stack.len())]);
    }

    /// How many registers of each frame, from its base, hold something that counts; `resting` says that the last frame is between
    /// two instructions, not inside one.
    pub(crate) fn live(&self, place: usize, functions: &[Arc<Proto>], resting: bool) -> usize {
        let Some(frame) = self.frames.get(place) else { return 0 };
        match frame.code {
            Code::Native(_) => usize::from(frame.kept) + 1,
            Code::Script(function) => {
                let Some(proto) = functions.get(function as usize) else { return 0 };
                let pc = frame.pc as usize;
                if resting && place + 1 == self.frames.len() {
                    return proto.live_at(pc);
                }
                let at = pc.saturating_sub(1);
                // Some instructions have written their result while the metamethod that they call is still at work.
                let written = match proto.code.get(at) {
                    Some(Op::Clone { dst, .. } | Op::Class { dst, .. }) => usize::from(*dst) + 1,
                    Some(Op::Method { dst, .. } | Op::MethodIndex { dst, .. } | Op::Callee { dst, .. }) => {
                        usize::from(*dst) + 2
                    }
                    _ => 0,
                };
                proto.live_at(at).max(if place + 1 < self.frames.len() { written } else { 0 })
            }
        }
    }

    /// Nulls the registers that hold nothing that counts, so that the stack can be marked or written as a whole.
    pub(crate) fn clean(&mut self, functions: &[Arc<Proto>], resting: bool) {
        let mut clear_from = 0;
        for place in 0..self.frames.len() {
            let base = self.frames[place].base as usize;
            // Between the frames' registers nothing counts, but for the slot below an error handler.
            let end = base.saturating_sub(usize::from(self.frames[place].then == Then::Rethrow));
            if let Some(dead) = self.stack.get_mut(clear_from..end) {
                dead.fill(Value::NULL);
            }
            clear_from = base + self.live(place, functions, resting);
        }
        if let Some(dead) = self.stack.get_mut(clear_from..) {
            dead.fill(Value::NULL);
        }
    }
}

/// A frame without a generator.
pub(crate) fn frame(function: Value, code: Code, base: usize, then: Then, root: Root) -> Frame {
    #[expect(clippy::cast_possible_truncation, reason = "stacks are limited to a few million registers")]
    let base = base as u32;
    Frame { function, code, base, pc: 0, then, root, kept: 0, generator: NONE }
}
