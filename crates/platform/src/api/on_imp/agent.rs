//! `agent`: the imp's half of what is between the two.

use squirrel::{Call, Fault, Flow, Function, Member};

use super::{send as send_by_policy, sent};
use crate::api::{done, function_or_null};
use crate::data;
use crate::host::{Callback, Effect, host, set_callback_of};

/// A message that is too long ends the connection on the platform.
const DISCONNECTED: i32 = 3;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("on", on, 3, ".s.").documented(
        "on(name, function(data)|null)",
        "Sets what is called for messages of this name from the agent; null takes it away.",
    )),
    Member::Function(Function::new("send", send, 3, ".s.").documented(
        "send(name, data) -> integer",
        "Sends a message to the agent; returns 0 or one of `SEND_ERROR_...`.",
    )),
];

fn on(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let function = function_or_null(call, 2)?;
    set_callback_of(call, Callback::Messages, call.argument(1), function)?;
    done()
}

fn send(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if let Some(sent) = sent(call) {
        return Ok(sent);
    }
    let name = call.heap.bytes(call.argument(1)).to_vec();
    let taken = data::take(call.heap, call.argument(2), false);
    call.charge(taken.bytes / 16);
    if taken.skipped {
        host(call)?.complain("skipped unserialisable data");
    }
    if taken.too_large {
        return Ok(Flow::Return(squirrel::Value::integer(DISCONNECTED)));
    }
    send_by_policy(call, Effect::Send { name, data: taken.data })
}
