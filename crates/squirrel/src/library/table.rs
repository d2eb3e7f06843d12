//! Methods of tables, and what instances and classes share with them.

use super::Owner::{Class, Instance, Table};
use super::{Builtin, count, room};
use crate::fault::Fault;
use crate::heap::arena::Object;
use crate::heap::table::NONE;
use crate::native::{Call, Flow};
use crate::ops;
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(Table, "len", len, 1, "t", "len() -> integer", "Returns the number of slots."),
    Builtin::tostring(Table),
    Builtin::weakref(Table),
    Builtin::new(
        Table,
        "rawget",
        rawget,
        2,
        "t",
        "rawget(key) -> any",
        "Returns a slot of the table itself; else `the index doesn't exist`.",
    ),
    Builtin::new(
        Table,
        "rawset",
        rawset,
        3,
        "t",
        "rawset(key, value)",
        "Sets or creates a slot of the table itself; no metamethod is asked.",
    ),
    Builtin::new(
        Table,
        "rawdelete",
        rawdelete,
        2,
        "t",
        "rawdelete(key) -> any",
        "Deletes a slot of the table itself and returns its value, or null if there is none.",
    ),
    Builtin::new(Table, "rawin", rawin, 2, "t", "rawin(key) -> bool", "Says whether the table itself has a slot."),
    Builtin::new(Table, "clear", clear, 1, ".", "clear()", "Removes all slots."),
    Builtin::new(
        Table,
        "setdelegate",
        setdelegate,
        2,
        ".o|t",
        "setdelegate(table|null) -> table",
        "Sets the table in which missing slots and metamethods are looked up; returns this one.",
    ),
    Builtin::new(Table, "getdelegate", getdelegate, 1, ".", "getdelegate() -> table|null", "Returns the delegate."),
    Builtin::new(
        Class,
        "rawget",
        rawget,
        2,
        "y",
        "rawget(name) -> any",
        "Returns a member; else `the index doesn't exist`.",
    ),
    Builtin::new(
        Class,
        "rawset",
        rawset,
        3,
        "y",
        "rawset(name, value)",
        "Sets or creates a member; once there are instances, functions only.",
    ),
    Builtin::new(Class, "rawin", rawin, 2, "y", "rawin(name) -> bool", "Says whether the class has a member."),
    Builtin::new(
        Instance,
        "rawget",
        rawget,
        2,
        "x",
        "rawget(name) -> any",
        "Returns a field, method or static; else `the index doesn't exist`.",
    ),
    Builtin::new(Instance, "rawset", rawset, 3, "x", "rawset(name, value)", "Sets a field; no metamethod is asked."),
    Builtin::new(
        Instance,
        "rawin",
        rawin,
        2,
        "x",
        "rawin(name) -> bool",
        "Says whether there is a field, method or static.",
    ),
];

fn len(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let length = if this.is(Tag::Table) { call.heap.tables[this.index()].len() } else { 0 };
    Ok(Flow::Return(count(length)))
}

/// Looks a key up in `this` itself.
fn raw(call: &mut Call<'_>, key: Value) -> Option<Value> {
    let this = call.this();
    let heap = &*call.heap;
    match this.tag() {
        Tag::Table => heap.table_get(this, key, call.fuel),
        Tag::Class => heap.class_get(this.index(), key, heap.hash(key), call.fuel),
        Tag::Instance => heap.instance_get(this.index(), key, heap.hash(key), call.fuel),
        _ => None,
    }
}

fn rawget(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let key = call.argument(1);
    Ok(Flow::Return(raw(call, key).ok_or("the index doesn't exist")?))
}

fn rawin(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let key = call.argument(1);
    Ok(Flow::Return(Value::bool(raw(call, key).is_some())))
}

fn rawset(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, key, value) = (call.this(), call.argument(1), call.argument(2));
    if key.is_null() {
        return Err("null key".into());
    }
    match this.tag() {
        Tag::Table => call.heap.table_set(this, key, value, call.fuel)?,
        Tag::Class => {
            // The lists of members and their table may grow, a function may be copied.
            let owned = call.heap.classes[this.index()].owned_bytes();
            room(call, owned.saturating_mul(2).saturating_add(1024))?;
            let image = &call.image.0;
            let (constructor, metamethods) = (image.constructor, &image.metamethods);
            call.heap.class_new_slot(this, key, value, false, constructor, metamethods, call.fuel)?;
        }
        Tag::Instance => {
            let hash = call.heap.hash(key);
            if !call.heap.instance_set(this.index(), key, hash, value, call.fuel) {
                return Err(ops::no_index(call.heap, &call.image.0, key));
            }
        }
        _ => return Err("rawset works only on array/table/class and instance".into()),
    }
    Ok(Flow::Return(Value::NULL))
}

fn rawdelete(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, key) = (call.this(), call.argument(1));
    let value = if this.is(Tag::Table) { call.heap.table_remove(this, key, call.fuel) } else { None };
    Ok(Flow::Return(value.unwrap_or(Value::NULL)))
}

/// `clear` of tables and arrays: either works on both.
pub(super) fn clear(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    match this.tag() {
        Tag::Table => {
            let size = call.heap.tables[this.index()].size();
            call.heap.table_clear(this);
            call.charge(size / 4);
        }
        Tag::Array => call.heap.resize(this, 0, Value::NULL)?,
        _ => return Err("clear only works on table and array".into()),
    }
    Ok(Flow::Return(Value::NULL))
}

fn setdelegate(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, delegate) = (call.this(), call.argument(1));
    if !this.is(Tag::Table) {
        let mut text = b"unexpected type ".to_vec();
        text.extend_from_slice(this.tag().name().as_bytes());
        return Err(Fault::bytes(text));
    }
    let delegate = if delegate.is(Tag::Table) { delegate.payload() } else { NONE };
    let (mut at, mut steps) = (delegate, 0);
    while at != NONE {
        if at == this.payload() {
            return Err("delagate cycle".into());
        }
        at = call.heap.tables[at as usize].delegate;
        steps += 1;
    }
    call.heap.tables[this.index()].delegate = delegate;
    call.charge(steps / 4);
    Ok(Flow::Return(this))
}

fn getdelegate(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    if !this.is(Tag::Table) {
        return Err("wrong type".into());
    }
    let delegate = call.heap.tables[this.index()].delegate;
    Ok(Flow::Return(if delegate == NONE { Value::NULL } else { Value::new(Tag::Table, delegate) }))
}
