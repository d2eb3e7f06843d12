//! What programs of imps can call, where it is not as on agents.

mod agent;
mod hardware;
mod imp;
mod net;
mod server;

use squirrel::{Call, Dialect, Fault, Flow, Function, Image, ImageBuilder, Value};

use super::{TIMER, crypto_members, done, with_constants, zero};
use crate::board::ImpType;
use crate::host::{Effect, PlatformHost, Wait, host};
use crate::imp::{ImpOrder, ImpState, OnError};

/// What sending comes to.
const NOT_CONNECTED: i32 = 1;

/// The step at which a function goes on whose line or message was waited for.
const SENT: u32 = 2;

/// How long an attempt to connect takes that nobody set a time for, in microseconds.
const CONNECT_TIMEOUT_US: i64 = 60_000_000;

pub(crate) use hardware::{DAC, SAMPLER};

/// Makes the image of imps that have everything. `seed` is a secret number: see [`ImageBuilder::with_seed`].
pub fn imp_image(seed: u64) -> Image {
    imp_image_of(seed, ImpType::Imp005)
}

/// Makes the image of imps of a type: those without flash for programs have no `hardware.spiflash`, those
/// without a host port no `hardware.usb`; else all have the same.
pub fn imp_image_of(seed: u64, imp_type: ImpType) -> Image {
    with_constants(ImageBuilder::with_seed(Dialect::Imp, seed))
        .object("server", server::MEMBERS)
        .object("agent", agent::MEMBERS)
        .object("imp", imp::MEMBERS)
        .object("hardware", &hardware::members(imp_type))
        .object("crypto", &crypto_members())
        .class(TIMER, Some(TIMER), super::imp::TIMER_METHODS)
        .class("InputPort", None, PORT_METHODS)
        .class("OutputPort", None, PORT_METHODS)
        .build()
}

/// Those of the first generation, which nothing looks at any more.
const PORT_METHODS: &[Function<'static>] =
    &[Function::new("constructor", ignore, -1, ""), Function::new("set", ignore, -1, "")];

/// Does nothing.
fn ignore(_: &mut Call<'_>) -> Result<Flow, Fault> {
    done()
}

/// What is known of the imp.
fn imp_state<'c>(call: &'c mut Call<'_>) -> Result<&'c mut ImpState, Fault> {
    host(call)?.imp.as_deref_mut().ok_or(Fault::Corrupt)
}

/// Sends a line or a message to the server, by the policy of now. The function that calls this begins with
/// [`sent`], which has what came of it.
fn send(call: &mut Call<'_>, effect: Effect) -> Result<Flow, Fault> {
    let answer = call.wait(SENT);
    let host = host(call)?;
    let online = host.surroundings.is_connected;
    let imp = host.imp.as_deref_mut().ok_or(Fault::Corrupt)?;
    if online {
        let waits = imp.policy.waits_for_ack;
        host.effects.push(effect);
        if !waits {
            return zero();
        }
        host.wait = Some(Wait::Sent);
        return Ok(answer);
    }
    if imp.policy.on_error != OnError::Suspend {
        return Ok(Flow::Return(Value::integer(NOT_CONNECTED)));
    }
    imp.held_back.push(effect);
    want_link(host, CONNECT_TIMEOUT_US);
    host.wait = Some(Wait::Link);
    Ok(answer)
}

/// What came of a line or message that was waited for.
fn sent(call: &Call<'_>) -> Option<Flow> {
    (call.step == SENT).then_some(Flow::Return(call.result))
}

fn want_link(host: &mut PlatformHost, timeout_us: i64) {
    host.effects.push(Effect::Imp(ImpOrder::Connect { timeout_us }));
}
