//! Methods of classes and instances; see `table` for those that they share with tables.

use super::Builtin;
use super::Owner::{Class, Instance};
use crate::fault::Fault;
use crate::heap::object::{METHOD, Member};
use crate::heap::table::NONE;
use crate::native::{Call, Flow, Machine};
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::tostring(Class),
    Builtin::weakref(Class),
    Builtin::new(
        Class,
        "instance",
        |_| Ok(Flow::Machine(Machine::Instance)),
        1,
        "y",
        "instance() -> instance",
        "Makes an instance without running the constructor.",
    ),
    Builtin::new(
        Class,
        "getattributes",
        getattributes,
        2,
        "y.",
        "getattributes(name|null) -> any",
        "Returns the attributes of a member, or of the class; `wrong index` if there is no such member.",
    ),
    Builtin::new(
        Class,
        "setattributes",
        setattributes,
        3,
        "y..",
        "setattributes(name|null, attributes) -> any",
        "Sets the attributes of a member, or of the class, and returns those before.",
    ),
    Builtin::new(Class, "getbase", getbase, 1, "y", "getbase() -> class|null", "Returns the superclass."),
    Builtin::new(
        Class,
        "newmember",
        |_| Ok(Flow::Machine(Machine::NewMember { raw: false })),
        -3,
        "y",
        "newmember(name, value [, attributes [, static]])",
        "Adds a member, or has `_newmember` do it.",
    ),
    Builtin::new(
        Class,
        "rawnewmember",
        |_| Ok(Flow::Machine(Machine::NewMember { raw: true })),
        -3,
        "y",
        "rawnewmember(name, value [, attributes [, static]])",
        "Adds a member; no metamethod is asked.",
    ),
    Builtin::tostring(Instance),
    Builtin::weakref(Instance),
    Builtin::new(Instance, "getclass", getclass, 1, "x", "getclass() -> class", "Returns the class."),
];

/// The member of `this` with this name.
fn member<'a>(call: &'a mut Call<'_>, name: Value) -> Option<&'a mut Member> {
    let this = call.this();
    if !this.is(Tag::Class) {
        return None;
    }
    let hash = call.heap.hash(name);
    let class = &mut call.heap.classes[this.index()];
    let place = class.members.get(name, hash, call.fuel)?.raw_integer();
    let (list, index) =
        if place & METHOD == 0 { (&mut class.fields, place) } else { (&mut class.methods, place & !METHOD) };
    list.get_mut(usize::try_from(index).ok()?)
}

fn getattributes(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, name) = (call.this(), call.argument(1));
    let attributes = if name.is_null() && this.is(Tag::Class) {
        call.heap.classes[this.index()].attributes.unwrap_or(Value::NULL)
    } else {
        member(call, name).ok_or("wrong index")?.attributes
    };
    Ok(Flow::Return(call.heap.strong(attributes)))
}

fn setattributes(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, name, new) = (call.this(), call.argument(1), call.argument(2));
    let old = if name.is_null() && this.is(Tag::Class) {
        call.heap.classes[this.index()].attributes.replace(new).unwrap_or(Value::NULL)
    } else {
        std::mem::replace(&mut member(call, name).ok_or("wrong index")?.attributes, new)
    };
    Ok(Flow::Return(call.heap.strong(old)))
}

fn getbase(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let base = if this.is(Tag::Class) { call.heap.classes[this.index()].base } else { NONE };
    Ok(Flow::Return(if base == NONE { Value::NULL } else { Value::new(Tag::Class, base) }))
}

fn getclass(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let class = if this.is(Tag::Instance) { call.heap.instances[this.index()].class } else { NONE };
    Ok(Flow::Return(if class == NONE { Value::NULL } else { Value::new(Tag::Class, class) }))
}
