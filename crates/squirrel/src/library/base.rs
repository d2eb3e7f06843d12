//! The base library.

use super::Owner::Root;
use super::{Builtin, answered_text, c_string, integer, is_imp, tostring_of};
use crate::fault::Fault;
use crate::heap::object::{Code, NativeKind};
use crate::native::{Call, Flow, Host, Machine};
use crate::ops;
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(
        Root,
        "array",
        array,
        -2,
        ".n",
        "array(size [, fill]) -> array",
        "Returns an array of `size` slots that hold `fill` or null; a negative size is an error.",
    ),
    Builtin::new(
        Root,
        "assert",
        assert,
        2,
        "",
        "assert(condition)",
        "Raises `assertion failed` if the condition does not hold.",
    ),
    Builtin::new(
        Root,
        "callee",
        |_| Ok(Flow::Machine(Machine::Callee)),
        0,
        "",
        "callee() -> function",
        "Returns the function that runs.",
    ),
    Builtin::new(
        Root,
        "collectgarbage",
        |_| Ok(Flow::Machine(Machine::Collect)),
        0,
        "",
        "collectgarbage() -> integer",
        "Frees objects that only refer to each other, and returns their number.",
    ),
    Builtin::new(
        Root,
        "compilestring",
        |_| Ok(Flow::Machine(Machine::Compile)),
        -2,
        ".ss",
        "compilestring(source [, name]) -> function",
        "Compiles a program and returns the function that runs it; raises the compiler's message.",
    ),
    Builtin::new(Root, "dummy", nothing, 0, "", "dummy()", "Does nothing.").stock(),
    Builtin::new(
        Root,
        "enabledebuginfo",
        nothing,
        2,
        "",
        "enabledebuginfo(enable)",
        "Does nothing: programs always have line numbers.",
    ),
    Builtin::new(
        Root,
        "error",
        |call| write(call, Host::error),
        2,
        "",
        "error(value)",
        "Prints the string form of a value to the error output.",
    ),
    Builtin::new(
        Root,
        "getconsttable",
        |_| Ok(Flow::Machine(Machine::Constants)),
        1,
        "",
        "getconsttable() -> table",
        "Returns the table of what `const` and `enum` declared.",
    ),
    Builtin::new(
        Root,
        "getroottable",
        |_| Ok(Flow::Machine(Machine::Root)),
        1,
        "",
        "getroottable() -> table",
        "Returns the table of globals.",
    ),
    Builtin::new(
        Root,
        "getstackinfos",
        |_| Ok(Flow::Machine(Machine::StackInfos)),
        2,
        ".n",
        "getstackinfos(level) -> table|null",
        "Returns `func`, `src`, `line` and `locals` of a call in progress, 0 being this one; null if there is none.",
    ),
    Builtin::new(
        Root,
        "newthread",
        newthread,
        2,
        ".c",
        "newthread(function) -> thread",
        "Returns a coroutine that will run the function.",
    ),
    Builtin::new(
        Root,
        "print",
        |call| write(call, Host::print),
        2,
        "",
        "print(value)",
        "Prints the string form of a value, without a line end.",
    ),
    Builtin::new(
        Root,
        "resurrectunreachable",
        nothing,
        0,
        "",
        "resurrectunreachable() -> null",
        "Returns null: unreachable objects are gone.",
    ),
    Builtin::new(
        Root,
        "setconsttable",
        setconsttable,
        2,
        "",
        "setconsttable(table) -> table",
        "Replaces the table of constants and returns the one before.",
    ),
    Builtin::new(
        Root,
        "setdebughook",
        |_| Ok(Flow::Machine(Machine::SetDebugHook)),
        2,
        "",
        "setdebughook(function)",
        "Does nothing: there are no debug hooks.",
    ),
    Builtin::new(
        Root,
        "seterrorhandler",
        |_| Ok(Flow::Machine(Machine::SetErrorHandler)),
        2,
        "",
        "seterrorhandler(function|null)",
        "Sets the function that is called with what was thrown when nothing catches it.",
    ),
    Builtin::new(
        Root,
        "setroottable",
        setroottable,
        2,
        "",
        "setroottable(table) -> table",
        "Replaces the table of globals and returns the one before.",
    ),
    Builtin::new(
        Root,
        "suspend",
        |_| Ok(Flow::Machine(Machine::Suspend)),
        -1,
        "",
        "suspend([value]) -> any",
        "Suspends the coroutine, giving the value to its caller; returns what `wakeup` is given.",
    ),
    Builtin::new(
        Root,
        "type",
        type_name,
        2,
        "",
        "type(value) -> string",
        "Returns the name of a type; no `_typeof` is asked.",
    ),
];

fn nothing(_: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::NULL))
}

fn array(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let size = integer(call, 1).unwrap_or(0);
    let size = usize::try_from(size).map_err(|_| "cannot create array with negative size")?;
    let array = call.heap.array_of(size, call.argument(2))?;
    call.charge(size / 4);
    Ok(Flow::Return(array))
}

fn assert(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.argument(1).truth() { Ok(Flow::Return(Value::NULL)) } else { Err("assertion failed".into()) }
}

fn newthread(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let function = call.argument(1);
    let script = function.is(Tag::Closure) && matches!(call.heap.closures[function.index()].code, Code::Script(_));
    if script { Ok(Flow::Machine(Machine::NewThread)) } else { Err("closure expected".into()) }
}

fn setroottable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.argument(1).is(Tag::Table) { Ok(Flow::Machine(Machine::SetRoot)) } else { Err("ivalid type".into()) }
}

fn setconsttable(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.argument(1).is(Tag::Table) {
        Ok(Flow::Machine(Machine::SetConstants))
    } else {
        Err("ivalid type, expected table".into())
    }
}

fn type_name(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let value = call.argument(1);
    let mut name = value.tag().name();
    if is_imp(call) && value.is(Tag::Instance) {
        let class = call.heap.instances[value.index()].class as usize;
        if call.heap.classes[class].native == NativeKind::Blob {
            name = "meta";
        }
    }
    call.heap.string(name.as_bytes()).map(Flow::Return)
}

fn write(call: &mut Call<'_>, sink: impl Fn(&mut dyn Host, &[u8])) -> Result<Flow, Fault> {
    let mut value = call.register(1);
    if call.step == 0 {
        if let Some(closure) = tostring_of(call, value) {
            return Ok(call.invoke(closure, 2, &[value], 1));
        }
    } else {
        value = answered_text(call, value)?;
    }
    let whole = is_imp(call);
    let mut own = Vec::new();
    let text = if value.is(Tag::String) {
        call.heap.bytes(value)
    } else {
        ops::write_text(call.heap, &call.image.0, value, &mut own);
        &own
    };
    // The reference prints with C's `%s`.
    let text = if whole { text } else { c_string(text) };
    let cost = text.len() / 16;
    sink(call.host, text);
    call.charge(cost);
    Ok(Flow::Return(Value::NULL))
}
