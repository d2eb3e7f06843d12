//! `hardware`: what is wired to the imp, one file for each kind. Every name that any type of imp has is there; programs ask for
//! the type, or for `spiflash` and `usb`.
//!
//! The objects are the image's, so that they cost a machine nothing: a function knows by its own name whose it is.

mod dac;
mod i2c;
mod pins;
mod sampler;
mod spi;
mod spiflash;
mod uart;
mod usb;

use squirrel::{Call, Fault, Flow, Function, Member, Tag, Value};

use super::{ignore, imp_state};
use crate::board::{Hardware, I2cBus, ImpType, Pin, SpiBus, UartBus};
use crate::codec::wrong_type;
use crate::host::{Callback, Wait, callback, host, set_callback_of};

pub(crate) use {dac::DAC, sampler::SAMPLER};

/// The members of `hardware` of a type of imp.
pub(super) fn members(imp_type: ImpType) -> Vec<Member<'static>> {
    let pins = Pin::all().map(|pin| (pin.name(), pins::MEMBERS));
    let i2c = I2cBus::all().map(|bus| (bus.name(), i2c::MEMBERS));
    let spi = SpiBus::all().map(|bus| (bus.name(), spi::MEMBERS));
    let uarts = UartBus::all().map(|bus| (bus.name(), uart::MEMBERS));
    let others = [(SAMPLER, sampler::MEMBERS), (DAC, dac::MEMBERS)];
    let flash = imp_type.has_spiflash().then_some(("spiflash", spiflash::MEMBERS));
    let usb = imp_type.has_usb().then_some(("usb", usb::MEMBERS));
    let objects = pins.chain(i2c).chain(spi).chain(uarts).chain(others).chain(flash).chain(usb);
    FUNCTIONS.iter().copied().chain(objects.map(|(name, members)| Member::Object { name, members })).collect()
}

const FUNCTIONS: &[Member<'static>] = &[
    Member::Function(
        Function::new("millis", millis, 1, "")
            .documented("millis() -> integer", "Milliseconds since the program began, in 32 bits."),
    ),
    Member::Function(
        Function::new("micros", micros, 1, "")
            .documented("micros() -> integer", "Microseconds since the program began, in 32 bits."),
    ),
    Member::Function(
        Function::new("wakereason", wake_reason, 1, "")
            .documented("wakereason() -> integer", "Why the program runs: one of `WAKEREASON_...`."),
    ),
    Member::Function(
        Function::new("voltage", voltage, 1, "").documented("voltage() -> float", "The supply, in volts."),
    ),
    Member::Function(Function::new("vbat", voltage, 1, "").documented("vbat() -> float", "The same.")),
    Member::Function(
        Function::new("lightlevel", light_level, 1, "")
            .documented("lightlevel() -> integer", "How bright it is, from 0 to 65535."),
    ),
    Member::Function(
        Function::new("getdeviceid", device_id, 1, "").documented("getdeviceid() -> string", "The device's id."),
    ),
    Member::Function(Function::new("getimpeeid", device_id, 1, "").documented("getimpeeid() -> string", "The same.")),
    Member::Function(Function::new("configure", ignore, -1, "").documented("configure(...)", "Does nothing any more.")),
];

fn millis(call: &mut Call<'_>) -> Result<Flow, Fault> {
    since_start(call, 1000)
}

fn micros(call: &mut Call<'_>) -> Result<Flow, Fault> {
    since_start(call, 1)
}

/// A counter of 32 bits, which goes round.
fn since_start(call: &mut Call<'_>, unit_us: i64) -> Result<Flow, Fault> {
    let host = host(call)?;
    let units = (host.now_us - host.started_us) / unit_us;
    #[expect(clippy::cast_possible_truncation, reason = "it goes round")]
    let counter = units as i32;
    Ok(Flow::Return(Value::integer(counter)))
}

fn wake_reason(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let reason = imp_state(call)?.facts.wake_reason;
    Ok(Flow::Return(Value::integer(reason)))
}

fn voltage(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let volts = hardware(call)?.supply_volts();
    Ok(Flow::Return(float(volts)))
}

fn light_level(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let level = hardware(call)?.light_level();
    Ok(Flow::Return(Value::integer(level.into())))
}

fn device_id(call: &mut Call<'_>) -> Result<Flow, Fault> {
    let id = host(call)?.surroundings.device_id.clone();
    call.heap.string(id.as_bytes()).map(Flow::Return)
}

// What the files beside this one share.

/// The hardware that the program works on.
pub(super) fn hardware<'c>(call: &'c mut Call<'_>) -> Result<&'c mut Hardware, Fault> {
    let peripherals = imp_state(call)?.peripherals.as_deref_mut();
    Ok(&mut peripherals.ok_or("this imp has no hardware")?.hardware)
}

/// Whose function it is that was called.
fn owner<T>(call: &Call<'_>, named: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
    call.name().0.strip_prefix("hardware.").and_then(named).ok_or(Fault::Corrupt)
}

/// Has the hardware call a function, or with null call none.
fn set_hardware_callback(call: &mut Call<'_>, name: &str, function: Value) -> Result<(), Fault> {
    let key = call.heap.string(name.as_bytes())?;
    set_callback_of(call, Callback::Hardware, key, function)
}

/// What the hardware calls; null if nothing.
fn hardware_callback(call: &mut Call<'_>, name: &str) -> Result<Value, Fault> {
    let (key, callbacks) = (call.heap.string(name.as_bytes())?, host(call)?.callbacks);
    let table = callback(call.heap, callbacks, Callback::Hardware);
    Ok(call.heap.table_get(table, key, &mut 0).unwrap_or(Value::NULL))
}

/// Answers nothing, at a time: the program waits until then. The function that calls this begins at step 1 then.
fn wait_until(call: &mut Call<'_>, at_us: i64) -> Result<Flow, Fault> {
    let answer = call.wait(1);
    let host = host(call)?;
    if at_us <= host.waited_us() {
        return Ok(Flow::Return(Value::NULL));
    }
    host.wait = Some(Wait::Until(at_us));
    Ok(answer)
}

fn float(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "Squirrel's floats have 32 bits")]
    let float = number as f32;
    Value::float(float)
}

/// A number; true and false are 1 and 0.
fn number(call: &Call<'_>, place: usize) -> Result<f64, Fault> {
    let value = call.argument(place);
    let number = value.as_number().map(f64::from).or(value.as_bool().map(|bool| f64::from(u8::from(bool))));
    number.ok_or_else(|| wrong_type(place, value, "integer|float|bool"))
}

fn integer(call: &Call<'_>, place: usize) -> i32 {
    let value = call.argument(place);
    #[expect(clippy::cast_possible_truncation, reason = "what is too large is the largest")]
    let truncated = value.as_float().map(|float| float as i32);
    value.as_integer().or(truncated).unwrap_or(0)
}

/// A number of bytes, of which there cannot be more than this.
fn count(call: &Call<'_>, place: usize, most: usize, what: &str) -> Result<usize, Fault> {
    let count = usize::try_from(integer(call, place)).ok().filter(|&count| count <= most);
    count.ok_or_else(|| Fault::error(format!("invalid number of bytes in {what}")))
}

/// A pin that a program gives.
fn pin_argument(call: &Call<'_>, value: Value) -> Option<Pin> {
    call.image.object_path(value)?.strip_prefix("hardware.").and_then(Pin::named)
}

/// The blobs of an array at a place.
fn blobs(call: &Call<'_>, place: usize) -> Result<Vec<Value>, Fault> {
    let array = call.argument(place);
    let items = if array.is(Tag::Array) { call.heap.items(array).to_vec() } else { Vec::new() };
    if items.is_empty() || items.iter().any(|&blob| call.heap.blob_bytes(blob).is_none()) {
        return Err(wrong_type(place, array, "array of blobs"));
    }
    Ok(items)
}

/// Buffers of the sampler or the DAC, and what they may have in all, in bytes: their content is outside the program's memory
/// while it is on its way.
const MOST_BUFFERS: usize = 64;
const MOST_BUFFER_BYTES: usize = 1 << 20;

/// Refuses too many buffers, or too large ones, beside what is on its way already.
fn check_buffers(call: &Call<'_>, buffers: &[Value], waiting: usize, what: &str) -> Result<(), Fault> {
    let bytes: usize = buffers.iter().map(|&blob| call.heap.blob_bytes(blob).map_or(0, <[u8]>::len)).sum();
    let fits = buffers.len() <= MOST_BUFFERS && bytes.saturating_add(waiting) <= MOST_BUFFER_BYTES;
    if fits { Ok(()) } else { Err(refused("too many buffers", what)) }
}

/// Refuses what the hardware refuses.
fn refused(why: impl std::fmt::Display, what: &str) -> Fault {
    Fault::error(format!("{why} in {what}"))
}
