//! `server`: the log, what is kept, and restarts.

use impstead_device_protocol::Value as Data;
use squirrel::{Call, Fault, Flow, Function, Member, Tag};

use super::{register, zero};
use crate::data::{self, Given};
use crate::host::{Callback, Effect, Wait, host};
use squirrel::IntoSquirrel as _;

/// The most that is kept, in bytes.
const MOST_SAVED: usize = 64 * 1024;

/// The formats of `server.save`.
const JSON: i32 = 1;
const BINARY: i32 = 2;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("log", log, 2, "").documented("log(value) -> 0", "Puts the string form of a value into the log."),
    ),
    Member::Function(
        Function::new("error", error, 2, "").documented("error(value) -> 0", "The same, as an error."),
    ),
    Member::Function(Function::new("save", save, -2, "..i").documented(
        "save(table [, format]) -> 0",
        "Keeps a table of at most 64 KB for `load`, also in the agent's next life; format 1 (default) is JSON, 2 keeps blobs.",
    )),
    Member::Function(
        Function::new("load", load, 1, "").documented("load() -> table", "Returns what was kept last, or an empty table."),
    ),
    Member::Function(
        Function::new("restart", restart, 1, "").documented("restart()", "Starts the agent afresh; does not return."),
    ),
    Member::Function(Function::new("onshutdown", on_shutdown, 2, "").documented(
        "onshutdown(function(reason)|null)",
        "Sets what is called instead of a restart that can wait; it then calls `restart` itself.",
    )),
];

fn log(call: &mut Call<'_>) -> Result<Flow, Fault> {
    write(call, false)
}

fn error(call: &mut Call<'_>) -> Result<Flow, Fault> {
    write(call, true)
}

fn write(call: &mut Call<'_>, error: bool) -> Result<Flow, Fault> {
    let text = match call.text(call.argument(1), 1)? {
        Ok(text) => text,
        Err(ask) => return Ok(ask),
    };
    let mut line = if error { b"ERROR: ".to_vec() } else { Vec::new() };
    line.extend_from_slice(call.heap.bytes(text));
    call.charge(line.len() / 16 + 16);
    host(call)?.log(error, line);
    zero()
}

fn save(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return zero();
    }
    let table = call.argument(1);
    if !table.is(Tag::Table) {
        return Err("table required in server.save(table)".into());
    }
    let format = if call.count() > 2 { call.argument(2).as_integer().unwrap_or(JSON) } else { JSON };
    if !matches!(format, JSON | BINARY) {
        return Err("invalid format in server.save(table, format)".into());
    }
    let taken = data::take(call.heap, table, format == JSON);
    call.charge(taken.bytes / 16);
    if taken.too_large || taken.bytes > MOST_SAVED {
        return Err("data too large in server.save(table)".into());
    }
    let answer = call.wait(1);
    let host = host(call)?;
    if taken.skipped {
        host.complain("skipped unserialisable data");
        host.locate = true;
    }
    host.surroundings.saved = Some(taken.data.clone());
    host.effects.push(Effect::Save { data: taken.data });
    host.wait = Some(Wait::Saved);
    Ok(answer)
}

fn load(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let host = host(call)?;
    let blob_class = host.blob_class;
    let data = host.surroundings.saved.clone().unwrap_or(Data::Table(Box::default()));
    Given { data: &data, blob_class }.into_squirrel(call.heap).map(Flow::Return)
}

fn restart(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let answer = call.wait(1);
    host(call)?.wait = Some(Wait::Restart);
    Ok(answer)
}

fn on_shutdown(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Shutdown)
}
