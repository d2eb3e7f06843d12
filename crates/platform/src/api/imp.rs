//! `imp`, as agents have it: timers, and where the program runs.

use squirrel::{Call, Fault, Flow, Function, Member, Tag, Value};

use super::{TIMER, done, number_of, register};
use crate::constants::ENVIRONMENT_AGENT;
use crate::host::{Callback, Place, Timer, Wait, host, key_of, set_callback_of};

/// The longest interval, in seconds.
const LONGEST_S: f64 = 10_737_418.0;

/// Timers that a program may have at once.
const MOST_TIMERS: usize = 4096;

/// What `getsoftwareversion` returns; programs take it apart at its hyphens.
const SOFTWARE_VERSION: &str = concat!("impstead - release-", env!("CARGO_PKG_VERSION"), " - agent - production");

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("wakeup", wakeup, -3, ".nc").documented(
        "wakeup(seconds, function() [, name]) -> timer|null",
        "Calls a function later; by its name the timer can be cancelled.",
    )),
    Member::Function(Function::new("cancelwakeup", cancel_wakeup, 2, "").documented(
        "cancelwakeup(timer|name)",
        "Cancels a timer; one that has fired already is no mistake, an unknown name is one.",
    )),
    Member::Function(
        Function::new("sleep", sleep, 2, ".n")
            .documented("sleep(seconds)", "Stops the agent for a while; nothing else runs."),
    ),
    Member::Function(
        Function::new("environment", environment, 1, "")
            .documented("environment() -> integer", "Returns `ENVIRONMENT_AGENT`."),
    ),
    Member::Function(
        Function::new("getmemoryfree", memory_free, 1, "")
            .documented("getmemoryfree() -> integer", "Returns how many bytes of memory are left."),
    ),
    Member::Function(
        Function::new("getsoftwareversion", software_version, 1, "")
            .documented("getsoftwareversion() -> string", "Returns the platform's version."),
    ),
    Member::Function(Function::new("onunhandledexception", on_unhandled, 2, "").documented(
        "onunhandledexception(function(error)|null)",
        "Sets what is called with an error that nothing caught, before the agent restarts.",
    )),
    Member::Held { name: "configparams", place: Place::ConfigParams.held() },
];

pub(super) const TIMER_METHODS: &[Function<'static>] = &[Function::new("_typeof", type_of, 1, "")];

fn type_of(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(TIMER.as_bytes()).map(Flow::Return)
}

/// Seconds as microseconds, if they are neither negative nor too many.
fn microseconds(seconds: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "in this range it fits")]
    (0.0..=LONGEST_S).contains(&seconds).then_some((seconds * 1e6) as i64)
}

pub(super) fn wakeup(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let seconds = f64::from(call.argument(1).as_number().unwrap_or(0.0));
    let delay_us = microseconds(seconds).ok_or("invalid interval in imp.wakeup(interval, callback)")?;
    let name = match call.argument(3) {
        value if value.is(Tag::String) => Some(call.heap.bytes(value).to_vec()),
        _ => None,
    };
    let host = host(call)?;
    if host.timers.len() >= MOST_TIMERS {
        host.reached("too many timers in imp.wakeup(interval, callback)");
        return done();
    }
    let (class, id) = (host.timer_class, host.last_id.wrapping_add(1));
    let timer = call.heap.instance(class)?;
    call.set_payload(timer, TIMER, &id.to_le_bytes())?;
    set_callback_of(call, Callback::Timers, key_of(id), call.argument(2))?;
    // Nothing fails from here on.
    let host = crate::host::host(call)?;
    let (id, due_us) = (host.next_id(), host.now_us.saturating_add(delay_us));
    host.timers.add(due_us, Timer { id, name });
    Ok(Flow::Return(timer))
}

pub(super) fn cancel_wakeup(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let timer = call.argument(1);
    let id = match timer.tag() {
        Tag::String => {
            let name = call.heap.bytes(timer).to_vec();
            let id = host(call)?.timers.named(&name);
            Some(id.ok_or("no such timer in imp.cancelwakeup(timer)")?)
        }
        _ => number_of(call, timer, TIMER),
    };
    if let Some(id) = id {
        host(call)?.timers.remove(id);
        set_callback_of(call, Callback::Timers, key_of(id), Value::NULL)?;
    }
    done()
}

pub(super) fn sleep(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return done();
    }
    let seconds = f64::from(call.argument(1).as_number().unwrap_or(0.0));
    let delay_us = microseconds(seconds.max(0.0)).ok_or("invalid interval in imp.sleep(interval)")?;
    let answer = call.wait(1);
    let host = host(call)?;
    host.wait = Some(Wait::Until(host.now_us.saturating_add(delay_us)));
    Ok(answer)
}

fn environment(_: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::integer(ENVIRONMENT_AGENT)))
}

pub(super) fn memory_free(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let free = call.heap.limit_bytes().saturating_sub(call.heap.used_bytes());
    Ok(Flow::Return(Value::integer(i32::try_from(free).unwrap_or(i32::MAX))))
}

fn software_version(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(SOFTWARE_VERSION.as_bytes()).map(Flow::Return)
}

fn on_unhandled(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Unhandled)
}
