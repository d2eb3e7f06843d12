//! The class `regexp`, and `regexp2`, which is the same.

use std::sync::Arc;

use super::Owner::Regexp;
use super::{Builtin, count, integer, room};
use crate::fault::Fault;
use crate::heap::arena::Arena;
use crate::heap::object::Payload;
use crate::heap::table::Table;
use crate::native::{Call, Flow};
use crate::text::regexp::{Captures, Matcher, Progress, Regexp as Pattern, Search};
use crate::value::{Tag, Value};

pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin::new(
        Regexp,
        "constructor",
        constructor,
        2,
        ".s",
        "regexp(pattern) -> regexp",
        "Compiles a pattern; raises what is wrong with it.",
    ),
    Builtin::new(
        Regexp,
        "match",
        |call| run(call, Search::Whole, |_, captures| Ok(Value::bool(captures.is_some()))),
        2,
        "xs",
        "match(text) -> bool",
        "Says whether the pattern matches the whole text.",
    ),
    Builtin::new(
        Regexp,
        "search",
        |call| run(call, Search::First, searched),
        -2,
        "xsn",
        "search(text [, start]) -> table|null",
        "Returns `begin` and `end` of the first match at or after `start`.",
    ),
    Builtin::new(
        Regexp,
        "capture",
        |call| run(call, Search::First, captured),
        -2,
        "xsn",
        "capture(text [, start]) -> array|null",
        "Returns `begin` and `end` of the first match and of each of its groups; of empty ones both are 0.",
    ),
    Builtin::new(
        Regexp,
        "subexpcount",
        subexpcount,
        1,
        "x",
        "subexpcount() -> integer",
        "Returns the number of groups, the whole pattern counting as one.",
    ),
    Builtin::new(Regexp, "_typeof", type_name, 1, "x", "typeof regexp -> string", "Returns `regexp`."),
];

/// The register of a matcher that stopped, as a string.
const STATE: usize = 3;

/// Fuel that a matcher gets in a slice, at least.
const LEAST: i64 = 64;

/// Bytes that a byte of a pattern may take once it is compiled.
const COMPILED: usize = 64;

fn constructor(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let (this, pattern) = (call.this(), call.argument(1));
    if !this.is(Tag::Instance) {
        return Ok(Flow::Return(Value::NULL));
    }
    let source = call.heap.bytes(pattern);
    let length = source.len();
    room(call, length.saturating_mul(2 * COMPILED).saturating_add(256))?;
    let source: Box<[u8]> = call.heap.bytes(pattern).into();
    let pattern = Pattern::compile(&source).map_err(Fault::from)?;
    call.heap.set_payload(this, Payload::Regexp(Arc::new(pattern), source))?;
    call.charge(length);
    Ok(Flow::Return(Value::NULL))
}

fn pattern(call: &Call<'_>) -> Result<Arc<Pattern>, Fault> {
    match call.heap.payload(call.this()) {
        Some(Payload::Regexp(pattern, _)) => Ok(pattern.clone()),
        _ => Err("the regexp is invalid".into()),
    }
}

/// What becomes of the answer of a matcher.
type Answer = fn(&mut Call<'_>, Option<Captures>) -> Result<Value, Fault>;

/// Runs a matcher until the fuel is used up; its state is then in a string.
fn run(call: &mut Call<'_>, search: Search, answer: Answer) -> Result<Flow, Fault> {
    let pattern = pattern(call)?;
    let text = call.register(1);
    let length = call.heap.bytes(text).len();
    let mut matcher = if call.step == 0 {
        let start = if call.count() > 2 { integer(call, 2).unwrap_or(0) } else { 0 };
        // The reference reads outside of the text.
        let Some(start) = usize::try_from(start).ok().filter(|&start| start <= length) else {
            return answer(call, None).map(Flow::Return);
        };
        if call.count() < 3 {
            // It is kept when the slice ends.
            call.set_register(2, Value::NULL);
        }
        Matcher::new(search, &pattern, start..length)
    } else {
        let state = call.heap.bytes(call.register(STATE));
        Matcher::decode(state, &pattern, length).ok_or(Fault::Corrupt)?
    };
    // Some steps a slice, however small the slice.
    let given = (*call.fuel).max(LEAST);
    let mut fuel = given;
    let progress = matcher.run(&pattern, call.heap.bytes(text), &mut fuel);
    *call.fuel -= given - fuel;
    match progress {
        Progress::Done(captures) => answer(call, captures).map(Flow::Return),
        Progress::TooDeep => Err("stack overflow".into()),
        Progress::More => {
            let mut state = Vec::new();
            matcher.encode(&mut state);
            let state = call.heap.string_from(state)?;
            call.set_register(STATE, state);
            Ok(Flow::Pause { step: 1, registers: 4 })
        }
    }
}

/// Makes the table of a match. There is room for it.
fn matched(call: &mut Call<'_>, begin: usize, end: usize) -> Result<Value, Fault> {
    let table = call.heap.table(0)?;
    for (name, place) in [("begin", begin), ("end", end)] {
        let name = call.heap.string(name.as_bytes())?;
        call.heap.table_set(table, name, count(place), call.fuel)?;
    }
    Ok(table)
}

/// Makes sure that there is room for so many tables, and for their names.
fn room_for(call: &mut Call<'_>, tables: usize) -> Result<(), Fault> {
    let size = size_of::<Value>() + Arena::<Table>::SLOT + Table::bytes_for(0);
    room(call, size.saturating_mul(tables).saturating_add(512))
}

fn searched(call: &mut Call<'_>, captures: Option<Captures>) -> Result<Value, Fault> {
    let Some(captures) = captures else { return Ok(Value::NULL) };
    room_for(call, 1)?;
    matched(call, captures.begin, captures.end)
}

fn captured(call: &mut Call<'_>, captures: Option<Captures>) -> Result<Value, Fault> {
    let Some(captures) = captures else { return Ok(Value::NULL) };
    room_for(call, captures.groups.len())?;
    let array = call.heap.array_with_capacity(captures.groups.len())?;
    for &(begin, end) in &captures.groups {
        let group = matched(call, begin, end)?;
        call.heap.push(array, group)?;
    }
    call.charge(captures.groups.len());
    Ok(array)
}

fn subexpcount(call: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(count(pattern(call)?.subexpcount())))
}

fn type_name(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(b"regexp").map(Flow::Return)
}
