//! `imp`, as imps have it.

use squirrel::{Call, Fault, Flow, Function, Member, Tag, Value};

use super::{ignore, imp_state, net, server};
use crate::api::{bytes, call_soon, done, function_or_null, imp as shared, register, set_text};
use crate::codec;
use crate::host::{Callback, Effect, Place, Wait, host};
use crate::imp::ImpOrder;

/// The longest user configuration, in bytes.
const MOST_CONFIGURATION: usize = 4096;

/// How long a scan for networks takes, in microseconds.
const SCAN_US: i64 = 2_000_000;

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(
        Function::new("wakeup", shared::wakeup, -3, ".nc")
            .documented("wakeup(seconds, function()) -> timer|null", "Calls a function later."),
    ),
    Member::Function(
        Function::new("cancelwakeup", shared::cancel_wakeup, 2, "")
            .documented("cancelwakeup(timer)", "Cancels a timer; one that has fired already is no mistake."),
    ),
    Member::Function(
        Function::new("sleep", shared::sleep, 2, ".n")
            .documented("sleep(seconds)", "Stops the program for a while; nothing else runs."),
    ),
    Member::Function(
        Function::new("onidle", on_idle, 2, "")
            .documented("onidle(function()|null)", "Sets what is called once when nothing is left to do."),
    ),
    Member::Function(
        Function::new("environment", environment, 1, "")
            .documented("environment() -> integer", "Returns `ENVIRONMENT_CARD` or `ENVIRONMENT_MODULE`."),
    ),
    Member::Function(Function::new("info", info, 1, "").documented("info() -> table", "Returns `type`, as `imp003`.")),
    Member::Held { name: "configparams", place: Place::ConfigParams.held() },
    Member::Function(
        Function::new("getmemoryfree", shared::memory_free, 1, "")
            .documented("getmemoryfree() -> integer", "Returns how many bytes of memory are left."),
    ),
    Member::Function(
        Function::new("getsoftwareversion", software_version, 1, "")
            .documented("getsoftwareversion() -> string", "Returns impOS' version."),
    ),
    Member::Function(
        Function::new("deepsleepfor", deep_sleep_for, 2, ".n")
            .documented("deepsleepfor(seconds)", "Sleeps deeply at once; the program starts afresh then."),
    ),
    Member::Function(Function::new("deepsleepuntil", deep_sleep_until, -3, ".nnnn").documented(
        "deepsleepuntil(hour, minute [, second [, dayofweek]])",
        "The same, until a time of the day, UTC.",
    )),
    Member::Function(Function::new("reset", reset, 1, "").documented("reset()", "Starts the imp afresh.")),
    Member::Function(
        Function::new("enableblinkup", ignore, 2, ".b")
            .documented("enableblinkup(enabled)", "Keeps the receiver of BlinkUp on."),
    ),
    Member::Function(
        Function::new("setpowersave", set_power_save, 2, ".b").documented("setpowersave(enabled)", "Saves power."),
    ),
    Member::Function(
        Function::new("getpowersave", get_power_save, 1, "")
            .documented("getpowersave() -> bool", "Says whether power is saved."),
    ),
    Member::Function(
        Function::new("setpoweren", set_power_enabled, 2, ".b")
            .documented("setpoweren(enabled)", "Switches the radio."),
    ),
    Member::Function(
        Function::new("getpoweren", get_power_enabled, 1, "")
            .documented("getpoweren() -> bool", "Says whether the radio is on."),
    ),
    Member::Function(
        Function::new("getmacaddress", mac_address, 1, "")
            .documented("getmacaddress() -> string", "Returns 12 hex digits."),
    ),
    Member::Function(Function::new("getssid", ssid, 1, "").documented("getssid() -> string", "The network's name.")),
    Member::Function(Function::new("getbssid", bssid, 1, "").documented("getbssid() -> string", "The access point.")),
    Member::Function(
        Function::new("getrssi", rssi, 1, "").documented("getrssi() -> integer", "Signal strength in dBm; 0 offline."),
    ),
    Member::Function(Function::new("rssi", rssi, 1, "").documented("rssi() -> integer", "The same.")),
    Member::Function(Function::new("getchannel", channel, 1, "").documented("getchannel() -> integer", "Its channel.")),
    Member::Function(Function::new("getcountry", country, 1, "").documented("getcountry() -> integer", "The region.")),
    Member::Function(Function::new("setcountry", ignore, 2, "").documented("setcountry(country)", "Sets the region.")),
    Member::Function(Function::new("scanwifinetworks", scan, -1, "").documented(
        "scanwifinetworks([function(networks)]) -> array",
        "Looks for networks, each a table of `ssid`, `bssid`, `channel`, `rssi` and `open`.",
    )),
    Member::Function(
        Function::new("setwificonfiguration", ignore, 3, ".ss")
            .documented("setwificonfiguration(ssid, password)", "Sets the network."),
    ),
    Member::Function(
        Function::new("setstaticnetworkconfiguration", ignore, -1, "")
            .documented("setstaticnetworkconfiguration(...)", "Sets fixed addresses."),
    ),
    Member::Function(Function::new("setproxy", ignore, -1, "").documented("setproxy(...)", "Sets a proxy.")),
    Member::Function(
        Function::new("clearconfiguration", clear_configuration, -1, ".i")
            .documented("clearconfiguration([what])", "Forgets the network's settings."),
    ),
    Member::Function(
        Function::new("setenroltokens", set_enrol_tokens, 3, ".ss")
            .documented("setenroltokens(planid, token)", "Enrols the imp under another plan."),
    ),
    Member::Function(Function::new("setuserconfiguration", set_user_configuration, 2, "").documented(
        "setuserconfiguration(string|blob|null)",
        "Keeps up to 4096 bytes, whatever becomes of the program.",
    )),
    Member::Function(
        Function::new("getuserconfiguration", get_user_configuration, 1, "")
            .documented("getuserconfiguration() -> blob|null", "Returns what was kept."),
    ),
    Member::Function(
        Function::new("setsendbuffersize", set_send_buffer_size, 2, ".i")
            .documented("setsendbuffersize(bytes) -> integer", "Sets the buffer's size, and returns the one before."),
    ),
    Member::Function(Function::new("onunhandledexception", on_unhandled, 2, "").documented(
        "onunhandledexception(function(error)|null)",
        "Sets what is called with an error that nothing caught, before the program restarts.",
    )),
    Member::Function(
        Function::new("getbootromversion", boot_rom, 1, "")
            .documented("getbootromversion() -> string", "The boot ROM."),
    ),
    Member::Function(Function::new("configure", ignore, -1, "").documented("configure(...)", "Does nothing any more.")),
    Member::Object { name: "net", members: net::MEMBERS },
];

fn on_idle(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Idle)
}

fn environment(call: &mut Call<'_>) -> Result<Flow, Fault> {
    // The imp001 is a card, the others are modules.
    let is_card = imp_state(call)?.facts.imp_type == "imp001";
    Ok(Flow::Return(Value::integer(i32::from(!is_card))))
}

fn info(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let imp_type = imp_state(call)?.facts.imp_type.clone();
    let table = call.heap.table(0)?;
    set_text(call.heap, table, "type", &imp_type)?;
    Ok(Flow::Return(table))
}

fn text(call: &mut Call<'_>, of: impl Fn(&crate::imp::ImpFacts) -> &str) -> Result<Flow, Fault> {
    let text = of(&imp_state(call)?.facts).to_owned();
    call.heap.string(text.as_bytes()).map(Flow::Return)
}

fn software_version(call: &mut Call<'_>) -> Result<Flow, Fault> {
    text(call, |facts| &facts.software_version)
}

fn deep_sleep_for(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let seconds = call.argument(1).as_number().map_or(0.0, f64::from);
    server::sleep(call, seconds, false)
}

fn deep_sleep_until(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let seconds = server::seconds_until(call)?;
    server::sleep(call, seconds, false)
}

fn reset(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let answer = call.wait(1);
    host(call)?.wait = Some(Wait::Reset);
    Ok(answer)
}

fn set_power_save(call: &mut Call<'_>) -> Result<Flow, Fault> {
    imp_state(call)?.power_save = call.argument(1).as_bool().unwrap_or_default();
    done()
}

fn get_power_save(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let is_on = imp_state(call)?.power_save;
    Ok(Flow::Return(Value::bool(is_on)))
}

fn set_power_enabled(call: &mut Call<'_>) -> Result<Flow, Fault> {
    imp_state(call)?.power_enabled = call.argument(1).as_bool().unwrap_or_default();
    done()
}

fn get_power_enabled(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let is_on = imp_state(call)?.power_enabled;
    Ok(Flow::Return(Value::bool(is_on)))
}

fn mac_address(call: &mut Call<'_>) -> Result<Flow, Fault> {
    text(call, |facts| &facts.mac_address)
}

fn ssid(call: &mut Call<'_>) -> Result<Flow, Fault> {
    text(call, |facts| &facts.network.ssid)
}

fn bssid(call: &mut Call<'_>) -> Result<Flow, Fault> {
    text(call, |facts| &facts.network.bssid)
}

fn rssi(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let online = host(call)?.surroundings.is_connected;
    let rssi = imp_state(call)?.rssi();
    Ok(Flow::Return(Value::integer(if online { rssi } else { 0 })))
}

fn channel(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let channel = imp_state(call)?.facts.network.channel;
    Ok(Flow::Return(Value::integer(channel)))
}

fn country(_: &mut Call<'_>) -> Result<Flow, Fault> {
    Ok(Flow::Return(Value::integer(0)))
}

fn scan(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let function = function_or_null(call, 1)?;
    let now_us = host(call)?.now_us;
    if imp_state(call)?.scan_ends_us.is_some_and(|ends_us| ends_us > now_us) {
        return Err("scan already running in imp.scanwifinetworks(callback)".into());
    }
    let networks = net::networks(call)?;
    if function.is_null() {
        return Ok(Flow::Return(networks));
    }
    call_soon(call, function, &[networks])?;
    imp_state(call)?.scan_ends_us = Some(now_us.saturating_add(SCAN_US));
    done()
}

fn clear_configuration(call: &mut Call<'_>) -> Result<Flow, Fault> {
    host(call)?.effects.push(Effect::Imp(ImpOrder::ClearConfiguration));
    done()
}

fn set_enrol_tokens(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let [plan_id, token] =
        [1, 2].map(|place| String::from_utf8_lossy(call.heap.bytes(call.argument(place))).into_owned());
    host(call)?.effects.push(Effect::Imp(ImpOrder::Enrol { plan_id, token }));
    done()
}

fn set_user_configuration(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let kept = if call.argument(1).is(Tag::Null) { None } else { Some(bytes(call, 1)?) };
    if kept.as_ref().is_some_and(|kept| kept.len() > MOST_CONFIGURATION) {
        return Err("value too long in imp.setuserconfiguration(value)".into());
    }
    imp_state(call)?.facts.user_configuration.clone_from(&kept);
    host(call)?.effects.push(Effect::Imp(ImpOrder::KeepUserConfiguration(kept)));
    done()
}

fn get_user_configuration(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let Some(kept) = imp_state(call)?.facts.user_configuration.clone() else { return done() };
    codec::blob(call, kept).map(Flow::Return)
}

fn set_send_buffer_size(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let bytes = call.argument(1).as_integer().unwrap_or_default();
    let imp = imp_state(call)?;
    let before = std::mem::replace(&mut imp.send_buffer_bytes, bytes);
    Ok(Flow::Return(Value::integer(before)))
}

fn on_unhandled(call: &mut Call<'_>) -> Result<Flow, Fault> {
    register(call, Callback::Unhandled)
}

fn boot_rom(call: &mut Call<'_>) -> Result<Flow, Fault> {
    call.heap.string(b"1.0").map(Flow::Return)
}
