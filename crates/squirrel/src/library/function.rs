//! Methods of functions.

use super::Owner::{Blob, Function};
use super::{Builtin, is_imp, reference_masks, room};
use crate::fault::Fault;
use crate::heap::object::{Closure, Code};
use crate::native::{Call, Flow, Machine};
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::tostring(Function),
    Builtin::weakref(Function),
    Builtin::new(
        Function,
        "call",
        |call| invoke(call, true),
        -1,
        "c",
        "call(this, ...) -> any",
        "Calls the function with this `this` and arguments.",
    ),
    Builtin::new(
        Function,
        "pcall",
        |call| invoke(call, false),
        -1,
        "c",
        "pcall(this, ...) -> any",
        "Calls as `call` does; the error handler is not told of errors.",
    ),
    Builtin::new(
        Function,
        "acall",
        |_| Ok(Flow::Machine(Machine::Apply { report: true })),
        2,
        "ca",
        "acall(array) -> any",
        "Calls the function; the array holds `this` and the arguments.",
    ),
    Builtin::new(
        Function,
        "pacall",
        |_| Ok(Flow::Machine(Machine::Apply { report: false })),
        2,
        "ca",
        "pacall(array) -> any",
        "Calls as `acall` does; the error handler is not told of errors.",
    ),
    Builtin::new(
        Function,
        "bindenv",
        bindenv,
        2,
        "ct|y|x",
        "bindenv(object) -> function",
        "Returns the function with a fixed `this`: a table, class or instance.",
    )
    .stock(),
    Builtin::new(
        Function,
        "bindenv",
        bindenv,
        2,
        "c",
        "bindenv(object) -> function",
        "Returns the function with a fixed `this`: a table, class, instance or object of the platform.",
    )
    .imp(),
    Builtin::new(
        Function,
        "getinfos",
        getinfos,
        1,
        "c",
        "getinfos() -> table",
        "Describes it: `native` and `name`; of a script function `src`, `parameters`, `defparams` and `varargs`, of a \
         native one `paramscheck` and `typecheck`.",
    ),
];

fn invoke(call: &mut Call<'_>, report: bool) -> Result<Flow, Fault> {
    if call.step != 0 {
        return Ok(Flow::Return(call.result));
    }
    // Without a `this` there is nothing to call with.
    let count = call.count().checked_sub(1).filter(|&count| count > 0).ok_or("wrong number of parameters")?;
    let count = u8::try_from(count).map_err(|_| "wrong number of parameters")?;
    Ok(Flow::Call { callee: call.this(), first: 1, count, step: 1, report })
}

fn bindenv(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, object) = (call.this(), call.argument(1));
    let accepted = match object.tag() {
        Tag::Table | Tag::Class | Tag::Instance => true,
        tag => tag == Tag::Host && is_imp(call),
    };
    if !accepted {
        let name = object.tag().name();
        return Err(Fault::error(format!(
            "parameter 1 has an invalid type '{name}' ; expected: 'table|class|instance'"
        )));
    }
    room(call, 256)?;
    // The reference holds the environment weakly. On the platform nothing is known to rely on that.
    let env = if is_imp(call) { object } else { call.heap.weak(object)? };
    let closure = match this.tag() {
        Tag::Closure => Closure { env, ..call.heap.closures[this.index()].clone() },
        _ => Closure { code: Code::Native(this.payload()), env, ..Closure::default() },
    };
    call.heap.closure(closure).map(Flow::Return)
}

fn getinfos(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let index = match this.tag() {
        Tag::Native => this.payload(),
        Tag::Closure => match call.heap.closures[this.index()].code {
            Code::Script(_) => return Ok(Flow::Machine(Machine::FunctionInfos)),
            Code::Native(index) => index,
        },
        _ => return Ok(Flow::Return(Value::NULL)),
    };
    // The table, its four names and the array of masks.
    room(call, 2048)?;
    let image = call.image.clone();
    let Some(native) = image.0.natives.get(index as usize) else { return Err(Fault::Corrupt) };
    let infos = call.heap.table(4)?;
    // The reference registers the methods of its streams without names.
    let nameless = ["eos", "flush", "len", "readblob", "readn", "seek", "tell", "writeblob", "writen"];
    let name = match native.builtin {
        Some(builtin) if builtin.owner == Blob && !is_imp(call) && nameless.contains(&builtin.name) => Value::NULL,
        _ => native.name,
    };
    let masks = native.builtin.map_or(Vec::new(), |builtin| reference_masks(builtin.types));
    let masks = if masks.is_empty() {
        Value::NULL
    } else {
        call.heap.array(masks.into_iter().map(Value::integer).collect())?
    };
    for (name, value) in [
        ("native", Value::TRUE),
        ("name", name),
        ("paramscheck", Value::integer(native.parameters.into())),
        ("typecheck", masks),
    ] {
        let name = call.heap.string(name.as_bytes())?;
        call.heap.table_set(infos, name, value, call.fuel)?;
    }
    Ok(Flow::Return(infos))
}
