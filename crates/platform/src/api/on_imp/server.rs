//! `server`, as imps have it: the log, the connection, sleep, and the factory.

use impstead_device_protocol::Value as Data;
use squirrel::{Call, Fault, Flow, Function, Member, Tag, Value};

use super::{NOT_CONNECTED, ignore, imp_state, send, sent, want_link};
use crate::api::{call_soon, done, function_or_null, microseconds, register, zero};
use crate::board::ImpType;
use crate::codec::wrong_type;
use crate::host::{Callback, Effect, Wait, host, set_callback};
use crate::imp::{ImpOrder, OnError, Sleep};

/// The longest sleep, in seconds: 28 days.
const LONGEST_SLEEP_S: f64 = 2_419_198.0;

/// `SERVER_CONNECTED`.
const CONNECTED: i32 = 5;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("log", log, 2, "")
            .documented("log(value) -> integer", "Puts the string form of a value into the log."),
    ),
    Member::Function(
        Function::new("error", error, 2, "").documented("error(value) -> integer", "The same, as an error."),
    ),
    Member::Function(Function::new("setsendtimeoutpolicy", set_policy, 4, ".iin").documented(
        "setsendtimeoutpolicy(onerror, waitfor, timeout_s)",
        "Says what happens to what is sent without a connection, and what sending waits for.",
    )),
    Member::Function(Function::new("connect", connect, -1, "..n").documented(
        "connect([function(reason) [, timeout_s]])",
        "Connects; with SUSPEND_ON_ERROR it waits for that, else the function is told.",
    )),
    Member::Function(Function::new("disconnect", disconnect, 1, "").documented("disconnect()", "Ends the connection.")),
    Member::Function(
        Function::new("isconnected", is_connected, 1, "")
            .documented("isconnected() -> bool", "Says whether there is a connection."),
    ),
    Member::Function(Function::new("flush", flush, -1, ".n").documented(
        "flush([timeout_s]) -> integer",
        "Waits until everything is sent; returns 0 or one of `SEND_ERROR_...`.",
    )),
    Member::Function(Function::new("onunexpecteddisconnect", on_unexpected, 2, "").documented(
        "onunexpecteddisconnect(function(reason)|null)",
        "Sets what is called when the connection was lost and could not be made again.",
    )),
    Member::Function(Function::new("onshutdown", on_shutdown, 2, "").documented(
        "onshutdown(function(reason)|null)",
        "Sets what is called instead of a restart that can wait; it then calls `restart` itself.",
    )),
    Member::Function(
        Function::new("restart", restart, 1, "").documented("restart()", "Starts the program afresh; does not return."),
    ),
    Member::Function(Function::new("sleepfor", sleep_for, 2, ".n").documented(
        "sleepfor(seconds)",
        "Sends what is to be sent and sleeps deeply; the program starts afresh then.",
    )),
    Member::Function(
        Function::new("sleepuntil", sleep_until, -3, ".nnnn")
            .documented("sleepuntil(hour, minute [, second [, dayofweek]])", "The same, until a time of the day, UTC."),
    ),
    Member::Function(
        Function::new("expectonlinein", expect_online_in, 2, ".n")
            .documented("expectonlinein(seconds)", "Announces the next contact."),
    ),
    Member::Function(
        Function::new("expectonlineat", expect_online_at, -3, ".nnnn").documented(
            "expectonlineat(hour, minute [, second [, dayofweek]])",
            "The same, by a time of the day, UTC.",
        ),
    ),
    Member::Function(
        Function::new("bless", bless, -2, ".b.")
            .documented("bless(success [, function(blessed)])", "Says how the tests of a device under test ended."),
    ),
    Member::Function(Function::new("factoryblinkup", factory_blinkup, -5, "").documented(
        "factoryblinkup(ssid, password, pin, flags [, apn])",
        "Configures a device under test, from a factory fixture.",
    )),
    Member::Function(Function::new("show", ignore, -1, "").documented("show(value)", "Does nothing any more.")),
];

fn log(call: &mut Call<'_>) -> Result<Flow, Fault> {
    write(call, false)
}

fn error(call: &mut Call<'_>) -> Result<Flow, Fault> {
    write(call, true)
}

fn write(call: &mut Call<'_>, error: bool) -> Result<Flow, Fault> {
    if let Some(sent) = sent(call) {
        return Ok(sent);
    }
    let text = match call.text(call.argument(1), 1)? {
        Ok(text) => text,
        Err(ask) => return Ok(ask),
    };
    let mut line = if error { b"ERROR: ".to_vec() } else { Vec::new() };
    line.extend_from_slice(call.heap.bytes(text));
    call.charge(line.len() / 16 + 16);
    send(call, Effect::Log { error, text: line })
}

fn seconds(call: &Call<'_>, place: usize, otherwise: f64) -> f64 {
    call.argument(place).as_number().map_or(otherwise, f64::from)
}

fn set_policy(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let on_error = match call.argument(1).as_integer() {
        Some(0) => OnError::Suspend,
        Some(1) => OnError::Return,
        Some(2) => OnError::ReturnNoDisconnect,
        _ => return Err("invalid policy in server.setsendtimeoutpolicy(onerror, waitfor, timeout)".into()),
    };
    let waits_for_ack = call.argument(2).as_integer() == Some(1);
    let timeout_us = microseconds(seconds(call, 3, 30.0).max(0.0));
    imp_state(call)?.policy = crate::imp::SendPolicy { on_error, waits_for_ack, timeout_us };
    done()
}

fn connect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    if call.step == 1 {
        return done();
    }
    let function = function_or_null(call, 1)?;
    let timeout_us = microseconds(seconds(call, 2, 60.0).max(0.0));
    let online = host(call)?.surroundings.is_connected;
    let suspends = imp_state(call)?.policy.on_error == OnError::Suspend;
    match (online, suspends) {
        (true, true) => done(),
        (true, false) => {
            call_soon(call, function, &[Value::integer(CONNECTED)])?;
            done()
        }
        (false, true) => {
            let answer = call.wait(1);
            let host = host(call)?;
            want_link(host, timeout_us);
            host.wait = Some(Wait::Connect);
            Ok(answer)
        }
        (false, false) => {
            set_callback(call, Callback::Connect, function)?;
            imp_state(call)?.is_connecting = true;
            want_link(host(call)?, timeout_us);
            done()
        }
    }
}

fn disconnect(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let host = host(call)?;
    host.surroundings.is_connected = false;
    host.effects.push(Effect::Imp(ImpOrder::Disconnect));
    done()
}

fn is_connected(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let online = host(call)?.surroundings.is_connected;
    Ok(Flow::Return(Value::bool(online)))
}

fn flush(call: &mut Call<'_>) -> Result<Flow, Fault> {
    // What is sent is on its way at once.
    let online = host(call)?.surroundings.is_connected;
    Ok(Flow::Return(Value::integer(if online { 0 } else { NOT_CONNECTED })))
}

fn on_unexpected(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Disconnect)
}

fn on_shutdown(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Shutdown)
}

fn restart(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let answer = call.wait(1);
    host(call)?.wait = Some(Wait::Restart);
    Ok(answer)
}

/// Ends the program, to sleep for so many seconds.
pub(super) fn sleep(call: &mut Call<'_>, seconds: f64, is_announced: bool) -> Result<Flow, Fault> {
    if !(0.0..=LONGEST_SLEEP_S).contains(&seconds) {
        return Err("invalid interval for a deep sleep".into());
    }
    if imp_state(call)?.facts.imp_type == ImpType::Imp005.name() {
        return Err("this imp does not sleep deeply".into());
    }
    let answer = call.wait(1);
    host(call)?.wait = Some(Wait::Sleep(Sleep { us: microseconds(seconds), is_announced }));
    Ok(answer)
}

/// How many seconds it is to a time of the day, UTC, that arguments say.
pub(super) fn seconds_until(call: &mut Call<'_>) -> Result<f64, Fault> {
    const DAY: f64 = 86_400.0;
    let part = |place, otherwise| seconds(call, place, otherwise);
    let (hour, minute, second) = (part(1, 0.0), part(2, 0.0), part(3, 0.0));
    if !(0.0..24.0).contains(&hour) || !(0.0..60.0).contains(&minute) || !(0.0..60.0).contains(&second) {
        return Err("invalid time of the day".into());
    }
    let day_of_week = call.argument(4).as_integer();
    #[expect(clippy::cast_precision_loss, reason = "microseconds since 1970")]
    let now = host(call)?.now_us as f64 / 1e6;
    let mut wait = (hour * 3600.0 + minute * 60.0 + second - now.rem_euclid(DAY)).rem_euclid(DAY);
    if let Some(day) = day_of_week.filter(|day| (0..7).contains(day)) {
        // 1970 began on a Thursday; Sunday is 0.
        let then = ((now + wait) / DAY).floor() + 4.0;
        wait += DAY * (f64::from(day) - then.rem_euclid(7.0)).rem_euclid(7.0);
    }
    Ok(wait)
}

fn sleep_for(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let wanted = seconds(call, 1, 0.0);
    sleep(call, wanted, true)
}

fn sleep_until(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let wanted = seconds_until(call)?;
    sleep(call, wanted, true)
}

fn expect_online(call: &mut Call<'_>, seconds: f64) -> Result<Flow, Fault> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in this range it fits")]
    let seconds = seconds.clamp(0.0, f64::from(u32::MAX)) as u32;
    host(call)?.effects.push(Effect::Imp(ImpOrder::ExpectOnline { seconds }));
    done()
}

fn expect_online_in(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let wanted = seconds(call, 1, 0.0);
    expect_online(call, wanted)
}

fn expect_online_at(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let wanted = seconds_until(call)?;
    expect_online(call, wanted)
}

fn bless(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let passed = call.argument(1).as_bool().unwrap_or(false);
    let function = function_or_null(call, 2)?;
    set_callback(call, Callback::Blessed, function)?;
    host(call)?.effects.push(Effect::Imp(ImpOrder::Bless { passed }));
    done()
}

fn factory_blinkup(call: &mut Call<'_>) -> Result<Flow, Fault> {
    for place in [1, 2] {
        let value = call.argument(place);
        if !value.is(Tag::String) {
            return Err(wrong_type(place, value, "string"));
        }
    }
    // A device under test finds its fixture there.
    let surroundings = &host(call)?.surroundings;
    let own = Data::string(&surroundings.device_id);
    let is_fixture = surroundings.config.iter().any(|(name, value)| name == "factory_imp" && *value == own);
    if !is_fixture {
        let text = b"Factory BlinkUp request failed. This is not a factory imp.".to_vec();
        host(call)?.effects.push(Effect::Log { error: false, text });
        return zero();
    }
    let pin = String::from_utf8_lossy(&call.plain_text(call.argument(3))).into_owned();
    host(call)?.effects.push(Effect::Imp(ImpOrder::FactoryBlinkUp { pin }));
    zero()
}
