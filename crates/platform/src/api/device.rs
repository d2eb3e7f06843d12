//! `device`: the agent's half of what is between the two.

use squirrel::{Call, Fault, Flow, Function, Member, Value};

use super::{done, function_or_null, register, set, set_text, zero};
use crate::data;
use crate::host::{Callback, Effect, host, set_callback_of};

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("on", on, 3, ".s.").documented(
        "on(name, function(data)|null)",
        "Sets what is called for messages of this name from the device; null takes it away.",
    )),
    Member::Function(
        Function::new("send", send, 3, ".s.")
            .documented("send(name, data) -> 0", "Sends a message to the device; it is lost if that is not connected."),
    ),
    Member::Function(
        Function::new("isconnected", is_connected, 1, "")
            .documented("isconnected() -> bool", "Says whether the device is connected."),
    ),
    Member::Function(
        Function::new("onconnect", on_connect, 2, "")
            .documented("onconnect(function()|null)", "Sets what is called when the device connects."),
    ),
    Member::Function(
        Function::new("ondisconnect", on_disconnect, 2, "")
            .documented("ondisconnect(function([reason])|null)", "Sets what is called when the device disconnects."),
    ),
    Member::Function(
        Function::new("info", info, 1, "")
            .documented("info() -> table", "Returns `id`, `isconnected` and `ipaddress` of the device."),
    ),
];

fn on(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let function = function_or_null(call, 2)?;
    set_callback_of(call, Callback::Messages, call.argument(1), function)?;
    done()
}

fn send(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let name = call.heap.bytes(call.argument(1)).to_vec();
    let taken = data::take(call.heap, call.argument(2), false);
    call.charge(taken.bytes / 16);
    let host = host(call)?;
    if taken.skipped {
        host.complain("skipped unserialisable data");
    }
    if taken.too_large {
        host.reached("message too large in device.send(name, data)");
    } else if host.surroundings.is_connected {
        host.effects.push(Effect::Send { name, data: taken.data });
    }
    zero()
}

fn is_connected(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let connected = host(call)?.surroundings.is_connected;
    Ok(Flow::Return(Value::bool(connected)))
}

fn on_connect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Connect)
}

fn on_disconnect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Disconnect)
}

fn info(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let surroundings = host(call)?.surroundings.clone();
    let table = call.heap.table(0)?;
    set_text(call.heap, table, "id", &surroundings.device_id)?;
    set(call.heap, table, "isconnected", Value::bool(surroundings.is_connected))?;
    if let Some(address) = &surroundings.ip_address {
        set_text(call.heap, table, "ipaddress", address)?;
    }
    Ok(Flow::Return(table))
}
