//! Methods of generators, threads and weak references.

use super::Builtin;
use super::Owner::{Generator, Thread, WeakRef};
use crate::fault::Fault;
use crate::heap::object::GeneratorState;
use crate::native::{Call, Flow, Machine};
use crate::value::Tag;

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::tostring(Generator),
    Builtin::weakref(Generator),
    Builtin::new(
        Generator,
        "getstatus",
        generator_status,
        1,
        "g",
        "getstatus() -> string",
        "Returns `suspended`, `running` or `dead`.",
    ),
    Builtin::tostring(Thread),
    Builtin::weakref(Thread),
    Builtin::new(
        Thread,
        "call",
        |_| Ok(Flow::Machine(Machine::ThreadCall)),
        -1,
        "v",
        "call(...) -> any",
        "Starts the coroutine with these arguments; returns what it gives to `suspend`, or its return value.",
    ),
    Builtin::new(
        Thread,
        "getstatus",
        |_| Ok(Flow::Machine(Machine::ThreadStatus)),
        1,
        "v",
        "getstatus() -> string",
        "Returns `idle`, `running` or `suspended`.",
    ),
    Builtin::new(
        Thread,
        "wakeup",
        |_| Ok(Flow::Machine(Machine::ThreadWakeup)),
        -1,
        "v",
        "wakeup([value]) -> any",
        "Goes on in a suspended coroutine, whose `suspend` returns the value.",
    ),
    Builtin::new(
        Thread,
        "getstackinfos",
        |_| Ok(Flow::Machine(Machine::ThreadStackInfos)),
        2,
        "vn",
        "getstackinfos(level) -> table|null",
        "Returns `func`, `src`, `line` and `locals` of a call in progress in the coroutine; null if there is none.",
    ),
    Builtin::tostring(WeakRef),
    Builtin::weakref(WeakRef),
    Builtin::new(
        WeakRef,
        "ref",
        |_| Ok(Flow::Machine(Machine::WeakTarget)),
        1,
        "r",
        "ref() -> any",
        "Returns the object, or null if it is gone.",
    ),
];

fn generator_status(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let state = if this.is(Tag::Generator) { call.heap.generators[this.index()].state } else { GeneratorState::Dead };
    let status: &[u8] = match state {
        GeneratorState::Suspended => b"suspended",
        GeneratorState::Running => b"running",
        GeneratorState::Dead => b"dead",
    };
    call.heap.string(status).map(Flow::Return)
}
