//! Methods of arrays.

mod sort;

use super::Owner::Array;
use super::{Builtin, count, counter, integer, slice_bounds, table};
use crate::fault::Fault;
use crate::native::{Call, Flow};
use crate::ops;
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(Array, "len", len, 1, "a", "len() -> integer", "Returns the number of items."),
    Builtin::tostring(Array),
    Builtin::weakref(Array),
    Builtin::new(
        Array,
        "slice",
        slice,
        -1,
        "ann",
        "slice(start [, end]) -> array",
        "Returns the items from `start` to before `end`; negative positions count from the end.",
    ),
    Builtin::new(
        Array,
        "find",
        find,
        2,
        "a.",
        "find(value) -> integer|null",
        "Returns the index of the first item that equals the value.",
    ),
    Builtin::new(Array, "clear", table::clear, 1, ".", "clear()", "Removes all items."),
    Builtin::new(
        Array,
        "filter",
        filter,
        2,
        "ac",
        "filter(function(index, value)) -> array",
        "Returns the items for which the function answers something true.",
    ),
    Builtin::new(Array, "append", push, 2, "a", "append(value)", "Adds an item at the end."),
    Builtin::new(Array, "push", push, 2, "a", "push(value)", "Adds an item at the end."),
    Builtin::new(Array, "extend", extend, 2, "aa", "extend(array)", "Adds the items of another array at the end."),
    Builtin::new(
        Array,
        "pop",
        pop,
        1,
        "a",
        "pop() -> any",
        "Removes the last item and returns it; `empty array` if there is none.",
    ),
    Builtin::new(
        Array,
        "top",
        top,
        1,
        "a",
        "top() -> any",
        "Returns the last item; `top() on a empty array` if there is none.",
    ),
    Builtin::new(
        Array,
        "insert",
        insert,
        3,
        "an",
        "insert(index, value)",
        "Adds an item in front of the one at `index`, or at the end; else `index out of range`.",
    ),
    Builtin::new(
        Array,
        "remove",
        remove,
        2,
        "an",
        "remove(index) -> any",
        "Removes an item and returns it; `idx out of range` if there is none.",
    ),
    Builtin::new(
        Array,
        "resize",
        resize,
        -2,
        "an",
        "resize(size [, fill])",
        "Sets the number of items; new ones are `fill` or null.",
    ),
    Builtin::new(
        Array,
        "sort",
        sort::sort,
        -1,
        "ac",
        "sort([function(a, b) -> number])",
        "Sorts in place, by `<=>` or by the sign of what the function answers; equal items may change places.",
    ),
    Builtin::new(Array, "reverse", reverse, 1, "a", "reverse()", "Reverses the order of the items in place."),
    Builtin::new(
        Array,
        "map",
        map,
        2,
        "ac",
        "map(function(value)) -> array",
        "Returns what the function answers for each item.",
    ),
    Builtin::new(
        Array,
        "apply",
        apply,
        2,
        "ac",
        "apply(function(value))",
        "Replaces each item by what the function answers for it.",
    ),
    Builtin::new(
        Array,
        "reduce",
        reduce,
        2,
        "ac",
        "reduce(function(previous, value)) -> any",
        "Combines all items into one, from the first on; null if there are none.",
    ),
];

/// Registers of the functions that walk through an array: how far they are, how many items there were, the last item
/// read, and what they make.
const AT: usize = 2;
const SIZE: usize = 3;
const ITEM: usize = 4;
const RESULT: usize = 5;

/// Where they put what they call the function with.
const CALL: u8 = 6;

fn done() -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::NULL))
}

/// An index that an argument gives.
fn index(call: &Call<'_>, place: usize) -> Option<usize> {
    integer(call, place).and_then(|index| usize::try_from(index).ok())
}

fn len(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(count(call.heap.items(call.this()).len())))
}

fn push(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    if this.is(Tag::Array) {
        call.heap.push(this, call.argument(1))?;
    }
    done()
}

fn extend(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, other) = (call.this(), call.argument(1));
    if !this.is(Tag::Array) || !other.is(Tag::Array) {
        return done();
    }
    let more = call.heap.items(other).len();
    call.heap.reserve(this, more)?;
    let arrays = &mut call.heap.arrays;
    if this == other {
        arrays[this.index()].0.extend_from_within(..more);
    } else {
        // The items of the other array leave it for a moment, so that both can be borrowed.
        let items = std::mem::take(&mut arrays[other.index()].0);
        arrays[this.index()].0.extend_from_slice(&items);
        arrays[other.index()].0 = items;
    }
    call.charge(more / 4);
    done()
}

fn pop(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    if !this.is(Tag::Array) {
        return done();
    }
    let item = call.heap.arrays[this.index()].0.pop().ok_or("empty array")?;
    call.heap.shrink(this);
    Ok(Flow::Return(item))
}

fn top(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let item = call.heap.items(call.this()).last().copied();
    Ok(Flow::Return(item.ok_or("top() on a empty array")?))
}

fn insert(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let length = call.heap.items(this).len();
    let index = index(call, 1).filter(|&index| index <= length).ok_or("index out of range")?;
    if this.is(Tag::Array) {
        call.heap.reserve(this, 1)?;
        let value = call.argument(2);
        call.heap.arrays[this.index()].0.insert(index, value);
        call.charge((length - index) / 16);
    }
    done()
}

fn remove(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let length = call.heap.items(this).len();
    let index = index(call, 1).filter(|&index| index < length).ok_or("idx out of range")?;
    let item = call.heap.arrays[this.index()].0.remove(index);
    call.heap.shrink(this);
    call.charge((length - index) / 16);
    Ok(Flow::Return(call.heap.strong(item)))
}

fn resize(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let size = integer(call, 1).ok_or("size must be a number")?;
    let size = usize::try_from(size).map_err(|_| "resizing to negative length")?;
    if this.is(Tag::Array) {
        let old = call.heap.items(this).len();
        call.heap.resize(this, size, call.argument(2))?;
        call.charge(size.abs_diff(old) / 4);
    }
    done()
}

fn reverse(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let items = call.heap.items_mut(call.this());
    items.reverse();
    let cost = items.len() / 4;
    call.charge(cost);
    done()
}

fn slice(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let this = call.this();
    let length = i64::try_from(call.heap.items(this).len()).unwrap_or(i64::MAX);
    let (start, end) = slice_bounds(call, length)?;
    // A start in front of the array gives nulls, as in the reference.
    let before = usize::try_from(end.min(0) - start.min(0)).unwrap_or(0);
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    let size = before + (end - start);
    let part = call.heap.array_with_capacity(size)?;
    let mut items = std::mem::take(&mut call.heap.arrays[part.index()].0);
    items.resize(before, Value::NULL);
    items.extend_from_slice(call.heap.items(this).get(start..end).unwrap_or_default());
    for item in &mut items {
        *item = call.heap.strong(*item);
    }
    call.heap.arrays[part.index()].0 = items;
    call.charge(size / 4);
    Ok(Flow::Return(part))
}

fn find(call: &mut Call<'_>) -> Result<Flow, Fault> {
    const CHUNK: usize = 1024;
    let mut at = if call.step == 0 { 0 } else { counter(call, AT) };
    let wanted = call.register(1);
    loop {
        let items = call.heap.items(call.this()).get(at..).unwrap_or_default();
        let chunk = &items[..items.len().min(CHUNK)];
        let found = chunk.iter().position(|&item| ops::equal(call.heap.strong(item), wanted));
        let (looked, last) = (found.unwrap_or(chunk.len()), chunk.len() < CHUNK);
        call.charge(looked / 4);
        at += looked;
        if found.is_some() {
            return Ok(Flow::Return(count(at)));
        }
        if last {
            return done();
        }
        if !call.has_fuel() {
            call.set_register(AT, count(at));
            return Ok(Flow::Pause { step: 1, registers: 3 });
        }
    }
}

/// Reads the next item into its register, and says whether there was one to read; if the array became shorter, the last
/// item stays there, as in the reference.
fn next(call: &mut Call<'_>) -> Option<Value> {
    let at = counter(call, AT);
    if at >= counter(call, SIZE) {
        return None;
    }
    if let Some(&item) = call.heap.items(call.this()).get(at) {
        let item = call.heap.strong(item);
        call.set_register(ITEM, item);
    }
    Some(call.register(ITEM))
}

/// Begins to walk through `this`, from an index on.
fn begin(call: &mut Call<'_>, at: usize) {
    let size = call.heap.items(call.this()).len();
    call.set_register(AT, count(at));
    call.set_register(SIZE, count(size));
    call.set_register(ITEM, Value::NULL);
    call.set_register(RESULT, Value::NULL);
}

fn advance(call: &mut Call<'_>) {
    let at = counter(call, AT);
    call.set_register(AT, count(at + 1));
}

fn map(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 0 {
        let size = call.heap.items(call.this()).len();
        let result = call.heap.array_of(size, Value::NULL)?;
        call.charge(size / 4);
        begin(call, 0);
        call.set_register(RESULT, result);
    }
    Ok(map_into(call, call.register(RESULT)))
}

fn apply(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 0 {
        begin(call, 0);
    }
    Ok(match map_into(call, call.this()) {
        Flow::Return(_) => Flow::Return(Value::NULL),
        flow => flow,
    })
}

/// Puts what the function answers for each item into an array.
fn map_into(call: &mut Call<'_>, result: Value) -> Flow {
    if call.step == 1 {
        let (at, answer) = (counter(call, AT), call.result);
        if let Some(item) = call.heap.items_mut(result).get_mut(at) {
            *item = answer;
        }
        advance(call);
    }
    let Some(item) = next(call) else { return Flow::Return(result) };
    call.invoke(call.register(1), CALL, &[call.this(), item], 1)
}

fn filter(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 0 {
        let result = call.heap.array_of(0, Value::NULL)?;
        begin(call, 0);
        call.set_register(RESULT, result);
    } else {
        if call.result.truth() {
            let (result, item) = (call.register(RESULT), call.register(ITEM));
            if result.is(Tag::Array) {
                call.heap.push(result, item)?;
            }
        }
        advance(call);
    }
    let Some(item) = next(call) else { return Ok(Flow::Return(call.register(RESULT))) };
    Ok(call.invoke(call.register(1), CALL, &[call.this(), call.register(AT), item], 1))
}

fn reduce(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let result = if call.step == 0 {
        begin(call, 1);
        match call.heap.items(call.this()).first() {
            Some(&first) => call.heap.strong(first),
            None => return done(),
        }
    } else {
        advance(call);
        call.result
    };
    let Some(item) = next(call) else { return Ok(Flow::Return(result)) };
    Ok(call.invoke(call.register(1), CALL, &[call.this(), result, item], 1))
}
